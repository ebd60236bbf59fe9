package evaluation

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// Schema is the first line of a standard's file.
const Schema = "zhigai.evaluation/1"

// Standard is a published rule by which firms are scored. A changed rule is a new
// version; a round keeps the version it was made with.
type Standard struct {
	Schema     string     `yaml:"schema" json:"-"`
	ID         string     `yaml:"id" json:"id"`
	Version    int        `yaml:"version" json:"version"`
	Name       plant.Name `yaml:"name" json:"name"`
	Issuer     string     `yaml:"issuer" json:"issuer"`
	Source     string     `yaml:"source" json:"source"`
	Verified   string     `yaml:"verified" json:"verified" enum:"read,unverified"`
	Note       plant.Name `yaml:"note,omitempty" json:"note,omitzero"`
	From       string     `yaml:"from" json:"from" doc:"First day on which it holds"`
	To         string     `yaml:"to,omitempty" json:"to,omitempty" doc:"First day on which it no longer holds"`
	Population Population `yaml:"population" json:"population"`
	Items      []Item     `yaml:"items" json:"items" nullable:"false"`
	Digits     int        `yaml:"digits" json:"digits" doc:"Decimals of a score; classes go by the score as it is written"`
	Classes    Classes    `yaml:"classes" json:"classes"`

	measures []*Measure // of the items
}

// Population are the firms that are scored; every field that is given must hold.
type Population struct {
	AboveScale *bool    `yaml:"above_scale,omitempty" json:"above_scale,omitempty"`
	Sector     []string `yaml:"sector,omitempty" json:"sector,omitempty"` // beginnings of classes with their section
	Region     []string `yaml:"region,omitempty" json:"region,omitempty"` // beginnings of division codes
	Size       []string `yaml:"size,omitempty" json:"size,omitempty"`
}

// Missing says what becomes of a firm whose value of an item is not known.
type Missing string

// Ways with what is missing.
const (
	Peers    Missing = "peers"    // it gets the mean points of the firms that have one
	Zero     Missing = "zero"     // it gets no points
	Unscored Missing = "unscored" // it gets no score and no class
)

// Item is one indicator of a standard: value ÷ benchmark × weight, the other way
// round where less is better, within floor and cap.
type Item struct {
	Measure   string   `yaml:"measure" json:"measure"`
	Weight    float64  `yaml:"weight" json:"weight" doc:"Points at the benchmark"`
	Benchmark *float64 `yaml:"benchmark,omitempty" json:"benchmark,omitempty" doc:"In the measure's unit"`
	Against   string   `yaml:"against,omitempty" json:"against,omitempty" enum:"population" doc:"The benchmark is the measure over the sums of all firms of the round that have it"`
	Floor     *float64 `yaml:"floor,omitempty" json:"floor,omitempty" doc:"Least points"`
	Cap       *float64 `yaml:"cap,omitempty" json:"cap,omitempty" doc:"Most points"`
	Missing   Missing  `yaml:"missing" json:"missing" enum:"peers,zero,unscored"`
}

// Classes say how scores become classes.
type Classes struct {
	// By is share, of the firms from the best on, or score.
	By     string      `yaml:"by" json:"by" enum:"share,score"`
	Within string      `yaml:"within,omitempty" json:"within,omitempty" enum:"division" doc:"Ranks are made within each division of GB/T 4754"`
	Steps  []ClassStep `yaml:"steps" json:"steps" nullable:"false" doc:"The best first; the last takes the rest"`
}

// ClassStep is one class.
type ClassStep struct {
	Class string   `yaml:"class" json:"class"`
	Share *float64 `yaml:"share,omitempty" json:"share,omitempty" doc:"Of the scored firms, at most"`
	Score *float64 `yaml:"score,omitempty" json:"score,omitempty" doc:"Least score"`
}

// Limits of a standard's file: more is no standard that people apply.
const (
	maxItems   = 50
	maxClasses = 10
)

var (
	standardID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	className  = regexp.MustCompile(`^[A-Z]{1,4}\+?$`)
	sectorForm = regexp.MustCompile(`^[A-T][0-9]{0,4}$`)
	regionForm = regexp.MustCompile(`^([0-9]{2}){1,3}$`)
)

// ParseStandard reads and checks one standard, whose measures are the book's.
func ParseStandard(raw []byte, b *Book) (*Standard, error) {
	var s Standard
	if err := yaml.UnmarshalWithOptions(raw, &s, yaml.Strict()); err != nil {
		return nil, err
	}
	for _, check := range []func() error{s.checkHead, s.checkPopulation, func() error { return s.checkItems(b) }, s.Classes.check} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return &s, nil
}

func (s *Standard) checkHead() error {
	from, err := time.Parse(time.DateOnly, s.From)
	switch {
	case s.Schema != Schema:
		return fmt.Errorf("schema %q; write %s", s.Schema, Schema)
	case !standardID.MatchString(s.ID):
		return fmt.Errorf("id %q; write lower case words joined by -", s.ID)
	case s.Version < 1:
		return fmt.Errorf("version %d; the first is 1", s.Version)
	case s.Name.ZH == "" || s.Name.EN == "" || s.Issuer == "" || s.Source == "":
		return errors.New("name (zh, en), issuer and source are needed")
	case s.Verified != "read" && s.Verified != "unverified":
		return fmt.Errorf("verified %q; write read or unverified", s.Verified)
	case err != nil:
		return fmt.Errorf("from %q; write a day, 2022-01-01", s.From)
	case s.Digits < 0 || s.Digits > 6:
		return fmt.Errorf("digits %d; 0 to 6", s.Digits)
	}
	if s.To != "" {
		if to, err := time.Parse(time.DateOnly, s.To); err != nil || !to.After(from) {
			return fmt.Errorf("to %q; write a day after from, or leave it out", s.To)
		}
	}
	return nil
}

