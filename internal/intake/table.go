package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"zhixin/internal/catalog"
	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
)

// blockRows is how many rows of a file are one block: one transaction at least, and one leaf for the records among them. It is
// never changed for a batch under way, because an import that is killed and goes on must give the same leaves.
const blockRows = 50

// blockBytes ends a block before that where its cells are long, so that what is made ready ahead stays small. It is as fixed.
const blockBytes = 1 << 20

// table is a file with its heading row understood.
type table struct {
	kind   catalog.Kind
	header []string

	headRows []int          // the numbers of the rows that are the headings
	above    int            // rows above them
	columns  map[int]string // column → field code
	fields   map[int]catalog.Field
	offices  offices
	extra    []extraColumn // what is kept beside the records
	notes    []sheet.Note
	total    int
	rows     *source

	passed   map[string]*passed // rows that stand beside the records
	remarked bool               // the last row was a remark
}

// openTable opens a file and reads up to its headings.
func openTable(f io.ReaderAt, size int64, lim sheet.Limits, kind catalog.Kind) (*table, error) {
	r, err := sheet.Open(f, size, lim)
	if err != nil {
		return nil, err
	}
	t := &table{kind: kind, rows: &source{Reader: r}, fields: map[int]catalog.Field{}}
	if err := t.begin(); err != nil {
		_ = r.Close()
		return nil, err
	}
	return t, nil
}

// begin reads up to the headings and understands them.
func (t *table) begin() error {
	found, err := t.rows.findHeadings(t.kind)
	if err != nil {
		return err
	}
	for i := range found.skip {
		row, err := t.rows.Next()
		if err != nil {
			return err
		}
		if i >= found.skip-found.rows {
			t.headRows = append(t.headRows, row.No)
		}
	}
	t.above = found.skip - found.rows
	t.notes, t.header = t.rows.notes(), t.rows.leave(found.names)
	if t.columns, err = understand(t.kind, t.header); err != nil {
		return err
	}
	for i, code := range t.columns {
		t.fields[i], _ = t.kind.Field(code)
	}
	for i, h := range t.header {
		if len(h) > headingKept {
			t.header[i] = strings.ToValidUTF8(h[:headingKept], "") + "…"
		}
	}
	t.learnExtra()
	return nil
}

// headingKept is how much of a heading is kept, in bytes; those of the standards are shorter.
const headingKept = 300

// understand maps columns to fields. A heading that stands twice, or a mandatory one that is missing, is a fault of the
// file: every row would be guesswork.
func understand(kind catalog.Kind, header []string) (map[int]string, error) {
	columns, problems := kind.Columns(header)
	var missing []string
	for _, p := range problems {
		f, ok := kind.Field(p.Field)
		if p.Code != "catalog.missing_heading" || !ok {
			return nil, fault.New(fault.Invalid, p.Code, p.Args...)
		}
		missing = append(missing, f.Name)
	}
	if len(missing) > 0 {
		return nil, fault.New(fault.Invalid, "intake.missing_columns", strings.Join(missing, "、"))
	}
	return columns, nil
}

// count reads the rest of the file, so that what makes it unreadable is known before any row of it is taken.
func (t *table) count(ctx context.Context) error {
	if err := t.shifted(t.rows.peek(shiftRows)); err != nil {
		return err
	}
	for {
		_, err := t.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if t.total++; t.total%1000 == 0 && ctx.Err() != nil {
			return fmt.Errorf("intake: count: %w", ctx.Err())
		}
	}
	if t.total == 0 {
		return fault.New(fault.Invalid, "intake.no_rows")
	}
	t.notes = append(t.notes, t.passedNotes()...)
	return nil
}

// block is a number of rows, checked as far as that needs no database.
type block struct {
	first, end int // places in the file, end excluded
	rows       []row
}

// feed reads and checks blocks ahead of the transactions that store them.
type feed struct {
	ready chan *block
	err   error // why ready was closed; set before it is
	queue []*block
	stop  context.CancelFunc
	gone  chan struct{}
}

// ahead is how many blocks are made ready in advance.
const ahead = 4

// newFeed starts to read t from row place from on.
func newFeed(ctx context.Context, t *table, b Batch, from int) *feed {
	ctx, stop := context.WithCancel(ctx)
	f := &feed{ready: make(chan *block, ahead), stop: stop, gone: make(chan struct{})}
	go func() {
		defer close(f.gone)
		defer close(f.ready)
		defer func() { // nobody above could: it is another goroutine's
			if p := recover(); p != nil {
				f.err = fmt.Errorf("intake: reading %s: panic: %v", b.ID, p)
			}
		}()
		f.err = f.run(ctx, t, b, from)
	}()
	return f
}

func (f *feed) run(ctx context.Context, t *table, b Batch, from int) error {
	for range from {
		if _, err := t.next(); err != nil {
			return err
		}
	}
	for at := from; ; {
		blk := &block{first: at, end: at}
		for size := 0; len(blk.rows) < blockRows && size < blockBytes; {
			raw, err := t.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			blk.rows = append(blk.rows, t.check(raw, b))
			blk.end++
			for _, cell := range raw.Cells {
				size += len(cell)
			}
		}
		if len(blk.rows) == 0 {
			return nil
		}
		at = blk.end
		select {
		case f.ready <- blk:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// close ends the reading.
func (f *feed) close() {
	f.stop()
	<-f.gone
}

// wait returns when the block at cursor is ready or the file has ended, and forgets the blocks before it. Later ones stay: a
// transaction that lost a race asks for them again.
func (f *feed) wait(cursor int) error {
	for len(f.queue) > 0 && f.queue[0].end <= cursor {
		f.queue = f.queue[1:]
	}
	for len(f.queue) == 0 {
		blk, ok := <-f.ready
		if !ok {
			return f.err
		}
		if blk.end > cursor {
			f.queue = append(f.queue, blk)
		}
	}
	return nil
}

// at returns the block that begins at cursor; nil at the end of the file and, unless patient, where it is not ready yet.
func (f *feed) at(cursor int, patient bool) (*block, error) {
	for i := 0; ; i++ {
		if i == len(f.queue) {
			if !patient && len(f.ready) == 0 {
				return nil, nil
			}
			blk, ok := <-f.ready
			if !ok {
				return nil, f.err
			}
			f.queue = append(f.queue, blk)
		}
		if f.queue[i].first == cursor {
			return f.queue[i], nil
		}
	}
}

// unreadable returns the fault that makes a file unreadable, nil where err is something else.
func unreadable(err error) *fault.Error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return nil
}
