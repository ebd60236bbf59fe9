package vibration_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"zhigai/calc/vibration"
)

// record is one of the bearing records of Case Western Reserve University.
type record struct {
	File    string
	Rate    float64 `json:"fs"`
	RPM     float64
	Bearing string
	Truth   struct{ Fault string }
	Grade   string
	values  []float64
}

func records(t *testing.T) []record {
	t.Helper()
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	dir := filepath.Join(root, "bearing-cwru")
	raw, err := os.ReadFile(filepath.Join(dir, "reference.json"))
	must(t, err)
	var all []record
	must(t, json.Unmarshal(raw, &all))
	for i := range all {
		raw, err := os.ReadFile(filepath.Join(dir, all[i].File))
		must(t, err)
		for j := 0; j+4 <= len(raw); j += 4 {
			all[i].values = append(all[i].values, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[j:]))))
		}
	}
	return all
}

func (r record) ask(values []float64) vibration.Ask {
	b := vibration.Bearing{Balls: 9, BallMM: 0.3126, PitchMM: 1.537}
	if r.Bearing == "6203-2RS" {
		b = vibration.Bearing{Balls: 8, BallMM: 0.2656, PitchMM: 1.122}
	}
	return vibration.Ask{Window: vibration.Window{Values: values, RateHz: r.Rate}, ShaftHz: r.RPM / 60, Bearing: b}
}

// Stretches of the records, records with noise added and at a speed that is a
// little wrong: what is named is what is bad, and a healthy bearing has no name
// given to it. How often the whole records are named is a matter of package
// truth.
func TestDiagnose_RecordsResampled(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	d := vibration.NewDiagnoser()
	named, asked := 0, 0
	try := func(rec record, how string, values []float64, speed float64) {
		ask := rec.ask(values)
		ask.ShaftHz *= speed
		got, err := d.Diagnose(ask)
		must(t, err)
		asked++
		switch got.Verdict {
		case vibration.Uncertain, vibration.Healthy:
		case rec.Truth.Fault:
			named++
		default:
			t.Errorf("%s, %s: %s is named, with %+v", rec.File, how, got.Verdict, got.Findings[0])
		}
	}
	for _, rec := range records(t) {
		for _, n := range []int{32768, 20011} {
			for from := 0; from+n <= len(rec.values); from += n {
				try(rec, "a stretch", rec.values[from:from+n], 1)
			}
		}
		f, err := vibration.Describe(vibration.Window{Values: rec.values, RateHz: rec.Rate})
		must(t, err)
		noisy := noise(r, len(rec.values), f.RMS)
		for i, v := range rec.values {
			noisy[i] += v
		}
		try(rec, "as much noise as signal", noisy, 1)
		try(rec, "speed 0.5 % too high", rec.values, 1.005)
		try(rec, "speed 0.5 % too low", rec.values, 0.995)
	}
	t.Logf("%d of %d named, none wrongly", named, asked)
}
