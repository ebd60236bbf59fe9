package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	startDemo(t, bin, dir).kill()
	cmd := exec.Command("bash", "-c", `trap '' XFSZ; ulimit -f 400; exec "$@"`, "bash", bin, "run", "--demo", "--data", dir, "--listen", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
	var log bytes.Buffer
	cmd.Stderr = &log
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != int(exitBroken) {
		t.Fatalf("the node ended with %v; want exit code %d; its log:\n%s", err, exitBroken, log.String())
	}
	if !strings.Contains(log.String(), "the disk did not keep what was written; the node ends, start it again") {
		t.Errorf("the log does not say why:\n%s", log.String())
	}
	startDemo(t, bin, dir)
}
