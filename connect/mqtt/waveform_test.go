package mqtt_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/mqtt/client"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// A window of vibration by MQTT: 20,000 values come through exactly, with the
// start that the device says; what is none is malformed.
func TestDriver_Waveform(t *testing.T) {
	b, d := openDriver(t, time.Now)
	c := dial(t, b, client.Options{Client: "sensor"})
	conn := opened(t, d, c)
	got := make(chan connect.Reading, 10)
	go func() {
		points := []connect.Point{{Address: "vibration#", Kind: plant.KindWaveform}, {Address: "all#/channels/0", Kind: plant.KindWaveform}}
		_ = conn.(connect.Subscriber).Subscribe(t.Context(), points, func(_ context.Context, rs []connect.Reading) error {
			for _, r := range rs {
				got <- r
			}
			return nil
		}, func() {})
	}()
	w := waveform.Window{Rate: 25600, Values: make([]float64, 20_000)}
	for i := range w.Values {
		w.Values[i] = math.Sin(float64(i)) * 9.81
	}
	start := time.Now().Add(-time.Second).UTC().Truncate(time.Microsecond)
	body, err := json.Marshal(map[string]any{"start": start, "rate": w.Rate, "values": w.Values})
	must(t, err)
	send := func(topic, body string) connect.Reading {
		t.Helper()
		must(t, c.Publish(within(t), "plant/press1/"+topic, []byte(body), 1, false))
		select {
		case r := <-got:
			return r
		case <-time.After(patience):
			t.Fatalf("nothing came of %s", topic)
			return connect.Reading{}
		}
	}
	if r := send("vibration", string(body)); r.Err != nil || r.Text != w.Encode() || !r.Source.Equal(start) || r.Point != 0 {
		t.Errorf("%d bytes at %v: %v", len(r.Text), r.Source, r.Err)
	}
	if r := send("all", `{"channels": [`+string(body)+`]}`); r.Err != nil || r.Text != w.Encode() || r.Point != 1 {
		t.Errorf("%d bytes: %v", len(r.Text), r.Err)
	}
	if r := send("vibration", `{"rate": 0, "values": [1]}`); !errors.Is(r.Err, connect.ErrMalformed) {
		t.Errorf("%+v", r)
	}
	if err := d.CheckPoint("vibration", plant.KindWaveform); err == nil || !strings.Contains(err.Error(), "write") {
		t.Errorf("a bare topic: %v", err)
	}
	must(t, d.CheckPoint("vibration#", plant.KindWaveform))
}
