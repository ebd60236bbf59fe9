package certificate

import (
	"cmp"
	"slices"
	"strings"

	"zhigai/plant"
	"zhigai/shop/quality"
)

// Facts are what a certificate is folded from: all that is known of an order, or a lot
// of it, and its inspection.
type Facts struct {
	Order    Order
	Lot      string // id; of the whole order without
	Lots     []Lot
	Heats    []Heat
	More     bool // heats than are here
	Quantity int64
	Planned  []Planned
	Cases    []quality.Case // about the order, its lots or its measurements
	Gauges   []GaugeFacts
	TooMany  bool // more was measured than is read
}

// Planned is a characteristic of the product with what was measured of the goods.
type Planned struct {
	quality.Characteristic
	Subgroups []quality.Subgroup // in the order of time
	Sampled   []quality.Lot      // the oldest first
}

// GaugeFacts are a gauge with what is known of its past.
type GaugeFacts struct {
	quality.Gauge
	Calibrations []plant.Instant
	// Doubts are when it was off, or may have been: from its last good check on until it
	// was set, or until now. What it measured then is in doubt, also where a correction
	// would not change the judgement: a certificate prints values, not corrections.
	Doubts []Stretch
}

// Stretch is a stretch of time [From, To).
type Stretch struct{ From, To plant.Instant }

// Of folds facts into what a certificate would say, and what stands against it.
func Of(f Facts) (Content, []Obstacle) {
	o := f.Order
	c := Content{
		Maker: o.Maker, Order: o.Number, Place: o.Place, Customer: o.Customer, Reference: o.Reference, Product: o.Product, ProductName: o.ProductName, Definition: o.Definition, Quantity: f.Quantity, Unit: o.Unit,
		Began: o.Began, Ended: o.Ended, Lot: f.Lot, Lots: append([]Lot{}, f.Lots...), Heats: append([]Heat{}, f.Heats...), HeatsMore: f.More,
		Inspectors: []string{}, Lines: []Line{}, Gauges: []Gauge{}, Cases: []Case{},
	}
	fold := folding{f: &f, c: &c}
	fold.goods()
	fold.cases()
	fold.lines()
	fold.gauges()
	slices.Sort(c.Inspectors)
	return c, fold.against
}

// folding is a fold at work.
type folding struct {
	f       *Facts
	c       *Content
	against []Obstacle
	used    []quality.Subgroup // all that was measured by hand or machine
	signals map[string]bool
}

func (f *folding) stands(kind, of, zh, en string) {
	f.against = append(f.against, Obstacle{Kind: kind, Of: of, Text: plant.Name{ZH: zh, EN: en}})
}

// goods says what of the goods themselves stands against a certificate.
func (f *folding) goods() {
	o := f.f.Order
	switch {
	case o.Good <= 0:
		f.stands("nothing_made", "", "订单还没有合格产出；先报工", "nothing good was made by the order yet; enter what was made")
	case f.f.Quantity > o.Good:
		f.stands("quantity", "", "数量 "+count(f.f.Quantity)+" 多于合格产出 "+count(o.Good)+"；请改数量或补报工", "a quantity of "+count(f.f.Quantity)+", but "+count(o.Good)+" good were made; certify fewer, or enter what was made")
	}
	for _, l := range f.f.Lots {
		if l.Blocked != "" {
			f.stands("blocked_lot", l.ID, "批次 "+l.Number+" 已冻结："+l.Blocked, "lot "+l.Number+" is blocked: "+l.Blocked+"; free it first")
		}
	}
	for _, h := range f.f.Heats {
		if h.Blocked != "" {
			f.stands("blocked_lot", h.ID, "所用材料 "+h.Item+" "+h.Number+" 已冻结："+h.Blocked, "material "+h.Item+" "+h.Number+" that went into it is blocked: "+h.Blocked+"; free it first")
		}
	}
	if f.f.TooMany {
		f.stands("too_many", "", "此订单的测量多于 200000 个子组；请按批次出具", "more than 200000 subgroups were measured; certify lots of the order one by one")
	}
}

