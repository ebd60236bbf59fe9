package quality

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/calc/sampling"
	"zhigai/plant"
)

// Supplier is what inspection by sampling said of the lots of one supplier. A lot that
// was rejected and comes again counts apart: its units were looked at before.
type Supplier struct {
	Supplier string          `json:"supplier"`
	Lots     int             `json:"lots" doc:"Inspected for the first time"`
	Refused  int             `json:"refused" doc:"Of them"`
	Again    int             `json:"again" doc:"Lots that came again after they were rejected"`
	Units    int64           `json:"units" doc:"In the lots"`
	Looked   int64           `json:"looked" doc:"Units that were looked at"`
	Found    int64           `json:"found" doc:"Of them did not conform"`
	PPM      float64         `json:"ppm" doc:"Nonconforming units in a million, by those that were looked at"`
	Low      float64         `json:"ppm_low" doc:"Interval of 95 % (Clopper and Pearson); lots are taken for alike"`
	High     float64         `json:"ppm_high"`
	Last     plant.Instant   `json:"last" doc:"When the newest lot was inspected"`
	Months   []SupplierMonth `json:"months" nullable:"false" doc:"Those with lots, oldest first"`
}

// SupplierMonth is a month of a supplier, in China.
type SupplierMonth struct {
	Month   string `json:"month"`
	Lots    int    `json:"lots"`
	Refused int    `json:"refused"`
	Looked  int64  `json:"looked"`
	Found   int64  `json:"found"`
}

// shareConfidence is of the interval that a supplier's share has.
const shareConfidence = 0.95

// Suppliers folds the lots of a scope that were inspected within [from, to), by the
// supplier that was entered with each; the one with most nonconforming units in a
// million first. Lots without a supplier are left out.
func (d *Desk) Suppliers(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]Supplier, error) {
	by := map[string]*Supplier{}
	f := Filter{Scope: scope, Limit: maxList}
	for {
		page, err := d.Lots(ctx, f) // the newest first
		if err != nil {
			return nil, err
		}
		for _, l := range page {
			f.Before = l.ID
			if l.Supplier == "" || l.At < from || l.At >= to {
				continue
			}
			s := by[l.Supplier]
			if s == nil {
				s = &Supplier{Supplier: l.Supplier, Last: l.At}
				by[l.Supplier] = s
			}
			s.add(&l)
		}
		if len(page) < f.Limit || page[len(page)-1].At < from {
			break
		}
	}
	out := make([]Supplier, 0, len(by))
	for s := range maps.Values(by) {
		if s.Looked > 0 {
			const million = 1e6
			low, high := sampling.Share(s.Found, s.Looked, shareConfidence)
			s.PPM, s.Low, s.High = million*float64(s.Found)/float64(s.Looked), million*low, million*high
		}
		slices.Reverse(s.Months)
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Supplier) int { return cmp.Or(cmp.Compare(b.PPM, a.PPM), cmp.Compare(a.Supplier, b.Supplier)) })
	return out, nil
}

// shanghai keeps no summer time.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// add counts a lot; they come the newest first.
func (s *Supplier) add(l *Lot) {
	if l.Again {
		s.Again++
		return
	}
	month := l.At.Time().In(shanghai).Format("2006-01")
	if n := len(s.Months); n == 0 || s.Months[n-1].Month != month {
		s.Months = append(s.Months, SupplierMonth{Month: month})
	}
	m := &s.Months[len(s.Months)-1]
	s.Lots, m.Lots = s.Lots+1, m.Lots+1
	if !l.Accepted {
		s.Refused, m.Refused = s.Refused+1, m.Refused+1
	}
	found := min(int64(l.Found), l.Inspect)
	s.Units, s.Looked, s.Found = s.Units+l.Size, s.Looked+l.Inspect, s.Found+found
	m.Looked, m.Found = m.Looked+l.Inspect, m.Found+found
}
