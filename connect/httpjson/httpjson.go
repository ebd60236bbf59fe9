// Package httpjson speaks with machines, gateways and programs that have their
// values in JSON over HTTP: [Driver] asks them, [Hook] lets them post.
//
// It keeps nothing: what is posted is durable in history before the answer says
// so. It follows no redirect to another host and never sends a secret there.
// Start with [Driver]; what a document says is read in shape.go.
package httpjson

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/document"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// Kind is the name of the driver that asks.
const Kind = "http-json"

const (
	defaultTimeout = 5 * time.Second
	maxTimeout     = time.Minute
	// maxBody is the largest document: a window of vibration as decimal text is
	// some 400 kB, a gateway's whole list of points less.
	maxBody = 4 << 20
	// maxRedirects on the same host: a login page is not worth following longer.
	maxRedirects = 3
	// maxHeader is the longest value of a header that a person may set.
	maxHeader = 4096
)

// Driver asks for documents.
type Driver struct{ now func() time.Time }

var (
	_ connect.Driver = (*Driver)(nil)
	_ connect.Tester = (*Driver)(nil)
)

// New makes the driver; now is the clock of the node.
func New(now func() time.Time) *Driver { return &Driver{now: now} }

// Kind implements [connect.Driver].
func (d *Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "http://192.168.1.10/api/status"},
		Point:  "/spindle/speed", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (d *Driver) CheckDevice(dev plant.Device) error {
	_, err := parseSettings(dev)
	return err
}

// CheckPoint implements [connect.Driver].
func (d *Driver) CheckPoint(address string, _ plant.TagKind) error {
	_, err := parsePoint(address)
	return err
}

// settings is a device's address and params, understood.
type settings struct {
	url            string
	method         string
	body           string
	headers        http.Header
	user, password string
	pin            string // SHA-256 of the server's certificate, hex
	timeout        time.Duration
	shape
}

const knownParams = "method, body, header.NAME, user, password, token, fingerprint, timeout, time, records, zone"

func parseSettings(dev plant.Device) (settings, error) {
	s := settings{url: dev.Address, method: http.MethodGet, headers: http.Header{}, timeout: defaultTimeout}
	u, err := url.Parse(dev.Address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return s, fmt.Errorf("http-json address %q: write for example http://192.168.1.10/api/status; user, password and token are params", dev.Address)
	}
	if s.shape, err = parseShape(dev.Params); err != nil {
		return s, fmt.Errorf("http-json param %w", err)
	}
	for key, v := range dev.Params {
		if err := s.set(key, v); err != nil {
			return s, fmt.Errorf("http-json param %s: %w", key, err)
		}
	}
	if s.body != "" && s.method != http.MethodPost {
		return s, errors.New("http-json param body: write method: POST as well")
	}
	if s.user == "" && s.password != "" {
		return s, errors.New("http-json param password without user; write both")
	}
	return s, nil
}

func (s *settings) set(key, v string) (err error) {
	name, isHeader := strings.CutPrefix(key, "header.")
	switch {
	case isHeader:
		if name == "" || len(v) > maxHeader || strings.ContainsAny(v, "\r\n") {
			return errors.New("write a name after header. and a value of one line")
		}
		s.headers.Set(name, v)
	case key == "method":
		if s.method = v; v != http.MethodGet && v != http.MethodPost {
			return fmt.Errorf("%q; write GET or POST", v)
		}
	case key == "body":
		s.body = v
	case key == "user":
		s.user = v
	case key == "password":
		s.password = v
	case key == "token":
		s.headers.Set("Authorization", "Bearer "+v)
	case key == "fingerprint":
		s.pin = strings.ToLower(strings.ReplaceAll(v, ":", ""))
		if raw, err := hex.DecodeString(s.pin); err != nil || len(raw) != sha256.Size {
			return fmt.Errorf("%q; write the SHA-256 of the server's certificate as 64 hex digits", v)
		}
	case key == "timeout":
		if s.timeout, err = time.ParseDuration(v); err != nil || s.timeout < 100*time.Millisecond || s.timeout > maxTimeout {
			return fmt.Errorf("%q; write a duration from 100ms to %v", v, maxTimeout)
		}
	case slices.Contains(shapeParams, key):
	default:
		return fmt.Errorf("not known; write one of %s", knownParams)
	}
	return nil
}

