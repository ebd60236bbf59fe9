package evidence

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"zhigai/plant"
)

func dossierOf(t testing.TB, samples []plant.Sample, texts []plant.Text) Dossier {
	t.Helper()
	digest, err := DayOf(testDay, samples, texts)
	if err != nil {
		t.Fatal(err)
	}
	tag := Tag{Equipment: "EQ", Name: "n"}
	leaves := []Leaf{LeafOf(tag, digest)}
	seal, err := NewSeal(Seal{}, "N", testDay, slices.Clone(leaves))
	if err != nil {
		t.Fatal(err)
	}
	d := Dossier{Schema: DossierSchema, Path: "firm/eq/n"}
	if d.Proof, err = Prove(seal, leaves, tag, testDay); err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		d.Samples.AddNumber(s)
	}
	for _, s := range texts {
		d.Samples.AddText(s)
	}
	return d
}

func TestDossier_ThroughJSONToTheBit(t *testing.T) {
	from := testDay.From()
	for name, d := range map[string]Dossier{
		"numbers": dossierOf(t, someSamples(rand.New(rand.NewPCG(9, 9)), testDay, 500), nil),
		"texts":   dossierOf(t, nil, []plant.Text{{Time: from}, {Time: from + 1, Value: "\xff\x00\"程序"}, {Time: from + 2, Quality: plant.Bad | plant.TooLong, Value: "x"}}),
	} {
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back Dossier
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		if err := back.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again, _ := json.Marshal(back); !reflect.DeepEqual(again, raw) {
			t.Errorf("%s: came back otherwise", name)
		}
		back.Samples.Rows[1].Time++
		if err := back.Check(); !errors.Is(err, ErrMismatch) && !errors.Is(err, ErrOrder) {
			t.Errorf("%s: a time that was changed: %v", name, err)
		}
	}
}

// FuzzDossier: whatever a file holds gives a dossier or an error, and what
// passes as evidence passes again after it was written.
func FuzzDossier(f *testing.F) {
	raw, err := json.Marshal(dossierOf(f, []plant.Sample{{Time: testDay.From(), Value: 1.5}, plant.BadSample(0, testDay.From()+9, plant.Sentinel, []byte{1})}, nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"samples":{"texts":true,"rows":[[1,2,"AA=="],[3,255,{"raw":"zz"}],[1,2]]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d Dossier
		if json.Unmarshal(raw, &d) != nil || d.Check() != nil {
			return
		}
		again, err := json.Marshal(d)
		var back Dossier
		if err != nil || json.Unmarshal(again, &back) != nil || back.Check() != nil {
			t.Errorf("%s became %s, %v", raw, again, err)
		}
	})
}
