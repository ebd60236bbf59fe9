package expert_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/expert"
	"zhigai/record"
	"zhigai/record/programme"
)

// house is a desk on a real record, with firms and diagnoses that the test says.
type house struct {
	t    *testing.T
	desk *expert.Desk
	now  time.Time
	team map[string][]string // of diagnoses
	over bool                // the diagnosis is closed
	busy error               // the team cannot be changed
}

var firms = map[string]expert.Firm{
	"bearing": {ID: "bearing", Name: "新昌轴承有限公司", Region: "330624", Sector: "C3451"},
	"cloth":   {ID: "cloth", Name: "杭州纺织有限公司", Region: "330106", Sector: "C1751"},
}

func newHouse(t *testing.T) *house {
	t.Helper()
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	h := &house{t: t, now: time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC), team: map[string][]string{}}
	h.desk = &expert.Desk{Store: programme.NewExperts(db), Firms: h, Teams: h, Now: func() time.Time { return h.now }, Division: func(code string, _ plant.Micros) error {
		if !strings.HasPrefix(code, "33") {
			return fmt.Errorf("%s is no division", code)
		}
		return nil
	}}
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) Firm(_ context.Context, _ plant.TenantNo, id string) (expert.Firm, error) {
	f, ok := firms[id]
	if !ok {
		return f, access.ErrNotFound
	}
	return f, nil
}

func (h *house) Project(_ context.Context, _ plant.TenantNo, id string) (expert.Project, error) {
	f, ok := firms[strings.TrimPrefix(id, "d-")]
	if !ok {
		return expert.Project{}, access.ErrNotFound
	}
	return expert.Project{ID: id, Title: "诊断 " + f.Name, Firm: f, From: "2026-05-21", To: "2026-05-23", Ended: h.over}, nil
}

func (h *house) Join(_ context.Context, _ access.Principal, project string, m expert.Member) error {
	if h.busy == nil && !slices.Contains(h.team[project], m.Expert) {
		h.team[project] = append(h.team[project], m.Expert)
	}
	return h.busy
}

func (h *house) Leave(_ context.Context, _ access.Principal, project, id string) error {
	h.team[project] = slices.DeleteFunc(h.team[project], func(e string) bool { return e == id })
	return nil
}

// in gives somebody permissions in one area.
func in(name string, area access.Area, permissions ...access.Permission) access.Principal {
	return access.Over("u-"+name, name, 1, area, permissions...)
}

var (
	city    = in("city", access.Area{Region: "3306"}, access.ReadFirms, access.DispatchExperts)
	other   = in("other", access.Area{Region: "3301"}, access.ReadFirms, access.DispatchExperts)
	li      = in("li", access.Area{Region: "33"}, access.ReadFirms, access.Diagnose)
	wang    = in("wang", access.Area{Region: "33"}, access.ReadFirms, access.Diagnose)
	ofFirm  = in("boss", access.Area{Enterprise: "bearing"}, access.ReadFirms, access.ReplyFirms)
	ofOther = in("weaver", access.Area{Enterprise: "cloth"}, access.ReadFirms, access.ReplyFirms)
)

func (h *house) enter(who access.Principal, name string, change func(*expert.Expert)) expert.Expert {
	h.t.Helper()
	e := expert.Expert{Name: name, Organisation: "省智能制造专家组", Account: name, Region: "330602", Serves: []string{"33"}, Sectors: []string{"C34"}, Fields: []string{"mes"}, Capacity: 2, From: "2026-01-01", Interests: []expert.Interest{}}
	if change != nil {
		change(&e)
	}
	saved, err := h.desk.SaveExpert(h.t.Context(), who, e)
	must(h.t, err)
	return saved
}

func (h *house) refused(what string, want, err error) {
	h.t.Helper()
	if !errors.Is(err, want) {
		h.t.Errorf("%s: %v; want %v", what, err, want)
	}
}

