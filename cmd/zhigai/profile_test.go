package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"zhigai/connect/profile"
	"zhigai/connect/sparkplug/payload"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/sim"
)

var update = flag.Bool("update", false, "write what is said now into testdata")

// command runs the program's words and gives what it says on both outputs.
func command(t *testing.T, words ...string) (stdout, stderr string, err error) {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Name("zhigai"), kong.BindTo(t.Context(), (*context.Context)(nil)), kong.Vars{"bench_parts": benchPartNames()})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(words)
	if err != nil {
		return "", "", err
	}
	read := func(std **os.File) (end func() string) {
		old := *std
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		*std = w
		said := make(chan string)
		go func() {
			b, err := io.ReadAll(r)
			if err != nil {
				t.Error(err)
			}
			said <- string(b)
		}()
		return func() string { *std = old; w.Close(); return <-said }
	}
	out, bad := read(&os.Stdout), read(&os.Stderr)
	err = parsed.Run()
	return out(), bad(), err
}

// A person who writes a profile has nothing but what the command says: every
// broken file gets its own message, and the command says that it failed.
func TestProfileCheck_SaysWhatIsWrongWithBrokenFiles(t *testing.T) {
	dir := filepath.Join("..", "..", "connect", "profile", "testdata")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d broken files, %v", len(files), err)
	}
	stdout, stderr, err := command(t, append([]string{"profile", "check"}, files...)...)
	var code exitCode
	if !errors.As(err, &code) || code != 1 || stdout != "" {
		t.Errorf("%v, and on standard output %q", err, stdout)
	}
	golden := filepath.Join("testdata", "profiles", "broken.want")
	got := strings.ReplaceAll(filepath.ToSlash(stderr), filepath.ToSlash(dir)+"/", "")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("%v\ngot\n%s\nwant\n%s", err, got, want)
	}
	for _, f := range files {
		if !strings.Contains(got, filepath.Base(f)+":") {
			t.Errorf("nothing is said of %s", f)
		}
	}
}

func TestProfileCheck_AcceptsADeliveredFile(t *testing.T) {
	stdout, stderr, err := command(t, "profile", "check", "../../data/profiles/meters/eastron.sdm630.yaml")
	if err != nil || stderr != "" || !strings.Contains(stdout, "no problems") {
		t.Errorf("%v, %q, %q", err, stdout, stderr)
	}
}

// begun makes a profile with the command and reads it as the program does.
func begun(t *testing.T, words ...string) (*profile.Profile, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "acme.press.yaml")
	words = append([]string{"profile", "new", "--id", "acme.press", "--vendor", "Acme", "--class", "press", "--title", "压机", "-o", file}, words...)
	_, notes, err := command(t, words...)
	if err != nil {
		t.Fatalf("%v\n%s", err, notes)
	}
	if _, stderr, err := command(t, "profile", "check", file); err != nil {
		t.Fatalf("what was written does not pass: %v\n%s", err, stderr)
	}
	library, err := profile.Load(os.DirFS(filepath.Dir(file)), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := library.Get("acme.press")
	if _, _, err := command(t, words...); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a second time: %v; want that the file exists", err)
	}
	return p, notes
}

func signalsOf(p *profile.Profile) string {
	var out []string
	for _, s := range p.Signals {
		out = append(out, s.Name+" | "+string(s.Kind)+" | "+s.At+" | "+s.DeviceUnit+">"+s.Unit)
	}
	return strings.Join(out, "\n")
}

// A birth certificate becomes a profile; what belongs to the node does not.
func TestProfileNew_FromABirthCertificate(t *testing.T) {
	birth := payload.Payload{Timestamp: 1, HasTimestamp: true, HasSeq: true, Metrics: []payload.Metric{
		{Name: "bdSeq", Type: payload.TypeInt64, Value: payload.OfInt(payload.TypeInt64, 0)},
		{Name: "Node Control/Rebirth", Type: payload.TypeBoolean, Value: payload.OfBool(false)},
		{
			Name: "Power/Active", Type: payload.TypeFloat, Value: payload.OfFloat(payload.TypeFloat, 1.5),
			Properties: []payload.Property{{Key: "engUnit", Type: payload.TypeString, Value: payload.OfText("kW")}},
		},
		{Name: "Machine/Running", Type: payload.TypeBoolean, Value: payload.OfBool(true)},
		{Name: "Recipe", Type: payload.TypeString, Value: payload.OfText("A")},
		{Name: "Picture", Type: payload.TypeFile},
	}}
	file := filepath.Join(t.TempDir(), "birth.bin")
	if err := os.WriteFile(file, birth.Append(nil), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := begun(t, "--birth", file)
	want := "power.active | number | Power/Active | >kW\nmachine.running | boolean | Machine/Running | >\nrecipe | text | Recipe | >"
	if got := signalsOf(p); got != want || p.Protocol != "sparkplug" || p.Verified != "unverified" {
		t.Errorf("%s %s\n%s\nwant\n%s", p.Protocol, p.Verified, got, want)
	}
}

// A server is looked at, and what it shows becomes a profile that reads it.
func TestProfileNew_FromALookAtAServer(t *testing.T) {
	kind := sim.Kind{ID: "x", Class: "press", Protocol: "opcua", Signals: []sim.Signal{
		{Name: "press.force", Kind: plant.KindNumber, At: "nsu=urn:zhigai:demo;s={prefix}.press.force"},
		{Name: "machine.running", Kind: plant.KindBoolean, At: "nsu=urn:zhigai:demo;s={prefix}.machine.running"},
		{Name: "machine.order", Kind: plant.KindText, At: "nsu=urn:zhigai:demo;s={prefix}.machine.order"},
	}}
	server, device, err := sim.Stand(kind, "127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p, _ := begun(t, "--browse", device.Address, "--param", "policy=None", "--param", "mode=None")
	got := signalsOf(p)
	for _, want := range []string{"press.force | number | nsu=urn:zhigai:demo;s=M1.press.force", "machine.running | boolean | nsu=urn:zhigai:demo;s=M1.machine.running", "machine.order | text | nsu=urn:zhigai:demo;s=M1.machine.order"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestProfileNew_FromAListAndADataSheet(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "list.csv")
	if err := os.WriteFile(list, []byte("name,address,type,unit,scale\nactive power,40013,DINT,W,0.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := begun(t, "--list", list)
	if got := signalsOf(p); got != "power.active | number | holding 12 int32 | W>kW" {
		t.Error(got)
	}
	sheet := filepath.Join(dir, "a.eds")
	if err := os.WriteFile(sheet, []byte("[Params]\nParam1 = 0,6,\"20 04 24 01\",0,0xC7,2,\"Output Frequency\",\"Hz\",\"\",0,6000,0,1,100,1,0;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ = begun(t, "--eds", sheet)
	if got := signalsOf(p); got != "drive.frequency | number | Output Frequency | >Hz" || p.Signals[0].Scale == nil || *p.Signals[0].Scale != 0.01 {
		t.Error(got)
	}
	if _, _, err := command(t, "profile", "new", "--id", "a", "--vendor", "a", "--class", "a", "--title", "a"); err == nil || !strings.Contains(err.Error(), "--list") {
		t.Errorf("without anything: %v", err)
	}
	if _, err := data.FS.ReadFile("vocabulary.yaml"); err != nil {
		t.Error(err)
	}
}
