package figure

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// machine is one whose windows are wanted, with its calendar.
type machine struct {
	node     plant.Node
	calendar plant.Calendar
}

// machines lists what stands in the scope at any of the instants; a machine
// that came or went in between counts as it was last, so the later instant
// stands first.
func (e *Engine) machines(ctx context.Context, scope access.Scope, instants ...plant.Micros) ([]machine, error) {
	var out []machine
	seen := map[plant.NodeID]bool{}
	for _, at := range instants {
		model, err := e.folder.Model(ctx, scope, at)
		if err != nil {
			return nil, fmt.Errorf("plant at %s: %w", at.Time().Format(time.RFC3339), err)
		}
		calendars := Calendars(model)
		for _, n := range model.Nodes {
			if n.Machine != nil && scope.Allows(n.Path) && !seen[n.ID] {
				seen[n.ID] = true
				out = append(out, machine{node: n, calendar: calendars[n.ID]})
			}
		}
	}
	return out, nil
}

// Calendars finds the calendar of every node: its own or that of the nearest
// enclosing one. The zero calendar plans nothing.
func Calendars(m plant.Model) map[plant.NodeID]plant.Calendar {
	byCode := map[string]plant.Calendar{}
	for _, c := range m.Calendars {
		byCode[c.Code] = c
	}
	codes := make(map[string]string, len(m.Nodes)) // path to calendar code, parents first
	out := make(map[plant.NodeID]plant.Calendar, len(m.Nodes))
	for _, n := range m.Nodes {
		code := n.Calendar
		if code == "" {
			code = codes[plant.ParentPath(n.Path)]
		}
		codes[n.Path] = code
		if c, ok := byCode[code]; ok && code != "" {
			out[n.ID] = c
		}
	}
	return out
}

// base finds the base window of a machine with these bounds; ok is false when
// the calendar in force cuts the hour elsewhere or the machine is gone.
func (e *Engine) base(ctx context.Context, o owner, from, to plant.Micros) (Base, bool, error) {
	machines, err := e.machines(ctx, access.Scope{Tenant: o.tenant}, min(to, plant.MicrosOf(e.now()))-1, from)
	if err != nil {
		return Base{}, false, err
	}
	for _, m := range machines {
		if m.node.ID != o.node {
			continue
		}
		for _, b := range Bases(m.calendar, from, to) {
			if b.From == from && b.To == to {
				return b, true, nil
			}
		}
	}
	return Base{}, false, nil
}
