package work

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/jobs"
)

func TestAJobThatWasGivenUpIsSeenAndTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		b := o.as(t, "admin")
		b.has("nothing", b.get("/work/admin"), "没有停止重试的任务")
		o.Tx(func(q db.Q) error { return jobs.Add(t.Context(), q, o.At, "intake.check", "batch-1") })
		later := o.At
		worker := jobs.NewWorker(d, func() time.Time { return later }, "test", map[string]jobs.Handler{
			"intake.check": func(context.Context, jobs.Job) error { return errors.New("the disk is full") }})
		for range 30 {
			if _, err := worker.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			later = later.Add(time.Hour)
		}
		page := b.get("/work/admin")
		b.has("given up", page, "核验报送的文件", "batch-1", "the disk is full")
		if ready := b.get("/readyz"); ready.status != 200 || !strings.HasPrefix(ready.body, "ready\n") || !strings.Contains(ready.body, "1") {
			t.Errorf("readiness: %d, %s", ready.status, ready.body)
		}
		b.has("metrics", b.get("/metrics"), "zhixin_jobs_given_up 1", "zhixin_jobs_waiting 0")
		_, rest, _ := strings.Cut(page.body, `action="/work/admin/jobs/`)
		id, _, _ := strings.Cut(rest, "/")
		if a := o.as(t, "officer").post("/work/admin/jobs/"+id+"/retry", nil); a.status != 403 {
			t.Errorf("an officer: %d", a.status)
		}
		b.has("tried again", b.post("/work/admin/jobs/"+id+"/retry", nil), "任务已重新排队", "1 项在等待", "没有停止重试的任务")
		if n := len(o.Leaves(jobs.LeafRetried)); n != 1 {
			t.Errorf("%d leaves about it", n)
		}
		if a := b.post("/work/admin/jobs/"+id+"/retry", nil); a.status != 404 {
			t.Errorf("twice: %d", a.status)
		}
	})
}
