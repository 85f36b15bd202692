package publicity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"zhixin/internal/audit"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	"zhixin/internal/finder"
	"zhixin/internal/lists"
	"zhixin/internal/names"
	"zhixin/internal/org"
	"zhixin/internal/policy"
	"zhixin/internal/record"
)

// SearchOptions is what somebody looks for.
type SearchOptions struct {
	Term     string // a code, a name or a part of one, a former name
	Division string // "" is everywhere
	Kinds    []credit.SubjectKind
	States   []credit.RegState
	Limit    int         // 20 where 0
	Cursor   string      // Next of the page before
	Today    credit.Date // 0: what is hidden and not confirmed counts as hidden, however long ago
}

// Found is one enterprise that a search came up with.
type Found struct {
	USCC     string
	Name     string
	Division string
	State    credit.RegState
	Score    int    // 0 to 100; 100 is exact
	Why      string // a reason of package names: code, name, former-name, part, typo, ...
	As       string // the name, former name or code that fits
	From, To int    // what part of As fits, in characters; 0, 0 where that makes no sense
}

// SearchPage is a page of what was found, best first.
type SearchPage struct {
	Hits []Found
	Next string // cursor of the next page, "" on the last
}

// Searcher finds for the public: the index of a node's names holds more than anybody may see.
type Searcher struct{ names *finder.Finder }

// SearchIn returns what the public may find in an index of names.
func SearchIn(names *finder.Finder) Searcher { return Searcher{names} }

// Search finds enterprises that have a public face today; nobody by a natural person's name.
func (s Searcher) Search(ctx context.Context, q db.Q, o SearchOptions) (SearchPage, error) {
	found, next, err := s.names.Find(ctx, q, o.query(), o.Cursor)
	if err != nil {
		return SearchPage{}, err
	}
	hits, err := faces(ctx, q, found, o.Today)
	return SearchPage{hits, next}, err
}

// Suggest returns the few that somebody who is still typing may mean, as [Searcher.Search] would find them.
func (s Searcher) Suggest(ctx context.Context, q db.Q, o SearchOptions) ([]Found, error) {
	found, err := s.names.Suggest(ctx, q, o.query())
	if err != nil {
		return nil, err
	}
	return faces(ctx, q, found, o.Today)
}

func (o SearchOptions) query() names.Query {
	return names.Query{Text: o.Term, Division: o.Division, Kinds: o.Kinds, States: o.States, Limit: o.Limit}
}

// faces leaves out whom the public may not see.
func faces(ctx context.Context, q db.Q, found []finder.Found, today credit.Date) ([]Found, error) {
	hidden, err := veilOn(ctx, q, today)
	if err != nil {
		return nil, err
	}
	out := []Found{}
	for _, f := range found {
		if !enterprise.NamesPerson(f.Subject) && !hidden.pages[f.ID] {
			out = append(out, Found{f.USCC, f.Name, f.Division, f.State, f.Hit.Score, string(f.Hit.Why), f.Hit.Name, f.Hit.From, f.Hit.To})
		}
	}
	return out, nil
}

// AbnormalFilter narrows the public list of abnormal operations.
type AbnormalFilter struct {
	Division string
	Year     int    // of the listing
	Text     string // part of the name, or the code
	Limit    int    // 50 where 0
	Cursor   string // Next of the page before
}

// AbnormalPage is a page of the list, the latest listing first.
type AbnormalPage struct {
	Items []Listed
	Next  string // cursor of the next page, "" on the last
	Total int    // of the whole list as filtered
}

// Abnormal returns who stands on the list of abnormal operations today. Who was removed is not on it, and nothing says that
// he was.
func Abnormal(ctx context.Context, q db.Q, f AbnormalFilter, today credit.Date) (AbnormalPage, error) {
	filter := lists.Filter{List: credit.AbnormalList, State: lists.Listed, Division: f.Division, Year: f.Year, Text: f.Text, On: today, Cursor: f.Cursor}
	page := AbnormalPage{Items: []Listed{}}
	rows, next, err := publicRows(ctx, q, filter, min(cmp.Or(max(f.Limit, 0), 50), 200))
	if err != nil {
		return AbnormalPage{}, err
	}
	page.Next = next
	if page.Total, err = countPublic(ctx, q, filter); err != nil {
		return AbnormalPage{}, err
	}
	book, err := policy.Load(ctx, q)
	if err != nil {
		return AbnormalPage{}, err
	}
	grounds, err := policy.Rules[lists.Ground](book, lists.Table)
	if err != nil {
		return AbnormalPage{}, err
	}
	names, err := departmentNames(ctx, q, today)
	if err != nil {
		return AbnormalPage{}, err
	}
	for _, r := range rows {
		l := Listed{
			USCC: r.USCC, Name: r.Name, Kind: r.Kind, Division: r.Division, List: r.List, Ground: r.Ground, Detail: r.Detail, Since: r.ListedOn,
			Authority: r.Authority, AuthorityName: nameOr(names, r.Authority), PaperNo: r.ListedNo, PaperID: r.ListedPaper,
		}
		l.Marked = marked(l.Kind, l.List)
		l.entitle(grounds)
		page.Items = append(page.Items, l)
	}
	return page, nil
}

