package target

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"zhigai/figure"
)

// IndicatorSchema is the first line of an indicator's file.
const IndicatorSchema = "zhigai.indicator/1"

// Indicator is a figure over the firms and registers of a region: a definition,
// the firms it counts over and where each term comes from.
type Indicator struct {
	figure.Definition `yaml:",inline"`
	// SourceZH says in Chinese what Source says.
	SourceZH string `yaml:"source_zh" json:"source_zh"`
	// Population are the firms counted: those that fit one line at least.
	Population []Fits            `yaml:"population,omitempty" json:"population" nullable:"false"`
	Sources    map[string]Source `yaml:"sources" json:"sources"` // by term
}

// Fits is one kind of firm; every field that is given must hold.
type Fits struct {
	All        bool     `yaml:"all,omitempty" json:"all,omitempty"` // stands alone
	AboveScale bool     `yaml:"above_scale,omitempty" json:"above_scale,omitempty"`
	Backbone   bool     `yaml:"backbone,omitempty" json:"backbone,omitempty"`
	Cluster    bool     `yaml:"cluster,omitempty" json:"cluster,omitempty"` // belongs to a block economy
	Size       []string `yaml:"size,omitempty" json:"size,omitempty"`
	Sector     []string `yaml:"sector,omitempty" json:"sector,omitempty"` // beginnings of classes with their section
	// SalesFrom is in fen, of the year.
	SalesFrom int64 `yaml:"sales_from_fen,omitempty" json:"sales_from_fen,omitempty"`
	// CountyList and SectorList name a list of the configuration.
	CountyList string `yaml:"county_list,omitempty" json:"county_list,omitempty" enum:"incentive"`
	SectorList string `yaml:"sector_list,omitempty" json:"sector_list,omitempty" enum:"selected"`
}

// Source says where a term comes from; one of Count, Sum and Years is given.
type Source struct {
	// Count counts firms of the population or register entries.
	Count string `yaml:"count,omitempty" json:"count,omitempty" enum:"firms,entries"`
	// Having are marks of which a counted firm has one at least: kinds of entries,
	// system.mes, cloud.
	Having []string `yaml:"having,omitempty" json:"having,omitempty"`
	Of     string   `yaml:"of,omitempty" json:"of,omitempty" enum:"population"` // entries of the population's firms only
	Kinds  []string `yaml:"kinds,omitempty" json:"kinds,omitempty"`             // of entries
	Levels []string `yaml:"levels,omitempty" json:"levels,omitempty"`           // of entries; none: every level
	// When counts entries that began in the period instead of those in force at
	// its end.
	When string `yaml:"when,omitempty" json:"when,omitempty" enum:"in_period"`
	// Distinct counts entries of one firm, sector or title once.
	Distinct string `yaml:"distinct,omitempty" json:"distinct,omitempty" enum:"firm,sector,title"`
	// Sum adds a value of the firms' yearly returns.
	Sum   string `yaml:"sum,omitempty" json:"sum,omitempty"`
	Year  string `yaml:"year,omitempty" json:"year,omitempty" enum:"base"`
	Years string `yaml:"years,omitempty" json:"years,omitempty" enum:"since_base"`
}

// Kinds of register entries: what was recognised, carried out or published, and
// robots in service.
var Kinds = []string{
	"basics_programme_winner", "benchmark_firm", "champion", "demonstration_project", "diagnosis", "digital_workshop",
	"excellent_case", "industrial_internet_demonstration", CertificateKind, "integration_pilot", "matching_event", "nationally_leading",
	"new_mode_demonstration",
	"robot", "selected_subsector", "service_provider", "smart_factory", "software_firm", "transformation",
}

// DiagnosisKind is the kind of entries that closed diagnoses make.
const DiagnosisKind = "diagnosis"

// CertificateKind is the kind of certificates of a management system for the
// integration of informatization and industrialization (GB/T 23001): title says
// for which capability, paper is the certificate's number, level its grade.
const CertificateKind = "integration_certificate"

// Levels of a recognition.
var Levels = []string{"national", "provincial", "city", "county"}

// Grades of a certificate of [CertificateKind], the lowest first. That there are
// five was not found in a standard's text.
var Grades = []string{"A", "AA", "AAA", "AAAA", "AAAAA"}

// levelsOf are the levels that an entry of the kind may have.
func levelsOf(kind string) []string {
	if kind == CertificateKind {
		return Grades
	}
	return Levels
}

// Values of a firm's yearly return: money in fen, land in square metres, energy in
// kilograms of standard coal (equivalent value), emissions in kilograms.
var Values = []string{
	"electricity_kwh", "emission_kg", "employees", "energy_kgce", "key_investment_fen", "land_m2", "machines", "machines_nc", "machines_networked", "output_fen",
	"rd_fen", "rebuild_investment_fen", "sales_fen", "smart_output_fen", "tax_fen", "tech_investment_fen", "value_added_fen",
}

