package peer

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Cable is two serial ports that are joined, made by socat.
type Cable struct {
	A, B string // paths of the ports
	t    testing.TB
	cmd  *exec.Cmd
}

// NewCable plugs a cable in.
func NewCable(t testing.TB) *Cable {
	t.Helper()
	dir := t.TempDir()
	c := &Cable{A: filepath.Join(dir, "A"), B: filepath.Join(dir, "B"), t: t}
	c.Plug()
	t.Cleanup(c.Pull)
	return c
}

// Plug joins the ports again after [Cable.Pull].
func (c *Cable) Plug() {
	c.t.Helper()
	program := Program(c.t, "socat", "apt-get install socat")
	c.cmd = exec.Command(program, "pty,raw,echo=0,link="+c.A, "pty,raw,echo=0,link="+c.B)
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); ; <-again.C {
		_, a := os.Stat(c.A)
		_, b := os.Stat(c.B)
		if a == nil && b == nil {
			return
		}
		if time.Now().After(end) {
			c.t.Fatal("socat did not make the ports")
		}
	}
}

// Pull takes both ports away.
func (c *Cable) Pull() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it takes its links away
	_ = c.cmd.Wait()                          // its status says that it was told to end
	c.cmd = nil
}
