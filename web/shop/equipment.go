package shop

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/plant"
	"zhigai/shop/equipment"
	"zhigai/web"
)

// State is what a machine does: item state and operation mode.
type State struct {
	Code string `json:"code" enum:"NOT_AVAILABLE,OUT_OF_SERVICE,NOT_EXECUTING,EXECUTING,UNKNOWN"`
	Mode string `json:"mode" enum:"NONE,MAINTENANCE,SETUP,PROCESSING"`
}

func stateOf(s equipment.State) State {
	if !s.Known {
		return State{Code: "UNKNOWN", Mode: "NONE"}
	}
	return State{Code: s.Item.String(), Mode: s.Mode.String()}
}

// Reason is why a machine stands.
type Reason struct {
	ID   string     `json:"id"`
	Name plant.Name `json:"name"`
	By   string     `json:"by,omitempty" doc:"Who said so"`
}

// Machine is one machine now.
type Machine struct {
	ID        plant.NodeID                  `json:"id"`
	Path      string                        `json:"path"`
	Name      plant.Name                    `json:"name"`
	Class     string                        `json:"class"`
	Line      plant.Name                    `json:"line"`
	LinePath  string                        `json:"line_path"`
	Area      plant.Name                    `json:"area"`
	State     State                         `json:"state"`
	TimeClass string                        `json:"time_class" doc:"ISO 22400-2 class of the present time"`
	Since     time.Time                     `json:"since"`
	Reason    *Reason                       `json:"reason,omitempty"`
	Product   string                        `json:"product,omitempty"`
	Order     string                        `json:"order,omitempty"`
	Shift     string                        `json:"shift,omitempty"`
	Link      bool                          `json:"link" doc:"Contact with the device now"`
	Alarms    []LiveAlarm                   `json:"alarms" nullable:"false" doc:"Standing now, most urgent first"`
	Device    *connect.DeviceStatus         `json:"device,omitempty"`
	Excluded  bool                          `json:"excluded"`
	Today     map[string]equipment.Headline `json:"today"`
	ThisShift map[string]equipment.Headline `json:"this_shift"`
}

// LiveAlarm is an alarm that stands.
type LiveAlarm struct {
	ID       string     `json:"id"`
	Text     plant.Name `json:"text"`
	Priority int        `json:"priority"`
	Since    time.Time  `json:"since"`
}

// MachineDetail is one machine with its last values.
type MachineDetail struct {
	Machine
	Node    plant.Node  `json:"node"`
	Rev     int64       `json:"rev"`
	Tags    []plant.Tag `json:"tags" nullable:"false"`
	Values  []LiveValue `json:"values" nullable:"false"`
	Profile Profile     `json:"profile"`
}

// LiveValue is the last value of a tag.
type LiveValue struct {
	Tag     plant.TagNo `json:"tag"`
	Time    time.Time   `json:"time"`
	Value   *float64    `json:"value,omitempty"`
	Text    *string     `json:"text,omitempty"`
	Quality string      `json:"quality"`
}

type machinesIn struct {
	Scope string `query:"scope" maxLength:"400"`
	State string `query:"state" enum:",NOT_AVAILABLE,OUT_OF_SERVICE,NOT_EXECUTING,EXECUTING,UNKNOWN"`
	Class string `query:"class" maxLength:"60"`
	Q     string `query:"q" maxLength:"100" doc:"Part of path or name"`
	web.Paging
}

