package requests_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/evidence"
	"zhigai/evidence/requests"
	"zhigai/evidence/seals"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record"
	recordseals "zhigai/record/evidence"
)

const tenant plant.TenantNo = 1

var (
	monday    = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	mondayDay = evidence.DayAt(plant.MicrosOf(monday))
)

// node is one of the three in a row: province, county, plant.
type node struct {
	name   string
	record *record.DB
	desk   *requests.Desk
	below  *node // nil: it keeps the samples
	away   plant.Micros
	spoil  func(raw []byte) []byte
	tags   map[string]plant.Tag
	terms  requests.Terms
	audit  []string
}

func (n *node) Below(_ context.Context, equipment plant.NodeID) (string, bool, error) {
	if equipment != "EQ" {
		return "", false, nil
	}
	if n.below == nil {
		return "", true, nil
	}
	return n.below.name, true, nil
}

func (n *node) Ask(ctx context.Context, name string, payload []byte) ([]byte, error) {
	if n.away != 0 {
		return nil, &requests.AwayError{Node: name, Since: n.away}
	}
	raw, err := n.below.desk.Handle(ctx, payload)
	if err == nil && n.spoil != nil {
		raw = n.spoil(raw)
	}
	return raw, err
}

func (n *node) TagsAt(_ context.Context, equipment plant.NodeID) (map[string]plant.Tag, error) {
	if equipment != "EQ" {
		return nil, nil
	}
	return n.tags, nil
}

func (n *node) TagsOf(context.Context, plant.TenantNo) (map[plant.TagNo]plant.Tag, error) {
	out := map[plant.TagNo]plant.Tag{}
	for _, t := range n.tags {
		out[t.No] = t
	}
	return out, nil
}

type world struct {
	t                       *testing.T
	now                     time.Time
	province, county, plant *node
	history                 *history.Store
	book                    *seals.Book
	asker                   requests.Asker
	wish                    requests.Wish
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: monday.Add(10 * time.Hour)}
	clock := func() time.Time { return w.now }
	w.plant = &node{name: "PLANT", tags: map[string]plant.Tag{
		"count.good":    {No: 1, Node: "EQ", Name: "count.good", Path: "firm/eq/count.good", Kind: plant.KindNumber},
		"spindle.speed": {No: 2, Node: "EQ", Name: "spindle.speed", Path: "firm/eq/spindle.speed", Kind: plant.KindNumber},
		"program.name":  {No: 3, Node: "EQ", Name: "program.name", Path: "firm/eq/program.name", Kind: plant.KindText},
	}}
	w.county = &node{name: "COUNTY", below: w.plant}
	w.province = &node{name: "PROVINCE", below: w.county}
	var err error
	if w.history, err = history.Open(t.TempDir(), history.Options{Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.history.Close() }) // what a test wrote is no longer needed
	for _, n := range []*node{w.plant, w.county, w.province} {
		if n.record, err = record.Open(t.Context(), t.TempDir(), record.Options{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.record.Close() }) // the same
	}
	w.book = seals.NewBook(seals.Options{Tenant: tenant, Node: "PLANT", History: w.history, Tags: w.plant, Store: recordseals.New(w.plant.record), Journal: w.plant.record.Journal(), Now: clock, Log: slog.New(slog.DiscardHandler)})
	for _, n := range []*node{w.plant, w.county, w.province} {
		n.desk = requests.NewDesk(requests.Options{
			Terms:  func(context.Context) (requests.Terms, error) { return n.terms, nil },
			Tenant: tenant, Node: n.name, Journal: n.record.Journal(), Book: w.book, Tags: n, Onward: n, NewID: n.record.NewID, Now: clock,
			Audit: func(_ context.Context, who, action, object string, _ any) error {
				n.audit = append(n.audit, who+" "+action)
				return nil
			},
		})
	}
	w.asker = requests.Asker{Desk: w.province.desk}
	w.wish = requests.Wish{Person: "王处长", Office: "省经信厅", Purpose: "核实联网率", Equipment: "EQ", Tags: []string{"count.good", "program.name"}, From: mondayDay, To: mondayDay + 1}
	w.fill()
	return w
}

