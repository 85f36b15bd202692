package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/publicity"
	"zhixin/internal/sanction"
)

// event is a leaf of the log as a CloudEvents 1.0 event. It says that something of a kind happened, not what is in it:
// who may know reads the thing itself.
type event struct {
	SpecVersion string `json:"specversion"`
	ID          string `json:"id" doc:"the leaf's id"`
	Source      string `json:"source" doc:"the log's origin"`
	Type        string `json:"type"`
	Time        string `json:"time"`
	Sequence    int64  `json:"sequence" doc:"the leaf's number in the log"`
}

// feed registers the change feed.
func (s *server) feed(a huma.API) {
	type ask struct {
		After int64 `query:"after" default:"-1" minimum:"-1" doc:"number of the last leaf that is known already"`
		Limit int   `query:"limit" default:"100" minimum:"1" maximum:"1000"`
		Wait  int   `query:"wait" default:"0" minimum:"0" maximum:"30" doc:"seconds to wait where there is nothing yet"`
	}
	type answer struct {
		Body struct {
			Events []event `json:"events"`
			Next   int64   `json:"next" doc:"give it as after"`
		}
	}
	add(s, a, huma.Operation{OperationID: "events", Method: http.MethodGet, Path: "/api/v1/events", Summary: "What has changed since",
		Tags: []string{"log"}}, []int{http.StatusBadRequest, http.StatusTooManyRequests}, func(ctx context.Context, in *ask) (*answer, error) {
		out := &answer{}
		var err error
		out.Body.Events, out.Body.Next, err = s.since(ctx, in.After, in.Limit)
		if err != nil || len(out.Body.Events) > 0 || in.Wait == 0 {
			return out, err
		}
		if err := s.await(ctx, in.After+1, time.Duration(in.Wait)*time.Second); err != nil {
			return nil, err
		}
		out.Body.Events, out.Body.Next, err = s.since(ctx, in.After, in.Limit)
		return out, err
	})
}

// registrationEvent is an [event] about one enterprise.
type registrationEvent struct {
	event
	Subject string `json:"subject" doc:"code of the enterprise; what it is now stands at /api/v1/enterprises/{uscc}"`
}

// registrations registers the feed of registrations.
func (s *server) registrations(a huma.API) {
	type ask struct {
		After int64 `query:"after" default:"-1" minimum:"-1" doc:"number of the last leaf that is known already"`
		Limit int   `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"how many leaves of the log are looked at; each may tell of many enterprises, or of none"`
		Wait  int   `query:"wait" default:"0" minimum:"0" maximum:"30" doc:"seconds to wait where the log has nothing more yet"`
	}
	type registrationPage struct {
		Body struct {
			Events []registrationEvent `json:"events"`
			Next   int64               `json:"next" doc:"give it as after, until it stays as it is"`
		}
	}
	add(s, a, huma.Operation{OperationID: "registrations", Method: http.MethodGet, Path: "/api/v1/registrations", Summary: "Whose registrations have changed since, and how",
		Tags: []string{"enterprises"}, Description: "Types are zhixin.registration. and registered, renamed, moved, authority, revoked, deregistered, annulled, moved-out, " +
			"restored, withdrawn (the registration was taken back), or changed where there is no other word. A correction may take back what an earlier event told: " +
			"read the enterprise anew on each. Enterprises without a public face are left out."},
		[]int{http.StatusBadRequest, http.StatusTooManyRequests}, func(ctx context.Context, in *ask) (*registrationPage, error) {
			out := &registrationPage{}
			var err error
			out.Body.Events, out.Body.Next, err = s.registered(ctx, in.After, in.Limit)
			if err != nil || out.Body.Next > in.After || in.Wait == 0 {
				return out, err
			}
			if err := s.await(ctx, in.After+1, time.Duration(in.Wait)*time.Second); err != nil {
				return nil, err
			}
			out.Body.Events, out.Body.Next, err = s.registered(ctx, in.After, in.Limit)
			return out, err
		})
}

// registered returns what leaves behind a place say about registrations, and the place of the last of them.
func (s *server) registered(ctx context.Context, after int64, limit int) (out []registrationEvent, next int64, err error) {
	out = []registrationEvent{}
	err = s.DB.View(ctx, func(q db.Q) error {
		found, last, err := publicity.Registrations(ctx, q, after, limit, credit.DateOf(s.Now()))
		for _, r := range found {
			out = append(out, registrationEvent{event{"1.0", r.Leaf + "/" + r.USCC + "/" + r.Kind, s.Key.Origin, "zhixin.registration." + r.Kind,
				r.At.UTC().Format(time.RFC3339), r.Seq}, r.USCC})
		}
		next = last
		return err
	})
	return out, next, err
}

// since returns the events behind a place, and the place of the last of them.
func (s *server) since(ctx context.Context, after int64, limit int) (out []event, next int64, err error) {
	var leaves []audit.Event
	if err := s.DB.View(ctx, func(q db.Q) (err error) {
		leaves, err = audit.Headlines(ctx, q, after+1, limit)
		return err
	}); err != nil {
		return nil, after, err
	}
	out, next = []event{}, after
	for _, e := range leaves {
		out = append(out, event{"1.0", e.Leaf, s.Key.Origin, "zhixin." + e.Kind, e.At.UTC().Format(time.RFC3339), e.Seq})
		next = e.Seq
	}
	return out, next, nil
}

