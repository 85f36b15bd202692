// Package lang turns message codes into sentences, Chinese first and English beside it.
//
// The catalogue is messages/<package>.json: {"code": {"zh": "…{0}…", "en": "…{0}…"}}. A test holds that every code in the
// program has both languages and that both use the same arguments.
package lang

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"zhixin/internal/fault"
)

//go:embed messages/*.json
var files embed.FS

// Tag is a language of the interface.
type Tag string

// The languages of the interface.
const (
	ZH Tag = "zh"
	EN Tag = "en"
)

// Tags lists the languages, the default first.
var Tags = []Tag{ZH, EN}

// HTML returns the value of the page's lang attribute.
func (t Tag) HTML() string {
	if t == EN {
		return "en"
	}
	return "zh-CN"
}

// Match returns the language that an Accept-Language header or a cookie's value asks for; ZH where it names none of ours.
func Match(accept string) Tag {
	for part := range strings.SplitSeq(accept, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch base, _, _ := strings.Cut(strings.ToLower(name), "-"); base {
		case "zh":
			return ZH
		case "en":
			return EN
		}
	}
	return ZH
}

// Catalogue holds the sentences of every code.
type Catalogue struct {
	sentences map[string]map[Tag]string
}

// Load reads the embedded catalogue; it fails on a code that stands twice.
func Load() (*Catalogue, error) {
	c := &Catalogue{sentences: map[string]map[Tag]string{}}
	names, err := fs.Glob(files, "messages/*.json")
	if err != nil {
		return nil, fmt.Errorf("lang: list catalogue: %w", err)
	}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("lang: read %s: %w", name, err)
		}
		var part map[string]map[Tag]string
		if err := json.Unmarshal(raw, &part); err != nil {
			return nil, fmt.Errorf("lang: %s: %w", name, err)
		}
		for code, says := range part {
			if _, twice := c.sentences[code]; twice {
				return nil, fmt.Errorf("lang: %s: code %s stands twice", name, code)
			}
			c.sentences[code] = says
		}
	}
	return c, nil
}

// Has reports whether code has a sentence in every language.
func (c *Catalogue) Has(code string) bool {
	says, ok := c.sentences[code]
	for _, tag := range Tags {
		ok = ok && says[tag] != ""
	}
	return ok
}

// Codes calls f with each code and its sentences.
func (c *Catalogue) Codes(f func(code string, says map[Tag]string)) {
	for code, says := range c.sentences {
		f(code, says)
	}
}

// Say returns the sentence of code in tag's language, {0}, {1}, … filled from args. An argument that is a [Code] is
// itself translated. A code without sentence is shown as it is, so that it can be reported.
func (c *Catalogue) Say(tag Tag, code string, args ...any) string {
	text := c.sentences[code][tag]
	if text == "" {
		return code
	}
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		n, err := strconv.Atoi(text[open+1 : open+end])
		b.WriteString(text[:open])
		switch {
		case err != nil || n < 0 || n >= len(args):
			b.WriteString(text[open : open+end+1])
		default:
			if key, ok := args[n].(Code); ok {
				b.WriteString(c.Say(tag, string(key)))
			} else {
				fmt.Fprint(&b, args[n])
			}
		}
		text = text[open+end+1:]
	}
	b.WriteString(text)
	return b.String()
}

// Code is an argument that is itself a message code, translated where it is shown.
type Code string

// Fault returns err's sentence where it is a fault, and the sentence for internal errors otherwise.
func (c *Catalogue) Fault(tag Tag, err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return c.Say(tag, f.Code, f.Args...)
	}
	return c.Say(tag, "lang.busy")
}
