package energy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// PowerSystem is a voltage with the limits of its quality.
type PowerSystem struct {
	ID     string       `yaml:"id" json:"id"`
	Name   plant.Name   `yaml:"name" json:"name"`
	Limits []PowerLimit `yaml:"limits" json:"limits" nullable:"false"`
}

// PowerLimit is what signals have to keep within.
type PowerLimit struct {
	What     string   `yaml:"what" json:"what" enum:"voltage,unbalance,thd,frequency,factor"`
	Signals  []string `yaml:"signals" json:"signals" nullable:"false" doc:"Of the vocabulary; those that a meter has are looked at"`
	Nominal  float64  `yaml:"nominal,omitempty" json:"nominal,omitempty"`
	Low      *float64 `yaml:"low,omitempty" json:"low"`
	High     *float64 `yaml:"high,omitempty" json:"high"`
	Unit     string   `yaml:"unit" json:"unit"`
	Source   string   `yaml:"source" json:"source"`
	Verified string   `yaml:"verified" json:"verified"`
}

func readSystems(files fs.FS) ([]PowerSystem, error) {
	const name = "energy/power-quality.yaml"
	var file struct {
		Schema  string        `yaml:"schema"`
		Systems []PowerSystem `yaml:"systems"`
	}
	if err := read(files, name, &file); err != nil {
		return nil, err
	}
	for i, s := range file.Systems {
		if s.ID == "" || s.Name.ZH == "" || slices.IndexFunc(file.Systems, func(o PowerSystem) bool { return o.ID == s.ID }) != i {
			return nil, fmt.Errorf("%s: system %q: an id of its own and a Chinese name are needed", name, s.ID)
		}
		for _, l := range s.Limits {
			if len(l.Signals) == 0 || l.Low == nil && l.High == nil || l.Low != nil && l.High != nil && *l.Low >= *l.High || l.Unit == "" || l.Source == "" || l.Verified == "" {
				return nil, fmt.Errorf("%s: %s %s: signals, limits that rise, a unit, a source and verified are needed", name, s.ID, l.What)
			}
		}
	}
	return file.Systems, nil
}

// Quality is how well the voltage, its shape and what is drawn from it kept within
// limits at a meter.
type Quality struct {
	Meter  Meter         `json:"meter"`
	From   plant.Instant `json:"from"`
	To     plant.Instant `json:"to"`
	System PowerSystem   `json:"system"`
	EveryS int64         `json:"every_s" doc:"Length of an interval; what is shorter is not seen"`
	Kept   []Keeping     `json:"kept" nullable:"false" doc:"Of the signals that the meter has"`
	// Missing are quantities of which the meter has no signal.
	Missing []string `json:"missing" nullable:"false"`
}

// Keeping is how a signal kept within its limits.
type Keeping struct {
	What      string        `json:"what" enum:"voltage,unbalance,thd,frequency,factor"`
	Signal    string        `json:"signal"`
	Low       *float64      `json:"low"`
	High      *float64      `json:"high"`
	Unit      string        `json:"unit"`
	Source    string        `json:"source"`
	Verified  string        `json:"verified"`
	Intervals int           `json:"intervals"`
	Known     int           `json:"known" doc:"Intervals of which a mean is known"`
	Outside   int           `json:"outside" doc:"Of them those beyond a limit"`
	OutsideS  int64         `json:"outside_s" doc:"Their time"`
	Least     *float64      `json:"least"`
	LeastAt   plant.Instant `json:"least_at,omitempty"`
	Most      *float64      `json:"most"`
	MostAt    plant.Instant `json:"most_at,omitempty"`
	// P95 is what 95 % of the intervals do not exceed; P5 what they do not fall below.
	P95 *float64 `json:"p95"`
	P5  *float64 `json:"p5"`
	// Complies is null where too little is known.
	Complies *bool `json:"complies" doc:"95 % of the intervals are within; null where less than 90 % are known"`
}

const (
	// longQuality and shortQuality are intervals: ten minutes as the standards have
	// it, a minute where a few hours are looked at.
	longQuality  = 10 * time.Minute
	shortQuality = time.Minute
	shortRange   = 6 * time.Hour
	// complying is the share of intervals that has to be within, and qualityKnown what
	// has to be known to say so.
	complying    = 0.95
	qualityKnown = 0.9
)

