package health

import (
	"context"
	"math"
	"time"

	"zhigai/access"
	"zhigai/calc/life"
	"zhigai/calc/spc"
	"zhigai/calc/stat"
	"zhigai/plant"
)

// Left is when a point's vibration will reach the limit of its zone, if it goes on as
// since it began to rise; with what was said of it before, so that one sees how far
// such an answer is to be trusted.
type Left struct {
	Reason string `json:"reason,omitempty" enum:",no_limit,no_baseline,no_change,too_few,no_trend,at_limit,too_far,not_above,unordered" doc:"Why there is none"`
	// Limit is the boundary of zones C and D in mm/s RMS.
	Limit float64        `json:"limit_mm_s,omitempty"`
	Value *float64       `json:"value_mm_s" doc:"Of the newest window"`
	Onset plant.Instant  `json:"onset,omitempty" doc:"Since when it rises"`
	N     int            `json:"windows" doc:"That the trend is of"`
	P     *float64       `json:"p" doc:"Chance that no trend at all looks so"`
	At    plant.Instant  `json:"at,omitempty"`
	Low   plant.Instant  `json:"low,omitempty" doc:"The earliest, with a share of 0.9"`
	High  *plant.Instant `json:"high" doc:"The latest; null where the trend may be too slow to reach it"`
	Share float64        `json:"share"`
	// Past is what would have been said at earlier windows.
	Past []PastLeft `json:"past" nullable:"false"`
}

// PastLeft is what would have been said at a window.
type PastLeft struct {
	When plant.Instant  `json:"when"`
	At   plant.Instant  `json:"at"`
	Low  plant.Instant  `json:"low"`
	High *plant.Instant `json:"high"`
}

const (
	leftShare = 0.9
	// pastLefts is how many earlier answers are shown.
	pastLefts = 30
)

// Left says when a point will reach its limit.
func (d *Desk) Left(ctx context.Context, who access.Principal, id string) (Left, error) {
	p, err := d.Point(ctx, who, id)
	if err != nil {
		return Left{}, err
	}
	all, err := d.o.Store.Readings(ctx, who.Scope.Tenant, id, 0, plant.InstantOf(d.o.Now())+1, judged)
	if err != nil {
		return Left{}, err
	}
	group, ok := d.o.Zones.Group(p.Group)
	if !ok {
		return Left{Reason: "no_limit", Share: leftShare, Past: []PastLeft{}}, nil
	}
	return leftOf(all, group.CD), nil
}

// leftOf looks at readings, oldest first.
func leftOf(all []Reading, limit float64) Left {
	out := Left{Limit: limit, Share: leftShare, Past: []PastLeft{}}
	same := comparable(all)
	if len(same) > 0 {
		out.Value = same[len(same)-1].Velocity
	}
	from, why := onset(same)
	if why != "" {
		out.Reason = why
		return out
	}
	rising := same[from:]
	out.Onset, out.N = rising[0].At, len(rising)
	got, reason := reach(rising, limit)
	out.P = &got.P
	if got.N == 0 || reason == life.TooFew {
		out.P = nil
	}
	out.Reason = string(reason)
	if reason == "" {
		out.At, out.Low, out.High = when(rising[0].At, got)
	}
	step := max(1, len(rising)/pastLefts)
	for n := step; n < len(rising); n += step {
		if l, why := reach(rising[:n], limit); why == "" {
			one := PastLeft{When: rising[n-1].At}
			one.At, one.Low, one.High = when(rising[0].At, l)
			out.Past = append(out.Past, one)
		}
	}
	return out
}

// comparable are the readings with a velocity at the speed of the newest.
func comparable(all []Reading) (out []Reading) {
	if len(all) == 0 {
		return nil
	}
	last := all[len(all)-1]
	for _, r := range all {
		if !r.deaf() && r.Velocity != nil && *r.Velocity > 0 && sameSpeed(r, last) {
			out = append(out, r)
		}
	}
	return out
}

// onset is the first reading since which velocity lies above its baseline without
// coming back, by the sum that finds changes.
func onset(same []Reading) (from int, why string) {
	if len(same) <= baselineSize {
		return 0, "no_baseline"
	}
	logs := make([]float64, len(same))
	for i, r := range same {
		logs[i] = math.Log(*r.Velocity)
	}
	s, err := stat.Of(logs[:baselineSize])
	if err != nil {
		return 0, "no_baseline"
	}
	sums, err := spc.CUSUM(spc.Base{Center: s.Mean, StdDev: max(leastSpread, s.SD), Points: logs[baselineSize:]}, changeLimit, changeShift)
	if err != nil || len(sums.Up) == 0 || sums.Up[len(sums.Up)-1] <= changeLimit {
		return 0, "no_change"
	}
	from = len(sums.Up) - 1
	for from > 0 && sums.Up[from-1] > 0 {
		from--
	}
	return baselineSize + from, ""
}

const hour = plant.Instant(time.Hour / time.Microsecond)

func reach(rising []Reading, limit float64) (life.Left, life.NoLeft) {
	times, values := make([]float64, len(rising)), make([]float64, len(rising))
	for i, r := range rising {
		times[i], values[i] = float64(r.At-rising[0].At)/float64(hour), *r.Velocity
	}
	return life.Reach(times, values, limit, leftShare)
}

func when(from plant.Instant, l life.Left) (at, low plant.Instant, high *plant.Instant) {
	instant := func(h float64) plant.Instant { return from + plant.Instant(h*float64(hour)) }
	if l.High != nil && *l.High < farHours {
		high = new(instant(*l.High))
	}
	return instant(l.At), instant(l.Low), high
}

// farHours is beyond what is said as a date: ten years.
const farHours = 10 * 365 * 24.0
