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

// Every number of the reference on capability and performance, under its keys, and
// the columns that are charted together.
func TestCapability_AsTheReference(t *testing.T) {
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	rings := filepath.Join(root, "spc", "pistonrings.csv")
	said, _, err := command(t, "capability", rings, "--value", "diameter", "--subgroup", "sample", "--phase", "trial", "--lsl", "73.95", "--usl", "74.05", "--target", "74", "--json")
	must(t, err)
	var got map[string]any
	must(t, json.Unmarshal([]byte(said), &got))
	raw, err := os.ReadFile(filepath.Join(root, "spc", "expected.json"))
	must(t, err)
	var want struct {
		Rings struct {
			Capability  map[string]any `json:"capability"`
			Performance map[string]any `json:"performance_all25"`
		} `json:"pistonrings"`
	}
	must(t, json.Unmarshal(raw, &want))
	if n := sameNumbers(t, "", got, want.Rings.Capability) + sameNumbers(t, "performance", got["performance"], want.Rings.Performance); n < 30 {
		t.Errorf("%d numbers compared", n)
	}
	said, _, err = command(t, "spc", filepath.Join(root, "spc", "boiler.csv"), "--chart", "t2", "--value", "t1,t2,t3,t4", "--json")
	must(t, err)
	var t2 struct {
		Center     []float64
		Statistics []float64
		Violations map[string][]int
	}
	must(t, json.Unmarshal([]byte(said), &t2))
	if len(t2.Statistics) != 25 || math.Abs(t2.Center[3]-521.68) > 1e-9 || len(t2.Violations["limits"]) != 2 {
		t.Errorf("%+v", t2)
	}
}

// sameNumbers compares all numbers below the keys of want, and says how many.
func sameNumbers(t *testing.T, at string, got, want any) (n int) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for key, v := range w {
			n += sameNumbers(t, at+"/"+key, g[key], v)
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			t.Errorf("%s: %v; want %v", at, got, want)
			return 0
		}
		for i, v := range w {
			n += sameNumbers(t, at, g[i], v)
		}
	case float64:
		if g, ok := got.(float64); !ok || math.Abs(g-w) > 1e-9*math.Abs(w) {
			t.Errorf("%s: %v; want %v", at, got, want)
		}
		return 1
	}
	return n
}

// Tables as a person sees them, of standard input.
func TestQualityCommands_Golden(t *testing.T) {
	var study strings.Builder
	study.WriteString("part,who,mm\n")
	for i, mm := range []string{"5.01", "5.02", "5.03", "5.01", "5.11", "5.12", "5.12", "5.14", "4.95", "4.96", "4.94", "4.96"} {
		study.WriteString([]string{"a", "b", "c"}[i/4] + "," + []string{"Li", "Wang"}[i/2%2] + "," + mm + "\n")
	}
	for _, c := range []struct {
		name, in string
		words    []string
	}{
		{"capability", "x\n-0.1\n0.1\n0\n0.2\n-0.2\n0.1\n0\n-0.1\n0.1\n0\n", []string{"capability", "-", "--value", "x", "--lsl", "-1", "--usl", "1"}},
		{"capability-one-side", "x\n1\n2\n1\n3\n2\n1\n2\n2\n1\n4\n", []string{"capability", "-", "--value", "x", "--usl", "6"}},
		{"capability-reversed", "x\n1\n2\n1\n3\n", []string{"capability", "-", "--value", "x", "--lsl", "6", "--usl", "0"}},
		{"msa-anova", study.String(), []string{"msa", "-", "--part", "part", "--operator", "who", "--value", "mm", "--tolerance", "0.5"}},
		{"msa-range", study.String(), []string{"msa", "-", "--part", "part", "--operator", "who", "--value", "mm", "--method", "range"}},
		{"msa-bias", "ref,mm\n5,5.01\n5,5.02\n5,5.01\n10,10\n10,10.01\n10,9.99\n", []string{"msa", "-", "--reference", "ref", "--value", "mm", "--method", "bias"}},
		{"msa-linearity", "ref,mm\n5,5.01\n5,5.02\n10,10\n10,10.01\n20,19.97\n20,19.96\n", []string{"msa", "-", "--reference", "ref", "--value", "mm", "--method", "linearity"}},
		{"msa-attribute", "part,who,said,is\n1,Li,ok,ok\n1,Wang,ok,ok\n2,Li,nok,nok\n2,Wang,ok,nok\n3,Li,ok,ok\n3,Wang,ok,ok\n4,Li,nok,nok\n4,Wang,nok,nok\n", []string{"msa", "-", "--part", "part", "--operator", "who", "--value", "said", "--reference", "is", "--method", "attribute", "--good", "ok"}},
		{"sampling", "", []string{"sampling", "--lot", "1000", "--aql", "0.1"}},
		{"sampling-lots", "lot,found\n1000,3\n1000,0\n1000,4\n500,0\n500,0\n1000,1\n1000,0\n1000,0\n", []string{"sampling", "-", "--aql", "1"}},
		{"spc-xbar", "x,g,p\n1,a,TRUE\n3,a,TRUE\n2,b,TRUE\n3,b,TRUE\n2,c,TRUE\n2.5,c,TRUE\n9,d,FALSE\n8,d,FALSE\n", []string{"spc", "-", "--chart", "xbar-r", "--value", "x", "--subgroup", "g", "--phase", "p", "--sigma", "RMSDF", "--rules", "western-electric"}},
		{"spc-p", "bad,n\n2,50\n3,40\n1,50\n20,60\n", []string{"spc", "-", "--chart", "p", "--value", "bad", "--size", "n", "--rules", "none"}},
		{"spc-t2", "a,b\n1,2\n2,3.1\n3,4\n2,3\n1,2.1\n3,4.2\n2,2.9\n2,3\n3,4.1\n1,1.9\n3,2\n2,3.2\n", []string{"spc", "-", "--chart", "t2", "--value", "a", "--value", "b"}},
	} {
		in := filepath.Join(t.TempDir(), "in")
		must(t, os.WriteFile(in, []byte(c.in), 0o600))
		f, err := os.Open(in)
		must(t, err)
		was := os.Stdin
		os.Stdin = f
		got, _, err := command(t, c.words...)
		os.Stdin = was
		must(t, f.Close())
		must(t, err)
		golden(t, filepath.Join("testdata", "quality", c.name+".golden"), got)
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
		{"line 4, column y", []string{"capability", file, "--value", "y", "--usl", "3"}},
		{"is no number", []string{"capability", file, "--value", "x", "--usl", "wide"}},
		{"two columns", []string{"spc", file, "--chart", "t2", "--value", "x"}},
		{"--part and --operator", []string{"msa", file, "--value", "x"}},
		{"--reference", []string{"msa", file, "--value", "x", "--method", "bias"}},
		{"--lot N", []string{"sampling", "--aql", "1"}},
		{"the tables have", []string{"sampling", "--lot", "100", "--aql", "2"}},
		{"no column \"lot\"", []string{"sampling", file, "--aql", "1"}},
	} {
		if _, _, err := command(t, c.words...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; want %q", c.words, err, c.want)
		}
	}
}
