package modbus_test

import (
	"encoding/binary"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
)

// Every profile that is delivered is read from a device made of itself: each
// signal has a known raw value, encoded here from the words of its address and
// not with the client's own code, and must come out of client and gate as the
// number a person would read on the display.
func TestProfiles_EverySignalComesOutScaled(t *testing.T) {
	library, err := profile.Load(data.FS, "profiles", nil)
	must(t, err)
	seen := 0
	for _, p := range library.List() {
		if p.Protocol != modbus.Kind {
			continue
		}
		seen++
		t.Run(p.ID, func(t *testing.T) { readProfile(t, p) })
	}
	if seen == 0 {
		t.Error("no modbus profile is delivered")
	}
}

func readProfile(t *testing.T, p *profile.Profile) {
	t.Helper()
	b := newBank()
	wants := make([]conntest.Want, len(p.Signals))
	params := map[string]string{}
	for i := range p.Signals {
		s := &p.Signals[i]
		for _, name := range regexp.MustCompile(`\{([a-z_]+)\}`).FindAllStringSubmatch(s.At, -1) {
			params[name[1]] = "0"
		}
		wants[i] = b.hold(t, s, i)
	}
	d := serve(t, honest(b))
	d.ID, d.Params = "d", params
	node := plant.Node{ID: "n", Path: "line/machine", Machine: &plant.Equipment{Profile: p.ID, Device: d}}
	tags := p.Tags(node)
	for i := range tags {
		tags[i].No = plant.TagNo(i + 1)
	}
	spec, err := p.Spec(1, node, tags)
	must(t, err)
	got := connect.Trial(t.Context(), modbus.New(), spec, time.Now)
	if !got.OK || len(got.Values) != len(p.Signals) {
		t.Fatalf("%d values of %d signals: %s", len(got.Values), len(p.Signals), got.Error)
	}
	for i, v := range got.Values {
		w, name := wants[i], p.Signals[i].Name
		switch {
		case v.Name != name || v.Quality != "good":
			t.Errorf("%s: %+v", name, v)
		case w.Kind == plant.KindText && v.Text != w.Text, w.Kind != plant.KindText && (v.Value == nil || math.Abs(*v.Value-w.Number) > 1e-9):
			t.Errorf("%s = %s; want %v %q", name, show(v), w.Number, w.Text)
		}
	}
}

func show(v connect.LatestValue) string {
	if v.Value == nil {
		return v.Text
	}
	return strconv.FormatFloat(*v.Value, 'g', -1, 64)
}

// hold puts a value of signal number i where the profile says, and returns
// what must be read.
func (b *bank) hold(t *testing.T, s *profile.Signal, i int) conntest.Want {
	t.Helper()
	parts := strings.Fields(regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(s.At, "0"))
	table, place := map[string]pdu.Table{"holding": pdu.Holding, "input": pdu.Input, "coil": pdu.Coils, "discrete": pdu.DiscreteInputs}[parts[0]], parts[1]
	number, bit, _ := strings.Cut(place, ".")
	at, err := strconv.ParseUint(number, 10, 16)
	must(t, err)
	w := conntest.Want{Kind: s.Kind, Number: float64(i % 2)}
	if bank, ok := b.bits[table]; ok {
		bank[uint16(at)] = byte(i % 2)
		return w
	}
	if parts[2] == "bool" {
		n, err := strconv.Atoi(bit)
		must(t, err)
		b.registers[table][uint16(at)] |= uint16(i%2) << n
		return w
	}
	raw := rawOf(t, s, parts[2], i, &w)
	if len(parts) == 4 {
		reorder(raw, parts[3])
	}
	for j := 0; j < len(raw); j += 2 {
		a := uint16(at) + uint16(j/2)
		if _, taken := b.registers[table][a]; taken {
			t.Fatalf("%s: register %d belongs to another signal too", s.Name, a)
		}
		b.registers[table][a] = binary.BigEndian.Uint16(raw[j:])
	}
	return w
}

// rawOf chooses a raw value within the signal's range and says in w what it
// means.
func rawOf(t *testing.T, s *profile.Signal, form string, i int, w *conntest.Want) []byte {
	t.Helper()
	if size, ok := strings.CutPrefix(form, "string"); ok {
		n, err := strconv.Atoi(size)
		must(t, err)
		w.Text = ("值" + s.Name)[:min(n, 3+len(s.Name))]
		raw := make([]byte, (n+1)/2*2)
		copy(raw, w.Text)
		return raw
	}
	scale, offset := s.Scaling()
	low, high := -1e300, 1e300
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	value := min(max(12+float64(i), low), high) // each signal another value, so that a mix-up shows
	if s.Kind == plant.KindEnumeration {
		codes := make([]int64, 0, len(s.Values))
		for code := range s.Values {
			codes = append(codes, code)
		}
		value = float64(slices.Max(codes))
	}
	raw := math.Round((value - offset) / scale)
	// What a person calculates: digits of the scale, not the noise of float64.
	meant, err := strconv.ParseFloat(strconv.FormatFloat(raw*scale+offset, 'f', 9, 64), 64)
	must(t, err)
	w.Number = meant
	return numberBytes(t, form, raw)
}

func numberBytes(t *testing.T, form string, v float64) []byte {
	t.Helper()
	switch form {
	case "int16", "uint16":
		return binary.BigEndian.AppendUint16(nil, uint16(int64(v)))
	case "int32", "uint32":
		return binary.BigEndian.AppendUint32(nil, uint32(int64(v)))
	case "int64", "uint64":
		return binary.BigEndian.AppendUint64(nil, uint64(int64(v)))
	case "float32":
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(v)))
	case "float64":
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(v))
	case "bcd16", "bcd32":
		digits := map[string]int{"bcd16": 4, "bcd32": 8}[form]
		text := strconv.FormatFloat(v, 'f', 0, 64)
		n, err := strconv.ParseUint(text, 16, 32)
		must(t, err)
		return binary.BigEndian.AppendUint32(nil, uint32(n))[4-digits/2:]
	}
	t.Fatalf("type %q is not known to this test", form)
	return nil
}

// reorder writes big-endian bytes as A B C D name them.
func reorder(b []byte, order string) {
	if order == "CDAB" || order == "DCBA" {
		for i, j := 0, len(b)-2; i < j; i, j = i+2, j-2 {
			b[i], b[i+1], b[j], b[j+1] = b[j], b[j+1], b[i], b[i+1]
		}
	}
	if order == "BADC" || order == "DCBA" {
		for i := 0; i < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
}
