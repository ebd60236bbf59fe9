package programme_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/link/linktest"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/record"
	"zhigai/record/nodes"
	"zhigai/record/pgtest"
	"zhigai/record/programme"
)

const tenant = plant.TenantNo(1)

// station is a node of the tree: what it keeps, and both ends of its links.
type station struct {
	t      *testing.T
	name   string
	db     *record.DB
	rows   programme.Machines
	up     []*journal.Rows
	parent *link.Parent
	known  *linktest.Registry
}

// newStation takes deliveries from below and tells its own parents of them.
func newStation(t *testing.T, name, where string) *station {
	t.Helper()
	db, err := record.Open(t.Context(), where, record.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	s := &station{t: t, name: name, db: db, rows: programme.NewMachines(db), known: linktest.NewRegistry()}
	s.parent, err = link.NewParent(link.ParentOptions{
		Name: name, Registry: s.known, Now: time.Now,
		Sink: journal.Router{link.StreamFigures: programme.Delivered{Machines: s.rows, Nodes: nodes.New(db), Stored: func(context.Context, plant.TenantNo) { s.ring() }}},
	})
	must(t, err)
	run(t, s.parent.Run)
	return s
}

func run(t *testing.T, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = f(ctx) })
	t.Cleanup(func() { cancel(); work.Wait() })
}

// below hangs the station below another.
func (s *station) below(above *station) {
	s.t.Helper()
	id := link.NodeID("U" + strings.ToUpper(s.name))
	above.known.Add(id, s.name)
	rows := journal.NewRows(s.rows, tenant)
	s.up = append(s.up, rows)
	c, err := link.NewChild(link.ChildOptions{
		Transport: linktest.NewWire(above.parent).Transport(id, "10.0.0.7:1"), State: &linktest.Notes{}, Instance: s.name, Host: s.name, Program: "1.0",
		Feeds: map[link.Stream]link.Feed{link.StreamFigures: {Source: rows}}, Now: time.Now,
	})
	must(s.t, err)
	run(s.t, c.Run)
}

func (s *station) ring() {
	for _, r := range s.up {
		r.Changed()
	}
}

func (s *station) save(days ...machine.Day) {
	s.t.Helper()
	_, err := s.rows.SaveDays(s.t.Context(), tenant, days)
	must(s.t, err)
	s.ring()
}

// holds are the rows of May and June, as they are kept here.
func (s *station) holds() (out []machine.Day) {
	s.t.Helper()
	items, err := s.rows.RowsAfter(s.t.Context(), tenant, 0, 10_000)
	must(s.t, err)
	for _, i := range items {
		var d machine.Day
		must(s.t, json.Unmarshal(i.Payload, &d))
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b machine.Day) int {
		return strings.Compare(string(a.Owner)+string(a.Machine)+a.Date, string(b.Owner)+string(b.Machine)+b.Date)
	})
	return out
}

// plant is what is known here of an owner.
func (s *station) plant(owner plant.NodeID) machine.Link {
	s.t.Helper()
	links, err := s.rows.Links(s.t.Context(), tenant, nil)
	must(s.t, err)
	for _, l := range links {
		if l.Owner == owner {
			return l
		}
	}
	return machine.Link{}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func day(owner, name string, date int, known int64, revision int) machine.Day {
	return machine.Day{
		Owner: plant.NodeID(owner), OwnerName: plant.Name{ZH: owner}, Machine: plant.NodeID(owner + name), Name: plant.Name{ZH: name}, Path: owner + "/site/" + name,
		Date: fmt.Sprintf("2022-05-%02d", date), PlannedMs: 1000, KnownMs: known, Revision: revision, AsOf: plant.Micros(revision), Digest: strings.Repeat("d", 64), Fold: "f",
	}
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("in vain for a minute: ", what)
		}
	}
}