// await waits until the log is longer than size, at most as long as is asked for.
func (s *server) await(ctx context.Context, size int64, most time.Duration) error {
	if err := s.news.join(ctx); err != nil {
		return err
	}
	defer s.news.leave()
	end := time.After(most)
	for {
		longer, grown := s.news.beyond(size)
		if longer {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.Stopping:
			return nil
		case <-end:
			return nil
		case <-grown:
		}
	}
}

// published registers what lets anybody check the log: plain files by the tlog-tiles convention.
func (s *server) published(mux *http.ServeMux, a huma.API) {
	mux.HandleFunc("GET /log/checkpoint", func(w http.ResponseWriter, r *http.Request) {
		s.file(w, r, "text/plain; charset=utf-8", "no-cache", func(q db.Q) ([]byte, error) { return audit.Checkpoint(r.Context(), q, 0) })
	})
	mux.HandleFunc("GET /log/key", func(w http.ResponseWriter, r *http.Request) {
		s.file(w, r, "text/plain; charset=utf-8", "no-cache", func(q db.Q) ([]byte, error) {
			vkey, err := audit.Verifier(r.Context(), q)
			if err == nil && vkey == "" {
				err = fault.New(fault.NotFound, "audit.no_checkpoint")
			}
			return []byte(vkey + "\n"), err
		})
	})
	mux.HandleFunc("GET /log/tile/{path...}", func(w http.ResponseWriter, r *http.Request) {
		path := "tile/" + r.PathValue("path")
		cache := "public, max-age=31536000, immutable"
		if strings.Contains(path, ".p/") {
			cache = "public, max-age=60"
		}
		s.file(w, r, "application/octet-stream", cache, func(q db.Q) ([]byte, error) { return audit.Tile(r.Context(), q, path) })
	})
	mux.HandleFunc("GET /log/proof", func(w http.ResponseWriter, r *http.Request) {
		s.file(w, r, "application/json", "no-cache", func(q db.Q) ([]byte, error) { return s.proof(r, q) })
	})
	s.describePublished(a)
}

func (s *server) describePublished(a huma.API) {
	text := &huma.Schema{Type: "string"}
	get := func(path, id, summary, kind, answer string, params []*huma.Param, problems ...int) {
		s.describe(a, path, http.MethodGet, &huma.Operation{OperationID: id, Summary: summary, Tags: []string{"log"}, Parameters: params,
			Responses: map[string]*huma.Response{"200": {Description: answer, Content: map[string]*huma.MediaType{kind: {Schema: text}}}}}, problems...)
	}
	get("/log/checkpoint", "checkpoint", "The latest signed checkpoint (c2sp tlog-checkpoint)", "text/plain", "a signed note", nil, http.StatusNotFound)
	get("/log/key", "log-key", "The key that checkpoints and receipts are signed with", "text/plain", "a verifier key of signed notes", nil, http.StatusNotFound)
	get("/log/tile/{path}", "tile", "A tile of hashes or of entries (c2sp tlog-tiles); path has several segments", "application/octet-stream", "bytes",
		[]*huma.Param{{Name: "path", In: "path", Required: true, Schema: text}}, http.StatusNotFound)
	get("/log/proof", "proof", "The proof that a leaf is in the log; with index, the path of an item of a block", "application/json", "the proof",
		[]*huma.Param{{Name: "leaf", In: "query", Required: true, Schema: text}, {Name: "index", In: "query", Schema: &huma.Schema{Type: "integer"}}},
		http.StatusBadRequest, http.StatusNotFound, http.StatusServiceUnavailable)
}

func (s *server) proof(r *http.Request, q db.Q) ([]byte, error) {
	leaf := r.URL.Query().Get("leaf")
	if leaf == "" {
		return nil, fault.New(fault.Invalid, "api.bad_parameter", "leaf", "")
	}
	index := r.URL.Query().Get("index")
	if index == "" {
		p, err := audit.Proof(r.Context(), q, leaf)
		if err != nil {
			return nil, err
		}
		return canon.Bytes(p)
	}
	i, err := strconv.Atoi(index)
	if err != nil {
		return nil, fault.New(fault.Invalid, "api.bad_parameter", "index", clip(index))
	}
	sealed, err := audit.ProveItem(r.Context(), q, leaf, i)
	if err != nil {
		return nil, err
	}
	return canon.Bytes(sanction.ProofOf(sealed, s.Key))
}

func (s *server) file(w http.ResponseWriter, r *http.Request, kind, cache string, read func(q db.Q) ([]byte, error)) {
	var body []byte
	err := tidy(r.URL)
	if err != nil {
		s.write(w, r, err)
		return
	}
	err = s.DB.View(r.Context(), func(q db.Q) (err error) {
		body, err = read(q)
		return err
	})
	if err != nil {
		s.write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", cache)
	_, _ = w.Write(body)
}
