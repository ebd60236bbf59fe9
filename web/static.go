package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// contentPolicy lets a page load from this node only. Inline styles stay
// allowed because the component library positions with them.
const contentPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"

type asset struct {
	kind string
	// body is read and compressed when somebody asks first: most files are for
	// pages that few open, and a node starts sooner.
	body func() (body, error)
}

// body is a file and its compressed form, where that is shorter.
type body struct{ plain, zipped []byte }

// Pages serves the built pages from dist. Without a build it answers with a
// plain page that says how to make one, so that the node itself works.
func Pages(dist fs.FS) (http.Handler, error) {
	assets := map[string]asset{}
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		assets[name] = asset{
			kind: cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"),
			body: sync.OnceValues(func() (body, error) { return read(dist, name) }),
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return pages(assets), nil
}

func read(dist fs.FS, name string) (body, error) {
	plain, err := fs.ReadFile(dist, name)
	b := body{plain: plain}
	if zipped := compress(plain); len(zipped) < len(plain) {
		b.zipped = zipped
	}
	return b, err
}

func compress(plain []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	_, _ = w.Write(plain) // a bytes.Buffer takes everything
	_ = w.Close()
	return buf.Bytes()
}

type pages map[string]asset

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	a, ok := p[name]
	switch {
	case ok && strings.HasPrefix(name, "assets/"):
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // names carry a hash
	case ok:
		w.Header().Set("Cache-Control", "no-cache")
	case strings.HasPrefix(name, "assets/") || strings.HasPrefix(name, "api/") || path.Ext(name) != "":
		http.NotFound(w, r)
		return
	default: // a page of the single-page application
		entry := "index.html"
		if name == "kiosk" || strings.HasPrefix(name, "kiosk/") {
			entry = "kiosk.html"
		}
		if a, ok = p[entry]; !ok {
			notBuilt(w)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
	}
	b, err := a.body()
	if err != nil {
		http.Error(w, "this page cannot be read: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	out := b.plain
	if b.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		out = b.zipped
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(out) // the browser went away: nothing to do
	}
}

func notBuilt(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`<!doctype html><html lang="zh"><meta charset="utf-8"><title>zhigai</title>
<p>界面未构建：请在源码目录运行 <code>make ui</code>，然后重新构建程序。接口可用：<a href="/openapi.json">/openapi.json</a></p>
<p lang="en">The pages are not built: run <code>make ui</code> in the source folder and build the program again. The API works.</p></html>`))
}
