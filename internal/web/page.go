package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"zhixin/internal/lang"
)

// Page is what every page has; the pages of the faces embed it. A handler sets Title, and NoIndex where a page says
// something bad about somebody; the rest is filled in when it is written.
type Page struct {
	Title   string
	NoIndex bool // search engines are to leave the page alone
	NoStore bool // no cache may keep the page
	Lead    bool // the page brings its own head line
	Refresh int  // seconds after which a page that is not finished is asked for again, without JavaScript
	Wide    bool // a page of tables
	Grid    bool // the page has a table that is filled in

	Lang   string // of the html element
	Chosen lang.Tag
	ZH, EN string // the same page in the other language
	Notice string
	Nav    []Link
	Person *Person
	Path   string
	Face   string
}

// Link is an entry of a menu.
type Link struct {
	URL, Text string
	Active    bool
}

// framed is a page: a pointer to a struct that embeds Page.
type framed interface{ frame() *Page }

func (p *Page) frame() *Page { return p }

// Face is one of the faces of the house: its templates, one for each page, checked against the pages' fields.
type Face struct {
	FaceOptions
	server *Server
	pages  map[reflect.Type]map[lang.Tag]*template.Template
}

// FaceOptions describe a face.
type FaceOptions struct {
	Prefix string // the paths that are its own, "/work"
	Layout string // the template around each page
	Files  fs.FS  // templates/*.html: <page>.html defines "content"; those that begin with _ are shared
	Nav    func(*Request) []Link
	Pages  map[string]any // file name without .html → pointer to the page's struct
}

// Face parses a face's templates and checks each against the struct of its page: a misspelt field, an unknown function or a
// sentence that lacks a language stops the start, not a reader.
func (s *Server) Face(o FaceOptions) (*Face, error) {
	f := &Face{FaceOptions: o, server: s, pages: map[reflect.Type]map[lang.Tag]*template.Template{}}
	pages := map[string]any{"error": &errorPage{}}
	for name, p := range o.Pages {
		pages[name] = p
	}
	for _, tag := range lang.Tags {
		base, err := s.base(tag, o.Files)
		if err != nil {
			return nil, err
		}
		for name, p := range pages {
			if _, ok := p.(framed); !ok {
				return nil, fmt.Errorf("web: page %s does not embed web.Page", name)
			}
			t, err := f.parse(base, tag, name)
			if err != nil {
				return nil, err
			}
			if err := s.checkTemplate(t, o.Layout, p); err != nil {
				return nil, fmt.Errorf("web: page %s: %w", name, err)
			}
			of := reflect.TypeOf(p)
			if f.pages[of] == nil {
				f.pages[of] = map[lang.Tag]*template.Template{}
			}
			f.pages[of][tag] = t
			if err := f.try(tag, p); err != nil {
				return nil, err
			}
		}
	}
	s.faces = append(s.faces, f)
	return f, nil
}

// base parses the frame's templates and the face's shared ones.
func (s *Server) base(tag lang.Tag, files fs.FS) (*template.Template, error) {
	t := template.New("").Funcs(s.funcs(tag)).Option("missingkey=error")
	for _, from := range []struct {
		files fs.FS
		shape string
	}{{frameFiles, "templates/_*.html"}, {files, "templates/_*.html"}} {
		names, err := fs.Glob(from.files, from.shape)
		if err != nil || len(names) == 0 {
			if err != nil {
				return nil, fmt.Errorf("web: templates: %w", err)
			}
			continue
		}
		if t, err = t.ParseFS(from.files, names...); err != nil {
			return nil, fmt.Errorf("web: templates: %w", err)
		}
	}
	return t, nil
}

func (f *Face) parse(base *template.Template, tag lang.Tag, name string) (*template.Template, error) {
	t, err := base.Clone()
	if err != nil {
		return nil, fmt.Errorf("web: templates: %w", err)
	}
	files := f.Files
	if name == "error" {
		files = frameFiles
	}
	if t, err = t.ParseFS(files, "templates/"+name+".html"); err != nil {
		return nil, fmt.Errorf("web: template %s (%s): %w", name, tag, err)
	}
	return t, nil
}

// try renders a page once empty and once with everything in it, so that what only rendering finds is found at the start:
// html/template works out there what has to be escaped how.
func (f *Face) try(tag lang.Tag, page any) error {
	of := reflect.TypeOf(page)
	empty, full := reflect.New(of.Elem()), reflect.New(of.Elem())
	fill(full.Elem(), 0)
	for _, p := range []reflect.Value{empty, full} {
		if err := f.pages[of][tag].ExecuteTemplate(io.Discard, f.Layout, p.Interface()); err != nil {
			return fmt.Errorf("web: try %s: %w", of, err)
		}
	}
	return nil
}

// fill puts something into every field that can be set.
func fill(v reflect.Value, depth int) {
	const deepest = 6
	if !v.CanSet() || depth > deepest {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	}
}

// Page returns the answer that shows a page.
func (f *Face) Page(p framed) Answer { return Answer{status: 200, face: f, page: p} }

// PageStatus is Page with another status, for a form that is shown again with what is wrong.
func (f *Face) PageStatus(status int, p framed) Answer {
	return Answer{status: status, face: f, page: p}
}

func (f *Face) render(b *bytes.Buffer, c *Request, p framed) error {
	t := f.pages[reflect.TypeOf(p)][c.Lang]
	if t == nil {
		return fmt.Errorf("web: no template for %T", p)
	}
	fr := p.frame()
	fr.Lang, fr.Chosen, fr.Path, fr.Face = c.Lang.HTML(), c.Lang, c.URL.Path, f.Layout
	fr.ZH, fr.EN = otherLang(c.Request, lang.ZH), otherLang(c.Request, lang.EN)
	fr.Person = c.person
	if fr.Notice == "" {
		fr.Notice = f.server.sayNotice(c)
	}
	if f.Nav != nil {
		fr.Nav = f.Nav(c)
	}
	for i := range fr.Nav {
		at := strings.SplitN(fr.Nav[i].URL, "?", 2)[0]
		fr.Nav[i].Active = at == c.URL.Path || at != f.Prefix && at != "/" && strings.HasPrefix(c.URL.Path, at+"/")
	}
	if err := t.ExecuteTemplate(b, f.Layout, p); err != nil {
		return fmt.Errorf("web: render %T: %w", p, err)
	}
	return nil
}

// faceOf returns the face to which a path belongs.
func (s *Server) faceOf(path string) *Face {
	var best *Face
	for _, f := range s.faces {
		if (path == f.Prefix || strings.HasPrefix(path, strings.TrimSuffix(f.Prefix, "/")+"/")) && (best == nil || len(f.Prefix) > len(best.Prefix)) {
			best = f
		}
	}
	if best == nil && len(s.faces) > 0 {
		i := slices.IndexFunc(s.faces, func(f *Face) bool { return f.Prefix == "/" })
		best = s.faces[max(i, 0)]
	}
	return best
}
