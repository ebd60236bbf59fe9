package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/shop/quality"
	"zhigai/shop/quality/certificate"
)

// certifying is inspection with rings of a known heat, ready to be certified.
type certifying struct {
	*inspection
	keeper   storeClient
	diameter quality.Characteristic
}

func newCertifying(t *testing.T) *certifying {
	i := newInspection(t)
	_, secret, err := i.n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "store", Role: "storekeeper"})
	must(t, err)
	c := &certifying{inspection: i, keeper: storeClient{t, i.engineer.base, secret}}
	machine, began := ringJob(t, i.n) // order MO-7: 40 good rings
	zh := func(name string) map[string]string { return map[string]string{"zh": name} }
	for code, unit := range map[string]string{"gcr15": "kg", "ring": "{piece}"} {
		c.keeper.must("PUT", "/material/items/"+code, map[string]any{"code": code, "name": zh(code), "unit": unit, "tracking": "lot", "rev": 0}, nil)
	}
	c.keeper.must("POST", "/material/locations", map[string]any{"code": "side", "name": zh("线边"), "kind": "line_side", "node": nodeAt(t, i.n, "firm/site/turning/line"), "rev": 0}, nil)
	book := func(e map[string]any) { c.keeper.must("POST", "/material/entries", e, nil) }
	book(map[string]any{"what": "received", "item": "gcr15", "lot": "H1", "to": "side", "quantity": "100", "party": "钢厂", "paper": "C-77"})
	book(map[string]any{"what": "produced", "item": "ring", "lot": "R1", "to": "side", "quantity": "40", "order": "MO-7", "job": 10, "equipment": machine, "at": began.Add(time.Second).Format(time.RFC3339Nano), "key": "r1"})
	c.keeper.must("POST", "/material/backflush", map[string]any{"order": "MO-7", "job": 10}, nil)
	c.diameter = i.characteristic(nil)
	return c
}

func (c *certifying) measured(v float64, more map[string]any) (m quality.Measured) {
	c.t.Helper()
	body := map[string]any{"values": []float64{v}, "order": "MO-7"}
	maps.Copy(body, more)
	c.operator.must("POST", "/characteristics/"+c.diameter.ID+"/measurements", body, &m)
	return m
}

func (c *certifying) against() (kinds []string) {
	c.t.Helper()
	var p certificate.Preview
	c.viewer.must("POST", "/quality/certificate-previews", map[string]any{"order": "MO-7"}, &p)
	for _, o := range p.Against {
		kinds = append(kinds, o.Kind)
	}
	return kinds
}

// change does something to a certificate whose rev was seen.
func (c *certifying) change(what, number string, rev int64, body map[string]any) (int, certificate.View) {
	c.t.Helper()
	var v certificate.View
	status, _ := apiClient{c.t, c.engineer.base, c.engineer.secret}.send(http.MethodPost, "/api/v1/quality/certificates/"+number+"/"+what, http.Header{"If-Match": {fmt.Sprint(rev)}}, body, &v)
	return status, v
}

