package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/fault"
	"zhixin/internal/intake/sheet"
	"zhixin/internal/org"
	"zhixin/internal/sanction"
)

// The bounds of one call of POST /api/v1/gate.
const (
	maxChecks     = 10_000
	maxChecksBody = 4 << 20
	checksTime    = time.Minute // for the body to arrive
)

// question is what is asked of the gate.
type question struct {
	USCC   string        `json:"uscc"`
	Name   string        `json:"name,omitempty" doc:"what the asker calls it; where it is another's name, the answer is a problem"`
	Matter credit.Matter `json:"matter"`
	Ref    string        `json:"ref,omitempty"`
	On     string        `json:"on,omitempty" doc:"YYYY-MM-DD, not before today; today when left out"`

	wrong error // what the row of a table cannot be read for
}

type checks struct {
	Checks []question `json:"checks"`
}

func (s *server) describeMany(a huma.API) {
	words := a.OpenAPI().Components.Schemas
	text := &huma.Schema{Type: "string"}
	s.describe(a, "/api/v1/gate", http.MethodPost, &huma.Operation{
		OperationID: "ask-gate-many", Summary: "Up to 10,000 questions in one call", Tags: []string{"gate"}, Security: keyNeeded(),
		Description: "As JSON, or as a table (xlsx or CSV) with the columns 统一社会信用代码 or uscc, and 企业名称 or name; 事项 or matter, " +
			"业务编号 or ref and 日期 or on where they differ from row to row.",
		Parameters: []*huma.Param{
			{Name: "matter", In: "query", Description: "of all rows of a table that has no column for it", Schema: &huma.Schema{Type: "string", Enum: enum(credit.Matters)}},
			receiptParam(),
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json": {Schema: words.Schema(typeOf[checks](), true, "Checks")}, "text/csv": {Schema: text}, xlsxType: {Schema: text}}},
		Responses: map[string]*huma.Response{"200": {Description: "the answers in the order of the questions; what cannot be answered is a problem in its place",
			Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: "object", Required: []string{"answers"}, Properties: map[string]*huma.Schema{
				"answers": {Type: "array", Items: &huma.Schema{OneOf: []*huma.Schema{
					words.Schema(typeOf[sanction.Answer](), true, "Answer"), words.Schema(typeOf[Problem](), true, "Problem")}}}}}}}}},
	}, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge)
}

// askMany answers many questions; the receipts are durable together before the answer is sent.
func (s *server) askMany(w http.ResponseWriter, r *http.Request) {
	by, err := s.may(r.Context(), r.Header.Get("Authorization"), org.GateAsk)
	if err != nil {
		s.write(w, r, err)
		return
	}
	query := r.URL.Query()
	mode, err := modeOf(query.Get("receipt"))
	if err != nil {
		s.write(w, r, err)
		return
	}
	asked, err := readChecks(w, r, credit.Matter(query.Get("matter")))
	if err != nil {
		s.write(w, r, err)
		return
	}
	answers := make([]json.RawMessage, len(asked))
	parallel(len(asked), func(i int) {
		if r.Context().Err() != nil {
			return
		}
		body, err := s.named(r, by, asked[i], mode)
		if err != nil {
			body, _ = json.Marshal(s.problem(r.Context(), w.Header().Get(requestID), r.Header.Get("Accept-Language"), http.StatusInternalServerError, err))
		}
		answers[i] = body
	})
	if err := r.Context().Err(); err != nil {
		s.write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(slices.Concat([]byte(`{"answers":[`), slices.Concat(commas(answers)...), []byte("]}\n"))) // as they are: an answer's bytes are what its receipt proves
}

func commas(answers []json.RawMessage) [][]byte {
	out := make([][]byte, 0, 2*len(answers))
	for i, a := range answers {
		if i > 0 {
			out = append(out, []byte(","))
		}
		out = append(out, a)
	}
	return out
}

// named is answer for a question that may name the subject: a code under another's name is for somebody to look at, not
// for a verdict.
func (s *server) named(r *http.Request, by credit.Actor, ask question, mode sanction.Mode) ([]byte, error) {
	if ask.wrong != nil {
		return nil, ask.wrong
	}
	if ask.Name != "" && known(ask.Matter) {
		a, err := s.Gate.Check(ask.USCC, ask.Matter, credit.DateOf(s.Now()))
		if err != nil {
			return nil, err
		}
		if credit.NormalizeName(a.Name) != credit.NormalizeName(ask.Name) {
			return nil, fault.New(fault.Conflict, "api.other_name", a.USCC, a.Name, clip(ask.Name))
		}
	}
	return s.answer(r.Context(), by, ask, mode)
}

// readChecks reads the questions of a request, which are JSON or a table: the content says which.
func readChecks(w http.ResponseWriter, r *http.Request, matter credit.Matter) ([]question, error) {
	defer limitBody(w, checksTime)()
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxChecksBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fault.New(fault.TooLarge, "api.checks_too_large", maxChecksBody>>20)
	case err != nil:
		return nil, fault.New(fault.Invalid, "blob.broken_off")
	}
	var asked []question
	if begins := bytes.TrimSpace(raw); len(begins) == 0 || begins[0] == '{' || begins[0] == '[' {
		asked, err = checksOfJSON(raw)
	} else {
		asked, err = checksOfTable(raw, matter)
	}
	if err == nil && len(asked) > maxChecks {
		err = fault.New(fault.TooLarge, "api.too_many_checks", maxChecks)
	}
	return asked, err
}

