package diagnosis

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/calc/maturity"
)

// SavePlan changes the plan. Another time of evidence fills anew.
func (d *Desk) SavePlan(ctx context.Context, who access.Principal, id string, seen int64, plan Plan) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, e *Edition) (Step, error) {
		if !p.Open() {
			return Step{}, invalid("the plan of a diagnosis that is %s is settled", p.State)
		}
		return Step{What: StepPlanned, Plan: &plan}, e.checkPlan(plan)
	}, d.fillStep)
}

// Fill asks the figures again.
func (d *Desk) Fill(ctx context.Context, who access.Principal, id string, seen int64) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, e *Edition) (Step, error) {
		if !p.Open() {
			return Step{}, invalid("the evidence of a diagnosis that is %s is frozen", p.State)
		}
		return d.fillStep(ctx, who.Scope.Tenant, p, e)
	})
}

// SaveTeam names who does it.
func (d *Desk) SaveTeam(ctx context.Context, who access.Principal, id string, seen int64, team []Expert) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, e *Edition) (Step, error) {
		names := map[string]bool{}
		team := slices.Clone(team)
		for i, m := range team {
			// Who was dispatched stays known as such; nobody is by being typed in.
			team[i].Expert = ""
			if at := slices.IndexFunc(p.Team, func(o Expert) bool { return o.Name == m.Name }); at >= 0 {
				team[i].Expert = p.Team[at].Expert
			}
			switch {
			case strings.TrimSpace(m.Name) == "" || names[m.Name]:
				return Step{}, invalid("the name %q is empty or stands twice", m.Name)
			case m.Conflict == ConflictDeclared && strings.TrimSpace(m.Interest) == "":
				return Step{}, invalid("say what conflict of interest %s declared", m.Name)
			}
			for _, s := range m.Skills {
				if n, ok := e.node(s); !ok || len(n.Parts) > 0 {
					return Step{}, invalid("%s: there is no subdomain %q", m.Name, s)
				}
			}
			names[m.Name] = true
		}
		if len(team) > maxTeam {
			return Step{}, invalid("a team of %d; %d are allowed", len(team), maxTeam)
		}
		return Step{What: StepTeam, Team: team}, frozen(p)
	})
}

// frozen refuses what is not to change any more.
func frozen(p Project) error {
	switch p.State {
	case Closed, Followed, Cancelled:
		return invalid("the diagnosis is %s: nothing of it changes any more", p.State)
	default:
		return nil
	}
}

// SaveVisit adds or changes a visit.
func (d *Desk) SaveVisit(ctx context.Context, who access.Principal, id string, seen int64, v Visit) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, _ *Edition) (Step, error) {
		if _, err := time.Parse(time.DateOnly, v.Day); err != nil {
			return Step{}, invalid("%q is no day; write 2026-05-01", v.Day)
		}
		own, err := given(v.ID, p.Visits, func(o Visit) string { return o.ID }, maxVisits, "visit", d.o.NewID)
		v.ID = own
		if err != nil {
			return Step{}, err
		}
		return Step{What: StepVisit, Visit: &v}, frozen(p)
	})
}

// given is the id of what is changed, or a new one.
func given[T any](id string, list []T, of func(T) string, most int, what string, newID func() string) (string, error) {
	switch {
	case id == "" && len(list) >= most:
		return "", invalid("%d %ss; that is as many as there may be", most, what)
	case id == "":
		return newID(), nil
	case !slices.ContainsFunc(list, func(o T) bool { return of(o) == id }):
		return "", invalid("there is no %s %q here", what, id)
	}
	return id, nil
}

// Ask puts a question to the firm.
func (d *Desk) Ask(ctx context.Context, who access.Principal, id string, seen int64, requirement, text string) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, e *Edition) (Step, error) {
		if _, ok := e.Requirement(requirement); requirement != "" && !ok {
			return Step{}, invalid("there is no requirement %q", requirement)
		}
		if text = strings.TrimSpace(text); text == "" || len(text) > maxRemark {
			return Step{}, invalid("a question has 1 to %d bytes", maxRemark)
		}
		own, err := given("", p.Questions, func(q Question) string { return q.ID }, maxQuestions, "question", d.o.NewID)
		if err != nil {
			return Step{}, err
		}
		return Step{What: StepAsked, Question: &Question{ID: own, Requirement: requirement, Text: text, By: who.Name, At: d.o.Now().UTC()}}, frozen(p)
	})
}