// Quality looks at the power quality of a meter that is read.
func (d *Desk) Quality(ctx context.Context, scope access.Scope, place plant.NodeID, code, system string, from, to plant.Instant) (Quality, error) {
	lo, hi, err := d.window(from, to, maxAllocation)
	if err != nil {
		return Quality{}, err
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return Quality{}, err
	}
	m, err := readMeter(&net, code)
	if err != nil {
		return Quality{}, err
	}
	i := slices.IndexFunc(d.o.Tables.Systems, func(s PowerSystem) bool { return s.ID == system || system == "" })
	if i < 0 {
		return Quality{}, invalid("there is no system %.40q", system)
	}
	every := longQuality
	if hi-lo <= plant.Micros(shortRange.Microseconds()) {
		every = shortQuality
	}
	lo = aligned(lo, every)
	out := Quality{Meter: m, From: plant.InstantOf(lo.Time()), To: plant.InstantOf(hi.Time()), System: d.o.Tables.Systems[i], EveryS: int64(every / time.Second), Kept: []Keeping{}, Missing: []string{}}
	seen := map[string]bool{}
	for _, limit := range out.System.Limits {
		for _, signal := range limit.Signals {
			k, err := d.keeping(ctx, scope.Tenant, m, limit, signal, lo, hi, every)
			if errors.Is(err, access.ErrNotFound) {
				continue
			}
			if err != nil {
				return Quality{}, err
			}
			seen[limit.What] = true
			out.Kept = append(out.Kept, k)
		}
	}
	for _, limit := range out.System.Limits {
		if !seen[limit.What] && !slices.Contains(out.Missing, limit.What) {
			out.Missing = append(out.Missing, limit.What)
		}
	}
	return out, nil
}

// readMeter finds a meter of electricity that is read; the first without a code.
func readMeter(net *Network, code string) (Meter, error) {
	for _, m := range net.Meters {
		if m.Medium == Electricity && !m.Virtual() && (m.Code == code || code == "") {
			return m, nil
		}
	}
	return Meter{}, invalid("there is no meter %.40q of electricity that is read; a computed one has no voltage", code)
}

// keeping holds the means of a signal against its limit. An interval counts that is
// known for half of it.
func (d *Desk) keeping(ctx context.Context, tenant plant.TenantNo, m Meter, limit PowerLimit, signal string, lo, hi plant.Micros, every time.Duration) (Keeping, error) {
	width := plant.Micros(every.Microseconds())
	n := int((hi - lo + width - 1) / width)
	shown, err := d.o.Readings.Steps(ctx, tenant, m.Machine, signal, lo, lo+width*plant.Micros(n), n)
	if err != nil {
		return Keeping{}, err
	}
	k := Keeping{What: limit.What, Signal: signal, Low: limit.Low, High: limit.High, Unit: limit.Unit, Source: limit.Source, Verified: limit.Verified, Intervals: n}
	var means []float64
	for _, s := range shown {
		to := min(s.To, hi)
		if 2*s.Good < to-s.From || to <= s.From {
			continue
		}
		v := s.Mean
		k.Known++
		means = append(means, v)
		if limit.Low != nil && v < *limit.Low || limit.High != nil && v > *limit.High {
			k.Outside++
			k.OutsideS += int64(to-s.From) / 1_000_000
		}
		if k.Least == nil || v < *k.Least {
			k.Least, k.LeastAt = new(v), plant.InstantOf(s.From.Time())
		}
		if k.Most == nil || v > *k.Most {
			k.Most, k.MostAt = new(v), plant.InstantOf(s.From.Time())
		}
	}
	if len(means) == 0 {
		return k, nil
	}
	slices.Sort(means)
	rank := func(share float64) float64 { return means[max(0, int(math.Ceil(share*float64(len(means))))-1)] }
	k.P95, k.P5 = new(rank(complying)), new(means[int(math.Floor((1-complying)*float64(len(means))))])
	if float64(k.Known) >= qualityKnown*float64(n) {
		k.Complies = new(float64(k.Known-k.Outside) >= complying*float64(k.Known))
	}
	return k, nil
}