func (r *rooms) registerEquipment() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment", ID: "machines", Summary: "Machines with their present state", Tag: "equipment", Needs: access.Read},
		func(ctx context.Context, in *machinesIn) (*web.ListOut[Machine], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, _, err := r.board(ctx, scope)
			if err != nil {
				return nil, err
			}
			q := strings.ToLower(in.Q)
			all = slices.DeleteFunc(all, func(m Machine) bool {
				return in.State != "" && m.State.Code != in.State || in.Class != "" && m.Class != in.Class ||
					q != "" && !strings.Contains(strings.ToLower(m.Path+" "+m.Name.ZH+" "+m.Name.EN), q)
			})
			return web.Page(all, func(m Machine) string { return m.Path }, in.Paging)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}", ID: "machine", Summary: "One machine with its last values", Tag: "equipment", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID plant.NodeID `path:"id"`
		},
		) (*struct{ Body MachineDetail }, error) {
			d, err := r.machine(ctx, in.ID)
			if err == nil {
				err = r.api.AuditRead(ctx, "values", in, web.Seen{ID: d.ID, Path: d.Path})
			}
			return &struct{ Body MachineDetail }{d}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/live", ID: "live", Summary: "Changes as server-sent events: machines, values, beat", Tag: "equipment", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Scope   string `query:"scope" maxLength:"400"`
			Machine string `query:"machine" maxLength:"60" doc:"Also the values of this machine"`
		},
		) (*huma.StreamResponse, error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			asked := ctx
			return r.api.Stream(func(ctx context.Context, send func(web.Event) error) error {
				return r.live(ctx, scope, r.watch(asked, scope, plant.NodeID(in.Machine)), send)
			}), nil
		})
	r.registerTimeline()
	r.registerThresholds()
	r.registerEntries()
}

// places finds the names of the line and the area above a machine.
func places(m plant.Model) (nodes map[plant.NodeID]plant.Node, byPath map[string]plant.Node) {
	nodes, byPath = map[plant.NodeID]plant.Node{}, map[string]plant.Node{}
	for _, n := range m.Nodes {
		nodes[n.ID], byPath[n.Path] = n, n
	}
	return nodes, byPath
}

func above(byPath map[string]plant.Node, path string, level plant.Level) plant.Node {
	for path != "" {
		path = plant.ParentPath(path)
		if n, ok := byPath[path]; ok && n.Level == level {
			return n
		}
	}
	return plant.Node{}
}

// board is every machine of the scope, by path.
func (r *rooms) board(ctx context.Context, scope access.Scope) ([]Machine, uint64, error) {
	live, seq := r.Board.Snapshot(scope)
	out, err := r.machines(ctx, scope, live)
	return out, seq, err
}

