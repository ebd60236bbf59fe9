package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/plant/file"
)

// The plant of this test: two machines of a shipped profile, a calendar with a
// break, and a day of facts that nobody wrote by hand.
const twoLathes = `schema: zhigai.plant/1
calendars:
  - code: day
    name: {zh: 白班}
    zone: Asia/Shanghai
    shifts:
      - {code: early, name: {zh: 早班}, start: "06:00", end: "14:00", weekdays: [1, 2, 3, 4, 5, 6, 7], breaks: [{start: "10:00", end: "10:20"}]}
products:
  - {code: ring, name: {zh: 套圈}}
  - {code: sleeve, name: {zh: 轴套}}
nodes:
  - {path: firm, level: enterprise, name: {zh: 企业}, calendar: day}
  - {path: firm/site, level: site, name: {zh: 工厂}}
  - {path: firm/site/turning, level: area, name: {zh: 车削}}
  - {path: firm/site/turning/line, level: line, name: {zh: 一线}}
  - path: firm/site/turning/line/lathe-1
    level: equipment
    name: {zh: 1号车床}
    equipment: {class: lathe, profile: demo-lathe, device: {driver: modbus-tcp, address: "127.0.0.1:1", params: {unit: "1"}}, nc: true, cycles: [{product: ring, pru_ms: 18350}, {product: sleeve, pru_ms: 31007}]}
  - path: firm/site/turning/line/lathe-2
    level: equipment
    name: {zh: 2号车床}
    equipment: {class: lathe, profile: demo-lathe, device: {driver: modbus-tcp, address: "127.0.0.1:1", params: {unit: "2"}}, nc: true, cycles: [{product: ring, pru_ms: 17900}, {product: sleeve, pru_ms: 29333}]}
`

var cycleOf = map[string]map[string]int64{
	"firm/site/turning/line/lathe-1": {"ring": 18350, "sleeve": 31007},
	"firm/site/turning/line/lathe-2": {"ring": 17900, "sleeve": 29333},
}

// apiClient asks the API and nothing else.
type apiClient struct {
	t     *testing.T
	base  string
	token string
}

func (c apiClient) get(link string, out any) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.base+link, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s %s", link, res.Status, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		c.t.Fatalf("%s: %v", link, err)
	}
}

type apiFigure struct {
	Value    *float64
	Reason   string
	Terms    map[string]int64
	Revision int
	Scope    struct{ Path, Level string }
	Window   struct{ From, To time.Time }
	Evidence string
}

type apiEvidence struct {
	Children []apiFigure
	Facts    *struct {
		Scope  struct{ Path string }
		Window struct{ From, To time.Time }
		Upto   time.Time
		Inputs []struct{ Name, Samples string }
	}
}

type apiSample struct {
	Time    time.Time
	Value   float64
	Text    string
	Quality string
}

// nodeOf is a node in this process with its API on a socket. It finds the facts
// that were stored before it started.
func nodeOf(t *testing.T, plantFile string, since time.Time, facts func(*node)) apiClient {
	t.Helper()
	_, api := nodeAndAPI(t, plantFile, since, facts)
	return api
}

// nodeAndAPI is nodeOf with the node itself.
func nodeAndAPI(t *testing.T, plantFile string, since time.Time, facts func(*node)) (*node, apiClient) {
	t.Helper()
	n, err := openNode(t.Context(), place{Data: t.TempDir()}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	m, err := file.Read("plant.yaml", []byte(plantFile), file.Options{Profiles: n.profiles.IDs()})
	must(t, err)
	admin := access.With(t.Context(), access.Node(demoTenant))
	must(t, n.plants.Import(admin, access.Scope{Tenant: demoTenant}, m, plant.MicrosOf(since)))
	must(t, n.reconcile(t.Context()))
	facts(n)
	must(t, n.start(t.Context()))
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "test", Role: access.RoleViewer})
	must(t, err)
	h, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return n, apiClient{t, server.URL, secret}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// randomShift writes what a machine's collector would have stored.
