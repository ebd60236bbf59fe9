package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/calc/maturity"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store    Store
	Firms    Firms
	Dues     Dues
	Figures  Figures
	Editions *Editions
	Stations Stations
	NewID    func() string
	Now      func() time.Time
}

// LeastPeers is how many other firms a place among them needs: of fewer, one
// could be told from the quantiles (k-anonymity; the programme's default k).
const LeastPeers = 5

// Limits of one project: what a team can do and a reader can take in.
const (
	maxSteps     = 5000
	maxTeam      = 20
	maxVisits    = 50
	maxQuestions = 200
	maxMeasures  = 100
	maxFiles     = 20 // of one answer
	maxRemark    = 4000
)

// Desk is where diagnoses are planned, carried out and looked up. Its methods may
// be called concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// Editions are those that the desk knows.
func (d *Desk) Editions() *Editions { return d.o.Editions }

// Peers is a firm's place among others of its sector.
type Peers struct {
	Known   bool    `json:"known" doc:"False when there are too few to be told"`
	Sector  string  `json:"sector" doc:"Division of GB/T 4754 that is compared"`
	Count   int     `json:"count"`
	Least   int     `json:"least" doc:"How many there must be"`
	Q25     float64 `json:"q25"`
	Q50     float64 `json:"q50"`
	Q75     float64 `json:"q75"`
	Below   int     `json:"below" doc:"Firms with a lower total"`
	AtLeast int     `json:"at_least" doc:"Firms with the same total or a higher one"`
}

// View is a project with what follows from it.
type View struct {
	Project
	Outcome Outcome   `json:"outcome"`
	Peers   Peers     `json:"peers"`
	Due     time.Time `json:"due,omitzero" doc:"Of the next follow-up"`
}

// List gives heads of firms that lie in the asker's areas, the newest first, and
// what to pass as Before for the next page.
func (d *Desk) List(ctx context.Context, who access.Principal, f Filter) ([]Head, string, error) {
	f.Areas = who.Areas(access.ReadFirms)
	if len(f.Areas) == 0 {
		return nil, "", nil
	}
	limit := f.Limit
	f.Limit++
	out, err := d.o.Store.Heads(ctx, who.Scope.Tenant, f)
	if err != nil || len(out) <= limit {
		return out, "", err
	}
	return out[:limit], out[limit-1].ID, nil
}

// Firms that the asker may diagnose.
func (d *Desk) Firms(ctx context.Context, who access.Principal, text string, limit int) ([]Firm, error) {
	areas := who.Areas(access.Diagnose)
	if len(areas) == 0 {
		return nil, nil
	}
	return d.o.Firms.Firms(ctx, who.Scope.Tenant, areas, text, limit)
}

// project folds one that the asker may see with the permission; else it is not
// found.
func (d *Desk) project(ctx context.Context, who access.Principal, id string, perm access.Permission) (Project, *Edition, error) {
	steps, err := d.o.Store.Steps(ctx, who.Scope.Tenant, id)
	if err != nil {
		return Project{}, nil, err
	}
	p := Fold(id, steps)
	if !p.Firm.within(who.Areas(access.ReadFirms)) {
		return Project{}, nil, fmt.Errorf("%w: diagnosis %s", access.ErrNotFound, id)
	}
	if !p.Firm.within(who.Areas(perm)) {
		return Project{}, nil, fmt.Errorf("%w: this needs the permission %q for %s", access.ErrForbidden, perm, p.Firm.Name)
	}
	e, ok := d.o.Editions.Edition(p.Edition, p.Version)
	if !ok {
		return Project{}, nil, fmt.Errorf("diagnosis %s: the edition %s version %d is not in this program", id, p.Edition, p.Version)
	}
	return p, e, nil
}

// View is one project.
func (d *Desk) View(ctx context.Context, who access.Principal, id string) (View, error) {
	p, e, err := d.project(ctx, who, id, access.ReadFirms)
	if err != nil {
		return View{}, err
	}
	return d.view(ctx, who.Scope.Tenant, p, e)
}

func (d *Desk) view(ctx context.Context, tenant plant.TenantNo, p Project, e *Edition) (View, error) {
	v := View{Project: p}
	var err error
	if v.Outcome, err = p.Outcome(e); err != nil {
		return v, err
	}
	v.Due, _, _ = p.Due()
	v.Peers = Peers{Sector: division(p.Firm.Sector), Least: LeastPeers}
	if v.Peers.Sector == "" {
		return v, nil
	}
	totals, err := d.o.Store.Totals(ctx, tenant, p.Edition, v.Peers.Sector, p.Firm.ID)
	if err != nil {
		return v, err
	}
	if m, ok := maturity.Compare(v.Outcome.Total, totals, LeastPeers); ok {
		v.Peers.Known, v.Peers.Count, v.Peers.Q25, v.Peers.Q50, v.Peers.Q75, v.Peers.Below, v.Peers.AtLeast = true, m.Count, m.Q25, m.Q50, m.Q75, m.Below, m.AtLeast
	}
	return v, nil
}

// division is the section and two digits of a class of GB/T 4754: C34 of C3451.
func division(sector string) string {
	if len(sector) < 3 {
		return ""
	}
	return sector[:3]
}