func (r *rooms) machines(ctx context.Context, scope access.Scope, live []equipment.Live) ([]Machine, error) {
	model, err := r.Plants.Model(ctx, scope, plant.MicrosOf(r.api.Now()))
	if err != nil {
		return nil, err
	}
	nodes, byPath := places(model)
	devices := map[plant.NodeID]connect.DeviceStatus{}
	for _, d := range r.Collector.Status() {
		devices[d.Equipment] = d
	}
	out := make([]Machine, 0, len(live))
	for _, l := range live {
		m := r.machineOf(l)
		if n := nodes[l.Node]; n.Machine != nil {
			m.Class = n.Machine.Class
		}
		line := above(byPath, l.Path, plant.LevelLine)
		m.Line, m.LinePath, m.Area = line.Name, line.Path, above(byPath, l.Path, plant.LevelArea).Name
		if d, ok := devices[l.Node]; ok {
			m.Device = &d
		}
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Machine) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func (r *rooms) machineOf(l equipment.Live) Machine {
	m := Machine{
		ID: l.Node, Path: l.Path, Name: l.Name, State: stateOf(l.State), TimeClass: string(l.Class), Since: stamp(l.Since), Product: l.Product, Order: l.Order,
		Shift: l.Shift, Link: l.Link, Excluded: l.Excluded, Today: l.Daily, ThisShift: l.Shifted,
		Alarms: []LiveAlarm{},
	}
	for _, a := range l.Alarms {
		m.Alarms = append(m.Alarms, LiveAlarm{ID: a.ID, Text: a.Text, Priority: a.Priority, Since: stamp(a.Since)})
	}
	if l.Stop != 0 {
		m.Since = stamp(l.Stop)
	}
	if l.Reason != "" {
		m.Reason = r.reason(l.Reason, l.SaidBy)
	}
	return m
}

func (r *rooms) reason(id, by string) *Reason {
	name := plant.Name{ZH: id, EN: id}
	if known, ok := r.Reasons.Reason(id); ok {
		name = known.Name
	}
	return &Reason{ID: id, Name: name, By: by}
}

func (r *rooms) machine(ctx context.Context, id plant.NodeID) (MachineDetail, error) {
	scope := web.Who(ctx).Scope
	live, _ := r.Board.Snapshot(scope)
	i := slices.IndexFunc(live, func(l equipment.Live) bool { return l.Node == id })
	if i < 0 {
		return MachineDetail{}, web.NotFound("there is no machine %s within your scope", id)
	}
	one, err := r.machines(ctx, scope, live[i:i+1])
	if err != nil {
		return MachineDetail{}, err
	}
	model, err := r.Plants.Model(ctx, scope, plant.MicrosOf(r.api.Now()))
	if err != nil {
		return MachineDetail{}, err
	}
	nodes, _ := places(model)
	d := MachineDetail{Machine: one[0], Node: nodes[id], Tags: []plant.Tag{}, Values: valuesOf(live[i])}
	if d.Rev, err = r.Plants.Revision(ctx, scope, id); err != nil {
		return d, err
	}
	tags, err := r.Tags.Tags(ctx, access.Scope{Tenant: scope.Tenant, Path: live[i].Path})
	if err != nil {
		return d, err
	}
	d.Tags = append(d.Tags, tags...)
	if d.Node.Machine != nil {
		if p, ok := r.Profiles.Get(d.Node.Machine.Profile); ok {
			d.Profile = profileOf(p, r.Drivers)
		}
	}
	return d, nil
}

func valuesOf(l equipment.Live) []LiveValue {
	out := make([]LiveValue, len(l.Values))
	for i, v := range l.Values {
		out[i] = LiveValue{Tag: v.Tag, Time: stamp(v.Time), Value: v.Number, Text: v.Text, Quality: v.Quality}
	}
	return out
}

// liveEvent is what the stream tells of machines.
type liveEvent struct {
	Items []Machine `json:"items"`
}

// valuesEvent is what it tells of one machine's values.
type valuesEvent struct {
	Items []LiveValue `json:"items"`
}

// live sends the whole board first, then what changed.
func (r *rooms) live(ctx context.Context, scope access.Scope, of *watched, send func(web.Event) error) error {
	defer of.close()
	live, seq := r.Board.Snapshot(scope)
	for {
		items, err := r.machines(ctx, scope, live)
		if err != nil {
			return err
		}
		if err := send(web.Event{Name: "machines", Data: liveEvent{items}}); err != nil {
			return err
		}
		if i := slices.IndexFunc(live, func(l equipment.Live) bool { return of != nil && l.Node == of.machine }); i >= 0 {
			if err := of.Show(); err != nil {
				return err
			}
			if err := send(web.Event{Name: "values", Data: valuesEvent{valuesOf(live[i])}}); err != nil {
				return err
			}
		}
		if _, err = r.Board.Wait(ctx, seq); err != nil {
			return err
		}
		// A page repaints some times a second at most: what changes meanwhile
		// goes out together.
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(livePace):
		}
		live, seq = r.Board.Since(scope, seq)
	}
}

// watched is the machine whose values a stream shows, too.
type watched struct {
	*web.Watch
	machine plant.NodeID
}

// watch is nil for a stream without values, and for a machine that is not in the
// scope: nothing of it is shown.
func (r *rooms) watch(ctx context.Context, scope access.Scope, machine plant.NodeID) *watched {
	live, _ := r.Board.Snapshot(scope)
	i := slices.IndexFunc(live, func(l equipment.Live) bool { return l.Node == machine })
	if i < 0 {
		return nil
	}
	return &watched{r.api.Watch(ctx, "live", web.Seen{ID: machine, Path: live[i].Path}), machine}
}

func (w *watched) close() {
	if w != nil {
		w.Close()
	}
}

// livePace bounds how often one stream repeats itself.
const livePace = 500 * time.Millisecond
