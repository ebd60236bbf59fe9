package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/evidence"
	"zhigai/fact"
	"zhigai/plant"
)

// TestEvidence_VerifyAndExport seals a past day of a node and checks it from
// the command line, with the node stopped.
func TestEvidence_VerifyAndExport(t *testing.T) {
	at := place{Data: t.TempDir()}
	n, err := openNode(t.Context(), at, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	must(t, n.book.Seal(t.Context())) // it begins here
	tags, err := n.shop.EnsureTags(t.Context(), demoTenant, []plant.Tag{
		{Node: "EQ", Name: "count.good", Path: "firm/eq/count.good", Kind: plant.KindNumber, Retention: plant.RetainLong},
		{Node: "EQ", Name: "program.name", Path: "firm/eq/program.name", Kind: plant.KindText, Retention: plant.RetainShort},
	})
	must(t, err)
	yesterday := evidence.DayAt(plant.MicrosOf(time.Now())) - 1
	b := plant.Batch{Texts: []plant.Text{{Tag: tags[1].No, Time: yesterday.From(), Value: "O1"}}}
	for i := range 1000 {
		b.Samples = append(b.Samples, plant.Sample{Tag: tags[0].No, Time: yesterday.From() + plant.Micros(i*60_000_000), Value: float64(i) / 3})
	}
	_, err = n.history.Append(t.Context(), demoTenant, b)
	must(t, err)
	_, err = n.history.Append(t.Context(), demoTenant, plant.Batch{Samples: []plant.Sample{{Tag: tags[0].No, Time: (yesterday - 100).From(), Value: 1}}})
	must(t, err)
	// What is not sealed is not deleted, however old.
	must(t, n.deleteOld(t.Context(), time.Now().AddDate(20, 0, 0)))
	left := 0
	must(t, n.history.Samples(t.Context(), demoTenant, tags[0].No, 0, yesterday.To(), func(plant.Sample) bool { left++; return true }))
	if left != 1001 {
		t.Fatalf("%d of 1001 samples are left before they are sealed", left)
	}
	must(t, n.close())

	// The day after tomorrow the node seals what was recorded today.
	s, err := openStores(t.Context(), at)
	must(t, err)
	book := s.newBookAt(slog.New(slog.DiscardHandler), func() time.Time { return time.Now().AddDate(0, 0, 2) })
	must(t, book.Seal(t.Context()))
	events, err := s.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindSeal}})
	must(t, err)
	if len(events) != 1 {
		t.Fatalf("%d seals are facts", len(events))
	}
	must(t, s.Close())
	noted := filepath.Join(t.TempDir(), "seal.json")
	must(t, os.WriteFile(noted, events[0].Payload, 0o600))

	verify := func(c evidenceVerifyCmd) string {
		t.Helper()
		var out bytes.Buffer
		c.place = at
		if err := c.do(t.Context(), &out); err != nil {
			return out.String() + err.Error()
		}
		return out.String()
	}
	if got := verify(evidenceVerifyCmd{Seal: noted}); !strings.HasPrefix(got, "1 seals with 3 leaves; 3 tag-days with 1002 samples compared\n") || strings.Contains(got, "differs") {
		t.Errorf("%s", got)
	}
	file := filepath.Join(t.TempDir(), "day.json")
	must(t, evidenceExportCmd{place: at, Tag: "firm/eq/count.good", Day: yesterday.String(), Out: file}.Run(t.Context()))
	if got := verify(evidenceVerifyCmd{File: file, Seal: noted}); !strings.HasPrefix(got, "1000 samples of firm/eq/count.good on "+yesterday.String()+" are as they were sealed") {
		t.Errorf("%s", got)
	}
	raw, err := os.ReadFile(file)
	must(t, err)
	for name, change := range map[string]func(d *evidence.Dossier){
		"value": func(d *evidence.Dossier) { d.Samples.Rows[500].Value += 1e-12 },
		"less":  func(d *evidence.Dossier) { d.Samples.Rows = d.Samples.Rows[1:] },
		"leaf":  func(d *evidence.Dossier) { d.Proof.Leaf.Tag.Name = "count.scrap" },
	} {
		var d evidence.Dossier
		must(t, json.Unmarshal(raw, &d))
		change(&d)
		forged, err := json.Marshal(d)
		must(t, err)
		must(t, os.WriteFile(file, forged, 0o600))
		if got := verify(evidenceVerifyCmd{File: file}); !strings.Contains(got, evidence.ErrMismatch.Error()) {
			t.Errorf("%s: %s", name, got)
		}
	}
	var other evidence.Seal
	must(t, json.Unmarshal(events[0].Payload, &other))
	other.Root[0] ^= 1
	changed, err := json.Marshal(other)
	must(t, err)
	must(t, os.WriteFile(noted, changed, 0o600))
	if got := verify(evidenceVerifyCmd{Seal: noted}); !strings.Contains(got, fmt.Sprintf("differs: seal 1 of %s was noted with the hash", other.Day)) {
		t.Errorf("%s", got)
	}
}
