package plant

import (
	"encoding/json"
	"math"
	"testing"
)

func TestQuantity_ReadsExactly(t *testing.T) {
	good := func(text string, want Quantity, back string) {
		t.Helper()
		got, err := ParseQuantity(text)
		if err != nil || got != want || got.String() != back {
			t.Errorf("ParseQuantity(%q) = %d (%s), %v; want %d (%s)", text, got, got, err, want, back)
		}
	}
	good("0", 0, "0")
	good("0.125", 125_000, "0.125")
	good("12.500000", 12_500_000, "12.5")
	good("-0.000001", -1, "-0.000001")
	good("0007", 7*One, "7")
	good("9000000000000", 9_000_000_000_000*One, "9000000000000")
	for _, text := range []string{"", "-", ".5", "5.", "1e3", "0.1234567", "1,5", " 1", "１", "99999999999999", "9999999999999", "--1", "+1", "NaN"} {
		if got, err := ParseQuantity(text); err == nil {
			t.Errorf("ParseQuantity(%q) = %s; want it refused", text, got)
		}
	}
}

func TestQuantity_JSONIsAText(t *testing.T) {
	raw, err := json.Marshal(struct {
		Q Quantity `json:"q"`
	}{1_250_000})
	if err != nil || string(raw) != `{"q":"1.25"}` {
		t.Errorf("written as %s, %v", raw, err)
	}
	var back struct {
		Q Quantity `json:"q"`
	}
	if err := json.Unmarshal(raw, &back); err != nil || back.Q != 1_250_000 {
		t.Errorf("read back as %d, %v", back.Q, err)
	}
	if err := json.Unmarshal([]byte(`{"q":1}`), &back); err == nil {
		t.Error("a number was taken")
	}
}

func TestQuantity_TimesSaysWhenItIsTooLarge(t *testing.T) {
	if got, ok := Quantity(125_000).Times(8); !ok || got != One {
		t.Errorf("0.125 eight times = %s, %v", got, ok)
	}
	for _, n := range []int64{math.MaxInt64, math.MinInt64, 1 << 62} {
		if got, ok := One.Times(n); ok {
			t.Errorf("a unit %d times = %s; want that it is too large", n, got)
		}
	}
	if _, ok := Units(math.MaxInt64); ok {
		t.Error("more units than can be held were held")
	}
}

func FuzzParseQuantity(f *testing.F) {
	f.Add("12.5")
	f.Add("-0.000001")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuantity(text)
		if err != nil {
			return
		}
		back, err := ParseQuantity(q.String())
		if err != nil || back != q {
			t.Errorf("%q is %d, written %s, read back %d, %v", text, q, q, back, err)
		}
	})
}
