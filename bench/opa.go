package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"

	"github.com/open-policy-agent/opa/v1/plugins"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/server"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/sanction"
)

//go:embed rule.rego
var rule string

// The path of the decision, as a query and below OPA's data API.
const (
	decisionQuery = "data.gate.decision"
	decisionPath  = "/v1/data/gate/decision"
)

// policyServer is OPA's own server, with the faster of its two stores in memory and without its log of requests.
func policyServer(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	store := inmem.NewWithOpts(inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
	manager, err := plugins.New([]byte("{}"), "bench", store)
	if err != nil {
		return err
	}
	if err := manager.Start(ctx); err != nil {
		return err
	}
	s, err := server.New().WithAddresses([]string{addr}).WithStore(store).WithManager(manager).Init(ctx)
	if err != nil {
		return err
	}
	loops, err := s.Listeners()
	if err != nil {
		return err
	}
	failed := make(chan error, len(loops))
	for _, loop := range loops {
		go func() { failed <- loop() }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// subjectData is what OPA is told of a subject. Days are texts, which compare as days do.
type subjectData struct {
	Name     string        `json:"name"`
	State    string        `json:"state"`
	Measures []measureData `json:"measures"`
}

// measureData holds what a hit of the gate tells.
type measureData struct {
	Authority     string `json:"authority"`
	Basis         string `json:"basis"`
	DocumentNo    string `json:"document_no"`
	English       string `json:"english"`
	ID            string `json:"id"`
	List          string `json:"list"`
	Matter        string `json:"matter"`
	Measure       string `json:"measure"`
	PolicyKey     string `json:"policy_key"`
	PolicyVersion int64  `json:"policy_version"`
	Scope         string `json:"scope"`
	Since         string `json:"since"`
	Until         string `json:"until"`
	Verdict       string `json:"verdict"`
}

// policyData writes the city's measures as OPA's data.
func policyData(ctx context.Context, d *db.DB, c *city) ([]byte, error) {
	subjects := map[string]subjectData{}
	err := d.View(ctx, func(q db.Q) error {
		for _, s := range c.subjects {
			ms, err := sanction.Stored(ctx, q, s.ID)
			if err != nil {
				return err
			}
			slices.SortStableFunc(ms, func(a, b sanction.Measure) int { // as the gate's memory has them
				return cmp.Or(cmp.Compare(b.Verdict.Rank(), a.Verdict.Rank()), cmp.Compare(a.Since, b.Since), cmp.Compare(a.ID, b.ID))
			})
			one := subjectData{Name: s.Name, State: string(s.State), Measures: []measureData{}}
			for _, m := range ms {
				until := "9999-12-31"
				if m.Until != 0 {
					until = m.Until.String()
				}
				one.Measures = append(one.Measures, measureData{m.Authority, m.Citation(), m.DocumentNo, m.English, m.ID, m.List, string(m.Matter),
					m.Measure, m.PolicyKey, m.PolicyVersion, m.Scope, m.Since.String(), until, string(m.Verdict)})
			}
			subjects[s.USCC] = one
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"subjects": subjects})
}

// prepare compiles the rule over the data, as a program would that has OPA inside.
func prepare(ctx context.Context, data []byte) (rego.PreparedEvalQuery, error) {
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		return rego.PreparedEvalQuery{}, err
	}
	return rego.New(rego.Query(decisionQuery), rego.Module("rule.rego", rule), rego.Store(inmem.NewFromObjectWithOpts(object, inmem.OptReturnASTValuesOnRead(true)))).PrepareForEval(ctx)
}

// decide asks the prepared query.
func decide(ctx context.Context, query rego.PreparedEvalQuery, uscc string, matter credit.Matter, on string) (map[string]any, error) {
	found, err := query.Eval(ctx, rego.EvalInput(map[string]any{"uscc": uscc, "matter": string(matter), "on": on}))
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, errors.New("opa: no decision")
	}
	answer, ok := found[0].Expressions[0].Value.(map[string]any)
	if !ok {
		return nil, errors.New("opa: the decision is no object")
	}
	return answer, nil
}

// agree fails unless OPA and the gate answer alike for everybody; it returns how many there are of each verdict.
func agree(ctx context.Context, g *sanction.Gate, query rego.PreparedEvalQuery, c *city) (map[credit.Verdict]int, error) {
	verdicts := map[credit.Verdict]int{}
	on := c.today()
	for _, s := range c.subjects {
		ours, err := g.Check(s.USCC, credit.Procurement, on)
		if err != nil {
			return nil, err
		}
		theirs, err := decide(ctx, query, s.USCC, credit.Procurement, on.String())
		if err != nil {
			return nil, err
		}
		hits, _ := theirs["hits"].([]any)
		same := theirs["verdict"] == string(ours.Verdict) && theirs["name"] == ours.Name && len(hits) == len(ours.Hits)
		for i := 0; same && i < len(hits); i++ {
			hit, _ := hits[i].(map[string]any)
			same = hit["id"] == ours.Hits[i].ID && hit["basis"] == ours.Hits[i].Basis
		}
		if !same {
			return nil, fmt.Errorf("the gate and OPA differ about %s: %s, %v", s.USCC, ours.Verdict, theirs)
		}
		verdicts[ours.Verdict]++
	}
	return verdicts, nil
}
