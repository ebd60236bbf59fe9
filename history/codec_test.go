package history

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"zhigai/plant"
)

// shapes are signals as machines send them.
var shapes = map[string]func(r *rand.Rand, i int) float64{
	"constant": func(*rand.Rand, int) float64 { return 25.3 },
	"temperature": func(r *rand.Rand, i int) float64 {
		return math.Round((60+5*math.Sin(float64(i)/300)+r.Float64()*.2)*10) / 10
	},
	"counter":       func(_ *rand.Rand, i int) float64 { return float64(i / 17) },
	"state":         func(_ *rand.Rand, i int) float64 { return float64(i / 200 % 4) },
	"vibration":     func(r *rand.Rand, _ int) float64 { return math.Round(r.NormFloat64()*1000) / 1000 },
	"float32 noise": func(r *rand.Rand, _ int) float64 { return float64(float32(r.NormFloat64())) },
	"any bits": func(r *rand.Rand, _ int) float64 {
		for {
			if v := math.Float64frombits(r.Uint64()); !math.IsNaN(v) && !math.IsInf(v, 0) {
				return v
			}
		}
	},
	"negative zero":    func(_ *rand.Rand, i int) float64 { return math.Copysign(0, float64(i%2)-1) },
	"minus zero":       func(r *rand.Rand, _ int) float64 { return math.Round(r.NormFloat64()*10) / 100 },
	"many minus zeros": func(r *rand.Rand, _ int) float64 { return math.Round(r.NormFloat64()*2) / 100 },
	"eighteen digits":  func(r *rand.Rand, i int) float64 { return float64(i)*1e12 + 0.125 },
	"one glitch": func(_ *rand.Rand, i int) float64 {
		if i == 500 {
			return 3.4e38
		}
		return 25 + float64(i%3)/10
	},
}

func made(r *rand.Rand, n int, jitter bool, shape func(*rand.Rand, int) float64) []point[uint64] {
	at := plant.Micros(1_700_000_000_000_000)
	out := make([]point[uint64], n)
	for i := range out {
		t := at + plant.Micros(i)*1_000_000
		if jitter {
			t += plant.Micros(r.IntN(10)) * 1000
		}
		out[i] = point[uint64]{at: t, value: math.Float64bits(shape(r, i))}
		if r.IntN(50) == 0 { // a bad marker with any raw bytes, NaN patterns among them
			out[i].value, out[i].order = r.Uint64(), uint64(plant.Bad|plant.OutOfRange)
		}
	}
	return out
}

func TestChunk_BitExact(t *testing.T) {
	c := newCodec()
	for name, shape := range shapes {
		for _, n := range []int{1, 2, 3, 1000, chunkSize} {
			for _, jitter := range []bool{false, true} {
				points := made(rand.New(rand.NewPCG(1, uint64(n))), n, jitter, shape)
				got, err := c.decodeChunk(nil, c.appendChunk(nil, points))
				if err != nil || !reflect.DeepEqual(got, points) {
					t.Errorf("%s, %d samples, jitter %v: not the same after a round trip (%v)", name, n, jitter, err)
				}
			}
		}
	}
}

func TestChunk_AnyFlippedBitIsFound(t *testing.T) {
	c := newCodec()
	raw := c.appendChunk(nil, made(rand.New(rand.NewPCG(1, 2)), 200, true, shapes["temperature"]))
	for i := range raw {
		for bit := range 8 {
			raw[i] ^= 1 << bit
			if _, err := c.decodeChunk(nil, raw); err == nil {
				t.Fatalf("bit %d of byte %d flipped and not found", bit, i)
			}
			raw[i] ^= 1 << bit
		}
	}
}

func TestTextChunk_RoundTrip(t *testing.T) {
	points := []point[string]{{at: 1, value: "程序 O1234"}, {at: 5, value: ""}, {at: 1_000_005, value: "6204-2RS", order: uint64(plant.Uncertain | plant.Clock)}}
	c := newCodec()
	got, err := c.decodeTextChunk(nil, c.appendTextChunk(nil, points))
	if err != nil || !reflect.DeepEqual(got, points) {
		t.Errorf("round trip = %v, %v; want %v", got, err, points)
	}
}

