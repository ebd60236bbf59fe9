package acceptance

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// TestFold_ByHand: an hour of one machine, counted on paper. Contact holds from
// 0 to 1015 s (renewed until 1000, known 15 s longer) and from 1100 to the end.
func TestFold_ByHand(t *testing.T) {
	w := newWorld(t, "a", "b")
	w.link("firm/a", -5, 1000)
	w.link("firm/a", 1100, 3595)
	w.put("firm/a", "energy.active", plant.Good, 100, -60)
	w.put("firm/a", "energy.active", plant.Good, 103.5, 1200)
	w.put("firm/a", "energy.active", plant.Good, 110, 3000)
	w.put("firm/a", "power.active", plant.Good, 7, 10)
	w.put("firm/a", "power.active", plant.Bad|plant.OutOfRange, 0, 2000)
	w.put("firm/a", "power.active", plant.Uncertain|plant.Clock, 8, 2020)
	w.replaced[w.no("firm/a", "power.active")] = 2
	lost := fact.New(fact.KindGap, "Ma", begin.Add(20*time.Minute), "test", fact.Gap{From: plant.MicrosOf(begin.Add(17 * time.Minute)), To: plant.MicrosOf(begin.Add(18 * time.Minute)), Reason: "samples were not accepted"})
	early := fact.New(fact.KindGap, "Ma", begin.Add(-time.Hour), "test", fact.Gap{From: plant.MicrosOf(begin.Add(-2 * time.Hour)), To: plant.MicrosOf(begin), Reason: "over before"})
	if _, err := w.Append(t.Context(), tenant, lost, early); err != nil {
		t.Fatal(err)
	}
	c := w.fold(t, hour)
	m := c.Machines[0]
	// energy: 3600 − 85; power: also not 10 s at the start and 20 s of a bad value.
	const known = 2*(3600-85) - 10 - 20
	if m.KnownUs != known*1e6 || m.WantedUs != 7200*1e6 || m.Coverage != float64(known)/7200 {
		t.Errorf("known %d of %d µs, coverage %v; want %d s of 7200 s", m.KnownUs, m.WantedUs, m.Coverage, known)
	}
	if m.Contact.Gaps != 1 || m.Contact.LongestUs != 85e6 || m.LongestUs != 85e6 || m.Contact.Renewals != 201+500 || m.Contact.Expected != 720 {
		t.Errorf("contact %+v, longest %d; want one gap of 85 s, 701 of 720 renewals", m.Contact, m.LongestUs)
	}
	if g := m.Contact.List[0]; !g.From.Equal(begin.Add(1015*time.Second)) || !g.To.Equal(begin.Add(1100*time.Second)) {
		t.Errorf("gap %v; want from 1015 s to 1100 s", g)
	}
	energy, power := m.Tags[0], m.Tags[1]
	// Three periods of a second are less than the least of 5 s; of ten they are 30 s.
	if energy.Samples != 2 || energy.Gaps != 1 || energy.SilenceUs != 5e6 || power.Samples != 3 || power.Bad != 1 || power.Replaced != 2 || power.Gaps != 1 || power.SilenceUs != 30e6 {
		t.Errorf("tags %+v", m.Tags)
	}
	if m.Bad["bad:out_of_range"] != 1 || m.Uncertain["uncertain:clock"] != 1 || m.Samples != 5 || m.Replaced != 2 || m.Delivering != 2 || m.Silent != 0 {
		t.Errorf("counts of %+v", m)
	}
	if k := m.Counters[0]; len(m.Counters) != 1 || k.Counts != "energy" || *k.First != 100 || *k.Last != 110 || !k.FirstAt.Equal(begin.Add(-time.Minute)) {
		t.Errorf("counters %+v; want energy from 100, which held at the beginning, to 110", m.Counters)
	}
	if len(m.Losses) != 1 || m.Losses[0].What != "samples were not accepted" {
		t.Errorf("losses %+v; want the one that reaches into the hour", m.Losses)
	}
	if got := m.FailedCriteria(); m.Result != Failed || !slices.Equal(got, []string{"coverage", "gap"}) || m.Version != 3 || m.Verified != "read" {
		t.Errorf("%s %v, profile v%d %s", m.Result, got, m.Version, m.Verified)
	}
	if b := c.Machines[1]; b.Result != NoData || b.Silent != 2 || b.Coverage != 0 || b.LongestUs != 3600e6 {
		t.Errorf("a machine without data: %+v", b)
	}
	if c.Result != Failed || c.Totals.NoData != 1 || c.Totals.Failed != 1 || c.Totals.WantedUs != 14400e6 || c.Totals.Bad != 1 {
		t.Errorf("%s %+v", c.Result, c.Totals)
	}
}