// AnswerQuestion is the firm's word on a question.
func (d *Desk) AnswerQuestion(ctx context.Context, who access.Principal, id string, seen int64, question, text string) (View, error) {
	return d.change(ctx, who, id, seen, access.ReplyFirms, func(p Project, _ *Edition) (Step, error) {
		i := slices.IndexFunc(p.Questions, func(q Question) bool { return q.ID == question })
		if i < 0 {
			return Step{}, invalid("there is no question %q", question)
		}
		if text = strings.TrimSpace(text); text == "" || len(text) > maxRemark {
			return Step{}, invalid("an answer has 1 to %d bytes", maxRemark)
		}
		q := p.Questions[i]
		q.Answer, q.AnsweredBy, q.AnsweredAt = text, who.Name, d.o.Now().UTC()
		return Step{What: StepAnsweredQ, Question: &q}, frozen(p)
	})
}

// onBehalf says whether somebody speaks for the firm who diagnoses it: what was
// said to the team and entered by it.
func onBehalf(who access.Principal, f Firm) bool { return f.within(who.Areas(access.Diagnose)) }

// Answer is a person's word on a requirement.
func (d *Desk) Answer(ctx context.Context, who access.Principal, id string, seen int64, a Answer) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, e *Edition) (Step, error) {
		a.By, a.At = who.Name, d.o.Now().UTC().Truncate(time.Microsecond)
		return Step{What: StepAnswered, Answer: &a}, d.checkAnswer(ctx, who, p, e, a)
	})
}

func (d *Desk) checkAnswer(ctx context.Context, who access.Principal, p Project, e *Edition, a Answer) error {
	_, ok := e.Requirement(a.Requirement)
	machine := p.Evidence[a.Requirement].Grade
	switch {
	case !p.Open():
		return invalid("the diagnosis is %s: answers are given while it is planned or visiting; take it back first", p.State)
	case !ok || e.cut(p.Plan.Cut)[a.Requirement]:
		return invalid("the requirement %q is not asked here", a.Requirement)
	case a.Grade != maturity.Unanswered && !answer(a.Grade):
		return invalid("grade %q; write none, part, most or full, or nothing to take an answer back", a.Grade)
	case len(a.Remark) > maxRemark:
		return invalid("a remark of %d bytes; %d are allowed", len(a.Remark), maxRemark)
	case machine != maturity.Unanswered && a.Grade != maturity.Unanswered && a.Grade != machine && strings.TrimSpace(a.Remark) == "":
		return invalid("machine evidence says %q; say in a remark why it is %q", machine, a.Grade)
	case len(a.Files) > maxFiles:
		return invalid("%d files; %d are allowed", len(a.Files), maxFiles)
	}
	for _, f := range a.Files {
		if !isDigest(f.SHA256) || f.Name == "" || len(f.Name) > 200 {
			return invalid("file %q: send it first and name it as it was answered", f.Name)
		}
		if _, err := d.o.Store.File(ctx, who.Scope.Tenant, f.SHA256); err != nil {
			return invalid("file %q is not here; send it first", f.Name)
		}
	}
	return nil
}

// SaveMeasure adds or changes what the team proposes.
func (d *Desk) SaveMeasure(ctx context.Context, who access.Principal, id string, seen int64, m Measure) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, e *Edition) (Step, error) {
		if strings.TrimSpace(m.Title) == "" {
			return Step{}, invalid("a measure needs a title")
		}
		for _, r := range m.Requirements {
			if _, ok := e.Requirement(r); !ok {
				return Step{}, invalid("there is no requirement %q", r)
			}
		}
		own, err := given(m.ID, p.Measures, func(o Measure) string { return o.ID }, maxMeasures, "measure", d.o.NewID)
		m.ID = own
		if err != nil {
			return Step{}, err
		}
		return Step{What: StepMeasure, Measure: &m}, frozen(p)
	})
}

// ways are the moves between states that a person makes; the firm's reply makes
// its own.
var ways = map[State][]State{
	Planned: {Visiting, Cancelled}, Visiting: {Drafted, Cancelled}, Drafted: {Visiting, Cancelled}, Replied: {Closed, Visiting, Cancelled},
	Closed: {Visiting, Cancelled}, Followed: {Cancelled},
}

