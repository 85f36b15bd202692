package drop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/drop"
	"zhixin/internal/intake"
	"zhixin/internal/jobs"
	"zhixin/internal/lang"
	"zhixin/internal/org"
	"zhixin/internal/testcity"
)

var ctx = context.Background()

// place is a drop folder with a clock that the test moves.
type place struct {
	*testing.T
	d     *db.DB
	dir   string
	at    time.Time
	words *lang.Catalogue
	f     *drop.Folder
}

func newPlace(t *testing.T, d *db.DB) *place {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := &place{T: t, d: d, dir: t.TempDir(), at: credit.MustDate("2026-10-12").Time().Add(10 * time.Hour), words: words}
	err = d.Tx(ctx, func(q db.Q) error {
		all, err := org.FirstCity()
		for _, one := range all {
			if err == nil {
				err = org.PutDepartment(ctx, q, credit.System("test"), p.at, one)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.begin()
	return p
}

func (p *place) now() time.Time { return p.at }

// begin is a node that begins: it remembers nothing.
func (p *place) begin() { p.f = drop.New(p.d, p.dir, p.words, p.now, slog.New(slog.DiscardHandler)) }

func (p *place) lay(name, body string) {
	p.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		p.Fatal(err)
	}
}

// look looks once, after some seconds.
func (p *place) look(seconds int) {
	p.Helper()
	p.at = p.at.Add(time.Duration(seconds) * time.Second)
	if err := p.f.Once(ctx); err != nil {
		p.Fatal(err)
	}
}

// work carries out what is asked for.
func (p *place) work() {
	p.Helper()
	w := jobs.NewWorker(p.d, p.now, "test", map[string]jobs.Handler{
		intake.CheckJob: func(ctx context.Context, j jobs.Job) error { return intake.Check(ctx, p.d, p.now, j.Arg) },
	})
	for {
		ran, err := w.Once(ctx)
		if err != nil {
			p.Fatal(err)
		}
		if !ran {
			return
		}
	}
}

func (p *place) batches() (out []intake.Batch) {
	p.Helper()
	err := p.d.View(ctx, func(q db.Q) (err error) {
		out, err = intake.List(ctx, q, org.Scope{All: true}, "", 100)
		return err
	})
	if err != nil {
		p.Fatal(err)
	}
	return out
}

// files returns the names in a folder, of each the part behind the key.
func (p *place) files(in string) string {
	p.Helper()
	entries, err := os.ReadDir(filepath.Join(p.dir, in))
	if err != nil && !os.IsNotExist(err) {
		p.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if _, name, ok := strings.Cut(e.Name(), "-"); ok && !e.IsDir() {
			out = append(out, name)
		} else if !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return strings.Join(out, " ")
}

func registry(n int) string {
	return fmt.Sprintf("统一社会信用代码,企业名称,企业类型,法定代表人,成立日期,登记机关,住所,登记状态\n%s,安庆市第%d贸易有限公司,有限责任公司,张三,2015-03-05,SCJG,人民路1号,存续\n", testcity.Code(n), n)
}

const at = "SCJG/enterprise/"

func TestAFileIsTakenWhenItStandsStill(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		whole := registry(0)
		p.lay(at+"a.csv", whole[:50])
		p.look(0)
		p.lay(at+"a.csv", whole)
		p.look(10) // it has grown
		p.look(4)
		if n := len(p.batches()); n != 0 {
			t.Fatalf("%d batches of a file that grows", n)
		}
		p.look(2)
		if n := len(p.batches()); n != 1 || p.files(at) != "a.csv" {
			t.Fatalf("%d batches, there: %s", n, p.files(at))
		}
		p.work()
		p.look(1)
		b := p.batches()[0]
		if p.files(at) != "" || p.files(at+"done") != "a.csv a.csv.result.json" || b.Accepted != 1 || b.Sender != drop.Duty || b.Department != "SCJG" {
			t.Errorf("there: %q, done: %q, %+v", p.files(at), p.files(at+"done"), b)
		}
	})
}

func TestAMarkedFileIsTakenAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		p.lay(at+"a.csv", registry(0)+"91340800MA00000000,坏,x,张三,2015-03-05,SCJG,人民路1号,存续\n")
		p.lay(at+"a.csv.ok", "")
		p.lay(at+"empty.csv", "")
		p.lay(at+"empty.csv.ok", "")
		p.look(0)
		p.work()
		p.look(0)
		if got := p.files(at + "done"); got != "a.csv a.csv.problems.csv a.csv.result.json" || p.files(at) != "empty.csv empty.csv.ok" {
			t.Errorf("done: %q, there: %q", got, p.files(at))
		}
	})
}