// History are the steps of a project, the newest first.
func (d *Desk) History(ctx context.Context, who access.Principal, id string) ([]Step, error) {
	if _, _, err := d.project(ctx, who, id, access.ReadFirms); err != nil {
		return nil, err
	}
	steps, err := d.o.Store.Steps(ctx, who.Scope.Tenant, id)
	slices.Reverse(steps)
	return steps, err
}

// Start begins a diagnosis of a firm and fills what machines can answer.
func (d *Desk) Start(ctx context.Context, who access.Principal, firm, edition string, plan Plan) (View, error) {
	f, err := d.o.Firms.Firm(ctx, who.Scope.Tenant, firm)
	if err != nil {
		return View{}, err
	}
	if !f.within(who.Areas(access.Diagnose)) {
		return View{}, fmt.Errorf("%w: firm %s", access.ErrNotFound, firm)
	}
	e, ok := d.o.Editions.Edition(edition, 0)
	switch {
	case !ok:
		return View{}, invalid("there is no edition %q", edition)
	case !e.Holds(plan.Begin):
		return View{}, invalid("the edition %s does not hold on %s: it is valid from %s", e.ID, plan.Begin, e.From)
	}
	if err := e.checkPlan(plan); err != nil {
		return View{}, err
	}
	p := Fold(d.o.NewID(), nil)
	return d.save(ctx, who, p, e, Step{What: StepCreated, Firm: &f, Edition: e.ID, Version: e.Version, Plan: &plan}, d.fillStep)
}

// checkPlan says what is wrong with a plan.
func (e *Edition) checkPlan(p Plan) error {
	begin, err1 := time.Parse(time.DateOnly, p.Begin)
	end, err2 := time.Parse(time.DateOnly, p.End)
	switch {
	case strings.TrimSpace(p.Title) == "":
		return invalid("the title is empty")
	case err1 != nil || err2 != nil || end.Before(begin):
		return invalid("the visits last from %q to %q; write two days, the first not after the last", p.Begin, p.End)
	case !p.From.Before(p.To):
		return invalid("the time of evidence ends before it begins")
	case p.To.Sub(p.From) > maxDays*24*time.Hour:
		return invalid("the time of evidence is longer than %d days", maxDays)
	case p.Target < 1 || p.Target > len(e.Levels):
		return invalid("target level %d; there are 1 to %d", p.Target, len(e.Levels))
	case len(p.Cut) > 0 && strings.TrimSpace(p.Why) == "":
		return invalid("say why %s are cut", strings.Join(p.Cut, ", "))
	}
	for _, id := range p.Cut {
		if n, ok := e.node(id); !ok || !n.Cuttable {
			return invalid("%q may not be cut in this edition", id)
		}
	}
	if _, err := (Project{Plan: p}).Outcome(e); err != nil {
		return invalid("%v", err)
	}
	return nil
}

// then makes a further step of what the steps before made.
type then func(ctx context.Context, tenant plant.TenantNo, p Project, e *Edition) (Step, error)

// save applies the step and what follows from it and stores all of them.
func (d *Desk) save(ctx context.Context, who access.Principal, p Project, e *Edition, first Step, more ...then) (View, error) {
	seen := p.Rev
	var steps []Step
	add := func(s Step) {
		s.Seq, s.At, s.By = p.Rev+1, d.o.Now().UTC().Truncate(time.Microsecond), who.Name
		p.apply(s)
		steps = append(steps, s)
	}
	add(first)
	for _, f := range more {
		s, err := f(ctx, who.Scope.Tenant, p, e)
		if errors.Is(err, ErrNoFigures) || errors.Is(err, errNothing) {
			continue
		}
		if err != nil {
			return View{}, err
		}
		add(s)
	}
	if p.Rev > maxSteps {
		return View{}, invalid("the diagnosis has %d steps; that is as many as there may be: close it and begin another", maxSteps)
	}
	v, err := d.view(ctx, who.Scope.Tenant, p, e)
	if err != nil {
		return View{}, err
	}
	return v, d.o.Store.Append(access.With(ctx, who), who.Scope.Tenant, v.head(), seen, steps)
}

func (v View) head() Head {
	h := Head{
		ID: v.ID, Rev: v.Rev, Title: v.Plan.Title, Firm: v.Firm, Edition: v.Edition, Version: v.Version, State: v.State, Begin: v.Plan.Begin,
		Target: v.Plan.Target, Total: v.Outcome.Total, Grade: v.Outcome.Grade, Asked: v.Outcome.Asked, Answered: v.Outcome.Answered,
		FromMachine: v.Outcome.FromMachine, Changed: v.Changed, Due: v.Due,
	}
	for _, m := range v.Team {
		if m.Role == Lead {
			h.Lead = m.Name
		}
	}
	return h
}

// change is what the methods that alter a project have in common. seen is the
// revision that the asker saw.
func (d *Desk) change(ctx context.Context, who access.Principal, id string, seen int64, perm access.Permission, make func(p Project, e *Edition) (Step, error), more ...then) (View, error) {
	p, e, err := d.project(ctx, who, id, perm)
	if err != nil {
		return View{}, err
	}
	if p.Rev != seen {
		return View{}, fmt.Errorf("diagnosis %s is at revision %d, not %d: %w", id, p.Rev, seen, access.ErrConflict)
	}
	s, err := make(p, e)
	if err != nil {
		return View{}, err
	}
	return d.save(ctx, who, p, e, s, more...)
}

// file names of the content-addressed store are SHA-256 in hex.
func isDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