// TestFold_NothingIsNeverGood: whatever the criteria allow, a machine that said
// nothing does not pass, and neither does one with contact alone.
func TestFold_NothingIsNeverGood(t *testing.T) {
	w := newWorld(t, "a", "b")
	w.link("firm/b", 0, 3595)
	q := hour
	q.Criteria = Criteria{Coverage: 0, GapS: 1e6, Silent: 99, Conflicts: 9}
	c := w.fold(t, q)
	for _, m := range c.Machines {
		if m.Result != NoData || c.Result != NoData {
			t.Errorf("%s: %s in a report of result %s; want no_data", m.Path, m.Result, c.Result)
		}
	}
}

func TestFold_Passes(t *testing.T) {
	w := newWorld(t, "a")
	w.link("firm/a", -5, 3595)
	w.put("firm/a", "energy.active", plant.Good, 1, -1)
	w.put("firm/a", "power.active", plant.Good, 1, 0)
	c := w.fold(t, hour)
	if m := c.Machines[0]; c.Result != Passed || m.Coverage != 1 || m.Quiet != 1 || m.Delivering != 2 || m.Contact.Renewals != m.Contact.Expected {
		t.Errorf("%s: %+v", c.Result, m)
	}
}

func TestFold_Conflicts(t *testing.T) {
	w := newWorld(t, "a", "b", "c")
	w.nodes[2].Machine.Device.Address = w.nodes[1].Machine.Device.Address
	w.nodes[1].Machine.Device.Serial, w.nodes[3].Machine.Device.Serial = "S1", "S1"
	q := hour
	q.Places = []string{"firm/a"} // the other stands outside of the report
	m := w.fold(t, q).Machines[0]
	if !slices.Equal(m.Conflicts, []string{"firm/b", "firm/c"}) || !slices.Contains(m.FailedCriteria(), "conflicts") {
		t.Errorf("conflicts %v, failed %v", m.Conflicts, m.FailedCriteria())
	}
}

// TestFold_AgreesWithAnotherCount: random contact and values against a count of
// every second by its own words, without intervals.
func TestFold_AgreesWithAnotherCount(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		w := newWorld(t, "a")
		for at := -30; at < 3600; at++ { // whole seconds, so that a second is known or not
			if r.IntN(8) == 0 {
				w.put("firm/a", plant.LinkTag, plant.Good, float64(min(1, r.IntN(12))), float64(at))
			}
			if r.IntN(40) == 0 {
				w.put("firm/a", "power.active", []plant.Quality{plant.Good, plant.Good, plant.Bad | plant.Refused, plant.Uncertain}[r.IntN(4)], 1, float64(at))
			}
		}
		m := w.fold(t, hour).Machines[0]
		last := func(name string, second int) (plant.Sample, bool) {
			s, ok, _ := w.Before(t.Context(), tenant, w.no("firm/a", name), plant.MicrosOf(begin)+plant.Micros(second)*1e6+1)
			return s, ok
		}
		up, known, gap, longest, stored := 0, 0, 0, 0, 0
		for second := range 3600 {
			at := plant.MicrosOf(begin) + plant.Micros(second)*1e6
			l, ok := last(plant.LinkTag, second)
			linked := ok && l.Value == 1 && at-l.Time < 15e6
			p, have := last("power.active", second)
			if linked {
				up++
			}
			if have && p.Time == at {
				stored++
			}
			if linked && have && !p.Quality.IsBad() {
				known, gap = known+1, 0
			} else {
				gap++
				longest = max(longest, gap)
			}
		}
		tag := m.Tags[1]
		if m.Contact.KnownUs != int64(up)*1e6 || tag.KnownUs != int64(known)*1e6 || tag.LongestUs != int64(longest)*1e6 || tag.Samples != int64(stored) {
			t.Fatalf("seed %d: contact %d, known %d, longest %d µs, %d samples; counted %d, %d, %d s, %d", seed, m.Contact.KnownUs, tag.KnownUs, tag.LongestUs, tag.Samples, up, known, longest, stored)
		}
	}
}