func randomShift(t *testing.T, n *node, tenant plant.TenantNo, r *rand.Rand, tags map[string]plant.TagNo, from, to time.Time) {
	t.Helper()
	var b plant.Batch
	put := func(name string, at time.Time, v float64) {
		b.Samples = append(b.Samples, plant.Sample{Tag: tags[name], Time: plant.MicrosOf(at), Value: v})
	}
	text := func(name string, at time.Time, v string) {
		b.Texts = append(b.Texts, plant.Text{Tag: tags[name], Time: plant.MicrosOf(at), Value: v})
	}
	between := func(low, high time.Duration) time.Duration {
		return (low + time.Duration(r.Int64N(int64(high-low)))).Truncate(time.Microsecond)
	}
	counts := map[string]int{"count.good": 65400, "count.scrap": 7, "count.rework": 0}
	for at := from; at.Before(to); {
		end := at.Add(between(20*time.Minute, 90*time.Minute)) // contact holds so long
		for l := at; l.Before(end); l = l.Add(5 * time.Second) {
			put(plant.LinkTag, l, 1)
		}
		if r.IntN(2) == 0 {
			put(plant.LinkTag, end, 0) // else it ends by silence
		}
		text("machine.product", at, []string{"ring", "sleeve", "unheard-of"}[r.IntN(3)])
		text("machine.order", at, "MO-1")
		for name, v := range map[string]float64{"machine.mode": 2, "machine.estop": 0, "machine.alarm": 0, "stop.reason": 0} {
			put(name, at, v)
		}
		for s := at; s.Before(end); s = s.Add(between(time.Second, 4*time.Minute)) {
			put("machine.running", s, min(1, float64(r.IntN(4))))
			switch r.IntN(8) {
			case 0:
				put("machine.mode", s, float64(r.IntN(4)))
			case 1:
				put("machine.alarm", s, float64(r.IntN(2)*101))
			case 2:
				put("machine.estop", s, float64(r.IntN(2)))
				put("stop.reason", s, float64([]int{0, 1, 5, 7}[r.IntN(4)]))
			case 3:
				put("machine.mode", s, 2)
				put("machine.alarm", s, 0)
				put("machine.estop", s, 0)
			default:
				name := []string{"count.good", "count.good", "count.good", "count.scrap", "count.rework"}[r.IntN(5)]
				counts[name] = (counts[name] + r.IntN(12)) % 65536
				put(name, s, float64(counts[name]))
			}
		}
		at = end.Add(between(20*time.Second, 10*time.Minute))
	}
	_, err := n.history.Append(t.Context(), tenant, b)
	must(t, err)
}

// storeShift gives both machines eight hours of facts.
func storeShift(t *testing.T, n *node, morning time.Time) { storeShiftOf(t, n, demoTenant, morning) }

func storeShiftOf(t *testing.T, n *node, tenant plant.TenantNo, morning time.Time) {
	t.Helper()
	tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: tenant})
	must(t, err)
	byMachine := map[string]map[string]plant.TagNo{}
	for _, tag := range tags {
		machine := plant.ParentPath(tag.Path)
		if byMachine[machine] == nil {
			byMachine[machine] = map[string]plant.TagNo{}
		}
		byMachine[machine][tag.Name] = tag.No
	}
	r := rand.New(rand.NewPCG(3, 1))
	for _, machine := range []string{"firm/site/turning/line/lathe-1", "firm/site/turning/line/lathe-2"} {
		randomShift(t, n, tenant, r, byMachine[machine], morning.Add(-20*time.Minute), morning.Add(8*time.Hour))
	}
}

