package historytest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"zhigai/history"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// window is one of vibration: 20,000 values, noise that does not pack.
func window(seed uint64, single bool) string {
	w := waveform.Window{Rate: 25600, Values: make([]float64, 20_000)}
	for i := range w.Values {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		w.Values[i] = math.Sin(float64(i)/9) + float64(seed%1000)/1e4
		if single {
			w.Values[i] = float64(float32(w.Values[i]))
		}
	}
	return w.Encode()
}

// waveforms: windows of a signal come back exactly at every stage, in order of
// time, beside texts and samples; a later one wins, and they are deleted as
// texts are. What only looks like one is refused.
func waveforms(t *testing.T, p Place) {
	const tag = 11
	s := p.opened(t)
	var want []plant.Text
	for i := range 8 {
		one := plant.Text{Tag: tag, Time: start + plant.Micros(i)*second, Value: window(uint64(i)+1, i%2 == 0)}
		want = append(want, one)
		put(t, s, 1, plant.Batch{Texts: []plant.Text{one}, Samples: []plant.Sample{sample(7, one.Time, float64(i))}})
	}
	largest := waveform.Window{Rate: 1e6, Values: make([]float64, waveform.MaxValues)}
	for i := range largest.Values {
		largest.Values[i] = math.Pi * float64(i)
	}
	want = append(want, plant.Text{Tag: tag, Time: start + 100*second, Quality: plant.Uncertain | plant.Clock, Value: largest.Encode()},
		plant.Text{Tag: tag, Time: start + 101*second, Quality: plant.Bad | plant.Malformed, Value: "ab"})
	put(t, s, 1, plant.Batch{Texts: want[8:]})
	for _, stage := range []string{"acknowledged", "flushed", "opened again"} {
		switch stage {
		case "flushed":
			must(t, s.Flush())
		case "opened again":
			s = p.again(t, s)
		}
		if got := texts(t, s, 1, tag, math.MinInt64, math.MaxInt64); !slices.Equal(got, want) {
			t.Fatalf("%s: %d windows, not the %d that were stored, or not exact", stage, len(got), len(want))
		}
		if got := texts(t, s, 1, tag, want[3].Time, want[5].Time); !slices.Equal(got, want[3:5]) {
			t.Fatalf("%s: %d windows of two seconds; want 2", stage, len(got))
		}
		last, ok, err := s.TextBefore(t.Context(), 1, tag, want[8].Time+1)
		if err != nil || !ok || last != want[8] {
			t.Fatalf("%s: the last window before: %t, %v", stage, ok, err)
		}
		must(t, s.Verify(t.Context()))
	}
	corrected := plant.Text{Tag: tag, Time: want[2].Time, Value: window(99, true)}
	put(t, s, 1, plant.Batch{Texts: []plant.Text{corrected}})
	must(t, s.Flush())
	if got := texts(t, s, 1, tag, want[2].Time, want[3].Time); len(got) != 1 || got[0] != corrected {
		t.Error("a corrected window is not the one that counts")
	}
	if was, err := s.Superseded(t.Context(), 1, tag, want[2].Time, want[3].Time); err != nil || len(was) != 1 || was[0].Text != want[2].Value {
		t.Errorf("the window it replaced: %d, %v", len(was), err)
	}
	if n, err := s.DeleteBefore(t.Context(), 1, tag, want[4].Time); err != nil || n != 4 {
		t.Errorf("deleted %d, %v; want 4", n, err)
	}
	if got := texts(t, s, 1, tag, math.MinInt64, math.MaxInt64); !slices.Equal(got, want[4:]) {
		t.Errorf("%d windows left; want %d", len(got), len(want)-4)
	}
	if _, err := s.Append(t.Context(), 1, plant.Batch{Texts: []plant.Text{{Tag: tag, Time: start, Value: corrected.Value + strings.Repeat("x", 5)}}}); err == nil {
		t.Error("what is no window is stored as a text of any length")
	}
	if history.MaxValue < len(largest.Encode()) {
		t.Error("the largest window does not fit")
	}
}
