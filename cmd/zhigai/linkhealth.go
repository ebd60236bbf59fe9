package main

import (
	"context"
	"fmt"
	"time"

	"zhigai/link"
	"zhigai/record"
	"zhigai/web"
)

// linkChecks are what health says of the nodes above and below. Anybody may
// read it, so machines are counted and not named: the page of the nodes does.
func (n *node) linkChecks(ctx context.Context) []web.Check {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // the list of nodes lies in the record
	defer cancel()
	l := links{n}
	var out []web.Check
	if up := l.Parent(ctx); up != nil {
		out = append(out, parentCheck(*up))
	}
	switch nodes, err := l.Nodes(ctx); {
	case err != nil:
		out = append(out, wellUnless("nodes", record.ErrUnavailable)) // no more: who is not signed in may read it
	case nodes != nil:
		out = append(out, nodesCheck(nodes))
	}
	return out
}

func parentCheck(s link.Status) web.Check {
	c := web.Check{Name: "parent", OK: s.State == link.StateUp && s.Conflict == nil && !s.Outbox.Alarm, Detail: string(s.State)}
	if s.Refused != "" {
		c.Detail += ": " + s.Refused
	}
	if s.Conflict != nil {
		c.Detail += "; the key is in use on two machines"
	}
	switch {
	case s.Outbox.Losing:
		c.Detail += "; the outbox is full, the oldest is given up and recorded as a gap"
	case s.Outbox.Alarm:
		c.Detail += fmt.Sprintf("; the outbox is %.0f %% full", 100*s.Outbox.Used)
	}
	return c
}

func nodesCheck(all []link.NodeStatus) web.Check {
	var up, away, clones, full int
	for _, one := range all {
		switch {
		case one.Node.Revoked != 0:
			continue
		case one.Connected:
			up++
		default:
			away++
		}
		if one.Conflict != nil {
			clones++
		}
		if one.Outbox.Alarm {
			full++
		}
	}
	c := web.Check{Name: "nodes", OK: away+clones+full == 0, Detail: fmt.Sprintf("%d connected, %d away", up, away)}
	if clones > 0 {
		c.Detail += fmt.Sprintf("; keys in use on two machines: %d", clones)
	}
	if full > 0 {
		c.Detail += fmt.Sprintf("; outboxes nearly full: %d", full)
	}
	return c
}
