package diagnosis_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/calc/maturity"
	"zhigai/data"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
	"zhigai/record"
	"zhigai/record/programme"
)

const discrete = "gbt-39116-2020-discrete"

// house is a desk on a real record, with a registry and figures that the test
// says.
type house struct {
	t         *testing.T
	desk      *diagnosis.Desk
	store     programme.Diagnoses
	registers programme.Registers
	now       time.Time
	firms     map[string]diagnosis.Firm
	value     map[string]float64 // of figures
	asked     []string           // what was asked of figures
}

func newHouse(t *testing.T) *house {
	t.Helper()
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	editions, err := diagnosis.LoadEditions(data.FS, "maturity", func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, store: programme.NewDiagnoses(db), registers: programme.NewRegisters(db), now: time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC), firms: map[string]diagnosis.Firm{
		"bearing": {ID: "bearing", Name: "新昌轴承", Region: "330624", Sector: "C3451"},
		"cloth":   {ID: "cloth", Name: "柯桥纺织", Region: "330603", Sector: "C1751"},
	}, value: map[string]float64{"coverage": 0.97, "oee": 0.61, "networking-rate-all": 0.5}}
	h.desk = diagnosis.NewDesk(diagnosis.Options{Store: h.store, Firms: h, Dues: h, Figures: h, Editions: editions, Stations: h, NewID: db.NewID, Now: func() time.Time { return h.now }})
	return h
}

func (h *house) Firm(_ context.Context, _ plant.TenantNo, id string) (diagnosis.Firm, error) {
	f, ok := h.firms[id]
	if !ok {
		return f, fmt.Errorf("%w: firm %s", access.ErrNotFound, id)
	}
	return f, nil
}

func (h *house) Firms(context.Context, plant.TenantNo, []access.Area, string, int) ([]diagnosis.Firm, error) {
	return nil, nil
}

func (h *house) Due(context.Context, plant.TenantNo, []access.Area) ([]diagnosis.Due, error) {
	return []diagnosis.Due{{Region: "330624", Division: "C34", Firms: 40, Incentive: true}, {Region: "330603", Division: "C17", Firms: 10}, {Region: "330106", Division: "C34", Firms: 5}}, nil
}

func (h *house) Stationed(context.Context, plant.TenantNo, []access.Area) ([]diagnosis.Stationed, error) {
	return []diagnosis.Stationed{{Region: "330624", Experts: 2, Visits: 7}}, nil
}

func (h *house) Figures(_ context.Context, _ plant.TenantNo, firm string, ids []string, from, to time.Time) (map[string]figure.Figure, error) {
	if firm != "bearing" {
		return nil, diagnosis.ErrNoFigures
	}
	h.asked = append(h.asked, from.Format(time.DateOnly)+" "+to.Format(time.DateOnly))
	out := map[string]figure.Figure{}
	for _, id := range ids {
		f := figure.Figure{Reason: "no_production", Definition: figure.Ref{ID: id, Version: 3}, Window: figure.Span{Kind: figure.Range, From: plant.MicrosOf(from), To: plant.MicrosOf(to)}, Terms: map[string]int64{"pbt_ms": 7}}
		if v, ok := h.value[id]; ok {
			f.Value, f.Reason = &v, ""
		}
		known := 0.9
		f.Coverage = &known
		out[id] = f
	}
	return out, nil
}

var boss = access.As("u1", "wang", access.Scope{Tenant: 1}, access.Read, access.ReadFirms, access.KeepFirms, access.Diagnose, access.ReplyFirms)

func (h *house) plan() diagnosis.Plan {
	return diagnosis.Plan{Title: "2026 年诊断", Begin: "2026-05-21", End: "2026-05-23", From: h.now.AddDate(0, 0, -90), To: h.now, Target: 2, Cut: []string{}}
}

