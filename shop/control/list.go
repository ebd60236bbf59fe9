package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Filter chooses commands. Zero fields do not filter.
type Filter struct {
	Node     plant.NodeID
	State    string
	From, To plant.Micros // of the request, half open
	Cursor   string
	Limit    int // 0 means 100
}

// Page is a page of commands, newest first.
type Page struct {
	Commands []*Command
	Next     string
}

const (
	maxListed = 500    // commands on a page, and requests read at once
	maxLooked = 20_000 // requests looked at for one page with a filter that fits few
)

// List lists commands, newest first, those given at other nodes too.
func (d *Desk) List(ctx context.Context, scope access.Scope, f Filter) (Page, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	f.Limit = min(f.Limit, maxListed)
	if f.State == fact.CommandAwaiting { // nothing waits for longer, and pages ask for it all the time
		f.From = max(f.From, d.now()-plant.Micros(MaxApproval.Microseconds()))
	}
	q := fact.Filter{Kinds: []fact.Kind{fact.KindCommand}, From: f.From, To: f.To, Newest: true, Limit: maxListed}
	var err error
	if q.Subjects, err = d.subjects(ctx, scope, f.Node); err != nil {
		return Page{}, err
	}
	var page Page
	last, err := cursorOf(f.Cursor)
	if err != nil {
		return page, err
	}
	for looked := 0; ; {
		if last.occurred != 0 {
			q.To = last.occurred + 1
		}
		requests, err := d.o.Journal.Events(ctx, scope.Tenant, q)
		if err != nil {
			return page, err
		}
		all := len(requests)
		requests = slices.DeleteFunc(requests, func(e fact.Event) bool { return last.occurred != 0 && !last.before(e) })
		commands, err := d.withSteps(ctx, scope.Tenant, requests)
		if err != nil {
			return page, err
		}
		for _, c := range commands {
			if len(page.Commands) == f.Limit || looked == maxLooked {
				page.Next = last.String()
				return page, nil
			}
			looked++
			last = cursor{c.Requested, c.seq}
			if f.State == "" || c.State == f.State {
				page.Commands = append(page.Commands, c)
			}
		}
		if all < maxListed || len(commands) == 0 {
			return page, nil
		}
	}
}

// subjects are the machines whose commands are listed; nil for all.
func (d *Desk) subjects(ctx context.Context, scope access.Scope, node plant.NodeID) ([]plant.NodeID, error) {
	if node != "" {
		t, err := d.machine(ctx, scope, node)
		if err != nil {
			return nil, err
		}
		return []plant.NodeID{t.node.ID}, nil
	}
	if scope.Path == "" {
		return nil, nil
	}
	m, err := d.o.Plants.Model(ctx, scope, d.now())
	if err != nil {
		return nil, err
	}
	out := []plant.NodeID{"none"} // an empty list would not filter
	for _, n := range m.Nodes {
		if n.Machine != nil && scope.Allows(n.Path) {
			out = append(out, n.ID)
		}
	}
	return out, nil
}

func (d *Desk) withSteps(ctx context.Context, tenant plant.TenantNo, requests []fact.Event) ([]*Command, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	q := fact.Filter{Kinds: []fact.Kind{fact.KindStep}}
	for _, e := range requests {
		q.Sources = append(q.Sources, fact.CommandSource(e.ID))
	}
	steps, err := d.o.Journal.Events(ctx, tenant, q)
	if err != nil {
		return nil, err
	}
	return fold(requests, steps)
}

// Command is one command, or access.ErrNotFound.
func (d *Desk) Command(ctx context.Context, scope access.Scope, id string) (Command, error) {
	requests, err := d.o.Journal.Events(ctx, scope.Tenant, fact.Filter{Kinds: []fact.Kind{fact.KindCommand}, IDs: []string{id}})
	if err != nil {
		return Command{}, err
	}
	commands, err := d.withSteps(ctx, scope.Tenant, requests)
	if err != nil {
		return Command{}, err
	}
	if len(commands) == 1 {
		may, err := d.subjects(ctx, scope, "")
		if err != nil {
			return Command{}, err
		}
		if may == nil || slices.Contains(may, commands[0].Node) {
			return *commands[0], nil
		}
	}
	return Command{}, fmt.Errorf("%w: command %s", access.ErrNotFound, id)
}

// cursor is the place of a command in the list.
type cursor struct {
	occurred plant.Micros
	seq      uint64
}

func (c cursor) String() string { return fmt.Sprintf("%d.%d", c.occurred, c.seq) }

func (c cursor) before(e fact.Event) bool {
	return e.Occurred < c.occurred || e.Occurred == c.occurred && e.Seq < c.seq
}

func cursorOf(s string) (cursor, error) {
	var c cursor
	if s == "" {
		return c, nil
	}
	if _, err := fmt.Sscanf(s, "%d.%d", &c.occurred, &c.seq); err != nil || strings.Contains(s, " ") {
		return c, fmt.Errorf("%w: the cursor is none of this list; leave it out to begin at the first page", ErrInvalid)
	}
	return c, nil
}
