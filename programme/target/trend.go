package target

import (
	"context"
	"errors"
	"fmt"

	"zhigai/plant"
)

// maxYears bounds a trend: as long as a policy and what it is compared with.
const maxYears = 12

// Point is an indicator's value of one year.
type Point struct {
	Year       int              `json:"year"`
	Value      *float64         `json:"value"`
	Reason     string           `json:"reason,omitempty"`
	Terms      map[string]int64 `json:"terms"`
	Coverage   *float64         `json:"coverage"`
	Confidence string           `json:"confidence" enum:"A,B,C,D"`
	Wanted     *float64         `json:"wanted,omitempty" doc:"What the first target that has the indicator asks for in the year"`
}

// NoDivision is why there is no value of a year in which the region did not
// exist.
const NoDivision = "no_division"

// Trend is the indicator in each year from the first to the question's, by the
// facts that are known today.
func (d *Desk) Trend(ctx context.Context, tenant plant.TenantNo, id string, q Question, first int) ([]Point, error) {
	if first > q.Year || q.Year-first >= maxYears {
		return nil, fmt.Errorf("%w: from: %d to %d; ask for 1 to %d years", ErrInvalid, first, q.Year, maxYears)
	}
	settings, err := d.Store.Settings(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]Point, 0, q.Year-first+1)
	for year := first; year <= q.Year; year++ {
		one := q
		if one.Year = year; one.Base >= year {
			one.Base = 0
		}
		p := Point{Year: year, Terms: map[string]int64{}, Confidence: "D"}
		r, err := d.Result(ctx, tenant, id, one)
		switch {
		case errors.Is(err, plant.ErrRegionNotYet) || errors.Is(err, plant.ErrRegionEnded):
			p.Reason = NoDivision
		case err != nil:
			return nil, err
		default:
			p.Value, p.Reason, p.Terms, p.Coverage, p.Confidence = r.Value, r.Reason, r.Terms, r.Coverage, r.Confidence
		}
		for _, t := range d.Book.Targets() {
			if len(t.Indicators) > 0 && t.Indicators[0] == id {
				p.Wanted = Wanted(t, settings, year)
				break
			}
		}
		out = append(out, p)
	}
	return out, nil
}
