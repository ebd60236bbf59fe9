package energy

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// FactorKind says what a factor makes of an amount.
type FactorKind string

// Kinds of factors.
const (
	CoalEquivalent FactorKind = "coal_equivalent" // kg of standard coal by the heat in it (当量值, GB/T 2589-2020)
	CoalEqual      FactorKind = "coal_equal"      // kg of standard coal that made it (等价值)
	CO2Kind        FactorKind = "co2"             // kg
)

// Factor makes coal or CO₂ of an amount of a medium, while it is in force.
type Factor struct {
	Medium   Medium     `yaml:"medium" json:"medium"`
	Kind     FactorKind `yaml:"kind" json:"kind" enum:"coal_equivalent,coal_equal,co2"`
	Value    float64    `yaml:"value" json:"value"`
	Unit     string     `yaml:"unit" json:"unit"`
	Source   string     `yaml:"source" json:"source"`
	Verified string     `yaml:"verified" json:"verified" doc:"Who held it against the source; unverified"`
	From     string     `yaml:"valid_from" json:"valid_from" doc:"First day"`
	To       string     `yaml:"valid_to,omitempty" json:"valid_to,omitempty" doc:"Last day; open without"`
}

// Tables are what the product knows of energy without code.
type Tables struct {
	Factors []Factor
	Tariffs []Tariff
	Grades  []Grades
	Systems []PowerSystem
}

// ReadTables reads energy/factors.yaml, energy/tariffs/*.yaml,
// energy/grades/*.yaml and energy/power-quality.yaml.
func ReadTables(files fs.FS) (*Tables, error) {
	var t Tables
	var file struct {
		Schema  string   `yaml:"schema"`
		Factors []Factor `yaml:"factors"`
	}
	if err := read(files, "energy/factors.yaml", &file); err != nil {
		return nil, err
	}
	for _, f := range file.Factors {
		if _, ok := units[f.Medium]; !ok || f.Value < 0 || f.Source == "" || f.Verified == "" {
			return nil, fmt.Errorf("energy/factors.yaml: %s %s: a known medium, a value, a source and verified are needed", f.Medium, f.Kind)
		}
		for _, day := range []string{f.From, f.To} {
			if _, err := time.Parse(time.DateOnly, day); err != nil && (day != "" || f.From == "") {
				return nil, fmt.Errorf("energy/factors.yaml: %s %s: %q is no day", f.Medium, f.Kind, day)
			}
		}
	}
	t.Factors = file.Factors
	names, err := fs.Glob(files, "energy/tariffs/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var one Tariff
		if err := read(files, name, &one); err != nil {
			return nil, err
		}
		if err := one.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if one.ID != path.Base(name[:len(name)-len(".yaml")]) {
			return nil, fmt.Errorf("%s: id %q; name the file after it", name, one.ID)
		}
		t.Tariffs = append(t.Tariffs, one)
	}
	if t.Grades, err = readGrades(files); err != nil {
		return nil, err
	}
	if t.Systems, err = readSystems(files); err != nil {
		return nil, err
	}
	return &t, nil
}

