package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// furnaceTable is a furnace that follows its power slowly, minute by minute: what it
// will be in ten minutes, what it is, and what goes in.
func furnaceTable(t *testing.T) string {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	var b bytes.Buffer
	fmt.Fprintln(&b, "then,now,power,outside,plant,still,event")
	heat, power := 800.0, 50.0
	for i := range 600 {
		if i%13 == 0 {
			power = 40 + 20*r.Float64()
		}
		event := 0
		if heat > 807 {
			event = 1
		}
		next := heat + 0.3*(780+0.5*power-heat)
		outside := fmt.Sprintf("%.3f", r.NormFloat64())
		if i == 17 {
			outside = ""
		}
		fmt.Fprintf(&b, "%.3f,%.3f,%.3f,%s,north,7,%d\n", next+0.05*r.NormFloat64(), heat, power, outside, event)
		heat = next + 0.05*r.NormFloat64()
	}
	file := filepath.Join(t.TempDir(), "furnace.csv")
	must(t, os.WriteFile(file, b.Bytes(), 0o600))
	return file
}

// Every kind of model, as a person reads it, and what it says of rows.
func TestModel_Golden(t *testing.T) {
	file := furnaceTable(t)
	var said strings.Builder
	say := func(words ...string) {
		t.Helper()
		text, _, err := command(t, append([]string{"model"}, words...)...)
		must(t, err)
		shown := strings.ReplaceAll(strings.Join(words, " "), filepath.Dir(file)+string(filepath.Separator), "")
		fmt.Fprintf(&said, "$ zhigai model %s\n%s\n", shown, text)
	}
	dir := filepath.Dir(file)
	for _, kind := range []string{"ridge", "trees", "network"} {
		say("train", file, "--kind", kind, "--y", "then", "--x", "now,power,outside", "--naive", "now", "--gap", "1", "--out", filepath.Join(dir, kind+".json"))
	}
	say("train", file, "--kind", "pca", "--x", "now,power,then,still", "--out", filepath.Join(dir, "pca.json"))
	rows := filepath.Join(dir, "rows.csv")
	must(t, os.WriteFile(rows, []byte("now,power,outside,then,still\n800,50,0,802,7\n800,50,,802,7\n805,50,0.5,780,7\n"), 0o600))
	say("score", filepath.Join(dir, "ridge.json"), rows)
	say("score", filepath.Join(dir, "pca.json"), rows)
	golden(t, "testdata/model.golden", said.String())
}

// In JSON the figures have names, a table comes from standard input as from a file, and
// a model that was written says what was said.
func TestModel_JSON(t *testing.T) {
	file := furnaceTable(t)
	kept := filepath.Join(filepath.Dir(file), "m.json")
	train := []string{"model", "train", file, "--kind", "ridge", "--y", "then", "--x", "now,power", "--naive", "now", "--json", "--out", kept}
	said, _, err := command(t, train...)
	must(t, err)
	var out modelTrained
	must(t, json.Unmarshal([]byte(said), &out))
	v := out.Verdict
	if out.Kind != "ridge" || !v.Better || v.RMSE > 0.1 || v.NaiveRMSE < 3*v.RMSE || v.Covered == nil || math.Abs(*v.Covered-0.9) > 0.1 || out.Lambda == nil || v.HeldOut != 150 {
		t.Errorf("%s", said)
	}
	piped, err := commandReading(t, file, "model", "train", "-", "--kind", "ridge", "--y", "then", "--x", "now,power", "--naive", "now", "--json")
	must(t, err)
	if piped != said {
		t.Errorf("from standard input:\n%s", piped)
	}
	scored, err := commandReading(t, file, "model", "score", kept, "-", "--json")
	must(t, err)
	var rows modelScored
	must(t, json.Unmarshal([]byte(scored), &rows))
	if len(rows.Rows) != 600 || rows.MaxDrift == nil || *rows.MaxDrift > driftSaid || rows.Rows[0].Line != 2 || *rows.Rows[0].Low >= *rows.Rows[0].Value {
		t.Errorf("%d rows, drift %v, %+v", len(rows.Rows), rows.MaxDrift, rows.Rows[0])
	}
	event, _, err := command(t, "model", "train", file, "--y", "event", "--x", "power,now", "--json")
	must(t, err)
	var chances modelTrained
	must(t, json.Unmarshal([]byte(event), &chances))
	if chances.Verdict.AUC == nil || *chances.Verdict.AUC < 0.9 || chances.Verdict.Covered != nil {
		t.Errorf("%s", event)
	}
}

// commandReading runs a command with a file as its standard input.
func commandReading(t *testing.T, file string, words ...string) (string, error) {
	t.Helper()
	in, err := os.Open(file)
	must(t, err)
	was := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = was; must(t, in.Close()) }()
	said, _, err := command(t, words...)
	return said, err
}

func TestModel_Refusals(t *testing.T) {
	file := furnaceTable(t)
	notOne := filepath.Join(filepath.Dir(file), "not.json")
	must(t, os.WriteFile(notOne, []byte("{}"), 0o600))
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"train", file}, "--y COL says what is to be told"},
		{[]string{"train", file, "--kind", "pca", "--y", "now"}, "leave --y, --naive and --group out"},
		{[]string{"train", file, "--y", "heat"}, `there is no column "heat"`},
		{[]string{"train", file, "--y", "then", "--x", "plant"}, "is no number"},
		{[]string{"train", file, "--y", "then", "--x", "then"}, "cannot explain itself"},
		{[]string{"train", file, "--y", "still"}, "all answers are 7"},
		{[]string{"train", file, "--y", "then", "--gap", "600"}, "a smaller gap"},
		{[]string{"train", file, "--y", "then", "--share", "2"}, "a share from 0.5 to 1"},
		{[]string{"train", file, "--y", "then", "--group", "plant"}, "1 groups"},
		{[]string{"score", notOne, file}, "is no model that zhigai model train --out wrote"},
	} {
		if _, _, err := command(t, append([]string{"model"}, c.words...)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.words, err)
		}
	}
}
