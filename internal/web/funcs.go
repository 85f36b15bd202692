package web

import (
	"embed"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/lang"
)

//go:embed templates/*.html
var frameFiles embed.FS

// funcs are all that templates may call: a sentence, and how days, numbers, money and assets are written.
func (s *Server) funcs(tag lang.Tag) template.FuncMap {
	return template.FuncMap{
		"T":      func(code string, args ...any) string { return s.Lang.Say(tag, code, args...) },
		"date":   date,
		"number": number,
		"money":  func(f credit.Fen) string { return Money(tag, f) },
		"url":    s.assets.url,
	}
}

// date writes a day as 2026-11-23 and an instant as 2026-11-23 09:12, in China's time; none as "".
func date(v any) (string, error) {
	switch d := v.(type) {
	case credit.Date:
		return d.String(), nil
	case time.Time:
		if d.IsZero() {
			return "", nil
		}
		return d.In(credit.Shanghai).Format("2006-01-02 15:04"), nil
	}
	return "", fmt.Errorf("web: %T is no date", v)
}

// number writes a whole number with thousands separators.
func number(v any) (string, error) {
	var n int64
	switch x := v.(type) {
	case int:
		n = int64(x)
	case int64:
		n = x
	default:
		return "", fmt.Errorf("web: %T is no number", v)
	}
	return Number(n), nil
}

// Number writes a whole number with thousands separators.
func Number(n int64) string {
	text := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, text = "-", text[1:]
	}
	var parts []string
	for len(text) > 3 {
		parts = append([]string{text[len(text)-3:]}, parts...)
		text = text[:len(text)-3]
	}
	return sign + strings.Join(append([]string{text}, parts...), ",")
}

// Money writes an amount in 元, whole where it is whole.
func Money(tag lang.Tag, f credit.Fen) string {
	yuan, fen := int64(f)/100, int64(f)%100
	text := Number(yuan)
	if fen != 0 {
		if fen < 0 {
			fen = -fen
		}
		if yuan == 0 && f < 0 {
			text = "-" + text
		}
		text += fmt.Sprintf(".%02d", fen)
	}
	if tag == lang.EN {
		return "CNY " + text
	}
	return text + " 元"
}