func (s *Standard) checkPopulation() error {
	p := s.Population
	for _, x := range p.Sector {
		if !sectorForm.MatchString(x) {
			return fmt.Errorf("population: sector %q; write the section and up to four digits, C345", x)
		}
	}
	for _, x := range p.Region {
		if !regionForm.MatchString(x) {
			return fmt.Errorf("population: region %q; write 2, 4 or 6 digits of a division code", x)
		}
	}
	for _, x := range p.Size {
		if !slices.Contains([]string{"large", "medium", "small", "micro"}, x) {
			return fmt.Errorf("population: size %q; write large, medium, small or micro", x)
		}
	}
	return nil
}

func (s *Standard) checkItems(b *Book) error {
	if len(s.Items) == 0 || len(s.Items) > maxItems {
		return fmt.Errorf("items: %d; write 1 to %d", len(s.Items), maxItems)
	}
	for i, it := range s.Items {
		m, ok := b.Measure(it.Measure)
		switch {
		case !ok:
			return fmt.Errorf("items: measure %q is not known", it.Measure)
		case slices.ContainsFunc(s.Items[:i], func(o Item) bool { return o.Measure == it.Measure }):
			return fmt.Errorf("items: %s stands twice", it.Measure)
		case !(it.Weight > 0 && it.Weight <= 1000):
			return fmt.Errorf("items: %s: weight %v; write points above 0", it.Measure, it.Weight)
		case it.Against != "" && it.Against != "population":
			return fmt.Errorf("items: %s: against %q; write population, or leave it out", it.Measure, it.Against)
		case (it.Benchmark == nil) == (it.Against == ""):
			return fmt.Errorf("items: %s: write either benchmark or against", it.Measure)
		case it.Benchmark != nil && !(*it.Benchmark > 0 && !math.IsInf(*it.Benchmark, 0)):
			return fmt.Errorf("items: %s: benchmark %v; the value is divided by it, so it is above 0", it.Measure, *it.Benchmark)
		case it.Floor != nil && it.Cap != nil && !(*it.Floor < *it.Cap):
			return fmt.Errorf("items: %s: the floor is not below the cap", it.Measure)
		case !slices.Contains([]Missing{Peers, Zero, Unscored}, it.Missing):
			return fmt.Errorf("items: %s: missing %q; write peers, zero or unscored", it.Measure, it.Missing)
		case m.Better == "neutral":
			return fmt.Errorf("items: %s has no better side; it cannot be scored", it.Measure)
		}
		s.measures = append(s.measures, m)
	}
	return nil
}

func (c Classes) check() error {
	switch {
	case c.By != "share" && c.By != "score":
		return fmt.Errorf("classes: by %q; write share or score", c.By)
	case c.Within != "" && c.Within != "division":
		return fmt.Errorf("classes: within %q; write division, or leave it out", c.Within)
	case len(c.Steps) < 2 || len(c.Steps) > maxClasses:
		return fmt.Errorf("classes: %d steps; write 2 to %d", len(c.Steps), maxClasses)
	}
	sum := 0.0
	for i, s := range c.Steps {
		last := i == len(c.Steps)-1
		switch {
		case !className.MatchString(s.Class) || slices.ContainsFunc(c.Steps[:i], func(o ClassStep) bool { return o.Class == s.Class }):
			return fmt.Errorf("classes: class %q; write each once, in capital letters", s.Class)
		case last && (s.Share != nil || s.Score != nil):
			return fmt.Errorf("classes: %s is the last and takes the rest; leave share and score out", s.Class)
		case last:
		case c.By == "share" && (s.Score != nil || s.Share == nil || !(*s.Share > 0)):
			return fmt.Errorf("classes: %s: write a share above 0", s.Class)
		case c.By == "score" && (s.Share != nil || s.Score == nil || math.IsNaN(*s.Score) || math.IsInf(*s.Score, 0)):
			return fmt.Errorf("classes: %s: write the least score", s.Class)
		case c.By == "score" && i > 0 && !(*s.Score < *c.Steps[i-1].Score):
			return fmt.Errorf("classes: %s: its score is not below that of %s", s.Class, c.Steps[i-1].Class)
		}
		if s.Share != nil {
			sum += *s.Share
		}
	}
	if sum > 1 {
		return fmt.Errorf("classes: the shares add up to %v; 1 is all", sum)
	}
	return nil
}

// Holds reports whether the standard holds on a day.
func (s *Standard) Holds(day string) bool { return s.From <= day && (s.To == "" || day < s.To) }

// Fits reports whether a firm belongs to the standard's population.
func (s *Standard) Fits(f Input) bool {
	begins := func(code string) func(string) bool {
		return func(prefix string) bool { return strings.HasPrefix(code, prefix) }
	}
	p := s.Population
	return (p.AboveScale == nil || *p.AboveScale == f.AboveScale) &&
		(len(p.Sector) == 0 || slices.ContainsFunc(p.Sector, begins(f.Sector))) &&
		(len(p.Region) == 0 || slices.ContainsFunc(p.Region, begins(f.Region))) &&
		(len(p.Size) == 0 || slices.Contains(p.Size, f.Size))
}

// Values are the names of the values that the items read, in order.
func (s *Standard) Values() []string {
	var out []string
	for _, m := range s.measures {
		out = append(out, m.Terms...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
