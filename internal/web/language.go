package web

import (
	"net/http"
	"slices"

	"zhixin/internal/lang"
)

const langCookie = "zhixin_lang"

// language returns the reader's language: what the address asks for (and that stays), else what was chosen before, else
// what the browser prefers.
func language(w http.ResponseWriter, r *http.Request, secure bool) lang.Tag {
	if asked := lang.Tag(r.URL.Query().Get("lang")); slices.Contains(lang.Tags, asked) {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(asked), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true,
			SameSite: http.SameSiteLaxMode, Secure: secure})
		return asked
	}
	if k, err := r.Cookie(langCookie); err == nil && slices.Contains(lang.Tags, lang.Tag(k.Value)) {
		return lang.Tag(k.Value)
	}
	return lang.Match(r.Header.Get("Accept-Language"))
}

// otherLang returns the same page in another language.
func otherLang(r *http.Request, tag lang.Tag) string {
	q := r.URL.Query()
	q.Set("lang", string(tag))
	return r.URL.Path + "?" + q.Encode()
}
