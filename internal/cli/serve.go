package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"zhixin/internal/api"
	"zhixin/internal/audit"
	"zhixin/internal/blob"
	"zhixin/internal/intake"
	"zhixin/internal/jobs"
	"zhixin/internal/sanction"
	"zhixin/internal/web"
	"zhixin/internal/web/portal"
	"zhixin/internal/web/work"
)

type serveCmd struct {
	place
	Listen string `help:"Address." placeholder:"HOST:PORT"`
	Demo   bool   `help:"Print the demo's accounts and what to try first."`
}

// grace is how long a stopping node waits for the answers under way.
const grace = 10 * time.Second

// Run serves until it is told to stop; then it finishes what is under way and closes.
func (c *serveCmd) Run(sh *shell) error {
	return c.with(sh, func(n *node) error {
		if c.Listen != "" {
			n.Listen = c.Listen
		}
		s, err := newServer(sh, n)
		if err != nil {
			return err
		}
		if err := blob.Clean(sh.ctx, n.db); err != nil { // pieces of uploads that a dead node left
			return err
		}
		l, err := (&net.ListenConfig{}).Listen(sh.ctx, "tcp", n.Listen)
		if err != nil {
			return fmt.Errorf("cli: serve: %w", err)
		}
		url := "http://" + l.Addr().String()
		n.log.Info("serving", "url", url, "database", n.db.Engine(), "data", n.Data)
		if c.Demo {
			welcome(sh, url, n.Data)
		}
		return s.run(sh.ctx, l)
	})
}

// server is a node that answers: the handlers and the work behind them.
type server struct {
	*node
	http     *http.Server
	receipts *audit.Grouper
	gate     *sanction.Gate
	sessions func(context.Context)
}

func newServer(sh *shell, n *node) (*server, error) {
	receipts, err := n.receipts(sh.ctx)
	if err != nil {
		return nil, err
	}
	s := &server{node: n, receipts: receipts}
	s.gate = sanction.NewGate(n.db, s.receipts, n.now)
	base, err := web.New(web.Deps{DB: n.db, Lang: sh.lang, Log: n.log, Now: n.now, PublicURL: n.PublicURL})
	if err != nil {
		return nil, err
	}
	mux := base.Mux()
	if err := portal.Register(base, portal.Deps{Key: n.key, Check: sanction.Verify}); err != nil {
		return nil, err
	}
	if err := work.Register(base, work.Deps{Flow: n.flow, Gate: s.gate}); err != nil {
		return nil, err
	}
	api.Register(mux, api.Deps{DB: n.db, Lang: sh.lang, Log: n.log, Now: n.now, Gate: s.gate, Key: n.key})
	s.sessions = base.Run
	s.http = &http.Server{Handler: base.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10}
	return s, nil
}

// run answers on l and does the background work until ctx ends.
func (s *server) run(ctx context.Context, l net.Listener) error {
	behind, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	for _, work := range []func(context.Context){s.number, s.follow, s.ask, s.check, s.sessions} {
		wg.Go(func() { work(behind) })
	}
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		s.log.Info("stopping")
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		err = s.http.Shutdown(last)
		cancel()
	}
	s.receipts.Close()
	stop()
	wg.Wait()
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("cli: serve: %w", err)
	}
	return nil
}

func (s *server) number(ctx context.Context) {
	audit.NewSequencer(s.db, s.key, holder()).Run(ctx, s.now)
}

func (s *server) follow(ctx context.Context) { s.flow.Follow(ctx, s.now) }

func (s *server) ask(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.gate.Run(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("gate", "err", err)
			time.Sleep(time.Second)
		}
	}
}

func (s *server) check(ctx context.Context) {
	jobs.NewWorker(s.db, s.now, holder(), map[string]jobs.Handler{
		intake.CheckJob: func(ctx context.Context, j jobs.Job) error { return intake.Check(ctx, s.db, s.now, j.Arg) },
	}).Run(ctx)
}
