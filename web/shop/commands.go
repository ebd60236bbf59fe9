package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/control"
	"zhigai/web"
)

// Control is what the API asks of commands.
type Control interface {
	Order(ctx context.Context, by access.Principal, o control.Order) (control.Command, error)
	Wait(ctx context.Context, scope access.Scope, id string) (control.Command, error)
	Decide(ctx context.Context, by access.Principal, id string, approve bool, note string) (control.Command, error)
	List(ctx context.Context, scope access.Scope, f control.Filter) (control.Page, error)
	Points(ctx context.Context, scope access.Scope, node plant.NodeID) ([]control.SetPoint, error)
}

// Command is what a person asked of a machine, and how far it came.
type Command struct {
	ID        string        `json:"id"`
	Equipment plant.NodeID  `json:"equipment"`
	Path      string        `json:"path,omitempty"`
	Name      plant.Name    `json:"name"`
	Signal    string        `json:"signal"`
	Value     fact.Setting  `json:"value"`
	Seen      *fact.Setting `json:"seen,omitempty" doc:"The present value as the person saw it"`
	Unit      string        `json:"unit,omitempty"`
	By        string        `json:"by"`
	Note      string        `json:"note,omitempty"`
	Source    string        `json:"source,omitempty" doc:"What decided on the value: loop:ID, rule:ID, recipe:ID; left out for a person"`
	Requested time.Time     `json:"requested"`
	Expires   time.Time     `json:"expires" doc:"It is not sent after that"`
	Approvals int           `json:"approvals,omitempty" doc:"So many other people say yes before it is checked and sent"`
	State     string        `json:"state" enum:"requested,awaiting,approved,checked,sent,confirmed,mismatched,failed,expired,rejected,unknown"`
	Final     bool          `json:"final" doc:"Nothing more becomes of it"`
	Steps     []CommandStep `json:"steps" nullable:"false"`
}

// CommandStep is one step of a command.
type CommandStep struct {
	At     time.Time           `json:"at"`
	State  string              `json:"state"`
	By     string              `json:"by,omitempty" doc:"Who approved"`
	Checks []fact.CommandCheck `json:"checks,omitempty"`
	From   *fact.Setting       `json:"from,omitempty" doc:"What stood there before"`
	Raw    *fact.Setting       `json:"raw,omitempty" doc:"The value as the device takes it"`
	Read   *fact.Setting       `json:"read,omitempty" doc:"What was read back"`
	Detail string              `json:"detail,omitempty"`
}

// SetPoint is a signal of a machine that can be set.
type SetPoint struct {
	Signal    string               `json:"signal"`
	Title     plant.Name           `json:"title"`
	Kind      plant.TagKind        `json:"kind"`
	Unit      string               `json:"unit,omitempty"`
	Values    map[int64]plant.Name `json:"values,omitempty"`
	Min       *float64             `json:"min,omitempty"`
	Max       *float64             `json:"max,omitempty"`
	MaxStep   float64              `json:"max_step,omitempty" doc:"Largest change in one command"`
	MaxRate   float64              `json:"max_rate,omitempty" doc:"Largest change by commands in a minute"`
	Interlock *plant.Name          `json:"interlock,omitempty" doc:"What must hold for a command to be sent"`
	Approve   int                  `json:"approve,omitempty" doc:"So many other people approve a command for it"`
	Here      bool                 `json:"here" doc:"This node reads the machine"`
	Contact   bool                 `json:"contact"`
	Enabled   bool                 `json:"enabled" doc:"Writing is switched on for the device"`
	Open      string               `json:"open,omitempty" doc:"The command under way"`
}

// Waiting is how long an answer may wait for the end of a command.
type Waiting struct {
	Wait int `query:"wait_ms" minimum:"0" maximum:"10000" doc:"Answer when the command has ended, or after so long"`
}

