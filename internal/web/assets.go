package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"zhixin/internal/fault"
)

//go:embed all:assets
var embedded embed.FS

// needed are the files that `make assets` brings and no page works well without.
var needed = []string{"vendor/tabler.min.css", "vendor/htmx.min.js"}

// assets are the styles, scripts and pictures of the pages, packed once at the start. Their address holds a hash of all of
// them, so that browsers keep them for ever and never keep an old one.
type assets struct {
	hash  string
	files map[string]asset
}

type asset struct {
	kind        string
	raw, packed []byte // packed is nil where packing gains nothing
}

func loadAssets() (*assets, error) {
	a := &assets{files: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(embedded, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		raw, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "assets/")
		sum.Write([]byte(name))
		sum.Write(raw)
		a.files[name], err = pack(name, raw)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("web: assets: %w", err)
	}
	for _, name := range needed {
		if _, ok := a.files[name]; !ok {
			return nil, fault.New(fault.Unavailable, "web.no_assets", name)
		}
	}
	a.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, nil
}

func pack(name string, raw []byte) (asset, error) {
	f := asset{kind: mime.TypeByExtension(path.Ext(name)), raw: raw}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return f, err
	}
	if _, err := z.Write(raw); err != nil {
		return f, err
	}
	if err := z.Close(); err != nil {
		return f, err
	}
	if b.Len() < len(raw)*9/10 {
		f.packed = b.Bytes()
	}
	return f, nil
}

// url returns the address of an asset.
func (a *assets) url(name string) string { return "/assets/" + a.hash + "/" + name }

// serve answers for an asset. Under an old hash, from a page that was open while a new version was installed, it answers
// with today's file and lets nobody keep it.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("path")]
	if !ok {
		plain(w, http.StatusNotFound, "no such file")
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if r.PathValue("hash") != a.hash {
		h.Set("Cache-Control", "no-cache")
	}
	body := f.raw
	if f.packed != nil {
		h.Add("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = f.packed
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
