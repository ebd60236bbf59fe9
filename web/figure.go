package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// Window is the time a figure is about.
type Window struct {
	Kind  string    `json:"kind"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Shift string    `json:"shift,omitempty"`
}

// Figure is a number with all that says what it is. Evidence leads to what it
// was made of.
type Figure struct {
	Value       *float64         `json:"value" doc:"null when reason says why there is none"`
	Reason      string           `json:"reason,omitempty"`
	Unit        string           `json:"unit"`
	Definition  figure.Ref       `json:"definition"`
	Scope       figure.Scope     `json:"scope"`
	Window      Window           `json:"window"`
	Coverage    *float64         `json:"coverage" doc:"Known planned time ÷ planned time; null when none is planned"`
	Provisional bool             `json:"provisional"`
	Revision    int              `json:"revision"`
	AsOf        time.Time        `json:"as_of"`
	Terms       map[string]int64 `json:"terms"`
	Flags       []string         `json:"flags" nullable:"false"`
	Evidence    string           `json:"evidence" doc:"Where this figure's inputs are"`
}

// FigureOf is a figure as it leaves the node; evidence is where its inputs are.
func FigureOf(f figure.Figure, evidence string) Figure {
	out := Figure{
		Value: f.Value, Reason: f.Reason, Unit: f.Unit, Definition: f.Definition, Scope: f.Scope, Coverage: f.Coverage, Provisional: f.Provisional,
		Revision: f.Revision, AsOf: f.AsOf.Time(), Terms: f.Terms, Flags: f.Flags,
		Window: Window{Kind: string(f.Window.Kind), From: f.Window.From.Time(), To: f.Window.To.Time(), Shift: f.Window.Shift}, Evidence: evidence,
	}
	if out.Flags == nil {
		out.Flags = []string{}
	}
	return out
}

// FiguresOf are figures that rest on the same inputs.
func FiguresOf(in []figure.Figure, evidence string) []Figure {
	out := make([]Figure, len(in))
	for i, f := range in {
		out[i] = FigureOf(f, evidence)
	}
	return out
}

// figureOf is a figure of machines, which the engine explains.
func figureOf(f figure.Figure) Figure {
	out := FigureOf(f, "")
	q := url.Values{}
	if f.Scope.Path != "" {
		q.Set("scope", f.Scope.Path)
	}
	q.Set("window", out.Window.Kind)
	q.Set("from", out.Window.From.Format(time.RFC3339Nano))
	q.Set("to", out.Window.To.Format(time.RFC3339Nano))
	if f.Window.Shift != "" {
		q.Set("window_shift", f.Window.Shift)
	}
	if f.Scope.Product != nil {
		q.Set("product", *f.Scope.Product)
		q.Set("by_product", "true")
	}
	if f.Scope.Shift != nil {
		q.Set("shift", *f.Scope.Shift)
		q.Set("by_shift", "true")
	}
	out.Evidence = "/api/v1/figures/" + f.Definition.ID + "/evidence?" + q.Encode()
	return out
}

func figuresOf(in []figure.Figure) []Figure {
	out := make([]Figure, len(in))
	for i, f := range in {
		out[i] = figureOf(f)
	}
	return out
}

type figuresIn struct {
	ID     string    `path:"id" maxLength:"60" doc:"Definition, such as oee"`
	Scope  string    `query:"scope" maxLength:"400"`
	Window string    `query:"window" enum:"hour,shift,day,week,month,range" default:"hour"`
	From   time.Time `query:"from" required:"true"`
	To     time.Time `query:"to" required:"true"`
	By     string    `query:"by" enum:"none,equipment,cell,line,area,site,product,shift" default:"none" doc:"Split into one figure each"`
}

type evidenceIn struct {
	ID          string    `path:"id" maxLength:"60"`
	Scope       string    `query:"scope" maxLength:"400" doc:"Nothing for the whole plant"`
	Window      string    `query:"window" required:"true" maxLength:"20"`
	WindowShift string    `query:"window_shift" maxLength:"60"`
	From        time.Time `query:"from" required:"true"`
	To          time.Time `query:"to" required:"true"`
	ByProduct   bool      `query:"by_product"`
	Product     string    `query:"product" maxLength:"100"`
	ByShift     bool      `query:"by_shift"`
	Shift       string    `query:"shift" maxLength:"60"`
}

// Evidence is what one figure was made of: further figures, or, below a
// machine's base window, facts.
type Evidence struct {
	Definition *figure.Definition `json:"definition"`
	Children   []Figure           `json:"children" nullable:"false"`
	Facts      *Facts             `json:"facts,omitempty"`
}

// Facts is what a machine's base window was folded from.
type Facts struct {
	Scope     figure.Scope     `json:"scope"`
	Window    Window           `json:"window"`
	Upto      time.Time        `json:"upto" doc:"Folded up to here"`
	Revision  int              `json:"revision"`
	AsOf      time.Time        `json:"as_of"`
	Digest    string           `json:"digest"`
	Fold      string           `json:"fold"`
	Profile   string           `json:"profile"`
	Version   int              `json:"profile_version"`
	Rows      []Row            `json:"rows" nullable:"false"`
	Inputs    []Input          `json:"inputs" nullable:"false"`
	Events    []fact.Event     `json:"events" nullable:"false"`
	Operation []Stretch        `json:"operation" nullable:"false"`
	Busy      []Stretch        `json:"busy" nullable:"false"`
	Cycles    []plant.Cycle    `json:"cycles" nullable:"false"`
	Intervals []FoldedInterval `json:"intervals" nullable:"false"`
	Counts    []Counted        `json:"counts" nullable:"false"`
	Notes     []string         `json:"notes" nullable:"false"`
}

// Row is the terms of one product in the window.
type Row struct {
	Product string           `json:"product"`
	Terms   map[string]int64 `json:"terms"`
}

// Input is a stretch of one tag, with the link to its raw samples.
type Input struct {
	Tag     plant.TagNo `json:"tag"`
	Name    string      `json:"name"`
	Unit    string      `json:"unit,omitempty"`
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"`
	Count   int         `json:"count"`
	Carry   time.Time   `json:"carry,omitzero" doc:"Time of the value that held at the start"`
	Samples string      `json:"samples"`
}

