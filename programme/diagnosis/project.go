package diagnosis

import (
	"slices"
	"time"

	"zhigai/calc/maturity"
)

// Project is one diagnosis as its steps have made it.
type Project struct {
	ID        string              `json:"id"`
	Rev       int64               `json:"rev"`
	Firm      Firm                `json:"firm"`
	Edition   string              `json:"edition"`
	Version   int                 `json:"version" doc:"Of the edition"`
	Plan      Plan                `json:"plan"`
	State     State               `json:"state" enum:"planned,visiting,drafted,replied,closed,followed,cancelled"`
	Team      []Expert            `json:"team" nullable:"false"`
	Visits    []Visit             `json:"visits" nullable:"false"`
	Questions []Question          `json:"questions" nullable:"false"`
	Evidence  map[string]Evidence `json:"evidence" doc:"By requirement: what figures say"`
	Answers   map[string]Answer   `json:"answers" doc:"By requirement: what people say"`
	Measures  []Measure           `json:"measures" nullable:"false"`
	Reply     *Reply              `json:"reply,omitempty" doc:"The firm's last"`
	FollowUps []FollowUp          `json:"follow_ups" nullable:"false"`
	Created   time.Time           `json:"created"`
	Changed   time.Time           `json:"changed"`
	ClosedAt  time.Time           `json:"closed_at,omitzero"`
	Entry     *Entry              `json:"entry,omitempty" doc:"In the register that targets count, while it stands there"`
}

// Fold makes a project of its steps, which stand in order.
func Fold(id string, steps []Step) Project {
	p := Project{
		ID: id, Team: []Expert{}, Visits: []Visit{}, Questions: []Question{}, Evidence: map[string]Evidence{}, Answers: map[string]Answer{},
		Measures: []Measure{}, FollowUps: []FollowUp{},
	}
	for _, s := range steps {
		p.apply(s)
	}
	return p
}

func (p *Project) apply(s Step) {
	p.Rev, p.Changed = s.Seq, s.At
	switch s.What {
	case StepCreated:
		p.Firm, p.Edition, p.Version, p.Plan, p.State, p.Created = *s.Firm, s.Edition, s.Version, *s.Plan, Planned, s.At
	case StepPlanned:
		p.Plan = *s.Plan
	case StepTeam:
		p.Team = s.Team
		if p.Team == nil {
			p.Team = []Expert{}
		}
	case StepVisit:
		p.Visits = put(p.Visits, *s.Visit, func(v Visit) string { return v.ID })
	case StepAsked, StepAnsweredQ:
		p.Questions = put(p.Questions, *s.Question, func(q Question) string { return q.ID })
	case StepEvidence:
		for _, e := range s.Evidence {
			p.Evidence[e.Requirement] = e
		}
	case StepAnswered:
		p.Answers[s.Answer.Requirement] = *s.Answer
		if s.Answer.Grade == maturity.Unanswered && s.Answer.Remark == "" {
			delete(p.Answers, s.Answer.Requirement)
		}
	case StepMeasure:
		p.Measures = put(p.Measures, *s.Measure, func(m Measure) string { return m.ID })
	case StepState:
		p.State = s.State
		p.ClosedAt = time.Time{}
		if s.State == Closed {
			p.ClosedAt = s.At
		}
	case StepReply:
		p.Reply, p.State = s.Reply, Replied
	case StepEntered:
		p.Entry = s.Entry
	case StepTakenBack:
		p.Entry = nil
	case StepFollowUp:
		p.FollowUps = append(p.FollowUps, *s.FollowUp)
		if s.FollowUp.Months == FollowUpMonths[len(FollowUpMonths)-1] {
			p.State = Followed
		}
	}
}

// put replaces the one with the same id, or appends.
func put[T any](list []T, one T, id func(T) string) []T {
	if i := slices.IndexFunc(list, func(o T) bool { return id(o) == id(one) }); i >= 0 {
		list = slices.Clone(list)
		list[i] = one
		return list
	}
	return append(slices.Clip(list), one)
}

// Open says whether answers may still be given.
func (p Project) Open() bool { return p.State == Planned || p.State == Visiting }

// Grade of a requirement: what a person said, else what machines say.
func (p Project) Grade(requirement string) (grade maturity.Grade, machine bool) {
	if a, ok := p.Answers[requirement]; ok && a.Grade != maturity.Unanswered {
		return a.Grade, false
	}
	e := p.Evidence[requirement]
	return e.Grade, e.Grade != maturity.Unanswered
}

// Due is when the next follow-up is due; false when none is.
func (p Project) Due() (time.Time, int, bool) {
	if p.State != Closed {
		return time.Time{}, 0, false
	}
	for _, m := range FollowUpMonths {
		if !slices.ContainsFunc(p.FollowUps, func(f FollowUp) bool { return f.Months == m }) {
			return p.ClosedAt.AddDate(0, m, 0), m, true
		}
	}
	return time.Time{}, 0, false
}

