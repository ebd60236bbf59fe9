package evaluation

import (
	"slices"
	"time"
)

// State of a round.
type State string

// States in their order.
const (
	Draft     State = "draft"     // computed, seen by those who keep it
	Public    State = "public"    // the list is shown and may be objected to
	Final     State = "final"     // settled; nothing of it changes any more
	Cancelled State = "cancelled" // begun in error
)

// About is what a round evaluates: it never changes.
type About struct {
	Title    string `json:"title" minLength:"1" maxLength:"200"`
	Standard string `json:"standard" minLength:"1" maxLength:"60"`
	Version  int    `json:"version" minimum:"0" doc:"Of the standard; 0: the newest"`
	Year     int    `json:"year" minimum:"1990" maximum:"2100" doc:"Year whose values are scored; firms are as they were at its end"`
	Region   string `json:"region,omitempty" pattern:"^([0-9]{2}){0,3}$" doc:"Beginning of a division code"`
	Sector   string `json:"sector,omitempty" pattern:"^([A-T][0-9]{0,4})?$" doc:"Beginning of a class with its section"`
}

// Revision is one computation of a round's list.
type Revision struct {
	Number    int       `json:"number"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
	Objection string    `json:"objection,omitempty" doc:"Id of the objection that made it; empty: computed from the records"`
	Outcome
}

// Decision on an objection.
type Decision string

// Decisions.
const (
	Upheld   Decision = "upheld"
	Rejected Decision = "rejected"
)

// Objection is what is said against a firm's score while the list is public.
type Objection struct {
	ID       string    `json:"id"`
	Firm     string    `json:"firm"`
	Name     string    `json:"name"`
	Region   string    `json:"region"`
	Sector   string    `json:"sector"`
	Text     string    `json:"text"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Decision Decision  `json:"decision,omitempty" enum:"upheld,rejected"`
	Answer   string    `json:"answer,omitempty"`
	// Corrected are the values that hold instead; null: not known.
	Corrected  map[string]*int64 `json:"corrected,omitempty"`
	AnsweredBy string            `json:"answered_by,omitempty"`
	AnsweredAt time.Time         `json:"answered_at,omitzero"`
	Revision   int               `json:"revision,omitempty" doc:"That an upheld one made"`
}

// What a step did.
type What string

// Steps of a round.
const (
	StepCreated  What = "created"
	StepComputed What = "computed"
	StepMoved    What = "moved"
	StepObjected What = "objected"
	StepAnswered What = "answered"
)

// Step is one thing that was done to a round; it is a fact.
type Step struct {
	Seq       int64      `json:"seq"`
	At        time.Time  `json:"at"`
	By        string     `json:"by"`
	What      What       `json:"what" enum:"created,computed,moved,objected,answered"`
	About     *About     `json:"about,omitempty"`
	Revision  *Revision  `json:"revision,omitempty"`
	State     State      `json:"state,omitempty" enum:"draft,public,final,cancelled"`
	From      string     `json:"from,omitempty" doc:"First day of public notice"`
	To        string     `json:"to,omitempty" doc:"Last day of public notice"`
	Note      string     `json:"note,omitempty"`
	Objection *Objection `json:"objection,omitempty"`
}

// Round is an evaluation as its steps have made it.
type Round struct {
	ID  string `json:"id"`
	Rev int64  `json:"rev"`
	About
	State      State       `json:"state" enum:"draft,public,final,cancelled"`
	From       string      `json:"from,omitempty" doc:"First day of public notice"`
	To         string      `json:"to,omitempty" doc:"Last day of public notice"`
	Revisions  []Revision  `json:"revisions" nullable:"false"`
	Objections []Objection `json:"objections" nullable:"false" doc:"Of firms that you may see"`
	Created    time.Time   `json:"created"`
	Changed    time.Time   `json:"changed"`
	Settled    time.Time   `json:"settled,omitzero"`
}

// Head is what a list shows of a round.
type Head struct {
	ID  string `json:"id"`
	Rev int64  `json:"rev"`
	About
	State    State          `json:"state" enum:"draft,public,final,cancelled"`
	From     string         `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Revision int            `json:"revision"`
	Scored   int            `json:"scored"`
	Unscored int            `json:"unscored"`
	Classes  map[string]int `json:"classes"`
	Open     int            `json:"open" doc:"Objections without an answer"`
	Changed  time.Time      `json:"changed"`
	Settled  time.Time      `json:"settled,omitzero"`
}

// Fold makes a round of its steps, which stand in order.
func Fold(id string, steps []Step) Round {
	r := Round{ID: id, Revisions: []Revision{}, Objections: []Objection{}}
	for _, s := range steps {
		r.apply(s)
	}
	return r
}

func (r *Round) apply(s Step) {
	r.Rev, r.Changed = s.Seq, s.At
	switch s.What {
	case StepCreated:
		r.About, r.State, r.Created = *s.About, Draft, s.At
	case StepComputed:
		r.Revisions = append(slices.Clip(r.Revisions), *s.Revision)
	case StepMoved:
		r.State = s.State
		if s.State == Public {
			r.From, r.To = s.From, s.To
		}
		if s.State == Final {
			r.Settled = s.At
		}
	case StepObjected, StepAnswered:
		i := slices.IndexFunc(r.Objections, func(o Objection) bool { return o.ID == s.Objection.ID })
		if i < 0 {
			r.Objections = append(slices.Clip(r.Objections), *s.Objection)
			return
		}
		r.Objections = slices.Clone(r.Objections)
		r.Objections[i] = *s.Objection
	}
}

// Current is the newest revision; every round has one from its first step on.
func (r Round) Current() Revision { return r.Revisions[len(r.Revisions)-1] }

// open counts objections without an answer.
func (r Round) open() (n int) {
	for _, o := range r.Objections {
		if o.Decision == "" {
			n++
		}
	}
	return n
}

func (r Round) head() Head {
	now := r.Current()
	return Head{
		ID: r.ID, Rev: r.Rev, About: r.About, State: r.State, From: r.From, To: r.To, Revision: now.Number, Scored: now.Scored, Unscored: now.Unscored,
		Classes: now.Classes, Open: r.open(), Changed: r.Changed, Settled: r.Settled,
	}
}
