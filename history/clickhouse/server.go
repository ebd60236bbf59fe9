package clickhouse

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"zhigai/history"
)

// server is a ClickHouse server over HTTP.
type server struct {
	base     *url.URL // without user and query
	database string
	table    string // quoted
	engine   string
	user     *url.Userinfo
	http     *http.Client
	fits     atomic.Bool // it is known to hold the samples of our ledger
}

// Defaults of the address.
const (
	defaultTable  = "samples"
	defaultEngine = "ReplacingMergeTree()"
)

// answerTime bounds a question or an insert: a server that hangs is away.
const answerTime = 2 * time.Minute

var tableName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// newServer reads an address: clickhouse://USER@HOST:8123/DATABASE with the
// parameters secure=1, table=NAME and engine=ENGINE(…).
func newServer(address, password string) (*server, error) {
	wrong := func(why string) (*server, error) {
		return nil, fmt.Errorf("history: address of ClickHouse: %s; write clickhouse://USER@HOST:8123/DATABASE", why)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil: // the error would show the password
		return wrong("it cannot be read")
	case u.Scheme != "clickhouse":
		return wrong(fmt.Sprintf("it begins with %q", u.Scheme))
	case u.Hostname() == "":
		return wrong("it names no host")
	}
	s := &server{database: strings.Trim(u.Path, "/"), table: defaultTable, engine: defaultEngine, user: url.UserPassword("default", password)}
	if !tableName.MatchString(s.database) {
		return wrong(fmt.Sprintf("%q is no name of a database", s.database))
	}
	if u.User != nil {
		given, ok := u.User.Password()
		if !ok {
			given = password
		}
		s.user = url.UserPassword(u.User.Username(), given)
	}
	scheme, port := "http", "8123"
	for name, values := range u.Query() {
		value := values[len(values)-1]
		switch {
		case name == "secure" && value == "1":
			scheme, port = "https", "8443"
		case name == "secure" && value == "0":
		case name == "table" && tableName.MatchString(value):
			s.table = value
		case name == "engine" && strings.Contains(value, "ReplacingMergeTree"):
			s.engine = value
		default:
			return wrong(fmt.Sprintf("parameter %s=%s is not known: secure=1, table=NAME and engine=…ReplacingMergeTree(…) are", name, value))
		}
	}
	s.base = &url.URL{Scheme: scheme, Host: net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)), Path: "/"}
	s.http = &http.Client{Transport: &http.Transport{
		Proxy: nil, DialContext: (&net.Dialer{Timeout: dialTime}).DialContext, TLSHandshakeTimeout: dialTime,
		MaxIdleConnsPerHost: 16, IdleConnTimeout: 2 * time.Second, // the server closes after 3 s
	}}
	return s, nil
}

// String is the address without user.
func (s *server) String() string { return s.base.Host + "/" + s.database }

func (s *server) close() { s.http.CloseIdleConnections() }

// settings of every question. An answer begins when it is complete: an error in
// the middle of one would be taken for rows. Sorting goes to the server's disk
// rather than beyond its memory.
var settings = url.Values{
	"wait_end_of_query": {"1"}, "buffer_size": {"4194304"}, "max_bytes_before_external_sort": {"268435456"}, "max_query_size": {"4194304"},
}

// refusal is what ClickHouse says when it does not do what it is asked.
type refusal struct {
	code string // as ClickHouse numbers them
	text string
}

func (r *refusal) Error() string { return "ClickHouse says: " + r.text }

var refusalCode = regexp.MustCompile(`^Code: (\d+)`)

// do sends a statement, with rows behind it when there are some. The answer is
// to be closed.
func (s *server) do(ctx context.Context, sql string, rows []byte, database string) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	q, body := url.Values{}, []byte(sql)
	maps.Copy(q, settings)
	if database != "" {
		q.Set("database", database)
	}
	if rows != nil {
		q.Set("query", sql)
		body = rows
	}
	u := *s.base
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, err
	}
	password, _ := s.user.Password()
	req.SetBasicAuth(s.user.Username(), password)
	req.Header["X-Idempotency-Key"] = nil // all that is sent may be sent twice; the header itself is not
	resp, err := s.http.Do(req)
	if err != nil {
		err = s.away(ctx, err) // before ctx ends
		cancel()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer cancel()
		return nil, s.refused(resp)
	}
	return answer{resp.Body, cancel, func(err error) error { return s.away(ctx, err) }}, nil
}

// away is a server that does not answer.
func (s *server) away(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	s.fits.Store(false) // another may come back in its place
	var one *url.Error
	if errors.As(err, &one) {
		err = one.Err // without the question
	}
	return fmt.Errorf("%w: ClickHouse at %s does not answer: %w; see that it runs and can be reached", history.ErrUnavailable, s, err)
}

func (s *server) refused(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 2000)) // what came of it
	_ = resp.Body.Close()
	r := &refusal{text: strings.TrimSpace(string(text))}
	if code := refusalCode.FindStringSubmatch(r.text); code != nil {
		r.code = code[1]
	}
	advice := ""
	switch r.code {
	case "60", "81", "16", "47":
		s.fits.Store(false)
		advice = "; is the database the right one? make it with: CREATE DATABASE " + s.database
	case "164":
		advice = "; the user may only read: give it the rights to insert and to change settings"
	case "192", "193", "194", "516":
		return fmt.Errorf("history: ClickHouse at %s: %w; check user and password", s, r)
	case "241", "252", "243", "242":
		advice = "; see the load, the disk and the limits of the server"
	}
	return fmt.Errorf("%w: ClickHouse at %s: %w%s", history.ErrUnavailable, s, r, advice)
}

// answer is one that is being read.
type answer struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	broke  func(error) error // what it means that it ends too early
}

func (a answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if err != nil && err != io.EOF {
		err = a.broke(err)
	}
	return n, err
}

func (a answer) Close() error {
	a.cancel()
	return a.body.Close()
}

// run sends a statement that has no answer.
func (s *server) run(ctx context.Context, sql string, rows []byte) error {
	a, err := s.do(ctx, sql, rows, s.database)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, a)
	return errors.Join(err, a.Close())
}

// ask sends a question and gives the lines of its answer, fields apart by tabs.
func (s *server) ask(ctx context.Context, sql string) ([][]string, error) {
	return s.askIn(ctx, s.database, sql)
}

func (s *server) askIn(ctx context.Context, database, sql string) ([][]string, error) {
	a, err := s.do(ctx, sql+" FORMAT TabSeparated", nil, database)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	text, err := io.ReadAll(io.LimitReader(a, 16<<20))
	if err != nil {
		return nil, err
	}
	var out [][]string
	for line := range strings.Lines(string(text)) {
		out = append(out, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return out, nil
}
