package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A node whose disk refuses a write ends with a code of its own and says why;
// started again it opens what is there and goes on. The refusal is that of a
// file that may grow no more.
func TestBroken_EndsForARestart(t *testing.T) {
	bin := os.Getenv("ZHIGAI_BIN")
	if bin == "" {
		t.Skip("set ZHIGAI_BIN, or run make fault")
	}
	dir := filepath.Join(t.TempDir(), "data")
	first := startDemo(t, bin, dir)
	must(t, first.cmd.Process.Signal(syscall.SIGTERM))
	must(t, first.cmd.Wait())
	// As large as the record is, and a little more: it opens, and soon cannot grow.
	record, err := os.Stat(filepath.Join(dir, "record", "record.db"))
	must(t, err)
	limit := record.Size()/1024 + 160
	cmd := exec.Command("bash", "-c", fmt.Sprintf(`trap '' XFSZ; ulimit -f %d; exec "$@"`, limit), "bash", bin, "run", "--demo", "--data", dir, "--listen", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
	var log bytes.Buffer
	cmd.Stderr = &log
	err = cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != int(exitBroken) {
		t.Fatalf("the node ended with %v; want exit code %d; its log:\n%s", err, exitBroken, log.String())
	}
	if !strings.Contains(log.String(), "the disk did not keep what was written; the node ends, start it again") {
		t.Errorf("the log does not say why:\n%s", log.String())
	}
	startDemo(t, bin, dir)
}