var everywhere = org.Scope{All: true}

// publicRows returns the next rows whose subjects have a public face, limit of them as long as there are so many, and where
// the next page begins.
func publicRows(ctx context.Context, q db.Q, f lists.Filter, limit int) (out []lists.Row, next string, err error) {
	for len(out) < limit {
		f.Limit = limit - len(out)
		rows, next, err := lists.Page(ctx, q, everywhere, f)
		if err != nil {
			return nil, "", err
		}
		faces, err := withFace(ctx, q, rows, f.On)
		if err != nil {
			return nil, "", err
		}
		for _, r := range rows {
			if faces[r.EnterpriseID] {
				out = append(out, r)
			}
		}
		if f.Cursor = next; next == "" {
			break
		}
	}
	return out, f.Cursor, nil
}

// countPublic returns how many rows publicRows finds in all. Only among individual businesses, and the few whose page is hidden,
// are there some without a face.
func countPublic(ctx context.Context, q db.Q, f lists.Filter) (int, error) {
	n, err := lists.Count(ctx, q, everywhere, f)
	if err != nil {
		return 0, err
	}
	hidden, err := countHidden(ctx, q, f)
	if err != nil {
		return 0, err
	}
	n -= hidden
	const most = 200
	f.Kind, f.Limit, f.Cursor = credit.Individual, most, ""
	for {
		rows, next, err := lists.Page(ctx, q, everywhere, f)
		if err != nil {
			return 0, err
		}
		faces, err := withFace(ctx, q, rows, f.On)
		if err != nil {
			return 0, err
		}
		for _, r := range rows {
			if !faces[r.EnterpriseID] {
				n--
			}
		}
		if f.Cursor = next; next == "" {
			return n, nil
		}
	}
}

// countHidden returns how many rows belong to subjects, other than individual businesses, whose page is hidden.
func countHidden(ctx context.Context, q db.Q, f lists.Filter) (n int, err error) {
	found, err := hides(ctx, q, `AND h.kind = ''`)
	if err != nil {
		return 0, err
	}
	text := f.Text
	for _, h := range found {
		if !h.stands(f.On) || h.USCC == "" {
			continue
		}
		f.Text, f.Limit, f.Cursor = h.USCC, 200, ""
		rows, _, err := lists.Page(ctx, q, everywhere, f)
		if err != nil {
			return 0, err
		}
		subject, err := enterprise.ByID(ctx, q, h.EnterpriseID)
		if err != nil {
			return 0, err
		}
		for _, r := range rows {
			asked := text == "" || strings.Contains(r.Name, text) || strings.EqualFold(r.USCC, text)
			if r.EnterpriseID == h.EnterpriseID && asked && subject.Kind != credit.Individual {
				n++
			}
		}
	}
	return n, nil
}

// withFace returns which of the subjects of rows have a public face today.
func withFace(ctx context.Context, q db.Q, rows []lists.Row, today credit.Date) (map[string]bool, error) {
	hidden, err := veilOn(ctx, q, today)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.EnterpriseID)
	}
	slices.Sort(ids)
	subjects, err := enterprise.ByIDs(ctx, q, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, s := range subjects {
		out[s.ID] = !enterprise.NamesPerson(s) && !hidden.pages[s.ID]
	}
	return out, nil
}

// Counts are the figures of the home page.
type Counts struct {
	Enterprises int // with their branches
	Individuals int // 个体工商户, which are counted apart
	Cooperative int // 农民专业合作社
	Penalties   int
	Reports     int
	Records     int // of all kinds
	Departments int // that have stated any
	Listed      int // on the list of abnormal operations now
	LogSize     int64
}

// Home returns the figures of the home page.
func Home(ctx context.Context, q db.Q, today credit.Date) (Counts, error) {
	var c Counts
	kinds, departments, err := record.Counts(ctx, q)
	if err != nil {
		return Counts{}, err
	}
	c.Departments, c.Penalties, c.Reports = departments, kinds[penaltyKind], kinds[reportKind]
	for _, n := range kinds {
		c.Records += n
	}
	subjects, err := enterprise.Count(ctx, q)
	if err != nil {
		return Counts{}, err
	}
	c.Individuals, c.Cooperative = subjects[credit.Individual], subjects[credit.Cooperative]
	c.Enterprises = subjects[credit.Enterprise] + subjects[credit.Branch]
	c.Listed, err = countPublic(ctx, q, lists.Filter{List: credit.AbnormalList, State: lists.Listed, On: today})
	if err != nil {
		return Counts{}, err
	}
	if c.LogSize, err = audit.Size(ctx, q); err != nil {
		return Counts{}, fmt.Errorf("publicity: home: %w", err)
	}
	return c, nil
}
