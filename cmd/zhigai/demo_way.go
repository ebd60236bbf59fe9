package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/access"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/shop/production"
)

// demoWay says how the demo plant makes its products, who works there, and what
// it is asked for (data/demo/production.yaml).
type demoWay struct {
	Segments []demoSegment `yaml:"segments"`
	Products []demoProduct `yaml:"products"`
	Steel    string        `yaml:"steel"` // item of which rings are turned
	People   []demoPerson  `yaml:"people"`
	Orders   struct {
		Open        int       `yaml:"open"` // as many as are kept in work
		Pieces      demoRange `yaml:"pieces"`
		DueHours    demoRange `yaml:"due_hours"`
		RushPercent int       `yaml:"rush_percent"`
		Customers   []string  `yaml:"customers"`
	} `yaml:"orders"`
}

type demoPerson struct {
	Name   string   `yaml:"name"`
	Called string   `yaml:"called"`
	Skills []string `yaml:"skills"`
}

type demoProduct struct {
	Code   string `yaml:"code"`
	SteelG int64  `yaml:"steel_g"` // of one
	Family string `yaml:"family"`
}

type demoRange struct {
	Least int `yaml:"least"`
	Most  int `yaml:"most"`
}

type demoSegment struct {
	No         int        `yaml:"no"`
	Area       string     `yaml:"area"`
	Name       plant.Name `yaml:"name"`
	SetupMin   int64      `yaml:"setup_min"`
	MoveMin    int64      `yaml:"move_min"`
	MinWaitMin int64      `yaml:"min_wait_min"`
	Batch      int64      `yaml:"batch"`
	ScrapPPM   int64      `yaml:"scrap_ppm"`
	Skill      string     `yaml:"skill"`
	Makes      string     `yaml:"makes"` // item; the last makes the product
	Made       plant.Name `yaml:"made"`
}

// readDemoWay reads how the bearing maker works; another plant has no such file.
func readDemoWay() (demoWay, error) {
	var w demoWay
	raw, err := data.FS.ReadFile("demo/production.yaml")
	if err != nil {
		return w, err
	}
	if err := yaml.UnmarshalWithOptions(raw, &w, yaml.Strict()); err != nil {
		return w, fmt.Errorf("data/demo/production.yaml: %w", err)
	}
	return w, nil
}

// definition is how one product of the demo plant is made, on the machines that
// the model has with the ids by path.
func (w demoWay) definition(m plant.Model, ids map[string]plant.NodeID, no int) (production.Definition, error) {
	of := w.Products[no]
	d := production.Definition{
		Product: of.Code, Unit: "{piece}",
	}
	for _, s := range w.supplies() {
		need := s.each
		if need == 0 {
			need = plant.Quantity(of.SteelG) * plant.One / 1000
		}
		d.Materials = append(d.Materials, production.Material{Item: s.item.Code, Quantity: need, Unit: s.item.Unit, Segment: s.segment})
	}
	for _, s := range w.Segments {
		seg := production.Segment{
			No: s.No, Name: s.Name, Family: of.Family, MoveMs: s.MoveMin * 60_000, MinWaitMs: s.MinWaitMin * 60_000, ScrapPPM: s.ScrapPPM, Skills: []string{s.Skill},
		}
		if s.Batch > 0 { // only the same rings lie together
			seg.Family = of.Code
		}
		for _, n := range m.Nodes {
			if n.Machine == nil || n.Machine.Excluded || !strings.Contains(n.Path, "/"+s.Area+"/") {
				continue
			}
			i := slices.IndexFunc(n.Machine.Cycles, func(c plant.Cycle) bool { return c.Product == of.Code })
			if i < 0 {
				continue
			}
			a := production.Alternative{Equipment: ids[n.Path], SetupMs: s.SetupMin * 60_000, RunMs: n.Machine.Cycles[i].PRUms, Batch: s.Batch}
			if s.Batch > 0 {
				a.RunMs *= s.Batch
			}
			seg.Alternatives = append(seg.Alternatives, a)
		}
		if len(seg.Alternatives) == 0 {
			return d, fmt.Errorf("data/demo/production.yaml: no machine of %s makes %s", s.Area, of.Code)
		}
		d.Segments = append(d.Segments, seg)
	}
	return d, nil
}

// begin enters people and definitions of a plant that has none.
func (w demoWay) begin(ctx context.Context, desk *production.Desk, who access.Principal, m plant.Model, ids map[string]plant.NodeID) error {
	known, err := desk.Definitions(ctx, who, production.DefinitionFilter{Limit: 1})
	if err != nil || len(known) > 0 {
		return err
	}
	since := time.Now().AddDate(-1, 0, 0).Format(time.DateOnly)
	for _, p := range w.People {
		one := production.Person{Name: p.Name, Called: p.Called}
		for _, s := range p.Skills {
			one.Skills = append(one.Skills, production.Skill{Name: s, From: since})
		}
		if _, err := desk.SavePerson(ctx, who, one); err != nil {
			return err
		}
	}
	for i := range w.Products {
		d, err := w.definition(m, ids, i)
		if err != nil {
			return err
		}
		if d, err = desk.SaveDefinition(ctx, who, d); err != nil {
			return err
		}
		if _, err := desk.Release(ctx, who, d.Product, d.Revision, plant.Validity{From: time.Now().AddDate(0, 0, -1)}, d.Rev); err != nil {
			return err
		}
	}
	return nil
}
