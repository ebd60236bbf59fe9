package sim

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"zhigai/connect/mqtt/client"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// Recording is the bearing that the sensor of a recorder of vibration sits on.
type Recording struct {
	Machine string // path of the recorder
	Bearing
}

const (
	// recordEvery is how often a recorder sends a window: a bearing goes over days.
	recordEvery = 5 * time.Minute
	// recorded is how many values a window has: a line of its spectrum is narrower
	// than a hertz.
	recorded = 32768
	// restless is how fast values come, Hz, where nobody says.
	restless = 20_480
)

// record prepares recorders.
func (p *Plant) record(all []Recording) error {
	for _, r := range all {
		m := p.at(r.Machine)
		if m == nil || m.hears() < 0 {
			return fmt.Errorf("sim: recording: no recorder %q; write the whole path of a machine with a waveform", r.Machine)
		}
		m.heard = r.Bearing
	}
	return nil
}

// hears is the slot of a recorder's waveform; −1 of other machines.
func (m *machine) hears() int {
	for i, s := range m.kind.Signals {
		if s.Kind == plant.KindWaveform {
			return i
		}
	}
	return -1
}

// sound is what a recorder hears from an instant on.
func (m *machine) sound(at time.Time) waveform.Window {
	b := m.heard
	if b.Rate == 0 { // a shaft whose bearing is well
		b = Bearing{RPM: 1500, Order: 3.6, Rate: restless, Seed: m.salt}
	}
	w := waveform.Window{Rate: b.Rate, Values: b.Window(at, recorded)}
	for i, v := range w.Values {
		w.Values[i] = float64(float32(v)) // as it sends them
	}
	return w
}

// Heard is what a recorder hears from an instant on; false of what is none.
func (p *Plant) Heard(path string, at time.Time) (waveform.Window, bool) {
	m := p.at(path)
	if m == nil || m.hears() < 0 {
		return waveform.Window{}, false
	}
	return m.sound(at), true
}

// recorder is a machine that publishes windows of its sensor over MQTT.
type recorder struct {
	m      *machine
	broker string
	topic  string
}

func newRecorder(m *machine, to string) (speaker, error) {
	s := m.kind.Signals[m.hears()]
	suffix, pointer, isJSON := strings.Cut(s.At, "#")
	if len(m.kind.Signals) != 1 || !isJSON || pointer != "" {
		return nil, fmt.Errorf("%s: address %q is not simulated; a recorder has one signal, a whole document such as vibration#", s.Name, s.At)
	}
	return &recorder{m: m, broker: to, topic: m.device.Address + "/" + suffix}, nil
}

func (r *recorder) run(ctx context.Context) {
	r.m.speaks(ctx, r.broker, recordEvery, func() func(context.Context, *client.Client) error { return r.publish })
}

func (r *recorder) publish(ctx context.Context, c *client.Client) error {
	if r.m.is(Silent) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	r.m.mu.Lock()
	at := r.m.seen().Time().Add(-recorded * time.Second / restless) // it has been heard
	r.m.mu.Unlock()
	w := r.m.sound(at)
	doc, err := json.Marshal(map[string]any{
		"start": at.UTC().Format(time.RFC3339Nano), "rate": w.Rate, "float32": base64.StdEncoding.EncodeToString(w.AppendFloat32(nil)),
	})
	if err != nil {
		return err
	}
	return c.Publish(ctx, r.topic, doc, 1, false)
}
