package advice_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/files/table"
	"zhigai/plant"
	"zhigai/programme/advice"
	"zhigai/record"
	"zhigai/record/programme"
)

type house struct {
	t    *testing.T
	desk *advice.Desk
	now  time.Time
}

var errTied = errors.New("conflict of interest")

func newHouse(t *testing.T) *house {
	t.Helper()
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	h := &house{t: t, now: time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC)}
	h.desk = &advice.Desk{Store: programme.NewQuestions(db), Files: programme.NewDiagnoses(db), Firms: h, Experts: h, Now: func() time.Time { return h.now }, Division: func(code string, _ plant.Micros) error {
		if len(code) != 6 {
			return fmt.Errorf("%q is no division", code)
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

func (h *house) Firm(_ context.Context, _ plant.TenantNo, id string) (advice.Firm, error) {
	f, ok := map[string]advice.Firm{"bearing": {"bearing", "新昌轴承有限公司", "330624", "C3451"}, "cloth": {"cloth", "杭州纺织有限公司", "330106", "C1751"}}[id]
	if !ok {
		return f, access.ErrNotFound
	}
	return f, nil
}

func (h *house) Adviser(_ context.Context, _ plant.TenantNo, id string, about advice.Firm) (advice.Person, error) {
	if id == "tied" && about.ID != "" {
		return advice.Person{}, errTied
	}
	return advice.Person{ID: id, Name: "李", Organisation: "省院"}, nil
}

func (h *house) Own(_ context.Context, who access.Principal) ([]string, error) {
	if who.Name == "li" {
		return []string{"E1"}, nil
	}
	return nil, nil
}

func in(name string, area access.Area, permissions ...access.Permission) access.Principal {
	return access.Over("u-"+name, name, 1, area, permissions...)
}

var (
	city    = in("city", access.Area{Region: "3306"}, access.ReadFirms, access.DispatchExperts)
	other   = in("other", access.Area{Region: "3301"}, access.ReadFirms, access.DispatchExperts)
	li      = in("li", access.Area{Region: "33"}, access.ReadFirms, access.ReplyFirms)
	wang    = in("wang", access.Area{Region: "33"}, access.ReadFirms, access.ReplyFirms)
	ofFirm  = in("boss", access.Area{Enterprise: "bearing"}, access.ReadFirms, access.ReplyFirms)
	ofOther = in("weaver", access.Area{Enterprise: "cloth"}, access.ReadFirms, access.ReplyFirms)
)

func (h *house) refused(what string, want, err error) {
	h.t.Helper()
	if !errors.Is(err, want) {
		h.t.Errorf("%s: %v; want %v", what, err, want)
	}
}

func (h *house) ask(who access.Principal, r advice.Request) advice.Advice {
	h.t.Helper()
	a, err := h.desk.Ask(h.t.Context(), who, r)
	must(h.t, err)
	return a
}

// sees asks everybody for the question, alone and in the list.
func (h *house) sees(id string, want ...string) {
	h.t.Helper()
	var got []string
	for _, who := range []access.Principal{city, other, li, wang, ofFirm, ofOther} {
		one, err := h.desk.Question(h.t.Context(), who, id)
		list, _, lerr := h.desk.List(h.t.Context(), who, advice.Filter{Limit: 10}, false)
		must(h.t, lerr)
		listed := slices.ContainsFunc(list, func(a advice.Advice) bool { return a.ID == id })
		if err == nil {
			got = append(got, who.Name)
		}
		if listed != (err == nil) || err != nil && !errors.Is(err, access.ErrNotFound) || one.User != "" {
			h.t.Errorf("%s: %v, in the list %v, %+v", who.Name, err, listed, one)
		}
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("seen by %v; want %v", got, want)
	}
}

// TestDesk_FirmAsks: a firm's question goes to an expert without a tie, comes back
// with proof, is asked on once and closed; others never see it.
func TestDesk_FirmAsks(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	r := advice.Request{Firm: "bearing", Topic: "equipment", Title: "磨床改造还是换新？", Text: "12 台老磨床"}
	_, err := h.desk.Ask(ctx, ofOther, r)
	h.refused("for another firm", access.ErrNotFound, err)
	a := h.ask(ofFirm, r)
	if a.Region != "330624" || a.Called != "新昌轴承有限公司" || a.State != advice.Asked {
		t.Errorf("asked: %+v", a)
	}
	h.sees(a.ID, "city", "boss")
	direct := func(who access.Principal, expert, organisation, due string) error {
		got, err := h.desk.Direct(ctx, who, a.ID, a.Rev, expert, organisation, due)
		if err == nil {
			a = got
		}
		return err
	}
	h.refused("the firm directs", access.ErrForbidden, direct(ofFirm, "E1", "", "2026-06-01"))
	h.refused("with a tie", errTied, direct(city, "tied", "", "2026-06-01"))
	h.refused("due in the past", advice.ErrInvalid, direct(city, "E1", "", "2026-05-19"))
	h.refused("to nobody", advice.ErrInvalid, direct(city, "", " ", "2026-06-01"))
	_, err = h.desk.Answer(ctx, city, a.ID, a.Rev, "答", "", nil)
	h.refused("answered before it is directed", advice.ErrInvalid, err)
	must(t, direct(city, "E1", "", "2026-06-01"))
	h.sees(a.ID, "city", "li", "boss")
	h.now = h.now.AddDate(0, 1, 0)
	if late, _, err := h.desk.List(ctx, city, advice.Filter{Limit: 5}, true); err != nil || len(late) != 1 {
		t.Errorf("overdue: %+v, %v", late, err)
	}
	_, err = h.desk.SaveFile(ctx, ofFirm, a.ID, "x.pdf", []byte("x"))
	h.refused("the firm attaches", access.ErrForbidden, err)
	f, err := h.desk.SaveFile(ctx, li, a.ID, "测算.xlsx", []byte("数据"))
	must(t, err)
	_, err = h.desk.Answer(ctx, li, a.ID, a.Rev, "换新", "", []advice.File{{SHA256: strings.Repeat("0", 64), Name: "x"}})
	h.refused("a file that nobody sent", advice.ErrInvalid, err)
	_, err = h.desk.Answer(ctx, ofFirm, a.ID, a.Rev, "换新", "", nil)
	h.refused("the firm answers itself", access.ErrForbidden, err)
	a, err = h.desk.Answer(ctx, li, a.ID, a.Rev, "改造 8 台，换新 4 台", "JB/T 1234", []advice.File{f})
	must(t, err)
	if _, raw, err := h.desk.File(ctx, ofFirm, a.ID, f.SHA256); err != nil || string(raw) != "数据" {
		t.Errorf("the file: %q, %v", raw, err)
	}
	_, _, err = h.desk.File(ctx, ofOther, a.ID, f.SHA256)
	h.refused("another firm takes the file", access.ErrNotFound, err)
	end := func(who access.Principal, to, note string) error {
		got, err := h.desk.End(ctx, who, a.ID, a.Rev, to, note)
		if err == nil {
			a = got
		}
		return err
	}
	h.refused("the expert closes", access.ErrForbidden, end(li, "closed", ""))
	h.refused("asked on without a word", advice.ErrInvalid, end(ofFirm, "asked_on", ""))
	must(t, end(ofFirm, "asked_on", "投资多少？"))
	h.refused("closed without an answer", advice.ErrInvalid, end(ofFirm, "closed", ""))
	a, err = h.desk.Answer(ctx, li, a.ID, a.Rev, "约 300 万元", "", nil)
	must(t, err)
	must(t, end(ofFirm, "closed", ""))
	h.refused("after the end", advice.ErrInvalid, end(ofFirm, "withdrawn", "x"))
	past, err := h.desk.History(ctx, ofFirm, a.ID)
	must(t, err)
	var steps []string
	for _, c := range past {
		steps = append(steps, c.Is.Last+" "+c.Who)
	}
	if want := []string{"asked boss", "directed city", "answered li", "asked_on boss", "answered li", "closed boss"}; !slices.Equal(steps, want) {
		t.Errorf("history %v; want %v", steps, want)
	}
}

// TestDesk_RegionAsks: a region's question may go to an organisation, whose answer
// is entered; lists are narrowed, paged and exported alike.
func TestDesk_RegionAsks(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.desk.Ask(ctx, ofFirm, advice.Request{Region: "330624", Topic: "policy", Title: "x", Text: "x"})
	h.refused("a firm asks for its county", access.ErrForbidden, err)
	_, err = h.desk.Ask(ctx, city, advice.Request{Region: "33", Topic: "policy", Title: "x", Text: "x"})
	h.refused("no division", advice.ErrInvalid, err)
	for what, r := range map[string]advice.Request{"no title": {Topic: "policy", Text: "x"}, "no text": {Topic: "policy", Title: "x"}, "no topic": {Title: "x", Text: "x"}} {
		r.Region = "330624"
		_, err = h.desk.Ask(ctx, city, r)
		h.refused(what, advice.ErrInvalid, err)
	}
	a := h.ask(city, advice.Request{Region: "330624", Topic: "policy", Title: "轴承行业改造路径", Text: "怎样组织？"})
	b := h.ask(ofFirm, advice.Request{Firm: "bearing", Topic: "software", Title: "MES 选型", Text: "=1+1"})
	h.ask(ofOther, advice.Request{Firm: "cloth", Topic: "software", Title: "纺织 MES", Text: "x"})
	h.sees(a.ID, "city")
	a, err = h.desk.Direct(ctx, city, a.ID, a.Rev, "", "省轴承协会", "2026-06-01")
	must(t, err)
	_, err = h.desk.Answer(ctx, city, a.ID, a.Rev, "分三步", "协会报告", nil)
	must(t, err)
	list := func(f advice.Filter) (ids []string) {
		t.Helper()
		f.Limit = 1
		for {
			page, next, err := h.desk.List(ctx, city, f, false)
			must(t, err)
			for _, one := range page {
				ids = append(ids, one.ID)
			}
			if next == "" {
				return ids
			}
			f.Before = next
		}
	}
	for _, c := range []struct {
		f    advice.Filter
		want []string
	}{
		{advice.Filter{}, []string{b.ID, a.ID}},
		{advice.Filter{States: []advice.State{advice.Answered}}, []string{a.ID}},
		{advice.Filter{Topic: "software"}, []string{b.ID}},
		{advice.Filter{Firm: "bearing"}, []string{b.ID}},
		{advice.Filter{Text: "mes"}, []string{b.ID}},
		{advice.Filter{Text: "协会"}, []string{a.ID}},
		{advice.Filter{Region: "3301"}, nil},
	} {
		if got := list(c.f); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v; want %v", c.f, got, c.want)
		}
	}
	for _, excel := range []bool{true, false} {
		var out bytes.Buffer
		must(t, h.desk.Export(ctx, city, advice.Filter{}, false, excel, &out))
		got, _, err := table.Sheet(out.Bytes(), table.Options{Header: 1})
		must(t, err)
		if len(got.Rows) != 2 || got.Rows[1].Cell(got.Column("答复")) != "分三步" || got.Rows[1].Cell(got.Column("办理单位")) != "省轴承协会" || got.Rows[0].Cell(got.Column("状态")) != "待分办" {
			t.Errorf("excel %v: %+v", excel, got.Rows)
		}
	}
}
