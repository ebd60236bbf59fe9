package truth

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"zhigai/calc/life"
	"zhigai/calc/model"
	"zhigai/calc/vibration"
	"zhigai/shop/health"
)

// bearings describes and diagnoses every record. What a plain envelope shows
// clearly must be named; of the others nothing wrong may be.
func bearings(t *sheet) {
	catalogue := got[*health.Catalogue](t)(health.LoadCatalogue(t.product, health.CatalogueFile))
	for _, r := range decode[[]struct {
		File     string
		Rate     float64 `json:"fs"`
		RPM      float64
		Bearing  string
		Truth    struct{ Fault string }
		Grade    string
		Features struct {
			Mean     float64
			RMS      float64 `json:"rms_about_mean"`
			Peak     float64
			Range    float64 `json:"peak_to_peak"`
			Crest    float64
			Kurtosis float64 `json:"kurtosis_pearson"`
			Skewness float64
			Welch    struct {
				Peak   float64 `json:"peak_hz"`
				Low    float64 `json:"rms_10_1000"`
				Middle float64 `json:"rms_1000_3000"`
				High   float64 `json:"rms_3000_6000"`
			}
		}
	}](t, "reference.json") {
		w := vibration.Window{Values: floats(t.read(r.File)), RateHz: r.Rate}
		if t.err != nil {
			return
		}
		f, d := got[vibration.Features](t)(vibration.Describe(w)), got[vibration.Density](t)(vibration.Welch(w))
		band := func(from, to float64) float64 { return d.RMS(vibration.Band{FromHz: from, ToHz: to}) }
		want := r.Features
		t.near(r.File+": features", []float64{f.Mean, f.RMS, f.Peak, f.PeakToPeak, f.Crest, f.Kurtosis, f.Skewness, d.PeakHz(), band(10, 1000), band(1000, 3000), band(3000, 6000)},
			[]float64{want.Mean, want.RMS, want.Peak, want.Range, want.Crest, want.Kurtosis, want.Skewness, want.Welch.Peak, want.Welch.Low, want.Welch.Middle, want.Welch.High}, exact)
		b := got[vibration.Bearing](t)(catalogue.Find(r.Bearing))
		found := got[*vibration.Diagnosis](t)(vibration.Diagnose(vibration.Ask{Window: w, ShaftHz: r.RPM / 60, Bearing: b}))
		if t.err != nil {
			return
		}
		is := r.Truth.Fault
		if is == "none" {
			is = vibration.Healthy
		}
		if r.Grade == "clear" {
			t.same(r.File+": verdict", found.Verdict, is)
			continue
		}
		t.row(Row{What: r.File + ": verdict of a hard one", Ours: found.Verdict, Theirs: is, Limit: "nothing else, or uncertain", Pass: found.Verdict == is || found.Verdict == vibration.Uncertain})
	}
}

