package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/enterprise"
	index "zhixin/internal/finder"
	"zhixin/internal/intake"
)

// inhabitants is how many subjects the registry has in which rows look for theirs: those of the article's city.
const inhabitants = 70_200

// matching looks for the subjects of rows: by their codes, by names that are written exactly, and by names with one character wrong.
// The anchor asks the database for each row: who has this code, or exactly this name.
func matching(ctx context.Context, b *bench) (err error) {
	where := filepath.Join(b.room, "match.db")
	d, err := db.Open(ctx, where, db.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	b.say("registering %d subjects", inhabitants)
	registry := slices.Clone(b.city.subjects)
	for name := range madeNames(inhabitants - len(registry)) {
		n := len(registry)
		registry = append(registry, enterprise.Subject{ID: fmt.Sprintf("made%08d", n), USCC: fmt.Sprintf("3408000%08d", n), Name: name, Kind: credit.Enterprise,
			Division: "340800", Authority: "SCJG", State: credit.Active, LegalRep: "张三", Address: "安徽省安庆市迎江区人民路1号"})
	}
	for some := range slices.Chunk(registry, 1000) {
		if err := d.Tx(ctx, func(q db.Q) error { return enterprise.PutAll(ctx, q, some) }); err != nil {
			return err
		}
	}
	find := index.New(d, time.Now)
	if err := find.Load(ctx); err != nil {
		return err
	}
	raw, err := sql.Open("sqlite", where)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, raw.Close()) }()
	for _, m := range []struct {
		what  string
		rows  int
		ask   string
		least float64
		said  func(s enterprise.Subject, dice *rand.Rand) enterprise.Ident
		find  func(ctx context.Context, q db.Q, said []enterprise.Ident) error
	}{
		{"by code", 20000, `SELECT enterprise_id FROM enterprise_identifier WHERE scheme IN ('uscc', 'regno') AND value = $1`, 20000, byItsCode, together},
		{"by name", 20000, `SELECT id FROM enterprise_subject WHERE norm = $1`, 2000, byItsName, together},
		{"by name, one character wrong, for a person to decide", 2000, `SELECT id FROM enterprise_subject WHERE norm = $1`, 2000, byASlip, oneByOne(find)},
	} {
		l := line{what: "subjects of rows found " + m.what + ", SQLite", unit: "rows/s", anchorName: "one query a row", above: m.least}
		for round := range b.rounds {
			b.say("rows %s: round %d of %d", m.what, round+1, b.rounds)
			dice := rand.New(rand.NewPCG(uint64(round), 9))
			said := make([]enterprise.Ident, m.rows)
			for i := range said {
				said[i] = m.said(registry[dice.IntN(len(registry))], dice)
			}
			theirs, err := lookedUp(ctx, raw, m.ask, said)
			if err != nil {
				return err
			}
			ours, err := matched(ctx, d, said, m.find)
			if err != nil {
				return err
			}
			l.ours, l.anchor = append(l.ours, ours), append(l.anchor, theirs)
		}
		b.add(l)
	}
	return nil
}

func byItsCode(s enterprise.Subject, _ *rand.Rand) enterprise.Ident {
	return enterprise.Ident{USCC: s.USCC, RegNo: s.USCC, Name: s.Name, LegalRep: s.LegalRep}
}

func byItsName(s enterprise.Subject, _ *rand.Rand) enterprise.Ident {
	return enterprise.Ident{Name: s.Name, LegalRep: s.LegalRep}
}

func byASlip(s enterprise.Subject, dice *rand.Rand) enterprise.Ident {
	name := []rune(s.Name)
	name[2+dice.IntN(max(1, len(name)-4))] = '某'
	return enterprise.Ident{Name: string(name), LegalRep: s.LegalRep}
}

// together looks for the subjects of a block of rows as the check of a file does.
func together(ctx context.Context, q db.Q, said []enterprise.Ident) error {
	_, err := intake.Identify(ctx, q, "SCJG", said)
	return err
}

// oneByOne looks for all who may be meant, as the page on which a person decides does.
func oneByOne(f *index.Finder) func(ctx context.Context, q db.Q, said []enterprise.Ident) error {
	return func(ctx context.Context, q db.Q, said []enterprise.Ident) error {
		for _, one := range said {
			if _, err := intake.Meant(ctx, q, f, one, nil); err != nil {
				return err
			}
		}
		return nil
	}
}

// matched looks for the subjects of rows in blocks, on two cores, and returns rows a second.
func matched(ctx context.Context, d *db.DB, said []enterprise.Ident, find func(context.Context, db.Q, []enterprise.Ident) error) (float64, error) {
	began := time.Now()
	var wait sync.WaitGroup
	half := len(said) / 2
	errs := make([]error, 2)
	for i, part := range [][]enterprise.Ident{said[:half], said[half:]} {
		wait.Go(func() {
			for block := range slices.Chunk(part, 50) {
				if err := d.View(ctx, func(q db.Q) error { return find(ctx, q, block) }); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wait.Wait()
	return float64(len(said)) / time.Since(began).Seconds(), errors.Join(errs...)
}

// lookedUp asks the database once for each row, on one core, and returns rows a second.
func lookedUp(ctx context.Context, raw *sql.DB, query string, said []enterprise.Ident) (float64, error) {
	began := time.Now()
	ask, err := raw.PrepareContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer func() { _ = ask.Close() }()
	for _, s := range said {
		value := s.USCC
		if value == "" {
			value = credit.NormalizeName(s.Name)
		}
		var id string
		if err := ask.QueryRowContext(ctx, value).Scan(&id); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
	}
	return float64(len(said)) / time.Since(began).Seconds(), nil
}