// TestKnown_Adds: what is known and what is not add up, and cutting the time in
// two loses nothing.
func TestKnown_Adds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		cut := plant.Micros(r.IntN(999) + 1)
		spans := []plant.Span{{From: 0, To: 1000}, {From: 0, To: cut}, {From: cut, To: 1000}}
		k := make([]known, 3)
		at := plant.Micros(-100)
		for i := range k {
			k[i].span = spans[i]
		}
		for at < 1100 {
			is, until := r.IntN(3) > 0, at+plant.Micros(r.IntN(200))
			for i := range k {
				k[i].say(at, is, until)
			}
			at += plant.Micros(r.IntN(150))
		}
		whole, left, right := k[0].end(), k[1].end(), k[2].end()
		if length(whole) != length(left)+length(right) || length(whole)+length(rest(whole, spans[0])) != 1000 {
			t.Fatalf("%v is not %v and %v at %d", whole, left, right, cut)
		}
		if meet := both(whole, rest(whole, spans[0])); len(meet) > 0 {
			t.Fatalf("known and not known at once: %v", meet)
		}
	}
}

// wait gives the job when it has ended.
func wait(t *testing.T, d *Desk, id string) Job {
	t.Helper()
	d.work.Wait()
	all := d.Jobs(access.Scope{Tenant: tenant})
	i := slices.IndexFunc(all, func(j Job) bool { return j.ID == id })
	if i < 0 {
		t.Fatalf("job %s is gone", id)
	}
	return all[i]
}

var anna = access.As("u1", "安娜", access.Scope{Tenant: tenant}, access.Read, access.Engineer)

// TestDesk_LateDataMakesARevision: a report stays as it was made, byte for byte;
// the same facts make nothing new, facts that came later make the next.
func TestDesk_LateDataMakesARevision(t *testing.T) {
	w := newWorld(t, "a")
	w.link("firm/a", 0, 3595)
	w.put("firm/a", "power.active", plant.Good, 1, 0)
	d := w.desk(t)
	start := func(j Job, err error) Job {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return wait(t, d, j.ID)
	}
	made := start(d.Start(anna, hour))
	if made.State != Done || made.Done != 1 || made.Total != 1 {
		t.Fatalf("%+v", made)
	}
	scope := anna.Scope
	first, err := d.Report(t.Context(), scope, made.Report)
	if err != nil {
		t.Fatal(err)
	}
	if again := start(d.Check(t.Context(), anna, made.Report)); again.State != Unchanged || again.Report != made.Report {
		t.Errorf("checked without a change: %+v", again)
	}
	w.put("firm/a", "energy.active", plant.Good, 1, 0) // late
	next := start(d.Check(t.Context(), anna, made.Report))
	second, err := d.Report(t.Context(), scope, next.Report)
	if err != nil || next.State != Done || second.Revision != 2 || second.Previous != made.Report || second.SHA256 == first.SHA256 {
		t.Fatalf("%+v: %+v, %v", next, second.Head, err)
	}
	old, err := d.Report(t.Context(), scope, made.Report)
	if err != nil || !bytes.Equal(old.Raw, first.Raw) || old.Next != next.Report {
		t.Errorf("the first revision changed, or does not name the next: %+v, %v", old.Head, err)
	}
	// Whoever checks the first is given the newest.
	if last := start(d.Check(t.Context(), anna, made.Report)); last.State != Unchanged || last.Report != next.Report {
		t.Errorf("%+v; want %s unchanged", last, next.Report)
	}
	if _, err := d.Report(t.Context(), access.Scope{Tenant: tenant, Path: "firm/a"}, made.Report); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("who may see one machine sees a report of the plant: %v", err)
	}
}

// TestDesk_DamageIsTold: data that are not those that were hashed are not shown.
func TestDesk_DamageIsTold(t *testing.T) {
	w := newWorld(t, "a")
	d := w.desk(t)
	j, err := d.Start(anna, hour)
	if err != nil {
		t.Fatal(err)
	}
	id := wait(t, d, j.ID).Report
	for i, e := range w.events {
		if e.Kind == fact.KindAcceptance {
			w.events[i].Payload = bytes.Replace(e.Payload, []byte(`"sha256":"`), []byte(`"sha256":"0`), 1)
		}
	}
	if _, err := d.Report(t.Context(), anna.Scope, id); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("%v; want an error about the hash", err)
	}
	w.events = slices.DeleteFunc(w.events, func(e fact.Event) bool { return e.Kind == fact.KindAcceptancePart })
	if _, err := d.Report(t.Context(), anna.Scope, id); err == nil || !strings.Contains(err.Error(), "0 of 1 parts") {
		t.Errorf("%v; want an error about parts", err)
	}
}

