// Package pgtest starts a real PostgreSQL server for tests: Debian's programs,
// fsync on, in a folder and on a socket of its own.
//
// It is for tests alone. Where the programs are not installed the test is
// skipped with a word how to install them, or fails when peers are required or
// CI is set. Start with [Main] and [Address]; a test that does harm to its
// server takes one of its own from [New].
package pgtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"zhigai/connect/peer"
)

// Server is a server with a database "record".
type Server struct {
	bin, dir string
	as       *syscall.Credential
	process  *os.Process
	log      *lines
	gone     chan struct{}
}

// programs is the newest folder that has them.
func programs(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is good
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) == 0 {
		if path, err := exec.LookPath("initdb"); err == nil {
			found = []string{path}
		}
	}
	if len(found) > 0 {
		return filepath.Dir(found[0])
	}
	const what = "PostgreSQL is not installed: apt-get install postgresql"
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	peer.Missing(t, what)
	return ""
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb)))) // 0 is the oldest
	return n
}

// unprivileged is the user postgres when the test runs as root, whom the
// server refuses to serve.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// New makes and starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{bin: programs(t)}
	t.Cleanup(s.remove)
	if err := s.create(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Server) create() (err error) {
	if s.as, err = unprivileged(); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "zhigai-pg-*"); err != nil { // short: the path of a socket has 107 bytes
		return err
	}
	if s.as != nil {
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return err
		}
	}
	// An order of letters that is not SQLite's: lists must not depend on it.
	out, err := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if err := s.Start(); err != nil {
		return err
	}
	return s.SQL("postgres", "create database record")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

// Start starts a server that is not running, after Kill too, and returns when
// it answers.
func (s *Server) Start() error {
	// fsync and synchronous_commit stay as they are made: on.
	cmd := s.command("postgres", "-D", s.data(), "-k", s.dir, "-h", "", "-p", "5432")
	endWithTest(cmd.SysProcAttr)
	out, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	started := make(chan error, 1)
	s.gone = make(chan struct{})
	s.log = &lines{ready: make(chan bool, 1)}
	go func() {
		runtime.LockOSThread() // see endWithTest
		err := cmd.Start()
		started <- err
		if err == nil {
			s.log.read(bufio.NewScanner(out))
			_ = cmd.Wait() // killed servers have no good status
		}
		close(s.gone)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.process = cmd.Process
	if !<-s.log.ready {
		<-s.gone
		return fmt.Errorf("PostgreSQL did not start: %s", s.log.text.String())
	}
	return nil
}

// lines keeps what the server says and notices when it is ready.
type lines struct {
	text  strings.Builder // to be read when the server is gone
	ready chan bool
}

func (l *lines) read(in *bufio.Scanner) {
	for in.Scan() {
		if l.text.Len() < 64<<10 {
			l.text.WriteString(in.Text() + "\n")
		}
		if strings.Contains(in.Text(), "database system is ready to accept connections") {
			l.say(true)
		}
	}
	l.say(false)
}

// say is heard once by Start; later words nobody waits for.
func (l *lines) say(ready bool) {
	select {
	case l.ready <- ready:
	default:
	}
}

// Stop ends the server the orderly way, without waiting for its clients.
func (s *Server) Stop() {
	_ = s.process.Signal(syscall.SIGINT) // it may be gone
	<-s.gone
}

// SQL runs statements as the superuser, each in a transaction of its own.
func (s *Server) SQL(database string, statements ...string) error {
	args := []string{"-h", s.dir, "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-q"}
	for _, q := range statements {
		args = append(args, "-c", q)
	}
	if out, err := s.command("psql", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("psql: %w: %s", err, out)
	}
	return nil
}

// Socket is where the server listens.
func (s *Server) Socket() string { return filepath.Join(s.dir, ".s.PGSQL.5432") }

func (s *Server) remove() {
	if s.process != nil {
		s.Stop()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir) // a folder left in /tmp fails no test
	}
}
