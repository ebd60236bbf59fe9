package component

import (
	"context"
	"errors"
	"fmt"

	"zhigai/plant"
	"zhigai/shop/component/sandbox"
)

// Why says why there is no answer.
type Why string

// Reasons.
const (
	Answered     Why = ""
	MissingInput Why = "missing_input" // it was not asked
	Declined     Why = "declined"      // it says itself that it cannot tell
	OverTime     Why = "over_time"
	OverMemory   Why = "over_memory"
	Trapped      Why = "trapped"
	Nonsense     Why = "nonsense"
	Unreachable  Why = "unreachable" // a service that nobody answers for
	Broken       Why = "broken"      // its module, key or signature is not what it was
)

// misbehaves says whether a component is to blame.
func (w Why) misbehaves() bool {
	return w != Answered && w != MissingInput && w != Declined
}

// Run is what a component said of a window. It can be made again of the samples at any
// time: a module says the same.
type Run struct {
	At      plant.Instant `json:"at" doc:"End of the window, and time of the outputs"`
	From    plant.Instant `json:"from"`
	SHA256  string        `json:"sha256,omitempty" doc:"Of the module"`
	Window  string        `json:"window,omitempty" doc:"SHA-256 of what it was given: instants, values and qualities"`
	Inputs  []Used        `json:"inputs" nullable:"false"`
	Outputs []Said        `json:"outputs" nullable:"false"`
	Why     Why           `json:"why,omitempty" enum:",missing_input,declined,over_time,over_memory,trapped,nonsense,unreachable,broken" doc:"Why it says nothing"`
	Detail  string        `json:"detail,omitempty"`
	TookMS  float64       `json:"took_ms"`
	Memory  int64         `json:"memory,omitempty" doc:"Bytes, of a module"`
}

// Said is one output.
type Said struct {
	Name    string   `json:"name"`
	Value   *float64 `json:"value" doc:"Null where it has none"`
	Quality string   `json:"quality" enum:"good,uncertain,bad"`
}

// caller asks a component, however it runs.
type caller interface {
	ask(ctx context.Context, w sandbox.Window) ([]sandbox.Output, sandbox.Spent, error)
}

// inSandbox calls a module.
type inSandbox struct {
	*sandbox.Module
	outputs int
}

func (m inSandbox) ask(ctx context.Context, w sandbox.Window) ([]sandbox.Output, sandbox.Spent, error) {
	return m.Call(ctx, w, m.outputs)
}

// call asks a component about the window before an instant. Errors are of the node; what
// the component does wrong is the run's Why.
func (d *Desk) call(ctx context.Context, tenant plant.TenantNo, c *Component, by caller, end plant.Instant) (Run, error) {
	r := Run{At: end, From: end - c.Definition.window(), SHA256: c.SHA256, Outputs: []Said{}}
	w, used, err := d.window(ctx, tenant, c, end)
	if err != nil {
		return r, err
	}
	r.Inputs, r.Window = used, digest(w)
	for i, u := range used {
		if u.Known == 0 {
			r.Why, r.Detail = MissingInput, c.Inputs[i].Name
			return r, nil
		}
	}
	out, spent, err := by.ask(ctx, w)
	r.TookMS, r.Memory = float64(spent.Took.Microseconds())/1000, spent.Memory
	if err != nil {
		f, ok := errors.AsType[*sandbox.Failure](err)
		if !ok {
			return r, err
		}
		r.Why, r.Detail = Why(f.Kind), f.Why
		if errors.Is(err, ErrNoService) {
			r.Why = Unreachable
		}
		return r, nil
	}
	for i, o := range c.Outputs {
		if out[i].Quality == sandbox.Bad {
			continue
		}
		if o.Min != nil && out[i].Value < *o.Min || o.Max != nil && out[i].Value > *o.Max {
			r.Why, r.Detail = Nonsense, fmt.Sprintf("%s is %v, and lies %s by its own declaration", o.Name, out[i].Value, o.between())
			return r, nil
		}
	}
	for i, o := range c.Outputs {
		s := Said{Name: o.Name, Quality: qualityNames[out[i].Quality]}
		if out[i].Quality != sandbox.Bad {
			s.Value = &out[i].Value
		}
		r.Outputs = append(r.Outputs, s)
	}
	return r, nil
}

var qualityNames = [...]string{sandbox.Good: "good", sandbox.Uncertain: "uncertain", sandbox.Bad: "bad"}

func (o Output) between() string {
	switch {
	case o.Min == nil:
		return fmt.Sprintf("at or below %v", *o.Max)
	case o.Max == nil:
		return fmt.Sprintf("at or above %v", *o.Min)
	}
	return fmt.Sprintf("between %v and %v", *o.Min, *o.Max)
}

// samples are what a run leaves in history: where it says nothing, that nobody knows.
func (r *Run) samples(c *Component) []plant.Sample {
	out := make([]plant.Sample, 0, len(c.Outputs))
	for i, o := range c.Outputs {
		switch {
		case r.Why != Answered || r.Outputs[i].Value == nil:
			out = append(out, plant.BadSample(o.Tag, r.At.Micros(), plant.NotAvailable, nil))
		case r.Outputs[i].Quality == qualityNames[sandbox.Uncertain]:
			out = append(out, plant.Sample{Tag: o.Tag, Time: r.At.Micros(), Quality: plant.Uncertain, Value: *r.Outputs[i].Value})
		default:
			out = append(out, plant.Sample{Tag: o.Tag, Time: r.At.Micros(), Value: *r.Outputs[i].Value})
		}
	}
	return out
}

// open makes a component ready to be called; close frees it.
func (d *Desk) open(ctx context.Context, tenant plant.TenantNo, c *Component) (by caller, close func(), err error) {
	if c.Form == Service {
		return d.remote(tenant, c), func() {}, nil
	}
	m, err := d.compile(ctx, tenant, c)
	if err != nil {
		return nil, nil, err
	}
	return inSandbox{m, len(c.Outputs)}, func() { _ = m.Close(context.WithoutCancel(ctx)) }, nil
}
