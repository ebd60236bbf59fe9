package connect

import (
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"time"

	"zhigai/plant"
	"zhigai/plant/waveform"
)

// State of a device as the collector sees it.
const (
	StateUp            = "up"
	StateDown          = "down"
	StateConnecting    = "connecting"
	StateOff           = "off"
	StateUntrusted     = "untrusted"
	StateMisconfigured = "misconfigured"
	StateNotAccepted   = "not_accepted" // the device answers, but its samples cannot be stored
)

// DeviceStatus is how a device fares.
type DeviceStatus struct {
	ID            plant.DeviceID   `json:"id"`
	Tenant        plant.TenantNo   `json:"-"`
	Equipment     plant.NodeID     `json:"equipment"`
	Path          string           `json:"path"`
	Name          plant.Name       `json:"name"`
	Driver        string           `json:"driver"`
	Address       string           `json:"address"`
	Profile       string           `json:"profile"`
	State         string           `json:"state" enum:"up,down,connecting,off,untrusted,misconfigured,not_accepted"`
	Since         time.Time        `json:"since"`
	LastAnswer    time.Time        `json:"last_answer,omitzero"`
	Error         string           `json:"error,omitempty"`
	Response      Response         `json:"response_ms"`
	Requests      int64            `json:"requests"`
	Timeouts      int64            `json:"timeouts"`
	Errors        map[string]int64 `json:"errors"`      // questions that failed, by kind of failure
	ErrorShare    float64          `json:"error_share"` // of the questions and openings since collection began, 0..1; the line being busy is none
	Missed        int64            `json:"missed_periods"`
	Samples       int64            `json:"samples"`  // stored
	Refused       int64            `json:"refused"`  // not accepted by the store
	NotKept       int64            `json:"not_kept"` // left out because the disk was low
	Stretch       int64            `json:"stretch"`  // polled at that many times the period; 1 is normal
	StretchReason string           `json:"stretch_reason,omitempty"`
	Gated         map[string]int64 `json:"gated"` // bad readings by reason
	Tags          int              `json:"tags"`
	PeriodMS      int64            `json:"period_ms"` // the shortest
}

// Response is how long the device takes to answer, ms.
type Response struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// LatestValue is the last reading of one point, raw and as stored.
type LatestValue struct {
	Tag     plant.TagNo `json:"tag"`
	Name    string      `json:"name"`
	Address string      `json:"address"`
	Raw     string      `json:"raw,omitempty"` // hex
	Number  *float64    `json:"raw_value,omitempty"`
	Value   *float64    `json:"value,omitempty"`
	Text    string      `json:"text,omitempty"`
	Unit    string      `json:"unit,omitempty"`
	Quality string      `json:"quality"`
	Error   string      `json:"error,omitempty"`
	Time    time.Time   `json:"time"`
}

// keptTimes is how many response times the percentiles look back on.
const keptTimes = 256

// meter counts what a device does. Its methods may be called concurrently.
type meter struct {
	mu     sync.Mutex
	status DeviceStatus
	times  [keptTimes]time.Duration
	timesN int
	points []PointSpec
	latest []seen
	gated  [256]int64 // bad readings by quality
	tally  tally
}

// seen is the last reading of a point as it came: put into words only when
// somebody looks, because most readings nobody does.
type seen struct {
	raw     [keptRaw]byte
	rawN    uint8
	text    bool
	quality plant.Quality
	at      plant.Micros
	number  float64 // as the device says it
	value   float64
	said    string
	err     error
}

// keptRaw is how many raw bytes of a reading the live page shows.
const keptRaw = 32

