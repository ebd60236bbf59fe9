package cost

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
)

// Line is a cost, or something that would cost and has no rate.
type Line struct {
	Category  Category     `json:"category" enum:"prevention,appraisal,internal,external"`
	What      What         `json:"what"`
	Month     string       `json:"month" doc:"As 2026-11, by the clock of the plant"`
	Product   string       `json:"product,omitempty"`
	Operation int          `json:"operation,omitempty"`
	Place     plant.NodeID `json:"place,omitempty"`
	PlaceName plant.Name   `json:"place_name,omitzero"`
	Cause     string       `json:"cause,omitempty"`
	Quantity  float64      `json:"quantity"`
	Unit      string       `json:"unit" enum:"piece,h,inspection,calibration,entry"`
	Fen       *int64       `json:"fen" doc:"分; null where no rate holds"`
	Rate      string       `json:"rate,omitempty" doc:"Id of the rate"`
	Source    string       `json:"source,omitempty" doc:"Of the rate, or the voucher of an entry"`
	Of        Of           `json:"of"`

	path      string
	count, ms int64
}

// Sum is what costs have in common.
type Sum struct {
	Key       string     `json:"key"`
	Name      plant.Name `json:"name,omitzero"`
	Fen       int64      `json:"fen" doc:"分"`
	Share     float64    `json:"share" doc:"Of all, 0..1; 0 of nothing"`
	Uncounted int64      `json:"uncounted,omitempty" doc:"Lines without a rate, which are not in it"`
}

// Month is a month by category.
type Month struct {
	Month      string  `json:"month"`
	Fen        int64   `json:"fen"`
	Categories []int64 `json:"categories" nullable:"false" doc:"分: prevention, appraisal, internal, external"`
	Uncounted  int64   `json:"uncounted,omitempty"`
}

// Uncounted is what has no rate.
type Uncounted struct {
	What      What    `json:"what"`
	Product   string  `json:"product,omitempty"`
	Operation int     `json:"operation,omitempty"`
	Quantity  float64 `json:"quantity"`
	Unit      string  `json:"unit"`
	Lines     int64   `json:"lines"`
}

// Report is the cost of quality of a stretch of time.
type Report struct {
	From       plant.Instant `json:"from"`
	To         plant.Instant `json:"to"`
	Fen        int64         `json:"fen" doc:"分; of what was counted"`
	Coverage   *float64      `json:"coverage" doc:"Lines that have a rate or were entered, of all, 0..1; null where nothing cost"`
	Categories []Sum         `json:"categories" nullable:"false"`
	Months     []Month       `json:"months" nullable:"false"`
	Kinds      []Sum         `json:"kinds" nullable:"false" doc:"By what costs, the most first"`
	Products   []Sum         `json:"products" nullable:"false"`
	Operations []Sum         `json:"operations" nullable:"false" doc:"Key: product and operation"`
	Causes     []Sum         `json:"causes" nullable:"false"`
	Uncounted  []Uncounted   `json:"uncounted" nullable:"false" doc:"What has no rate: it is not in any sum"`
	Lines      []Line        `json:"lines" nullable:"false" doc:"The most first; 2000 at most"`
	More       bool          `json:"more,omitempty" doc:"There are more lines than are listed"`
}

// maxLines bounds the lines of a report: sums are of all.
const maxLines = 2000

// zone is that of the months people write: one zone, by law, for all of China.
var zone = time.FixedZone("UTC+8", 8*60*60)

func monthOf(at plant.Instant) string { return at.Time().In(zone).Format("2006-01") }

// rateFor is the most exact rate that holds for something; of two as exact the one that
// holds since later.
func rateFor(rates []Rate, d *Did) *Rate {
	var best *Rate
	exact := func(r *Rate) int {
		n := 0
		if r.Product != "" {
			n += 4
		}
		if r.Operation != 0 {
			n += 2
		}
		return n
	}
	for i := range rates {
		r := &rates[i]
		if r.Ended || r.What != d.What || r.From > d.At || r.Product != "" && r.Product != d.Product || r.Operation != 0 && r.Operation != d.Operation || r.Path != "" && !plant.Within(d.Path, r.Path) {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(exact(r), exact(best)), cmp.Compare(len(r.Path), len(best.Path)), cmp.Compare(r.From, best.From), cmp.Compare(r.ID, best.ID)) > 0 {
			best = r
		}
	}
	return best
}

// Fold prices what happened, and adds what was entered.
func Fold(from, to plant.Instant, did []Did, rates []Rate, entries []Entry) Report {
	lines := map[Line]*Line{}
	var all []*Line
	for i := range did {
		d := &did[i]
		l := Line{Category: categoryOf[d.What], What: d.What, Month: monthOf(d.At), Product: d.Product, Operation: d.Operation, Place: d.Place, PlaceName: d.PlaceName, Cause: d.Cause, Of: d.Of, path: d.Path}
		if r := rateFor(rates, d); r != nil {
			l.Rate = r.ID
		}
		if lines[l] == nil { // facts of one kind in one month are one line
			key := l
			lines[key] = &l
			all = append(all, &l)
		} else {
			lines[l].count, lines[l].ms = lines[l].count+d.Count, lines[l].ms+d.Ms
			continue
		}
		l.count, l.ms = d.Count, d.Ms
	}
	for _, l := range all {
		l.price(rates)
	}
	for _, e := range entries {
		if e.Withdrawn != nil || e.At < from || e.At >= to {
			continue
		}
		fen := e.Fen
		of := Of{Kind: "entry", ID: e.ID, Name: e.Text}
		if e.Case != "" {
			of = Of{Kind: "case", ID: e.Case, Name: e.Text}
		}
		all = append(all, &Line{Category: e.Category, What: e.What, Month: monthOf(e.At), Product: e.Product, Place: e.Place, PlaceName: e.PlaceName, Cause: e.Cause, Quantity: 1, Unit: "entry", Fen: &fen, Source: e.Source, Of: of})
	}
	return report(from, to, all)
}