func FuzzDecodeChunk(f *testing.F) {
	c := newCodec()
	for _, name := range []string{"vibration", "float32 noise", "one glitch", "counter"} {
		raw := c.appendChunk(nil, made(rand.New(rand.NewPCG(1, 2)), 200, true, shapes[name]))
		f.Add(raw)
		f.Add(raw[3 : len(raw)-4])
	}
	f.Add(c.appendTextChunk(nil, []point[string]{{at: 1, value: "a"}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		// The checksum would turn nearly every input away: decode behind it too.
		for _, in := range [][]byte{raw, appendSum(append([]byte{chunkVersion, 200, 1}, raw...), 0)} {
			if points, err := c.decodeChunk(nil, in); err == nil && slices.IsSortedFunc(points, byTime) {
				again, err := c.decodeChunk(nil, c.appendChunk(nil, points))
				if err != nil || !reflect.DeepEqual(again, points) {
					t.Errorf("decode(encode(decode(x))) differs: %v", err)
				}
			}
			if points, err := c.decodeTextChunk(nil, in); err == nil && slices.IsSortedFunc(points, byTime) {
				again, err := c.decodeTextChunk(nil, c.appendTextChunk(nil, points))
				if err != nil || !reflect.DeepEqual(again, points) {
					t.Errorf("texts: decode(encode(decode(x))) differs: %v", err)
				}
			}
		}
	})
}

// byTime calls times that do not rise unsorted: such chunks are not written.
func byTime[V uint64 | string](a, b point[V]) int {
	if a.at <= b.at {
		return -1
	}
	return 1
}

// FuzzChunkOfAnything writes points made of the input's bytes.
func FuzzChunkOfAnything(f *testing.F) {
	f.Add([]byte("any bytes become times, qualities and values of a few samples"), byte(1))
	f.Add(bytes.Repeat([]byte{0, 0, 1, 0, 0, 0, 0, 0, 0, 128, 64, 64}, 40), byte(3))
	f.Fuzz(func(t *testing.T, raw []byte, scale byte) {
		var points []point[uint64]
		at := plant.Micros(0)
		for len(raw) >= 12 && len(points) < chunkSize {
			at += 1 + plant.Micros(binary.LittleEndian.Uint16(raw))*plant.Micros(timeScales[int(scale)%len(timeScales)])
			points = append(points, point[uint64]{at: at, order: uint64(raw[2]), value: binary.LittleEndian.Uint64(raw[4:])})
			raw = raw[12:]
		}
		if len(points) == 0 {
			return
		}
		c := newCodec()
		got, err := c.decodeChunk(nil, c.appendChunk(nil, points))
		if err != nil || !reflect.DeepEqual(got, points) {
			t.Errorf("%d points are not the same after a round trip (%v)", len(points), err)
		}
	})
}

func FuzzDecodeSuperseded(f *testing.F) {
	f.Add(supersededKey(series{1, 2}, start, 3, 0), append([]byte{spaceTextChunk, 0, 2}, "text"...))
	f.Fuzz(func(_ *testing.T, key, value []byte) { _, _ = decodeSuperseded(key, value) })
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(appendBatch(nil, 1, 5, plant.Batch{Samples: []plant.Sample{{Tag: 3, Time: 7, Value: 1.5}}, Texts: []plant.Text{{Tag: 9, Time: 8, Value: "x"}}}))
	f.Add(Sequenced{Tenant: 1, Recorded: 5, Batch: plant.Batch{Samples: []plant.Sample{{Tag: 3, Time: 7}, {Tag: 3, Time: 7}, {Tag: 4}}}, Late: []int{0, 1}}.Encode(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := DecodeBatch(raw)
		if err != nil {
			return
		}
		again := got.Encode(nil)
		if b2, err := DecodeBatch(again); err != nil || !bytes.Equal(b2.Encode(nil), again) {
			t.Errorf("decode(encode(decode(x))) differs: %v", err)
		}
	})
}

func FuzzDecodeStats(f *testing.F) {
	f.Add(statsOf(made(rand.New(rand.NewPCG(1, 2)), 20, true, shapes["vibration"])).append(nil))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = decodeStats(raw) })
}
