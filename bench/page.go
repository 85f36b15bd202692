package main

import (
	_ "embed"
	"fmt"
	"os"
	"runtime"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
)

// page is docs/bench.md: the words of page.md around the table of this run.
type page struct {
	Date, Machine, Commit, Took string
	Quick                       bool
	Lines                       []line
	Notes                       []string
	Table                       string
}

//go:embed page.md
var pageText string

func (b *bench) page() page {
	p := page{Date: b.began.Format("2006-01-02 15:04 MST"), Machine: machine(), Commit: b.commit, Quick: b.quick, Lines: b.lines, Notes: b.notes,
		Took: time.Since(b.began).Round(time.Second).String()}
	p.Table = p.markdown()
	return p
}

func (p page) save(path string) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	var out strings.Builder
	if err := t.Execute(&out, p); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

func (p page) markdown() string {
	var b strings.Builder
	write := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	write(heading)
	write(strings.Split(strings.Repeat("---,", len(heading)-1)+"---", ","))
	for _, l := range p.Lines {
		write(l.row())
	}
	return b.String()
}

// table writes the table for a terminal.
func (p page) table() string {
	rows := [][]string{heading}
	for _, l := range p.Lines {
		rows = append(rows, l.row())
	}
	width := make([]int, len(heading))
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n%s, commit %s\n\n", p.Date, p.Machine, p.Commit)
	for _, r := range rows {
		for i, cell := range r {
			b.WriteString(cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+2))
		}
		b.WriteString("\n")
	}
	for _, n := range p.Notes {
		b.WriteString("note: " + n + "\n")
	}
	return b.String()
}

// machine says on what the run ran.
func machine() string {
	cpu := runtime.GOARCH
	raw, _ := os.ReadFile("/proc/cpuinfo") // elsewhere the architecture has to do
	for text := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(text, ":"); ok && strings.TrimSpace(name) == "model name" {
			cpu = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%s, %d cores, %s, %s", cpu, runtime.NumCPU(), runtime.GOOS, runtime.Version())
}
