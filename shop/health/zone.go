package health

import (
	"fmt"
	"io/fs"
	"slices"

	"zhigai/calc/vibration"
	"zhigai/plant"
)

// ZonesFile is where the zones of ISO 20816-3 stand.
const ZonesFile = "standards/iso20816-3.yaml"

// Zone is how a machine's vibration is judged.
type Zone string

const (
	ZoneA Zone = "A" // as of a new machine
	ZoneB Zone = "B" // for unrestricted work
	ZoneC Zone = "C" // for a limited time
	ZoneD Zone = "D" // does damage
)

// Group is machines with limits of their own, in mm/s RMS.
type Group struct {
	ID   string     `yaml:"id" json:"id"`
	Name plant.Name `yaml:"name" json:"name"`
	AB   float64    `yaml:"ab" json:"ab"`
	BC   float64    `yaml:"bc" json:"bc"`
	CD   float64    `yaml:"cd" json:"cd"`
}

// Zone of a velocity in mm/s RMS.
func (g Group) Zone(velocity float64) Zone {
	switch {
	case velocity < g.AB:
		return ZoneA
	case velocity < g.BC:
		return ZoneB
	case velocity < g.CD:
		return ZoneC
	}
	return ZoneD
}

// Zones are the limits of all groups, with where they were taken from.
type Zones struct {
	Schema   string  `yaml:"schema" json:"-"`
	Version  int     `yaml:"version" json:"version"`
	Standard string  `yaml:"standard" json:"standard"`
	Source   string  `yaml:"source" json:"source"`
	Verified string  `yaml:"verified" json:"verified"`
	FromHz   float64 `yaml:"from_hz" json:"from_hz"`
	SlowHz   float64 `yaml:"from_hz_slow" json:"from_hz_slow"`
	SlowRPM  float64 `yaml:"slow_rpm" json:"slow_rpm"`
	ToHz     float64 `yaml:"to_hz" json:"to_hz"`
	Groups   []Group `yaml:"groups" json:"groups"`
}

// LoadZones reads the table and checks that limits rise.
func LoadZones(data fs.FS, name string) (*Zones, error) {
	z := &Zones{}
	if err := readYAML(data, name, z); err != nil {
		return nil, err
	}
	if !(z.FromHz > 0 && z.SlowHz > 0 && z.ToHz > z.FromHz) || len(z.Groups) == 0 {
		return nil, fmt.Errorf("%s: there is no band or no group", name)
	}
	for _, g := range z.Groups {
		if g.ID == "" || !(0 < g.AB && g.AB < g.BC && g.BC < g.CD) {
			return nil, fmt.Errorf("%s: group %q: limits are above 0 and rise from ab to cd", name, g.ID)
		}
	}
	return z, nil
}

// Group by its id.
func (z *Zones) Group(id string) (Group, bool) {
	i := slices.IndexFunc(z.Groups, func(g Group) bool { return g.ID == id })
	if i < 0 {
		return Group{}, false
	}
	return z.Groups[i], true
}

// Band that velocities are taken over at a speed; unknown counts as usual.
func (z *Zones) Band(rpm float64) vibration.Band {
	b := vibration.Band{FromHz: z.FromHz, ToHz: z.ToHz}
	if rpm > 0 && rpm < z.SlowRPM {
		b.FromHz = z.SlowHz
	}
	return b
}
