package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhixin/internal/credit"
)

const other = "其他"

// severalKinds holds R11 (424号): the kinds are brought into one spelling and order, joined by ;, and 其他 says what it is.
func severalKinds(r *row, f []string) { r.kinds(f[0], "catalog.unknown_kind_of") }

// penaltyKinds is severalKinds for the kinds of penalty of 行政处罚法 (2021) art. 9. Points of it that were copied whole do not
// say what was really imposed, and a licence must not count as revoked because the list was copied.
func penaltyKinds(r *row, f []string) { r.kinds(f[0], "catalog.unknown_penalty") }

func (r *row) kinds(field, unknown string) {
	given := r.clean[field]
	if given == "" {
		return
	}
	delete(r.clean, field)
	f, _ := r.kind.Field(field)
	spelled := strings.ReplaceAll(half(given), " ", "")
	for _, g := range f.Groups {
		if strings.Contains(strings.ReplaceAll(spelled, ",", "、"), g) {
			r.fail(field, "catalog.penalty_group", g)
			return
		}
	}
	var out []string
	for _, part := range strings.FieldsFunc(spelled, func(c rune) bool { return strings.ContainsRune(";、,/|\n\t+。", c) }) {
		kind, ok := f.kindOf(part)
		switch {
		case ok && kind == other:
			r.fail(field, "catalog.other_unexplained") // R11
			return
		case ok && !slices.Contains(out, kind):
			out = append(out, kind)
		case !ok && len(out) > 0 && strings.HasPrefix(out[len(out)-1], other+"-"): // the explanation itself is a list
			out[len(out)-1] += "和" + part
		case !ok && unknown == "catalog.unknown_penalty":
			r.fail(field, unknown, part)
			return
		case !ok:
			r.fail(field, unknown, part, strings.Join(f.Codes, "、"))
			return
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(f.rank(a), f.rank(b)) })
	joined := strings.Join(out, ";")
	if n := utf8.RuneCountInString(joined); n > f.Length {
		r.fail(field, "catalog.too_long", n, f.Length)
		return
	}
	r.clean[field] = joined
}

// rank orders the kinds as the code list does; 其他 comes last.
func (f Field) rank(kind string) int {
	if i := slices.Index(f.Codes, kind); i >= 0 {
		return i
	}
	return len(f.Codes)
}

// kindOf reads one kind. What stands behind 其他 is a kind of the list where it is one: the old standard of penalties had no
// other place for 通报批评 and its likes.
func (f Field) kindOf(part string) (string, bool) {
	if slices.Contains(f.Codes, part) {
		return part, true
	}
	if kind, ok := f.Words[part]; ok {
		return kind, true
	}
	rest, ok := strings.CutPrefix(part, other)
	if !ok {
		return "", false
	}
	rest = strings.TrimPrefix(rest, "行政处罚")
	rest = strings.Trim(rest, "-—–_:()")
	if rest == "" {
		return other, true
	}
	if kind, ok := f.kindOf(rest); ok {
		return kind, true
	}
	return other + "-" + rest, true
}

// fined holds R08 (424号) between the kinds of penalty and the fine. A fine without its amount could pass a gate that bars
// large ones, so it is refused.
func fined(r *row, f []string) {
	named, fine := slices.Contains(strings.Split(r.clean[f[0]], ";"), "罚款"), r.clean[f[1]]
	switch {
	case r.failed[f[0]] || !r.has(f[0]):
	case named && (fine == "" || fine == "0fen"):
		r.fail(f[1], "catalog.fine_missing")
	case !named && fine != "" && fine != "0fen":
		r.fail(f[0], "catalog.fine_not_named", wan(fine))
	}
}

// confiscated holds R09 (424号) between the kinds of penalty and the amount confiscated.
func confiscated(r *row, f []string) {
	if strings.Contains(r.clean[f[0]], "没收") && !r.has(f[1]) {
		r.warn(f[1], "catalog.confiscation_missing")
	}
}

