package tap

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// HTTP shows questions and answers of a transport to the device of the request's
// context: method, address and body of the one, status and body of the other.
func HTTP(below http.RoundTripper) http.RoundTripper { return &transport{below} }

type transport struct{ below http.RoundTripper }

// CloseIdleConnections is what http.Client looks for.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.below.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(q *http.Request) (*http.Response, error) {
	r := Of(q.Context())
	if !r.Watched() {
		return t.below.RoundTrip(q)
	}
	about := q.Method + " " + Plain(q.URL)
	r.Record(Sent, about, body(q))
	a, err := t.below.RoundTrip(q)
	if err != nil {
		return a, err
	}
	no := r.add(false, strings.TrimSpace(a.Status+" "+a.Header.Get("Content-Type")), nil)
	a.Body = &answer{a.Body, r, no}
	return a, nil
}

// body of a request as far as it is shown, from the copy that a redirect would
// use.
func body(q *http.Request) []byte {
	if q.GetBody == nil {
		return nil
	}
	copied, err := q.GetBody()
	if err != nil {
		return nil
	}
	defer copied.Close()
	raw, _ := io.ReadAll(io.LimitReader(copied, maxBody)) // what was read is shown
	return raw
}

// maxBody is how much of a question's body is looked at for its length: settings
// hold no longer one.
const maxBody = 1 << 20

// answer shows a body while it is read.
type answer struct {
	io.ReadCloser
	ring *Ring
	no   int64
}

func (a *answer) Read(b []byte) (int, error) {
	n, err := a.ReadCloser.Read(b)
	if n > 0 && a.ring.Watched() {
		a.ring.more(a.no, b[:n])
	}
	return n, err
}

// secretQuery is what a parameter of an address is called, where a name too many
// hurts less than one too few.
var secretQuery = regexp.MustCompile(`(?i)pass|token|secret|key|sig|auth|pwd|credential`)

// Plain is an address without password and without the values of parameters that
// look like keys.
func Plain(u *url.URL) string {
	plain := *u
	if query := plain.Query(); len(query) > 0 {
		hidden := false
		for name := range query {
			if secretQuery.MatchString(name) {
				query[name], hidden = []string{"***"}, true
			}
		}
		if hidden {
			plain.RawQuery = query.Encode()
		}
	}
	return plain.Redacted()
}