// price gives a line its quantity and, where a rate holds, its cost. Hours are rounded
// once, half up.
func (l *Line) price(rates []Rate) {
	var r *Rate
	if i := slices.IndexFunc(rates, func(o Rate) bool { return o.ID == l.Rate }); l.Rate != "" && i >= 0 {
		r = &rates[i]
		l.Source = r.Source
	}
	switch l.What {
	case Rework:
		l.Quantity, l.Unit = float64(l.ms)/hourMs, "h"
	case Inspection:
		l.Quantity, l.Unit = float64(l.count), "inspection"
	case Calibration:
		l.Quantity, l.Unit = float64(l.count), "calibration"
	default:
		l.Quantity, l.Unit = float64(l.count), "piece"
	}
	if r == nil {
		return
	}
	fen := l.count * r.Fen
	switch l.What {
	case Rework:
		fen = hours(l.ms, r.Fen)
	case Inspection:
		fen = hours(int64(math.Round(r.Minutes*60_000))*l.count, r.Fen)
	}
	l.Fen = &fen
}

const hourMs = 3_600_000

// hours is what ms milliseconds cost at fen an hour: up to a century at a million yuan
// an hour without an overflow.
func hours(ms, fen int64) int64 {
	return ms/hourMs*fen + (ms%hourMs*fen+hourMs/2)/hourMs
}

// report adds lines up.
func report(from, to plant.Instant, all []*Line) Report {
	r := Report{From: from, To: to, Months: []Month{}, Lines: []Line{}}
	months, counted := map[string]*Month{}, int64(0)
	by := [5]map[string]*Sum{}
	for i := range by {
		by[i] = map[string]*Sum{}
	}
	for _, c := range Categories {
		by[0][string(c)] = &Sum{Key: string(c)}
	}
	missing := map[Uncounted]*Uncounted{}
	for _, l := range all {
		m := months[l.Month]
		if m == nil {
			m = &Month{Month: l.Month, Categories: make([]int64, len(Categories))}
			months[l.Month] = m
		}
		keys := [5]string{string(l.Category), string(l.What), l.Product, strings.Trim(l.Product+" "+strconv.Itoa(l.Operation), " "), l.Cause}
		if l.Operation == 0 {
			keys[3] = ""
		}
		for i, key := range keys {
			s := by[i][key]
			if s == nil {
				s = &Sum{Key: key}
				by[i][key] = s
			}
			if l.Fen == nil {
				s.Uncounted++
				continue
			}
			s.Fen += *l.Fen
		}
		if l.Fen == nil {
			m.Uncounted++
			key := Uncounted{What: l.What, Product: l.Product, Operation: l.Operation, Unit: l.Unit}
			if missing[key] == nil {
				one := key
				missing[key] = &one
			}
			missing[key].Quantity += l.Quantity
			missing[key].Lines++
			continue
		}
		counted++
		r.Fen += *l.Fen
		m.Fen += *l.Fen
		m.Categories[slices.Index(Categories, l.Category)] += *l.Fen
	}
	if len(all) > 0 {
		share := float64(counted) / float64(len(all))
		r.Coverage = &share
	}
	for _, key := range slices.Sorted(maps.Keys(months)) {
		r.Months = append(r.Months, *months[key])
	}
	for _, c := range Categories {
		s := *by[0][string(c)]
		s.share(r.Fen)
		r.Categories = append(r.Categories, s)
	}
	r.Kinds, r.Products, r.Operations, r.Causes = sorted(by[1], r.Fen), sorted(by[2], r.Fen), sorted(by[3], r.Fen), sorted(by[4], r.Fen)
	r.Uncounted = []Uncounted{}
	for _, u := range missing {
		r.Uncounted = append(r.Uncounted, *u)
	}
	slices.SortFunc(r.Uncounted, func(a, b Uncounted) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Operation, b.Operation))
	})
	slices.SortStableFunc(all, func(a, b *Line) int {
		return cmp.Or(cmp.Compare(fenOf(b), fenOf(a)), cmp.Compare(a.Month, b.Month), cmp.Compare(a.What, b.What), cmp.Compare(a.Of.ID, b.Of.ID), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Cause, b.Cause))
	})
	r.More = len(all) > maxLines
	for _, l := range all[:min(len(all), maxLines)] {
		r.Lines = append(r.Lines, *l)
	}
	return r
}

// fenOf is the cost of a line, and below nothing of one without a rate.
func fenOf(l *Line) int64 {
	if l.Fen == nil {
		return -1
	}
	return *l.Fen
}

func (s *Sum) share(of int64) {
	if of > 0 {
		s.Share = float64(s.Fen) / float64(of)
	}
}

func sorted(by map[string]*Sum, of int64) []Sum {
	out := make([]Sum, 0, len(by))
	for _, s := range by {
		s.share(of)
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Sum) int { return cmp.Or(cmp.Compare(b.Fen, a.Fen), cmp.Compare(a.Key, b.Key)) })
	return out
}
