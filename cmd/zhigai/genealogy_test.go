package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/shop/production"
	"zhigai/sim"
)

// TestGenealogy_IsWhatTheMachinesDid: the people of the demo make orders of steel
// of many heats, some of which end within a job. The plant's machines keep what
// truly went into each part; the node hears of bookings and signals alone. Its
// recall list of each heat names the very bearings that the machines made of it,
// and no other, and a finished bearing leads to its heat, machines, what they
// measured, and people.
func TestGenealogy_IsWhatTheMachinesDid(t *testing.T) {
	t.Parallel()
	n, err := openNode(t.Context(), place{Data: t.TempDir()}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	must(t, n.start(t.Context()))
	simulated, err := demoFlags{Demo: true, Seed: 1}.demo(t.Context(), place{})
	must(t, err)
	_, err = simulated.join(t.Context(), n)
	must(t, err)
	h, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(homeTenant), access.NewToken{Name: "quality", Role: "storekeeper"})
	must(t, err)
	quality := storeClient{t, server.URL, secret}

	f, err := n.newFloor(t.Context(), simulated.plant, simulated.model, demoFlags{Seed: 1, Hurry: time.Second})
	must(t, err)
	f.way.Orders.Open, f.way.Orders.Pieces = 6, demoRange{20, 40}
	heats := f.shortHeats(t)
	f.shift(t)

	made := map[string]sim.Piece{} // by lot or serial
	for _, one := range simulated.plant.Pieces() {
		id := one.Lot
		if one.Serial != "" {
			item, _ := material.PartsOf(one.Lot)
			id = material.LotID(item, one.Serial)
		}
		made[id] = one
	}
	var bearing string
	mixed := 0
	for _, heat := range heats {
		var truth []string
		orders := map[string]bool{}
		for id, one := range made {
			if slices.Contains(one.Of, heat) {
				truth = append(truth, id)
				if one.Serial != "" {
					bearing, orders[one.Order] = id, true
				}
			}
		}
		slices.Sort(truth)
		if got := quality.recall(heat); !slices.Equal(got, truth) {
			t.Errorf("recall of %s: %d lots and serials; the machines made %d of it\nonly recalled: %v\nonly made: %v", heat, len(got), len(truth), without(got, truth), without(truth, got))
		}
		for order := range orders {
			if slices.ContainsFunc(heats, func(o string) bool {
				return o != heat && slices.ContainsFunc(simulated.plant.Pieces(), func(p sim.Piece) bool { return p.Order == order && slices.Contains(p.Of, o) })
			}) {
				mixed++
			}
		}
	}
	if bearing == "" || mixed == 0 {
		t.Fatalf("bearings of known heats: %q; orders made of several heats: %d", bearing, mixed)
	}
	quality.cameFrom(bearing, made, f.way)
}

// shortHeats are some heats of steel at the lathes that each last for less than
// most orders. They have lain there for an hour: what is brought from the store later
// is used after them.
func (f *floor) shortHeats(t *testing.T) (ids []string) {
	t.Helper()
	for i := range 8 {
		number := fmt.Sprintf("H-%d", i+1)
		must(t, f.store.book(t.Context(), material.Entry{What: material.Received, Item: f.way.Steel, Lot: number, To: demoSide(f.way.Segments[0].No), At: plant.InstantOf(time.Now().Add(-time.Hour)), Key: number, Quantity: 3*plant.One + 100, Party: "东北特钢"}))
		ids = append(ids, material.LotID(f.way.Steel, number))
	}
	return ids
}

// shift works until all orders are done.
func (f *floor) shift(t *testing.T) {
	t.Helper()
	must(t, f.order(t.Context()))
	began := time.Now()
	soon(t, "all orders are done", func() bool {
		must(t, f.plan(t.Context()))
		if err := f.work(t.Context()); err != nil {
			t.Log(err) // a list that is a moment old; the next one is not
		}
		open, err := f.desk.List(t.Context(), f.who, production.OrderFilter{Scope: f.who.Scope, States: production.OpenStates, Limit: 100})
		must(t, err)
		return len(open) == 0
	})
	t.Logf("the shift took %s", time.Since(began).Round(time.Second))
}

// recall is what the recall list of a lot names beside the lot, each once.
func (c storeClient) recall(lot string) []string {
	c.t.Helper()
	status, raw := c.call("GET", "/material/lots/"+url.PathEscape(lot)+"/recall?format=csv", nil)
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))).ReadAll()
	if status != 200 || err != nil {
		c.t.Fatalf("recall of %s: %d %v %.200s", lot, status, err, raw)
	}
	var out []string
	for _, r := range rows[1:] {
		if id := material.LotID(r[0], r[1]); id != lot {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// cameFrom holds what the API tells of a bearing against what the machines did.
func (c storeClient) cameFrom(bearing string, made map[string]sim.Piece, way demoWay) {
	c.t.Helper()
	truth := made[bearing]
	var up material.Genealogy
	c.must("GET", "/material/lots/"+url.PathEscape(bearing)+"/genealogy?direction=up", nil, &up)
	var of []string
	for _, f := range up.Lots {
		if f.Lot.ID != bearing {
			of = append(of, f.Lot.ID)
		}
	}
	slices.Sort(of)
	if of = slices.Compact(of); !slices.Equal(of, truth.Of) {
		c.t.Errorf("%s is made of %v; the machines put %v in", bearing, of, truth.Of)
	}
	for _, id := range append(of, bearing) {
		one, ok := made[id]
		if !ok {
			continue // from a supplier
		}
		var b material.Birth
		c.must("GET", "/material/lots/"+url.PathEscape(id)+"/birth", nil, &b)
		if len(b.Machines) != 1 || b.Machines[0].Path != one.Path {
			c.t.Errorf("%s was made at %+v; it was %s", id, b.Machines, one.Path)
			continue
		}
		skill := way.Segments[slices.IndexFunc(way.Segments, func(s demoSegment) bool { return s.No == b.Run.Job })].Skill
		if len(b.Operators) != 1 || !slices.ContainsFunc(way.People, func(p demoPerson) bool { return p.Name == b.Operators[0] && slices.Contains(p.Skills, skill) }) {
			c.t.Errorf("%s was made by %v, who should be able to do %s", id, b.Operators, skill)
		}
		want := map[int]string{10: "spindle.speed", 20: "temperature.zone3", 30: "part.diameter", 40: "roughness", 60: "inspect.diameter.outer"}[b.Run.Job]
		if i := slices.IndexFunc(b.Machines[0].Parameters, func(p material.Parameter) bool { return p.Name == want }); want != "" && (i < 0 || b.Machines[0].Parameters[i].Known == 0) {
			c.t.Errorf("%s: nothing is known of %s in %+v", id, want, b.Machines[0].Parameters)
		}
		if id == bearing && (b.From.Time().Sub(one.From).Abs() > time.Millisecond || b.To.Time().Sub(one.At).Abs() > time.Millisecond) {
			c.t.Errorf("%s was made from %s to %s; the machine says %s to %s", id, b.From.Time(), b.To.Time(), one.From, one.At)
		}
	}
}

func without(a, b []string) (out []string) {
	for _, one := range a {
		if !slices.Contains(b, one) {
			out = append(out, one)
		}
	}
	return out
}
