package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The commands on the files of the reference give its answers, under its names.
func TestQualityCommands_AsTheReference(t *testing.T) {
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	rings := filepath.Join(root, "spc", "pistonrings.csv")
	said, _, err := command(t, "spc", rings, "--chart", "xbar-r", "--value", "diameter", "--subgroup", "sample", "--phase", "trial", "--rules", "western-electric", "--json")
	must(t, err)
	var chart struct {
		Center     float64
		StdDev     float64 `json:"std_dev"`
		Limits     struct{ LCL, UCL float64 }
		Violations map[string][]int
	}
	must(t, json.Unmarshal([]byte(said), &chart))
	if math.Abs(chart.Center-74.001176) > 1e-9 || math.Abs(chart.Limits.UCL-74.014304007008) > 1e-9 || len(chart.Violations["r2"]) != 5 {
		t.Errorf("%+v", chart)
	}
	// Days of the steel plant, with what a programmer would make of its columns.
	raw, err := os.ReadFile(filepath.Join(root, "energy-steel", "steel_2018.csv"))
	must(t, err)
	var made strings.Builder
	made.WriteString("kWh,lagging,leading,hour,weekend,medium,maximum\n")
	is := map[bool]string{true: "1", false: "0"}
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n")[1:] {
		c := strings.Split(strings.TrimSpace(line), ",")
		made.WriteString(strings.Join([]string{c[1], c[2], c[3], hours(t, c[7]), is[c[8] == "Weekend"], is[c[10] == "Medium_Load"], is[c[10] == "Maximum_Load"]}, ",") + "\n")
	}
	file := filepath.Join(t.TempDir(), "steel.csv")
	must(t, os.WriteFile(file, []byte(made.String()), 0o600))
	said, _, err = command(t, "regress", file, "--y", "kWh", "--x", "lagging,leading,hour,weekend,medium,maximum", "--json")
	must(t, err)
	type fit struct {
		Coef, T []float64
		StdErr  []float64 `json:"std_err"`
		R2      float64
		AdjR2   float64 `json:"adj_r2"`
		RMSE    float64 `json:"rmse_n_minus_p"`
		CVRMSE  float64 `json:"cv_rmse"`
		F, AIC  float64
		DW      float64 `json:"durbin_watson"`
		N       int
	}
	var got fit
	var want struct {
		OLS fit `json:"ols_interval"`
	}
	must(t, json.Unmarshal([]byte(said), &got))
	raw, err = os.ReadFile(filepath.Join(root, "energy-steel", "reference.json"))
	must(t, err)
	must(t, json.Unmarshal(raw, &want))
	for name, pair := range map[string][2][]float64{
		"coef": {got.Coef, want.OLS.Coef}, "std_err": {got.StdErr, want.OLS.StdErr}, "t": {got.T, want.OLS.T},
		"others": {
			{got.R2, got.AdjR2, got.RMSE, got.CVRMSE, got.F, got.AIC, got.DW, float64(got.N)},
			{want.OLS.R2, want.OLS.AdjR2, want.OLS.RMSE, want.OLS.CVRMSE, want.OLS.F, want.OLS.AIC, want.OLS.DW, float64(want.OLS.N)},
		},
	} {
		if len(pair[0]) != len(pair[1]) {
			t.Fatalf("%s: %v; want %v", name, pair[0], pair[1])
		}
		for i := range pair[0] {
			if math.Abs(pair[0][i]/pair[1][i]-1) > 1e-9 {
				t.Errorf("%s %d: %.15g; want %.15g", name, i, pair[0][i], pair[1][i])
			}
		}
	}
}

func hours(t *testing.T, seconds string) string {
	t.Helper()
	var n float64
	must(t, json.Unmarshal([]byte(seconds), &n))
	out, err := json.Marshal(n / 3600)
	must(t, err)
	return string(out)
}

func TestQualityCommands_Refusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.csv")
	must(t, os.WriteFile(file, []byte("x,y\n1,2\n2,4\n3,high\n4,5\n"), 0o600))
	for _, c := range []struct {
		want  string
		words []string
	}{
		{"line 4, column y", []string{"stats", file, "--value", "y"}},
		{"say which", []string{"stats", file}},
		{"no column \"z\"", []string{"regress", file, "--y", "z", "--x", "x"}},
		{"column 1 is explained", []string{"regress", file, "--y", "x", "--x", "x,x"}},
		{"--subgroup", []string{"spc", file, "--chart", "xbar-s", "--value", "x"}},
		{"no such file", []string{"stats", file + "s"}},
	} {
		if _, _, err := command(t, c.words...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; want %q", c.words, err, c.want)
		}
	}
}
