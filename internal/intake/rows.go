package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
)

// smallMost bounds a small table, in bytes.
const smallMost = 4 << 20

// Rows reads a small table that is no file of records, such as a list of fields: all its rows, with empty ones where the file
// has them, so that a row's place is its number in the file.
func Rows(body io.Reader) ([][]string, error) {
	raw, err := io.ReadAll(io.LimitReader(body, smallMost+1))
	if err != nil {
		return nil, fmt.Errorf("intake: read table: %w", err)
	}
	if len(raw) > smallMost {
		return nil, fault.New(fault.TooLarge, "intake.table_too_large", smallMost>>20)
	}
	const rows, columns = 2000, 100
	r, err := sheet.Open(bytes.NewReader(raw), int64(len(raw)), sheet.Limits{Rows: rows, Columns: columns, Unzipped: 64 << 20})
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	var out [][]string
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		for len(out) < row.No-1 && row.No <= 10*rows {
			out = append(out, nil)
		}
		out = append(out, row.Cells)
	}
}
