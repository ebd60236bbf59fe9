package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/programme/machine"
	"zhigai/programme/target"
	"zhigai/record/programme"
	"zhigai/shop/authenticity"
	"zhigai/shop/equipment"
)

// TestProvince_EqualsAFoldOfAllFacts: two plants report to a province; then a
// day brings late, corrected and revoked facts at machines and in registers, and
// the firms lie in counties that were merged and divided between the divisions
// of 2018 and of 2023. What the province says afterwards, of today and of before
// the change, is what comes out when every plant folds its days anew from
// samples, and a new province takes all facts in, in another order: every
// indicator, bit for bit.
func TestProvince_EqualsAFoldOfAllFacts(t *testing.T) {
	t.Parallel()
	w := newRecompute(t)
	w.enter()
	w.carry()
	w.belong()
	before := w.networking(w.year)
	w.disturb()
	w.carry()
	after := w.networking(w.year)
	// Four machines of plants; of those declared, 5 and 4, then 3 and none.
	if b, a := before.Terms, after.Terms; b["machines"] != 4+5+4 || a["machines"] != 4+3 {
		t.Errorf("machines before %v, after %v", b, a)
	}
	if b, a := before.Terms, after.Terms; b["machines_networked"] != 0+2+2 || a["machines_networked"] != 2+2 {
		t.Errorf("networked before %v, after %v; the first plant's two are, since contact is known on every day and nothing is suspected", b, a)
	}
	days := w.daysFromScratch()
	w.compare(w.provinceFromScratch(days))
}

type recompute struct {
	registry // the province
	plants   []*node
	at       map[*node]string // where a plant answers
	morning  time.Time
	sent     map[*node]uint64
	year     int
	firms    map[string]string // ids by name
	entry    target.Entry
}

func newRecompute(t *testing.T) *recompute {
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	w := &recompute{registry: newRegistry(t), morning: time.Date(now.Year(), now.Month(), now.Day()-3, 6, 0, 0, 0, zone), at: map[*node]string{}, sent: map[*node]uint64{}, firms: map[string]string{}}
	w.year = w.morning.Year()
	for i := range 2 {
		n, api := nodeAndAPI(t, twoLathes, w.morning.AddDate(0, 0, -1), func(n *node) { storeShift(t, n, w.morning.Add(time.Duration(i)*time.Minute)) })
		w.plants, w.at[n] = append(w.plants, n), api.base
		w.close(n, api)
	}
	return w
}

// close makes the day's windows close: somebody asks for them.
func (w *recompute) close(n *node, api apiClient) {
	w.t.Helper()
	api.t = w.t
	api.get("/api/v1/figures/oee?"+url.Values{"window": {"day"}, "from": {w.midnight().Format(time.RFC3339)}, "to": {w.midnight().Add(24 * time.Hour).Format(time.RFC3339)}}.Encode(), &struct{}{})
	must(w.t, n.proveClosed(w.t.Context()))
}

func (w *recompute) midnight() time.Time { return w.morning.Add(-6 * time.Hour) }

// well calls the province and fails unless it is well.
func (w *recompute) well(method, path string, body, out any, dress ...func(*http.Request)) {
	w.t.Helper()
	if status, text := w.call(method, path, body, out, dress...); status >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
}

// enter gives the province its firms: two with plants, in counties of 2018 that
// were merged or divided in 2021, and others that declare.
func (w *recompute) enter() {
	since := time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	for i, f := range []struct{ name, code, region string }{
		{"下城轴承有限公司", "91350200776049653A", "330103"}, {"江干机床有限公司", "91350500798359476R", "330104"}, {"拱墅齿轮有限公司", "91350503MA31DKY80A", "330105"}, {"新昌滚子有限公司", string(w.codeOf(4)), "330624"},
	} {
		var made struct{ ID string }
		w.well("POST", "/firms", map[string]any{
			"code": f.code, "name": f.name, "region": f.region, "industry": "C3451", "above_scale": true, "backbone": map[string]any{"from": "2018-05-01"}, "since": since, "confirmed": true,
			"systems": []any{map[string]any{"kind": "mes", "since": "2019-01-01"}}, "cloud": "2020-01-01",
		}, &made)
		w.firms[f.name] = made.ID
		for _, year := range []int{2020, w.year} {
			for name, v := range map[string]int{"machines": 5, "machines_nc": 3, "machines_networked": i} {
				if i >= 2 || year == 2020 {
					w.value(f.name, year, name, v-i%2, 0, false)
				}
			}
		}
	}
	w.well("POST", "/register-entries", map[string]any{"id": "", "rev": 0, "region": "330624", "kind": "smart_factory", "firm": w.firms["新昌滚子有限公司"], "title": "轴承智能工厂", "from": w.morning.UnixMicro(), "basis": "audited", "level": "provincial"}, &w.entry)
}

