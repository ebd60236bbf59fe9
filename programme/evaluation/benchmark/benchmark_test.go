package benchmark

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/calc/anonymity"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/programme/evaluation"
)

// world is a registry and a store that a test can look into.
type world struct {
	firms   []evaluation.Input
	gone    map[string]bool
	issues  []Issue
	cells   []Cell
	members map[int][]anonymity.Member
}

func (w *world) Firms(_ context.Context, _ plant.TenantNo, areas []access.Area, _ int, yield func(evaluation.Input) error) error {
	for _, f := range w.firms {
		if areas[0].Allows(f.Region, f.Sector, f.Firm) {
			if err := yield(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) Withdrawn(context.Context, plant.TenantNo) (map[string]bool, error) {
	return w.gone, nil
}

func (w *world) Save(_ context.Context, _ plant.TenantNo, i Issue, cells []Cell, members []anonymity.Member) error {
	if w.members == nil {
		w.members = map[int][]anonymity.Member{}
	}
	w.issues, w.cells, w.members[i.Number] = append([]Issue{i}, w.issues...), cells, members
	return nil
}

func (w *world) Issues(context.Context, plant.TenantNo, string, int, int) ([]Issue, error) {
	return w.issues, nil
}

func (w *world) Cells(context.Context, plant.TenantNo, string, int, Within) ([]Cell, error) {
	return w.cells, nil
}

func (w *world) Members(_ context.Context, _ plant.TenantNo, _ string, _, number int) ([]anonymity.Member, error) {
	return w.members[number], nil
}

func newDesk(t *testing.T, w *world) *Desk {
	t.Helper()
	b, err := evaluation.Load(data.FS, []string{"electricity_kwh", "emission_kg", "employees", "energy_kgce", "land_m2", "machines", "machines_nc", "machines_networked", "rd_fen", "sales_fen", "tax_fen", "value_added_fen"})
	if err != nil {
		t.Fatal(err)
	}
	rule, err := LoadRule(data.FS, "standards/benchmark.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return &Desk{Book: b, Rule: rule, Facts: w, Sharing: w, Store: w, Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }}
}

func (w *world) add(n int, region, sector string) {
	for range n {
		i := len(w.firms)
		w.firms = append(w.firms, evaluation.Input{Firm: fmt.Sprintf("f%04d", i), Region: region, Sector: sector, Values: map[string]evaluation.Value{"sales_fen": {N: int64(1e9 + i*1e7)}, "employees": {N: 50}}})
	}
}

var everybody = access.As("a", "a", access.Scope{Tenant: 1}, access.ReadFirms, access.KeepFirms)

func publish(t *testing.T, d *Desk) Issue {
	t.Helper()
	i, err := d.Publish(t.Context(), everybody, "sales-per-employee", 2025, 0)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (w *world) cell(region, sector string) Cell {
	for _, c := range w.cells {
		if c.Region == region && c.Sector == sector {
			return c
		}
	}
	return Cell{}
}

// The same question asked twice with one firm more between tells nothing of it:
// the figures of the first issue stand in every group that it is in.
func TestPublish_OneFirmMoreChangesNothing(t *testing.T) {
	w := &world{}
	for _, region := range []string{"330624", "331003", "330106"} {
		w.add(12, region, "C3451")
		w.add(9, region, "C1751")
	}
	d := newDesk(t, w)
	publish(t, d)
	before := w.cells
	w.add(1, "330624", "C3451")
	if i := publish(t, d); i.Firms != 64 || i.Number != 2 {
		t.Errorf("issue: %+v", i)
	}
	if !reflect.DeepEqual(w.cells, before) {
		for n := range before {
			if !reflect.DeepEqual(w.cells[n], before[n]) && w.cells[n].Issue != 2 {
				t.Errorf("%+v was %+v", w.cells[n], before[n])
			}
		}
	}
	for _, k := range [][2]string{{"", ""}, {"33", "C"}, {"330624", ""}, {"330624", "C34"}} {
		if c := w.cell(k[0], k[1]); c.Issue != 1 || c.N != map[bool]int64{true: 21, false: 63}[k[0] == "330624"] && k[1] != "C34" {
			t.Errorf("%v after one firm more: %+v; want the figures of issue 1", k, c)
		}
	}
	// A correction of one firm's value is a firm that differs, too.
	w.firms[0].Values = map[string]evaluation.Value{"sales_fen": {N: 2e9}, "employees": {N: 50}}
	publish(t, d)
	if c := w.cell("330624", "C34"); c.Issue != 1 {
		t.Errorf("after one correction: %+v", c)
	}
}

// Issues compare with what was published last, not with the issue before it:
// firms that come one by one count together.
func TestPublish_OneByOne(t *testing.T) {
	w := &world{}
	w.add(12, "330624", "C3451")
	w.add(12, "331003", "C3451")
	d := newDesk(t, w)
	publish(t, d)
	for n := range 5 {
		w.add(1, "330624", "C3451")
		publish(t, d)
		c := w.cell("330624", "C34")
		if n < 4 && (c.Issue != 1 || c.N != 12) {
			t.Errorf("after %d firms more: %+v; want issue 1", n+1, c)
		}
		if n == 4 && (c.Issue != 6 || c.N != 17) {
			t.Errorf("after five firms more: %+v; want 17 firms in issue 6", c)
		}
	}
}

func TestPublish_Withdrawal(t *testing.T) {
	w := &world{gone: map[string]bool{}}
	w.add(40, "330106", "C3451")
	w.add(5, "330624", "C3451")
	w.add(40, "331003", "C3451")
	w.add(40, "330106", "C1751")
	w.add(40, "330624", "C1751")
	w.add(40, "331003", "C1751")
	d := newDesk(t, w)
	publish(t, d)
	if c := w.cell("330624", "C34"); c.N != 5 {
		t.Fatalf("five firms: %+v", c)
	}
	w.gone["f0042"] = true
	publish(t, d)
	if c := w.cell("330624", "C34"); c.Why != string(anonymity.Few) || c.N != 0 {
		t.Errorf("under k: %+v", c)
	}
	// 84 firms of the division: the old figures hold the firm, new ones would tell it.
	if c := w.cell("33", "C34"); c.Why != string(anonymity.Held) {
		t.Errorf("84 firms after one withdrew: %+v", c)
	}
	// 204 in all: published anew without it.
	if c := w.cell("33", ""); c.N != 204 || c.Issue != 2 {
		t.Errorf("204 firms after one withdrew: %+v", c)
	}
	// What was suppressed once stays so for the year.
	w.gone = nil
	publish(t, d)
	if c := w.cell("330624", "C34"); c.Why == "" {
		t.Errorf("back again in the same year: %+v", c)
	}
}

func TestPublish_Refuses(t *testing.T) {
	d := newDesk(t, &world{})
	f := func(who access.Principal, measure string, year, least int, want error) {
		t.Helper()
		if _, err := d.Publish(t.Context(), who, measure, year, least); !errors.Is(err, want) {
			t.Errorf("Publish(%s, %d, %d): %v; want %v", measure, year, least, err, want)
		}
	}
	f(everybody, "nonsense", 2025, 0, evaluation.ErrInvalid)
	f(everybody, "tax-per-mu", 2027, 0, evaluation.ErrInvalid)
	f(everybody, "tax-per-mu", 2025, 4, evaluation.ErrInvalid)
	f(access.As("a", "a", access.Scope{Tenant: 1}, access.ReadFirms), "tax-per-mu", 2025, 0, access.ErrForbidden)
	f(everybody, "tax-per-mu", 2025, 0, nil)
}

// Over many issues with firms coming, going and changing, no group is published
// that differs from an earlier issue of itself by fewer firms than k, unless it
// is large and one withdrew.
func TestPublish_Differencing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	w := &world{gone: map[string]bool{}}
	for _, region := range []string{"330106", "330624", "331003", "331004"} {
		for _, sector := range []string{"C3451", "C1751", "C2929"} {
			w.add(3+r.IntN(25), region, sector)
		}
	}
	d := newDesk(t, w)
	sets := map[string]map[string]float64{} // what a group published last was made of
	checked := 0
	for range 25 {
		publish(t, d)
		for _, c := range w.cells {
			if c.Why != "" || c.Issue != w.issues[0].Number {
				continue
			}
			now := map[string]float64{}
			for _, m := range w.members[c.Issue] {
				if strings.HasPrefix(m.Region, c.Region) && strings.HasPrefix(m.Sector, c.Sector) {
					now[m.ID] = m.Value
				}
			}
			if was, had := sets[c.Region+"/"+c.Sector]; had {
				if n := differ(was, now); n > 0 && n < 5 {
					t.Fatalf("issue %d publishes %s %s anew for %d firms", c.Issue, c.Region, c.Sector, n)
				}
				checked++
			}
			sets[c.Region+"/"+c.Sector] = now
		}
		for range r.IntN(4) {
			one := &w.firms[r.IntN(len(w.firms))]
			one.Values = map[string]evaluation.Value{"sales_fen": {N: r.Int64N(1e10)}, "employees": {N: 40}}
		}
		w.add(r.IntN(3), []string{"330106", "330624", "331003"}[r.IntN(3)], "C3451")
	}
	t.Logf("%d groups published anew were compared with their last publication", checked)
	if checked == 0 {
		t.Error("nothing was compared")
	}
}

func differ(a, b map[string]float64) (n int) {
	for id, v := range a {
		if w, ok := b[id]; !ok || v != w {
			n++
		}
	}
	for id := range b {
		if _, ok := a[id]; !ok {
			n++
		}
	}
	return n
}

func FuzzParseRule(f *testing.F) {
	raw, err := data.FS.ReadFile("standards/benchmark.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseRule(raw)
		if err != nil {
			return
		}
		if _, err := anonymity.Protect([]anonymity.Member{{ID: "a", Region: "330624", Sector: "C3451"}}, r.scheme(), anonymity.Rules{Least: r.Least, Percent: r.Percent}); err != nil {
			t.Errorf("a rule that was read cannot be used: %v", err)
		}
	})
}
