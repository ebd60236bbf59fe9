// Package chtest starts a real ClickHouse server for tests: Debian's program,
// in a folder and on ports of its own, with little memory.
//
// It is for tests alone. Where the program is not installed the test is skipped
// with a word how to install it, or fails when peers are required. Start with
// [Main] and [Address]; a test that does harm to its server takes one of its
// own from [New].
package chtest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/connect/peer"
)

// Server is a server that listens on this machine alone. Its users are
// "default", without a password, and "reader", who may only read.
type Server struct {
	program, dir string
	port         int
	process      *os.Process
	log          *bytes.Buffer // to be read when the server is gone
	gone         chan struct{}
}

var shared struct {
	sync.Mutex
	server *Server
	failed error
}

var databases atomic.Int64

// Main runs the tests and ends the server they shared. Call it in TestMain:
// os.Exit(chtest.Main(m)).
func Main(m interface{ Run() int }) int {
	code := m.Run()
	if shared.server != nil {
		shared.server.remove()
	}
	return code
}

func program(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"clickhouse-server", "/usr/sbin/clickhouse-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	peer.Missing(t, "ClickHouse is not installed: apt-get install clickhouse-server")
	return ""
}

// Shared is the server that all tests of a package use.
func Shared(t testing.TB) *Server {
	t.Helper()
	path := program(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = &Server{program: path}
		shared.failed = shared.server.create()
	}
	if shared.failed != nil {
		t.Fatal(shared.failed)
	}
	return shared.server
}

// Address is that of a new, empty database on the shared server.
func Address(t testing.TB) string {
	t.Helper()
	return Shared(t).Database(t)
}

// New makes and starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{program: program(t)}
	t.Cleanup(s.remove)
	if err := s.create(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Database is the address of a new, empty database.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprint("d", databases.Add(1))
	if _, err := s.SQL("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return s.Address("default", name)
}

// Address is that of a database for a user.
func (s *Server) Address(user, database string) string {
	return fmt.Sprintf("clickhouse://%s@127.0.0.1:%d/%s", user, s.port, database)
}

const config = `<yandex>
<logger><level>warning</level><console>1</console></logger>
<http_port>%d</http_port><tcp_port>%d</tcp_port><interserver_http_port>0</interserver_http_port><listen_host>127.0.0.1</listen_host>
<path>%[3]s/data/</path><tmp_path>%[3]s/tmp/</tmp_path><user_files_path>%[3]s/files/</user_files_path><format_schema_path>%[3]s/schemas/</format_schema_path>
<users_config>%[3]s/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>16777216</mark_cache_size><uncompressed_cache_size>0</uncompressed_cache_size><max_concurrent_queries>50</max_concurrent_queries>
</yandex>
`

const users = `<yandex>
<profiles><default><max_memory_usage>500000000</max_memory_usage></default><reading><readonly>2</readonly></reading></profiles>
<users>
<default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<reader><password></password><networks><ip>127.0.0.1</ip></networks><profile>reading</profile><quota>default</quota></reader>
<guarded><password>secret</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></guarded>
</users>
<quotas><default></default></quotas>
</yandex>
`

func (s *Server) create() (err error) {
	if s.dir, err = os.MkdirTemp("", "zhigai-ch-*"); err != nil {
		return err
	}
	for _, name := range []string{"data", "tmp", "files", "schemas"} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(s.dir, "users.xml"), []byte(users), 0o600); err != nil {
		return err
	}
	var tcp int
	if s.port, tcp, err = freePorts(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "config.xml"), fmt.Appendf(nil, config, s.port, tcp, s.dir), 0o600); err != nil {
		return err
	}
	return s.Start()
}

// freePorts are free now; the server cannot choose by itself.
func freePorts() (a, b int, err error) {
	var found [2]int
	for i := range found {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, 0, err
		}
		defer l.Close()
		found[i] = l.Addr().(*net.TCPAddr).Port
	}
	return found[0], found[1], nil
}

// Start starts a server that is not running, after Kill too, and returns when
// it answers.
func (s *Server) Start() error {
	cmd := exec.Command(s.program, "--config-file="+filepath.Join(s.dir, "config.xml"))
	cmd.Dir = s.dir
	s.log = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = s.log, s.log
	cmd.SysProcAttr = endWithTest()
	started := make(chan error, 1)
	s.gone = make(chan struct{})
	go func() {
		runtime.LockOSThread() // see endWithTest
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // killed servers have no good status
		}
		close(s.gone)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.process = cmd.Process
	tick := time.NewTicker(20 * time.Millisecond) // it tells nobody when it is ready
	defer tick.Stop()
	for {
		select {
		case <-s.gone:
			return fmt.Errorf("ClickHouse did not start: %s", s.log)
		case <-tick.C:
		}
		if _, err := s.SQL("SELECT 1"); err == nil {
			return nil
		}
	}
}

// Kill ends the server at once, as kill -9 does.
func (s *Server) Kill() error {
	err := s.process.Kill()
	<-s.gone
	return err
}

// SQL runs a statement and gives the answer as text.
func (s *Server) SQL(statement string) (string, error) {
	resp, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d/?wait_end_of_query=1", s.port), "text/plain", strings.NewReader(statement))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", statement, text)
	}
	return strings.TrimSpace(string(text)), err
}

func (s *Server) remove() {
	if s.process != nil {
		_ = s.Kill() // it may be gone
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir) // a folder left in /tmp fails no test
	}
}