func (w *recompute) codeOf(n int) plant.CreditCode { return codeOf(w.t, n) }

func (w *recompute) value(firm string, year int, name string, v int, rev int, void bool) {
	w.t.Helper()
	w.well("PUT", "/firm-returns", map[string]any{"firm": w.firms[firm], "year": year, "name": name, "value": v, "basis": "declared", "rev": rev, "void": void}, nil)
}

// carry delivers the machine days that the province does not have.
func (w *recompute) carry() {
	w.t.Helper()
	for i, n := range w.plants {
		w.sent[n] = carryDays(w.t, n.machines, w.n.machines, fmt.Sprintf("UPLANT%d", i), w.sent[n], w.n)
	}
}

// carryDays hands rows over as the link does and says which was the last.
func carryDays(t *testing.T, from, to programme.Machines, node string, after uint64, at *node) uint64 {
	t.Helper()
	items, err := from.RowsAfter(t.Context(), homeTenant, after, 1000)
	must(t, err)
	if len(items) == 0 {
		return after
	}
	last := items[len(items)-1].Seq
	d := link.Delivery{Stream: link.StreamFigures, Before: after, After: link.Progress{Version: last}, Items: items}
	must(t, programme.Delivered{Machines: to, Nodes: at.nodes}.Commit(t.Context(), link.Node{ID: link.NodeID(node), Tenant: homeTenant}, d))
	return last
}

// belong says whose the plants are.
func (w *recompute) belong() {
	w.t.Helper()
	for i, n := range w.plants {
		days := held(w.t, n.machines, n)
		_, err := w.n.machines.SaveLink(w.t.Context(), homeTenant, machine.Link{Owner: days[0].Owner, Firm: w.firms[[]string{"下城轴承有限公司", "江干机床有限公司"}[i]]})
		must(w.t, err)
	}
}

// held are the days of a plant's machines.
func held(t *testing.T, s programme.Machines, of *node) (out []machine.Day) {
	t.Helper()
	tags, err := of.shop.Tags(t.Context(), access.Scope{Tenant: homeTenant})
	must(t, err)
	seen := map[plant.NodeID]bool{}
	for _, tag := range tags {
		if seen[tag.Node] {
			continue
		}
		seen[tag.Node] = true
		days, err := s.Days(t.Context(), homeTenant, tag.Node, "2000-01-01", "2100-01-01")
		must(t, err)
		out = append(out, days...)
	}
	if len(out) == 0 {
		t.Fatal("no machine day")
	}
	return out
}

// disturb is the day: late samples at one plant, values corrected at another, a
// reason given and given anew, a return corrected and one taken back, a mark
// ended from long ago, an entry revoked, suspicions dismissed.
func (w *recompute) disturb() {
	ctx := w.t.Context()
	for i, n := range w.plants {
		tags, err := n.shop.Tags(ctx, access.Scope{Tenant: homeTenant})
		must(w.t, err)
		var late plant.Batch
		for _, tag := range tags {
			if tag.Name != plant.LinkTag {
				continue
			}
			for day := range 3 {
				from := w.morning.AddDate(0, 0, day)
				for at := from; at.Before(from.Add(8 * time.Hour)); at = at.Add(5 * time.Second) {
					late.Samples = append(late.Samples, plant.Sample{Tag: tag.No, Time: plant.MicrosOf(at), Value: float64(1 - i)}) // contact nobody knew of; contact there was not
				}
			}
		}
		_, err = n.history.Append(ctx, homeTenant, late)
		must(w.t, err)
		must(w.t, n.engine.Touch(ctx, homeTenant, late, []fact.Event{}))
		w.reasons(n)
		must(w.t, n.engine.Settle(ctx, homeTenant, plant.MicrosOf(w.midnight()), plant.MicrosOf(w.midnight().Add(72*time.Hour))))
		must(w.t, n.proveClosed(ctx))
		if i == 0 {
			w.clears(n)
		}
	}
	w.value("拱墅齿轮有限公司", w.year, "machines", 3, 1, false)
	w.value("拱墅齿轮有限公司", w.year, "machines_nc", 2, 1, false)
	w.value("拱墅齿轮有限公司", 2020, "machines_networked", 0, 1, true)
	w.well("PUT", "/register-entries/"+w.entry.ID, map[string]any{"id": w.entry.ID, "region": "330624", "kind": "smart_factory", "firm": w.entry.Firm, "title": w.entry.Title, "from": w.entry.From, "basis": "audited", "level": "provincial", "void": true, "rev": 1}, nil, func(r *http.Request) { r.Header.Set("If-Match", `"1"`) })
	store := programme.NewFirms(w.n.record, w.n.codes)
	of := w.firms["新昌滚子有限公司"]
	now, err := store.Some(ctx, homeTenant, []access.Area{{}}, []string{of})
	must(w.t, err)
	f := now[of]
	f.Backbone, f.Since = &enterprise.Mark{From: "2018-05-01", To: "2020-06-01"}, plant.MicrosOf(time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC))
	_, err = store.Save(ctx, homeTenant, "change", []enterprise.Edit{{Firm: f, Seen: f.Rev}}, nil)
	must(w.t, err)
}

