package main

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/advice"
	"zhigai/programme/diagnosis"
	"zhigai/programme/expert"
	"zhigai/record/programme"
)

// newExperts makes the desks of experts who are sent and stationed, and of
// questions for advice.
func (n *node) newExperts() {
	n.experts = &expert.Desk{Store: programme.NewExperts(n.record), Firms: expertFirms{n}, Teams: teams{n}, Division: n.targets.Division, Now: time.Now}
	n.advice = &advice.Desk{Store: programme.NewQuestions(n.record), Files: programme.NewDiagnoses(n.record), Firms: askingFirms{n}, Experts: advisers{n}, Division: n.targets.Division, Now: time.Now}
}

// expertFirms are the firms that can be diagnosed, to those who send experts.
type expertFirms struct{ n *node }

// Firm implements expert.Firms.
func (f expertFirms) Firm(ctx context.Context, tenant plant.TenantNo, id string) (expert.Firm, error) {
	one, err := registryFirms{plantFirms(f)}.Firm(ctx, tenant, id)
	return expert.Firm(one), err
}

// askingFirms are the same, to those who answer questions.
type askingFirms struct{ n *node }

// Firm implements advice.Firms.
func (f askingFirms) Firm(ctx context.Context, tenant plant.TenantNo, id string) (advice.Firm, error) {
	one, err := registryFirms{plantFirms(f)}.Firm(ctx, tenant, id)
	return advice.Firm(one), err
}

// teams are diagnoses, as those who send experts know them.
type teams struct{ n *node }

var _ expert.Teams = teams{}

// Project implements expert.Teams.
func (t teams) Project(ctx context.Context, tenant plant.TenantNo, id string) (expert.Project, error) {
	p, err := t.n.diagnosis.Project(ctx, tenant, id)
	ended := p.State == diagnosis.Closed || p.State == diagnosis.Followed || p.State == diagnosis.Cancelled
	return expert.Project{ID: p.ID, Title: p.Plan.Title, Firm: expert.Firm(p.Firm), From: p.Plan.Begin, To: p.Plan.End, Ended: ended}, err
}

// Join implements expert.Teams: who was checked has no conflict of interest.
func (t teams) Join(ctx context.Context, who access.Principal, project string, m expert.Member) error {
	return t.n.diagnosis.Join(ctx, who, project, diagnosis.Expert{Expert: m.Expert, Name: m.Name, Organisation: m.Organisation, Role: m.Role, Skills: []string{}, Conflict: diagnosis.ConflictNone})
}

// Leave implements expert.Teams.
func (t teams) Leave(ctx context.Context, who access.Principal, project, id string) error {
	return t.n.diagnosis.Leave(ctx, who, project, id)
}

// advisers are the experts of the register, as those who direct questions know
// them.
type advisers struct{ n *node }

var _ advice.Experts = advisers{}

// Adviser implements advice.Experts.
func (a advisers) Adviser(ctx context.Context, tenant plant.TenantNo, id string, about advice.Firm) (advice.Person, error) {
	e, err := a.n.experts.Adviser(ctx, tenant, id, expert.Firm(about))
	return advice.Person{ID: e.ID, Name: e.Name, Organisation: e.Organisation}, err
}

// Own implements advice.Experts.
func (a advisers) Own(ctx context.Context, who access.Principal) ([]string, error) {
	return a.n.experts.Own(ctx, who)
}

// stationed tells full coverage who is stationed where.
type stationed struct{ n *node }

var _ diagnosis.Stations = stationed{}

// Stationed implements diagnosis.Stations.
func (s stationed) Stationed(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]diagnosis.Stationed, error) {
	all, err := s.n.experts.Stationed(ctx, tenant, areas)
	out := make([]diagnosis.Stationed, len(all))
	for i, one := range all {
		out[i] = diagnosis.Stationed(one)
	}
	return out, err
}
