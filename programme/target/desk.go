package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/plant"
)

// Settings are what the policy leaves to those who carry it out.
type Settings struct {
	// Incentive are the counties that the policy counts by number and does not
	// name; empty until somebody enters them.
	Incentive []string `json:"incentive" nullable:"false" doc:"Codes of the 18 incentive counties; empty: not entered"`
	Base      int      `json:"base,omitempty" doc:"Year that growth is counted from; 0: not set"`
	// Paths say what a target is to come to in each year, by its id.
	Paths map[string]map[int]float64 `json:"paths,omitempty"`
	Rev   int64                      `json:"rev"`
}

// SettingsStore keeps them with every revision.
type SettingsStore interface {
	Settings(ctx context.Context, tenant plant.TenantNo) (Settings, error)
	// SaveSettings is access.ErrConflict when there is a newer revision than s.Rev.
	SaveSettings(ctx context.Context, tenant plant.TenantNo, s Settings) (Settings, error)
	// SettingsHistory lists every revision, newest first.
	SettingsHistory(ctx context.Context, tenant plant.TenantNo) ([]SettingsChange, error)
}

// SettingsChange is one revision of the settings.
type SettingsChange struct {
	Settings
	At  plant.Micros `json:"at"`
	Who string       `json:"who"`
}

// Firms tells where a firm belongs now; access.ErrNotFound outside the areas.
type Firms interface {
	Seat(ctx context.Context, tenant plant.TenantNo, areas []access.Area, firm string) (region, sector string, err error)
}

// Desk answers questions about targets and takes entries and returns in.
type Desk struct {
	Book      *Book
	Facts     Facts
	Registers Registers
	Kept      *Keeper // nil: every question folds all its firms
	Store     SettingsStore
	Seats     Firms
	// Division reports whether a code is a division at the instant, in words when
	// it is not.
	Division func(code string, at plant.Micros) error
	Now      func() time.Time
}

// Row is a target with the values of its indicators.
type Row struct {
	Target  Target   `json:"target"`
	Results []Result `json:"results" nullable:"false"`
	// Wanted is what the path asks for in the year, or the target's own value in
	// its last year and in each year of a yearly one.
	Wanted  *float64 `json:"wanted,omitempty"`
	Reached *bool    `json:"reached,omitempty" doc:"Of numeric targets with a value"`
}

// Overview is every target for a region and year. Parts are left out.
func (d *Desk) Overview(ctx context.Context, tenant plant.TenantNo, q Question) ([]Row, error) {
	settings, err := d.settings(ctx, tenant, &q)
	if err != nil {
		return nil, err
	}
	results, err := d.fold(ctx, tenant, d.Book.Indicators(), q, settings)
	if err != nil {
		return nil, err
	}
	var out []Row
	for _, t := range d.Book.Targets() {
		row := Row{Target: t, Results: []Result{}, Wanted: Wanted(t, settings, q.Year)}
		for _, id := range t.Indicators {
			at := slices.IndexFunc(results, func(r Result) bool { return r.Definition.ID == id })
			r := results[at]
			r.Parts = []Part{}
			row.Results = append(row.Results, r)
		}
		if t.Status == Numeric && row.Results[0].Value != nil && row.Wanted != nil {
			yes := *row.Results[0].Value >= *row.Wanted
			row.Reached = &yes
		}
		out = append(out, row)
	}
	return out, nil
}

// Result is one indicator with its parts.
func (d *Desk) Result(ctx context.Context, tenant plant.TenantNo, id string, q Question) (Result, error) {
	out, err := d.Results(ctx, tenant, []string{id}, q)
	if err != nil {
		return Result{}, err
	}
	return out[0], nil
}

// Results are indicators with their parts, in the order of ids; of all when
// there are none.
func (d *Desk) Results(ctx context.Context, tenant plant.TenantNo, ids []string, q Question) ([]Result, error) {
	all := d.Book.Indicators()
	if len(ids) > 0 {
		all = make([]*Indicator, len(ids))
		for i, id := range ids {
			var err error
			if all[i], err = d.Book.Indicator(id); err != nil {
				return nil, err
			}
		}
	}
	settings, err := d.settings(ctx, tenant, &q)
	if err != nil {
		return nil, err
	}
	return d.fold(ctx, tenant, all, q, settings)
}