// TestDesk_Dispatch: from the request to the team; each step a revision with who
// made it.
func TestDesk_Dispatch(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	l, w := h.enter(city, "li", nil), h.enter(city, "wang", func(e *expert.Expert) { e.Fields = []string{"mes", "robotics"} })
	tied := h.enter(city, "zhao", func(e *expert.Expert) {
		e.Interests = []expert.Interest{{Firm: "bearing", Kind: "supplier", From: "2025-01-01"}}
	})
	if tied.Interests[0].Organisation != "新昌轴承有限公司" {
		t.Errorf("the name of an interest: %+v", tied.Interests)
	}
	ask := func(who access.Principal, project string) (expert.Dispatch, error) {
		return h.desk.Ask(ctx, who, expert.Request{Diagnosis: project, Wanted: 2, Fields: []string{"robotics", "mes"}})
	}
	_, err := ask(other, "d-bearing")
	h.refused("an officer of another city", access.ErrNotFound, err)
	_, err = ask(li, "d-bearing")
	h.refused("an expert asks for a team", access.ErrForbidden, err)
	d, err := ask(city, "d-bearing")
	must(t, err)
	_, err = ask(city, "d-bearing")
	h.refused("a second team", expert.ErrInvalid, err)

	all, err := h.desk.Candidates(ctx, city, d.ID)
	must(t, err)
	if len(all) != 3 || all[0].Expert != w.ID || all[1].Expert != l.ID || len(all[0].Out)+len(all[1].Out) != 0 || all[2].Expert != tied.ID || !all[2].Out[0].Bars || !strings.Contains(all[2].Out[0].Text.ZH, "供应商") {
		t.Errorf("candidates: %+v", all)
	}
	_, err = h.desk.Candidates(ctx, ofFirm, d.ID)
	h.refused("the firm looks at candidates", access.ErrForbidden, err)
	_, err = h.desk.Assign(ctx, city, d.ID, d.Rev, tied.ID, "lead")
	h.refused("a conflict of interest", expert.ErrInterest, err)
	if err == nil || !strings.Contains(err.Error(), "supplier") {
		t.Errorf("the refusal does not say why: %v", err)
	}
	_, err = h.desk.Assign(ctx, li, d.ID, d.Rev, l.ID, "lead")
	h.refused("an expert who is not asked decides", access.ErrNotFound, err)
	d, err = h.desk.Assign(ctx, city, d.ID, d.Rev, w.ID, "lead")
	must(t, err)
	_, err = h.desk.Assign(ctx, city, d.ID, d.Rev, l.ID, "lead")
	h.refused("two leads", expert.ErrInvalid, err)
	_, err = h.desk.Assign(ctx, city, d.ID, d.Rev-1, l.ID, "expert")
	h.refused("an old revision", access.ErrConflict, err)
	d, err = h.desk.Assign(ctx, city, d.ID, d.Rev, l.ID, "expert")
	must(t, err)

	h.seen(d.ID, map[string]bool{"city": true, "other": false, "li": true, "boss": true, "weaver": false})
	_, err = h.desk.Answer(ctx, city, d.ID, d.Rev, true, "")
	h.refused("an officer answers for an expert", access.ErrForbidden, err)
	token := li
	token.User = "token:x"
	_, err = h.desk.Answer(ctx, token, d.ID, d.Rev, true, "")
	h.refused("a program with the expert's name", access.ErrNotFound, err)
	_, err = h.desk.Answer(ctx, wang, d.ID, d.Rev, false, " ")
	h.refused("declines without a reason", expert.ErrInvalid, err)
	d, err = h.desk.Answer(ctx, wang, d.ID, d.Rev, false, "出差")
	must(t, err)
	d, err = h.desk.Answer(ctx, li, d.ID, d.Rev, true, "")
	must(t, err)
	if d.State != expert.Open || !slices.Equal(h.team["d-bearing"], []string{l.ID}) {
		t.Errorf("one of two: %s, team %v", d.State, h.team)
	}
	// Asked again, he accepts: as many as were wanted.
	d, err = h.desk.Assign(ctx, city, d.ID, d.Rev, w.ID, "lead")
	must(t, err)
	d, err = h.desk.Answer(ctx, wang, d.ID, d.Rev, true, "")
	must(t, err)
	if d.State != expert.Staffed || len(h.team["d-bearing"]) != 2 {
		t.Errorf("both: %s, team %v", d.State, h.team)
	}
	d, err = h.desk.Withdraw(ctx, city, d.ID, d.Rev, w.ID, "另有任务")
	must(t, err)
	if d.State != expert.Open || !slices.Equal(h.team["d-bearing"], []string{l.ID}) {
		t.Errorf("withdrawn: %s, team %v", d.State, h.team)
	}
	d, err = h.desk.End(ctx, city, d.ID, d.Rev, expert.Done, "")
	must(t, err)
	_, err = h.desk.Assign(ctx, city, d.ID, d.Rev, w.ID, "lead")
	h.refused("after the end", expert.ErrInvalid, err)
	past, err := h.desk.DispatchHistory(ctx, city, d.ID)
	must(t, err)
	var steps []string
	for _, c := range past {
		steps = append(steps, c.Is.Last+" "+c.Who)
	}
	want := []string{"asked city", "assigned city", "assigned city", "declined wang", "accepted li", "assigned city", "accepted wang", "withdrawn city", "done city"}
	if !slices.Equal(steps, want) {
		t.Errorf("history %v; want %v", steps, want)
	}
}