type orderIn struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"100" doc:"The same key again is the same command, for a day"`
	Waiting
	Body struct {
		Equipment plant.NodeID  `json:"equipment" maxLength:"60"`
		Signal    string        `json:"signal" maxLength:"100"`
		Value     fact.Setting  `json:"value" doc:"In the signal's unit; 0 and 1 for a boolean"`
		Seen      *fact.Setting `json:"seen,omitempty" doc:"The present value as the person saw it: another one by now, and nothing is sent"`
		Note      string        `json:"note,omitempty" maxLength:"500"`
		Expires   int           `json:"expires_s,omitempty" minimum:"1" maximum:"3600" doc:"Seconds in which it must be sent; up to 600, 30 when left out; of what others approve up to 3600, 600 when left out"`
	}
}

type commandsIn struct {
	Scope     string       `query:"scope" maxLength:"400"`
	Equipment plant.NodeID `query:"equipment" maxLength:"60"`
	State     string       `query:"state" enum:",requested,awaiting,approved,checked,sent,confirmed,mismatched,failed,expired,rejected,unknown"`
	From      time.Time    `query:"from" doc:"First instant of the request, RFC 3339"`
	To        time.Time    `query:"to" doc:"First instant no longer in it"`
	web.Paging
}

type commandOut struct{ Body Command }

func (r *rooms) registerCommands() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/set-points", ID: "set-points", Summary: "What of a machine can be set, and within which limits", Tag: "commands", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID plant.NodeID `path:"id"`
		},
		) (*web.ListOut[SetPoint], error) {
			points, err := r.Control.Points(ctx, web.Who(ctx).Scope, in.ID)
			items := make([]SetPoint, len(points))
			for i, p := range points {
				items[i] = setPointOf(p)
			}
			return web.NewList(items, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/commands", ID: "command", Summary: "Set a signal of a machine: checked, sent once, read back", Tag: "commands", Needs: access.Control, Status: http.StatusCreated},
		func(ctx context.Context, in *orderIn) (*commandOut, error) {
			b := in.Body
			c, err := r.Control.Order(ctx, web.Who(ctx), control.Order{
				Node: b.Equipment, Signal: b.Signal, Value: b.Value, Seen: b.Seen, Note: b.Note, Key: in.Key, Expires: time.Duration(b.Expires) * time.Second,
			})
			if err != nil {
				return nil, err
			}
			return r.command(ctx, c.ID, in.Waiting)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/commands/{id}/decision", ID: "decide-command", Summary: "Approve or refuse a command that another person asked for; with the last approval it is checked and sent", Tag: "commands", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
			Waiting
			Body struct {
				Approve bool   `json:"approve"`
				Note    string `json:"note,omitempty" maxLength:"500" doc:"Required of a refusal"`
			}
		},
		) (*commandOut, error) {
			if _, err := r.Control.Decide(ctx, web.Who(ctx), in.ID, in.Body.Approve, in.Body.Note); err != nil {
				return nil, err
			}
			return r.command(ctx, in.ID, in.Waiting)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/commands", ID: "commands", Summary: "Commands, newest first", Tag: "commands", Needs: access.Read},
		func(ctx context.Context, in *commandsIn) (*web.ListOut[Command], error) { return r.commands(ctx, in) })
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/commands/{id}", ID: "command-steps", Summary: "One command with its steps", Tag: "commands", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
			Waiting
		},
		) (*commandOut, error) {
			return r.command(ctx, in.ID, in.Waiting)
		})
}

func setPointOf(p control.SetPoint) SetPoint {
	w := p.Write
	out := SetPoint{
		Signal: p.Name, Title: p.Title, Kind: p.Kind, Unit: p.Unit, Values: p.Values, Min: w.Min, Max: w.Max, MaxStep: w.MaxStep, MaxRate: w.MaxRate, Approve: w.Approve,
		Here: p.Here, Contact: p.Contact, Enabled: p.Enabled, Open: p.Open,
	}
	if w.Interlock != nil {
		out.Interlock = &w.Interlock.Text
	}
	return out
}

func (r *rooms) command(ctx context.Context, id string, in Waiting) (*commandOut, error) {
	wait, cancel := context.WithTimeout(ctx, time.Duration(in.Wait)*time.Millisecond)
	defer cancel()
	c, err := r.Control.Wait(wait, web.Who(ctx).Scope, id)
	if err != nil {
		return nil, err
	}
	named, err := r.named(ctx, []*control.Command{&c})
	if err != nil {
		return nil, err
	}
	return &commandOut{named[0]}, nil
}

func (r *rooms) commands(ctx context.Context, in *commandsIn) (*web.ListOut[Command], error) {
	scope, err := web.ScopeOf(ctx, in.Scope)
	if err != nil {
		return nil, err
	}
	cursor, err := in.After()
	if err != nil {
		return nil, err
	}
	page, err := r.Control.List(ctx, scope, control.Filter{
		Node: in.Equipment, State: in.State, From: micros(in.From), To: micros(in.To), Cursor: cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	items, err := r.named(ctx, page.Commands)
	if err != nil {
		return nil, err
	}
	next := ""
	if page.Next != "" {
		next = web.CursorOf(page.Next)
	}
	return web.NewList(items, next), nil
}

// named adds path and name of the machines, which are those of now.
func (r *rooms) named(ctx context.Context, all []*control.Command) ([]Command, error) {
	model, err := r.Plants.Model(ctx, web.Who(ctx).Scope, plant.MicrosOf(r.api.Now()))
	if err != nil {
		return nil, err
	}
	nodes, _ := places(model)
	out := make([]Command, len(all))
	for i, c := range all {
		out[i] = Command{
			ID: c.ID, Equipment: c.Node, Path: nodes[c.Node].Path, Name: nodes[c.Node].Name, Signal: c.Signal, Value: c.Value, Seen: c.Seen, Unit: c.Unit,
			By: c.By, Note: c.Note, Source: c.Source, Requested: stamp(c.Requested), Expires: stamp(c.Expires), Approvals: c.Approvals, State: c.State, Final: c.Final(), Steps: []CommandStep{},
		}
		for _, s := range c.Steps {
			out[i].Steps = append(out[i].Steps, CommandStep{At: stamp(s.At), State: s.State, By: s.By, Checks: s.Checks, From: s.From, Raw: s.Raw, Read: s.Read, Detail: s.Detail})
		}
	}
	return out, nil
}
