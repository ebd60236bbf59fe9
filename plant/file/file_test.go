package file_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/plant"
	"zhigai/plant/file"
)

var update = flag.Bool("update", false, "rewrite the expected part of the case files")

var profiles = file.Options{Profiles: []string{"generic.lathe", "generic.grinder"}}

// Each case file is a plant file, a line of dashes, and what Read says of it.
func TestRead_Cases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.case")
	if err != nil || len(files) == 0 {
		t.Fatalf("case files: %v, %v", files, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".case"), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(raw), "-----\n")
			got := verdict(file.Read("plant.yaml", []byte(input), profiles))
			if *update {
				if err := os.WriteFile(name, []byte(input+"-----\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("Read:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func verdict(m plant.Model, err error) string {
	if err != nil {
		return err.Error() + "\n"
	}
	return fmt.Sprintf("ok: %d nodes, %d products, %d calendars\n", len(m.Nodes), len(m.Products), len(m.Calendars))
}

func TestRead_KeepsWhatWasWritten(t *testing.T) {
	m := good(t)
	if m.Products[0].Code != "007" {
		t.Errorf("product code = %q; want 007 with its zeros", m.Products[0].Code)
	}
	if got := m.Nodes[2].Machine.Device.Params["unit"]; got != "1" {
		t.Errorf("params.unit = %q; want 1", got)
	}
	if got, want := m.Calendars[0].Downs[0].From, time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("downs[0].from = %v; want %v", got, want)
	}
	if max := m.Nodes[2].Machine.Tags[0].Max; max == nil || *max != 6000 {
		t.Errorf("tag max = %v; want 6000", max)
	}
}

func good(t *testing.T) plant.Model {
	t.Helper()
	raw, err := os.ReadFile("testdata/good.case")
	if err != nil {
		t.Fatal(err)
	}
	input, _, _ := strings.Cut(string(raw), "-----\n")
	m, err := file.Read("good", []byte(input), profiles)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWriteRead_RoundTrip(t *testing.T) {
	same(t, good(t))
	names := []string{
		"轴承: 一 # 二", " leading", "trailing ", "line\nbreak", `"quoted" 'both'`, "true", "null", "~", "1e3", "0x1F", "- dash",
		"? q", "{x}", "[y]", "&a", "*b", "!t", "%p", "@at", "`tick", "a: b", "|", ">", "\ttab", "tab\tin", "\u0085nel", "\u2028ls", "\U0001F600", "\r\nx", "#c", "12:30", "", "\x01", "=", "<<", "x\\y", "2026-01-01", "a\n\nb\n", "\n", " \n x",
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		m := plant.Model{
			Nodes:    []plant.Node{{Path: "a", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "甲" + pick(rnd, names), EN: pick(rnd, names)}}},
			Products: []plant.Product{{ID: "P", Code: "p", Name: plant.Name{ZH: "x", EN: pick(rnd, names)}}},
		}
		limit := float64(rnd.IntN(1000))/7 - 50
		m.Nodes = append(m.Nodes, plant.Node{
			ID: "N1", Path: "a/m", Level: plant.LevelEquipment, Name: plant.Name{ZH: "机"},
			Valid: plant.Validity{From: time.UnixMicro(rnd.Int64N(1e15)).UTC()},
			Machine: &plant.Equipment{
				Class: "lathe" + pick(rnd, names), Profile: "generic.lathe", NC: rnd.IntN(2) == 0,
				Device: plant.Device{ID: "D1", Driver: "opcua", Address: "opc.tcp://h:1" + pick(rnd, names), Params: map[string]string{"k" + pick(rnd, names): pick(rnd, names)}},
				Cycles: []plant.Cycle{{Product: "*", PRUms: 1 + rnd.Int64N(1e6)}},
				Tags:   []plant.TagOverride{{Name: "t" + pick(rnd, names), Min: &limit}},
			},
		})
		same(t, m)
	}
}

func pick(rnd *rand.Rand, names []string) string { return names[rnd.IntN(len(names))] }

func same(t *testing.T, m plant.Model) {
	t.Helper()
	out := file.Write(m)
	back, err := file.Read("export", out, profiles)
	if err != nil {
		t.Fatalf("Read of what Write wrote: %v\n%s", err, out)
	}
	if !reflect.DeepEqual(back, m) {
		t.Fatalf("round trip changed the model:\n%+v\n%+v\n%s", m, back, out)
	}
}

// What is in the plant already counts as parent, calendar, product and device.
func TestRead_Existing(t *testing.T) {
	o := profiles
	o.Existing = good(t)
	o.Existing.Nodes[2].ID = "OLD"
	part := `schema: zhigai.plant/1
nodes:
  - path: acme/xc/turn/l2
    level: equipment
    name: {zh: 车床二}
    calendar: three-shift
    equipment: {class: lathe, profile: generic.lathe, device: {driver: modbus-tcp, address: "%s", params: {unit: 1}}, cycles: [{product: 007, pru_ms: 1}]}
`
	if _, err := file.Read("part", fmt.Appendf(nil, part, "127.0.0.1:5021"), o); err != nil {
		t.Errorf("Read with existing parent: %v", err)
	}
	_, err := file.Read("part", fmt.Appendf(nil, part, "127.0.0.1:5020"), o)
	if err == nil || !strings.Contains(err.Error(), "acme/xc/turn/l1 too (in the plant already)") {
		t.Errorf("Read with the address of an existing device: %v", err)
	}
}

func TestRead_ByteOrderMark(t *testing.T) {
	in := "\uFEFFschema: zhigai.plant/1\r\nnodes:\r\n  - {path: a, level: enterprise, name: {zh: 甲}}\r\n"
	if m, err := file.Read("windows.yaml", []byte(in), profiles); err != nil || m.Nodes[0].Name.ZH != "甲" {
		t.Errorf("Read of a file from Windows: %v, %v", m, err)
	}
}

func TestRead_TooLarge(t *testing.T) {
	_, err := file.Read("big", make([]byte, file.MaxBytes+1), profiles)
	var p file.Problems
	if !errors.As(err, &p) || !strings.Contains(err.Error(), "split it by area") {
		t.Errorf("Read of too large a file: %v", err)
	}
}

func TestRead_NotUTF8(t *testing.T) {
	_, err := file.Read("gbk.yaml", []byte("schema: zhigai.plant/1\n# \xd0\xc2\xb2\xfd\n"), profiles)
	if err == nil || err.Error() != "gbk.yaml:2:1: the file is not UTF-8; save it as UTF-8 (it may be GBK)" {
		t.Errorf("Read of GBK: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.case")
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := file.Read("f", data, profiles)
		if err != nil {
			var p file.Problems
			if !errors.As(err, &p) || len(p) == 0 {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		out := file.Write(m)
		back, err := file.Read("f", out, profiles)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%q", err, out)
		}
		if again := file.Write(back); string(again) != string(out) {
			t.Fatalf("second export differs:\n%s\n%s", out, again)
		}
	})
}
