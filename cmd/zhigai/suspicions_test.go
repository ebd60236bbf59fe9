package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/programme/machine"
	"zhigai/programme/suspicion"
	"zhigai/shop/authenticity"
	"zhigai/web/programme"
)

// suspects are the suspicions that the node lists to who asks.
func (r registry) suspects(query string) (out programme.Suspicions) {
	r.t.Helper()
	if status, answer := r.call("GET", "/firm-suspicions?"+query, nil, &out); status != 200 {
		r.t.Fatalf("suspicions: %d %s", status, answer)
	}
	return out
}

// months are what the machines' days add up to here, without the plants' order.
func (b *branch) months(month string) (out []machine.Month) {
	b.t.Helper()
	from, to, err := machine.MonthOf(month + "-01")
	must(b.t, err)
	must(b.t, b.n.machines.Months(b.t.Context(), demoTenant, from, to, nil, b.n.networked, func(m machine.Month) error { out = append(out, m); return nil }))
	slices.SortFunc(out, func(a, b machine.Month) int { return strings.Compare(string(a.Machine), string(b.Machine)) })
	return out
}

// TestSuspicions_CopiesBetweenNodes: of two firms, each with a node of its own,
// one machine has the other's series and one the other's clock. Neither plant can
// see it; their county does, names both machines, and accuses no other of the
// same kind. The firm contests, the county's officer decides, and plant, county
// and city count the same days all the way.
func TestSuspicions_CopiesBetweenNodes(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	morning := time.Date(now.Year(), now.Month(), now.Day()-3, 6, 0, 0, 0, zone)
	midnight, date := morning.Add(-6*time.Hour), morning.Format(time.DateOnly)
	city := newBranch(t, "city", "", morning, nil, nil)
	county := newBranch(t, "county", "", morning, city, nil)
	plants := map[string]*branch{}
	honest := 0
	for i, firm := range []string{"firm", "other"} {
		plants[firm] = newBranch(t, firm, fleetFile(map[string]int{firm: 4}), morning.AddDate(0, 0, -1), county, func(n *node) {
			l := newLiar(t, n)
			for m := range l.tags {
				seed := uint64(1000*i + len(m) + int(m[len(m)-1])) // machines of one name at both firms, and yet their own
				switch name := m[strings.LastIndexByte(m, '/')+1:]; name {
				case "lathe-3":
					l.copied(m, morning, seed, 2)
				case "inspection":
					l.cloned(m, morning, seed)
				default:
					l.day(m, morning, seed, nil)
					honest++
				}
			}
		})
	}
	ids := map[string]string{}
	for i, firm := range []string{"firm", "other"} {
		b := plants[firm]
		b.proveAll(firm, midnight)
		region := []string{"330624", "330683"}[i]
		for _, above := range []*branch{county, city} {
			id := above.scored(40+i, region, "C3451", nil)
			above.belongs(b.owner(), id)
			if above == county {
				ids[firm] = id
			}
		}
	}
	county.until("four suspicions", func() bool { return len(county.suspects("").Items) == 4 })
	const line = "/site/area/line/"
	want := map[string]string{
		"firm" + line + "lathe-3": "copied_firm other" + line + "lathe-3", "other" + line + "lathe-3": "copied_firm firm" + line + "lathe-3",
		"firm" + line + "inspection": "cloned_clock other" + line + "inspection", "other" + line + "inspection": "cloned_clock firm" + line + "inspection",
	}
	got := map[string]string{}
	list := county.suspects("")
	for _, s := range list.Items {
		if s.Like == nil || s.Date != date || s.State != suspicion.Open {
			t.Fatalf("%+v", s)
		}
		got[s.Party.Path] = s.Kind + " " + s.Like.Path
	}
	if !reflect.DeepEqual(got, want) || list.Counts[suspicion.Open] != 4 {
		t.Errorf("suspicions %v, %v; want %v", got, list.Counts, want)
	}
	t.Logf("%d suspicions of 4 machines; %d honest machines of the same kinds are not accused", len(list.Items), honest)

	same := func(suspect int64) {
		t.Helper()
		both := append(plants["firm"].months(date[:7]), plants["other"].months(date[:7])...)
		slices.SortFunc(both, func(a, b machine.Month) int { return strings.Compare(string(a.Machine), string(b.Machine)) })
		county.until(fmt.Sprintf("%d suspect days at plants, county and city alike", suspect), func() bool {
			both = append(plants["firm"].months(date[:7]), plants["other"].months(date[:7])...)
			slices.SortFunc(both, func(a, b machine.Month) int { return strings.Compare(string(a.Machine), string(b.Machine)) })
			n := int64(0)
			for _, m := range both {
				n += m.Suspect
			}
			return n == suspect && reflect.DeepEqual(county.months(date[:7]), both) && reflect.DeepEqual(city.months(date[:7]), both)
		})
	}
	same(4)
	contestedAndDecided(t, plants["firm"], county, city, ids["firm"], same)
}