// Sizes of a firm, largest first.
var Sizes = []string{"large", "medium", "small", "micro"}

var marks = append([]string{"cloud", "system.erp", "system.mes", "system.plm", "system.scm"}, Kinds...)

// ParseIndicator reads and checks one indicator.
func ParseIndicator(raw []byte) (*Indicator, error) {
	var ind Indicator
	if err := yaml.UnmarshalWithOptions(raw, &ind, yaml.Strict()); err != nil {
		return nil, err
	}
	if ind.Schema != IndicatorSchema {
		return nil, fmt.Errorf("schema %q; write %s", ind.Schema, IndicatorSchema)
	}
	if ind.SourceZH == "" {
		return nil, errors.New("source_zh is needed: where the definition comes from, in Chinese")
	}
	if len(ind.Each) > 0 {
		return nil, errors.New("each: terms of an indicator come from sources")
	}
	if err := ind.Prepare(slices.Sorted(maps.Keys(ind.Sources))); err != nil {
		return nil, err
	}
	for _, term := range slices.Sorted(maps.Keys(ind.Sources)) {
		if !slices.Contains(ind.Terms, term) {
			return nil, fmt.Errorf("sources: %s is no term of the formula", term)
		}
		if err := ind.Sources[term].check(len(ind.Population) > 0); err != nil {
			return nil, fmt.Errorf("sources: %s: %w", term, err)
		}
	}
	for i, f := range ind.Population {
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("population[%d]: %w", i, err)
		}
	}
	if ind.Population == nil {
		ind.Population = []Fits{}
	}
	return &ind, nil
}

func (s Source) check(firms bool) error {
	given := 0
	for _, v := range []string{s.Count, s.Sum, s.Years} {
		if v != "" {
			given++
		}
	}
	if given != 1 {
		return errors.New("write one of count, sum and years")
	}
	for _, c := range []struct {
		field string
		have  []string
		known []string
	}{
		{"count", single(s.Count), []string{"firms", "entries"}},
		{"having", s.Having, marks},
		{"of", single(s.Of), []string{"population"}},
		{"kinds", s.Kinds, Kinds},
		{"levels", s.Levels, append(slices.Clone(Levels), Grades...)},
		{"when", single(s.When), []string{"in_period"}},
		{"distinct", single(s.Distinct), []string{"firm", "sector", "title"}},
		{"sum", single(s.Sum), Values},
		{"year", single(s.Year), []string{"base"}},
		{"years", single(s.Years), []string{"since_base"}},
	} {
		for _, v := range c.have {
			if !slices.Contains(c.known, v) {
				return fmt.Errorf("%s %q is not known; known are %v", c.field, v, c.known)
			}
		}
	}
	switch {
	case s.Count != "entries" && (len(s.Kinds)+len(s.Levels) > 0 || s.When != "" || s.Distinct != "" || s.Of != ""):
		return errors.New("kinds, levels, when, distinct and of belong to count: entries")
	case s.Of != "" && (s.When != "" || s.Distinct != "" || len(s.Levels) > 0):
		return errors.New("of counts every entry in force at the end; levels, when and distinct do not go with it")
	case s.Count == "entries" && len(s.Kinds) == 0:
		return errors.New("count: entries needs kinds")
	case s.Count != "firms" && len(s.Having) > 0:
		return errors.New("having belongs to count: firms")
	case s.Year != "" && s.Sum == "":
		return errors.New("year belongs to sum")
	case !firms && (s.Count == "firms" || s.Sum != "" || s.Of != ""):
		return errors.New("it is of firms: population says of which")
	}
	return nil
}

func single(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}

func (f Fits) check() error {
	narrow := f.AboveScale || f.Backbone || f.Cluster || len(f.Size)+len(f.Sector) > 0 || f.SalesFrom != 0 || f.CountyList != "" || f.SectorList != ""
	switch {
	case f.All == narrow:
		return errors.New("write conditions, or all: true alone")
	case f.SalesFrom < 0:
		return fmt.Errorf("sales_from_fen %d; write fen, 200000000000 are 2 billion yuan", f.SalesFrom)
	case f.CountyList != "" && f.CountyList != "incentive":
		return fmt.Errorf("county_list %q; known is incentive", f.CountyList)
	case f.SectorList != "" && f.SectorList != "selected":
		return fmt.Errorf("sector_list %q; known is selected", f.SectorList)
	}
	for _, s := range f.Size {
		if !slices.Contains(Sizes, s) {
			return fmt.Errorf("size %q; known are %v", s, Sizes)
		}
	}
	for _, s := range f.Sector {
		if s == "" || s[0] < 'A' || s[0] > 'T' {
			return fmt.Errorf("sector %q; write the section and the beginning of the class, C34", s)
		}
	}
	return nil
}

// uses reports whether a source of the indicator satisfies the condition.
func (ind *Indicator) uses(f func(Source) bool) bool {
	for _, s := range ind.Sources {
		if f(s) {
			return true
		}
	}
	return false
}
