package profile_test

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/connect/all"
	"zhigai/connect/modbus"
	"zhigai/connect/mqtt"
	"zhigai/connect/opcua"
	"zhigai/connect/profile"
	"zhigai/connect/sparkplug"
	"zhigai/data"
)

var update = flag.Bool("update", false, "write what is said now into testdata/*.want")

// every is the drivers of the program.
func every(t *testing.T) (out []profile.PointChecker) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	rights := mqtt.Rights{Tenant: 1, Publish: []string{"#"}, Subscribe: []string{"#"}}
	broker, err := mqtt.NewBroker(mqtt.Options{Address: "127.0.0.1:0", Anonymous: &rights, Now: time.Now, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	set, err := all.Drivers(all.Options{Dir: t.TempDir(), Broker: broker, Now: time.Now, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range set.List {
		out = append(out, d)
	}
	return out
}

// checkers are the drivers whose names stand in the expected messages. Looking
// at an address needs no driver that is set up.
func checkers() []profile.PointChecker {
	return []profile.PointChecker{modbus.New(), new(opcua.Driver), new(mqtt.Driver), new(sparkplug.Driver)}
}

// A person who writes a profile has nothing but these messages to go by: each
// says where, what, and what to write instead.
func TestParse_MessagesOnBrokenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d broken files, %v", len(files), err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, problems := profile.Parse(filepath.Base(file), src, checkers())
		if p != nil || len(problems) == 0 {
			t.Errorf("%s is accepted", file)
			continue
		}
		var said strings.Builder
		for _, one := range problems {
			said.WriteString(one.String() + "\n")
		}
		golden(t, strings.TrimSuffix(file, ".yaml")+".want", said.String())
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s:\ngot  %s\nwant %s (%v)", file, got, want, err)
	}
}

// The files that are delivered must load as they are when the program starts.
func TestLoad_DeliveredProfiles(t *testing.T) {
	library, err := profile.Load(data.FS, "profiles", every(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range library.List() {
		program, err := p.Compile()
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		if len(p.States) == 0 {
			continue
		}
		known := make([]profile.Value, len(program.Inputs()))
		for i := range known {
			known[i].Known = true
		}
		if item, mode, ok := program.State(known); !ok {
			t.Errorf("%s: no state for a machine whose values are all nought: %s %s", p.ID, item, mode)
		}
	}
}
