package health

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"zhigai/calc/vibration"
)

// CatalogueFile is where the product's own bearings stand.
const CatalogueFile = "bearings/catalogue.yaml"

// Catalogued is a bearing with how far its geometry can be trusted.
type Catalogued struct {
	Name     string  `yaml:"name" json:"name"`
	Balls    int     `yaml:"balls" json:"balls"`
	BallMM   float64 `yaml:"ball_mm" json:"ball_mm"`
	PitchMM  float64 `yaml:"pitch_mm" json:"pitch_mm"`
	AngleDeg float64 `yaml:"angle_deg" json:"angle_deg"`
	Source   string  `yaml:"source" json:"source"`
	Verified string  `yaml:"verified" json:"verified"` // published, or unverified
}

// Bearing is the geometry to compute with.
func (c Catalogued) Bearing() vibration.Bearing {
	return vibration.Bearing{Name: c.Name, Balls: c.Balls, BallMM: c.BallMM, PitchMM: c.PitchMM, AngleDeg: c.AngleDeg, Reference: c.Source}
}

// Catalogue is bearings by their names.
type Catalogue struct{ Bearings []Catalogued }

// LoadCatalogue reads a catalogue and checks every bearing of it.
func LoadCatalogue(data fs.FS, name string) (*Catalogue, error) {
	var f struct {
		Schema   string       `yaml:"schema"`
		Version  int          `yaml:"version"`
		Bearings []Catalogued `yaml:"bearings"`
	}
	if err := readYAML(data, name, &f); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, c := range f.Bearings {
		if err := c.Bearing().Check(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, c.Name, err)
		}
		if key := strings.ToUpper(c.Name); c.Name == "" || c.Source == "" || seen[key] {
			return nil, fmt.Errorf("%s: bearing %q: each has a name of its own and a source", name, c.Name)
		}
		seen[strings.ToUpper(c.Name)] = true
	}
	return &Catalogue{f.Bearings}, nil
}

// Find gives a bearing by its name, whatever its case, or by its geometry as
// "n,d,D,angle".
func (c *Catalogue) Find(s string) (vibration.Bearing, error) {
	if strings.Contains(s, ",") {
		return vibration.ParseBearing(s)
	}
	i := slices.IndexFunc(c.Bearings, func(b Catalogued) bool { return strings.EqualFold(b.Name, strings.TrimSpace(s)) })
	if i < 0 {
		names := make([]string, len(c.Bearings))
		for i, b := range c.Bearings {
			names[i] = b.Name
		}
		return vibration.Bearing{}, fmt.Errorf("no bearing %q in the catalogue; there are %s; or write number of elements, their diameter, pitch diameter and contact angle as 9,7.94,39.04,0", s, strings.Join(names, ", "))
	}
	return c.Bearings[i].Bearing(), nil
}
