package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPages(t *testing.T) {
	script := strings.Repeat("console.log('页');", 200)
	h, err := Pages(fstest.MapFS{
		"index.html": {Data: []byte("<app>")}, "kiosk.html": {Data: []byte("<kiosk>")}, "assets/main-1a2b.js": {Data: []byte(script)}, ".gitkeep": {},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		status int
		cache  string
		body   string
	}{
		{"/", 200, "no-cache", "<app>"},
		{"/machines/01ABC", 200, "no-cache", "<app>"},
		{"/kiosk/andon", 200, "no-cache", "<kiosk>"},
		{"/assets/main-1a2b.js", 200, "public, max-age=31536000, immutable", script},
		{"/assets/gone.js", 404, "", ""},
		{"/favicon.ico", 404, "", ""},
		{"/api/v1/nothing", 404, "", ""},
		{"/.gitkeep", 404, "", ""},
		{"/../../etc/passwd", 200, "no-cache", "<app>"}, // cleaned: a page of the application, never a file
		{"/assets/../../secret.txt", 404, "", ""},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: mustURL(t, c.path), Header: http.Header{}})
		if w.Code != c.status || c.status == 200 && (w.Body.String() != c.body || w.Header().Get("Cache-Control") != c.cache || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'self'")) {
			t.Errorf("%s: %d %v %.40q", c.path, w.Code, w.Header(), w.Body.String())
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/assets/main-1a2b.js", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	h.ServeHTTP(w, r)
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || string(plain) != script {
		t.Errorf("zipped: %v", err)
	}
}

func TestPages_NotBuilt(t *testing.T) {
	h, err := Pages(fstest.MapFS{".gitkeep": {}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make ui") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func mustURL(t *testing.T, path string) *url.URL {
	t.Helper()
	u, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