// A node that was killed anywhere begins again: nothing is lost, nothing counts twice.
func TestAKilledNodeBeginsTheFileAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		p.lay(at+"a.csv", registry(0))
		p.lay(at+"a.csv.ok", "")
		p.look(0) // received
		p.begin()
		p.look(0)
		p.work()
		p.begin()
		p.look(0)
		if n := len(p.batches()); n != 1 || p.files(at+"done") != "a.csv a.csv.result.json" || p.files(at) != "" {
			t.Errorf("%d batches, done: %q, there: %q", n, p.files(at+"done"), p.files(at))
		}
		p.lay(at+"a.csv", registry(1)) // another file of the same name
		p.look(0)
		p.look(6)
		p.work()
		p.look(0)
		if n := len(p.batches()); n != 2 || p.files(at+"done") != "a.csv a.csv.result.json a.csv a.csv.result.json" {
			t.Errorf("%d batches, done: %q", n, p.files(at+"done"))
		}
	})
}

func TestAFileThatChangesWhileItIsCheckedIsANewOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		p.lay(at+"a.csv", registry(0))
		p.look(0)
		p.look(6)
		p.lay(at+"a.csv", registry(0)+strings.SplitAfterN(registry(1), "\n", 2)[1])
		p.work()
		p.look(0)
		if p.files(at) != "a.csv" {
			t.Fatalf("the new content was moved: %q", p.files(at+"done"))
		}
		p.look(6)
		p.work()
		p.look(0)
		if n := len(p.batches()); n != 2 || p.files(at) != "" {
			t.Errorf("%d batches, there: %q", n, p.files(at))
		}
	})
}

func TestWhatCannotBeTakenIsSaid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		p.lay(at+"bad.csv", "no,table\n")
		p.lay("STHJ/annual-report/a.csv", registry(0))
		p.look(0)
		p.look(6)
		p.work()
		p.look(0)
		for _, in := range []string{at, "STHJ/annual-report/"} {
			found, _ := filepath.Glob(filepath.Join(p.dir, in, "failed", "*.result.json"))
			if len(found) != 1 || p.files(in) != "" {
				t.Fatalf("%s: %v, there %q", in, found, p.files(in))
			}
			raw, err := os.ReadFile(found[0])
			var said struct{ Error, Message string }
			if err == nil {
				err = json.Unmarshal(raw, &said)
			}
			if err != nil || said.Error == "" || said.Message == "" {
				t.Errorf("%s (%v)", raw, err)
			}
		}
	})
}

func TestLinksAndStrangersAreLeftAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		outside := filepath.Join(t.TempDir(), "secret.csv")
		if err := os.WriteFile(outside, []byte(registry(0)), 0o600); err != nil {
			t.Fatal(err)
		}
		p.lay(at+"a..csv", registry(0))
		p.lay(at+".hidden.csv", registry(0))
		p.lay(at+"b.csv.part", registry(0))
		p.lay("NOBODY/enterprise/a.csv", registry(0))
		p.lay("SCJG/nothing/a.csv", registry(0))
		p.lay("a.csv", registry(0))
		for link, to := range map[string]string{at + "link.csv": outside, "SCJG/penalty": filepath.Dir(outside), "STHJ": filepath.Dir(outside)} {
			if err := os.Symlink(to, filepath.Join(p.dir, link)); err != nil {
				t.Fatal(err)
			}
		}
		p.look(0)
		p.look(6)
		if n := len(p.batches()); n != 0 {
			t.Errorf("%d batches", n)
		}
	})
}