// TestFigureEqualsRawSamplesByHand follows the links of the API from a line's
// OEE down to raw samples, adds those up the slow way, and must arrive at the
// very number, to the last bit. It knows the profile's rules and the calendar
// only from their files.
func TestFigureEqualsRawSamplesByHand(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	today := time.Now().In(zone)
	morning := time.Date(today.Year(), today.Month(), today.Day()-2, 6, 0, 0, 0, zone)
	api := nodeOf(t, twoLathes, morning.AddDate(0, 0, -1), func(n *node) { storeShift(t, n, morning) })
	api.lossesByHand("firm/site/turning", morning, morning.Add(8*time.Hour))
	for _, window := range []string{"hour", "shift"} {
		for _, scope := range []string{"", "firm/site/turning/line", "firm/site/turning/line/lathe-1"} {
			var list struct{ Items []apiFigure }
			q := url.Values{"scope": {scope}, "window": {window}, "from": {morning.Format(time.RFC3339)}, "to": {morning.Add(8 * time.Hour).Format(time.RFC3339)}}
			api.get("/api/v1/figures/oee?"+q.Encode(), &list)
			if want := map[string]int{"hour": 8, "shift": 1}[window]; len(list.Items) != want {
				t.Fatalf("%d figures of %s; want %d", len(list.Items), window, want)
			}
			values := 0
			for _, f := range list.Items {
				hand := api.walk(f, zone)
				compare(t, f, hand)
				if f.Value != nil {
					values++
				}
			}
			if values*2 < len(list.Items) {
				t.Errorf("only %d of %d windows of %s have a value: the test shows little", values, len(list.Items), scope)
			}
		}
	}
}