// seen asks everybody for the dispatch, alone and in the list.
func (h *house) seen(id string, want map[string]bool) {
	h.t.Helper()
	for _, who := range []access.Principal{city, other, li, ofFirm, ofOther} {
		_, err := h.desk.Dispatch(h.t.Context(), who, id)
		list, _, lerr := h.desk.Dispatches(h.t.Context(), who, expert.DispatchFilter{Limit: 10})
		must(h.t, lerr)
		if yes := err == nil; yes != want[who.Name] || yes != (len(list) == 1) || !yes && !errors.Is(err, access.ErrNotFound) {
			h.t.Errorf("%s: %v, %d in the list; want %v", who.Name, err, len(list), want[who.Name])
		}
	}
}

// TestDesk_InterestAfterwards: who got a tie after being asked joins no team; and
// when the team cannot be changed nothing is accepted.
func TestDesk_InterestAfterwards(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	l := h.enter(city, "li", nil)
	d, err := h.desk.Ask(ctx, city, expert.Request{Diagnosis: "d-bearing", Wanted: 1})
	must(t, err)
	d, err = h.desk.Assign(ctx, city, d.ID, d.Rev, l.ID, "lead")
	must(t, err)
	h.busy = errors.New("the diagnosis is closed")
	_, err = h.desk.Answer(ctx, li, d.ID, d.Rev, true, "")
	h.refused("a team that cannot be changed", h.busy, err)
	h.busy = nil
	l.Interests = []expert.Interest{{Organisation: "新昌轴承 有限公司", Kind: "adviser"}}
	_, err = h.desk.SaveExpert(ctx, city, l)
	must(t, err)
	_, err = h.desk.Answer(ctx, li, d.ID, d.Rev, true, "")
	h.refused("a tie afterwards", expert.ErrInterest, err)
	if len(h.team["d-bearing"]) != 0 {
		t.Errorf("team %v", h.team)
	}
	if now, err := h.desk.Dispatch(ctx, li, d.ID); err != nil || now.Rev != d.Rev {
		t.Errorf("the dispatch: %+v, %v", now, err)
	}
	h.over = true
	_, err = h.desk.Ask(ctx, in("hz", access.Area{Region: "3301"}, access.ReadFirms, access.DispatchExperts), expert.Request{Diagnosis: "d-cloth", Wanted: 1})
	h.refused("a diagnosis that is over", expert.ErrInvalid, err)
}

// TestDesk_Register: who is kept where, and what is refused whole.
func TestDesk_Register(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	e := h.enter(city, "li", func(e *expert.Expert) { e.Serves = []string{"3306"} })
	h.enter(other, "wang", func(e *expert.Expert) { e.Region = "330106"; e.Serves = []string{"3301"} })
	for _, c := range []struct {
		who  access.Principal
		want int
	}{{city, 1}, {other, 1}, {li, 1}, {ofFirm, 0}, {in("all", access.Area{}, access.ReadFirms, access.DispatchExperts), 2}} {
		if got, err := h.desk.Experts(ctx, c.who, expert.Filter{}); err != nil || len(got) != c.want {
			t.Errorf("%s sees %d, %v; want %d", c.who.Name, len(got), err, c.want)
		}
	}
	_, err := h.desk.SaveExpert(ctx, other, e)
	h.refused("another city's entry", access.ErrNotFound, err)
	for what, change := range map[string]func(*expert.Expert){
		"no name":             func(e *expert.Expert) { e.Name = " " },
		"no division":         func(e *expert.Expert) { e.Region = "3306" },
		"no skill":            func(e *expert.Expert) { e.Sectors, e.Fields = nil, nil },
		"a field of nobody":   func(e *expert.Expert) { e.Fields = []string{"magic"} },
		"a class of nobody":   func(e *expert.Expert) { e.Sectors = []string{"34"} },
		"an odd region":       func(e *expert.Expert) { e.Serves = []string{"330"} },
		"no capacity":         func(e *expert.Expert) { e.Capacity = 0 },
		"ends before it was":  func(e *expert.Expert) { e.To = "2025-01-01" },
		"no day":              func(e *expert.Expert) { e.From = "" },
		"a tie to nobody":     func(e *expert.Expert) { e.Interests = []expert.Interest{{Kind: "owner"}} },
		"a tie of no kind":    func(e *expert.Expert) { e.Interests = []expert.Interest{{Organisation: "x"}} },
		"a firm of elsewhere": func(e *expert.Expert) { e.Interests = []expert.Interest{{Firm: "cloth", Kind: "owner"}} },
		"somebody's account":  func(e *expert.Expert) { e.Account = "wang" },
	} {
		one := e
		change(&one)
		_, err := h.desk.SaveExpert(ctx, city, one)
		h.refused(what, expert.ErrInvalid, err)
	}
	e.Region = "330106"
	_, err = h.desk.SaveExpert(ctx, city, e)
	h.refused("moves out of the officer's region", access.ErrForbidden, err)
}