// Outcome is a project held against its edition.
type Outcome struct {
	Total       float64      `json:"total" doc:"Levels reached plus the score of the next; what is not answered counts as not met"`
	Highest     float64      `json:"highest" doc:"Total if what is not answered were fully met"`
	Reached     int          `json:"reached"`
	Grade       int          `json:"grade" doc:"Band of the total; 0: below the first"`
	Levels      []LevelScore `json:"levels" nullable:"false"`
	Radar       []Point      `json:"radar" nullable:"false"`
	Gaps        []Gap        `json:"gaps" nullable:"false" doc:"Up to the target level; the largest gain first"`
	Asked       int          `json:"asked" doc:"Requirements that are not cut"`
	Answered    int          `json:"answered"`
	FromMachine int          `json:"from_machine" doc:"Answered by machine evidence alone"`
	Share       float64      `json:"share" doc:"from_machine ÷ asked, 0..1"`
	Missing     []string     `json:"missing" nullable:"false" doc:"Requirements up to the target level without an answer"`
}

// LevelScore is one level of an outcome.
type LevelScore struct {
	Level    int         `json:"level"`
	Score    float64     `json:"score"`
	Highest  float64     `json:"highest"`
	Reached  bool        `json:"reached"`
	Asked    int         `json:"asked"`
	Answered int         `json:"answered"`
	Parts    []PartScore `json:"parts" nullable:"false"`
}

// PartScore is an element, a domain or a subdomain at a level.
type PartScore struct {
	ID    string  `json:"id"`
	Share float64 `json:"share" doc:"Of the level's score"`
	Score float64 `json:"score"`
}

// Point of the radar: a subdomain alone.
type Point struct {
	ID    string  `json:"id"`
	Value float64 `json:"value"`
	Most  int     `json:"most"`
}

// Gap is a requirement that is not fully met.
type Gap struct {
	Requirement string         `json:"requirement"`
	Level       int            `json:"level"`
	Grade       maturity.Grade `json:"grade" enum:",none,part,most,full"`
	Gain        float64        `json:"gain" doc:"By how much the level's score rises when it is fully met"`
}

// Outcome scores the project.
func (p Project) Outcome(e *Edition) (Outcome, error) {
	grades := maturity.Answers{}
	machine := map[string]bool{}
	for _, r := range e.All() {
		grades[r.ID], machine[r.ID] = p.Grade(r.ID)
	}
	score, err := maturity.Score(e.model, grades, p.Plan.Cut)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Total: score.Total, Highest: score.Highest, Reached: score.Reached, Grade: score.Grade, Levels: []LevelScore{}, Radar: []Point{}, Gaps: []Gap{}, Missing: []string{}}
	for _, l := range score.Levels {
		one := LevelScore{l.Level, l.Score, l.Highest, l.Reached, l.Requirements, l.Answered, []PartScore{}}
		for _, s := range l.Parts {
			one.Parts = append(one.Parts, PartScore{s.ID, s.Share, s.Score})
		}
		out.Levels = append(out.Levels, one)
		out.Asked, out.Answered = out.Asked+l.Requirements, out.Answered+l.Answered
	}
	radar, err := maturity.Radar(e.model, grades, p.Plan.Cut)
	if err != nil {
		return Outcome{}, err
	}
	for _, r := range radar {
		out.Radar = append(out.Radar, Point{r.ID, r.Value, r.Most})
	}
	gaps, err := maturity.Gaps(e.model, grades, p.Plan.Cut, p.Plan.Target)
	if err != nil {
		return Outcome{}, err
	}
	for _, g := range gaps {
		out.Gaps = append(out.Gaps, Gap{g.Requirement, g.Level, g.Grade, g.Gain})
	}
	for _, id := range score.Missing {
		if r, ok := e.Requirement(id); ok && r.Level <= p.Plan.Target {
			out.Missing = append(out.Missing, id)
		}
	}
	gone := e.cut(p.Plan.Cut)
	for id, yes := range machine {
		if yes && !gone[id] {
			out.FromMachine++
		}
	}
	if out.Asked > 0 {
		out.Share = float64(out.FromMachine) / float64(out.Asked)
	}
	return out, nil
}

// cut are the requirements below the parts that are cut.
func (e *Edition) cut(parts []string) map[string]bool {
	gone := map[string]bool{}
	var walk func(nodes []Node, cut bool)
	walk = func(nodes []Node, cut bool) {
		for _, n := range nodes {
			own := cut || slices.Contains(parts, n.ID)
			for _, r := range n.Requirements {
				if own {
					gone[r.ID] = true
				}
			}
			walk(n.Parts, own)
		}
	}
	walk(e.Elements, false)
	return gone
}

// node of the edition by id.
func (e *Edition) node(id string) (Node, bool) {
	var find func(nodes []Node) (Node, bool)
	find = func(nodes []Node) (Node, bool) {
		for _, n := range nodes {
			if n.ID == id {
				return n, true
			}
			if found, ok := find(n.Parts); ok {
				return found, true
			}
		}
		return Node{}, false
	}
	return find(e.Elements)
}