// clears dismisses what is suspected of a plant's machines: the facts of this
// test are by chance, and no machine is like that.
func (w *recompute) clears(n *node) {
	w.t.Helper()
	machines := map[plant.NodeID]string{}
	for _, d := range held(w.t, n.machines, n) {
		machines[d.Machine] = d.Path
	}
	all, err := n.authenticity.List(w.t.Context(), homeTenant, machines, authenticity.Filter{})
	must(w.t, err)
	if len(all) == 0 {
		w.t.Error("nothing is suspected")
	}
	_, secret, err := n.access.CreateToken(w.t.Context(), access.Node(homeTenant), access.NewToken{Name: "boss", Role: access.RoleAdmin})
	must(w.t, err)
	boss := apiClient{w.t, w.at[n], secret}
	for _, s := range all {
		body := map[string]any{"equipment": s.Machine, "text": "现场核实", "upheld": false}
		if code, text := boss.send(http.MethodPost, "/api/v1/suspicions/"+s.ID+"/decide", nil, body, nil); code != http.StatusOK {
			w.t.Fatalf("decide: %d %s", code, text)
		}
	}
}

// reasons says why a machine stood, and then otherwise.
func (w *recompute) reasons(n *node) {
	w.t.Helper()
	scope := access.Scope{Tenant: homeTenant}
	for _, one := range held(w.t, n.machines, n) {
		intervals, err := n.desk.Timeline(w.t.Context(), scope, one.Machine, plant.MicrosOf(w.morning), plant.MicrosOf(w.morning.Add(8*time.Hour)))
		must(w.t, err)
		for _, v := range intervals {
			if v.Class != "ADET" && v.Class != "ADOT" {
				continue
			}
			for _, reason := range []string{"setup.changeover", "breakdown.tool"} {
				if _, err := n.desk.AssignReason(w.t.Context(), scope, "test", equipment.Assign{Node: one.Machine, From: v.From, To: v.To, Reason: reason}); err != nil {
					w.t.Fatalf("reason: %v", err)
				}
			}
			break
		}
	}
}

// daysFromScratch are the machine days that the province holds, of each plant,
// after all that was derived there was deleted and folded again from samples and
// events.
func (w *recompute) daysFromScratch() [][]machine.Day {
	out := make([][]machine.Day, len(w.plants))
	for i, n := range w.plants {
		_, err := n.engine.Rebuild(w.t.Context(), homeTenant)
		must(w.t, err)
		corrected := 0
		for _, kept := range held(w.t, w.n.machines, n) {
			date, err := time.ParseInLocation(time.DateOnly, kept.Date, w.morning.Location())
			must(w.t, err)
			noon := plant.MicrosOf(date.Add(12 * time.Hour))
			again, err := n.engine.MachineDays(w.t.Context(), access.Scope{Tenant: homeTenant, Path: kept.Path}, noon, noon+1)
			must(w.t, err)
			if len(again) != 1 {
				w.t.Fatalf("%d rows of %s on %s", len(again), kept.Path, kept.Date)
			}
			row := rowOf(again[0])
			row.Suspect, row.Revision, row.AsOf = kept.Suspect, kept.Revision, kept.AsOf // when it was folded, and what was said of it
			if !reflect.DeepEqual(row, kept) {
				w.t.Errorf("%s: folded anew\n%+v\nkept\n%+v", row.Path, row, kept)
			}
			if kept.Revision > 1 {
				corrected++
			}
			out[i] = append(out[i], row)
		}
		if len(out[i]) < 2 || corrected < 2 {
			w.t.Errorf("plant %d: %d days, %d of them corrected", i, len(out[i]), corrected)
		}
	}
	return out
}