// TestDesk_Stations: a person is at one county at a time, visits are the person's
// own, and full coverage counts who is there today.
func TestDesk_Stations(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	l := h.enter(city, "li", func(e *expert.Expert) { e.To = "2026-12-31" })
	s := expert.Station{Expert: l.ID, Region: "330624", From: "2026-05-01", To: "2026-06-30"}
	for what, c := range map[string]struct {
		who    access.Principal
		change func(*expert.Station)
		want   error
	}{
		"another city's officer":     {other, func(*expert.Station) {}, access.ErrForbidden},
		"a city":                     {city, func(s *expert.Station) { s.Region = "330600" }, expert.ErrInvalid},
		"nobody":                     {city, func(s *expert.Station) { s.Expert = "x" }, expert.ErrInvalid},
		"longer than the person has": {city, func(s *expert.Station) { s.To = "" }, expert.ErrInvalid},
		"ends before it begins":      {city, func(s *expert.Station) { s.To = "2026-04-30" }, expert.ErrInvalid},
	} {
		one := s
		c.change(&one)
		_, err := h.desk.SaveStation(ctx, c.who, one)
		h.refused(what, c.want, err)
	}
	s, err := h.desk.SaveStation(ctx, city, s)
	must(t, err)
	_, err = h.desk.SaveStation(ctx, city, expert.Station{Expert: l.ID, Region: "330602", From: "2026-06-30", To: "2026-07-01"})
	h.refused("at two counties", expert.ErrInvalid, err)
	visit := func(who access.Principal, v expert.Visit) (expert.Visit, error) {
		return h.desk.SaveVisit(ctx, who, s.ID, v)
	}
	v, err := visit(li, expert.Visit{Day: "2026-05-19", Firm: "bearing", Notes: "看了磨削线"})
	must(t, err)
	if v.Called != "新昌轴承有限公司" || v.By != "li" {
		t.Errorf("visit: %+v", v)
	}
	for what, c := range map[string]struct {
		who  access.Principal
		v    expert.Visit
		want error
	}{
		"another expert":         {wang, expert.Visit{Day: "2026-05-19", Notes: "x"}, access.ErrForbidden},
		"of the future":          {li, expert.Visit{Day: "2026-05-21", Notes: "x"}, expert.ErrInvalid},
		"before the station":     {li, expert.Visit{Day: "2026-04-30", Notes: "x"}, expert.ErrInvalid},
		"of a firm elsewhere":    {li, expert.Visit{Day: "2026-05-19", Firm: "cloth", Notes: "x"}, expert.ErrInvalid},
		"without a word":         {li, expert.Visit{Day: "2026-05-19", Notes: " "}, expert.ErrInvalid},
		"one that is not there":  {li, expert.Visit{ID: "x", Rev: 1, Day: "2026-05-19", Notes: "x"}, access.ErrNotFound},
		"another city's officer": {other, expert.Visit{Day: "2026-05-19", Notes: "x"}, access.ErrNotFound},
	} {
		_, err := visit(c.who, c.v)
		h.refused(what, c.want, err)
	}
	_, err = visit(city, expert.Visit{Day: "2026-05-20", Notes: "座谈会"})
	must(t, err)
	v.Void = true
	_, err = visit(li, v)
	must(t, err)
	count := func(want ...expert.Stationed) {
		t.Helper()
		if got, err := h.desk.Stationed(ctx, 1, []access.Area{{Region: "3306"}}); err != nil || !slices.Equal(got, want) {
			t.Errorf("stationed: %+v, %v; want %+v", got, err, want)
		}
	}
	count(expert.Stationed{Region: "330624", Experts: 1, Visits: 1})
	h.now = h.now.AddDate(0, 2, 0)
	count(expert.Stationed{Region: "330624", Visits: 1})
	if got, err := h.desk.Stations(ctx, wang, expert.StationFilter{Region: "330624"}); err != nil || len(got) != 1 || got[0].Visits != 1 {
		t.Errorf("stations: %+v, %v", got, err)
	}
	if got, err := h.desk.Stations(ctx, city, expert.StationFilter{Now: true}); err != nil || len(got) != 0 {
		t.Errorf("today: %+v, %v", got, err)
	}
}
