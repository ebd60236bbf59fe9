package web

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// contentPolicy lets a page load from this node only. Inline styles stay
// allowed because the component library positions with them.
const contentPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"

type asset struct {
	plain, zipped []byte
	kind          string
}

// Pages serves the built pages from dist. Without a build it answers with a
// plain page that says how to make one, so that the node itself works.
func Pages(dist fs.FS) (http.Handler, error) {
	assets := map[string]asset{}
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		plain, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		a := asset{plain: plain, kind: mime.TypeByExtension(path.Ext(name))}
		if a.kind == "" {
			a.kind = "application/octet-stream"
		}
		if zipped := compress(plain); len(zipped) < len(plain) {
			a.zipped = zipped
		}
		assets[name] = a
		return nil
	})
	if err != nil {
		return nil, err
	}
	return pages(assets), nil
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
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	body := a.plain
	if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser went away: nothing to do
	}
}

func notBuilt(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`<!doctype html><html lang="zh"><meta charset="utf-8"><title>zhigai</title>
<p>界面未构建：请在源码目录运行 <code>make ui</code>，然后重新构建程序。接口可用：<a href="/openapi.json">/openapi.json</a></p>
<p lang="en">The pages are not built: run <code>make ui</code> in the source folder and build the program again. The API works.</p></html>`))
}
