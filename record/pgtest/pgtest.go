package pgtest

import (
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

var shared struct {
	sync.Mutex
	server *Server
	failed error
}

var schemas atomic.Int64

// Main runs the tests and ends the server they shared. Call it in TestMain:
// os.Exit(pgtest.Main(m)).
func Main(m *testing.M) int {
	code := m.Run()
	if shared.server != nil {
		shared.server.remove()
	}
	return code
}

// Shared is the server that all tests of a package use. It starts with the
// first test that asks and ends in Main.
func Shared(t testing.TB) *Server {
	t.Helper()
	bin := programs(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = &Server{bin: bin}
		shared.failed = shared.server.create()
	}
	if shared.failed != nil {
		t.Fatal(shared.failed)
	}
	return shared.server
}

// Address is that of a new, empty record on the shared server.
func Address(t testing.TB) string {
	t.Helper()
	return Shared(t).Record(t)
}

// Record is the address of a new, empty record: a schema of its own.
func (s *Server) Record(t testing.TB) string {
	t.Helper()
	schema := fmt.Sprint("r", schemas.Add(1))
	if err := s.SQL("record", "create schema "+schema); err != nil {
		t.Fatal(err)
	}
	return s.Address("search_path", schema)
}

// Address is the server's, with settings as pairs of name and value.
func (s *Server) Address(settings ...string) string {
	q := url.Values{"host": {s.dir}}
	for i := 0; i < len(settings); i += 2 {
		q.Set(settings[i], settings[i+1])
	}
	return "postgres://postgres@/record?" + q.Encode()
}

// Schema is the record's part of the address.
func Schema(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get("search_path")
}
