// Package learn is models that a plant trains on its own machines: a study says which
// machines, which signals and what is to be told of them; each training is a version,
// a fact that never changes, with what it learnt of and how good it is on data that it
// has not seen, beside somebody who has no model. A version that a person puts to work
// is asked about each window that comes, and watched: whether it is still asked about
// what it has learnt of.
//
// It reads no tag and sets no machine. It puts nothing to work by itself. Start with
// [Study], then [Desk.Start], [Desk.Serve], [Desk.Follow] and [Desk.Backtest].
package learn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/calc/model"
	"zhigai/fact/document"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("learn: not possible")

// ErrBusy is more trainings than run at once.
var ErrBusy = errors.New("learn: as many models are trained as may be at once")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Kinds of documents: what is asked, each version that was trained of it, and the parts
// of a version that is larger than a fact may be.
const (
	KindStudy   document.Kind = "study"
	KindVersion document.Kind = "version"
	KindPart    document.Kind = "part"
)

// Goal is what a model is to tell.
type Goal string

// Goals.
const (
	Value   Goal = "value"   // a signal's mean over a window, some time ahead
	Failure Goal = "failure" // the chance that the machine fails within some hours
	Life    Goal = "life"    // hours to the next failure
	Normal  Goal = "normal"  // whether signals go together as they do while all is well
)

// Stat is what is made of a signal over a window, of its twelve parts.
type Stat string

// Stats, in the unit of the signal; of a slope by hour.
const (
	Mean  Stat = "mean"
	SD    Stat = "sd" // of the parts' means, n - 1
	Min   Stat = "min"
	Max   Stat = "max"
	Slope Stat = "slope" // of the parts' means, by least squares
)

// Input is a column: one figure of one signal.
type Input struct {
	Signal string     `json:"signal" minLength:"1" maxLength:"100"`
	Stat   Stat       `json:"stat" enum:"mean,sd,min,max,slope"`
	Title  plant.Name `json:"title,omitzero" readOnly:"true"`
	Unit   string     `json:"unit,omitempty" readOnly:"true" doc:"Of the signal, UCUM"`
}

// name of the column in a model.
func (i Input) name() string { return string(i.Stat) + ":" + i.Signal }

// Target says what is to be told.
type Target struct {
	Goal     Goal       `json:"goal" enum:"value,failure,life,normal"`
	Signal   string     `json:"signal,omitempty" maxLength:"100" doc:"Of a value"`
	AheadMin int        `json:"ahead_min,omitempty" minimum:"0" maximum:"10080" doc:"Of a value: how far ahead, whole windows; 0 is the same window"`
	WithinH  float64    `json:"within_h,omitempty" minimum:"0" maximum:"2160" doc:"Of a failure: within so many hours"`
	MostH    float64    `json:"most_h,omitempty" minimum:"0" maximum:"8760" doc:"Of a life: no more hours are told, far from the end nothing shows"`
	Title    plant.Name `json:"title,omitzero" readOnly:"true"`
	Unit     string     `json:"unit,omitempty" readOnly:"true"`
}

// Study is a question that models are trained for.
type Study struct {
	ID        string         `json:"id,omitempty" maxLength:"60" doc:"Left out for a new one"`
	Rev       int64          `json:"rev,omitempty" doc:"The one that was seen"`
	Name      plant.Name     `json:"name"`
	Note      string         `json:"note,omitempty" maxLength:"1000"`
	Machines  []plant.NodeID `json:"machines" minItems:"1" maxItems:"30" nullable:"false"`
	Path      string         `json:"path,omitempty" readOnly:"true" doc:"What all its machines lie below"`
	Inputs    []Input        `json:"inputs" minItems:"1" maxItems:"100" nullable:"false"`
	WindowMin int            `json:"window_min" minimum:"1" maximum:"1440" doc:"Minutes of a window; they follow one another"`
	Producing bool           `json:"producing,omitempty" doc:"Only windows in which the machine produced"`
	Target    Target         `json:"target"`
	Kind      model.Kind     `json:"kind,omitempty" enum:"trees,ridge,network,pca" doc:"Of models; pca for normal"`
	From      plant.Instant  `json:"from" doc:"Data window"`
	To        plant.Instant  `json:"to"`
	Share     float64        `json:"share,omitempty" doc:"Of answers that intervals are to cover (0.9), of windows without the event or good ones to be left alone (0.99)"`
	Seed      uint64         `json:"seed,omitempty" doc:"The same seed gives the same model"`
	Ended     bool           `json:"ended,omitempty" doc:"Nobody uses it any more"`
	By        string         `json:"by,omitempty" readOnly:"true"`
	At        plant.Instant  `json:"at,omitempty" readOnly:"true"`
	// Version is the one at work; "" when there is none.
	Version string  `json:"version,omitempty" readOnly:"true" doc:"Version at work"`
	Log     []Moved `json:"log,omitempty" readOnly:"true"`
}

// Moved is a version that was put to work, or taken out.
type Moved struct {
	Version string        `json:"version" doc:"None: the model was taken out"`
	No      int           `json:"no,omitempty"`
	At      plant.Instant `json:"at"`
	By      string        `json:"by"`
	Note    string        `json:"note,omitempty"`
	Anyway  bool          `json:"anyway,omitempty" doc:"Against what its test says"`
}

