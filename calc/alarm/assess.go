package alarm

import (
	"cmp"
	"slices"
)

// Marks of alarm performance: ISA-18.2-2016 clause 16.5 and EEMUA 191, by operator.
const (
	FloodWindow = 10 * minute // alarms are counted in
	FloodBegins = 10          // more than these are a flood
	FloodEnds   = 5           // fewer than these end it
	ChatterIn   = minute      // an alarm that comes
	Chatters    = 3           // this often in it chatters
	StaleAfter  = day         // an alarm that stands longer is stale
	topAlarms   = 10
)

// Flood is time in which alarms came faster than a person can answer.
type Flood struct {
	Span
	Count int // alarms that came in it
	Peak  int // the most in ten minutes
}

// Floods finds the floods among instants at which alarms came, in order. A flood
// begins with the first of more than ten alarms within ten minutes and ends where
// fewer than five came in the ten minutes before.
func Floods(begins []int64) []Flood {
	var out []Flood
	var now *Flood
	first := 0 // of the last ten minutes
	for i, at := range begins {
		for begins[first] <= at-FloodWindow {
			first++
		}
		within := i - first + 1
		if now != nil && within < FloodEnds {
			now.To = begins[i-FloodEnds] + FloodWindow
			now = nil
		}
		switch {
		case now == nil && within > FloodBegins:
			out = append(out, Flood{Span: Span{From: begins[first], To: at}, Count: within, Peak: within})
			now = &out[len(out)-1]
		case now != nil:
			now.Count, now.Peak, now.To = now.Count+1, max(now.Peak, within), at
		}
	}
	if now != nil {
		now.To = begins[len(begins)-FloodEnds] + FloodWindow
	}
	return out
}

// Occurrence is an alarm that came, whichever.
type Occurrence struct {
	ID       string // of the alarm: the same each time that it comes
	From, To int64
	Open     bool
	Priority int // 1 is the most urgent
}

// Often is how often one alarm came.
type Often struct {
	ID    string
	Count int
	Share float64 // of all
	From  int64   // the first
}

// Load is what a list of alarms asks of the people who answer it.
type Load struct {
	Count     int
	PerDay    float64 // and operator
	MostIn10  int     // the most in ten minutes, for all operators together
	Floods    []Flood
	FloodTime float64 // share of the time, 0..1
	// Chattering are alarms that came three times within a minute, each with how
	// often it came within such a minute; Stale those that stood longer than a day.
	Chattering []Often
	Stale      []Occurrence
	// Split is how many came of the priorities 1 to 4.
	Split [4]int
	Top   []Often // the ten that came most often
}

// Assess judges the alarms that came in [from, to) for a number of operators. Ones
// that stood from before count only as stale.
func Assess(all []Occurrence, from, to int64, operators int) Load {
	var l Load
	if to <= from {
		return l
	}
	came := map[string][]int64{}
	var begins []int64
	for _, o := range all {
		if o.To-max(o.From, 0) > StaleAfter && o.To > from {
			l.Stale = append(l.Stale, o)
		}
		if o.From < from || o.From >= to {
			continue
		}
		l.Count++
		l.Split[min(max(o.Priority, 1), 4)-1]++
		begins, came[o.ID] = append(begins, o.From), append(came[o.ID], o.From)
	}
	slices.Sort(begins)
	l.PerDay = float64(l.Count) * float64(day) / float64(to-from) / float64(max(operators, 1))
	l.Floods = Floods(begins)
	var flooded int64
	for _, f := range l.Floods {
		flooded += min(f.To, to) - f.From
	}
	l.FloodTime = float64(flooded) / float64(to-from)
	first := 0
	for i, at := range begins {
		for begins[first] <= at-FloodWindow {
			first++
		}
		l.MostIn10 = max(l.MostIn10, i-first+1)
	}
	for id, at := range came {
		slices.Sort(at)
		l.Top = append(l.Top, Often{ID: id, Count: len(at), Share: float64(len(at)) / float64(l.Count), From: at[0]})
		if n, since := chatter(at); n > 0 {
			l.Chattering = append(l.Chattering, Often{ID: id, Count: n, Share: float64(n) / float64(l.Count), From: since})
		}
	}
	often := func(a, b Often) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(l.Top, often)
	slices.SortFunc(l.Chattering, often)
	l.Top = l.Top[:min(topAlarms, len(l.Top))]
	return l
}

// chatter counts the instants that lie within a minute with at least two others,
// and says when that began.
func chatter(at []int64) (n int, since int64) {
	counted := -1
	for i := Chatters - 1; i < len(at); i++ {
		if at[i]-at[i-Chatters+1] >= ChatterIn {
			continue
		}
		if n == 0 {
			since = at[i-Chatters+1]
		}
		n += i - max(counted, i-Chatters)
		counted = i
	}
	return n, since
}
