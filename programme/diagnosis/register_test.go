package diagnosis_test

import (
	"context"
	"fmt"
	"testing"

	"zhigai/access"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
	"zhigai/programme/target"
)

// counted are the firms of the house as targets count them, with the registers
// that diagnoses write into.
type counted struct {
	*house
	target.Registers
}

func (c counted) Firms(_ context.Context, _ plant.TenantNo, _ []access.Area, _ int, yield func(target.Firm) error) error {
	for _, id := range []string{"bearing", "cloth"} {
		f := c.firms[id]
		if err := yield(target.Firm{ID: id, Name: f.Name, Region: f.Region, Sector: f.Sector, AboveScale: true}); err != nil {
			return err
		}
	}
	return nil
}

// coverage is diagnosis coverage of the year by the policy's own definition.
func (h *house) coverage(year int) string {
	h.t.Helper()
	book, err := target.Load(data.FS)
	if err != nil {
		h.t.Fatal(err)
	}
	ind, err := book.Indicator("diagnosis-coverage")
	if err != nil {
		h.t.Fatal(err)
	}
	all := []access.Area{{}}
	out, err := target.Fold(h.t.Context(), 1, []*target.Indicator{ind}, target.Question{Year: year, Areas: all}, counted{h, h.registers}, target.Lists{})
	if err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprint(out[0].Terms["diagnosed"], "/", out[0].Terms["firms"])
}

func (h *house) entries() []target.Entry {
	h.t.Helper()
	out, err := h.registers.Page(h.t.Context(), 1, []access.Area{{}}, target.Filter{Kind: target.DiagnosisKind, Void: true}, "", 10)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// TestDesk_ClosingEntersTheRegister: a closed diagnosis counts for the target at
// once and once only, whoever typed an entry beside it; opened again or cancelled
// it counts no more, and every step is a revision of one entry.
func TestDesk_ClosingEntersTheRegister(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	v := h.started("bearing")
	move := func(to diagnosis.State, note string) {
		t.Helper()
		v = h.do(h.desk.Move(ctx, boss, v.ID, v.Rev, to, note))
	}
	closing := func() {
		t.Helper()
		move(diagnosis.Drafted, "")
		v = h.do(h.desk.Reply(ctx, boss, v.ID, v.Rev, "同意", true))
		move(diagnosis.Closed, "")
	}
	v = h.do(h.desk.SaveTeam(ctx, boss, v.ID, v.Rev, []diagnosis.Expert{{Name: "李", Role: diagnosis.Lead, Skills: []string{}, Conflict: "none"}}))
	move(diagnosis.Visiting, "")
	v = h.answerAll(v)
	if got := h.coverage(2026); got != "0/2" || len(h.entries()) != 0 {
		t.Errorf("before the closing: %s, %+v", got, h.entries())
	}
	closing()
	all := h.entries()
	if len(all) != 1 || all[0].ID != v.ID || all[0].Diagnosis != v.ID || all[0].Firm != "bearing" || all[0].Region != "330624" || all[0].From != plant.MicrosOf(v.ClosedAt) || all[0].Basis != target.Audited || v.Entry == nil {
		t.Fatalf("entered: %+v", all)
	}
	if got := h.coverage(2026); got != "1/2" || h.coverage(2025) != "0/2" {
		t.Errorf("closed: %s, the year before %s", got, h.coverage(2025))
	}
	// Somebody typed it beside: the firm is counted once all the same.
	if _, err := h.registers.SaveEntry(ctx, 1, target.Entry{Kind: target.DiagnosisKind, Firm: "bearing", Region: "330624", Title: "手工登记", From: plant.MicrosOf(h.now), Basis: target.Declared}); err != nil {
		t.Fatal(err)
	}
	if got := h.coverage(2026); got != "1/2" {
		t.Errorf("typed beside: %s", got)
	}
	typed := h.entries()
	for _, e := range typed {
		if e.Diagnosis == "" {
			e.Void = true
			if _, err := h.registers.SaveEntry(ctx, 1, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Nobody types over what a diagnosis entered.
	desk := &target.Desk{Registers: h.registers}
	_, err := desk.SaveEntry(ctx, 1, []access.Area{{}}, all[0])
	h.refused("a change by hand", target.ErrInvalid, err)
	_, err = desk.SaveEntry(ctx, 1, []access.Area{{}}, target.Entry{Kind: target.DiagnosisKind, Diagnosis: v.ID})
	h.refused("another entry of the diagnosis", target.ErrInvalid, err)

	move(diagnosis.Visiting, "结论有误")
	if got := h.coverage(2026); got != "0/2" || v.Entry != nil || v.State != diagnosis.Visiting {
		t.Errorf("opened again: %s, %+v", got, v.Entry)
	}
	h.now = h.now.AddDate(0, 0, 3)
	closing()
	if got := h.coverage(2026); got != "1/2" || v.Entry == nil {
		t.Errorf("closed again: %s", got)
	}
	h.now = h.now.AddDate(0, 6, 1)
	v = h.do(h.desk.FollowUp(ctx, boss, v.ID, v.Rev, diagnosis.FollowUp{Months: 6, Text: "x", Measures: map[string]string{}}))
	_, err = h.desk.Move(ctx, boss, v.ID, v.Rev, diagnosis.Visiting, "x")
	h.refused("opening what was followed up", diagnosis.ErrInvalid, err)
	move(diagnosis.Cancelled, "企业资料不实")
	past, err := h.registers.History(ctx, 1, v.ID)
	if err != nil || len(past) != 4 || past[0].Void || !past[1].Void || past[2].Void || !past[3].Void || past[2].From == past[0].From || past[3].Who != boss.Name {
		t.Errorf("revisions: %+v, %v", past, err)
	}
	if got := h.coverage(2026); got != "0/2" {
		t.Errorf("cancelled: %s", got)
	}
	// An enterprise of a plant model is in no registry, and enters none.
	h.firms["own"] = diagnosis.Firm{ID: "own", Name: "本厂"}
	v = h.started("own")
	v = h.do(h.desk.SaveTeam(ctx, boss, v.ID, v.Rev, []diagnosis.Expert{{Name: "李", Role: diagnosis.Lead, Skills: []string{}, Conflict: "none"}}))
	move(diagnosis.Visiting, "")
	v = h.answerAll(v)
	closing()
	if v.Entry != nil || len(h.entries()) != 2 {
		t.Errorf("of no registry: %+v", v.Entry)
	}
}