// fill is a day of samples, sealed on Tuesday.
func (w *world) fill() {
	w.t.Helper()
	var b plant.Batch
	for i := range 600 {
		at := plant.MicrosOf(monday.Add(time.Duration(i) * time.Minute))
		b.Samples = append(b.Samples, plant.Sample{Tag: 1, Time: at, Value: float64(i)}, plant.Sample{Tag: 2, Time: at, Value: float64(i) / 7})
	}
	b.Texts = []plant.Text{{Tag: 3, Time: plant.MicrosOf(monday), Value: "O1234"}}
	if _, err := w.history.Append(w.t.Context(), tenant, b); err != nil {
		w.t.Fatal(err)
	}
	w.now = monday.Add(25 * time.Hour)
	if err := w.book.Seal(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// share brings the plant's facts up, as the link does.
func (w *world) share() {
	w.t.Helper()
	events, err := w.plant.record.Journal().Events(w.t.Context(), tenant, fact.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range events {
		events[i].Seq = 0
	}
	if _, err := w.province.record.Journal().Append(w.t.Context(), tenant, events...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) ask() requests.Reply {
	w.t.Helper()
	r, err := w.asker.Ask(w.t.Context(), w.wish)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.Reply
}

func (w *world) decide(id string, d requests.Decision) requests.Request {
	w.t.Helper()
	r, err := w.plant.desk.Decide(w.t.Context(), "厂长", id, d)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) granted() string {
	w.t.Helper()
	id := w.ask().Request
	w.decide(id, requests.Decision{State: fact.EvidenceGranted, Until: plant.MicrosOf(w.now.Add(48 * time.Hour))})
	return id
}

func (w *world) page(id string, hour int) requests.Shown {
	w.t.Helper()
	s, err := w.asker.Page(w.t.Context(), w.wish, id, "count.good", mondayDay, hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func TestRequests_AskedGrantedSeenWithdrawn(t *testing.T) {
	w := newWorld(t)
	r := w.ask()
	if r.State != fact.EvidenceWaiting || r.Request == "" || r.At != "PLANT" {
		t.Fatalf("%+v", r)
	}
	if again := w.ask(); again.Request != r.Request {
		t.Errorf("asking again made %s beside %s", again.Request, r.Request)
	}
	if s := w.page(r.Request, 3); s.Page != nil || s.State != fact.EvidenceWaiting || !strings.Contains(s.Reason, "nobody at the firm") {
		t.Errorf("before the firm decided: %+v", s)
	}
	w.decide(r.Request, requests.Decision{State: fact.EvidenceGranted, Until: plant.MicrosOf(w.now.Add(time.Hour))})
	if s := w.page(r.Request, 3); s.Proof != requests.Unheld || len(s.Page.Samples.Rows) != 0 {
		t.Errorf("shown without a seal that is held: %+v", s)
	}
	w.share()
	s := w.page(r.Request, 3)
	if s.Proof != requests.Verified || len(s.Page.Samples.Rows) != 60 || s.Page.Samples.Rows[0].Value != 180 || *s.LastSealed != mondayDay {
		t.Errorf("%+v", s)
	}
	if s := w.page(r.Request, 23); s.Proof != requests.Verified || len(s.Page.Samples.Rows) != 0 {
		t.Errorf("an hour without samples is proved to have none: %+v", s)
	}
	if s, err := w.asker.Page(t.Context(), w.wish, r.Request, "program.name", mondayDay, 0); err != nil || s.Proof != requests.Verified || s.Page.Samples.Rows[0].Text != "O1234" {
		t.Errorf("a text: %+v, %v", s, err)
	}
	if s, err := w.asker.Page(t.Context(), w.wish, r.Request, "count.good", mondayDay+1, 0); err != nil || s.Proof != string(seals.Unsealed) {
		t.Errorf("a day that is not sealed: %+v, %v", s, err)
	}
	w.decide(r.Request, requests.Decision{State: fact.EvidenceWithdrawn, Reason: "审计结束"})
	if s := w.page(r.Request, 3); s.Page != nil || s.State != fact.EvidenceWithdrawn || s.Reason != "审计结束" {
		t.Errorf("after it was withdrawn: %+v", s)
	}
	w.share()
	for what, list := range map[string]func(context.Context) ([]requests.Request, error){"received": w.plant.desk.Received, "made": w.asker.Made} {
		all, err := list(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %+v, %v", what, all, err)
		}
		one := all[0]
		if one.Answers != 5 || one.Denied != 2 || one.Samples != 121 || one.State != fact.EvidenceWithdrawn || len(one.Steps) != 2 || one.Steps[0].By != "厂长" || one.Wish.Via[0] != "COUNTY" || one.Wish.Person != "王处长" {
			t.Errorf("%s: %+v", what, one)
		}
	}
	if len(w.plant.audit) != 8 || w.plant.audit[7] != "王处长 · 省经信厅 · PROVINCE evidence.declined" {
		t.Errorf("audit %q", w.plant.audit)
	}
}

func TestRequests_EndByThemselves(t *testing.T) {
	w := newWorld(t)
	id := w.granted()
	w.share()
	w.now = w.now.Add(48 * time.Hour)
	if s := w.page(id, 3); s.Page != nil || !strings.HasPrefix(s.Reason, "the grant ended at") {
		t.Errorf("%+v", s)
	}
	if again := w.ask(); again.Request == id || again.State != fact.EvidenceWaiting {
		t.Errorf("asking after the end: %+v", again)
	}
}

func TestRequests_AwaySaysSinceWhenAndWhatWasSealed(t *testing.T) {
	w := newWorld(t)
	id := w.granted()
	w.share()
	w.county.away = plant.MicrosOf(monday)
	s := w.page(id, 3)
	if s.State != requests.Offline || s.Since != plant.MicrosOf(monday) || s.At != "PLANT" || s.LastSealed == nil || *s.LastSealed != mondayDay {
		t.Errorf("%+v", s)
	}
}

// TestRequests_LookAndState: what can be asked for is told without a request, and
// how a request stands without another look.
func TestRequests_LookAndState(t *testing.T) {
	w := newWorld(t)
	seen, err := w.asker.Look(t.Context(), "王处长", "EQ")
	if err != nil || seen.State != requests.Ready || len(seen.Tags) != 3 || seen.Tags[0].Name != "count.good" {
		t.Fatalf("%+v, %v", seen, err)
	}
	id := w.ask().Request
	state := func(person string) (requests.Shown, error) { return w.asker.State(t.Context(), person, "EQ", id) }
	if s, err := state("王处长"); err != nil || s.State != fact.EvidenceWaiting || len(s.Tags) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := state("李"); err == nil {
		t.Errorf("somebody else's request: %+v", s)
	}
	w.decide(id, requests.Decision{State: fact.EvidenceGranted, Until: plant.MicrosOf(w.now.Add(time.Hour))})
	if s, err := state("王处长"); err != nil || s.State != fact.EvidenceGranted {
		t.Errorf("%+v, %v", s, err)
	}
	w.now = w.now.Add(time.Hour)
	if s, err := state("王处长"); err != nil || s.State != requests.Ended {
		t.Errorf("after the hour: %+v, %v", s, err)
	}
	all, err := w.plant.desk.Received(t.Context())
	if err != nil || all[0].Answers+all[0].Denied != 0 {
		t.Errorf("no page was asked for: %+v, %v", all, err)
	}
	w.share()
	w.county.away = plant.MicrosOf(monday)
	if s, err := w.asker.Look(t.Context(), "王处长", "EQ"); err != nil || s.State != requests.Offline || s.LastSealed == nil {
		t.Errorf("away: %+v, %v", s, err)
	}
}

// TestRequests_PolicyDecides: what the policy says is a fact like a person's word.
func TestRequests_PolicyDecides(t *testing.T) {
	w := newWorld(t)
	w.plant.terms = requests.Terms{Granted: func(wish requests.Wish) time.Duration {
		if slices.Contains(wish.Tags, "program.name") {
			return 0
		}
		return time.Hour
	}}
	if r := w.ask(); r.State != fact.EvidenceWaiting {
		t.Errorf("a tag that a person must grant: %+v", r)
	}
	w.wish.Tags = []string{"count.good"}
	r := w.ask()
	if r.State != fact.EvidenceGranted || r.Until != plant.MicrosOf(w.now.Add(time.Hour)) {
		t.Fatalf("granted by the policy: %+v", r)
	}
	w.share()
	if s := w.page(r.Request, 3); s.Proof != requests.Verified {
		t.Errorf("%+v", s)
	}
	w.plant.terms = requests.Terms{Refused: "合同终止"}
	if s := w.page(r.Request, 3); s.Page != nil || s.Reason != "合同终止" {
		t.Errorf("what was granted, after sharing was withdrawn: %+v", s)
	}
	if again := w.ask(); again.State != fact.EvidenceRefused || again.Reason != "合同终止" || again.Request == r.Request {
		t.Errorf("%+v", again)
	} else if third := w.ask(); third.Request != again.Request {
		t.Errorf("each asking makes a new refusal: %+v", third)
	}
	all, err := w.plant.desk.Received(t.Context())
	if err != nil || len(all) != 3 || all[0].Steps[0].By != "sharing policy" || all[1].Denied != 1 || all[1].Answers != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestRequests_HostileChild: what a node below makes up is not shown.
func TestRequests_HostileChild(t *testing.T) {
	w := newWorld(t)
	id := w.granted()
	w.share()
	var other []byte
	w.county.spoil = func(raw []byte) []byte { other = raw; return raw }
	w.page(id, 4)
	change := func(f func(r *requests.Reply)) func([]byte) []byte {
		return func(raw []byte) []byte {
			var r requests.Reply
			if err := json.Unmarshal(raw, &r); err != nil {
				t.Fatal(err)
			}
			f(&r)
			raw, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
	}
	for name, spoil := range map[string]func(raw []byte) []byte{
		"another value":       change(func(r *requests.Reply) { r.Page.Samples.Rows[5].Value++ }),
		"another quality":     change(func(r *requests.Reply) { r.Page.Samples.Rows[5].Quality = plant.Uncertain }),
		"a sample less":       change(func(r *requests.Reply) { r.Page.Samples.Rows = r.Page.Samples.Rows[1:] }),
		"a sample more":       change(func(r *requests.Reply) { r.Page.Samples.Rows = append(r.Page.Samples.Rows, r.Page.Samples.Rows[59]) }),
		"too much":            change(func(r *requests.Reply) { r.Page.Samples.Rows = make([]evidence.Sample, requests.MaxPage+1) }),
		"no proof":            change(func(r *requests.Reply) { r.Page.Proof = nil }),
		"another tag's proof": change(func(r *requests.Reply) { r.Page.Proof.Leaf.Tag.Name = "spindle.speed" }),
		"another tag":         change(func(r *requests.Reply) { r.Page.Tag.Name = "spindle.speed" }),
		"another path":        change(func(r *requests.Reply) { r.Page.Proof.Path = r.Page.Proof.Path[1:] }),
		"a seal of its own":   change(func(r *requests.Reply) { r.Page.Proof.Seal.Prev[0] ^= 1 }),
		"not granted":         change(func(r *requests.Reply) { r.State = fact.EvidenceRefused }),
		"unsealed, other hour": change(func(r *requests.Reply) {
			r.Page.State, r.Page.Proof = seals.Unsealed, nil
			r.Page.Samples.Rows[0].Time -= plant.Micros(time.Hour.Microseconds())
		}),
		"it differs itself": change(func(r *requests.Reply) { r.Page.State = seals.Differs }),
		"the answer before": func([]byte) []byte { return other },
		"half an answer":    func(raw []byte) []byte { return raw[:len(raw)/2] },
	} {
		w.county.spoil = spoil
		s, err := w.asker.Page(t.Context(), w.wish, id, "count.good", mondayDay, 3)
		if !errors.Is(err, requests.ErrUntrue) {
			t.Errorf("%s: shown are %+v, %v", name, s.Page, err)
		}
	}
}

// TestRequests_HostileParent asks for what was not granted.
func TestRequests_HostileParent(t *testing.T) {
	w := newWorld(t)
	id := w.granted()
	for name, change := range map[string]func(q map[string]any, wish map[string]any){
		"another tag":      func(q, _ map[string]any) { q["tag"] = "spindle.speed" },
		"another day":      func(q, _ map[string]any) { q["day"] = "2026-11-22" },
		"no hour":          func(q, _ map[string]any) { q["hour"] = 24 },
		"another person":   func(_, wish map[string]any) { wish["person"] = "李" },
		"another office":   func(_, wish map[string]any) { wish["office"] = "市局" },
		"another node":     func(_, wish map[string]any) { wish["node"] = "CITY" },
		"more in the wish": func(q, wish map[string]any) { wish["tags"] = []string{"spindle.speed"}; q["tag"] = "spindle.speed" },
		"no such request":  func(q, _ map[string]any) { q["request"] = "x' or '1'='1" },
		"another machine":  func(_, wish map[string]any) { wish["equipment"] = "EQ2" },
		"a year":           func(_, wish map[string]any) { wish["to"] = "2027-11-22" },
		"no purpose":       func(_, wish map[string]any) { wish["purpose"] = " " },
		"no verb":          func(q, _ map[string]any) { q["do"] = "delete" },
	} {
		wish := map[string]any{"node": "PROVINCE", "person": "王处长", "office": "省经信厅", "purpose": "核实联网率", "equipment": "EQ", "tags": []string{"count.good"}, "from": "2026-11-23", "to": "2026-11-24"}
		q := map[string]any{"do": "page", "wish": wish, "request": id, "tag": "count.good", "day": "2026-11-23", "hour": 3}
		change(q, wish)
		raw, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		raw, err = w.plant.desk.Handle(t.Context(), raw)
		var r requests.Reply
		if err == nil && (json.Unmarshal(raw, &r) != nil || r.Page != nil || r.Reason == "") {
			t.Errorf("%s: %s", name, raw)
		}
	}
	for name, d := range map[string]requests.Decision{
		"again":          {State: fact.EvidenceGranted, Until: plant.MicrosOf(w.now.Add(time.Hour))},
		"for ever":       {State: fact.EvidenceGranted, Until: 1 << 62},
		"without reason": {State: fact.EvidenceWithdrawn},
		"refused late":   {State: fact.EvidenceRefused, Reason: "no"},
		"no state":       {State: "answered"},
	} {
		if r, err := w.plant.desk.Decide(t.Context(), "厂长", id, d); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r, err := w.county.desk.Decide(t.Context(), "县", id, requests.Decision{State: fact.EvidenceWithdrawn, Reason: "x"}); !errors.Is(err, requests.ErrNotFound) {
		t.Errorf("another node decides: %+v, %v", r, err)
	}
}

// FuzzHandle: whatever a node above sends gives an answer or an error.
func FuzzHandle(f *testing.F) {
	f.Add([]byte(`{"do":"ask","wish":{"node":"P","person":"a","office":"b","purpose":"c","equipment":"EQ","tags":["count.good"],"from":"2026-11-23","to":"2026-11-23"}}`))
	f.Add([]byte(`{"do":"page","wish":{"from":"9999-99-99"},"hour":-1}`))
	desk := requests.NewDesk(requests.Options{Node: "N", Onward: &node{}})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if strings.Contains(string(raw), "EQ") {
			return // it would need stores
		}
		if out, err := desk.Handle(t.Context(), raw); err == nil {
			t.Errorf("%s is answered with %s", raw, out)
		}
	})
}
