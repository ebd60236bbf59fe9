// Package truth holds what zhigai computes beside what others computed from the
// same published data: one row for each quantity, with the error and whether it
// is small enough. It never loosens a limit for a row that fails.
//
// Start with [Sets] and [Set.Rows].
package truth

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
)

// Set is one folder of reference data with what is computed from it.
type Set struct {
	Folder string
	Of     string // what it is, in words
	fill   func(*sheet)
	closed bool // the answers are closed formulas, and there is no folder
}

// Sets are all that are known, in the order of the report.
var Sets = []Set{
	{Folder: "spc", Of: "control charts (R, packages qcc and spc)", fill: charts},
	{Folder: "nist-strd", Of: "certified statistics (NIST StRD)", fill: certified},
	{Folder: "jobshop", Of: "job shops", fill: jobShops},
	{Folder: "flexible-jobshop", Of: "flexible job shops", fill: flexibleShops},
	{Folder: "oee", Of: "worked examples of OEE, formulas of ISO 22400-2", fill: effectiveness},
	{Folder: "bearing-cwru", Of: "bearings of a test rig (Case Western Reserve University)", fill: bearings},
	{Folder: "turbofan-cmapss", Of: "engines run to failure (NASA C-MAPSS FD001)", fill: engines},
	{Folder: "machine-failure-ai4i", Of: "failures of a milling machine (UCI AI4I 2020)", fill: failures},
	{Folder: "energy-steel", Of: "energy of a steel works (pandas, statsmodels)", fill: steelWorks},
	{Folder: "mtconnect-okuma", Of: "recorded sessions of a lathe", fill: lathe},
	{Folder: "gb4754-2017", Of: "industries of GB/T 4754-2017", fill: industries},
	{Folder: "admin-divisions", Of: "divisions of GB/T 2260", fill: divisions},
	{Folder: "control", Of: "controllers on plants with known answers (closed formulas)", fill: controllers, closed: true},
}

// Row is one quantity, ours and theirs.
type Row struct {
	Set    string `json:"set"`
	What   string `json:"quantity"`
	Ours   string `json:"ours"`
	Theirs string `json:"reference"`
	Error  string `json:"error"` // "" where there is no number to it
	Limit  string `json:"limit"` // what the error may be, or "equal"
	Pass   bool   `json:"pass"`
}

// Rows computes the set from its folder below root; product are the files that
// the program carries. The error is [fs.ErrNotExist] when the folder is not there, which
// it need not be where the answers are closed formulas.
func (s Set) Rows(root string, product fs.FS) ([]Row, error) {
	t := sheet{set: s.Folder, dir: filepath.Join(root, s.Folder), product: product}
	if _, err := os.Stat(t.dir); err != nil && !s.closed {
		return nil, err
	}
	s.fill(&t)
	if t.err == nil && len(t.rows) == 0 {
		t.err = fmt.Errorf("%s: nothing to compare in it", t.dir)
	}
	return t.rows, t.err
}

// sheet is a set's table while it is filled. The first thing that goes wrong is
// kept and what follows does nothing.
type sheet struct {
	set, dir string
	product  fs.FS
	rows     []Row
	err      error
}

func (t *sheet) fail(err error) {
	t.err = cmp.Or(t.err, err)
}

// read gives a file of the folder.
func (t *sheet) read(name string) []byte {
	if t.err != nil {
		return nil
	}
	raw, err := os.ReadFile(filepath.Join(t.dir, name))
	t.fail(err)
	return raw
}

// decode reads a file as JSON, or what lies in it under the keys of path.
func decode[T any](t *sheet, name string, path ...string) (out T) {
	raw := t.read(name)
	for _, p := range path {
		if t.err != nil {
			return out
		}
		var in map[string]json.RawMessage
		t.fail(json.Unmarshal(raw, &in))
		if raw = in[p]; raw == nil {
			t.fail(fmt.Errorf("%s: there is no %v", name, path))
		}
	}
	if t.err == nil {
		t.fail(json.Unmarshal(raw, &out))
	}
	return out
}

// got takes what a computation gave, or keeps why it gave nothing.
func got[T any](t *sheet) func(T, error) T {
	return func(v T, err error) T {
		if err != nil {
			t.fail(fmt.Errorf("%s: %w", t.set, err))
		}
		return v
	}
}

func (t *sheet) row(r Row) {
	if t.err == nil {
		r.Set = t.set
		t.rows = append(t.rows, r)
	}
}

// near compares numbers of which the worst may differ by a share of theirs.
func (t *sheet) near(what string, ours, theirs []float64, limit float64) {
	r := Row{What: what, Limit: "≤ " + text(limit)}
	if len(ours) != len(theirs) || len(ours) == 0 {
		r.Ours, r.Theirs = strconv.Itoa(len(ours))+" numbers", strconv.Itoa(len(theirs))+" numbers"
		t.row(r)
		return
	}
	worst := 0
	for i := range ours {
		if !(difference(ours[i], theirs[i]) <= difference(ours[worst], theirs[worst])) {
			worst = i
		}
	}
	d := difference(ours[worst], theirs[worst])
	r.Ours, r.Theirs, r.Error, r.Pass = text(ours[worst]), text(theirs[worst]), fmt.Sprintf("%.1e", d), d <= limit
	if len(ours) > 1 {
		r.What = fmt.Sprintf("%s (%d numbers, the worst)", what, len(ours))
	}
	t.row(r)
}

// one compares a number.
func (t *sheet) one(what string, ours, theirs, limit float64) {
	t.near(what, []float64{ours}, []float64{theirs}, limit)
}

// zero is where a share of a number stops to say anything: below it the
// difference itself is taken, in millionths.
const zero = 1e-6

func difference(ours, theirs float64) float64 {
	return math.Abs(ours-theirs) / max(zero, math.Abs(theirs))
}

// digits compares to so many digits of a certified number (log relative error).
func (t *sheet) digits(what string, ours, theirs, least float64) {
	d := 15.
	switch {
	case ours == theirs:
	case theirs == 0:
		d = -math.Log10(math.Abs(ours))
	default:
		d = min(d, -math.Log10(math.Abs(ours-theirs)/math.Abs(theirs)))
	}
	t.row(Row{What: what, Ours: text(ours), Theirs: text(theirs), Error: fmt.Sprintf("%.1f digits", d), Limit: fmt.Sprintf("≥ %v digits", least), Pass: d >= least})
}

// same compares what must be equal.
func (t *sheet) same(what string, ours, theirs any) {
	t.row(Row{What: what, Ours: short(ours), Theirs: short(theirs), Limit: "equal", Pass: reflect.DeepEqual(ours, theirs)})
}

// points compares the numbers of points, of which there may be none.
func (t *sheet) points(what string, ours, theirs []int) {
	t.row(Row{What: what, Ours: short(ours), Theirs: short(theirs), Limit: "equal", Pass: slices.Equal(ours, theirs)})
}

func text(v float64) string { return strconv.FormatFloat(v, 'g', 15, 64) }

// short keeps a cell of the table readable.
func short(v any) string {
	s := []rune(fmt.Sprint(v))
	if most := 40; len(s) > most {
		return string(s[:most]) + "…"
	}
	return string(s)
}
