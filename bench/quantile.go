package bench

import (
	"fmt"
	"slices"
	"time"
)

// Latencies are durations of one kind of event.
type Latencies struct {
	all    []time.Duration
	sorted bool
}

// Add notes one.
func (l *Latencies) Add(d time.Duration) { l.all, l.sorted = append(l.all, d), false }

// AddPaced notes one of events that were meant to begin every so often, one
// after the other: while one took longer, those behind it waited and were not
// seen. They are put in, each with what it would have waited.
func (l *Latencies) AddPaced(d, every time.Duration) {
	l.Add(d)
	for rest := d - every; every > 0 && rest > 0; rest -= every {
		l.Add(rest)
	}
}

// Len is how many there are.
func (l *Latencies) Len() int { return len(l.all) }

// Quantile is the smallest duration that at least the share q (0..1) of all do
// not exceed; 0 when there is none.
func (l *Latencies) Quantile(q float64) time.Duration {
	if len(l.all) == 0 {
		return 0
	}
	if !l.sorted {
		slices.Sort(l.all)
		l.sorted = true
	}
	n := int(q * float64(len(l.all)))
	if float64(n) < q*float64(len(l.all)) {
		n++
	}
	return l.all[min(max(n, 1), len(l.all))-1]
}

// Row is p50 and p99 in milliseconds. limit is what p99 must stay below; zero
// wants nothing.
func (l *Latencies) Row(what string, limit time.Duration) Row {
	p50, p99 := millis(l.Quantile(0.5)), millis(l.Quantile(0.99))
	r := Row{What: what, Value: p99, Unit: "ms", Shown: fmt.Sprintf("p50 %s ms, p99 %s ms, n %d", digits(p50), digits(p99), l.Len())}
	if limit > 0 {
		r.Wanted, r.Missed = fmt.Sprintf("p99 < %s ms", digits(millis(limit))), l.Len() == 0 || l.Quantile(0.99) >= limit
	}
	return r
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
