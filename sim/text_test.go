package sim

import (
	"testing"

	"zhigai/plant"
)

// Whatever the pattern: a line is made that the pattern fits, or it is refused.
func FuzzTextLine(f *testing.F) {
	for _, pattern := range []string{`^S +S +(?P<w>-?[0-9.]+) *(?P<unit>g|kg)$`, `(?P<w>\d{6})`, `(?i:net) (?P<w>\S+)\b`, `(?P<w>)`, `^(?P<w>.*)(a|b)*[^x]$`} {
		f.Add(pattern, "kg", 12.5)
	}
	f.Fuzz(func(t *testing.T, pattern, unit string, v float64) {
		m := &machine{kind: Kind{Signals: []Signal{{Name: "w", Kind: plant.KindNumber, At: "w /" + pattern + "/ in " + unit}}}, values: []value{{num: v}}, faults: map[FaultKind]bool{}}
		lines, err := m.lines()
		if err != nil {
			return
		}
		if said, err := lines[0].say(m, false); err == nil && !lines[0].pattern.MatchString(said) {
			t.Errorf("%q does not fit %q", said, pattern)
		}
	})
}
