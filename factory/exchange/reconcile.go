package exchange

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"zhigai/access"
	"zhigai/connect/files/table"
	"zhigai/plant"
)

// Cause explains a difference between the books.
type Cause string

// Causes. The last three are explained by no message: somebody must look.
const (
	RefusedHere   Cause = "refused_here"   // a message about it was refused here
	WaitsHere     Cause = "waits_here"     // it came, and is not applied yet
	NotReported   Cause = "not_reported"   // made since the partner was told last
	Underway      Cause = "underway"       // told, and not acknowledged yet
	DeadLetter    Cause = "dead_letter"    // given up
	NotTheirs     Cause = "not_theirs"     // its books do not name the order
	NeverCame     Cause = "never_came"     // no message about it ever came here
	OtherOrdered  Cause = "other_ordered"  // another quantity was ordered, and no message says it
	BookedOtherly Cause = "booked_otherly" // it was told and acknowledged, and its books say something else
)

// Line compares an order in both books.
type Line struct {
	Number string      `json:"number"`
	Theirs *Statement  `json:"theirs,omitempty"`
	Ours   *Statement  `json:"ours,omitempty"`
	Told   *Quantities `json:"told,omitempty" doc:"What the partner was told of the order last"`
	Equal  bool        `json:"equal"`
	Causes []Because   `json:"causes" nullable:"false"`
}

// Because is a cause with what shows it.
type Because struct {
	Cause   Cause  `json:"cause" enum:"refused_here,waits_here,not_reported,underway,dead_letter,not_theirs,never_came,other_ordered,booked_otherly"`
	Message string `json:"message,omitempty" doc:"Id of the message"`
	Reason  string `json:"reason,omitempty"`
}

// Open says whether nothing explains the difference.
func (l Line) Open() bool {
	return !l.Equal && !slices.ContainsFunc(l.Causes, func(b Because) bool {
		return !slices.Contains([]Cause{NotTheirs, NeverCame, OtherOrdered, BookedOtherly}, b.Cause)
	})
}

// Reconciliation are both books side by side.
type Reconciliation struct {
	Partner string        `json:"partner"`
	At      plant.Instant `json:"at"`
	// Known: the partner's books are known.
	Known     bool   `json:"known" doc:"The partner's books are known: it was asked, or has sent statements"`
	Problem   string `json:"problem,omitempty" doc:"Why the partner could not be asked; what it sent before is shown"`
	Lines     []Line `json:"lines" nullable:"false"`
	Equal     int    `json:"equal"`
	Explained int    `json:"explained"`
	Open      int    `json:"open" doc:"Differences that no message explains"`
}

// maxOrders of one reconciliation: a year of a large plant.
const maxOrders = 20_000

// Reconcile holds the orders and quantities of both books side by side, and
// explains what differs by the messages that are under way.
func (d *Desk) Reconcile(ctx context.Context, tenant plant.TenantNo, partner string) (Reconciliation, error) {
	p, _, err := d.partner(ctx, tenant, partner)
	if err != nil {
		return Reconciliation{}, err
	}
	out := Reconciliation{Partner: p.ID, At: d.now(), Lines: []Line{}}
	theirs, err := d.theirs(ctx, tenant, p, &out)
	if err != nil {
		return out, err
	}
	numbers := map[string]bool{}
	for number := range theirs {
		numbers[number] = true
	}
	err = d.each(ctx, tenant, p.ID, KindOrder, func(o Object) error { numbers[o.Object] = true; return nil })
	if err != nil {
		return out, err
	}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		l, err := d.line(ctx, tenant, p, number, theirs[number], out.Known)
		if err != nil {
			return out, err
		}
		switch {
		case l.Equal:
			out.Equal++
		case l.Open():
			out.Open++
		default:
			out.Explained++
		}
		out.Lines = append(out.Lines, l)
	}
	return out, nil
}

// each goes through objects of a kind.
func (d *Desk) each(ctx context.Context, tenant plant.TenantNo, partner string, k Kind, do func(Object) error) error {
	after := ""
	for n := 0; n < maxOrders; {
		page, err := d.o.Store.Objects(ctx, tenant, partner, k, false, after, ordersAtOnce)
		if err != nil {
			return err
		}
		for _, o := range page {
			if err := do(o); err != nil {
				return err
			}
			after = o.Object
		}
		if n += len(page); len(page) < ordersAtOnce {
			return nil
		}
	}
	return invalid("partner %s has more than %d orders; reconcile in the business system", partner, maxOrders)
}

