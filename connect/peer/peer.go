// Package peer starts the foreign parties that drivers are tested against:
// programs of other people's making that speak the real protocol.
//
// It is for tests alone. A party that is not installed skips the test with a
// word how to install it, or fails it when ZHIGAI_PEERS=require. Start with
// [Node] or [Python].
package peer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience bounds how long a party may take to say something.
const patience = 3 * time.Minute

// Event is a line a party said: a JSON object with a field "event".
type Event map[string]any

// Process is a running party.
type Process struct {
	t      testing.TB
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	events chan Event
	gone   chan struct{}
	shared *Shared // nil: the process belongs to one test
	stderr *strings.Builder
}

// Node starts e2e/peers/<script> under Node.js. Root is the way from the
// test's folder to the module's.
func Node(t testing.TB, root, script string, args ...string) *Process {
	t.Helper()
	p := nodeOf(t, root, script, args...)
	p.start()
	return p
}

func nodeOf(t testing.TB, root, script string, args ...string) *Process {
	t.Helper()
	dir := filepath.Join(root, "e2e", "peers")
	if _, err := exec.LookPath("node"); err != nil {
		Missing(t, "Node.js is not installed: apt-get install nodejs")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		Missing(t, "the peers are not installed: npm ci --prefix e2e/peers")
	}
	p := &Process{
		t: t, name: script, cmd: exec.Command("node", append([]string{filepath.FromSlash(script)}, args...)...),
		events: make(chan Event, 1000), gone: make(chan struct{}),
	}
	p.cmd.Dir = dir
	return p
}

// Python starts e2e/peers/<script> under a Python that has the module, which
// Debian installs for its own Python only.
func Python(t testing.TB, root, script, module, how string, args ...string) *Process {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import "+module).Run() != nil {
			continue
		}
		p := &Process{
			t: t, name: script, cmd: exec.Command(name, append([]string{filepath.FromSlash(script)}, args...)...),
			events: make(chan Event, 1000), gone: make(chan struct{}),
		}
		p.cmd.Dir = filepath.Join(root, "e2e", "peers")
		p.start()
		return p
	}
	Missing(t, "Python with "+module+" is not installed: "+how)
	return nil
}

// Missing skips the test, or fails it when peers are required.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("ZHIGAI_PEERS") == "require" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Program returns the path of an installed program.
func Program(t testing.TB, name, how string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name+" is not installed: "+how)
	}
	return path
}

func (p *Process) start() {
	p.t.Helper()
	in, err := p.cmd.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.stderr = &strings.Builder{} // written by the process alone until it is gone
	p.cmd.Stderr = p.stderr
	p.in = in
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.gone)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var e Event
			if json.Unmarshal(lines.Bytes(), &e) != nil {
				continue // a library's chatter
			}
			select {
			case p.shared.listener(e, p.events) <- e:
			default: // nobody listens any more
			}
		}
		_ = p.cmd.Wait() // a killed party has no good status to report
	}()
	if p.shared != nil {
		return // it ends with its standard input, when the tests do
	}
	p.t.Cleanup(func() {
		p.Kill()
		if p.t.Failed() && p.stderr.Len() > 0 {
			p.t.Logf("%s said on stderr:\n%s", p.name, p.stderr)
		}
	})
}

// Send writes a command as a JSON line.
func (p *Process) Send(command any) {
	p.t.Helper()
	b, err := json.Marshal(command)
	if err == nil {
		_, err = p.in.Write(append(b, '\n'))
	}
	if err != nil {
		p.t.Fatalf("%s: send: %v", p.name, err)
	}
}

// Wait waits for an event, passing over others.
func (p *Process) Wait(event string) Event {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-p.events:
			if e["event"] == event {
				return e
			}
		case <-p.gone:
			select {
			case e := <-p.events:
				if e["event"] == event {
					return e
				}
				continue
			default:
			}
			p.t.Fatalf("%s ended before it said %q; it said on stderr:\n%s", p.name, event, p.stderr)
		case <-deadline:
			p.t.Fatalf("%s did not say %q", p.name, event)
		}
	}
}

// Kill ends the party at once, as a pulled plug.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.gone
}

// Port finds a TCP port nobody listens on.
func Port(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