func newMeter(spec *DeviceSpec, now time.Time) *meter {
	m := &meter{points: spec.Points, latest: make([]seen, len(spec.Points)), tally: tally{since: now.UTC(), failedAt: map[string]time.Time{}}}
	m.status = DeviceStatus{
		ID: spec.Device.ID, Tenant: spec.Tenant, Equipment: spec.Node, Path: spec.Path, Name: spec.Name, Driver: spec.Device.Driver, Address: spec.Device.Address,
		Profile: spec.Profile, State: StateConnecting, Since: now.UTC(), Errors: map[string]int64{}, Tags: len(spec.Points), Stretch: 1,
	}
	for i, p := range spec.Points {
		m.latest[i].quality = plant.Bad | plant.NotConnected
		if ms := p.Period.Milliseconds(); m.status.PeriodMS == 0 || ms < m.status.PeriodMS {
			m.status.PeriodMS = ms
		}
	}
	return m
}

// set changes the state; the same state again only renews the error.
func (m *meter) set(state string, err error, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status.State != state {
		m.status.State, m.status.Since = state, now.UTC()
	}
	m.status.Error = ""
	if err != nil {
		m.status.Error = err.Error()
	}
}

func (m *meter) answered(took time.Duration, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Requests++
	m.status.LastAnswer = now.UTC()
	if took > 0 {
		m.times[m.timesN%keptTimes] = took
		m.timesN++
		m.tally.time(took)
	}
}

func (m *meter) timeout() { m.add(func(s *DeviceStatus) { s.Timeouts++ }) }

func (m *meter) missed(n int64) { m.add(func(s *DeviceStatus) { s.Missed += n }) }

func (m *meter) stored(n int) { m.add(func(s *DeviceStatus) { s.Samples += int64(n) }) }

func (m *meter) add(f func(s *DeviceStatus)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.status)
}

// saw notes a reading for the live page.
func (m *meter) saw(i int, r *Reading, p *passed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &m.latest[i]
	l.rawN = uint8(copy(l.raw[:], r.Raw))
	l.err, l.number, l.text = r.Err, r.Number, p.isText
	if p.isText {
		l.quality, l.at, l.said = p.text.Quality, p.text.Time, p.text.Value
		if m.points[i].Kind == plant.KindWaveform && !l.quality.IsBad() {
			l.said = waveform.Describe(p.text.Value)
		}
	} else {
		l.quality, l.at, l.value = p.sample.Quality, p.sample.Time, p.sample.Value
	}
	if l.quality.IsBad() {
		m.gated[l.quality]++
	}
}

// words is the last reading of one point as people read it.
func (l *seen) words(p *PointSpec) LatestValue {
	out := LatestValue{
		Tag: p.Tag, Name: p.Name, Address: p.Address, Unit: p.Unit, Quality: l.quality.String(),
		Raw: hex.EncodeToString(l.raw[:l.rawN]), Text: l.said,
	}
	if l.at != 0 {
		out.Time = l.at.Time()
	}
	if l.err != nil {
		out.Error = l.err.Error()
	}
	if !l.text && l.at != 0 {
		if l.err == nil {
			out.Number = finite(l.number)
		}
		if !l.quality.IsBad() {
			out.Value = finite(l.value)
		}
	}
	return out
}

// finite leaves out what JSON cannot say.
func finite(v float64) *float64 {
	if v-v != 0 {
		return nil
	}
	return &v
}

func (m *meter) snapshot() DeviceStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	s.ErrorShare = s.share()
	s.Errors, s.Gated = maps.Clone(s.Errors), map[string]int64{}
	for q, n := range m.gated {
		if n > 0 {
			s.Gated[plant.Quality(q).String()] = n
		}
	}
	if n := min(m.timesN, keptTimes); n > 0 {
		times := slices.Clone(m.times[:n])
		slices.Sort(times)
		s.Response = Response{P50: ms(times[n/2]), P95: ms(times[n*95/100]), P99: ms(times[n*99/100])}
	}
	return s
}

// share of failures among all that was asked.
func (s *DeviceStatus) share() float64 {
	var failed int64
	for kind, n := range s.Errors {
		if kind != failedBusy && kind != failedStore {
			failed += n
		}
	}
	if failed == 0 {
		return 0
	}
	return float64(failed) / float64(failed+s.Requests)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (m *meter) values() []LatestValue {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]LatestValue, len(m.latest))
	for i := range m.latest {
		out[i] = m.latest[i].words(&m.points[i])
	}
	return out
}