// licenceNamed holds R10 (424号) between the kinds of penalty and the licence.
func licenceNamed(r *row, f []string) {
	if types := r.clean[f[0]]; (strings.Contains(types, "暂扣") || strings.Contains(types, "吊销")) && !r.has(f[1]) {
		r.warn(f[1], "catalog.licence_missing")
	}
}

// licenceNumber is the part of R12 (424号) that is about one row: a licence whose document has no number is known by its own.
func licenceNumber(r *row, f []string) {
	if !r.has(f[0]) && !r.failed[f[0]] && r.has(f[1]) {
		r.clean[f[0]] = r.clean[f[1]]
		r.warn(f[0], "catalog.number_of_licence", r.clean[f[1]])
	}
}

// newPenaltyLaw is the first day of 行政处罚法 as revised in 2021.
var newPenaltyLaw = credit.MustDate("2021-07-15")

// summaryFine holds R13 (行政处罚法 art. 51; until 2021-07-14 art. 33): the fine of a summary procedure is at most 200 yuan for
// a citizen and 3,000 for an organisation, before 50 and 1,000. The decision stands until it is annulled, so the row is taken.
// Fields: procedure, fine, kind of party, day of the decision. An individual business is counted with the organisations.
func summaryFine(r *row, f []string) {
	fine, err := strconv.ParseInt(strings.TrimSuffix(r.clean[f[1]], "fen"), 10, 64)
	if err != nil || r.clean[f[0]] != "简易程序" {
		return
	}
	person, yuan := r.clean[f[2]] == NaturalPerson, int64(3000)
	switch old := r.has(f[3]) && day(r.clean[f[3]]) < newPenaltyLaw; {
	case person && old:
		yuan = 50
	case person:
		yuan = 200
	case old:
		yuan = 1000
	}
	if fine > yuan*100 {
		r.warn(f[1], "catalog.fine_beyond_summary", wan(r.clean[f[1]]), yuan)
	}
}

// authorityCode holds R14 (GB 32100): who decides is an organ or an institution, or a body with such powers.
func authorityCode(r *row, f []string) {
	if code := r.clean[f[0]]; code != "" && !credit.IsMasked(code) && usccOnly(code) == nil && code[0] != '1' {
		r.warn(f[0], "catalog.authority_code", code)
	}
}

// publicity holds R16 (市场监督管理行政处罚信息公示规定 art. 13) between the day of the decision and the typed end: how long a
// decision is shown is computed by the rules of the day; a typed day may shorten it, but none may lie beyond the longest term
// there is: five years until the rule of 2021-09-01, three since.
func publicity(r *row, f []string) {
	decided, end := day(r.clean[f[0]]), day(r.clean[f[1]])
	if decided == 0 || end == 0 {
		return
	}
	years := 3
	if decided < credit.NewDate(2021, 9, 1) {
		years = 5
	}
	if limit := decided.AddYears(years); end > limit {
		r.fail(f[1], "catalog.shown_too_long", end.String(), limit.String())
	}
}

// revoked refuses a decision that its own state calls revoked (行政处罚法 art. 48): it would be a new fact against somebody.
func revoked(r *row, f []string) {
	if r.clean[f[0]] == "撤销" {
		r.fail(f[0], "catalog.decision_revoked")
	}
}

// oldState turns the state of a licence of the 2015 edition (first field) into that of 2018 (second). The letter 1 means
// revoked in the one and valid in the other.
func oldState(r *row, f []string) {
	switch r.clean[f[0]] {
	case "":
		return
	case "撤销":
		r.clean[f[1]] = "2"
	case "正常", "异议":
		r.clean[f[1]] = "1"
	default:
		r.warn(f[1], "catalog.state_unclear")
	}
	delete(r.clean, f[0])
}

// failedItems asks of a failed test what failed.
func failedItems(r *row, f []string) {
	if r.clean[f[0]] == "不合格" && !r.has(f[1]) {
		r.warn(f[1], "catalog.failed_items_missing")
	}
}
