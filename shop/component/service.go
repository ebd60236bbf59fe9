package component

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"zhigai/plant"
	"zhigai/shop/component/sandbox"
)

// ErrNoService says that nobody listens for a component's questions.
var ErrNoService = errors.New("component: no service listens")

// publicKeyLength of an NKey of a user: U and 55 letters.
const publicKeyLength = 56

// service refuses a service that could not connect.
func (d *Desk) service(c *Component) error {
	c.SHA256, c.Publisher, c.Signature = "", "", ""
	if len(c.Key) != publicKeyLength || !strings.HasPrefix(c.Key, "U") {
		return invalid("key: the public half of an NKey of the user kind, %d letters beginning with U; nk -gen user makes one, and its seed stays with the service", publicKeyLength)
	}
	return nil
}

// request is what a service is asked, as JSON.
type request struct {
	Version int             `json:"version"`
	From    int64           `json:"from"` // µs since 1970, UTC
	To      int64           `json:"to"`
	Inputs  []requestSeries `json:"inputs"`
	Outputs []requestOutput `json:"outputs"`
	Ping    bool            `json:"ping,omitempty"` // only whether it is there
}

type requestSeries struct {
	Name    string     `json:"name"`
	Unit    string     `json:"unit"`
	Values  []*float64 `json:"values"` // null where there is none
	Times   []int64    `json:"times"`
	Quality []string   `json:"quality"`
}

type requestOutput struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
}

// answer is what a service says: outputs by name, or why there are none.
type answer struct {
	Outputs map[string]struct {
		Value   *float64 `json:"value"`
		Quality string   `json:"quality"`
	} `json:"outputs"`
	Error string `json:"error"`
	Pong  bool   `json:"pong"`
}

// remote asks a service.
type remote struct {
	d      *Desk
	tenant plant.TenantNo
	c      *Component
}

func (d *Desk) remote(tenant plant.TenantNo, c *Component) remote { return remote{d, tenant, c} }

func (r remote) ask(ctx context.Context, w sandbox.Window) ([]sandbox.Output, sandbox.Spent, error) {
	q := request{Version: 1, From: w.From, To: w.To}
	for i, s := range w.Inputs {
		one := requestSeries{Name: r.c.Inputs[i].Name, Unit: r.c.Inputs[i].Unit, Times: s.Times, Values: make([]*float64, len(s.Values)), Quality: make([]string, len(s.Values))}
		for k := range s.Values {
			if one.Quality[k] = qualityNames[s.Quality[k]]; s.Quality[k] != sandbox.Bad {
				one.Values[k] = &s.Values[k]
			}
		}
		q.Inputs = append(q.Inputs, one)
	}
	for _, o := range r.c.Outputs {
		q.Outputs = append(q.Outputs, requestOutput{o.Name, o.Unit})
	}
	a, spent, err := r.send(ctx, q)
	if err != nil {
		return nil, spent, err
	}
	if a.Error != "" {
		return nil, spent, &sandbox.Failure{Kind: sandbox.Declined, Why: a.Error[:min(len(a.Error), maxWords)]}
	}
	out := make([]sandbox.Output, len(r.c.Outputs))
	for i, o := range r.c.Outputs {
		one, ok := a.Outputs[o.Name]
		switch {
		case !ok:
			return nil, spent, nonsense("it says nothing of its output %s", o.Name)
		case one.Quality == "bad" || one.Value == nil && one.Quality == "":
			out[i].Quality = sandbox.Bad
		case one.Value == nil || math.IsInf(*one.Value, 0):
			return nil, spent, nonsense("its output %s has no value and is not said to be bad", o.Name)
		case one.Quality == "uncertain":
			out[i] = sandbox.Output{Value: *one.Value, Quality: sandbox.Uncertain}
		case one.Quality == "good" || one.Quality == "":
			out[i] = sandbox.Output{Value: *one.Value}
		default:
			return nil, spent, nonsense("its output %s has the quality %.40q; good, uncertain and bad are known", o.Name, one.Quality)
		}
	}
	return out, spent, nil
}

func nonsense(format string, args ...any) error {
	return &sandbox.Failure{Kind: sandbox.Nonsense, Why: fmt.Sprintf(format, args...)}
}

// ping asks whether a service is there.
func (r remote) ping(ctx context.Context) error {
	a, _, err := r.send(ctx, request{Version: 1, Ping: true, Inputs: []requestSeries{}, Outputs: []requestOutput{}})
	if err == nil && !a.Pong {
		err = nonsense("asked whether it is there, it does not say pong")
	}
	return err
}

// send asks once, within the budget of time and of bytes.
func (r remote) send(ctx context.Context, q request) (answer, sandbox.Spent, error) {
	var a answer
	raw, err := json.Marshal(q)
	if err != nil {
		return a, sandbox.Spent{}, err
	}
	most := r.c.Budget.PayloadBytes
	if len(raw) > most {
		return a, sandbox.Spent{}, nonsense("a request of %d bytes is more than the %d of its budget; take fewer places", len(raw), most)
	}
	within, cancel := context.WithTimeout(ctx, r.c.call())
	defer cancel()
	began := time.Now()
	got, err := r.d.o.Services.Ask(within, r.tenant, r.c.Series, raw)
	spent := sandbox.Spent{Took: time.Since(began)}
	switch {
	case ctx.Err() != nil:
		return a, spent, ctx.Err()
	case errors.Is(err, ErrNoService):
		return a, spent, errors.Join(&sandbox.Failure{Kind: "unreachable", Why: "no service is connected that answers for it"}, ErrNoService)
	case within.Err() != nil:
		return a, spent, &sandbox.Failure{Kind: sandbox.OverTime, Why: fmt.Sprintf("it had not answered after %s", r.c.call())}
	case err != nil:
		return a, spent, errors.Join(&sandbox.Failure{Kind: "unreachable", Why: err.Error()}, ErrNoService)
	case len(got) > most:
		return a, spent, nonsense("an answer of %d bytes is more than the %d of its budget", len(got), most)
	}
	if err := json.Unmarshal(got, &a); err != nil {
		return a, spent, nonsense("its answer is not JSON as it should be: %v", err)
	}
	return a, spent, nil
}
