package kpi

import (
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the expected outputs")

// TestGolden runs the case files: comment lines, a ledger, ---, one figure a
// line; === between cases.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.case")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var rewritten []string
		for c := range strings.SplitSeq(string(raw), "===\n") {
			in, want, ok := strings.Cut(c, "---\n")
			if !ok {
				t.Fatalf("%s: a case without ---", name)
			}
			got := figures(t, in)
			rewritten = append(rewritten, in+"---\n"+got)
			if got != want && !*update {
				t.Errorf("%s: %s\ngot\n%s\nwant\n%s", name, in, got, want)
			}
		}
		if *update {
			if err := os.WriteFile(name, []byte(strings.Join(rewritten, "===\n")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func figures(t *testing.T, in string) string {
	t.Helper()
	var body strings.Builder
	for line := range strings.Lines(in) {
		if !strings.HasPrefix(line, "#") {
			body.WriteString(line)
		}
	}
	ledgers, err := ReadLedgers(strings.NewReader(body.String()))
	if err != nil {
		t.Fatalf("%s: %v", in, err)
	}
	var out strings.Builder
	for _, l := range ledgers {
		for _, f := range l.Figures() {
			out.WriteString(f.Key + " ")
			if f.OK {
				out.WriteString(strconv.FormatFloat(f.Value, 'g', -1, 64))
			}
			out.WriteString(f.Reason + "\n")
		}
	}
	return out.String()
}

// random is a ledger whose identities hold and whose cycle is believable.
func random(r *rand.Rand) Ledger {
	apt, aust, adet, adot := r.Float64()*400+1, r.Float64()*60, r.Float64()*60, r.Float64()*60
	g, s, rw := float64(r.IntN(500)+1), float64(r.IntN(50)), float64(r.IntN(20))
	pq := g + s + rw
	return Ledger{
		PBT: Of(apt + aust + adet + adot), AUBT: Of(apt + aust + adet), ADET: Of(adet), AUST: Of(aust),
		APT: Of(apt), AUPT: Of(apt + aust), PRU: Of(r.Float64() * apt / pq), PQ: Of(pq), GQ: Of(g), SQ: Of(s), RQ: Of(rw),
	}
}

func TestSharesStayWithinNoughtAndOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		l := random(r)
		if w := l.Warnings(); len(w) > 0 {
			t.Fatalf("Warnings(%+v) = %v; want none", l, w)
		}
		for _, f := range l.Figures() {
			if !f.OK || f.Value < 0 || f.Value > 1+1e-12 {
				t.Fatalf("%s of %+v = %+v; want a share", f.Key, l, f.Result)
			}
		}
		if oee, nee := l.OEE().Value, l.NEE().Value; nee < oee {
			t.Fatalf("NEE %v below OEE %v of %+v", nee, oee, l)
		}
		if got, want := l.OEE().Value, l.PRU.value*l.GQ.value/l.PBT.value; math.Abs(got-want) > 1e-12 {
			t.Fatalf("OEE = %v; want PRU*GQ/PBT = %v", got, want)
		}
	}
}

// TestSplitMerge: a shift cut in two and summed gives the figures of the
// whole, whichever half comes first.
func TestSplitMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		whole := random(r)
		share := r.Float64()
		cut := func(q Quantity, s float64) Quantity { return Of(q.value * s) }
		part := func(s float64) Ledger {
			return Ledger{
				PBT: cut(whole.PBT, s), AUBT: cut(whole.AUBT, s), ADET: cut(whole.ADET, s), AUST: cut(whole.AUST, s),
				APT: cut(whole.APT, s), AUPT: cut(whole.AUPT, s), PRU: whole.PRU, PQ: cut(whole.PQ, s), GQ: cut(whole.GQ, s), SQ: cut(whole.SQ, s), RQ: cut(whole.RQ, s),
			}
		}
		a, b := part(share), part(1-share)
		ab, ba := add(a, b).Figures(), add(b, a).Figures()
		for i, f := range whole.Figures() {
			if math.Abs(ab[i].Value-f.Value) > 1e-9 || ab[i].Value != ba[i].Value {
				t.Fatalf("%s: halves give %v and %v; want %v", f.Key, ab[i].Value, ba[i].Value, f.Value)
			}
		}
	}
}

func add(a, b Ledger) Ledger {
	sum := func(x, y Quantity) Quantity { return Of(x.value + y.value) }
	return Ledger{
		PBT: sum(a.PBT, b.PBT), AUBT: sum(a.AUBT, b.AUBT), ADET: sum(a.ADET, b.ADET), AUST: sum(a.AUST, b.AUST),
		APT: sum(a.APT, b.APT), AUPT: sum(a.AUPT, b.AUPT), PRU: a.PRU, PQ: sum(a.PQ, b.PQ), GQ: sum(a.GQ, b.GQ), SQ: sum(a.SQ, b.SQ), RQ: sum(a.RQ, b.RQ),
	}
}

func TestMeanTimes(t *testing.T) {
	for _, c := range []struct {
		sum      float64
		failures int64
		by       Convention
		want     float64
		reason   string
	}{
		{600, 3, Classic, 200, ""},
		{600, 3, ISO2014, 150, ""},
		{600, 0, Classic, 0, NoFailures},
		{600, 0, ISO2014, 600, ""},
	} {
		if got := MTBF(c.sum, c.failures, c.by); got.Value != c.want || got.Reason != c.reason {
			t.Errorf("MTBF(%v, %d, %s) = %+v; want %v %q", c.sum, c.failures, c.by, got, c.want, c.reason)
		}
		if got := MTTR(c.sum, c.failures, c.by); got.Value != c.want || got.Reason != c.reason {
			t.Errorf("MTTR(%v, %d, %s) = %+v; want %v %q", c.sum, c.failures, c.by, got, c.want, c.reason)
		}
	}
}

func TestWarnings(t *testing.T) {
	l := Ledger{AUPT: Of(300), APT: Of(300), AUST: Of(20), AUBT: Of(500), ADET: Of(10), PBT: Of(400), PQ: Of(10), GQ: Of(11), SQ: Of(0), RQ: Of(0), PRU: Of(40)}
	if got := l.Warnings(); len(got) != 6 {
		t.Errorf("Warnings = %q; want 6", got)
	}
}
