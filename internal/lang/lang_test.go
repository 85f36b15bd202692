package lang_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zhixin/internal/fault"
	"zhixin/internal/lang"
)

func load(t *testing.T) *lang.Catalogue {
	t.Helper()
	c, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var hole = regexp.MustCompile(`\{[^}]*\}`)

// holes returns the arguments that a sentence names, each once, in order.
func holes(s string) []string {
	found := hole.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestEverySentenceIsThereInBothLanguagesWithTheSameArguments(t *testing.T) {
	c := load(t)
	c.Codes(func(code string, says map[lang.Tag]string) {
		if !c.Has(code) || len(says) != len(lang.Tags) {
			t.Errorf("%s: says %v", code, says)
		}
		zh, en := holes(says[lang.ZH]), holes(says[lang.EN])
		if !slices.Equal(zh, en) {
			t.Errorf("%s: zh uses %v, en uses %v", code, zh, en)
		}
		for i, h := range zh {
			if h != fmt.Sprintf("{%d}", i) && !strings.HasSuffix(code, "_mend") { // those are given the arguments of the sentence beside them
				t.Errorf("%s: arguments %v are not {0}, {1}, …", code, zh)
				break
			}
		}
	})
}

// TestChineseSentencesUseChinesePunctuation holds because no official signs a sentence with an ASCII comma in it. What goes
// into a file or onto a paper is Chinese in every language of the interface: such a sentence is the same in both.
func TestChineseSentencesUseChinesePunctuation(t *testing.T) {
	han := `[\p{Han}“”》」]`
	ascii := regexp.MustCompile(han + `[,;:()?!]|[,;:()?!]` + han)
	load(t).Codes(func(code string, says map[lang.Tag]string) {
		if found := ascii.FindString(says[lang.ZH]); found != "" {
			t.Errorf("%s: %q in %s", code, found, says[lang.ZH])
		}
		if says[lang.EN] != says[lang.ZH] && strings.ContainsAny(says[lang.EN], "，。；：（）？！") {
			t.Errorf("%s: Chinese punctuation in %s", code, says[lang.EN])
		}
	})
}

func TestTheLanguageAskedForIsFound(t *testing.T) {
	tests := []struct {
		accept string
		want   lang.Tag
	}{
		{"", lang.ZH}, {"en", lang.EN}, {"en-GB,en;q=0.9", lang.EN}, {"zh-Hans-CN,en;q=0.5", lang.ZH}, {"fr, en;q=0.3", lang.EN}, {"fr", lang.ZH},
		{"EN-us", lang.EN}, {";;,,", lang.ZH},
	}
	for _, tt := range tests {
		if got := lang.Match(tt.accept); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.accept, got, tt.want)
		}
	}
	if lang.ZH.HTML() != "zh-CN" || lang.EN.HTML() != "en" {
		t.Error("the page's lang attribute is wrong")
	}
}

func TestArgumentsFillTheSentence(t *testing.T) {
	c := load(t)
	tests := []struct {
		name string
		got  string
		want string
	}{
		{"one argument", c.Say(lang.EN, "credit.bad_date", "2026-13-01"), `"2026-13-01" is not a date; write it like 2026-11-23.`},
		{"an argument that looks like one", c.Say(lang.EN, "credit.bad_date", "{0}"), `"{0}" is not a date; write it like 2026-11-23.`},
		{"a missing argument stays visible", c.Say(lang.EN, "credit.bad_date"), `"{0}" is not a date; write it like 2026-11-23.`},
		{"a code as argument", c.Say(lang.EN, "credit.bad_date", lang.Code("credit.masked_code")),
			`"` + c.Say(lang.EN, "credit.masked_code") + `" is not a date; write it like 2026-11-23.`},
		{"an unknown code is shown as it is", c.Say(lang.ZH, "no.such_code", 1), "no.such_code"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestInternalErrorsAreNeverShown(t *testing.T) {
	c := load(t)
	internal := errors.New("db: pq: relation secret does not exist")
	if got := c.Fault(lang.ZH, internal); got != c.Say(lang.ZH, "lang.busy") || !strings.HasPrefix(got, "系统繁忙") {
		t.Errorf("shown as %s", got)
	}
	wrapped := fmt.Errorf("intake: %w", fault.New(fault.Invalid, "credit.bad_date", "x"))
	if got, want := c.Fault(lang.EN, wrapped), c.Say(lang.EN, "credit.bad_date", "x"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
