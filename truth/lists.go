package truth

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"zhigai/calc/kpi"
	"zhigai/connect/mtconnect/document"
	"zhigai/connect/mtconnect/recording"
	"zhigai/plant"
)

// effectiveness folds the published examples with the formulas of ISO 22400-2.
func effectiveness(t *sheet) {
	for _, e := range decode[[]struct {
		Name    string
		Shift   float64 `json:"shift_min"`
		Breaks  float64 `json:"breaks_min"`
		Planned float64 `json:"planned_min"`
		Stop    float64 `json:"stop_min"`
		Run     float64 `json:"run_min"`
		Cycle   float64 `json:"ideal_cycle_s"`
		Total   float64
		Reject  float64
		Good    float64
		Exact   struct{ Availability, Performance, Quality, OEE float64 }
	}](t, "examples.json") {
		busy := max(e.Planned, e.Shift-e.Breaks)
		produced, good := e.Total, e.Good
		if e.Reject > 0 {
			good = produced - e.Reject
		}
		run := e.Run
		if run == 0 {
			run = busy - e.Stop
		}
		const seconds = 60
		l := kpi.Ledger{PBT: kpi.Of(busy), APT: kpi.Of(run), PRU: kpi.Of(e.Cycle / seconds), PQ: kpi.Of(produced), GQ: kpi.Of(good)}
		ours := []float64{l.Availability().Value, l.Effectiveness().Value, l.QualityRatio().Value, l.OEE().Value}
		t.near(e.Name+": availability, effectiveness, quality ratio, OEE", ours, []float64{e.Exact.Availability, e.Exact.Performance, e.Exact.Quality, e.Exact.OEE}, exact)
	}
}

// lathe reads the recorded sessions as an independent reader did.
func lathe(t *sheet) {
	reference := decode[map[string]map[string]any](t, "reference.json")
	model, err := document.Decode(t.read("Devices.xml"))
	if t.fail(err); t.err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(reference)) {
		s, err := recording.Read(bytes.NewReader(t.read(name)), &model.Devices[0], nil)
		if t.fail(err); t.err != nil {
			return
		}
		t.points(name+": lines that cannot be read", make([]int, len(s.Wrong)), nil)
		var ours map[string]any
		raw, err := json.Marshal(s)
		t.fail(err)
		t.fail(json.Unmarshal(raw, &ours))
		for _, key := range slices.Sorted(maps.Keys(reference[name])) {
			t.same(name+": "+key, ours[key], reference[name][key])
		}
	}
	t.models()
}

// models are documents of several agents: each data item is found, and written
// again it is the same.
func (t *sheet) models() {
	files, err := filepath.Glob(filepath.Join(t.dir, "*.xml"))
	t.fail(err)
	for _, path := range files {
		name := filepath.Base(path)
		raw := t.read(name)
		d, err := document.Decode(raw)
		if t.fail(err); t.err != nil {
			return
		}
		n := 0
		for i := range d.Devices {
			n += len(document.Places(&d.Devices[i]))
		}
		t.same(name+": data items", n, bytes.Count(raw, []byte("<DataItem ")))
		again, err := document.Decode(document.Encode(d))
		t.fail(err)
		t.row(Row{What: name + ": written and read again", Limit: "equal", Pass: err == nil && reflect.DeepEqual(again.Devices, d.Devices)})
	}
}

// rows reads a list of the folder without its line of names.
func (t *sheet) list(name string) [][]string {
	rows := got[[][]string](t)(csv.NewReader(bytes.NewReader(t.read(name))).ReadAll())
	if t.err != nil || len(rows) == 0 {
		t.fail(fmt.Errorf("%s is empty", name))
		return nil
	}
	return rows[1:]
}

func industries(t *sheet) {
	raw, err := fs.ReadFile(t.product, "industries/gbt4754-2017.csv")
	t.fail(err)
	ours, err := plant.ReadIndustries("2017", raw)
	if t.fail(err); t.err != nil {
		return
	}
	theirs := map[string]string{}
	for _, r := range t.list("industries.csv") { // level, section, code, name
		code := r[1]
		if r[2] != code {
			code += r[2]
		}
		theirs[code] = r[3]
	}
	mine := map[string]string{}
	for _, one := range ours.All("") {
		mine[one.Code] = one.Name
	}
	t.maps("codes and names", mine, theirs)
}

func divisions(t *sheet) {
	raw, err := fs.ReadFile(t.product, "regions/divisions.csv")
	t.fail(err)
	ours, err := plant.ReadRegions(raw)
	if t.fail(err); t.err != nil {
		return
	}
	const zhejiang = "33"
	for _, of := range []struct {
		file string
		day  time.Time
	}{{"zhejiang-2018.csv", time.Date(2018, 11, 1, 0, 0, 0, 0, time.UTC)}, {"zhejiang-2023.csv", time.Date(2023, 7, 1, 0, 0, 0, 0, time.UTC)}} {
		mine, theirs := map[string]string{}, map[string]string{}
		for _, r := range ours.All(zhejiang, of.day) {
			mine[r.Code] = r.Name
		}
		for _, r := range t.list(of.file) { // level, code, name
			theirs[r[1]] = r[2]
		}
		t.maps(of.file+": codes and names", mine, theirs)
	}
}

// maps compares lists of names by code, and says how many differ.
func (t *sheet) maps(what string, ours, theirs map[string]string) {
	differ := 0
	for code, name := range theirs {
		if ours[code] != name {
			differ++
		}
	}
	for code := range ours {
		if _, ok := theirs[code]; !ok {
			differ++
		}
	}
	t.row(Row{What: what, Ours: fmt.Sprint(len(ours)), Theirs: fmt.Sprint(len(theirs)), Error: fmt.Sprintf("%d differ", differ), Limit: "equal", Pass: differ == 0 && len(theirs) > 0})
}