// Stretch is a span of planned time.
type Stretch struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Shift string    `json:"shift,omitempty"`
}

// FoldedInterval is time in which nothing about the machine changed.
type FoldedInterval struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	State   string    `json:"state"`
	Class   string    `json:"class"`
	Source  string    `json:"source"`
	Reason  string    `json:"reason,omitempty"`
	SaidBy  string    `json:"said_by,omitempty"`
	Product string    `json:"product,omitempty"`
	Order   string    `json:"order,omitempty"`
	Shift   string    `json:"shift,omitempty"`
}

// Counted is parts counted at an instant.
type Counted struct {
	At      time.Time `json:"at"`
	Product string    `json:"product"`
	Good    int64     `json:"good"`
	Scrap   int64     `json:"scrap"`
	Rework  int64     `json:"rework"`
	PRUms   int64     `json:"pru_ms"`
}

func (a *API) registerFigures() {
	Handle(a, Op{Method: http.MethodGet, Path: "/definitions", ID: "definitions", Summary: "What every figure is", Tag: "figures", Needs: access.Read},
		func(context.Context, *struct{}) (*ListOut[*figure.Definition], error) {
			return NewList(a.o.Figures.Definitions().Newest(), ""), nil
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/figures/{id}", ID: "figures", Summary: "A figure for every window of a stretch of time", Tag: "figures", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *figuresIn) (*ListOut[Figure], error) {
			scope, err := PlaceOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			from, to, err := Range{From: in.From, To: in.To}.Micros()
			if err != nil {
				return nil, err
			}
			by := figure.By(in.By)
			if in.By == "none" {
				by = figure.ByNone
			}
			out, err := a.o.Figures.Query(ctx, scope, in.ID, figure.Kind(in.Window), from, to, by)
			if err != nil {
				return nil, err
			}
			return NewList(figuresOf(out), ""), nil
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/figures/{id}/evidence", ID: "evidence", Summary: "What a figure was made of, one step down", Tag: "figures", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *evidenceIn) (*struct{ Body Evidence }, error) {
			out, err := a.evidence(ctx, in)
			return &struct{ Body Evidence }{out}, err
		})
}