// fold answers from what is kept where that answers the question.
func (d *Desk) fold(ctx context.Context, tenant plant.TenantNo, indicators []*Indicator, q Question, s Settings) ([]Result, error) {
	lists := Lists{Incentive: s.Incentive}
	if d.Kept == nil || !q.whole() {
		return Fold(ctx, tenant, indicators, q, d.Facts, lists)
	}
	return d.Kept.Fold(ctx, tenant, indicators, q, lists)
}

// State is a word that is another one when what the question's answers are made
// of has changed; "" on a node that keeps nothing.
func (d *Desk) State(ctx context.Context, tenant plant.TenantNo, q Question) (string, error) {
	settings, err := d.settings(ctx, tenant, &q)
	if err != nil || d.Kept == nil {
		return "", err
	}
	return d.Kept.State(ctx, tenant, q, Lists{Incentive: settings.Incentive})
}

// Warm brings what is kept of the year up to date, so that nobody waits for it.
func (d *Desk) Warm(ctx context.Context, tenant plant.TenantNo, year int) error {
	q := Question{Year: year}
	settings, err := d.settings(ctx, tenant, &q)
	if err != nil || d.Kept == nil {
		return err
	}
	return d.Kept.Warm(ctx, tenant, q.Year, q.Base, Lists{Incentive: settings.Incentive})
}

// settings also completes the question: the base year that is set when it names
// none, and a region by the beginning of its code. A division that did not exist
// at the year's end is refused, with what stands in its place.
func (d *Desk) settings(ctx context.Context, tenant plant.TenantNo, q *Question) (Settings, error) {
	if err := q.check(); err != nil {
		return Settings{}, err
	}
	if q.Region != "" {
		code := (q.Region + "000000")[:6]
		if err := d.Division(code, Year(q.Year).To-1); err != nil {
			return Settings{}, fmt.Errorf("%w: region: %w", ErrInvalid, err)
		}
		q.Region = plant.RegionPrefix(code)
	}
	s, err := d.Store.Settings(ctx, tenant)
	if err == nil && q.Base == 0 && s.Base < q.Year {
		q.Base = s.Base
	}
	return s, err
}

// Wanted is the value that the year is measured against; nil: none is.
func Wanted(t Target, s Settings, year int) *float64 {
	if t.Status != Numeric {
		return nil
	}
	if v, ok := s.Paths[t.ID][year]; ok {
		return &v
	}
	if t.Every == "year" || t.By == 0 || year >= t.By {
		return t.Value
	}
	return nil
}

// maxCounties bounds the list of incentive counties: the policy has 18.
const maxCounties = 200

// SaveSettings checks and stores what the policy leaves open.
func (d *Desk) SaveSettings(ctx context.Context, tenant plant.TenantNo, s Settings) (Settings, error) {
	if len(s.Incentive) > maxCounties {
		return Settings{}, fmt.Errorf("%w: incentive: %d counties; %d are kept", ErrInvalid, len(s.Incentive), maxCounties)
	}
	slices.Sort(s.Incentive)
	for i, code := range s.Incentive {
		if err := d.Division(code, plant.MicrosOf(d.Now())); err != nil {
			return Settings{}, fmt.Errorf("%w: incentive[%d]: %w", ErrInvalid, i, err)
		}
		if strings.HasSuffix(code, "00") {
			return Settings{}, fmt.Errorf("%w: incentive[%d]: %s is no county; write one of its counties", ErrInvalid, i, code)
		}
		if i > 0 && s.Incentive[i-1] == code {
			return Settings{}, fmt.Errorf("%w: incentive[%d]: %s stands there twice", ErrInvalid, i, code)
		}
	}
	if s.Base != 0 && (s.Base < 1949 || s.Base > d.Now().Year()) {
		return Settings{}, fmt.Errorf("%w: base: year %d; write a year that has been, or 0", ErrInvalid, s.Base)
	}
	targets := d.Book.Targets()
	for id, path := range s.Paths {
		at := slices.IndexFunc(targets, func(t Target) bool { return t.ID == id })
		if at < 0 || targets[at].Status != Numeric {
			return Settings{}, fmt.Errorf("%w: paths: %s is no numeric target", ErrInvalid, id)
		}
		for year := range path {
			if year < 1949 || year > 2100 {
				return Settings{}, fmt.Errorf("%w: paths: %s: year %d; write one of 1949 to 2100", ErrInvalid, id, year)
			}
		}
	}
	return d.Store.SaveSettings(ctx, tenant, s)
}

