package sim

import (
	"time"

	"zhigai/plant"
)

// Interval is what a machine truly did, with what came of it.
type Interval struct {
	Path                string
	From, To            time.Time
	Cause               Cause
	Product             string
	Order               string // as the controller shows it
	Good, Scrap, Rework int64
	EnergyKWh           float64
}

// Account is what a machine truly did since the plant's start, up to its last
// event.
type Account struct {
	Path                string
	Good, Scrap, Rework int64
	EnergyKWh           float64
	Time                map[Cause]time.Duration
	Stops               map[Cause]int
}

// maxIntervals bounds the log of one machine: two weeks of the demo. After it
// the log ends, the accounts go on.
const maxIntervals = 5000

// ledger is one machine's log.
type ledger struct {
	intervals           []Interval
	time                map[Cause]time.Duration
	stops               map[Cause]int
	good, scrap, rework int64 // when the log began
	last                tally // when the present interval began
	energy, energyFrom  float64
}

// closeInterval writes the present interval into the log.
func (m *machine) closeInterval() {
	l := m.truth
	if l.time == nil {
		l.time, l.stops = map[Cause]time.Duration{}, map[Cause]int{}
	}
	if m.now > m.since {
		d := time.Duration(m.now-m.since) * time.Microsecond
		l.time[m.stop.cause] += d
		l.stops[m.stop.cause]++
		if len(l.intervals) < maxIntervals {
			l.intervals = append(l.intervals, Interval{
				Path: m.path, From: m.since.Time(), To: m.now.Time(), Cause: m.stop.cause, Product: m.product, Order: m.orderText,
				Good: m.good - l.last.good, Scrap: m.scrap - l.last.scrap, Rework: m.rework - l.last.rework,
				EnergyKWh: m.body.energy - l.last.energy,
			})
		}
	}
	l.last = tally{m.good, m.scrap, m.rework, m.body.energy}
	m.since = m.now
}

// openLedger forgets what came before now.
func (m *machine) openLedger(now plant.Micros) {
	m.settle(now)
	m.now, m.since = now, now
	m.truth = &ledger{good: m.good, scrap: m.scrap, rework: m.rework, last: tally{m.good, m.scrap, m.rework, m.body.energy}, energyFrom: m.body.energy}
}

// Truth lists what the machines truly did since the start, complete intervals
// only, machine by machine; auxiliary ones produce nothing that counts.
func (p *Plant) Truth() []Interval {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Interval
	for _, m := range p.machines {
		if !m.aside {
			out = append(out, m.truth.intervals...)
		}
	}
	return out
}

// Accounts sums up what each machine truly did since the start; meters and
// auxiliary machines have none.
func (p *Plant) Accounts() []Account {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Account
	for _, m := range p.machines {
		if m.class == "meter" || m.aside {
			continue
		}
		m.mu.Lock()
		a := Account{
			Path: m.path, Good: m.good - m.truth.good, Scrap: m.scrap - m.truth.scrap, Rework: m.rework - m.truth.rework,
			EnergyKWh: m.truth.energy, Time: map[Cause]time.Duration{}, Stops: map[Cause]int{},
		}
		for c, d := range m.truth.time {
			a.Time[c], a.Stops[c] = d, m.truth.stops[c]
		}
		if m.now > m.since {
			a.Time[m.stop.cause] += time.Duration(m.now-m.since) * time.Microsecond
			a.Stops[m.stop.cause]++
		}
		m.mu.Unlock()
		out = append(out, a)
	}
	return out
}

// Shown is what a machine's servers show at the moment, by signal: float64, or
// string for a text; nil when there is no such machine.
func (p *Plant) Shown(path string) map[string]any {
	m := p.at(path)
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[string]any, len(m.values))
	for i, s := range m.kind.Signals {
		if out[s.Name] = m.values[i].num; s.Kind == plant.KindText {
			out[s.Name] = m.values[i].text
		}
	}
	return out
}