func read(files fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Factor is the newest that is in force on the day of an instant.
func (t *Tables) Factor(m Medium, kind FactorKind, at time.Time) (Factor, bool) {
	day := at.Format(time.DateOnly)
	best, found := Factor{}, false
	for _, f := range t.Factors {
		if f.Medium == m && f.Kind == kind && f.From <= day && (f.To == "" || day <= f.To) && (!found || f.From > best.From) {
			best, found = f, true
		}
	}
	return best, found
}

// Tariff finds one by its id.
func (t *Tables) Tariff(id string) (*Tariff, bool) {
	i := slices.IndexFunc(t.Tariffs, func(one Tariff) bool { return one.ID == id })
	if i < 0 {
		return nil, false
	}
	return &t.Tariffs[i], true
}

// Hours are kinds of hours of a tariff.
type Hours string

// Kinds of hours, the dearest first.
const (
	Sharp      Hours = "sharp"       // 尖峰
	Peak       Hours = "peak"        // 高峰
	Flat       Hours = "flat"        // 平段
	Valley     Hours = "valley"      // 低谷
	DeepValley Hours = "deep_valley" // 深谷
)

var hourKinds = []Hours{Sharp, Peak, Flat, Valley, DeepValley}

// Tariff says which hours are dear, and by how much.
type Tariff struct {
	Schema   string            `yaml:"schema" json:"-"`
	ID       string            `yaml:"id" json:"id"`
	Name     plant.Name        `yaml:"name" json:"name"`
	Source   string            `yaml:"source" json:"source"`
	Verified string            `yaml:"verified" json:"verified"`
	Zone     string            `yaml:"zone" json:"zone"`
	From     string            `yaml:"valid_from" json:"valid_from"`
	To       string            `yaml:"valid_to,omitempty" json:"valid_to,omitempty"`
	Ratios   map[Hours]float64 `yaml:"ratios" json:"ratios" doc:"Price of each kind of hours by that of flat ones"`
	Seasons  []Season          `yaml:"seasons" json:"seasons" doc:"The first whose months and days hold decides"`

	zone *time.Location
}

// Season is a part of the year, or single days of it.
type Season struct {
	Name   plant.Name `yaml:"name" json:"name"`
	Months []int      `yaml:"months,omitempty" json:"months,omitempty" doc:"1 to 12; all without"`
	Days   string     `yaml:"days,omitempty" json:"days,omitempty" doc:"workday or weekend; all without"`
	Dates  []string   `yaml:"dates,omitempty" json:"dates,omitempty" doc:"Single days; the rest of the season is of other days"`
	Hours  []Stretch  `yaml:"hours" json:"hours" doc:"What is not named is flat"`
}

// Stretch is hours of a day, from and to on the full minute; to may be 24:00.
type Stretch struct {
	From string `yaml:"from" json:"from"`
	To   string `yaml:"to" json:"to"`
	Kind Hours  `yaml:"kind" json:"kind" enum:"sharp,peak,flat,valley,deep_valley"`

	from, to int // minutes
}

func (t *Tariff) check() error {
	if t.Name.ZH == "" || t.Source == "" || t.Verified == "" || len(t.Seasons) == 0 {
		return invalid("a name, a source, verified and seasons are needed")
	}
	var err error
	if t.zone, err = time.LoadLocation(t.Zone); err != nil || t.Zone == "" {
		return invalid("zone %q; write a name such as Asia/Shanghai", t.Zone)
	}
	for kind, ratio := range t.Ratios {
		if !slices.Contains(hourKinds, kind) || !(ratio >= 0) {
			return invalid("ratio %v of %q", ratio, kind)
		}
	}
	for i := range t.Seasons {
		for k := range t.Seasons[i].Hours {
			s := &t.Seasons[i].Hours[k]
			if _, ok := t.Ratios[s.Kind]; !ok {
				return invalid("hours %q have no ratio", s.Kind)
			}
			if s.from, err = minutes(s.From); err == nil {
				s.to, err = minutes(s.To)
			}
			if err != nil || s.to <= s.from {
				return invalid("hours %s to %s; write them within a day, as 08:00 and 24:00", s.From, s.To)
			}
		}
	}
	return nil
}

func minutes(clock string) (int, error) {
	var h, m int
	if _, err := fmt.Sscanf(clock, "%d:%d", &h, &m); err != nil || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("%q is no time of day", clock)
	}
	return h*60 + m, nil
}

// Kind of the hours that an instant is in.
func (t *Tariff) Kind(at time.Time) Hours {
	at = at.In(t.zone)
	day, minute := at.Format(time.DateOnly), at.Hour()*60+at.Minute()
	for _, s := range t.Seasons {
		if !s.holds(at, day) {
			continue
		}
		for _, h := range s.Hours {
			if h.from <= minute && minute < h.to {
				return h.Kind
			}
		}
		if len(s.Dates) == 0 { // of single days, what is not named is as on other days
			return Flat
		}
	}
	return Flat
}

func (s Season) holds(at time.Time, day string) bool {
	weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
	switch {
	case len(s.Dates) > 0 && !slices.Contains(s.Dates, day):
		return false
	case len(s.Months) > 0 && !slices.Contains(s.Months, int(at.Month())):
		return false
	case s.Days == "workday" && weekend, s.Days == "weekend" && !weekend:
		return false
	}
	return true
}
