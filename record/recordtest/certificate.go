package recordtest

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/quality/certificate"
)

// Certificates is what a store of certificates of conformity must do.
func Certificates(t *testing.T, store certificate.Store, journal fact.Journal) {
	ctx := t.Context()
	at := plant.InstantOf(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	made := func(number, order, path string, i plant.Instant) certificate.Certificate {
		return certificate.Certificate{
			Number: number, Rev: 1, State: certificate.Issued, Order: order, Product: "ring", Customer: "Müller", Quantity: 5, Path: path, Issued: at + i,
			Issues: []certificate.Issue{{Revision: 1, State: certificate.Issued, Digest: "d1", Content: json.RawMessage(`{"a":"\u003c"}`), At: at + i, By: "wang"}},
		}
	}
	a, b := made("QC2026-000001", "MO-1", "xc/w1", 0), made("QC2026-000002", "MO-2", "xc/w2", 10)
	must(t, store.SaveCertificate(ctx, 1, a, 0, "wang", "k1"))
	must(t, store.SaveCertificate(ctx, 1, b, 0, "wang", ""))
	must(t, store.SaveCertificate(ctx, 2, made("QC2026-000001", "MO-1", "xc/w1", 0), 0, "wang", ""))
	if err := store.SaveCertificate(ctx, 1, a, 0, "li", ""); !errors.Is(err, access.ErrConflict) {
		t.Errorf("the number is taken: %v", err)
	}
	if got, err := store.Certificate(ctx, 1, a.Number); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("read %+v, %v; want %+v", got, err, a)
	}
	if got, err := store.KeyedCertificate(ctx, 1, "wang", "k1"); err != nil || got.Number != a.Number {
		t.Errorf("by its key: %+v, %v", got, err)
	}
	for _, key := range []string{"", "k2"} {
		if _, err := store.KeyedCertificate(ctx, 1, "wang", key); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("by the key %q: %v", key, err)
		}
	}
	for beginning, want := range map[string]string{"QC2026-": b.Number, "QC2025-": ""} {
		if got, err := store.LastNumber(ctx, 1, beginning); err != nil || got != want {
			t.Errorf("last of %s: %q, %v; want %q", beginning, got, err, want)
		}
	}
	b.Rev, b.State, b.Issues[0].State, b.Issues[0].Ended = 2, certificate.Withdrawn, certificate.Withdrawn, &certificate.Ending{At: at + 20, By: "wang", Reason: "returned"}
	must(t, store.SaveCertificate(ctx, 1, b, 1, "", ""))
	scope := access.Scope{Tenant: 1}
	for _, c := range []struct {
		f    certificate.Filter
		want []certificate.Certificate
	}{
		{certificate.Filter{Scope: scope, Limit: 9}, []certificate.Certificate{b, a}},
		{certificate.Filter{Scope: scope, Limit: 1}, []certificate.Certificate{b}},
		{certificate.Filter{Scope: scope, Before: b.Number, Limit: 9}, []certificate.Certificate{a}},
		{certificate.Filter{Scope: scope, State: certificate.Withdrawn, Limit: 9}, []certificate.Certificate{b}},
		{certificate.Filter{Scope: scope, Order: "MO-1", Product: "ring", Limit: 9}, []certificate.Certificate{a}},
		{certificate.Filter{Scope: scope, Text: "mo-2", Limit: 9}, []certificate.Certificate{b}},
		{certificate.Filter{Scope: scope, Text: "%", Limit: 9}, []certificate.Certificate{}},
		{certificate.Filter{Scope: scope, From: at + 1, To: at + 11, Limit: 9}, []certificate.Certificate{b}},
		{certificate.Filter{Scope: access.Scope{Tenant: 1, Path: "xc/w1"}, Limit: 9}, []certificate.Certificate{a}},
		{certificate.Filter{Scope: access.Scope{Tenant: 3}, Limit: 9}, []certificate.Certificate{}},
	} {
		if got, err := store.Certificates(ctx, c.f); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("certificates of %+v: %+v, %v; want %+v", c.f, got, err, c.want)
		}
	}
	facts, err := journal.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindQualityCertificate}, Sources: []string{b.Source()}})
	if err != nil || len(facts) != 2 || facts[1].SourceSeq != 2 {
		t.Errorf("facts of the certificate: %+v, %v", facts, err)
	}
}
