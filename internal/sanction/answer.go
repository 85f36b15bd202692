package sanction

import (
	"strconv"
	"strings"
	"time"

	"zhixin/internal/canon"
	"zhixin/internal/credit"
)

// Answer is what the gate tells a counter. Its canonical bytes are the body of the answer and what the receipt proves.
type Answer struct {
	AsOf       time.Time       `json:"as_of"` // when the gate last made sure that it had read everything
	By         Asker           `json:"by"`
	Doubt      string          `json:"doubt,omitempty"` // code of the sentence that says why the verdict is manual
	Hits       []Hit           `json:"hits"`
	Incentives []string        `json:"incentives"`
	LogSize    int64           `json:"log_size"` // leaves of the log that had been read
	Matter     credit.Matter   `json:"matter"`
	Name       string          `json:"name"`
	On         credit.Date     `json:"on"`
	Ref        string          `json:"ref,omitempty"` // the counter's business number
	State      credit.RegState `json:"state"`         // of the registration, for the counter to see
	USCC       string          `json:"uscc"`
	Verdict    credit.Verdict  `json:"verdict"` // the strictest hit in force
}

// Asker is who asked.
type Asker struct {
	Department string `json:"department,omitempty"`
	Duty       string `json:"duty,omitempty"` // of the system itself
	Key        string `json:"key,omitempty"`
	Post       string `json:"post,omitempty"`
	User       string `json:"user,omitempty"`
}

// Hit is one measure in force at the counter.
type Hit struct {
	Authority     string         `json:"authority"`
	Basis         string         `json:"basis"` // the articles, one after another
	DocumentNo    string         `json:"document_no"`
	English       string         `json:"english"`
	ID            string         `json:"id"`
	List          string         `json:"list"`
	Measure       string         `json:"measure"`
	PolicyKey     string         `json:"policy_key"`
	PolicyVersion int64          `json:"policy_version"`
	Scope         string         `json:"scope,omitempty"`
	Since         credit.Date    `json:"since"`
	Until         credit.Date    `json:"until,omitempty"`
	Verdict       credit.Verdict `json:"verdict"`
}

// Citation writes the articles of a measure as a paper would.
func (m Measure) Citation() string {
	var b strings.Builder
	for i, a := range m.Basis {
		if i > 0 {
			b.WriteString("；")
		}
		b.WriteString(a.Law + a.Article)
	}
	return b.String()
}

// AppendJSON appends the canonical JSON of a, the same bytes as [canon.Bytes] writes, without its cost. Text must be UTF-8.
func (a *Answer) AppendJSON(b []byte) []byte {
	b = a.appendHead(b)
	return a.appendTail(b)
}

// appendHead writes the members before where "receipt" stands in the order of keys, appendTail those after it.
func (a *Answer) appendHead(b []byte) []byte {
	b = append(b, `{"as_of":"`...)
	b = a.AsOf.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","by":{`...)
	first := len(b)
	for _, f := range [...]struct{ key, value string }{
		{`"department":`, a.By.Department}, {`"duty":`, a.By.Duty}, {`"key":`, a.By.Key}, {`"post":`, a.By.Post}, {`"user":`, a.By.User},
	} {
		if f.value == "" {
			continue
		}
		if len(b) > first {
			b = append(b, ',')
		}
		b = appendText(append(b, f.key...), f.value)
	}
	b = append(b, '}')
	if a.Doubt != "" {
		b = appendText(append(b, `,"doubt":`...), a.Doubt)
	}
	b = append(b, `,"hits":[`...)
	for i := range a.Hits {
		if i > 0 {
			b = append(b, ',')
		}
		b = a.Hits[i].appendJSON(b)
	}
	b = append(b, `],"incentives":[`...)
	for i, s := range a.Incentives {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	b = append(b, `],"log_size":`...)
	b = strconv.AppendInt(b, a.LogSize, 10)
	b = appendText(append(b, `,"matter":`...), string(a.Matter))
	b = appendText(append(b, `,"name":`...), a.Name)
	return appendDate(append(b, `,"on":`...), a.On)
}

func (a *Answer) appendTail(b []byte) []byte {
	if a.Ref != "" {
		b = appendText(append(b, `,"ref":`...), a.Ref)
	}
	b = appendText(append(b, `,"state":`...), string(a.State))
	b = appendText(append(b, `,"uscc":`...), a.USCC)
	b = appendText(append(b, `,"verdict":`...), string(a.Verdict))
	return append(b, '}')
}

func (h *Hit) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"authority":`...), h.Authority)
	b = appendText(append(b, `,"basis":`...), h.Basis)
	b = appendText(append(b, `,"document_no":`...), h.DocumentNo)
	b = appendText(append(b, `,"english":`...), h.English)
	b = appendText(append(b, `,"id":`...), h.ID)
	b = appendText(append(b, `,"list":`...), h.List)
	b = appendText(append(b, `,"measure":`...), h.Measure)
	b = appendText(append(b, `,"policy_key":`...), h.PolicyKey)
	b = strconv.AppendInt(append(b, `,"policy_version":`...), h.PolicyVersion, 10)
	if h.Scope != "" {
		b = appendText(append(b, `,"scope":`...), h.Scope)
	}
	b = appendDate(append(b, `,"since":`...), h.Since)
	if h.Until != 0 {
		b = appendDate(append(b, `,"until":`...), h.Until)
	}
	return append(appendText(append(b, `,"verdict":`...), string(h.Verdict)), '}')
}

func appendDate(b []byte, d credit.Date) []byte {
	return append(d.Append(append(b, '"')), '"')
}

// appendText appends s as a JSON string. What needs an escape is rare and left to canon.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			return appendEscaped(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendEscaped(b []byte, s string) []byte {
	raw, err := canon.Bytes(strings.ToValidUTF8(s, "\ufffd"))
	if err != nil {
		return append(b, `""`...) // canon refuses no valid text
	}
	return append(b, raw...)
}
