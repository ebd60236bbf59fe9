package energy

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"zhigai/plant"
)

// Grades are what machines of a kind have to reach by a standard, by grade.
type Grades struct {
	Schema   string     `yaml:"schema" json:"-"`
	ID       string     `yaml:"id" json:"id"`
	Name     plant.Name `yaml:"name" json:"name"`
	Source   string     `yaml:"source" json:"source"`
	Verified string     `yaml:"verified" json:"verified" doc:"Who held it against the source; unverified"`
	From     string     `yaml:"valid_from" json:"valid_from"`
	To       string     `yaml:"valid_to,omitempty" json:"valid_to,omitempty"`
	Unit     string     `yaml:"unit" json:"unit" doc:"Of the values"`
	Better   string     `yaml:"better" json:"better" enum:"high,low"`
	By       string     `yaml:"by" json:"by" doc:"Unit of the sizes"`
	Grades   []int      `yaml:"grades" json:"grades" nullable:"false" doc:"The columns; 1 is the best"`
	Rows     []GradeRow `yaml:"rows" json:"rows" nullable:"false"`
}

// GradeRow is what a size has to reach for each grade.
type GradeRow struct {
	Size   float64   `yaml:"size" json:"size"`
	Values []float64 `yaml:"values" json:"values" nullable:"false"`
}

// Higher says whether a higher value is better.
func (g *Grades) Higher() bool { return g.Better == "high" }

func readGrades(files fs.FS) (out []Grades, err error) {
	names, err := fs.Glob(files, "energy/grades/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var g Grades
		if err := read(files, name, &g); err != nil {
			return nil, err
		}
		if err := g.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if g.ID != path.Base(name[:len(name)-len(".yaml")]) {
			return nil, fmt.Errorf("%s: id %q; name the file after it", name, g.ID)
		}
		out = append(out, g)
	}
	return out, nil
}

// check says what is wrong with a table; a better grade is never worse, and sizes
// rise.
func (g *Grades) check() error {
	_, err := time.Parse(time.DateOnly, g.From)
	switch {
	case g.Name.ZH == "" || g.Source == "" || g.Verified == "" || g.Unit == "" || g.By == "" || err != nil:
		return invalid("a name, a source, verified, units and valid_from are needed")
	case g.Better != "high" && g.Better != "low":
		return invalid("better %q; write high or low", g.Better)
	case len(g.Grades) == 0 || !slices.IsSorted(g.Grades) || len(g.Rows) == 0:
		return invalid("grades, the best first, and rows are needed")
	}
	for i, r := range g.Rows {
		if len(r.Values) != len(g.Grades) || i > 0 && r.Size <= g.Rows[i-1].Size {
			return invalid("size %v: a value for each grade, and sizes that rise, are needed", r.Size)
		}
		for k := 1; k < len(r.Values); k++ {
			if g.Higher() == (r.Values[k] > r.Values[k-1]) && r.Values[k] != r.Values[k-1] {
				return invalid("size %v: grade %d is better than grade %d", r.Size, g.Grades[k], g.Grades[k-1])
			}
		}
	}
	return nil
}

// grade is what a choice has to reach.
func (t *Tables) grade(c GradeChoice) (*Grades, float64, bool) {
	i := slices.IndexFunc(t.Grades, func(g Grades) bool { return g.ID == c.Table })
	if i < 0 {
		return nil, 0, false
	}
	g := &t.Grades[i]
	row := slices.IndexFunc(g.Rows, func(r GradeRow) bool { return r.Size == c.Size })
	column := slices.Index(g.Grades, c.Grade)
	if row < 0 || column < 0 {
		return nil, 0, false
	}
	return g, g.Rows[row].Values[column], true
}