// ofNoFirm are kinds of entries that need not be a firm's.
var ofNoFirm = []string{"excellent_case", "matching_event", "selected_subsector"}

const maxTitle = 200 // letters: a line of a document

// SaveEntry checks an entry and stores it. A firm's entry is where the firm is.
func (d *Desk) SaveEntry(ctx context.Context, tenant plant.TenantNo, areas []access.Area, e Entry) (Entry, error) {
	if e.ID != "" { // what is outside the areas is not found, and its kind stays
		was, err := d.Registers.Entry(ctx, tenant, areas, e.ID)
		if err != nil {
			return Entry{}, err
		}
		if was.Diagnosis != "" {
			return Entry{}, fmt.Errorf("%w: diagnosis: the entry stands while the diagnosis %s is closed; open that again or cancel it", ErrInvalid, was.Diagnosis)
		}
		if was.Kind != e.Kind {
			return Entry{}, fmt.Errorf("%w: kind: the entry is a %s; enter another for %s", ErrInvalid, was.Kind, e.Kind)
		}
	}
	if e.Diagnosis != "" {
		return Entry{}, fmt.Errorf("%w: diagnosis: closing one makes its entry; leave this out of what you enter", ErrInvalid)
	}
	e, err := d.CheckEntry(ctx, tenant, areas, e)
	if err != nil {
		return Entry{}, err
	}
	return d.Registers.SaveEntry(ctx, tenant, e)
}

// CheckEntry gives the entry as it would be stored: a firm's is where the firm
// is, and all of it within the areas.
func (d *Desk) CheckEntry(ctx context.Context, tenant plant.TenantNo, areas []access.Area, e Entry) (Entry, error) {
	e.Title = strings.TrimSpace(e.Title)
	if err := e.check(d.Now()); err != nil {
		return Entry{}, err
	}
	if e.Firm != "" {
		region, sector, err := d.Seats.Seat(ctx, tenant, areas, e.Firm)
		if errors.Is(err, access.ErrNotFound) {
			return Entry{}, fmt.Errorf("%w: firm: %s is not in the registry, or not in your region", ErrInvalid, e.Firm)
		}
		if err != nil {
			return Entry{}, err
		}
		e.Region, e.Sector = region, sector
	} else if err := d.Division(e.Region, e.From); err != nil {
		return Entry{}, fmt.Errorf("%w: region: %w", ErrInvalid, err)
	}
	if !slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(e.Region, e.Sector, e.Firm) }) {
		return Entry{}, fmt.Errorf("%w: region %s lies outside what you keep", access.ErrForbidden, e.Region)
	}
	return e, nil
}