// contestedAndDecided goes a suspicion's whole way.
func contestedAndDecided(t *testing.T, works, county, city *branch, firm string, same func(int64)) {
	t.Helper()
	mine := func() (out authenticity.Suspicion) {
		t.Helper()
		var list struct{ Items []authenticity.Suspicion }
		if status, answer := works.call("GET", "/suspicions", nil, &list); status != 200 {
			t.Fatalf("suspicions: %d %s", status, answer)
		}
		for _, s := range list.Items {
			if s.Kind == "copied_firm" {
				out = s
			}
		}
		return out
	}
	works.until("the firm reads of it", func() bool { return mine().ID != "" })
	s := mine()
	if !s.Above {
		t.Error("the firm is not told that others decide")
	}
	if status, answer := works.call("POST", "/suspicions/"+s.ID+"/decide", map[string]any{"equipment": s.Machine, "text": "自己排除", "upheld": false}, nil); status != 409 {
		t.Errorf("the firm decides for itself: %d %s", status, answer)
	}
	if status, answer := works.call("POST", "/suspicions/"+s.ID+"/contest", map[string]any{"equipment": s.Machine, "text": "两厂同型号同程序，传感器同批"}, nil); status != 200 {
		t.Fatalf("contest: %d %s", status, answer)
	}
	for name, b := range map[string]*branch{"county": county, "city": city} {
		b.until("the firm's answer at the "+name, func() bool {
			all := b.suspects("state=contested").Items
			return len(all) == 1 && all[0].ID == s.ID && len(all[0].Said) == 1 && strings.HasPrefix(all[0].Said[0].Text, "两厂")
		})
	}
	same(4) // what is contested does not count

	officer := county.as(access.Grant{Role: "registrar", Area: access.Area{Region: "330624"}})
	stranger := county.as(access.Grant{Role: "registrar", Area: access.Area{Region: "330683"}})
	reader := county.as(access.Grant{Role: "officer", Area: access.Area{Region: "330624"}})
	own := officer.suspects("")
	if len(own.Items) != 2 || slices.ContainsFunc(own.Items, func(r suspicion.Row) bool { return r.Party.Firm != firm || r.Like != nil || r.Other != "" }) {
		t.Errorf("the officer of one county sees %+v; want the two of the own firm, and not whose the others are", own.Items)
	}
	body := map[string]any{"upheld": false, "text": "现场核实，波形为同程序所致"}
	for name, c := range map[string]struct {
		who  registry
		want int
	}{"of another region": {stranger, 404}, "who may only read": {reader, 403}} {
		if status, answer := c.who.call("POST", "/firm-suspicions/"+s.ID+"/decide", body, nil); status != c.want {
			t.Errorf("an officer %s decides: %d %s; want %d", name, status, answer, c.want)
		}
	}
	if status, _ := officer.call("POST", "/firm-suspicions/"+s.ID+"/decide", map[string]any{"upheld": false, "text": " "}, nil); status != 422 {
		t.Errorf("decided without a reason: %d", status)
	}
	var row suspicion.Row
	if status, answer := officer.call("POST", "/firm-suspicions/"+s.ID+"/decide", body, &row); status != 200 || row.State != suspicion.Dismissed {
		t.Fatalf("decide: %d %s", status, answer)
	}
	works.until("the decision at the firm", func() bool { s := mine(); return s.State == authenticity.Dismissed && len(s.Said) == 2 })
	same(3)
	// Decided again; the record keeps both.
	body["upheld"] = true
	if status, answer := officer.call("POST", "/firm-suspicions/"+s.ID+"/decide", body, nil); status != 200 {
		t.Fatalf("decide again: %d %s", status, answer)
	}
	same(4)
	city.until("the city's list", func() bool { return city.suspects("").Counts[suspicion.Upheld] == 1 })
	if got := county.audited("suspicion."); len(got) != 2 {
		t.Errorf("%d decisions in the county's audit; want 2", len(got))
	}
}
