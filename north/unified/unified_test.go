package unified_test

import (
	"math"
	"testing"
	"time"

	"zhigai/north/unified"
	"zhigai/plant"
)

func TestAppend_OneObjectPerValue(t *testing.T) {
	at := plant.MicrosOf(time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC))
	number := plant.Tag{Path: "firm/site/lathe-1/spindle.speed", Kind: plant.KindNumber, Unit: "/min"}
	running := plant.Tag{Path: "firm/site/lathe-1/running", Kind: plant.KindBoolean}
	state := plant.Tag{Path: "firm/site/lathe-1/mode", Kind: plant.KindEnumeration}
	program := plant.Tag{Path: "firm/site/lathe-1/program", Kind: plant.KindText}
	f := func(tag plant.Tag, s plant.Sample, text, want string) {
		t.Helper()
		s.Time = at
		got, err := unified.Append([]byte("<"), tag, s, text)
		if err != nil || string(got) != "<"+want {
			t.Errorf("Append = %s, %v; want <%s", got, err, want)
		}
	}
	f(number, plant.Sample{Value: 1500.5}, "", `{"value":1500.5,"unit":"/min","time":"2026-03-04T05:06:07.123456Z","quality":"good","tag":"firm/site/lathe-1/spindle.speed"}`)
	f(running, plant.Sample{Value: 1}, "", `{"value":true,"time":"2026-03-04T05:06:07.123456Z","quality":"good","tag":"firm/site/lathe-1/running"}`)
	f(state, plant.Sample{Value: 3, Quality: plant.Uncertain | plant.Clock}, "", `{"value":3,"time":"2026-03-04T05:06:07.123456Z","quality":"uncertain:clock","tag":"firm/site/lathe-1/mode"}`)
	f(program, plant.Sample{}, "轴承\n", `{"value":"轴承\n","time":"2026-03-04T05:06:07.123456Z","quality":"good","tag":"firm/site/lathe-1/program"}`)
	f(number, plant.BadSample(1, at, plant.NotConnected, []byte{1, 2}), "", `{"value":null,"unit":"/min","time":"2026-03-04T05:06:07.123456Z","quality":"bad:not_connected","tag":"firm/site/lathe-1/spindle.speed"}`)
	f(number, plant.Sample{Value: math.NaN()}, "", `{"value":null,"unit":"/min","time":"2026-03-04T05:06:07.123456Z","quality":"good","tag":"firm/site/lathe-1/spindle.speed"}`)
}

func TestTopic_PrefixPathSignal(t *testing.T) {
	tag := plant.Tag{Path: "firm/site/lathe-1/spindle.speed"}
	for prefix, want := range map[string]string{"": tag.Path, "group/cn": "group/cn/" + tag.Path, "/group/": "group/" + tag.Path} {
		if got := unified.Topic(prefix, tag); got != want {
			t.Errorf("Topic(%q) = %s; want %s", prefix, got, want)
		}
	}
}