func (h *house) started(firm string) diagnosis.View {
	h.t.Helper()
	v, err := h.desk.Start(h.t.Context(), boss, firm, discrete, h.plan())
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

// do fails the test unless the change was made, and gives what it made.
func (h *house) do(v diagnosis.View, err error) diagnosis.View {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h *house) refused(what string, want error, err error) {
	h.t.Helper()
	if !errors.Is(err, want) {
		h.t.Errorf("%s: %v; want %v", what, err, want)
	}
}

func TestDesk_EvidenceFillsAndPeopleAnswerTheRest(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	v := h.started("bearing")
	e := v.Evidence["equipment.2.1"]
	if e.Grade != maturity.Most || e.Version != 3 || *e.Value != 0.5 || !strings.Contains(e.Link, "/figures/networking-rate-all/evidence?") || e.Terms["pbt_ms"] != 7 {
		t.Errorf("networking: %+v", e)
	}
	if e := v.Evidence["maintenance.3.1"]; e.Grade != "" || e.Reason != "no_production" {
		t.Errorf("MTBF: %+v", e)
	}
	// coverage ×4 (data.1.1, data.2.1, network.3.1, operation.3.3), OEE ×2, networking ×2.
	if v.Outcome.FromMachine != 8 || v.Outcome.Asked != 116 || v.Outcome.Answered != 8 || v.Outcome.Share != 8.0/116 {
		t.Errorf("%d of %d from machines, share %v", v.Outcome.FromMachine, v.Outcome.Asked, v.Outcome.Share)
	}
	if want := []string{"2026-04-20 2026-05-20"}; !slices.Equal(h.asked, want) {
		t.Errorf("figures were asked about %v; want the last 30 days", h.asked)
	}
	// Against the machine only with a reason; then the person's word counts.
	_, err := h.desk.Answer(ctx, boss, v.ID, v.Rev, diagnosis.Answer{Requirement: "equipment.2.1", Grade: maturity.Full})
	h.refused("against evidence without a remark", diagnosis.ErrInvalid, err)
	v = h.do(h.desk.Answer(ctx, boss, v.ID, v.Rev, diagnosis.Answer{Requirement: "equipment.2.1", Grade: maturity.Full, Remark: "新设备本周接入"}))
	if g, machine := v.Grade("equipment.2.1"); g != maturity.Full || machine || v.Outcome.FromMachine != 7 || v.Evidence["equipment.2.1"].Grade != maturity.Most {
		t.Errorf("after the person's word: %s, by the machine %v, %d from machines", g, machine, v.Outcome.FromMachine)
	}
	v = h.do(h.desk.Answer(ctx, boss, v.ID, v.Rev, diagnosis.Answer{Requirement: "equipment.2.1"}))
	if g, machine := v.Grade("equipment.2.1"); g != maturity.Most || !machine {
		t.Errorf("taken back: %s, by the machine %v", g, machine)
	}
	// Another time of evidence asks again.
	h.value["networking-rate-all"] = 0.9
	p := h.plan()
	p.From = h.now.AddDate(0, 0, -10)
	v = h.do(h.desk.SavePlan(ctx, boss, v.ID, v.Rev, p))
	if e := v.Evidence["equipment.2.1"]; e.Grade != maturity.Full || h.asked[len(h.asked)-1] != "2026-05-10 2026-05-20" {
		t.Errorf("after another plan: %+v, asked %v", e, h.asked)
	}
	// A firm without figures here begins empty, and says so.
	empty := h.started("cloth")
	if empty.Outcome.FromMachine != 0 || len(empty.Evidence) != 0 {
		t.Errorf("a firm without figures: %+v", empty.Outcome)
	}
	_, err = h.desk.Fill(ctx, boss, empty.ID, empty.Rev)
	h.refused("fill without figures", diagnosis.ErrNoFigures, err)
}

// answerAll answers what is missing up to the target.
func (h *house) answerAll(v diagnosis.View) diagnosis.View {
	for _, id := range v.Outcome.Missing {
		v = h.do(h.desk.Answer(h.t.Context(), boss, v.ID, v.Rev, diagnosis.Answer{Requirement: id, Grade: maturity.Full}))
	}
	return v
}

func TestDesk_FromPlanToFollowUp(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	v := h.started("bearing")
	move := func(to diagnosis.State, note string) (diagnosis.View, error) {
		return h.desk.Move(ctx, boss, v.ID, v.Rev, to, note)
	}
	team := func(role, conflict, interest string) (diagnosis.View, error) {
		return h.desk.SaveTeam(ctx, boss, v.ID, v.Rev, []diagnosis.Expert{
			{Name: "李", Role: diagnosis.Lead, Skills: []string{"equipment"}, Conflict: "none"}, {Name: "赵", Role: role, Skills: []string{}, Conflict: conflict, Interest: interest},
		})
	}
	_, err := move(diagnosis.Visiting, "")
	h.refused("visits without a lead", diagnosis.ErrInvalid, err)
	v = h.do(team("expert", "undeclared", ""))
	_, err = move(diagnosis.Visiting, "")
	h.refused("visits with an undeclared conflict", diagnosis.ErrInvalid, err)
	_, err = team("expert", "declared", "")
	h.refused("a conflict without what it is", diagnosis.ErrInvalid, err)
	v = h.do(team("expert", "declared", "曾任该企业顾问"))
	_, err = move(diagnosis.Visiting, "")
	h.refused("visits of an expert with a conflict", diagnosis.ErrInvalid, err)
	v = h.do(team("observer", "declared", "曾任该企业顾问"))
	v = h.do(move(diagnosis.Visiting, ""))
	v = h.do(h.desk.SaveVisit(ctx, boss, v.ID, v.Rev, diagnosis.Visit{Day: "2026-05-21", Place: "磨削车间"}))
	v = h.do(h.desk.Ask(ctx, boss, v.ID, v.Rev, "data.2.2", "编码规范在哪里？"))
	v = h.do(h.desk.AnswerQuestion(ctx, boss, v.ID, v.Rev, v.Questions[0].ID, "见附件"))
	_, err = move(diagnosis.Drafted, "")
	h.refused("a draft with answers missing", diagnosis.ErrInvalid, err)
	v = h.answerAll(v)
	v = h.do(h.desk.SaveMeasure(ctx, boss, v.ID, v.Rev, diagnosis.Measure{Title: "车床联网", Requirements: []string{"equipment.2.1"}, BenefitFen: 30_000_000, CostFen: 12_000_000, Provider: "某服务商", Months: 4}))
	_, err = h.desk.Reply(ctx, boss, v.ID, v.Rev, "好", true)
	h.refused("a reply before the draft", diagnosis.ErrInvalid, err)
	v = h.do(move(diagnosis.Drafted, ""))
	_, err = move(diagnosis.Visiting, "")
	h.refused("back without a reason", diagnosis.ErrInvalid, err)
	_, err = move(diagnosis.Closed, "")
	h.refused("closing without a reply", diagnosis.ErrInvalid, err)
	v = h.do(h.desk.Reply(ctx, boss, v.ID, v.Rev, "同意", true))
	if v.State != diagnosis.Replied || !v.Reply.OnBehalf {
		t.Errorf("after the reply: %s, %+v", v.State, v.Reply)
	}
	v = h.do(move(diagnosis.Closed, ""))
	frozen := v.Evidence
	h.value["networking-rate-all"] = 0.99
	for what, f := range map[string]func() (diagnosis.View, error){
		"fill": func() (diagnosis.View, error) { return h.desk.Fill(ctx, boss, v.ID, v.Rev) },
		"plan": func() (diagnosis.View, error) { return h.desk.SavePlan(ctx, boss, v.ID, v.Rev, h.plan()) },
		"team": func() (diagnosis.View, error) { return h.desk.SaveTeam(ctx, boss, v.ID, v.Rev, nil) },
		"visit": func() (diagnosis.View, error) {
			return h.desk.SaveVisit(ctx, boss, v.ID, v.Rev, diagnosis.Visit{Day: "2026-05-22"})
		},
		"answer": func() (diagnosis.View, error) {
			return h.desk.Answer(ctx, boss, v.ID, v.Rev, diagnosis.Answer{Requirement: "data.2.2", Grade: maturity.None})
		},
		"back without a reason": func() (diagnosis.View, error) { return move(diagnosis.Visiting, "") },
	} {
		_, err := f()
		h.refused(what+" of a closed one", diagnosis.ErrInvalid, err)
	}
	if again := h.do(h.desk.View(ctx, boss, v.ID)); !reflect.DeepEqual(again.Evidence, frozen) {
		t.Error("the evidence of a closed diagnosis changed")
	}
	follow := func(months int) (diagnosis.View, error) {
		return h.desk.FollowUp(ctx, boss, v.ID, v.Rev, diagnosis.FollowUp{Months: months, Text: "进展", Measures: map[string]string{v.Measures[0].ID: "doing"}})
	}
	_, err = follow(6)
	h.refused("a follow-up before it is due", diagnosis.ErrInvalid, err)
	h.now = h.now.AddDate(0, 6, 1)
	_, err = follow(12)
	h.refused("the second follow-up first", diagnosis.ErrInvalid, err)
	v = h.do(follow(6))
	h.now = h.now.AddDate(0, 6, 0)
	v = h.do(follow(12))
	steps, err := h.desk.History(ctx, boss, v.ID)
	if err != nil || v.State != diagnosis.Followed || int64(len(steps)) != v.Rev || steps[0].What != diagnosis.StepFollowUp || !reflect.DeepEqual(diagnosis.Fold(v.ID, reversed(steps)), v.Project) {
		t.Errorf("at the end: %s, revision %d, %d steps, %v", v.State, v.Rev, len(steps), err)
	}
	list, _, err := h.desk.List(ctx, boss, diagnosis.Filter{States: []diagnosis.State{diagnosis.Followed}, Limit: 10})
	if err != nil || len(list) != 1 || list[0].Lead != "李" || list[0].Total != v.Outcome.Total {
		t.Errorf("list: %+v, %v", list, err)
	}
}

func reversed(steps []diagnosis.Step) []diagnosis.Step {
	out := slices.Clone(steps)
	slices.Reverse(out)
	return out
}

func TestDesk_Refuses(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	v := h.started("bearing")
	_, err := h.desk.Start(ctx, boss, "nobody", discrete, h.plan())
	h.refused("a firm that is not there", access.ErrNotFound, err)
	_, err = h.desk.Start(ctx, boss, "bearing", "gbt-1", h.plan())
	h.refused("an edition that is not there", diagnosis.ErrInvalid, err)
	for what, change := range map[string]func(*diagnosis.Plan){
		"no title":                 func(p *diagnosis.Plan) { p.Title = " " },
		"ends before it begins":    func(p *diagnosis.Plan) { p.End = "2026-05-01" },
		"before the edition":       func(p *diagnosis.Plan) { p.Begin, p.End = "2019-01-01", "2019-01-02" },
		"no time of evidence":      func(p *diagnosis.Plan) { p.From = p.To },
		"evidence of the future":   func(p *diagnosis.Plan) { p.From, p.To = p.To.AddDate(0, 1, 0), p.To.AddDate(0, 2, 0) },
		"two years of evidence":    func(p *diagnosis.Plan) { p.From = p.To.AddDate(-2, 0, 0) },
		"target above the highest": func(p *diagnosis.Plan) { p.Target = 6 },
		"a cut without a reason":   func(p *diagnosis.Plan) { p.Cut = []string{"design"} },
		"a cut that may not be":    func(p *diagnosis.Plan) { p.Cut, p.Why = []string{"equipment"}, "无" },
		"a cut of nothing":         func(p *diagnosis.Plan) { p.Cut, p.Why = []string{"moon"}, "无" },
	} {
		p := h.plan()
		change(&p)
		_, err := h.desk.Start(ctx, boss, "bearing", discrete, p)
		h.refused(what, diagnosis.ErrInvalid, err)
	}
	// A part that is cut is asked no more; its weights go to the others.
	p := h.plan()
	p.Cut, p.Why = []string{"sales-domain", "product-design"}, "集团统一销售与设计"
	if cut := h.do(h.desk.Start(ctx, boss, "bearing", discrete, p)); cut.Outcome.Asked != 106 {
		t.Errorf("%d asked after cuts; want 106", cut.Outcome.Asked)
	}
	_, err = h.desk.Fill(ctx, boss, v.ID, v.Rev-1)
	h.refused("an old revision", access.ErrConflict, err)
	// Files must be there before an answer names them.
	proof := diagnosis.Answer{Requirement: "data.2.2", Grade: maturity.Full, Files: []diagnosis.File{{SHA256: strings.Repeat("0", 64), Name: "x.pdf"}}}
	_, err = h.desk.Answer(ctx, boss, v.ID, v.Rev, proof)
	h.refused("a file that nobody sent", diagnosis.ErrInvalid, err)
	f, err := h.desk.SaveFile(ctx, boss, v.ID, "编码规范.pdf", []byte("%PDF"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = h.desk.File(ctx, boss, v.ID, f.SHA256)
	h.refused("a file that no answer names", access.ErrNotFound, err)
	proof.Files[0] = f
	v = h.do(h.desk.Answer(ctx, boss, v.ID, v.Rev, proof))
	if got, raw, err := h.desk.File(ctx, boss, v.ID, f.SHA256); err != nil || got != f || string(raw) != "%PDF" {
		t.Errorf("the file: %+v %q, %v", got, raw, err)
	}
	// Who may not see firms sees none, by list or by id.
	stranger := access.As("u2", "chen", access.Scope{Tenant: 1}, access.Read)
	other := boss
	other.Scope.Tenant = 2
	for _, who := range []access.Principal{stranger, other} {
		if list, _, err := h.desk.List(ctx, who, diagnosis.Filter{Limit: 10}); err != nil || len(list) != 0 {
			t.Errorf("%s of tenant %d sees %v, %v", who.Name, who.Scope.Tenant, list, err)
		}
		_, err = h.desk.View(ctx, who, v.ID)
		h.refused(who.Name+" looks", access.ErrNotFound, err)
	}
}

// TestDesk_PlaceAmongPeers: of fewer than five other firms nothing is told.
func TestDesk_PlaceAmongPeers(t *testing.T) {
	h := newHouse(t)
	v := h.started("bearing")
	for i := range diagnosis.LeastPeers {
		if now := h.do(h.desk.View(t.Context(), boss, v.ID)); now.Peers.Known || now.Peers.Sector != "C34" {
			t.Errorf("with %d peers: %+v", i, now.Peers)
		}
		id := fmt.Sprint("peer-", i)
		firm := diagnosis.Firm{ID: id, Name: id, Region: "330624", Sector: "C3460"}
		head := diagnosis.Head{ID: id, Rev: 1, Firm: firm, Edition: discrete, State: diagnosis.Closed, Total: float64(i)}
		if err := h.store.Append(t.Context(), 1, head, 0, []diagnosis.Step{{Seq: 1, At: h.now, What: diagnosis.StepCreated, Firm: &firm, Plan: &diagnosis.Plan{}}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.do(h.desk.View(t.Context(), boss, v.ID)).Peers; !got.Known || got.Count != 5 || got.Q50 != 2 || got.Q25 != 1 || got.Q75 != 3 {
		t.Errorf("with five peers: %+v", got)
	}
}

// TestDesk_FullCoverage: firms count once however often they were diagnosed, and
// rows are sums of what is due and done.
func TestDesk_FullCoverage(t *testing.T) {
	h := newHouse(t)
	add := func(id, firm, region, sector string, state diagnosis.State) {
		t.Helper()
		f := diagnosis.Firm{ID: firm, Name: firm, Region: region, Sector: sector}
		if err := h.store.Append(t.Context(), 1, diagnosis.Head{ID: id, Rev: 1, Firm: f, Edition: discrete, State: state}, 0, []diagnosis.Step{{Seq: 1, At: h.now, What: diagnosis.StepCreated, Firm: &f, Plan: &diagnosis.Plan{}}}); err != nil {
			t.Fatal(err)
		}
	}
	add("1", "a", "330624", "C3451", diagnosis.Closed)
	add("2", "a", "330624", "C3451", diagnosis.Visiting) // again
	add("3", "b", "330624", "C3452", diagnosis.Followed)
	add("4", "c", "330624", "C3460", diagnosis.Planned)
	add("5", "d", "330603", "C1751", diagnosis.Cancelled)
	add("6", "e", "330603", "C3490", diagnosis.Drafted) // nobody asked for it
	f := func(by string, want ...diagnosis.Progress) {
		t.Helper()
		if got, err := h.desk.Progress(t.Context(), boss, by); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("by %s: %+v, %v; want %+v", by, got, err, want)
		}
	}
	// The incentive county comes first.
	f("county", diagnosis.Progress{Key: "330624", Due: 40, Diagnosed: 2, Running: 1, Incentive: true, Stationed: 2, Visits: 7, Share: 0.05}, diagnosis.Progress{Key: "330106", Due: 5}, diagnosis.Progress{Key: "330603", Due: 10, Running: 1})
	f("city", diagnosis.Progress{Key: "3301", Due: 5}, diagnosis.Progress{Key: "3306", Due: 50, Diagnosed: 2, Running: 2, Stationed: 2, Visits: 7, Share: 0.04})
	f("sector", diagnosis.Progress{Key: "C17", Due: 10}, diagnosis.Progress{Key: "C34", Due: 45, Diagnosed: 2, Running: 2, Share: 2.0 / 45})
	if got, err := h.desk.Progress(t.Context(), access.As("u2", "chen", access.Scope{Tenant: 1}, access.Read), "city"); err != nil || len(got) != 0 {
		t.Errorf("who may not see firms sees %v, %v", got, err)
	}
}
