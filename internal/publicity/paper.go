package publicity

import (
	"context"
	"fmt"
	"slices"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/document"
	"zhixin/internal/enterprise"
	"zhixin/internal/fault"
	"zhixin/internal/lists"
	"zhixin/internal/policy"
)

// PublicPaper returns a paper that the public may read today. A paper about an entry is public as long as the entry is:
// with the removal the listing's paper goes too, and the removal's own paper would tell of it. A paper that is not public
// is not told from one that does not exist.
func PublicPaper(ctx context.Context, q db.Q, id string, today credit.Date) (document.Paper, error) {
	p, err := document.ByID(ctx, q, id)
	return show(ctx, q, p, err, id, today)
}

// PaperByNumber is [PublicPaper] for the number that stands on a paper.
func PaperByNumber(ctx context.Context, q db.Q, number string, today credit.Date) (document.Paper, error) {
	p, err := document.ByNumber(ctx, q, number)
	return show(ctx, q, p, err, number, today)
}

func show(ctx context.Context, q db.Q, p document.Paper, err error, asked string, today credit.Date) (document.Paper, error) {
	none := fault.New(fault.NotFound, "publicity.no_paper", asked)
	if kind, _ := fault.Of(err); kind == fault.NotFound {
		return document.Paper{}, none
	}
	if err != nil {
		return document.Paper{}, err
	}
	if p.PublishedOn == 0 || p.PublishedOn > today {
		return document.Paper{}, none
	}
	if p.EnterpriseID == "" {
		return withoutAnnex(p), nil
	}
	visible, err := entryVisible(ctx, q, p, today)
	if err != nil {
		return document.Paper{}, err
	}
	if !visible {
		return document.Paper{}, none
	}
	return p, nil
}

// withoutAnnex takes the names out of a paper that went to many: each of them may have done its duty since.
func withoutAnnex(p document.Paper) document.Paper {
	p.Body.Blocks = slices.DeleteFunc(slices.Clone(p.Body.Blocks), func(b document.Block) bool { return b.Role == document.Annex })
	return p
}

// entryVisible reports whether the entry that a paper decided on is public today.
func entryVisible(ctx context.Context, q db.Q, p document.Paper, today credit.Date) (bool, error) {
	subject, err := enterprise.ByID(ctx, q, p.EnterpriseID)
	if fault.Is(err, "enterprise.unknown") { // its registration was taken back
		return false, nil
	}
	if err != nil {
		return false, err
	}
	hidden, err := veilOn(ctx, q, today)
	if err != nil || hidden.pages[p.EnterpriseID] {
		return false, err
	}
	entries, err := lists.History(ctx, q, p.EnterpriseID, -1)
	if err != nil {
		return false, err
	}
	book, err := policy.Load(ctx, q)
	if err != nil {
		return false, err
	}
	terms, err := ReadTerms(book, today)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		about := slices.ContainsFunc(e.Events, func(ev lists.Event) bool { return ev.Paper == p.ID })
		if about && terms.Entry(e, subject, today).Visible {
			return true, nil
		}
	}
	return false, nil
}

// Announcements returns the latest published announcements, newest first.
func Announcements(ctx context.Context, q db.Q, today credit.Date, limit int) ([]document.Paper, error) {
	rows, err := q.QueryContext(ctx, `SELECT p.id FROM document_paper p
		JOIN document_event e ON e.paper = p.id AND e.kind = 'published'
		WHERE p.enterprise_id = '' AND p.template = $1 AND e.day <= $2 ORDER BY e.day DESC, p.id DESC LIMIT $3`,
		document.AbnormalAnnouncement, today, limit)
	if err != nil {
		return nil, fmt.Errorf("publicity: announcements: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("publicity: announcements: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("publicity: announcements: %w", err)
	}
	out := []document.Paper{}
	for _, id := range ids {
		p, err := document.ByID(ctx, q, id)
		if err != nil {
			return nil, err
		}
		out = append(out, withoutAnnex(p))
	}
	return out, nil
}
