package certificate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhigai/plant"
	"zhigai/shop/quality"
)

// maxIDs is how many ids of measurements a certificate lists of a characteristic; the
// digest is of all.
const maxIDs = 200

func count(n int64) string { return strconv.FormatInt(n, 10) }

// lines folds what was measured of each characteristic, and says which of them the plan
// asks for and nobody inspected.
func (f *folding) lines() {
	f.signals = map[string]bool{}
	if len(f.f.Planned) == 0 {
		f.stands("no_plan", "", "产品 "+f.f.Order.Product+" 没有检验计划；先在检验计划里给它加特性", "no characteristic is planned for product "+f.f.Order.Product+"; add it to the inspection plans")
	}
	all := slices.Clone(f.f.Planned)
	slices.SortFunc(all, func(a, b Planned) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), strings.Compare(a.Code, b.Code), strings.Compare(a.ID, b.ID))
	})
	for _, p := range all {
		l := f.line(&p)
		switch {
		case l.Result == NotInspected && !f.needs(&p):
			continue // it is measured elsewhere
		case l.Result == NotInspected:
			f.stands("not_inspected", p.ID, "计划的特性没有检验："+title(&p, false)+"；先检验", "a planned characteristic was not inspected: "+title(&p, true)+"; inspect it")
		case l.Result == Outside:
			f.stands("outside", p.ID, title(&p, false)+" 有 "+count(l.Beyond+l.Found)+" 个超出规范或不合格，且没有处置；登记不合格并处置", fmt.Sprintf("%s: %d outside of the limits or nonconforming, and nobody decided; open a nonconformance and decide", title(&p, true), l.Beyond+l.Found))
		case l.Result == Doubtful:
			f.stands("doubtful_gauge", p.ID, title(&p, false)+" 测量时量具已异常；换用合格量具重测", title(&p, true)+": the gauge was off when it measured; measure again with a good one")
		case l.Result == Rejected:
			f.stands("rejected", p.ID, title(&p, false)+" 抽样判为拒收；全检或返工后重新提交", title(&p, true)+": the lot was rejected by sampling; sort or rework it and submit it again")
		}
		f.c.Lines = append(f.c.Lines, l)
	}
	f.c.Machines = len(f.signals)
}

func title(p *Planned, english bool) string {
	name := p.Name.ZH
	if english {
		name = cmp.Or(p.Name.EN, p.Name.ZH)
	}
	return strings.TrimSpace(p.Code + " " + name)
}

// needs says whether the goods need this characteristic to be inspected here: the order
// ran at its place, or it is the only one of its code and operation, or none of those
// that have the same was inspected.
func (f *folding) needs(p *Planned) bool {
	ran := func(place plant.NodeID) bool {
		return slices.ContainsFunc(f.f.Order.Runs, func(r Run) bool { return r.Machine == place })
	}
	if ran(p.Place) {
		return true
	}
	first := true
	for i := range f.f.Planned {
		o := &f.f.Planned[i]
		if o.Code != p.Code || o.Operation != p.Operation || o.Stage != p.Stage || o.ID == p.ID {
			continue
		}
		if len(o.Subgroups) > 0 || len(o.Sampled) > 0 || ran(o.Place) {
			return false
		}
		first = first && p.ID < o.ID // one of them stands for all
	}
	return first
}