func checksOfJSON(raw []byte) ([]question, error) {
	in := checks{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil || !utf8.Valid(raw) {
		return nil, fault.New(fault.Invalid, "api.bad_checks", dec.InputOffset())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || in.Checks == nil {
		return nil, fault.New(fault.Invalid, "api.bad_checks", dec.InputOffset())
	}
	return in.Checks, nil
}

// The headings of a table of questions.
var headings = map[string][]string{
	"uscc":   {"uscc", "code", "统一社会信用代码", "信用代码"},
	"name":   {"name", "名称", "企业名称", "单位名称"},
	"matter": {"matter", "事项"},
	"ref":    {"ref", "业务编号", "项目编号"},
	"on":     {"on", "日期"},
}

func checksOfTable(raw []byte, matter credit.Matter) ([]question, error) {
	t, err := sheet.Open(bytes.NewReader(raw), int64(len(raw)), sheet.Limits{Columns: 100, RowBytes: 64 << 10, CellBytes: 8 << 10, Unzipped: 64 << 20})
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.Close() }()
	head, err := t.Next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	column := map[string]int{}
	for i, cell := range head.Cells {
		for what, names := range headings {
			if _, twice := column[what]; !twice && slices.Contains(names, strings.ToLower(strings.TrimSpace(cell))) {
				column[what] = i
			}
		}
	}
	if _, ok := column["uscc"]; !ok {
		return nil, fault.New(fault.Invalid, "api.no_code_column")
	}
	asked := []question{}
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return asked, nil
		}
		if err != nil {
			return nil, err
		}
		if len(asked) == maxChecks {
			return nil, fault.New(fault.TooLarge, "api.too_many_checks", maxChecks)
		}
		cell := func(what string) string {
			if i, ok := column[what]; ok && i < len(row.Cells) {
				return strings.TrimSpace(row.Cells[i])
			}
			return ""
		}
		q := question{USCC: cell("uscc"), Name: cell("name"), Matter: credit.Matter(cell("matter")), Ref: cell("ref"), On: cell("on")}
		if q.Matter == "" {
			q.Matter = matter
		}
		q.wrong = wrong(row, column, q.USCC)
		asked = append(asked, q)
	}
}

// wrong says what keeps a row of a table from being asked: a cell that is read could not be, or its number has lost its end.
func wrong(row sheet.Row, column map[string]int, uscc string) error {
	for _, p := range row.Problems {
		for _, col := range column {
			if p.Col < 0 || p.Col == col {
				return fault.New(fault.Invalid, p.Code, p.Args...)
			}
		}
	}
	if catalog.Spoiled(uscc) {
		return fault.New(fault.Invalid, "catalog.spoiled_number", clip(uscc))
	}
	return nil
}