// TestDays_GoUpTheTree: two plants, one of them linked to its county and to the
// platform of its sector, both of which report to the city, and the city to the
// province. Every row is at the top once, and a late fact changes it there.
func TestDays_GoUpTheTree(t *testing.T) {
	province := newStation(t, "province", pgtest.Address(t))
	city := newStation(t, "city", pgtest.Address(t))
	city.below(province)
	county, platform := newStation(t, "county", t.TempDir()), newStation(t, "platform", t.TempDir())
	county.below(city)
	platform.below(city)
	first, second := newStation(t, "first", t.TempDir()), newStation(t, "second", t.TempDir())
	first.save(day("first", "a", 1, 100, 1), day("first", "b", 1, 900, 1)) // before there is a link
	first.below(county)
	until(t, "the city knows the plant by its county", func() bool { return len(city.holds()) == 2 })
	first.below(platform)
	until(t, "what the platform says of it is kept aside", func() bool { return len(city.plant("first").Claims) == 1 })
	if c := city.plant("first").Claims[0]; c.Node != "UPLATFORM" || c.Days != 2 || c.Newest != "2022-05-01" {
		t.Errorf("kept aside: %+v", c)
	}
	first.save(day("first", "b", 1, 950, 2))
	both := city.plant("first")
	both.Ways = append(both.Ways, "UPLATFORM")
	saved, err := city.rows.SaveLink(t.Context(), tenant, both)
	must(t, err)
	if now := city.plant("first"); len(now.Claims) != 0 || !reflect.DeepEqual(saved, now) || !slices.Equal(now.Ways, []string{"UCOUNTY", "UPLATFORM"}) {
		t.Errorf("saved %+v; now %+v", saved, now)
	}
	second.below(county)
	second.save(day("second", "a", 1, 1000, 1))
	for date := range 20 {
		first.save(day("first", "a", date+2, 850, 1), day("first", "b", date+2, 100, 1))
	}
	all := func() []machine.Day { return append(first.holds(), second.holds()...) }
	until(t, "all rows at the province", func() bool { return reflect.DeepEqual(province.holds(), all()) })

	first.save(day("first", "a", 1, 990, 2)) // a late fact
	until(t, "the later revision at the province", func() bool { return reflect.DeepEqual(province.holds(), all()) })
	if got := len(province.holds()); got != 43 {
		t.Errorf("%d rows at the province; want 43, each once", got)
	}
	months := func(s *station) (out []machine.Month) {
		t.Helper()
		r := machine.Rule{KnownPerMille: 800, Days: 15}
		must(t, s.rows.Months(t.Context(), tenant, "2022-05-01", "2022-06-01", nil, r, func(m machine.Month) error { out = append(out, m); return nil }))
		return out
	}
	if got, want := months(province), append(months(first), months(second)...); !reflect.DeepEqual(got, want) || len(got) != 3 {
		t.Errorf("months at the province %+v; at the plants %+v", got, want)
	}
}

// What a node says of a plant that comes by another one counts nowhere, however
// new it is, and the rest of the delivery is kept.
func TestDelivered_OfAnotherNodesPlant(t *testing.T) {
	s := newStation(t, "county", t.TempDir())
	rung := 0
	d := programme.Delivered{Machines: s.rows, Nodes: nodes.New(s.db), Stored: func(context.Context, plant.TenantNo) { rung++ }}
	deliver := func(node string, version uint64, days ...machine.Day) {
		t.Helper()
		delivery := link.Delivery{Stream: link.StreamFigures, Before: version - 1, After: link.Progress{Version: version}}
		for i, one := range days {
			raw, err := json.Marshal(one)
			must(t, err)
			delivery.Items = append(delivery.Items, link.Item{Seq: uint64(i + 1), Payload: raw})
		}
		must(t, d.Commit(t.Context(), link.Node{ID: link.NodeID(node), Tenant: tenant}, delivery))
	}
	own := day("mine", "m", 1, 500, 1)
	s.save(own)
	true1 := day("first", "a", 1, 100, 1)
	deliver("UFIRST", 1, true1)
	mallory := day("mallory", "x", 1, 1, 1)
	deliver("UMALLORY", 1, day("first", "a", 1, 1000, 9), mallory, day("mine", "m", 1, 1000, 9), day("first", "ghost", 1, 1000, 1))
	if got, want := s.holds(), []machine.Day{true1, mallory, own}; !reflect.DeepEqual(got, want) {
		t.Errorf("kept %+v; want %+v", got, want)
	}
	for owner, days := range map[plant.NodeID]int64{"first": 2, "mine": 1} {
		if c := s.plant(owner).Claims; len(c) != 1 || c[0].Node != "UMALLORY" || c[0].Days != days {
			t.Errorf("claims of %s: %+v; want %d days of UMALLORY", owner, c, days)
		}
	}
	if rung != 2 {
		t.Errorf("told of new rows %d times; want 2", rung)
	}
}

// A row that no node of ours makes damages its delivery: nothing of it is kept,
// and neither is the progress.
func TestDelivered_AllOrNothing(t *testing.T) {
	s := newStation(t, "county", t.TempDir())
	d := programme.Delivered{Machines: s.rows, Nodes: nodes.Nodes{}}
	bad := day("first", "b", 1, 2000, 1) // more known than planned
	for _, payloads := range [][]any{{day("first", "a", 1, 1, 1), bad}, {day("first", "a", 1, 1, 1), "nonsense"}} {
		delivery := link.Delivery{Stream: link.StreamFigures, After: link.Progress{Version: 1}}
		for i, p := range payloads {
			raw, err := json.Marshal(p)
			must(t, err)
			delivery.Items = append(delivery.Items, link.Item{Seq: uint64(i + 1), Payload: raw})
		}
		if err := d.Commit(t.Context(), link.Node{ID: "UFIRST", Tenant: tenant}, delivery); !errors.Is(err, link.ErrDamaged) {
			t.Errorf("%v: %v; want it to be damaged", payloads, err)
		}
	}
	if got := s.holds(); len(got) != 0 {
		t.Errorf("kept of it: %+v", got)
	}
}