// line folds one characteristic.
func (f *folding) line(p *Planned) Line {
	l := Line{
		Characteristic: p.ID, Rev: p.Rev, Code: p.Code, Name: p.Name, PlaceName: p.PlaceName, Operation: p.Operation, Stage: p.Stage, Attribute: p.Attribute, Special: p.Special,
		Unit: p.Unit, Decimals: p.Decimals, LSL: p.LSL, USL: p.USL, Inspections: []string{}, Result: NotInspected,
	}
	if p.Level != "" {
		f.sampled(&l, p)
		return l
	}
	kept, doubtful := f.trusted(p)
	l.Again = int64(len(p.Subgroups) - len(kept))
	sum, ids := 0.0, sha256.New()
	decided := map[string]bool{}
	for _, s := range kept {
		l.Subgroups++
		if l.From == 0 {
			l.From = s.At
		}
		l.To = s.At
		beyond := s.Found
		for _, v := range s.Values {
			sum += v
			l.N++
			l.Min, l.Max = least(l.Min, v), greatest(l.Max, v)
			if p.LSL != nil && v < *p.LSL || p.USL != nil && v > *p.USL {
				l.Beyond++
				beyond++
			}
		}
		if p.Attribute {
			l.N += int64(s.Size)
			l.Found += int64(s.Found)
		}
		if beyond > 0 {
			decided[f.covered(p.ID, &s)] = true
		}
		f.notes(&l, &s)
		fmt.Fprintf(ids, "%s\n", s.ID)
	}
	if l.Subgroups == 0 {
		return l
	}
	l.IDs = hex.EncodeToString(ids.Sum(nil))
	if !p.Attribute && l.N > 0 {
		mean := sum / float64(l.N)
		l.Mean = &mean
	}
	switch {
	case decided[""]:
		l.Result = Outside
	case doubtful:
		l.Result = Doubtful
	case decided["concession"]:
		l.Result = Concession
	case len(decided) > 0:
		l.Result = Decided
	default:
		l.Result = Conforms
	}
	return l
}

// trusted leaves out what a gauge measured while it was off and that was measured again
// afterwards by one that was not. What was not measured again stays, and is doubtful.
func (f *folding) trusted(p *Planned) (kept []quality.Subgroup, doubtful bool) {
	doubted := func(s *quality.Subgroup) bool {
		i := slices.IndexFunc(f.f.Gauges, func(g GaugeFacts) bool { return g.ID == s.Gauge && s.Gauge != "" })
		return i >= 0 && slices.ContainsFunc(f.f.Gauges[i].Doubts, func(d Stretch) bool { return s.At >= d.From && s.At < d.To })
	}
	var good plant.Instant // last one that nobody doubts
	for i := range p.Subgroups {
		if !doubted(&p.Subgroups[i]) {
			good = p.Subgroups[i].At
		}
	}
	for _, s := range p.Subgroups {
		if !doubted(&s) {
			kept = append(kept, s)
		} else if s.At > good {
			kept, doubtful = append(kept, s), true
		}
	}
	return kept, doubtful
}

// notes takes down who measured, and with what.
func (f *folding) notes(l *Line, s *quality.Subgroup) {
	f.used = append(f.used, *s)
	if len(l.Inspections) < maxIDs {
		l.Inspections = append(l.Inspections, s.ID)
	}
	if strings.HasPrefix(s.By, "tag:") {
		f.signals[l.Characteristic+" "+s.By] = true
	} else if !slices.Contains(f.c.Inspectors, s.By) {
		f.c.Inspectors = append(f.c.Inspectors, s.By)
	}
	for _, g := range f.f.Gauges {
		if g.ID == s.Gauge && !slices.Contains(l.Gauges, g.Number) {
			l.Gauges = append(l.Gauges, g.Number)
		}
	}
}

// sampled folds what sampling said: of each lot the last judgement counts.
func (f *folding) sampled(l *Line, p *Planned) {
	last := map[string]bool{}
	ids := sha256.New()
	for _, s := range p.Sampled {
		l.Subgroups++
		l.N += s.Inspect
		l.Found += int64(s.Found)
		if l.From == 0 {
			l.From = s.At
		}
		l.To, last[s.Lot] = s.At, s.Accepted
		l.Plan = fmt.Sprintf("n %d, Ac %d, Re %d", s.N, s.Ac, s.Re)
		if len(l.Inspections) < maxIDs {
			l.Inspections = append(l.Inspections, s.ID)
		}
		fmt.Fprintf(ids, "%s\n", s.ID)
		if !slices.Contains(f.c.Inspectors, s.By) {
			f.c.Inspectors = append(f.c.Inspectors, s.By)
		}
	}
	if l.Subgroups == 0 {
		return
	}
	l.IDs, l.Result = hex.EncodeToString(ids.Sum(nil)), Conforms
	for _, accepted := range last {
		if !accepted {
			l.Result = Rejected
		}
	}
}

func least(a *float64, v float64) *float64 {
	if a == nil || v < *a {
		return &v
	}
	return a
}

func greatest(a *float64, v float64) *float64 {
	if a == nil || v > *a {
		return &v
	}
	return a
}
