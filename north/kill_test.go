package north_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"zhigai/north"
)

// The child process of TestKill: it stores and sends until it is killed.
const (
	childFolder = "ZHIGAI_NORTH_CHILD"
	childPort   = "ZHIGAI_NORTH_PORT"
)

func TestKill_Child(t *testing.T) {
	dir := os.Getenv(childFolder)
	if dir == "" {
		t.Skip("runs as the child of TestKill_NothingIsLost")
	}
	h := &house{t: t, dir: dir, kept: &targets{}}
	h.open()
	h.save((&mosquitto{port: os.Getenv(childPort)}).target(), 0)
	h.up()
	for v := 1; ; v++ {
		h.count(v, v)
		fmt.Println("stored", v)
	}
}

// The process is killed while it stores and sends: the broker gets
// every value that was stored, in order; what was in flight comes twice.
func TestKill_NothingIsLost(t *testing.T) {
	m := newMosquitto(t, false)
	l := m.listen("group/#")
	const enough = 150
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill_Child$", "-test.v")
	dir := t.TempDir()
	cmd.Env = append(os.Environ(), childFolder+"="+dir, childPort+"="+m.port)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	stored := 0
	for stored < enough && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "stored ") {
			stored++
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if stored < enough {
		t.Fatalf("the child ended after %d values", stored)
	}
	h := &house{t: t, dir: dir, kept: &targets{}}
	target := m.target()
	target.ID, target.Rev = "T1", 1
	h.kept.all = []north.Target{target}
	h.open()
	t.Cleanup(h.close)
	h.up()
	last := int(h.store.LastSeq())
	if last < stored {
		t.Fatalf("history has %d values of %d that were acknowledged", last, stored)
	}
	l.wants(speedTopic, sequence(1, last))
	if twice := len(l.values(speedTopic)) - last; twice > 64+1 {
		t.Errorf("%d values came twice; at most one read of 64 may, and one that is not saved", twice)
	}
}
