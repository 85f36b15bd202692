// Package portal is the public face: search, the page of an enterprise, the list of abnormal operations, papers, the check
// of receipts, the rules of the day, and the data dictionary. It sees nothing of anybody but what publicity shows.
package portal

import (
	"embed"
	"encoding/json"
	"net/url"

	"zhixin/internal/audit"
	"zhixin/internal/publicity"
	"zhixin/internal/web"
)

//go:embed templates/*.html
var files embed.FS

// Deps is what the public face works with beside the frame.
type Deps struct {
	Key *audit.Key // of the log: its public half is shown, so that anybody can compare
	// Check says what a kept answer of the gate proves, signed by the key given.
	Check func(kept []byte, vkey string) (item json.RawMessage, fingerprint string, err error)
	Find  publicity.Searcher
}

type portal struct {
	Deps
	face *web.Face
}

// Register adds the public pages to s.
func Register(s *web.Server, d Deps) error {
	p := &portal{Deps: d}
	var err error
	if p.face, err = s.Face(web.FaceOptions{Prefix: "/", Layout: "portal", Files: files, Nav: nav, Pages: pages()}); err != nil {
		return err
	}
	s.View("GET /{$}", web.Anyone, p.home)
	s.View("GET /search", web.Anyone, p.search)
	s.View("GET /suggest", web.Anyone, p.suggest)
	s.View("GET /e/{uscc}", web.Anyone, p.enterprise)
	s.View("GET /lists/abnormal", web.Anyone, p.abnormal)
	s.View("GET /lists/abnormal.csv", web.Anyone, p.abnormalSheet)
	s.View("GET /papers/{id}", web.Anyone, p.paper)
	s.View("GET /verify", web.Anyone, p.verify)
	s.Stream("POST /verify", web.Anyone, p.verified)
	s.View("GET /policy", web.Anyone, p.policy)
	s.View("GET /standards", web.Anyone, p.standards)
	s.View("GET /standards/{kind}", web.Anyone, p.standard)
	return nil
}

// pages names each template with the struct it is checked against.
func pages() map[string]any {
	return map[string]any{
		"home": &homePage{}, "search": &searchPage{}, "suggest": &suggestPage{}, "enterprise": &enterprisePage{}, "abnormal": &abnormalPage{},
		"paper": &paperPage{}, "verify": &verifyPage{}, "policy": &policyPage{},
		"standards": &standardsPage{}, "standard": &standardPage{},
	}
}

func nav(c *web.Request) []web.Link {
	return []web.Link{
		{URL: "/", Text: c.Say("portal.nav_home")},
		{URL: "/lists/abnormal", Text: c.Say("portal.nav_abnormal")},
		{URL: "/policy", Text: c.Say("portal.nav_policy")},
		{URL: "/verify", Text: c.Say("portal.nav_verify")},
	}
}

// address returns path with the parameters that are not empty, in a fixed order.
func address(path string, params ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			q.Set(params[i], params[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