// pca is the kind of models of normal behaviour; calc/model has it apart.
const pca model.Kind = "pca"

// Limits of a study.
const (
	maxMachines, maxInputs, maxNote = 30, 100, 1000
	// maxSpan of data: a quarter of one year and the next.
	maxSpan = 400 * 24 * time.Hour
	// maxWindows are the rows of a table at the most: trees of more take minutes.
	maxWindows = 50_000
	usualCover = 0.9
	usualQuiet = 0.99
)

// usual fills in what was left out.
func (s *Study) usual() {
	s.Name.ZH, s.Name.EN, s.Note = strings.TrimSpace(s.Name.ZH), strings.TrimSpace(s.Name.EN), strings.TrimSpace(s.Note)
	if s.Kind == "" {
		s.Kind = model.Trees
	}
	if s.Target.Goal == Normal {
		s.Kind = pca
	}
	if s.Share == 0 {
		s.Share = usualCover
		if s.Target.Goal == Failure || s.Target.Goal == Normal {
			s.Share = usualQuiet
		}
	}
	if s.Seed == 0 {
		s.Seed = 1
	}
}

// check says what is wrong with a study by itself.
func (s *Study) check() error {
	t := s.Target
	switch {
	case s.Name.ZH == "" && s.Name.EN == "" || len(s.Name.ZH) > 200 || len(s.Name.EN) > 200:
		return invalid("a name of 1 to 200 bytes, in Chinese or English, says what the model is for")
	case len(s.Note) > maxNote:
		return invalid("a note of %d bytes; %d are allowed", len(s.Note), maxNote)
	case len(s.Machines) == 0 || len(s.Machines) > maxMachines:
		return invalid("%d machines; 1 to %d are learnt of", len(s.Machines), maxMachines)
	case len(s.Inputs) == 0 || len(s.Inputs) > maxInputs:
		return invalid("%d inputs; 1 to %d make a model", len(s.Inputs), maxInputs)
	case s.WindowMin < 1 || s.WindowMin > 1440:
		return invalid("windows of %d minutes; 1 to 1440 are possible", s.WindowMin)
	case s.To <= s.From || s.To.Time().Sub(s.From.Time()) > maxSpan:
		return invalid("data from %s to %s; the end is after the beginning, by %d days at the most", s.From.Time().Format(time.RFC3339), s.To.Time().Format(time.RFC3339), int(maxSpan.Hours()/24))
	case !(s.Share > 0.5 && s.Share < 1):
		return invalid("a share of %v; 0.5 to 1 is possible", s.Share)
	case (s.Kind == pca) != (t.Goal == Normal):
		return invalid("pca tells whether all is normal, and nothing else does: choose another kind, or that goal")
	case s.Kind != pca && s.Kind != model.Trees && s.Kind != model.Linear && s.Kind != model.Network:
		return invalid("%q is no kind of model; there are trees, ridge, network and pca", s.Kind)
	}
	if n := s.windows(); n > maxWindows {
		return invalid("%d windows; %d are learnt of at the most: take longer windows, fewer machines or a shorter time", n, maxWindows)
	}
	if err := t.check(s.WindowMin); err != nil {
		return err
	}
	return s.checkInputs()
}

func (s *Study) checkInputs() error {
	seen := map[string]bool{}
	for i, in := range s.Inputs {
		switch {
		case !slices.Contains([]Stat{Mean, SD, Min, Max, Slope}, in.Stat):
			return invalid("input %d: %q is no figure of a window; there are mean, sd, min, max and slope", i+1, in.Stat)
		case seen[in.name()]:
			return invalid("input %d: %s of %s stands twice; take one of them away", i+1, in.Stat, in.Signal)
		case s.Target.Goal == Value && s.Target.AheadMin == 0 && in.Signal == s.Target.Signal:
			return invalid("input %d: %s is what is to be told of the same window; take it away, or look ahead", i+1, in.Signal)
		}
		seen[in.name()] = true
	}
	return nil
}

func (t Target) check(window int) error {
	switch t.Goal {
	case Value:
		switch {
		case t.Signal == "":
			return invalid("the signal to be told is missing")
		case t.AheadMin < 0 || t.AheadMin > 10080 || t.AheadMin%window != 0:
			return invalid("%d minutes ahead with windows of %d; take whole windows, up to a week", t.AheadMin, window)
		}
	case Failure:
		if !(t.WithinH > 0) || t.WithinH > 2160 || t.WithinH*60 < float64(window) {
			return invalid("failures within %v h; one window to 2160 h are possible", t.WithinH)
		}
	case Life:
		if !(t.MostH > 0) || t.MostH > 8760 {
			return invalid("lives of up to %v h; up to 8760 h are possible", t.MostH)
		}
	case Normal:
	default:
		return invalid("%q is nothing to be told; there are value, failure, life and normal", t.Goal)
	}
	return nil
}

func (s *Study) window() plant.Instant { return plant.Instant(s.WindowMin) * minute }

// windows are how many rows there may be.
func (s *Study) windows() int64 {
	return int64((s.To-s.From)/s.window()) * int64(len(s.Machines))
}

// ahead is how many windows ahead a value is.
func (s *Study) ahead() int { return s.Target.AheadMin / s.WindowMin }

const minute = plant.Instant(time.Minute / time.Microsecond)

const hour = 60 * minute