// theirs are the partner's books: as it answers now, else as it sent them.
func (d *Desk) theirs(ctx context.Context, tenant plant.TenantNo, p Partner, out *Reconciliation) (map[string]*Statement, error) {
	books := map[string]*Statement{}
	door, err := d.o.Open(tenant, p)
	if err == nil && door != nil {
		defer door.Close()
		var all []Statement
		if all, err = door.Statements(ctx); err == nil && all != nil {
			out.Known = true
			for i := range all {
				books[all[i].Number] = &all[i]
			}
			return books, nil
		}
	}
	if err != nil {
		out.Problem = cut(err.Error())
	}
	return books, d.each(ctx, tenant, p.ID, KindStatement, func(o Object) error {
		var s Statement
		if err := json.Unmarshal(o.Body, &s); err != nil {
			return fmt.Errorf("exchange: read statement of %s: %w", o.Object, err)
		}
		out.Known, books[o.Object] = true, &s
		return nil
	})
}

// line compares one order.
func (d *Desk) line(ctx context.Context, tenant plant.TenantNo, p Partner, number string, theirs *Statement, known bool) (Line, error) {
	l := Line{Number: number, Theirs: theirs, Causes: []Because{}}
	made, err := d.o.Makes.Made(ctx, tenant, number)
	switch {
	case err == nil:
		l.Ours = &Statement{number, made.Quantity, made.Total.Good, made.Total.Scrap}
	case !errors.Is(err, access.ErrNotFound):
		return l, err
	}
	if known && theirs != nil && l.Ours != nil && *theirs == *l.Ours {
		l.Equal = true
		return l, nil
	}
	told, err := d.o.Store.Told(ctx, tenant, p.ID, number)
	if err != nil {
		return l, err
	}
	for _, t := range told {
		if t.Job == 0 {
			l.Told = &t.Total
		}
	}
	under, err := d.o.Store.Messages(ctx, tenant, Filter{Partner: p.ID, Object: number, States: []State{Received, Partly, Refused, Queued, Dead}, Limit: 20})
	if err != nil {
		return l, err
	}
	l.explain(under, known)
	l.Equal = !known && l.Ours != nil && len(l.Causes) == 0
	return l, nil
}

// explain gives the causes of what differs.
func (l *Line) explain(under []Message, known bool) {
	because := func(c Cause, m Message) {
		if !slices.ContainsFunc(l.Causes, func(b Because) bool { return b.Cause == c }) {
			l.Causes = append(l.Causes, Because{c, m.ID, m.Reason})
		}
	}
	for _, m := range under { // newest first
		switch m.State {
		case Received:
			because(WaitsHere, m)
		case Refused, Partly:
			because(RefusedHere, m)
		case Queued:
			because(Underway, m)
		case Dead:
			because(DeadLetter, m)
		}
	}
	if l.Ours != nil && (l.Told == nil || l.Told.Good != l.Ours.Good || l.Told.Scrap != l.Ours.Scrap) {
		because(NotReported, Message{})
	}
	switch {
	case !known:
	case l.Theirs == nil:
		because(NotTheirs, Message{})
	case l.Ours == nil && len(l.Causes) == 0:
		because(NeverCame, Message{})
	case l.Ours == nil:
	case l.Theirs.Ordered != l.Ours.Ordered && len(l.Causes) == 0:
		because(OtherOrdered, Message{})
	case len(l.Causes) == 0:
		because(BookedOtherly, Message{})
	}
}

// WriteReconciliation writes the lines as a sheet.
func WriteReconciliation(w io.Writer, r Reconciliation, excel bool) error {
	head := []string{"订单 order", "对方订货 ordered (partner)", "本方订货 ordered (plant)", "对方合格 good (partner)", "本方合格 good (plant)", "对方报废 scrap (partner)", "本方报废 scrap (plant)", "已报合格 good (told)", "一致 equal", "原因 cause", "报文 message", "说明 reason"}
	rows := func(write func([]string) error) error {
		for _, l := range r.Lines {
			causes := make([]string, len(l.Causes))
			for i, b := range l.Causes {
				causes[i] = string(b.Cause)
			}
			first := Because{}
			if len(l.Causes) > 0 {
				first = l.Causes[0]
			}
			ours, theirs := cmp.Or(l.Ours, &Statement{}), cmp.Or(l.Theirs, &Statement{})
			n := func(s *Statement, v int64) string {
				if s == nil {
					return ""
				}
				return strconv.FormatInt(v, 10)
			}
			told := ""
			if l.Told != nil {
				told = strconv.FormatInt(l.Told.Good, 10)
			}
			row := []string{
				l.Number, n(l.Theirs, theirs.Ordered), n(l.Ours, ours.Ordered), n(l.Theirs, theirs.Good), n(l.Ours, ours.Good), n(l.Theirs, theirs.Scrap), n(l.Ours, ours.Scrap), told,
				strconv.FormatBool(l.Equal), strings.Join(causes, " "), first.Message, first.Reason,
			}
			if err := write(row); err != nil {
				return err
			}
		}
		return nil
	}
	if excel {
		return table.WriteExcel(w, "对账", head, rows)
	}
	return table.WriteCSV(w, head, rows)
}