// Move brings a project into another state. Back and to the end it takes a note.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, seen int64, to State, note string) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, e *Edition) (Step, error) {
		if !slices.Contains(ways[p.State], to) {
			return Step{}, invalid("from %s there is no way to %s; there is one to %v", p.State, to, ways[p.State])
		}
		if (to == Cancelled || to == Visiting && p.State != Planned) && strings.TrimSpace(note) == "" {
			return Step{}, invalid("say why it goes back or ends")
		}
		if len(note) > maxRemark {
			return Step{}, invalid("a note of %d bytes; %d are allowed", len(note), maxRemark)
		}
		return Step{What: StepState, State: to, Note: note}, p.ready(e, to)
	}, d.register)
}

// ready says what is missing for a state.
func (p Project) ready(e *Edition, to State) error {
	switch {
	case to == Visiting && p.State == Planned:
		if !slices.ContainsFunc(p.Team, func(m Expert) bool { return m.Role == Lead }) {
			return invalid("nobody leads the team")
		}
		for _, m := range p.Team {
			if m.Conflict == ConflictUndeclared || m.Conflict == "" {
				return invalid("%s has not said whether there is a conflict of interest", m.Name)
			}
			if m.Conflict == ConflictDeclared && m.Role != Observer {
				return invalid("%s declared a conflict of interest and may only observe", m.Name)
			}
		}
	case p.State == Closed && to == Visiting && len(p.FollowUps) > 0:
		return invalid("it was followed up already: cancel it, or begin another diagnosis")
	case to == Drafted:
		out, err := p.Outcome(e)
		if err != nil {
			return err
		}
		if n := len(out.Missing); n > 0 {
			return invalid("%d requirements up to level %d have no answer: %s", n, p.Plan.Target, strings.Join(out.Missing[:min(n, 5)], ", "))
		}
	}
	return nil
}

// Reply is the firm's word on the draft.
func (d *Desk) Reply(ctx context.Context, who access.Principal, id string, seen int64, text string, agrees bool) (View, error) {
	return d.change(ctx, who, id, seen, access.ReplyFirms, func(p Project, _ *Edition) (Step, error) {
		if p.State != Drafted && p.State != Replied {
			return Step{}, invalid("the diagnosis is %s; a reply is to a draft", p.State)
		}
		if text = strings.TrimSpace(text); text == "" || len(text) > maxRemark {
			return Step{}, invalid("a reply has 1 to %d bytes", maxRemark)
		}
		return Step{What: StepReply, Reply: &Reply{Text: text, Agrees: agrees, By: who.Name, OnBehalf: onBehalf(who, p.Firm), At: d.o.Now().UTC().Truncate(time.Microsecond)}}, nil
	})
}

// FollowUp says what came of the measures, 6 and 12 months after the closing, in
// that order.
func (d *Desk) FollowUp(ctx context.Context, who access.Principal, id string, seen int64, f FollowUp) (View, error) {
	return d.change(ctx, who, id, seen, access.Diagnose, func(p Project, _ *Edition) (Step, error) {
		due, months, ok := p.Due()
		switch {
		case !ok:
			return Step{}, invalid("the diagnosis is %s; a closed one is followed up", p.State)
		case f.Months != months:
			return Step{}, invalid("the follow-up after %d months comes next", months)
		case d.o.Now().Before(due):
			return Step{}, invalid("the follow-up after %d months is due on %s", months, due.Format(time.DateOnly))
		case len(f.Text) > maxRemark:
			return Step{}, invalid("a text of %d bytes; %d are allowed", len(f.Text), maxRemark)
		}
		for m, state := range f.Measures {
			if !slices.ContainsFunc(p.Measures, func(o Measure) bool { return o.ID == m }) || !slices.Contains([]string{"done", "doing", "open", "dropped"}, state) {
				return Step{}, invalid("measure %q is %q; name measures of this diagnosis, and done, doing, open or dropped", m, state)
			}
		}
		f.By, f.At = who.Name, d.o.Now().UTC().Truncate(time.Microsecond)
		return Step{What: StepFollowUp, FollowUp: &f}, nil
	}, d.register)
}
