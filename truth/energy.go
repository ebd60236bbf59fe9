package truth

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	energy "zhigai/shop/energy/sheet"
)

// steelWorks adds a plant's year up and fits what others fitted to it.
func steelWorks(t *sheet) {
	f := got[*energy.Frame](t)(energy.Parse(t.read("steel_2018.csv")))
	if t.err != nil {
		return
	}
	totals := got[energy.Totals](t)(f.Totals(energy.TotalsAsk{
		Time: "date", Y: "Usage_kWh", By: []string{"Load_Type", "WeekStatus"},
		Lagging: "Lagging_Current_Reactive.Power_kVarh", Leading: "Leading_Current_Reactive_Power_kVarh", CO2: "CO2(tCO2)",
	}))
	ours := again[map[string]any](t, totals)
	reference := decode[map[string]any](t, "reference.json")
	for _, name := range slices.Sorted(maps.Keys(reference)) {
		switch theirs := reference[name].(type) {
		case float64:
			v, _ := ours[name].(float64)
			t.one(name, v, theirs, exact)
		case map[string]any:
			if !strings.HasPrefix(name, "ols") {
				t.byName(name, ours[name], theirs)
			}
		default:
			t.same(name, fmt.Sprint(ours[name]), fmt.Sprint(theirs))
		}
	}
	for _, one := range []struct {
		name string
		ask  energy.Ask
	}{
		{"ols_interval", energy.Ask{X: []string{
			"Lagging_Current_Reactive.Power_kVarh", "Leading_Current_Reactive_Power_kVarh", "NSM/3600", "weekend", "Load_Type=Medium_Load", "Load_Type=Maximum_Load",
		}}},
		{"ols_daily_baseline", energy.Ask{Every: "day", X: []string{"weekend", "Load_Type=Maximum_Load", "Load_Type=Medium_Load"}}},
	} {
		name, ask := one.name, one.ask
		ask.Time, ask.Y = "date", "Usage_kWh"
		a := got[*energy.Answer](t)(f.Baseline(ask))
		if t.err != nil {
			return
		}
		model, fit := again[map[string]any](t, a.Model), again[map[string]any](t, a.Statistics)
		theirs := decode[map[string]any](t, "reference.json", name)
		for _, key := range slices.Sorted(maps.Keys(theirs)) {
			switch want := theirs[key].(type) {
			case float64:
				v, _ := fit[key].(float64)
				t.one(name+" "+key, v, want, exact)
			case []any:
				if key != "terms" { // ours are named after the columns
					t.near(name+" "+key, numbersOf(model[key]), numbersOf(want), exact)
				}
			}
		}
	}
}

// again is a value as JSON has it.
func again[T any](t *sheet, v any) (out T) {
	if t.err != nil {
		return out
	}
	raw, err := json.Marshal(v)
	t.fail(err)
	t.fail(json.Unmarshal(raw, &out))
	return out
}

func numbersOf(v any) []float64 {
	list, _ := v.([]any)
	out := make([]float64, 0, len(list))
	for _, one := range list {
		if n, ok := one.(float64); ok {
			out = append(out, n)
		}
	}
	return out
}

// byName compares numbers under the same names.
func (t *sheet) byName(what string, ours any, theirs map[string]any) {
	mine, _ := ours.(map[string]any)
	t.same(what+": names", len(mine), len(theirs))
	var a, b []float64
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		v, _ := mine[name].(float64)
		w, _ := theirs[name].(float64)
		a, b = append(a, v), append(b, w)
	}
	t.near(what, a, b, exact)
}