func (a *API) evidence(ctx context.Context, in *evidenceIn) (Evidence, error) {
	scope, err := PlaceOf(ctx, in.Scope)
	if err != nil {
		return Evidence{}, err
	}
	from, to, err := Range{From: in.From, To: in.To}.Micros()
	if err != nil {
		return Evidence{}, err
	}
	def, err := a.o.Figures.Definitions().Definition(in.ID)
	if err != nil {
		return Evidence{}, err
	}
	out := Evidence{Definition: def, Children: []Figure{}}
	w := figure.Span{Kind: figure.Kind(in.Window), From: from, To: to, Shift: in.WindowShift}
	if in.Window == "base" {
		e, err := a.o.Figures.Evidence(ctx, scope, from)
		if err != nil {
			return Evidence{}, err
		}
		out.Facts = factsOf(e)
		return out, a.AuditRead(ctx, "evidence", in, Seen{ID: e.Scope.Node, Path: e.Scope.Path})
	}
	var product, shift *string
	if in.ByProduct {
		product = &in.Product
	}
	if in.ByShift {
		shift = &in.Shift
	}
	children, _, err := a.o.Figures.Children(ctx, scope, in.ID, w, product, shift)
	out.Children = figuresOf(children)
	return out, err
}

func factsOf(e figure.Evidence) *Facts {
	f := &Facts{
		Scope: e.Scope, Window: Window{Kind: string(e.Window.Kind), From: e.Window.From.Time(), To: e.Window.To.Time(), Shift: e.Window.Shift},
		Upto: e.Upto.Time(), Revision: e.Revision, AsOf: e.AsOf.Time(), Digest: e.Digest, Fold: e.Fold, Profile: e.Profile, Version: e.Version,
		Rows: []Row{}, Inputs: []Input{}, Events: append([]fact.Event{}, e.Events...), Operation: stretches(e.Operation), Busy: stretches(e.Busy),
		Cycles: append([]plant.Cycle{}, e.Cycles...), Intervals: []FoldedInterval{}, Counts: []Counted{}, Notes: append([]string{}, e.Notes...),
	}
	for _, r := range e.Rows {
		f.Rows = append(f.Rows, Row{Product: r.Product, Terms: r.Terms})
	}
	for _, i := range e.Inputs {
		f.Inputs = append(f.Inputs, inputOf(i))
	}
	for _, i := range e.Intervals {
		f.Intervals = append(f.Intervals, FoldedInterval{
			From: i.From.Time(), To: i.To.Time(), State: i.State, Class: i.Class, Source: i.Source,
			Reason: i.Reason, SaidBy: i.SaidBy, Product: i.Product, Order: i.Order, Shift: i.Shift,
		})
	}
	for _, c := range e.Counts {
		f.Counts = append(f.Counts, Counted{At: c.At.Time(), Product: c.Product, Good: c.Good, Scrap: c.Scrap, Rework: c.Rework, PRUms: c.PRUms})
	}
	return f
}

func inputOf(i figure.Input) Input {
	out := Input{Tag: i.Tag, Name: i.Name, Unit: i.Unit, From: i.From.Time(), To: i.To.Time(), Count: i.Samples}
	if i.Carry != 0 {
		out.Carry = i.Carry.Time()
	}
	q := url.Values{}
	q.Set("tag", strconv.FormatUint(uint64(i.Tag), 10))
	q.Set("from", out.From.Format(time.RFC3339Nano))
	q.Set("to", out.To.Format(time.RFC3339Nano))
	q.Set("carry", "true")
	out.Samples = "/api/v1/samples?" + q.Encode()
	return out
}

func stretches(in []plant.Span) []Stretch {
	out := make([]Stretch, len(in))
	for i, s := range in {
		out[i] = Stretch{From: s.From.Time(), To: s.To.Time(), Shift: s.Shift}
	}
	return out
}
