package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shocks of the outer ring of a 6205 at 1,800 revolutions per minute: every
// resonance of a casing rings, over a floor that a fixed sequence makes.
func shocks(n int, rate, strength float64) []float64 {
	const shaft, order = 30.0, 3.58484
	out := make([]float64, n)
	state := uint64(88172645463325252)
	for i := range out {
		sum := 0.0
		for range 12 { // uniform numbers of xorshift, so that no other release changes them
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
			sum += float64(state>>11) / (1 << 53)
		}
		out[i] = 0.02 * (sum - 6)
	}
	for at := 0.0; at < float64(n)/rate; at += 1 / (shaft * order) {
		for i := int(at*rate) + 1; i < n && float64(i)/rate-at < 0.01; i++ {
			x := float64(i)/rate - at
			for _, hz := range []float64{1200, 2600, 3900, 5200, 7400} {
				out[i] += strength * math.Exp(-900*x) * math.Sin(2*math.Pi*hz*x)
			}
		}
	}
	return out
}

func writeFloats(t *testing.T, values []float64) string {
	t.Helper()
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
	}
	name := filepath.Join(t.TempDir(), "window.f32")
	must(t, os.WriteFile(name, raw, 0o600))
	return name
}

// The command names what is bad, says so in the names of the reference, and is
// not to be told twice what a file is.
func TestVibrationCommand(t *testing.T) {
	type said struct {
		Verdict  string
		Findings []struct {
			Element    string
			Confidence float64
			FoundHz    float64 `json:"found_hz"`
			Evidence   []struct{ Harmonic int }
		}
		Features struct {
			RMS   float64 `json:"rms_about_mean"`
			Welch map[string]*float64
		}
		Zone  *struct{ Zone string }
		Peaks []struct{ Hz, Amplitude float64 }
		Texts []string `json:"warning_texts"`
	}
	ask := func(words ...string) (out said) {
		t.Helper()
		text, _, err := command(t, append([]string{"vibration"}, words...)...)
		must(t, err)
		must(t, json.Unmarshal([]byte(text), &out))
		return out
	}
	bad := shocks(40960, 20480, 0.1)
	file := writeFloats(t, bad)
	got := ask(file, "--rate", "20480", "--rpm", "1800", "--bearing", "6205-2rs", "--group", "2-rigid", "--json")
	if got.Verdict != "outer" || got.Findings[0].Element != "outer" || math.Abs(got.Findings[0].FoundHz-107.545) > 0.5 || len(got.Findings[0].Evidence) != 4 {
		t.Errorf("%+v", got)
	}
	if got.Features.RMS == 0 || got.Zone == nil || len(got.Peaks) == 0 || got.Features.Welch["rms_10_1000"] == nil {
		t.Errorf("%+v", got)
	}
	var table strings.Builder
	for _, v := range bad {
		fmt.Fprintf(&table, "%v\n", float32(v))
	}
	csv := filepath.Join(t.TempDir(), "window.csv")
	must(t, os.WriteFile(csv, []byte(table.String()), 0o600))
	if again := ask(csv, "--rate", "20480", "--rpm", "1800", "--bearing", "9,7.94004,39.0398,0", "--json"); again.Verdict != got.Verdict || math.Abs(again.Features.RMS/got.Features.RMS-1) > 1e-6 {
		t.Errorf("the same as CSV, the bearing by numbers: %+v", again)
	}
	if well := ask(writeFloats(t, shocks(40960, 20480, 0)), "--rate", "20480", "--rpm", "1800", "--bearing", "6205-2RS", "--json"); well.Verdict != "healthy" {
		t.Errorf("a healthy one: %+v", well)
	}
	if lost := ask(file, "--rate", "20480", "--bearing", "6205-2RS", "--json"); lost.Verdict != "uncertain" || len(lost.Texts) != 1 || !strings.Contains(lost.Texts[0], "--rpm") {
		t.Errorf("without a speed: %+v", lost)
	}
	for want, words := range map[string][]string{
		"no bearing \"6999\"": {file, "--rate", "20480", "--rpm", "1800", "--bearing", "6999"},
		"--rate":              {file, "--rpm", "1800", "--bearing", "6205-2RS"},
		"no group \"9\"":      {file, "--rate", "20480", "--rpm", "1800", "--bearing", "6205-2RS", "--group", "9"},
		"no such file":        {file + "x", "--rate", "20480", "--bearing", "6205-2RS"},
	} {
		if _, _, err := command(t, append([]string{"vibration"}, words...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v; want %q", words, err, want)
		}
	}
}

// A model is trained, written, read and asked; the same seed writes the same file.
func TestLifeCommand(t *testing.T) {
	var runs strings.Builder
	state := uint64(1)
	for unit := 1; unit <= 60; unit++ {
		for cycle, total := 1, 100+unit*2; cycle <= total; cycle++ {
			state = state*6364136223846793005 + 1442695040888963407
			fmt.Fprintf(&runs, "%d %d %.4f 7\n", unit, cycle, math.Exp(float64(cycle-total)/25)+float64(state>>40)/(1<<26))
		}
	}
	dir := t.TempDir()
	file, first, second := filepath.Join(dir, "runs.txt"), filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	must(t, os.WriteFile(file, []byte(runs.String()), 0o600))
	text, _, err := command(t, "life", "train", file, "--out", first, "--json")
	must(t, err)
	var trained struct {
		Runs   int
		Judged struct{ RMSE, Covered float64 }
	}
	must(t, json.Unmarshal([]byte(text), &trained))
	if trained.Runs != 60 || trained.Judged.RMSE > 20 || trained.Judged.Covered == 0 {
		t.Errorf("%s", text)
	}
	_, _, err = command(t, "life", "train", file, "--out", second, "--json")
	must(t, err)
	a, err := os.ReadFile(first)
	must(t, err)
	b, err := os.ReadFile(second)
	must(t, err)
	if string(a) != string(b) {
		t.Error("the same runs and seed write another model")
	}
	now := filepath.Join(dir, "now.txt")
	must(t, os.WriteFile(now, []byte(strings.Join(strings.SplitAfter(runs.String(), "\n")[:95], "")), 0o600))
	text, _, err = command(t, "life", "predict", first, now, "--json")
	must(t, err)
	var out struct {
		Units []struct{ Life, Low, High float64 }
	}
	must(t, json.Unmarshal([]byte(text), &out))
	if len(out.Units) != 1 || out.Units[0].Life > 40 || out.Units[0].Low > 7 || out.Units[0].High < 7 {
		t.Errorf("7 cycles before the end: %s", text)
	}
	must(t, os.WriteFile(now, []byte("1 1 5\n1 3 5\n"), 0o600))
	if _, _, err := command(t, "life", "predict", first, now); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a cycle is missing: %v", err)
	}
}
