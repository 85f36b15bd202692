// Package drop takes in files that departments lay into folders: DIR/<department>/<kind>/. A file that stands still, or beside which
// its marker lies, goes the way of every upload, and is then moved to done/ or failed/ with what became of it.
//
// Nothing is remembered but by the database and the folder itself: a node that is killed anywhere begins the file again, and
// the same file at the same place is the same batch.
package drop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strings"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/intake"
	"zhixin/internal/lang"
	"zhixin/internal/org"
)

// Duty is the system's duty under which the files are received.
const Duty = "drop.folder"

// The folders, beside the files, into which those go that were dealt with.
const (
	doneFolder   = "done"
	failedFolder = "failed"
)

// markers are the endings of the empty files by which a sender may say that the file of that name is whole.
var markers = []string{".ok", ".done"}

// unfinished are the endings under which programs write what is not whole yet.
var unfinished = []string{".part", ".tmp", ".crdownload", ".filepart"}

// Folder is a folder that is looked through. Still may be changed before Run.
type Folder struct {
	Still time.Duration // how long a file without a marker must not have changed

	d      *db.DB
	dir    string
	words  *lang.Catalogue
	now    func() time.Time
	log    *slog.Logger
	seen   map[string]*seen
	warned map[string]bool
}

// seen is a file as it was when it was looked at.
type seen struct {
	size  int64
	mod   time.Time
	since time.Time // when it was first so
	batch string    // once it was received
	key   string
}

// New returns the folder at dir.
func New(d *db.DB, dir string, words *lang.Catalogue, now func() time.Time, log *slog.Logger) *Folder {
	return &Folder{Still: 5 * time.Second, d: d, dir: dir, words: words, now: now, log: log, seen: map[string]*seen{}, warned: map[string]bool{}}
}

