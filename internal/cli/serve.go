package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"zhixin/internal/api"
	"zhixin/internal/audit"
	"zhixin/internal/blob"
	"zhixin/internal/drop"
	"zhixin/internal/fault"
	"zhixin/internal/finder"
	"zhixin/internal/front"
	"zhixin/internal/intake"
	"zhixin/internal/jobs"
	"zhixin/internal/lang"
	"zhixin/internal/publicity"
	"zhixin/internal/sanction"
	"zhixin/internal/web"
	"zhixin/internal/web/portal"
	"zhixin/internal/web/work"
)

type serveCmd struct {
	place
	Listen     string `help:"Address." placeholder:"HOST:PORT"`
	DropFolder string `help:"Folder into which departments lay files: DIR/<department>/<kind>/." type:"path" placeholder:"DIR"`
	Demo       bool   `help:"Print the demo's accounts and what to try first."`
}

// grace is how long a stopping node waits for the answers under way.
const grace = 10 * time.Second

// Validate implements kong's check of the flags.
func (c *serveCmd) Validate() error {
	if _, _, err := net.SplitHostPort(c.Listen); c.Listen != "" && err != nil {
		return fault.New(fault.Invalid, "config.bad_listen", c.Listen)
	}
	return nil
}

// Run serves until it is told to stop; then it finishes what is under way and closes.
func (c *serveCmd) Run(sh *shell) error {
	if sh.env("GOGC") == "" {
		// Answers leave little behind and the heap is small: four times the garbage is some 100 MB, and a fifth of the time.
		debug.SetGCPercent(400)
	}
	return c.with(sh, func(n *node) error {
		if c.Listen != "" {
			n.Listen = c.Listen
		}
		if c.DropFolder != "" {
			n.DropFolder = c.DropFolder
			if err := errors.Join(n.Check()...); err != nil {
				return err
			}
		}
		slog.SetDefault(n.log) // what has no logger of its own speaks JSON too
		s, err := newServer(sh, n)
		if err != nil {
			return err
		}
		if err := blob.Clean(sh.ctx, n.db); err != nil { // pieces of uploads that a dead node left
			return err
		}
		l, err := (&net.ListenConfig{}).Listen(sh.ctx, "tcp", n.Listen)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return fault.New(fault.Conflict, "cli.address_taken", n.Listen)
		case err != nil:
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
	find     *finder.Finder
	sessions func(context.Context)
	words    *lang.Catalogue
	stopping chan struct{}
}

func newServer(sh *shell, n *node) (*server, error) {
	receipts, err := n.receipts(sh.ctx)
	if err != nil {
		return nil, err
	}
	s := &server{node: n, receipts: receipts, words: sh.lang, stopping: make(chan struct{})}
	s.gate = n.gate(s.receipts)
	s.find = finder.New(n.db, n.now)
	base, err := web.New(web.Deps{DB: n.db, Lang: sh.lang, Log: n.log, Now: n.now, PublicURL: n.PublicURL})
	if err != nil {
		return nil, err
	}
	base.Check("gate", func(context.Context) error {
		if !s.gate.State().Loaded {
			return fault.New(fault.Unavailable, "sanction.gate_loading")
		}
		return nil
	})
	base.Check("names", func(context.Context) error {
		if !s.find.State().Loaded {
			return fault.New(fault.Unavailable, "finder.loading")
		}
		return nil
	})
	mux := base.Mux()
	if err := portal.Register(base, portal.Deps{Key: n.key, Check: sanction.Verify, Find: publicity.SearchIn(s.find)}); err != nil {
		return nil, err
	}
	if err := work.Register(base, work.Deps{Flow: n.flow, Gate: s.gate, Find: s.find}); err != nil {
		return nil, err
	}
	gate := api.Register(mux, api.Deps{DB: n.db, Lang: sh.lang, Log: n.log, Now: n.now, Gate: s.gate, Find: publicity.SearchIn(s.find), Key: n.key, Cal: n.flow.Cal, Metrics: base.Metrics(),
		Sessions: base.Sessions(), Stopping: s.stopping})
	s.sessions = base.Run
	s.http = &http.Server{Handler: before(gate, base.Handler()), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		// No WriteTimeout: the frame gives each of its answers a time, and who takes none of the gate's two kilobytes holds no more
		// than one who asks once a minute. A deadline for each would cost the gate a fifteenth of its speed.
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelWarn)}
	s.http.RegisterOnShutdown(func() { close(s.stopping) })
	return s, nil
}

// before answers the gate's questions first; everything else goes the way of the pages.
func before(gate, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, api.GatePath) {
			gate.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// run answers on l and does the background work until ctx ends.
func (s *server) run(ctx context.Context, l net.Listener) error {
	behind, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	for _, work := range []func(context.Context){s.number, s.follow, s.ask, s.names, s.check, s.sessions, s.collect, s.front} {
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
		if err = s.http.Shutdown(last); errors.Is(err, context.DeadlineExceeded) {
			s.log.Warn("requests were cut off that did not end in time", "grace", grace)
			err = s.http.Close()
		}
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

func (s *server) names(ctx context.Context) { s.follows(ctx, "names", s.find.Run) }

func (s *server) ask(ctx context.Context) { s.follows(ctx, "gate", s.gate.Run) }

// follows keeps what follows the log at it.
func (s *server) follows(ctx context.Context, what string, run func(context.Context) error) {
	for ctx.Err() == nil {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			s.log.Error(what, "err", err)
			time.Sleep(time.Second)
		}
	}
}

func (s *server) check(ctx context.Context) {
	jobs.NewWorker(s.db, s.now, holder(), map[string]jobs.Handler{
		intake.CheckJob:  func(ctx context.Context, j jobs.Job) error { return intake.Check(ctx, s.db, s.now, j.Arg) },
		intake.JudgeJob:  func(ctx context.Context, j jobs.Job) error { return intake.FollowJudgement(ctx, s.db, s.now, j.Arg) },
		intake.RecallJob: func(ctx context.Context, j jobs.Job) error { return intake.Recall(ctx, s.db, s.now, j.Arg) },
	}).Run(ctx)
}

// collect takes in what departments lay into the drop folder, where there is one.
func (s *server) collect(ctx context.Context) {
	if s.DropFolder != "" {
		drop.New(s.db, s.DropFolder, s.words, s.now, s.log).Run(ctx)
	}
}

// front takes in what departments' systems write into the front-end table.
func (s *server) front(ctx context.Context) { front.New(s.db, s.words, s.now, s.log).Run(ctx) }