func TestDesk_CancelKeepsNothing(t *testing.T) {
	w := newWorld(t, "a")
	w.slow = make(chan struct{})
	d := w.desk(t)
	first, err := d.Start(anna, hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Start(anna, hour); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Start(anna, hour); !errors.Is(err, ErrBusy) {
		t.Errorf("a third at once: %v", err)
	}
	if err := d.Cancel(access.Scope{Tenant: tenant, Path: "firm/b"}, first.ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("cancelled by who may not see it: %v", err)
	}
	for _, j := range d.Jobs(anna.Scope) {
		if err := d.Cancel(anna.Scope, j.ID); err != nil {
			t.Error(err)
		}
	}
	if got := wait(t, d, first.ID); got.State != Cancelled || len(w.events) != 0 {
		t.Errorf("%+v, %d events", got, len(w.events))
	}
}

func TestDesk_Refuses(t *testing.T) {
	w := newWorld(t, "a")
	d := w.desk(t)
	line := access.As("u2", "线长", access.Scope{Tenant: tenant, Path: "firm/b"}, access.Read, access.Engineer)
	f := func(name string, who access.Principal, change func(*Question), want error) {
		t.Helper()
		q := hour
		change(&q)
		if _, err := d.Start(who, q); !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", name, err, want)
		}
	}
	f("backwards", anna, func(q *Question) { q.To = q.From }, ErrInvalid)
	f("the future", anna, func(q *Question) { q.To = w.now.Add(time.Second) }, ErrInvalid)
	f("too long", anna, func(q *Question) { q.From = q.To.Add(-maxTime - time.Second) }, ErrInvalid)
	f("no place", anna, func(q *Question) { q.Places = nil }, ErrInvalid)
	f("coverage", anna, func(q *Question) { q.Criteria.Coverage = 1.1 }, ErrInvalid)
	f("another line", line, func(*Question) {}, access.ErrForbidden)
	q := hour
	q.Places = []string{"firm/nobody"}
	j, err := d.Start(anna, q)
	if err != nil {
		t.Fatal(err)
	}
	if got := wait(t, d, j.ID); got.State != Broken || !strings.Contains(got.Error, "no machine at firm/nobody") {
		t.Errorf("%+v", got)
	}
}

// TestKeep_Large: 500 machines of many tags come back as they were.
func TestKeep_Large(t *testing.T) {
	c := Content{Schema: Schema, Question: hour}
	for i := range 500 {
		m := Machine{Path: fmt.Sprint("firm/", i), Digest: fmt.Sprintf("%064x", rand.Uint64())}
		for k := range 100 {
			m.Tags = append(m.Tags, Tag{No: plant.TagNo(rand.Uint32()), Name: fmt.Sprint("t", k), KnownUs: rand.Int64()})
		}
		c.Machines = append(c.Machines, m)
	}
	raw, sum, err := encode(c)
	if err != nil {
		t.Fatal(err)
	}
	out, err := events(Head{ID: "R", SHA256: sum}, raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range out {
		if len(e.Payload) > 64<<10 {
			t.Fatalf("a part of %d bytes is more than an event carries", len(e.Payload))
		}
	}
	h, err := headOf(out[0])
	if err != nil {
		t.Fatal(err)
	}
	parts := out[1:]
	rand.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	if back, err := decode(h, parts); err != nil || !bytes.Equal(back, raw) || len(parts) < 2 {
		t.Errorf("%d parts of %d bytes: %v", len(parts), len(raw), err)
	}
}

func TestCSV(t *testing.T) {
	w := newWorld(t, "a")
	w.nodes[1].Name.ZH = "=1+1,车床"
	var b bytes.Buffer
	if err := w.fold(t, hour).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if !strings.HasPrefix(lines[0], "\ufeffpath,") || !strings.Contains(lines[1], `firm/a,"'=1+1,车床",meter a,no_data,coverage gap silent,modbus-tcp`) {
		t.Errorf("%q", lines[:2])
	}
}