// Run looks through the folder until ctx ends.
func (f *Folder) Run(ctx context.Context) {
	tick := time.NewTicker(f.Still / 2)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := f.Once(ctx); err != nil && ctx.Err() == nil {
			f.log.ErrorContext(ctx, "the drop folder", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// Once looks through the folder once. What goes wrong with one file does not keep the others waiting.
func (f *Folder) Once(ctx context.Context) error {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return fmt.Errorf("drop: %w", err)
	}
	defer func() { _ = root.Close() }()
	var departments []org.Department
	var kinds catalog.Set
	err = f.d.View(ctx, func(q db.Q) (err error) {
		if kinds, err = catalog.Load(ctx, q); err != nil {
			return err
		}
		departments, err = org.Departments(ctx, q, credit.DateOf(f.now()))
		return err
	})
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, d := range departments {
		known[d.Code] = true
	}
	var errs []error
	there := map[string]bool{}
	for _, department := range f.folders(root, ".", func(name string) bool { return known[name] }) {
		for _, kind := range f.folders(root, department, func(name string) bool { _, err := kinds.Of(name); return err == nil }) {
			errs = append(errs, f.place(ctx, root, department, kind, there))
		}
	}
	for name := range f.seen {
		if !there[name] {
			delete(f.seen, name)
		}
	}
	return errors.Join(errs...)
}

// folders returns the real folders in one, of those names that are known; links lead nowhere.
func (f *Folder) folders(root *os.Root, in string, known func(string) bool) []string {
	entries, err := fs.ReadDir(root.FS(), in)
	if err != nil {
		f.warn(in, err.Error())
		return nil
	}
	var out []string
	for _, e := range entries {
		switch {
		case e.IsDir() && known(e.Name()):
			out = append(out, e.Name())
		case strings.HasPrefix(e.Name(), "."):
		default:
			f.warn(path.Join(in, e.Name()), "it is no folder of a known department or kind")
		}
	}
	return out
}

// warn says once what is passed over.
func (f *Folder) warn(name, why string) {
	if !f.warned[name] {
		f.warned[name] = true
		f.log.Warn("the drop folder: passed over", "name", name, "why", why)
	}
}

// place deals with the files of one department and kind.
func (f *Folder) place(ctx context.Context, root *os.Root, department, kind string, there map[string]bool) error {
	dir := path.Join(department, kind)
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return fmt.Errorf("drop: %w", err)
	}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	var errs []error
	for _, e := range entries {
		name := e.Name()
		full := path.Join(dir, name)
		switch {
		case e.IsDir() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || ends(name, unfinished) || ends(name, markers):
		case !e.Type().IsRegular() || strings.Contains(name, ".."):
			f.warn(full, "it is a link, no file, or has a name that could lead elsewhere")
		default:
			there[full] = true
			if err := f.file(ctx, root, department, kind, name, marked(name, names)); err != nil {
				errs = append(errs, fmt.Errorf("drop: %s: %w", full, err))
			}
		}
	}
	return errors.Join(errs...)
}

func ends(name string, endings []string) bool {
	for _, e := range endings {
		if strings.HasSuffix(name, e) {
			return true
		}
	}
	return false
}

func marked(name string, names map[string]bool) bool {
	for _, m := range markers {
		if names[name+m] {
			return true
		}
	}
	return false
}

// file deals with one file as far as it goes now: it waits until it stands still, receives it, and moves it once it is checked.
func (f *Folder) file(ctx context.Context, root *os.Root, department, kind, name string, marked bool) error {
	full := path.Join(department, kind, name)
	info, err := root.Lstat(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another node was faster
	}
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	now := f.now()
	s := f.seen[full]
	if s == nil || !s.is(info) {
		s = &seen{size: info.Size(), mod: info.ModTime(), since: now}
		f.seen[full] = s
	}
	if s.batch == "" {
		if !marked && now.Sub(s.since) < f.Still {
			return nil
		}
		return f.receive(ctx, root, department, kind, name, s)
	}
	return f.settle(ctx, root, department, kind, name, s)
}

func (s *seen) is(info fs.FileInfo) bool { return info.Size() == s.size && info.ModTime().Equal(s.mod) }

// receive copies the file, and hands the copy in if the file did not change meanwhile: what is received is what stood still.
func (f *Folder) receive(ctx context.Context, root *os.Root, department, kind, name string, s *seen) error {
	full := path.Join(department, kind, name)
	if s.size == 0 {
		s.since = f.now() // a name without content is the beginning of a file
		return nil
	}
	copied, hash, err := f.copy(root, full, s)
	if err != nil || copied == nil {
		return err
	}
	defer func() { _ = copied.Close() }()
	sum := sha256.Sum256([]byte(full + "\x00" + hash))
	s.key = hex.EncodeToString(sum[:])
	b, err := intake.Receive(ctx, f.d, org.Door(Duty, department), f.now(), intake.Upload{Kind: kind, Department: department, Name: name, Body: copied,
		IdempotencyKey: "drop " + s.key})
	var refused *fault.Error
	if errors.As(err, &refused) && refused.Kind != fault.Unavailable {
		return f.finish(root, department, kind, name, s, failedFolder, result{Error: refused.Code, Message: f.words.Fault(lang.ZH, refused)}, nil)
	}
	if err != nil {
		return err
	}
	s.batch = b.ID
	return f.settle(ctx, root, department, kind, name, s)
}

// copy returns a copy of the file that is gone when it is closed, at its beginning; nil where the file changes.
func (f *Folder) copy(root *os.Root, full string, s *seen) (copied *os.File, hash string, err error) {
	in, err := root.Open(full)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = in.Close() }()
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() || !s.is(info) {
		return nil, "", err
	}
	if copied, err = os.CreateTemp("", "zhixin-drop-*"); err != nil {
		return nil, "", err
	}
	defer func() {
		if err != nil || hash == "" {
			_ = copied.Close()
			copied = nil
		}
	}()
	if err = os.Remove(copied.Name()); err != nil {
		return copied, "", err
	}
	h := sha256.New()
	if _, err = io.Copy(io.MultiWriter(copied, h), io.LimitReader(in, intake.FileLimit+1)); err != nil {
		return copied, "", err
	}
	info, err := root.Lstat(full)
	if err != nil || !s.is(info) {
		return copied, "", err
	}
	if _, err = copied.Seek(0, io.SeekStart); err != nil {
		return copied, "", err
	}
	return copied, hex.EncodeToString(h.Sum(nil)), nil
}