// TestCertificate_FromRefusalToWithdrawal: an order is certified when what stood against
// it is mended; its digest is of its bytes, what is known later is told, a revision takes
// its place, and what a paper says can be checked.
func TestCertificate_FromRefusalToWithdrawal(t *testing.T) {
	t.Parallel()
	c := newCertifying(t)
	ask := map[string]any{"order": "MO-7", "quantity": 38, "note": "按图纸 A3", "key": "k1"}
	if status, why := c.engineer.call("POST", "/quality/certificates", ask); status != 409 || !strings.Contains(string(why), "was not inspected") {
		t.Errorf("nothing was inspected: %d %s", status, why)
	}
	c.measured(30.001, nil)
	bad := c.measured(30.025, nil)
	if got := c.against(); !slices.Equal(got, []string{"outside"}) {
		t.Errorf("a value outside: %v stand against it", got)
	}
	var of quality.Case
	c.operator.must("POST", "/nonconformances", map[string]any{"characteristic": c.diameter.ID, "subgroup": bad.Subgroup.ID, "order": "MO-7", "severity": "major", "text": "外径超上差", "quantity": 2}, &of)
	if got := c.against(); !slices.Equal(got, []string{"open_case", "outside"}) {
		t.Errorf("an open case: %v stand against it", got)
	}
	c.operator.must("POST", "/nonconformances/"+of.ID+"/state", map[string]any{"state": "contained", "text": "客户同意使用", "disposition": "concession", "rev": of.Rev}, &of)
	if status, why := c.operator.call("POST", "/quality/certificates", ask); status != 403 {
		t.Errorf("whoever makes them certifies: %d %s", status, why)
	}
	var v, again certificate.View
	c.engineer.must("POST", "/quality/certificates", ask, &v)
	c.engineer.must("POST", "/quality/certificates", ask, &again)
	said := v.Revisions[0].Content
	if v.Number != again.Number || v.Revision != 1 || !v.Revisions[0].Intact || len(v.Differs) != 0 || said.Quantity != 38 || said.ReleasedBy != "engineer" {
		t.Fatalf("issued %+v, asked again %s, differs %+v", v.Head, again.Number, v.Differs)
	}
	if l := said.Lines[0]; l.N != 2 || *l.Max != 30.025 || l.Result != certificate.Concession || len(said.Heats) != 1 || said.Heats[0].Paper != "C-77" || said.Cases[0].Why != "客户同意使用" || said.Lots[0].Number != "R1" {
		t.Errorf("it says %+v", said)
	}
	c.files(v)
	c.laterFacts(v)
}

// files: the bytes have the digest, the PDF is one, a sheet lists it.
func (c *certifying) files(v certificate.View) {
	t := c.t
	at := "/quality/certificates/" + v.Number + "/revisions/1/"
	_, raw := c.viewer.call("GET", at+"content", nil)
	sum := sha256.Sum256(raw)
	if hex.EncodeToString(sum[:]) != v.Digest || !json.Valid(raw) {
		t.Errorf("%d bytes with the SHA-256 %x; want %s", len(raw), sum, v.Digest)
	}
	status, first := c.viewer.call("GET", at+"pdf", nil)
	_, second := c.viewer.call("GET", at+"pdf", nil)
	if status != 200 || !bytes.HasPrefix(first, []byte("%PDF-")) || !bytes.Equal(first, second) {
		t.Errorf("PDF: %d, %d bytes, twice the same %v", status, len(first), bytes.Equal(first, second))
	}
	if _, sheet := c.viewer.call("GET", "/quality/certificate-sheet?format=csv&q=mo-7", nil); !bytes.Contains(sheet, []byte(v.Digest)) {
		t.Errorf("the sheet: %s", sheet)
	}
	for query, want := range map[string]int{"": 1, "?q=RING": 1, "?q=nobody": 0, "?state=withdrawn": 0, "?product=ring&order=MO-7": 1} {
		var list struct{ Items []certificate.Head }
		c.viewer.must("GET", "/quality/certificates"+query, nil, &list)
		if len(list.Items) != want {
			t.Errorf("list %q: %d; want %d", query, len(list.Items), want)
		}
	}
}

