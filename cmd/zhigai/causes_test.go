package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// screened is what the command says.
type screened struct {
	Found      bool
	N          int     `json:"n"`
	P          float64 `json:"p"`
	Q2HeldOut  float64 `json:"q2_held_out"`
	RMSE       float64 `json:"rmse_held_out"`
	RMSEMean   float64 `json:"rmse_held_out_of_mean"`
	Components int
	Causes     []struct {
		Column string
		VIP    float64
		Stable float64
		R, Q   float64
	}
	Warnings []string
}

func causes(t *testing.T, file string, more ...string) screened {
	t.Helper()
	said, _, err := command(t, append([]string{"causes", file, "--json"}, more...)...)
	must(t, err)
	var out screened
	must(t, json.Unmarshal([]byte(said), &out))
	return out
}

// The published rule of a machine's overstrain – wear times torque – is found in what
// was recorded, and what the rule does not hold is not.
func TestCauses_Overstrain(t *testing.T) {
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA does not say where reference data are")
	}
	got := causes(t, filepath.Join(root, "machine-failure-ai4i", "ai4i_shared.csv"), "--y", "OSF", "--permutations", "39", "--bootstraps", "20",
		"--x", "Air temperature [K],Process temperature [K],Rotational speed [rpm],Torque [Nm],Tool wear [min]")
	t.Logf("%d rows, p %.3g, held out Q² %.4f (error %.4f beside %.4f), %d components, %+v", got.N, got.P, got.Q2HeldOut, got.RMSE, got.RMSEMean, got.Components, got.Causes)
	if !got.Found {
		t.Errorf("nothing found: p %v, held out %v", got.P, got.Q2HeldOut)
	}
	for _, c := range got.Causes {
		real := c.Column == "Torque [Nm]" || c.Column == "Tool wear [min]"
		if real && (c.VIP < 1 || c.Stable < 0.95 || c.Q > 0.001) || !real && c.VIP > 1 && strings.Contains(c.Column, "temperature") {
			t.Errorf("%+v", c)
		}
	}
}

// A table as people have it: text and gaps are said and left out, of the rest the
// cause is found, in JSON and in words.
func TestCauses_Table(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	var b strings.Builder
	b.WriteString("job,furnace,pressure,speed,fixed,holes,scrap\n")
	for i := range 90 {
		temperature := 840 + 4*r.NormFloat64()
		speed := strconv.FormatFloat(200+5*r.NormFloat64(), 'f', 3, 64)
		if i == 7 {
			speed = ""
		}
		holes := ""
		if i%3 == 0 {
			holes = "1"
		}
		fmt.Fprintf(&b, "MO-%d,%.3f,%.3f,%s,5,%s,%.4f\n", i, temperature, 6+0.1*r.NormFloat64(), speed, holes, 2+0.3*(temperature-840)+0.5*r.NormFloat64())
	}
	file := filepath.Join(t.TempDir(), "jobs.csv")
	must(t, os.WriteFile(file, []byte(b.String()), 0o600))
	got := causes(t, file, "--y", "scrap")
	if !got.Found || got.N != 89 || got.Causes[0].Column != "furnace" || got.Causes[0].Stable < 0.95 || got.RMSE > got.RMSEMean/1.5 {
		t.Errorf("%+v", got)
	}
	for _, part := range []string{"column job holds text", "column holes is empty in 60 of 90", "1 rows have an empty cell", "column fixed does not vary"} {
		if !strings.Contains(strings.Join(got.Warnings, "\n"), part) {
			t.Errorf("no %q in %q", part, got.Warnings)
		}
	}
	text, _, err := command(t, "causes", file, "--y", "scrap", "--x", "furnace,pressure")
	must(t, err)
	if !strings.Contains(text, "found") || !strings.Contains(text, "furnace") || strings.Contains(text, "nothing found") {
		t.Errorf("%s", text)
	}
	// Answers of other rows: nothing is found, and that is said.
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	must(t, err)
	r.Shuffle(len(rows)-1, func(i, j int) { rows[i+1][6], rows[j+1][6] = rows[j+1][6], rows[i+1][6] })
	var mixed strings.Builder
	must(t, csv.NewWriter(&mixed).WriteAll(rows))
	must(t, os.WriteFile(file, []byte(mixed.String()), 0o600))
	if got := causes(t, file, "--y", "scrap"); got.Found || !strings.Contains(strings.Join(got.Warnings, " "), "do not act on the list") {
		t.Errorf("of shuffled answers: %+v", got)
	}
}

func TestCauses_Refusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "few.csv")
	must(t, os.WriteFile(file, []byte("a,b,y\n1,x,2\n2,y,4\n3,z,5\n"), 0o600))
	for _, c := range []struct {
		want  string
		words []string
	}{
		{"3 rows; 20 or more", []string{"--y", "y"}},
		{"no column \"z\"", []string{"--y", "z"}},
		{"line 2, column b", []string{"--y", "y", "--x", "b"}},
		{"cannot explain itself", []string{"--y", "y", "--x", "y"}},
		{"named twice", []string{"--y", "y", "--x", "a,a"}},
	} {
		if _, _, err := command(t, append([]string{"causes", file}, c.words...)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; want %q", c.words, err, c.want)
		}
	}
}
