package quality

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/calc/msa"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Gauge is a measuring instrument.
type Gauge struct {
	ID         string        `json:"id,omitempty"`
	Rev        int64         `json:"rev,omitempty" doc:"Revision that was seen; 0 for a new one"`
	Number     string        `json:"number" minLength:"1" maxLength:"40" doc:"As it stands on the gauge"`
	Name       plant.Name    `json:"name"`
	Place      plant.NodeID  `json:"place" minLength:"1" maxLength:"60"`
	Path       string        `json:"path,omitempty" readOnly:"true"`
	PlaceName  plant.Name    `json:"place_name,omitzero" readOnly:"true"`
	Unit       string        `json:"unit,omitempty" maxLength:"20"`
	Resolution float64       `json:"resolution,omitempty" minimum:"0" doc:"In its unit"`
	Calibrated plant.Instant `json:"calibrated,omitempty" doc:"When it was calibrated last"`
	Days       int           `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"Between calibrations; 0 is never"`
	Due        plant.Instant `json:"due,omitempty" readOnly:"true"`
	Note       string        `json:"note,omitempty" maxLength:"400" doc:"Certificate, laboratory"`
	Ended      bool          `json:"ended,omitempty"`
	// Between calibrations it measures its master.
	Master     string  `json:"master,omitempty" maxLength:"60" doc:"Number of the master, a part of known size"`
	Reference  float64 `json:"reference,omitempty" doc:"Size of the master, in the unit of the gauge"`
	CheckHours int     `json:"check_hours,omitempty" minimum:"0" maximum:"8760" doc:"Between checks by the master; 0 is never"`
	Tag        string  `json:"tag,omitempty" maxLength:"200" doc:"Signal of the machine that is the reading of the master, where the gauge checks itself"`
	Trigger    string  `json:"trigger,omitempty" maxLength:"200" doc:"Counter of the machine that rises with each check"`
}

func (g *Gauge) due(now plant.Instant) bool { return g.Due != 0 && g.Due <= now }

const day = plant.Instant(24 * 3600 * 1e6)

// SaveGauge keeps a gauge; without an id it is a new one.
func (d *Desk) SaveGauge(ctx context.Context, who access.Principal, g Gauge) (Gauge, error) {
	if g.Number = strings.TrimSpace(g.Number); g.Number == "" || g.Name.ZH == "" && g.Name.EN == "" {
		return Gauge{}, invalid("a gauge without a number or a name; give both")
	}
	switch {
	case g.Calibrated > d.now():
		return Gauge{}, invalid("a calibration that has not been yet")
	case math.IsNaN(g.Reference) || math.IsInf(g.Reference, 0):
		return Gauge{}, invalid("a master of %v; write its size", g.Reference)
	case g.CheckHours > 0 && g.Reference == 0:
		return Gauge{}, invalid("checks every %d hours without a master; write its size", g.CheckHours)
	case (g.Tag == "") != (g.Trigger == ""):
		return Gauge{}, invalid("a gauge that checks itself has a signal and a counter; give both")
	}
	var err error
	if g.Path, g.PlaceName, err = d.place(ctx, who, g.Place, access.Engineer); err != nil {
		return Gauge{}, err
	}
	g.Due = 0
	if g.Days > 0 && g.Calibrated == 0 {
		g.Due = d.now() // never calibrated, and it has to be
	} else if g.Days > 0 {
		g.Due = g.Calibrated + plant.Instant(g.Days)*day
	}
	seen := g.Rev
	if g.ID == "" {
		g.ID, seen = d.o.NewID(), 0
	}
	g.Rev = seen + 1
	return g, d.save(ctx, who.Scope.Tenant, Document{Kind: KindGauge, ID: g.ID, Place: g.Place, Path: g.Path, Open: !g.Ended, By: who.Name}, g, seen)
}

func (d *Desk) gauge(ctx context.Context, tenant plant.TenantNo, id string) (Gauge, error) {
	if id == "" {
		return Gauge{}, fmt.Errorf("%w: gauge", access.ErrNotFound)
	}
	return document.Read[Gauge](d.o.Store.Document(ctx, tenant, KindGauge, id))
}

// Gauges lists gauges that are in use, the newest first.
func (d *Desk) Gauges(ctx context.Context, f Filter) ([]Gauge, error) {
	f.Kind, f.Open = KindGauge, true
	return document.ReadAll[Gauge](d.o.Store.Documents(ctx, f))
}

// Study is a study of a gauge, as it was measured and what it found.
type Study struct {
	ID        string        `json:"id,omitempty" readOnly:"true"`
	Gauge     string        `json:"gauge" minLength:"1" maxLength:"60"`
	Name      string        `json:"name" minLength:"1" maxLength:"120" doc:"What was measured"`
	Method    string        `json:"method" enum:"anova,range"`
	Tolerance float64       `json:"tolerance,omitempty" minimum:"0" doc:"Width of the specification, in the unit of the gauge"`
	Readings  []Reading     `json:"readings" maxItems:"2000"`
	At        plant.Instant `json:"at,omitempty" readOnly:"true"`
	By        string        `json:"by,omitempty" readOnly:"true"`
}

// Reading is one value of a study.
type Reading struct {
	Part     string  `json:"part" minLength:"1" maxLength:"60"`
	Operator string  `json:"operator" minLength:"1" maxLength:"60"`
	Value    float64 `json:"value"`
}

// Result computes a study; it is a fold over its readings.
func (s *Study) Result() (*msa.Study, *msa.Result, error) {
	all := make([]msa.Reading, len(s.Readings))
	for i, r := range s.Readings {
		all[i] = msa.Reading(r)
	}
	of, err := msa.Of(all)
	if err != nil {
		return nil, nil, invalid("%v", err)
	}
	by := msa.Anova
	if s.Method == "range" {
		by = msa.AverageRange
	}
	r, err := by(of, msa.Options{Tolerance: s.Tolerance})
	if err != nil {
		return nil, nil, invalid("%v", err)
	}
	if math.IsNaN(r.Total.SD) || math.IsInf(r.Total.SD, 0) {
		return nil, nil, invalid("the values are too large to be added up")
	}
	return of, r, nil
}

// SaveStudy keeps a study of a gauge, when something can be said of it.
func (d *Desk) SaveStudy(ctx context.Context, who access.Principal, s Study) (Study, error) {
	g, err := d.gauge(ctx, who.Scope.Tenant, s.Gauge)
	if err != nil {
		return Study{}, err
	}
	if !who.Scope.Allows(g.Path) {
		return Study{}, fmt.Errorf("%w: gauge %s", access.ErrNotFound, s.Gauge)
	}
	if !who.May(access.Report, g.Path) {
		return Study{}, fmt.Errorf("%w: studies at %s", access.ErrForbidden, g.Path)
	}
	if !slices.Contains([]string{"anova", "range"}, s.Method) {
		return Study{}, invalid("method %q; write anova or range", s.Method)
	}
	if _, _, err := s.Result(); err != nil {
		return Study{}, err
	}
	s.ID, s.At, s.By = d.o.NewID(), d.now(), who.Name
	return s, d.save(ctx, who.Scope.Tenant, Document{Kind: KindStudy, ID: s.ID, Place: g.Place, Path: g.Path, Of: s.Gauge, By: who.Name}, s, 0)
}

// Studies lists studies, the newest first.
func (d *Desk) Studies(ctx context.Context, f Filter) ([]Study, error) {
	f.Kind = KindStudy
	return document.ReadAll[Study](d.o.Store.Documents(ctx, f))
}
