package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The command reads a table from a file or from standard input, and says the same.
func TestEnergyCommand(t *testing.T) {
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	file := filepath.Join(root, "energy-steel", "steel_2018.csv")
	words := []string{
		"--time", "date", "--y", "Usage_kWh", "--x", "weekend,Load_Type=Maximum_Load,Load_Type=Medium_Load",
		"--every", "day", "--fit", "2018-01-01..2018-06-30", "--apply", "2018-07-01..2018-09-30", "--json",
	}
	said, _, err := command(t, append([]string{"energy", "baseline", file}, words...)...)
	must(t, err)
	var a struct {
		Model struct {
			Terms []string
			Coef  []float64
		}
		Statistics struct {
			N  int
			R2 float64
		}
		Savings struct {
			Saving, Uncertainty float64
			Significant         bool
		}
		CUSUM []struct {
			Time  string
			CUSUM float64
		}
	}
	must(t, json.Unmarshal([]byte(said), &a))
	if last := a.CUSUM[len(a.CUSUM)-1]; len(a.Model.Coef) != 4 || a.Statistics.N != 181 || !(a.Savings.Uncertainty > 0) || last.Time != "2018-09-30" || math.Abs(last.CUSUM+a.Savings.Saving) > 1e-6 {
		t.Errorf("%+v", a)
	}
	in, err := os.Open(file)
	must(t, err)
	defer in.Close()
	old := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = old }()
	again, _, err := command(t, append([]string{"energy", "baseline", "-"}, words...)...)
	must(t, err)
	if again != said {
		t.Error("standard input says something else than the file")
	}
	said, _, err = command(t, "energy", "totals", file, "--time", "date", "--y", "Usage_kWh")
	must(t, err)
	for _, want := range []string{"729316.67", "612.56", "2018-01-15 13:45:00", "marks the end"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
	if _, _, err := command(t, "energy", "totals", file, "--time", "date", "--y", "Load_Type"); err == nil || !strings.Contains(err.Error(), "is no number") {
		t.Errorf("%v", err)
	}
	if _, _, err := command(t, "energy", "totals", file, "--time", "date", "--y", "Usage_kWh", "--zone", "Moon"); err == nil || !strings.Contains(err.Error(), "Asia/Shanghai") {
		t.Errorf("%v", err)
	}
}