// decision is what became of what a case is about: concession, removed (scrapped or
// sent back, so that it is not among the goods), closed, or "" while nobody decided.
// An open case whose parts are reworked or sorted is decided when that is done: when
// it is verified or closed.
func decision(c *quality.Case) (what string, step quality.CaseStep) {
	for _, s := range c.Steps {
		if s.Disposition != "" {
			step = s
		}
	}
	switch {
	case step.Disposition == "concession":
		return "concession", step
	case step.Disposition == "scrap" || step.Disposition == "return":
		return "removed", step
	case c.State == quality.CaseVerified || c.State == quality.CaseClosed:
		if step.State == "" {
			step = c.Steps[len(c.Steps)-1]
		}
		return "closed", step
	}
	return "", step
}

func (f *folding) cases() {
	for _, c := range f.f.Cases {
		if c.State == quality.CaseCancelled { // it was none
			continue
		}
		what, step := decision(&c)
		f.c.Cases = append(f.c.Cases, Case{
			ID: c.ID, Text: c.Text, Severity: c.Severity, Quantity: c.Quantity, State: c.State,
			Disposition: step.Disposition, By: step.By, At: step.At, Why: step.Text,
		})
		if what == "" {
			f.stands("open_case", c.ID, "不合格未了结："+short(c.Text)+"；报废、退货、让步接收，或整改验证后再出具", "nonconformance is open: "+short(c.Text)+"; scrap, return or accept it by concession, or verify what was done")
		}
	}
	slices.SortFunc(f.c.Cases, func(a, b Case) int { return cmp.Compare(a.ID, b.ID) })
}

// covered says how a measurement outside of the limits was decided: by a case of it,
// or of its characteristic for these goods.
func (f *folding) covered(characteristic string, s *quality.Subgroup) string {
	for i := range f.f.Cases {
		c := &f.f.Cases[i]
		if c.State == quality.CaseCancelled || c.Subgroup != s.ID && (c.Subgroup != "" || c.Characteristic != characteristic) {
			continue
		}
		if what, _ := decision(c); what != "" {
			return what
		}
	}
	return ""
}

// gauges says of each gauge how it stood when it measured.
func (f *folding) gauges() {
	for _, g := range f.f.Gauges {
		line := Gauge{ID: g.ID, Number: g.Number, Name: g.Name, State: GaugeFree, Note: g.Note}
		var last, overdue plant.Instant
		for _, s := range f.used {
			if s.Gauge != g.ID {
				continue
			}
			line.Subgroups++
			calibrated, due, state := g.at(s.At)
			if worse(state, line.State) {
				line.State = state
			}
			if s.At >= last {
				last, line.Calibrated, line.Due = s.At, calibrated, due
			}
			if state == GaugeOverdue || state == GaugeNever {
				overdue = max(overdue, s.At)
			}
		}
		if line.Subgroups == 0 {
			continue
		}
		for _, at := range g.Calibrations {
			if overdue != 0 && at > overdue && (line.Since == 0 || at < line.Since) {
				line.Since = at
			}
		}
		if overdue != 0 && line.Since == 0 {
			f.stands("gauge_overdue", g.ID, "量具 "+g.Number+" 测量时已过校准期；校准后再出具，或换用有效量具重测", "gauge "+g.Number+" was overdue for calibration when it measured; calibrate it, or measure again with another one")
		}
		f.c.Gauges = append(f.c.Gauges, line)
	}
	slices.SortFunc(f.c.Gauges, func(a, b Gauge) int {
		return cmp.Or(strings.Compare(a.Number, b.Number), strings.Compare(a.ID, b.ID))
	})
}

// day is that of an interval of calibration, in microseconds.
const day = plant.Instant(24 * 3600 * 1e6)

// at is how a gauge stood at an instant.
func (g *GaugeFacts) at(t plant.Instant) (calibrated, due plant.Instant, state GaugeState) {
	later := false
	for _, c := range g.Calibrations {
		if c <= t {
			calibrated = max(calibrated, c)
		} else {
			later = true
		}
	}
	switch {
	case g.Days == 0:
		return calibrated, 0, GaugeFree
	case calibrated == 0 && later:
		return 0, 0, GaugeUnknown
	case calibrated == 0:
		return 0, 0, GaugeNever
	}
	if due = calibrated + plant.Instant(g.Days)*day; due <= t {
		return calibrated, due, GaugeOverdue
	}
	return calibrated, due, GaugeValid
}

// states of a gauge, the best first.
var states = []GaugeState{GaugeFree, GaugeValid, GaugeUnknown, GaugeOverdue, GaugeNever}

func worse(a, b GaugeState) bool { return slices.Index(states, a) > slices.Index(states, b) }

// short is the beginning of a text.
func short(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