// lossesByHand follows every loss to the pieces of time it was added up from.
func (c apiClient) lossesByHand(scope string, from, to time.Time) {
	c.t.Helper()
	q := url.Values{"scope": {scope}, "from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)}}
	var list struct {
		Items []struct {
			Reason   struct{ ID string }
			MS       int64
			Evidence string
		}
	}
	c.get("/api/v1/losses?"+q.Encode(), &list)
	if len(list.Items) < 3 {
		c.t.Errorf("%d reasons: the test shows little", len(list.Items))
	}
	for _, l := range list.Items {
		sum := int64(0)
		for cursor := ""; ; {
			var page struct {
				Items []struct {
					From, To time.Time
					MS       int64
				}
				Next string
			}
			c.get(l.Evidence+"&limit=7&cursor="+cursor, &page)
			for _, p := range page.Items {
				sum += p.To.Sub(p.From).Milliseconds()
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if sum != l.MS {
			c.t.Errorf("%s took %d ms; its pieces %d", l.Reason.ID, l.MS, sum)
		}
	}
}

// compare holds a figure of the API against terms added up by hand.
func compare(t *testing.T, f apiFigure, hand map[string]int64) {
	t.Helper()
	where := fmt.Sprint(f.Scope.Path, " ", f.Window.From.Format(time.RFC3339))
	for _, term := range []string{"pbt_ms", "apt_ms", "known_ms", "pq", "ideal_ms", "ideal_good_ms", "no_pru_count"} {
		if f.Terms[term] != hand[term] {
			t.Errorf("%s: %s = %d; by hand %d", where, term, f.Terms[term], hand[term])
		}
	}
	if hand["pbt_ms"] <= 0 || hand["apt_ms"] <= 0 || hand["pq"] <= 0 || hand["ideal_ms"] <= 0 {
		if f.Value != nil || f.Reason == "" {
			t.Errorf("%s: OEE %v, reason %q; want null with a reason", where, f.Value, f.Reason)
		}
		return
	}
	// The factors as ISO 22400-2 names them: availability, effectiveness, quality.
	apt, pbt, ideal, good := float64(hand["apt_ms"]), float64(hand["pbt_ms"]), float64(hand["ideal_ms"]), float64(hand["ideal_good_ms"])
	if want := (apt / pbt) * (ideal / apt) * (good / ideal); f.Value == nil || *f.Value != want {
		t.Errorf("%s: OEE %v (%s); by hand %v", where, f.Value, f.Reason, want)
	}
}

// walk goes down by links alone. Sums of what lies below must be the terms
// above at every step.
func (c apiClient) walk(f apiFigure, zone *time.Location) map[string]int64 {
	c.t.Helper()
	var e apiEvidence
	c.get(f.Evidence, &e)
	if e.Facts == nil {
		sum := map[string]int64{}
		for _, child := range e.Children {
			hand := c.walk(child, zone)
			compare(c.t, child, hand)
			for term, v := range hand {
				sum[term] += v
			}
		}
		return sum
	}
	s := shiftByHand{cycles: cycleOf[e.Facts.Scope.Path], zone: zone, of: map[string][]apiSample{}}
	for _, in := range e.Facts.Inputs {
		var answer struct {
			Items []apiSample
			Next  string
		}
		c.get(in.Samples, &answer)
		if answer.Next != "" {
			c.t.Fatalf("%s: more samples than one page; the test must follow", in.Samples)
		}
		s.of[in.Name] = answer.Items
	}
	return s.fold(e.Facts.Window.From, e.Facts.Upto)
}

// shiftByHand is the slow way: at every instant at which anything changes it
// asks, from scratch, what held there.
type shiftByHand struct {
	of     map[string][]apiSample
	cycles map[string]int64
	zone   *time.Location
}

// at is the last sample of the signal until the instant.
func (s shiftByHand) at(name string, t time.Time) (apiSample, bool) {
	var last apiSample
	found := false
	for _, x := range s.of[name] {
		if !x.Time.After(t) {
			last, found = x, true
		}
	}
	return last, found
}

func (s shiftByHand) produces(t time.Time) (producing, known bool) {
	link, ok := s.at(plant.LinkTag, t)
	if !ok || link.Value != 1 || !t.Before(link.Time.Add(15*time.Second)) {
		return false, false
	}
	value := func(name string) float64 { x, _ := s.at(name, t); return x.Value }
	return value("machine.running") == 1 && value("machine.mode") == 2 && value("machine.alarm") == 0 && value("machine.estop") == 0, true
}

func (s shiftByHand) planned(t time.Time) bool {
	local := t.In(s.zone)
	m := local.Hour()*60 + local.Minute()
	return m >= 6*60 && m < 14*60 && (m < 10*60 || m >= 10*60+20)
}

func (s shiftByHand) fold(from, to time.Time) map[string]int64 {
	out := map[string]int64{}
	to = to.Truncate(time.Millisecond)
	cuts := []time.Time{from, to, from.Truncate(time.Hour).Add(20 * time.Minute)}
	for name, list := range s.of {
		for _, x := range list {
			cuts = append(cuts, x.Time.Truncate(time.Millisecond))
			if name == plant.LinkTag {
				cuts = append(cuts, x.Time.Add(15*time.Second).Truncate(time.Millisecond))
			}
		}
	}
	cuts = slices.DeleteFunc(cuts, func(t time.Time) bool { return t.Before(from) || t.After(to) })
	slices.SortFunc(cuts, time.Time.Compare)
	for i := range len(cuts) - 1 {
		ms := cuts[i+1].Sub(cuts[i]).Milliseconds()
		producing, known := s.produces(cuts[i].Add(999 * time.Microsecond))
		switch {
		case producing:
			out["apt_ms"] += ms
		case !s.planned(cuts[i]):
			continue
		}
		out["pbt_ms"] += ms
		if known {
			out["known_ms"] += ms
		}
	}
	for _, name := range []string{"count.good", "count.scrap", "count.rework"} {
		s.parts(out, name, from, to)
	}
	return out
}

func (s shiftByHand) parts(out map[string]int64, name string, from, to time.Time) {
	for i, x := range s.of[name] {
		if i == 0 || x.Time.Before(from) || !x.Time.Before(to) {
			continue
		}
		n := (int64(x.Value) - int64(s.of[name][i-1].Value) + 65536) % 65536
		product, _ := s.at("machine.product", x.Time)
		pru := s.cycles[product.Text]
		out["pq"] += n
		out["ideal_ms"] += n * pru
		if pru == 0 {
			out["no_pru_count"] += n
		}
		if name == "count.good" {
			out["ideal_good_ms"] += n * pru
		}
	}
}