func (c *certifying) laterFacts(v certificate.View) {
	t := c.t
	check := func(digest, verdict string, revision int) {
		t.Helper()
		var got certificate.Check
		c.viewer.must("GET", "/quality/certificate-check?number="+v.Number+"&digest="+digest, nil, &got)
		if got.Verdict != verdict || got.Revision != revision {
			t.Errorf("check of %.12s: %+v; want %s, revision %d", digest, got, verdict, revision)
		}
	}
	check(v.Digest, "valid", 1)
	check(v.Digest[:12], "valid", 1)
	check(strings.Repeat("0", 64), "other_digest", 0)
	c.measured(30.002, nil)
	c.keeper.must("POST", "/material/entries", map[string]any{"what": "blocked", "item": "gcr15", "lot": "H1", "reason": "夹杂"}, nil)
	var now certificate.View
	c.viewer.must("GET", "/quality/certificates/"+v.Number, nil, &now)
	var what []string
	for _, d := range now.Differs {
		what = append(what, d.What)
	}
	if !slices.Equal(what, []string{"line", "obstacle"}) {
		t.Errorf("known since: %+v", now.Differs)
	}
	if status, _ := c.change("revisions", v.Number, v.Rev, map[string]any{"reason": "补测"}); status != 409 {
		t.Errorf("revised while a heat is blocked: %d", status)
	}
	c.keeper.must("POST", "/material/entries", map[string]any{"what": "unblocked", "item": "gcr15", "lot": "H1", "note": "复检合格"}, nil)
	if status, _ := c.change("revisions", v.Number, v.Rev+5, map[string]any{"reason": "补测"}); status != 409 {
		t.Errorf("revised as nobody saw it: %d", status)
	}
	status, next := c.change("revisions", v.Number, v.Rev, map[string]any{"reason": "补测"})
	if status != 201 || next.Revision != 2 || next.Revisions[1].State != certificate.Replaced || next.Revisions[1].Digest != v.Digest || next.Revisions[0].Content.Lines[0].N != 3 || len(next.Differs) != 0 {
		t.Fatalf("revised: %d %+v", status, next)
	}
	check(v.Digest, "replaced", 1)
	status, gone := c.change("withdrawal", v.Number, next.Rev, map[string]any{"reason": "客户退货"})
	if status != 200 || gone.State != certificate.Withdrawn || gone.Revisions[0].Ended == nil || gone.Revisions[0].Ended.Reason != "客户退货" {
		t.Errorf("withdrawn: %d %+v", status, gone.Head)
	}
	check(next.Digest, "withdrawn", 2)
	if status, _ = c.change("withdrawal", v.Number, gone.Rev, map[string]any{"reason": "x"}); status != 422 {
		t.Errorf("withdrawn twice: %d", status)
	}
}

// TestCertificate_DoubtedGauge: what a gauge measured while it was off stands against a
// certificate until it is measured again.
func TestCertificate_DoubtedGauge(t *testing.T) {
	t.Parallel()
	c := newCertifying(t)
	var g quality.Gauge
	c.engineer.must("POST", "/gauges", map[string]any{"number": "Q-9", "name": map[string]string{"zh": "千分尺"}, "place": c.lathe, "reference": 30, "days": 365, "calibrated": time.Now().Add(-48 * time.Hour).UTC()}, &g)
	c.measured(30.001, map[string]any{"gauge": g.ID})
	if got := c.against(); len(got) != 0 {
		t.Fatalf("measured with a good gauge: %v stand against it", got)
	}
	for k := range 40 { // checks before and after now: from the twentieth on it is 20 µm off
		at := time.Now().Add(-time.Duration(40-k) * time.Minute)
		off := 0.0002 * float64(k%3-1)
		if k >= 20 {
			off += 0.02
		}
		c.operator.must("POST", "/gauges/"+g.ID+"/checks", map[string]any{"readings": []float64{30 + off}, "at": at.UTC().Format(time.RFC3339Nano)}, nil)
	}
	if got := c.against(); !slices.Equal(got, []string{"doubtful_gauge"}) {
		t.Errorf("measured with a gauge that was off: %v stand against it", got)
	}
	c.measured(30.002, nil) // without that gauge
	if got := c.against(); len(got) != 0 {
		t.Errorf("measured again: %v stand against it", got)
	}
	var p certificate.Preview
	c.viewer.must("POST", "/quality/certificate-previews", map[string]any{"lot": "ring:R1"}, &p)
	if l := p.Content.Lines[0]; l.N != 1 || l.Again != 1 || p.Content.Order != "MO-7" {
		t.Errorf("of the lot: %+v", l)
	}
}
