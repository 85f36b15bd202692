package catalog

import (
	"regexp"
	"strconv"
	"strings"

	"zhixin/internal/credit"
)

// departmentCode is the form of a code of ours; what else stands under 登记机关 is a name.
var departmentCode = regexp.MustCompile(`^[A-Z0-9]+(-[A-Z0-9]+)*$`)

// registrar takes what is no code of a department under the registering authority (first field) for its name (second).
func registrar(r *row, f []string) {
	org := r.clean[f[0]]
	switch {
	case org == "":
	case !departmentCode.MatchString(credit.NormalizeCode(org)) && !departmentCode.MatchString(strings.ToUpper(org)):
		r.clean[f[1]] = org
		delete(r.clean, f[0])
	default:
		r.clean[f[0]] = strings.ToUpper(strings.ReplaceAll(half(org), " ", ""))
	}
}

// registrationState holds between the state and the day on which a registration ended. What a record does not say is derived
// from what it does.
func registrationState(r *row, f []string) {
	state, end := f[0], f[1]
	if !r.has(state) && !r.failed[state] {
		if _, column := r.given[state]; column {
			r.warn(state, "catalog.state_assumed")
		}
		r.clean[state] = string(credit.Active)
	}
	switch ended := r.clean[state] != string(credit.Active); {
	case r.failed[state]:
	case ended && !r.has(end):
		r.warn(end, "catalog.end_missing")
	case !ended && r.has(end):
		r.warn(state, "catalog.ended_but_active", r.clean[end])
	}
}

// station brings the code of a station into the form of departments' codes; what is none is a name and stays.
func station(r *row, f []string) {
	if code := strings.ToUpper(strings.ReplaceAll(half(r.clean[f[0]]), " ", "")); departmentCode.MatchString(code) {
		r.clean[f[0]] = code
	}
}

// taxNumber leaves out what is no tax number of an organisation: that of an individual business of old is its owner's identity
// number, and nobody is told what it was.
func taxNumber(r *row, f []string) {
	if !r.has(f[0]) {
		return
	}
	tax := credit.TaxNo(r.clean[f[0]])
	if tax == "" {
		r.warn(f[0], "catalog.no_tax_number")
		delete(r.clean, f[0])
		return
	}
	r.clean[f[0]] = tax
}

// subjectKind derives the kind of subject. Fields: the kind, type, name, code, registration number.
func subjectKind(r *row, f []string) {
	if !r.has(f[0]) {
		r.clean[f[0]] = string(kindOf(r.clean[f[1]], r.clean[f[2]], r.clean[f[3]], r.clean[f[4]]))
	}
}

// kindOf tells the kind of subject from its type, name and code.
func kindOf(typ, name, uscc, regNo string) credit.SubjectKind {
	for _, word := range []string{"分公司", "分支机构", "分厂", "办事处", "分社", "代表处", "代表机构"} {
		if strings.Contains(typ, word) || strings.HasSuffix(name, word) {
			return credit.Branch
		}
	}
	switch {
	case strings.Contains(typ, "个体"):
		return credit.Individual
	case strings.Contains(typ, "合作社"):
		return credit.Cooperative
	}
	if code, err := credit.ParseUSCC(uscc); err == nil {
		return code.Kind()
	}
	if len(regNo) == 15 && regNo[6] >= '6' && regNo[6] <= '9' { // GS 15-2006: the sequence begins with 6 to 9
		return credit.Individual
	}
	return credit.Enterprise
}

// division derives the division from the code where the file does not say it, and brings an old one up to date. Fields: the
// division, code, registration number.
func division(r *row, f []string) {
	stated := r.clean[f[0]]
	if len(stated) > 6 && strings.Trim(stated[6:], "0") == "" { // 340802000000, as statistics write it
		stated = stated[:6]
	}
	if stated != "" && (len(stated) != 6 || strings.Trim(stated, "0123456789") != "") {
		r.warn(f[0], "catalog.bad_division", r.clean[f[0]])
		stated = ""
	}
	from := stated
	if from == "" {
		if code, err := credit.ParseUSCC(r.clean[f[1]]); err == nil {
			from = code.Division()
		} else if no := r.clean[f[2]]; len(no) >= 13 && strings.Trim(no[:6], "0123456789") == "" {
			from = no[:6]
		}
	}
	now := credit.DivisionOn(from, r.today)
	if stated != "" && now != stated {
		r.warn(f[0], "catalog.division_renamed", stated, now)
	}
	if now == "" {
		delete(r.clean, f[0])
		return
	}
	r.clean[f[0]] = now
}

// firstReport is the first year for which there are annual reports: before it there was the annual inspection 年检.
const firstReport = 2013

// reportYear holds for the year of an annual report and the day on which it was published (条例 art. 8).
func reportYear(r *row, f []string) {
	year, err := strconv.Atoi(r.clean[f[0]])
	if err != nil {
		return
	}
	switch published := day(r.clean[f[1]]); {
	case year < firstReport:
		r.fail(f[0], "catalog.report_too_old", year, firstReport)
	case published != 0 && year >= published.Year():
		r.fail(f[0], "catalog.report_too_early", year, published.String())
	}
}