// provinceFromScratch is a new node that takes in every fact that the province
// has of firms, firms by chance, and the days.
func (w *recompute) provinceFromScratch(days [][]machine.Day) *node {
	ctx := access.With(w.t.Context(), access.Node(homeTenant))
	n, err := openNode(ctx, place{Data: w.t.TempDir()}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(w.t, err)
	w.t.Cleanup(func() { must(w.t, n.close()) })
	old, fresh := programme.NewFirms(w.n.record, w.n.codes), programme.NewFirms(n.record, n.codes)
	var ids []string
	must(w.t, old.Firms(ctx, homeTenant, []access.Area{{}}, plant.MicrosOf(time.Now()), w.year, func(f target.Firm) error { ids = append(ids, f.ID); return nil }))
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for i, d := range days {
		_, err := n.machines.SaveDays(ctx, homeTenant, d)
		must(w.t, err)
		_, err = n.machines.SaveLink(ctx, homeTenant, machine.Link{Owner: d[0].Owner, Firm: w.firms[[]string{"下城轴承有限公司", "江干机床有限公司"}[i]]})
		must(w.t, err)
	}
	for _, id := range ids {
		changes, err := old.Changes(ctx, homeTenant, id)
		must(w.t, err)
		for i, c := range changes {
			c.Firm.ID = id
			_, err := fresh.Save(ctx, homeTenant, "add", []enterprise.Edit{{Firm: c.Firm, Seen: int64(i)}}, nil)
			must(w.t, err)
		}
		returns, err := w.n.registers.Returns(ctx, homeTenant, id)
		must(w.t, err)
		for _, r := range returns {
			r.Rev = 0
			_, err := n.registers.SaveReturn(ctx, homeTenant, r)
			must(w.t, err)
		}
	}
	entries, err := w.n.registers.History(ctx, homeTenant, w.entry.ID)
	must(w.t, err)
	for i, c := range entries {
		c.Rev = int64(i)
		_, err := n.registers.SaveEntry(ctx, homeTenant, c.Entry)
		must(w.t, err)
	}
	return n
}

// compare asks the province, and the new one without anything kept.
func (w *recompute) compare(fresh *node) {
	ctx := w.t.Context()
	facts := fresh.targets.Kept.Facts
	values := 0
	for _, year := range []int{2020, w.year} {
		for _, region := range []string{"", "33", "3301", "330102", "330103", "330105", "330624"} {
			q := target.Question{Region: region, Year: year, Areas: []access.Area{{}}}
			got, err := w.n.targets.Kept.Fold(ctx, homeTenant, w.n.targetBook.Indicators(), q, target.Lists{})
			must(w.t, err)
			want, err := target.Fold(ctx, homeTenant, fresh.targetBook.Indicators(), q, facts, target.Lists{})
			must(w.t, err)
			for i := range got {
				if got[i].Value != nil {
					values++
				}
				if !reflect.DeepEqual(got[i], want[i]) {
					w.t.Errorf("%s of %q in %d: the province says\n%+v\nfrom scratch\n%+v", got[i].Definition.ID, region, year, got[i], want[i])
				}
			}
		}
	}
	w.t.Logf("%d indicators, 2 years, 7 regions: %d values, each with its terms, parts and root as from scratch", len(w.n.targetBook.Indicators()), values)
	counties := func(year int) (out []string) {
		for _, p := range w.networking(year).Parts {
			out = append(out, p.Region)
		}
		return out
	}
	if old, now := counties(2020), counties(w.year); !slices.Contains(old, "330103") || slices.Contains(now, "330103") || !slices.Contains(now, "330105") {
		w.t.Errorf("counties of 2020 %v, of %d %v; 330103 was merged into 330105 in 2021", old, w.year, now)
	}
}

func (w *recompute) networking(year int) target.Result {
	w.t.Helper()
	var out target.Result
	w.well("GET", fmt.Sprintf("/indicators/backbone-networking-rate?year=%d", year), nil, &out)
	return out
}
