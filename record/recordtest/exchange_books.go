package recordtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhigai/fact"
	"zhigai/factory/exchange"
)

func (x *exchangeTest) books() {
	line := func(number string) exchange.Line {
		x.Helper()
		r, err := x.x.Reconcile(x.Context(), 1, "erp")
		must(x.T, err)
		i := slices.IndexFunc(r.Lines, func(l exchange.Line) bool { return l.Number == number })
		if i < 0 {
			x.Fatalf("no line of %s in %+v", number, r)
		}
		return r.Lines[i]
	}
	wants := func(number string, equal, open bool, causes ...exchange.Cause) {
		x.Helper()
		l := line(number)
		var got []exchange.Cause
		for _, b := range l.Causes {
			got = append(got, b.Cause)
		}
		if l.Equal != equal || l.Open() != open || !slices.Equal(got, causes) {
			x.Errorf("order %s: %+v; want equal %v, open %v, %v", number, l, equal, open, causes)
		}
	}
	state := func(id, number string, qty, good, scrap, v int) {
		x.send(id, exchange.KindStatement, fmt.Sprintf(`{"no": %q, "qty": %d, "good": %d, "scrap": %d, "v": %d}`, number, qty, good, scrap, v), exchange.Done)
	}
	state("s1", "B2", 5, 0, 0, 1)
	state("s2", "Z9", 7, 0, 0, 1)
	state("s3", "A1", 120, 40, 2, 1)
	wants("B2", true, false)
	wants("Z9", false, true, exchange.NeverCame)
	wants("D2", false, true, exchange.NotTheirs)
	wants("A1", true, false)
	state("s4", "A1", 120, 30, 2, 2)
	wants("A1", false, false, exchange.DeadLetter, exchange.RefusedHere) // the jobs' letters are dead, and m4c was refused
	state("s5", "B2", 6, 0, 0, 2)
	wants("B2", false, true, exchange.OtherOrdered)
	x.send("B2-bad", exchange.KindOrder, orderJSON("B2", "6204-ir", 6, 1, "open"), exchange.Refused)
	wants("B2", false, false, exchange.RefusedHere)
	var b bytes.Buffer
	r, err := x.x.Reconcile(x.Context(), 1, "erp")
	must(x.T, err)
	must(x.T, exchange.WriteReconciliation(&b, r, false))
	if !strings.Contains(b.String(), "A1,120,120,30,40,2,2,40,false,dead_letter refused_here") {
		x.Errorf("as a sheet: %s", b.String())
	}
}

// large: a body that does not fit into a row comes back as it was.
func (x *exchangeTest) large() {
	rows := make([]string, exchange.MaxParts)
	for i := range rows {
		rows[i] = strings.Replace(orderJSON(fmt.Sprint("L", i), "none", 5, 1, "open"), `"red"`, `"`+strings.Repeat("r", 700)+`"`, 1)
	}
	body := "[" + strings.Join(rows[:20], ",") + strings.Repeat(" ", 1<<20) + "]"
	x.send("large", exchange.KindOrder, body, exchange.Refused)
	m, parts, err := x.keeps.Message(x.Context(), 1, exchange.Ref{Partner: "erp", Direction: exchange.In, ID: "large"})
	if err != nil || string(m.Body) != body || len(parts) != 20 {
		x.Errorf("a body of %d bytes and %d parts came back as %d and %d: %v", len(body), 20, len(m.Body), len(parts), err)
	}
	if a := x.send("too many", exchange.KindOrder, "["+strings.Join(rows, ",")+","+rows[0]+"]", exchange.Refused); !strings.Contains(a.Reason, "divide the message") {
		x.Errorf("more rows than are read: %q", a.Reason)
	}
	page, err := x.keeps.Messages(x.Context(), 1, exchange.Filter{Partner: "erp", Limit: 3})
	must(x.T, err)
	next, err := x.keeps.Messages(x.Context(), 1, exchange.Filter{Partner: "erp", After: page[2].Key, Limit: 3})
	if err != nil || len(page) != 3 || len(next) != 3 || next[0].Key >= page[2].Key {
		x.Errorf("pages: %+v, %+v %v", page, next, err)
	}
	if all, err := x.keeps.Messages(x.Context(), 2, exchange.Filter{Limit: 9}); err != nil || len(all) != 0 {
		x.Errorf("another tenant's: %+v %v", all, err)
	}
}

// facts: the rows are what the facts add up to.
func (x *exchangeTest) facts() {
	events, err := x.journal.Events(x.Context(), 1, fact.Filter{Kinds: []fact.Kind{fact.KindExchange}})
	must(x.T, err)
	type key struct {
		d  exchange.Direction
		id string
	}
	parts, out := map[key]map[int]exchange.PartState{}, map[key]exchange.State{}
	for _, e := range events {
		var f exchange.Fact
		must(x.T, json.Unmarshal(e.Payload, &f))
		k := key{f.Direction, f.Message}
		switch f.What {
		case exchange.WhatReceived:
			if parts[k] != nil {
				x.Errorf("message %s was received twice", f.Message)
			}
			parts[k] = map[int]exchange.PartState{}
		case exchange.WhatAgain:
		case exchange.WhatQueued, exchange.WhatResent:
			out[k] = exchange.Queued
		case exchange.WhatAcknowledged:
			out[k] = exchange.Acknowledged
		case exchange.WhatDead:
			out[k] = exchange.Dead
		default:
			parts[k][f.Part] = exchange.PartState(f.What)
		}
	}
	rows, err := x.keeps.Messages(x.Context(), 1, exchange.Filter{Limit: 1000})
	must(x.T, err)
	for _, m := range rows {
		k := key{m.Direction, m.ID}
		want := out[k]
		if m.Direction == exchange.In {
			var states []exchange.PartState
			for _, s := range parts[k] {
				states = append(states, s)
			}
			if want = exchange.StateOf(states); len(states) == 0 {
				want = exchange.Refused // it could not be read
			}
		}
		if m.State != want {
			x.Errorf("message %s is %s; its facts say %s", m.ID, m.State, want)
		}
	}
	if len(rows) < 25 || len(out)+len(parts) != len(rows) {
		x.Errorf("%d rows, facts of %d messages", len(rows), len(out)+len(parts))
	}
}
