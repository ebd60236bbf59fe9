package recordtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/factory/exchange"
	"zhigai/plant"
	"zhigai/shop/production"
)

// waiting are the ids of what would be sent now.
func (x *exchangeTest) waiting() []string {
	x.Helper()
	all, err := x.keeps.Waiting(x.Context(), 1, "erp", exchange.Out, plant.InstantOf(x.now), 100)
	must(x.T, err)
	out := []string{}
	for _, m := range all {
		out = append(out, m.ID)
	}
	return out
}

// told is what a message says.
func (x *exchangeTest) told(id string) exchange.Performance {
	x.Helper()
	m, _, err := x.keeps.Message(x.Context(), 1, exchange.Ref{Partner: "erp", Direction: exchange.Out, ID: id})
	must(x.T, err)
	var p exchange.Performance
	must(x.T, json.Unmarshal(m.Body, &p))
	return p
}

// fetches is a door that takes what it is told to.
type fetches struct {
	got []string
	err error
}

func (*fetches) Fetch(context.Context, func(context.Context, exchange.Incoming) (exchange.Answer, error)) error {
	return nil
}

func (f *fetches) Send(_ context.Context, w exchange.Written) error {
	if f.err == nil {
		f.got = append(f.got, w.ID)
	}
	return f.err
}
func (*fetches) Statements(context.Context) ([]exchange.Statement, error) { return nil, nil }
func (*fetches) Close()                                                   {}

func (x *exchangeTest) outgoing() {
	ctx := x.Context()
	report := func(want ...string) {
		x.Helper()
		must(x.T, x.x.Report(ctx, 1, x.erp))
		if got := x.waiting(); !slices.Equal(got, want) {
			x.Errorf("waiting %v; want %v", got, want)
		}
	}
	report("A1-0-1", "B1-0-1", "B2-0-1", "D1-0-1", "D2-0-1")
	report("A1-0-1", "B1-0-1", "B2-0-1", "D1-0-1", "D2-0-1") // nothing is new
	door := &fetches{}
	m, err := exchange.ParseMapping([]byte(exchangeMapping))
	must(x.T, err)
	must(x.T, x.x.Send(ctx, 1, x.erp, m, door))
	report()
	id := x.ordered("A1", 120, production.OrderReleased).ID
	enter := func(e production.Entry) {
		x.Helper()
		e.Job, e.Machine, e.Reason = 10, "t1", "crack"
		_, err := x.desk.Enter(ctx, x.planner, id, e)
		must(x.T, err)
		x.now = x.now.Add(time.Minute)
	}
	enter(production.Entry{What: production.StepJob, Command: production.Run})
	enter(production.Entry{What: production.StepCount, Good: 30, Scrap: 2})
	report("A1-0-2", "A1-10-1")
	enter(production.Entry{What: production.StepCount, Good: 10})
	report("A1-0-2", "A1-10-1", "A1-0-3", "A1-10-2")
	if p := x.told("A1-0-3"); p.Total.Good != 40 || p.New != (exchange.Quantities{Good: 10}) || p.Seq != 3 || p.State != "running" {
		x.Errorf("performance: %+v", p)
	}
	// A partner that is away: the first is tried later, and nothing overtakes it.
	door.err = errors.New("no answer")
	must(x.T, x.x.Send(ctx, 1, x.erp, m, door))
	if got := x.waiting(); !slices.Equal(got, []string{"A1-10-1", "A1-0-3", "A1-10-2"}) {
		x.Errorf("after one that was not taken: %v", got)
	}
	x.now = x.now.Add(time.Hour)
	door.err = fmt.Errorf("%w: the month is closed", exchange.ErrRefused)
	must(x.T, x.x.Send(ctx, 1, x.erp, m, door))
	report()
	dead := exchange.Ref{Partner: "erp", Direction: exchange.Out, ID: "A1-0-2"}
	if one, _, err := x.keeps.Message(ctx, 1, dead); err != nil || one.State != exchange.Dead || !strings.Contains(one.Reason, "the month is closed") {
		x.Errorf("dead letter: %+v %v", one, err)
	}
	c, err := x.keeps.Counts(ctx, 1, "erp")
	if err != nil || c.Dead != 4 || c.Acknowledged != 5 || c.Queued != 0 || c.Heard == 0 || c.Took == 0 {
		x.Errorf("counts: %+v %v", c, err)
	}
	_, _, err = x.x.Again(ctx, x.planner, dead)
	must(x.T, err)
	door.err, door.got = nil, nil
	must(x.T, x.x.Send(ctx, 1, x.erp, m, door))
	if !slices.Equal(door.got, []string{"A1-0-2"}) {
		x.Errorf("sent again: %v", door.got)
	}
	for range 2 { // a partner that fetches may say twice that it has a message
		one, err := x.x.Acknowledge(ctx, 1, "erp", "A1-0-3", "")
		if err != nil || one.State != exchange.Acknowledged {
			x.Errorf("acknowledged: %+v %v", one, err)
		}
	}
	err = x.keeps.Queue(ctx, 1, "erp", "A1", nil, []exchange.Told{{Number: "A1", Seq: 3}}, false)
	if !errors.Is(err, access.ErrConflict) {
		x.Errorf("told out of order: %v", err)
	}
}
