package web

import (
	"encoding/csv"
	"fmt"
	"io"

	"zhixin/internal/intake/sheet"
)

// Sheet writes rows as CSV that Excel opens with the right letters. next is called until it returns no row; a cell that
// Excel would take for a formula is written as text.
func Sheet(w io.Writer, head []string, next func() ([]string, error)) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("web: write sheet: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for row := head; ; {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = sheet.Defuse(cell)
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("web: write sheet: %w", err)
		}
		var err error
		if row, err = next(); err != nil {
			return err
		}
		if row == nil {
			break
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("web: write sheet: %w", err)
	}
	return nil
}

// SheetType is the content type of what [Sheet] writes.
const SheetType = "text/csv; charset=utf-8"
