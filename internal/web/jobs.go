package web

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"zhixin/internal/db"
	"zhixin/internal/jobs"
	"zhixin/internal/lang"
)

// countJobs measures the background work: what waits, and what was given up and needs somebody to look.
func (s *Server) countJobs() {
	for _, g := range []struct {
		name, help string
		count      func(context.Context, db.Q) (int, error)
	}{
		{"zhixin_jobs_waiting", "Background jobs that wait or are being carried out.", jobs.Waiting},
		{"zhixin_jobs_given_up", "Background jobs that were given up; an administrator can have them tried again.", jobs.GivenUp},
	} {
		s.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: g.name, Help: g.help}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			n := 0
			if err := s.DB.View(ctx, func(q db.Q) (err error) {
				n, err = g.count(ctx, q)
				return err
			}); err != nil {
				return math.NaN() // not known
			}
			return float64(n)
		}))
	}
}

// warnings says what does not keep the node from answering and still needs somebody.
func (s *Server) warnings(ctx context.Context, r *http.Request) []string {
	n := 0
	if err := s.DB.View(ctx, func(q db.Q) (err error) {
		n, err = jobs.GivenUp(ctx, q)
		return err
	}); err != nil {
		s.Log.Warn("ready", "err", err)
		return nil
	}
	if n == 0 {
		return nil
	}
	return []string{s.Lang.Say(lang.Match(r.Header.Get("Accept-Language")), "web.jobs_given_up", n)}
}