// floats are little-endian float32.
func floats(raw []byte) []float64 {
	out := make([]float64, len(raw)/4)
	for i := range out {
		out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return out
}

// What is asked of remaining life: the seed is fixed, each engine is answered for
// once, at a random cycle, by models that have not seen it.
const (
	lifeFolds  = 5
	mostRMSE   = 16
	leastCover = 0.85
	mostCover  = 0.95
)

func engines(t *sheet) {
	packed := t.read("train_FD001.txt.gz")
	if t.err != nil {
		return
	}
	unpacked := got[*gzip.Reader](t)(gzip.NewReader(bytes.NewReader(packed)))
	if t.err != nil {
		return
	}
	raw := got[[]byte](t)(io.ReadAll(unpacked))
	runs := got[[]life.Run](t)(health.ParseRuns(raw))
	v := got[life.Verdict](t)(life.Judge(runs, life.Usual(), lifeFolds))
	of := decode[struct {
		Units int     `json:"train_units"`
		Rows  int     `json:"train_rows"`
		Mean  float64 `json:"life_mean"`
	}](t, "reference.json")
	rows := 0
	for _, r := range runs {
		rows += len(r.Values)
	}
	t.same("engines, cycles", []int{len(runs), rows}, []int{of.Units, of.Rows})
	t.one("mean life", float64(rows)/float64(max(1, len(runs))), of.Mean, exact)
	t.row(Row{What: "remaining life: RMSE, 100 engines not seen", Ours: fmt.Sprintf("%.2f", v.RMSE), Theirs: "", Limit: "≤ 16 cycles", Pass: v.RMSE <= mostRMSE})
	t.row(Row{What: "remaining life: covered by 90 % intervals", Ours: fmt.Sprintf("%.2f", v.Covered), Theirs: "0.90", Limit: "0.85 to 0.95", Pass: leastCover <= v.Covered && v.Covered <= mostCover})
}

// Columns of the table of machine failures.
const (
	aiType = 2 + iota
	aiAir
	aiProcess
	aiSpeed
	aiTorque
	aiWear
	aiFailure
	aiTool
	aiHeat
	aiPower
	aiStrain
	aiRandom
)

// failures holds the published rules against the columns they made, and trees
// that were told nothing of them against rows that they have not seen.
func failures(t *sheet) {
	raw := t.read("ai4i_shared.csv")
	if t.err != nil {
		return
	}
	table := got[[][]string](t)(csv.NewReader(bytes.NewReader(raw)).ReadAll())
	if t.err != nil || len(table) < 2 {
		return
	}
	counts := decode[map[string]int](t, "reference.json", "counts")
	power := decode[map[string]float64](t, "reference.json", "power_W")
	var x [][]float64
	var y, watts []float64
	differ := map[int]int{}
	sums := map[int]int{}
	for _, row := range table[1:] {
		v := make([]float64, len(row))
		for i := aiAir; i < len(row); i++ {
			n, err := strconv.ParseFloat(row[i], 64)
			t.fail(err)
			v[i] = n
		}
		w := v[aiTorque] * v[aiSpeed] * 2 * math.Pi / 60
		watts = append(watts, w)
		strain := map[string]float64{"L": 11000, "M": 12000, "H": 13000}[row[aiType]]
		for column, rule := range map[int]bool{aiPower: w < 3500 || w > 9000, aiStrain: v[aiWear]*v[aiTorque] > strain} {
			if rule != (v[column] == 1) {
				differ[column]++
			}
		}
		for _, c := range []int{aiFailure, aiTool, aiHeat, aiPower, aiStrain, aiRandom} {
			sums[c] += int(v[c])
		}
		x = append(x, []float64{v[aiAir], v[aiProcess], v[aiProcess] - v[aiAir], v[aiSpeed], v[aiTorque], v[aiWear], w, v[aiWear] * v[aiTorque], strain})
		y = append(y, v[aiFailure])
	}
	t.same("failures, by tool, heat, power, strain, at random", []int{sums[aiFailure], sums[aiTool], sums[aiHeat], sums[aiPower], sums[aiStrain], sums[aiRandom]},
		[]int{counts["Machine failure"], counts["TWF"], counts["HDF"], counts["PWF"], counts["OSF"], counts["RNF"]})
	total := 0.0
	for _, w := range watts {
		total += w
	}
	t.near("power: mean, least, greatest", []float64{total / float64(len(watts)), slices.Min(watts), slices.Max(watts)}, []float64{power["mean"], power["min"], power["max"]}, exact)
	t.same("rows that differ from the rule of power (PWF)", differ[aiPower], 0)
	t.same("rows that differ from the rule of strain (OSF)", differ[aiStrain], 0)
	if t.err != nil {
		return
	}
	auc := got[float64](t)(crossed(x, y))
	t.row(Row{What: "trees: area under the curve, of rows not seen", Ours: fmt.Sprintf("%.3f", auc), Limit: "≥ 0.95 (ours)", Pass: auc >= 0.95})
	raw5 := model.Table{Names: []string{"air", "process", "speed", "torque", "wear"}, Y: y}
	for _, row := range x {
		raw5.Rows = append(raw5.Rows, []float64{row[0], row[1], row[3], row[4], row[5]})
	}
	_, v, err := model.Learn(raw5, model.Way{Kind: model.Network, Binary: true, Share: 0.99, Seed: 1})
	if t.fail(err); t.err == nil {
		t.row(Row{What: "network on the five measured columns: area under the curve, of the last quarter", Ours: fmt.Sprintf("%.3f", *v.AUC), Limit: "≥ 0.90 (ours)", Pass: *v.AUC >= 0.90 && v.Better})
	}
}

// crossed is how well trees rank rows that they have not seen.
func crossed(x [][]float64, y []float64) (float64, error) {
	const folds = 5
	order := rand.New(rand.NewPCG(1, 1)).Perm(len(x))
	said := make([]float64, len(x))
	for f := range folds {
		var learn [][]float64
		var want []float64
		for i, k := range order {
			if i%folds != f {
				learn, want = append(learn, x[k]), append(want, y[k])
			}
		}
		b, err := model.Train(learn, want, model.Options{Trees: 100, Depth: 4, Rate: 0.1, Leaf: 5, Share: 0.7, Seed: 1})
		if err != nil {
			return 0, err
		}
		for i, k := range order {
			if i%folds == f {
				said[k] = b.Predict(x[k])
			}
		}
	}
	return model.AUC(said, y), nil
}
