package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLogger_FormatAndLevel(t *testing.T) {
	var out bytes.Buffer
	log, err := watchFlags{LogFormat: "json", LogLevel: "warn"}.logger(&out)
	must(t, err)
	log.Info("not this")
	log.Warn("this", "free_mb", 7)
	var line struct {
		Level, Msg string
		FreeMB     int `json:"free_mb"`
	}
	must(t, json.Unmarshal(out.Bytes(), &line))
	if line.Level != "WARN" || line.Msg != "this" || line.FreeMB != 7 {
		t.Errorf("%+v", line)
	}
	out.Reset()
	log, err = watchFlags{}.logger(&out)
	must(t, err)
	log.Info("words")
	if !strings.Contains(out.String(), "msg=words") {
		t.Errorf("text: %s", out.String())
	}
}

// TestProfiles_ThisMachineUnlessNamed: an address without a host is not one of
// the network.
func TestProfiles_ThisMachineUnlessNamed(t *testing.T) {
	f := func(address string, loopback bool) {
		t.Helper()
		var out bytes.Buffer
		must(t, watchFlags{Pprof: address}.profiles(t.Context(), slog.New(slog.NewTextHandler(&out, nil))))
		if warned := strings.Contains(out.String(), "open to the network"); warned == loopback {
			t.Errorf("%s: %s", address, out.String())
		}
	}
	f(":0", true)
	f("127.0.0.1:0", true)
	f("0.0.0.0:0", false)
	if err := (watchFlags{Pprof: "6060"}).profiles(t.Context(), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "HOST:PORT") {
		t.Errorf("a port alone: %v", err)
	}
}

// TestSupervisor_IsTold: a socket as systemd gives it hears the states.
func TestSupervisor_IsTold(t *testing.T) {
	dir, err := os.MkdirTemp("", "zg") // short: names of sockets are
	must(t, err)
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	must(t, err)
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_USEC", "3000")
	s := newSupervisor(slog.New(slog.DiscardHandler))
	heard := func() string {
		must(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
		buf := make([]byte, 100)
		n, err := socket.Read(buf)
		must(t, err)
		return string(buf[:n])
	}
	s.tell("READY=1")
	if got := heard(); got != "READY=1" {
		t.Error(got)
	}
	asked := make(chan struct{}, 1)
	go s.signs(t.Context(), func() {
		select {
		case asked <- struct{}{}:
		default:
		}
	})
	<-asked
	if got := heard(); got != "WATCHDOG=1" {
		t.Error(got)
	}
}

// TestLastResort_EndsWhatHangs: a process whose stores do not close ends all
// the same, and not with an error: it did what it was told.
func TestLastResort_EndsWhatHangs(t *testing.T) {
	const hang = "ZHIGAI_TEST_HANG"
	if os.Getenv(hang) != "" {
		lastResort(slog.New(slog.NewTextHandler(os.Stderr, nil)))
		select {}
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLastResort_EndsWhatHangs$")
	cmd.Env = append(os.Environ(), hang+"=1")
	said, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "nothing acknowledged is lost") {
		t.Errorf("%v: %s", err, said)
	}
}
