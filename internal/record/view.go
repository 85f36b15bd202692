package record

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhixin/internal/credit"
	"zhixin/internal/enterprise"
)

// Penalty is a penalty decision as judges and pages read it. It has no personal numbers.
type Penalty struct {
	Party, PartyKind    string
	DecisionNo          string
	Violation           string   // 违法行为类型
	Facts               string   // 违法事实
	Basis               string   // 处罚依据
	Types               []string // 处罚类别
	Content             string   // 处罚内容
	Fine, Confiscation  credit.Fen
	Licence             string // 暂扣或吊销证照名称及编号
	DecisionDate        credit.Date
	ServedOn            credit.Date // 送达日期, 0 where the file does not say
	ValidUntil          credit.Date
	StatedPublicityEnd  credit.Date // as typed by the department; the platform computes its own
	Authority           string
	AuthorityCode       string
	Source, SourceCode  string
	Remark              string
	LegalRepresentative string
}

// Penalty reads a record of the kind penalty.
func (r Record) Penalty() (Penalty, error) {
	m, err := r.of(PenaltyKind)
	if err != nil {
		return Penalty{}, err
	}
	v := reader{m: m}
	p := Penalty{
		Party: m["CF_XDR_MC"], PartyKind: m["CF_XDR_LB"], DecisionNo: m["CF_WSH"], Violation: m["CF_WFXW"], Facts: m["CF_SY"], Basis: m["CF_YJ"],
		Content: m["CF_NR"], Fine: v.fen("CF_NR_FK"), Confiscation: v.fen("CF_NR_WFFF"), Licence: m["CF_NR_ZKDX"],
		DecisionDate: v.date("CF_JDRQ"), ServedOn: v.date("CF_SDRQ"), ValidUntil: v.date("CF_YXQ"), StatedPublicityEnd: v.date("CF_GSJZQ"),
		Authority: m["CF_CFJG"], AuthorityCode: m["CF_CFJGDM"], Source: m["CF_SJLY"], SourceCode: m["CF_SJLYDM"], Remark: m["BZ"],
		LegalRepresentative: m["CF_FRDB"],
	}
	if m["CF_CFLB"] != "" {
		p.Types = strings.Split(m["CF_CFLB"], ";")
	}
	return p, v.err
}

// Revocation is what a decision does to a licence, as far as its words tell.
type Revocation int

// What a decision may do to a licence.
const (
	NotTouched Revocation = iota // it speaks of neither
	Suspended                    // 暂扣
	Revoked                      // 吊销
	Unclear                      // of both, or of a revocation that may not have come: a person must read it
)

// formWords are the words of the form itself; they say nothing about the decision.
var formWords = strings.NewReplacer("暂扣或者吊销", "", "暂扣或吊销", "", "暂扣、吊销", "", "暂扣/吊销", "")

// doubtful are words beside which 吊销 may mean the contrary, or something yet to come.
var doubtful = []string{"暂扣", "不予吊销", "免予吊销", "不吊销", "未吊销"}

// Revocation reads from content and licence whether a decision revokes or suspends one.
func (p Penalty) Revocation() Revocation {
	text := formWords.Replace(p.Licence + " " + p.Content)
	says := strings.Contains(text, "吊销")
	switch {
	case says && slices.ContainsFunc(doubtful, func(w string) bool { return strings.Contains(text, w) }):
		return Unclear
	case says:
		return Revoked
	case strings.Contains(text, "暂扣"):
		return Suspended
	}
	return NotTouched
}

// AnnualReport is an annual report that was published.
type AnnualReport struct {
	Year      int
	Published credit.Date
	Staff     string
	State     string // 企业经营状态
}

// AnnualReport reads a record of the kind annual-report.
func (r Record) AnnualReport() (AnnualReport, error) {
	m, err := r.of(AnnualReportKind)
	if err != nil {
		return AnnualReport{}, err
	}
	v := reader{m: m}
	return AnnualReport{Year: v.int("ANCHEYEAR"), Published: v.date("ANCHEDATE"), Staff: m["EMPNUM"], State: m["BUSST"]}, v.err
}

// SubjectOf reads the subject from a registration record. Where that names no registering authority, it is the department
// that stated it.
func SubjectOf(r Record) (enterprise.Subject, error) {
	m, err := r.of(EnterpriseKind)
	if err != nil {
		return enterprise.Subject{}, err
	}
	s, err := subject(r.EnterpriseID, m)
	if s.Authority == "" {
		s.Authority = r.Department
	}
	return s.Stated(r.At, r.Past), err
}

// Registration reads the subject from the clean values of a registration row, for the projection.
func Registration(id string, clean map[string]string) (enterprise.Subject, error) {
	return subject(id, clean)
}

func subject(id string, m map[string]string) (enterprise.Subject, error) {
	v := reader{m: m}
	s := enterprise.Subject{
		ID: id, USCC: m["UNISCID"], Name: m["ENTNAME"], Kind: credit.SubjectKind(m["SUBJKIND"]), Division: m["DIVISION"], Station: m["STATION"],
		Authority: m["REGORG"], State: credit.RegState(m["REGSTATE"]), Registered: v.date("ESTDATE"), Ended: v.date("ENDDATE"), LegalRep: m["LEREP"],
		Address: m["DOM"], Industry: m["INDUSTRY"], Scope: m["OPSCOPE"], Capital: v.fen("REGCAP"), RegNo: m["REGNO"], Former: m["OLDNAME"], OrgCode: m["ORGCODE"], TaxNo: m["TAXNO"],
		Approved: v.date("APPRDATE"), Parent: m["PARENT"],
	}
	if s.USCC == "" {
		s.USCC = s.RegNo
	}
	return s, v.err
}

func (r Record) of(kind string) (map[string]string, error) {
	if r.Kind != kind {
		return nil, fmt.Errorf("record: %s is a record of the kind %s, not %s", r.ID, r.Kind, kind)
	}
	m, err := r.fields()
	if err != nil {
		return nil, fmt.Errorf("record: body of %s: %w", r.ID, err)
	}
	return m, nil
}

// reader reads typed values and keeps the first that does not parse: the catalogue wrote them, so that would be our fault.
type reader struct {
	m   map[string]string
	err error
}

func (v *reader) note(code string, err error) {
	if err != nil && v.err == nil {
		v.err = fmt.Errorf("record: field %s: %w", code, err)
	}
}

func (v *reader) date(code string) credit.Date {
	if v.m[code] == "" {
		return 0
	}
	d, err := credit.ParseDate(v.m[code])
	v.note(code, err)
	return d
}

func (v *reader) int(code string) int {
	n, err := strconv.Atoi(v.m[code])
	v.note(code, err)
	return n
}

func (v *reader) fen(code string) credit.Fen {
	if v.m[code] == "" {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(v.m[code], "fen"), 10, 64)
	v.note(code, err)
	return credit.Fen(n)
}
