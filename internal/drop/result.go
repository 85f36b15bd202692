package drop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

// result is what lies beside a file that was dealt with.
type result struct {
	intake.Result
	State   string `json:"state,omitempty"`
	Error   string `json:"error,omitempty"`
	Message string `json:"message,omitempty"`
}

// settle moves a file whose batch has come to its end, with its problems and its result. Until then it stays.
func (f *Folder) settle(ctx context.Context, root *os.Root, department, kind, name string, s *seen) error {
	var b intake.Batch
	var problems bytes.Buffer
	scope := org.Scope{Department: department}
	err := f.d.View(ctx, func(q db.Q) (err error) {
		problems.Reset()
		if b, err = intake.Get(ctx, q, scope, s.batch); err != nil || b.State != intake.Done || b.Rejected+b.Unmatched == 0 {
			return err
		}
		return intake.Problems(ctx, q, scope, s.batch, f.words, lang.ZH, &problems)
	})
	if err != nil || b.State == intake.Received || b.State == intake.Checking {
		return err
	}
	r := result{Result: b.Result(), State: string(b.State)}
	to := doneFolder
	if why := b.Failure(); why != nil {
		to = failedFolder
		var said *fault.Error
		if errors.As(why, &said) {
			r.Error, r.Message = said.Code, f.words.Fault(lang.ZH, said)
		}
	}
	return f.finish(root, department, kind, name, s, to, r, problems.Bytes())
}

// finish writes the result and the problems and moves the file to where they are. The names begin with the key of place and content,
// so that doing it again, after a kill between two of the steps, ends the same, and no other file is overwritten. A file that
// changed at the last moment goes back: it is a new one.
func (f *Folder) finish(root *os.Root, department, kind, name string, s *seen, to string, r result, problems []byte) error {
	dir := path.Join(department, kind, to)
	if err := root.Mkdir(dir, 0o770); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := root.Lstat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no folder: %w", dir, err)
	}
	moved := path.Join(dir, s.key[:8]+"-"+name)
	raw, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = write(root, moved+".result.json", append(raw, '\n'))
	}
	if err == nil && len(problems) > 0 {
		err = write(root, moved+".problems.csv", problems)
	}
	if err != nil {
		return err
	}
	from := path.Join(department, kind, name)
	if err := root.Rename(from, moved); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another node was faster
		}
		return err
	}
	delete(f.seen, from)
	if info, err := root.Lstat(moved); err != nil || !s.is(info) {
		return giveBack(root, moved, from, path.Join(department, kind, path.Base(moved)))
	}
	for _, m := range markers {
		if err := root.Remove(from + m); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// giveBack lays a moved file where it is found again: at its old place, or beside it where another file has come there since.
func giveBack(root *os.Root, moved string, places ...string) error {
	for _, to := range places {
		_, err := root.Lstat(to)
		if err == nil {
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := root.Link(moved, to); err == nil {
			return root.Remove(moved)
		} else if errors.Is(err, fs.ErrExist) {
			continue
		}
		return root.Rename(moved, to) // a share without links
	}
	return fmt.Errorf("%s changed while it was moved, and lies there now", moved)
}

// write puts a file in its place whole, or not at all.
func write(root *os.Root, name string, body []byte) error {
	part := name + ".tmp"
	if err := root.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, bytes.NewReader(body))
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return root.Rename(part, name)
}
