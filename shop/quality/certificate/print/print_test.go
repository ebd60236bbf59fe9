package print

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"zhigai/plant"
	"zhigai/shop/quality"
	"zhigai/shop/quality/certificate"
)

func issue(t *testing.T, change func(*certificate.Content)) certificate.Issue {
	t.Helper()
	low, high, mean := 29.98, 30.02, 30.001
	c := certificate.Content{
		Number: "QC2026-000001", Revision: 2, Issued: 1_800_000_000_000_000, ReleasedBy: "王工", Inspectors: []string{"li"}, Machines: 2,
		Order: "MO-1", Product: "ring", ProductName: plant.Name{ZH: "套圈", EN: "ring"}, Quantity: 38, Unit: "{piece}", Lots: []certificate.Lot{{Number: "R1"}},
		Heats: []certificate.Heat{{Item: "gcr15", Number: "H1", Supplier: "钢厂", Paper: "C-77"}},
		Lines: []certificate.Line{
			{Code: "3.1", Name: plant.Name{ZH: "外径"}, Unit: "mm", Decimals: 3, LSL: &low, USL: &high, N: 25, Subgroups: 25, Min: &low, Mean: &mean, Max: &high, Result: certificate.Concession, Inspections: []string{"a", "b", "c", "d"}, IDs: strings.Repeat("0", 64), Again: 1},
			{Code: "4", Name: plant.Name{ZH: "外观"}, Attribute: true, N: 80, Subgroups: 1, Found: 1, Plan: "n 80, Ac 2, Re 3", Result: certificate.Conforms, Inspections: []string{"e"}},
		},
		Gauges: []certificate.Gauge{{Number: "Q-1", Name: plant.Name{ZH: "千分尺"}, State: certificate.GaugeOverdue, Since: 1_800_000_000_000_000}},
		Cases:  []certificate.Case{{Text: "外径超上差", Quantity: 2, State: quality.CaseContained, Disposition: "concession", By: "wang", Why: "客户同意"}},
	}
	change(&c)
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	return certificate.Issue{Revision: c.Revision, State: certificate.Issued, Digest: hex.EncodeToString(sum[:]), Content: raw, At: c.Issued, By: c.ReleasedBy}
}

func pages(t *testing.T, i certificate.Issue) ([]byte, int) {
	t.Helper()
	var b bytes.Buffer
	if err := PDF(i, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), bytes.Count(b.Bytes(), []byte("/Type /Page\n"))
}

// The same revision gives the same bytes; one that is withdrawn, or whose content is not
// that of the digest, looks otherwise; a long one goes on.
func TestPDF(t *testing.T) {
	of := issue(t, func(*certificate.Content) {})
	first, n := pages(t, of)
	if again, _ := pages(t, of); !bytes.Equal(first, again) || !bytes.HasPrefix(first, []byte("%PDF-")) || n > 2 {
		t.Errorf("%d bytes on %d pages, twice the same %v", len(first), n, bytes.Equal(first, again))
	}
	gone := of
	gone.State, gone.Ended = certificate.Withdrawn, &certificate.Ending{At: of.At + 1, By: "wang", Reason: "returned"}
	spoilt := of
	spoilt.Digest = strings.Repeat("0", 64)
	for name, other := range map[string]certificate.Issue{"withdrawn": gone, "spoilt": spoilt} {
		if got, _ := pages(t, other); bytes.Equal(got, first) {
			t.Errorf("%s: it looks as if it held", name)
		}
	}
	long := issue(t, func(c *certificate.Content) {
		for range 60 {
			c.Lines = append(c.Lines, c.Lines[0])
		}
	})
	if _, n := pages(t, long); n < 3 {
		t.Errorf("62 characteristics on %d pages", n)
	}
	if got := Code("QC2026-000001", 2, "ab"); got != "ZGQC1.QC2026-000001.2.ab" {
		t.Errorf("the QR code says %q", got)
	}
}