// Open implements [connect.Driver]: it asks once.
func (d *Driver) Open(ctx context.Context, dev plant.Device) (connect.Conn, error) {
	s, err := parseSettings(dev)
	if err != nil {
		return nil, err
	}
	c := &conn{now: d.now, settings: s, client: s.client()}
	if _, err := c.ask(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if s.hasRecords {
		return &recorder{conn: c}, nil
	}
	return c, nil
}

// Test implements [connect.Tester].
func (d *Driver) Test(ctx context.Context, dev plant.Device) (string, error) {
	c, err := d.Open(ctx, dev)
	if err != nil {
		return "", err
	}
	defer c.Close()
	found, err := c.(connect.Browser).Browse(ctx, "")
	return fmt.Sprintf("JSON with %d values", len(found)), err
}

func (s *settings) client() *http.Client {
	transport := &http.Transport{
		MaxConnsPerHost: 2, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: s.timeout, TLSHandshakeTimeout: s.timeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if s.pin != "" {
		transport.TLSClientConfig = &tls.Config{
			InsecureSkipVerify: true, // the certificate is compared with the one a person has seen
			VerifyConnection: func(state tls.ConnectionState) error {
				if got := sha256.Sum256(state.PeerCertificates[0].Raw); hex.EncodeToString(got[:]) != s.pin {
					return fmt.Errorf("the server's certificate has the fingerprint %x; compare it and write it as the param fingerprint", got)
				}
				return nil
			},
		}
	}
	return &http.Client{Transport: tap.HTTP(transport), CheckRedirect: sameHost}
}

// sameHost follows a few redirects on the host that was asked: another would get
// the headers of this one.
func sameHost(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if first := via[0].URL; r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
		return fmt.Errorf("redirected to %s://%s; write that address if it is meant", r.URL.Scheme, r.URL.Host)
	}
	return nil
}

// conn asks one address.
type conn struct {
	settings
	now    func() time.Time
	client *http.Client
}

var (
	_ connect.Conn    = (*conn)(nil)
	_ connect.Browser = (*conn)(nil)
)

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.client.CloseIdleConnections()
	return nil
}

// ask gets the document. Every question has a connection or a place on one of
// its own, so that a late answer goes with the question that was given up.
func (c *conn) ask(ctx context.Context) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var body io.Reader
	if c.body != "" {
		body = strings.NewReader(c.body)
	}
	r, err := http.NewRequestWithContext(ctx, c.method, c.url, body)
	if err != nil {
		return nil, fmt.Errorf("http-json %s: %w", c.url, err)
	}
	r.Header.Set("Accept", "application/json")
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(r.Header, c.headers)
	if c.user != "" {
		r.SetBasicAuth(c.user, c.password)
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("http-json: %w", err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("http-json %s: answer: %w", c.url, err)
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return nil, fmt.Errorf("http-json %s: %w: %s; write user and password or token", c.url, connect.ErrRefused, answer.Status)
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return nil, fmt.Errorf("http-json %s: %w: %s %.80q", c.url, connect.ErrRefused, answer.Status, firstLine(raw))
	case len(raw) > maxBody:
		return nil, fmt.Errorf("http-json %s: %w: the answer has more than %d bytes", c.url, connect.ErrMalformed, maxBody)
	}
	doc, err := document.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("http-json %s: %w", c.url, err)
	}
	return doc, nil
}

func firstLine(raw []byte) []byte {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	return line
}

// Browse implements [connect.Browser]: the single values of the document.
func (c *conn) Browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	if parent != "" {
		return nil, nil
	}
	doc, err := c.ask(ctx)
	if err != nil {
		return nil, err
	}
	return browsed(c.first(doc)), nil
}

// Prepare implements [connect.Conn].
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	return &group{conn: c, points: parsePoints(points)}, nil
}

type group struct {
	conn   *conn
	points []point
}

// Read implements [connect.Group]: one question, whatever the number of points.
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	doc, err := g.conn.ask(ctx)
	if err != nil {
		return err
	}
	copy(dst, g.conn.last(doc, g.points, time.Time{}))
	return nil
}