func (e Entry) check(now time.Time) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
	}
	switch {
	case !slices.Contains(Kinds, e.Kind):
		return bad("kind %q; known are %v", e.Kind, Kinds)
	case e.Title == "" || utf8.RuneCountInString(e.Title) > maxTitle:
		return bad("title: write 1 to %d letters", maxTitle)
	case utf8.RuneCountInString(e.Paper) > maxTitle || utf8.RuneCountInString(e.Remark) > 10*maxTitle:
		return bad("paper has at most %d letters, remark %d", maxTitle, 10*maxTitle)
	case e.Level != "" && !slices.Contains(levelsOf(e.Kind), e.Level):
		return bad("level %q; known of a %s are %v", e.Level, e.Kind, levelsOf(e.Kind))
	case e.Kind == CertificateKind && (e.Level == "" || e.Paper == "" || e.To == 0):
		return bad("a certificate has its grade in level (%v), its number in paper, and the end of its validity in to", Grades)
	case weakness[e.Basis] == 0 && e.Basis != Machine:
		return bad("basis %q; write machine, audited or declared", e.Basis)
	case e.Basis == Machine && (e.Robot == nil || e.Robot.Equipment == ""):
		return bad("basis: only a robot that is a connected machine is founded on machine evidence; write its equipment, or audited or declared")
	case e.From <= 0 || e.From > plant.MicrosOf(now.AddDate(0, 0, 1)):
		return bad("from: write when it began; the future has no entries")
	case e.To != 0 && e.To <= e.From:
		return bad("to comes before from")
	case e.Firm == "" && !slices.Contains(ofNoFirm, e.Kind):
		return bad("firm: a %s is a firm's", e.Kind)
	case e.Kind == "selected_subsector" && (e.Sector == "" || e.Firm != ""):
		return bad("sector: write the class of the sub-sector with its section, C345; it is no firm's")
	case (e.Kind == "robot") != (e.Robot != nil):
		return bad("robot: an entry of the kind robot has its plate, others have none")
	}
	if r := e.Robot; r != nil && (r.Maker == "" || r.Serial == "" || r.Model == "" || r.Axes < 3 || r.Axes > 20) {
		// ISO 8373: an industrial robot is programmable in three axes or more.
		return bad("robot: write maker, serial and model, and axes of 3 to 20")
	}
	return nil
}

// SaveReturn checks a value of a firm's year and stores it.
func (d *Desk) SaveReturn(ctx context.Context, tenant plant.TenantNo, areas []access.Area, r Return) (Return, error) {
	if _, _, err := d.Seats.Seat(ctx, tenant, areas, r.Firm); err != nil {
		return Return{}, err
	}
	own, err := d.Registers.Returns(ctx, tenant, r.Firm)
	if err == nil {
		err = CheckReturns(d.Now().Year(), own, []Return{r})
	}
	if err != nil {
		return Return{}, err
	}
	return d.Registers.SaveReturn(ctx, tenant, r)
}

// parts are values that are never more than another of the same year.
var parts = [][2]string{
	{"machines_nc", "machines"}, {"machines_networked", "machines"}, {"smart_output_fen", "output_fen"}, {"rebuild_investment_fen", "tech_investment_fen"},
}

// CheckReturns checks values of one firm's year, put beside those it has.
func CheckReturns(now int, own, fresh []Return) error {
	for _, r := range fresh {
		switch {
		case !slices.Contains(Values, r.Name):
			return fmt.Errorf("%w: name %q; known are %v", ErrInvalid, r.Name, Values)
		case r.Year < 1949 || r.Year > now:
			return fmt.Errorf("%w: year %d; write a year that has begun", ErrInvalid, r.Year)
		case r.Basis != Audited && r.Basis != Declared:
			return fmt.Errorf("%w: basis %q; write audited or declared: machines speak for themselves", ErrInvalid, r.Basis)
		case r.Value < 0 && r.Name != "value_added_fen":
			return fmt.Errorf("%w: value %d; %s is never negative", ErrInvalid, r.Value, r.Name)
		}
	}
	for _, r := range fresh {
		for _, pair := range parts {
			if r.Void || r.Name != pair[0] && r.Name != pair[1] {
				continue
			}
			part, whole := valueOf(own, fresh, r.Year, pair[0]), valueOf(own, fresh, r.Year, pair[1])
			if part != nil && whole != nil && *part > *whole {
				return fmt.Errorf("%w: %s (%d) is more than %s (%d)", ErrInvalid, pair[0], *part, pair[1], *whole)
			}
		}
	}
	return nil
}

// valueOf is the firm's value of the year as it would be with the fresh ones.
func valueOf(own, fresh []Return, year int, name string) *int64 {
	for _, some := range [][]Return{fresh, own} {
		for _, o := range some {
			switch {
			case o.Year != year || o.Name != name:
			case o.Void:
				return nil
			default:
				return &o.Value
			}
		}
	}
	return nil
}
