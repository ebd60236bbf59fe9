package kpi

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestReadLedgersRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                       "empty",
		"   \n":                                  "empty",
		"{":                                      "unexpected end",
		"{\n \"PBT_min\": 4,,}":                  "line 2, column 15",
		"12":                                     "no object",
		`"PBT"`:                                  "no object",
		`null`:                                   "no object",
		`{"PBT": 1}`:                             `unknown key "PBT"; known are name, ADET_min`,
		`{"PBT_min": -1}`:                        "PBT_min: -1 is negative",
		`{"PBT_min": "420"}`:                     `PBT_min: "420" is no number`,
		`{"PBT_min": null}`:                      "leave the key out",
		`{"PBT_min": true}`:                      "no number",
		`{"PBT_min": 1e999}`:                     "out of range",
		`{"PBT_min": 1, "PBT_min": 2}`:           "stands twice",
		`{"AUST_min": 1, "ASUT_min": 2}`:         "one term",
		`{"name": 7}`:                            "no text",
		`[{"PBT_min": 1}, {"GQ": -2}]`:           "ledger 2: GQ",
		`[{"PBT_min": 1}] x`:                     "invalid character",
		`{"PBT_min": 1} {"PBT_min": 2}`:          "invalid character",
		`[[1]]`:                                  "ledger 1: [1] is no object",
		"[{\"PQ\": 1},\n{\"PQ\": 2}\n{\"a\":1}]": "line 3",
	} {
		_, err := ReadLedgers(strings.NewReader(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadLedgers(%s) = %v; want %q in it", in, err, want)
		}
	}
}

func TestReadLedgers(t *testing.T) {
	for in, want := range map[string]int{`{"PQ": 1}`: 1, `[]`: 0, `[{"name":"a","ASUT_min":1.5e1},{}]`: 2, "\ufeff{\"PQ\": 0}": 1} {
		got, err := ReadLedgers(strings.NewReader(in))
		if err != nil || len(got) != want {
			t.Errorf("ReadLedgers(%s) = %d, %v; want %d", in, len(got), err, want)
		}
	}
}

func TestReportJSON(t *testing.T) {
	raw, err := json.Marshal(Ledger{PBT: Of(480), APT: Of(420)}.Report())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got["availability"] != 0.875 || got["OEE"] != nil || len(got) != 12 {
		t.Errorf("Report = %s", raw)
	}
	reasons, _ := got["reasons"].(map[string]any)
	if reasons["OEE"] != "missing_input:PRU_min" || len(reasons) != 10 {
		t.Errorf("reasons = %v", reasons)
	}
}

func FuzzReadLedgers(f *testing.F) {
	f.Add(`[{"PBT_min": 1, "name": "x"}]`)
	f.Add(`{"PQ": 1e308, "PRU_min": 1e308, "APT_min": 1e-300}`)
	f.Fuzz(func(t *testing.T, in string) {
		ledgers, err := ReadLedgers(strings.NewReader(in))
		if err != nil {
			return
		}
		for _, l := range ledgers {
			if _, err := json.Marshal(l.Report()); err != nil {
				t.Errorf("Report of %s: %v", in, err)
			}
		}
	})
}
