package sim

import (
	"encoding/hex"
	"math"
	"testing"
	"time"

	"zhigai/plant"
)

// Bytes worked out by hand: 12.5 is 41480000, 0x01020304 is 16,909,060.
func TestPlace_Encode(t *testing.T) {
	f := func(at string, scale, offset, v float64, want string) {
		t.Helper()
		p, err := placeOf(at)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 2*p.count)
		s := &Signal{Scale: scale, Offset: offset}
		p.encode(b, s, value{num: v})
		if got := hex.EncodeToString(b); got != want {
			t.Errorf("%s of %v = %s; want %s", at, v, got, want)
		}
		if p.form != "bcd16" && p.form != "bcd32" && v >= 0 {
			if back, ok := p.decode(b, s); !ok || math.Abs(back-v) > 1e-9*math.Abs(v)+scale/2 {
				t.Errorf("%s: %v comes back as %v", at, v, back)
			}
		}
	}
	f("holding 0 uint16", 0, 0, 258, "0102")
	f("holding 0 uint16 BADC", 0, 0, 258, "0201")
	f("holding 0 int16", 0, 0, -2, "fffe")
	f("input 0 int16", 0.1, -10, 15.5, "00ff")
	f("holding 0 uint32", 0, 0, 16909060, "01020304")
	f("holding 0 uint32 CDAB", 0, 0, 16909060, "03040102")
	f("holding 0 uint32 BADC", 0, 0, 16909060, "02010403")
	f("holding 0 uint32 DCBA", 0, 0, 16909060, "04030201")
	f("holding 0 float32", 0, 0, 12.5, "41480000")
	f("holding 0 float32 CDAB", 0, 0, 12.5, "00004148")
	f("holding 0 float64", 0, 0, 12.5, "4029000000000000")
	f("holding 0 float64 CDAB", 0, 0, 12.5, "0000000000004029")
	f("holding 0 float64 DCBA", 0, 0, 12.5, "0000000000002940")
	f("holding 0 uint64", 0, 0, 1, "0000000000000001")
	f("holding 0 int64", 0, 0, -1, "ffffffffffffffff")
	f("holding 0.0 bool", 0, 0, 1, "0001")
	f("holding 0.15 bool", 0, 0, 1, "8000")
	f("holding 0 bcd16", 0, 0, 1234, "1234")
	f("holding 0 bcd32", 0, 0, 12345678, "12345678")
	f("holding 0 bcd32 CDAB", 0, 0, 12345678, "56781234")
}

func TestPlace_EncodeRollsOver(t *testing.T) {
	p, err := placeOf("holding 0 uint16")
	if err != nil {
		t.Fatal(err)
	}
	var b [2]byte
	p.encode(b[:], &Signal{}, value{num: 65536 + 7})
	if b != [2]byte{0, 7} {
		t.Errorf("65543 in 16 bits = %x; want 0007", b)
	}
}

func TestPlace_Text(t *testing.T) {
	for at, want := range map[string]string{
		"holding 0 string5":      "363330350000", // one byte of the last register stays empty
		"holding 0 string4 BADC": "33363530",
		"holding 0 string2 DCBA": "3336",
	} {
		p, err := placeOf(at)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 2*p.count)
		p.encode(b, &Signal{Kind: plant.KindText}, value{text: "6305"})
		if got := hex.EncodeToString(b); got != want {
			t.Errorf("%s = %s; want %s", at, got, want)
		}
	}
}

func TestPlaceOf_Refuses(t *testing.T) {
	for _, at := range []string{
		"", "holding 0", "shelf 0 int16", "holding x int16", "holding -1 int16", "holding 70000 int16", "holding 65535 float32",
		"holding 0.16 bool", "holding 0.3 int16", "holding 0 bool", "coil 3.1 bool", "coil 3 int16", "holding 0 int12", "holding 0 string0",
		"holding 0 string999", "holding 0 int32 ABDC", "holding 0 int32 AB", "holding 0 int16 ABCD more",
	} {
		if p, err := placeOf(at); err == nil {
			t.Errorf("%q = %+v; want an error", at, p)
		}
	}
}

func FuzzPlaceOf(f *testing.F) {
	for _, at := range []string{"holding 52 float32 CDAB", "coil 3 bool", "input 40.15 bool", "holding 1 string16 BADC", "holding 9 bcd32"} {
		f.Add(at, 12.5)
	}
	f.Fuzz(func(t *testing.T, at string, v float64) {
		p, err := placeOf(at)
		if err != nil {
			return
		}
		b := make([]byte, 2*p.count)
		p.encode(b, &Signal{Scale: 0.1, Offset: 3}, value{num: v, text: at})
		p.spoil(b, Sentinel)
		p.decode(b, &Signal{})
	})
}

// Noise has the mean and the spread of a standard normal, and no neighbour
// resembles another.
func TestNormal(t *testing.T) {
	const n = 200_000
	sum, squares, lagged, last := 0.0, 0.0, 0.0, 0.0
	for i := range n {
		v := normal(uint64(i))
		sum, squares, lagged = sum+v, squares+v*v, lagged+v*last
		last = v
	}
	if mean := sum / n; math.Abs(mean) > 0.01 {
		t.Errorf("mean %v", mean)
	}
	if variance := squares / n; math.Abs(variance-1) > 0.01 {
		t.Errorf("variance %v", variance)
	}
	if c := lagged / n; math.Abs(c) > 0.01 {
		t.Errorf("correlation with the neighbour %v", c)
	}
}

func TestRoster(t *testing.T) {
	r := &roster{calendar: plant.Calendar{Zone: "Asia/Shanghai", Shifts: []plant.Shift{
		{Code: "day", Start: "08:00", End: "16:00", Weekdays: []int{1, 2, 3, 4, 5}, Breaks: []plant.Break{{Start: "12:00", End: "12:30"}}},
	}, Holidays: []plant.Day{{Date: "2026-11-25"}}}}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	f := func(at string, want duty, until string) {
		t.Helper()
		clock := func(s string) plant.Micros {
			c, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
			if err != nil {
				t.Fatal(err)
			}
			return plant.MicrosOf(c)
		}
		if got, end := r.at(clock(at)); got != want || end != clock(until) {
			t.Errorf("%s: %d until %s; want %d until %s", at, got, end.Time().In(zone), want, until)
		}
	}
	f("2026-11-23 08:00", working, "2026-11-23 12:00")
	f("2026-11-23 12:00", resting, "2026-11-23 12:30")
	f("2026-11-23 12:30", working, "2026-11-23 16:00")
	f("2026-11-23 16:00", away, "2026-11-24 08:00")
	f("2026-11-24 17:00", away, "2026-11-26 08:00") // over the holiday
	f("2026-11-27 20:00", away, "2026-11-30 08:00") // over the weekend
	f("2026-11-23 03:00", away, "2026-11-23 08:00") // back again
	if got, _ := (*roster)(nil).at(0); got != working {
		t.Errorf("without a calendar: %d", got)
	}
}
