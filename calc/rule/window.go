package rule

import "math"

// Function is what a window tells of an expression.
type Function string

// Functions over windows. The first four are of numbers, the others of conditions.
const (
	Avg      Function = "avg"      // mean, each value weighed by the time it held
	Min      Function = "min"      // smallest value that held
	Max      Function = "max"      // largest value that held
	Rate     Function = "rate"     // change from the beginning of the window to now, per minute
	Duration Function = "duration" // how long the condition held within the window, s
	Count    Function = "count"    // how often it became true within the window
	Since    Function = "since"    // how long ago it held last, s; the window's length where it did not
)

// Functions are all of them, as people look for them.
var Functions = []Function{Avg, Min, Max, Rate, Duration, Count, Since}

// ofCondition says whether the function is of conditions.
func (f Function) ofCondition() bool { return f == Duration || f == Count || f == Since }

// window follows one expression over the last length µs. A value holds until the next
// one. What it tells depends on what held within the window alone, not on when the fold
// began.
type window struct {
	function Function
	length   int64

	known bool
	from  int64   // since when all is known
	parts []part  // of the window, the first began at or before its beginning
	area  exact   // of all parts but the last, value × µs
	best  []part  // candidates for the extreme, best first
	rises []int64 // instants at which the condition became true
}

// part is a value with the time from which it held; until is 0 while it holds.
type part struct {
	at, until int64
	value     float64
}

// take tells the value from an instant on.
func (w *window) take(at int64, value float64) {
	n := len(w.parts)
	if !w.known {
		w.known, w.from = true, at
	} else if last := &w.parts[n-1]; last.value == value {
		return
	} else {
		last.until = at
		w.area.add(last.value, at-last.at)
	}
	w.parts = append(w.parts, part{at: at, value: value})
	switch w.function {
	case Min, Max:
		w.takeExtreme(at, value)
	case Count:
		if value != 0 && n > 0 { // what held when knowledge began did not begin then
			w.rises = append(w.rises, at)
		}
	}
}

func (w *window) takeExtreme(at int64, value float64) {
	if n := len(w.best); n > 0 {
		w.best[n-1].until = at // it was the value that held
	}
	for n := len(w.best); n > 0 && (w.function == Max && w.best[n-1].value <= value || w.function == Min && w.best[n-1].value >= value); n-- {
		w.best = w.best[:n-1]
	}
	w.best = append(w.best, part{at: at, value: value})
}

// miss tells that the value is not known from now on.
func (w *window) miss() {
	w.known, w.parts, w.best, w.rises, w.area = false, w.parts[:0], w.best[:0], w.rises[:0], exact{}
}

// value is what the window tells at an instant; not ok while less than the whole of it
// is known.
func (w *window) value(at int64) (float64, bool) {
	begin := at - w.length
	if !w.known || w.from > begin {
		return 0, false
	}
	w.forget(begin)
	last := w.parts[len(w.parts)-1]
	switch w.function {
	case Min, Max:
		return w.best[0].value, true
	case Rate:
		return (last.value - w.parts[0].value) * float64(minute) / float64(w.length), true
	case Count:
		return float64(len(w.rises)), true
	case Since:
		return float64(w.since(at, begin)) / float64(second), true
	}
	area := w.area
	area.add(last.value, at-last.at)
	area.add(-w.parts[0].value, begin-w.parts[0].at)
	if w.function == Duration {
		return area.value() / float64(second), true
	}
	return area.value() / float64(w.length), true
}

// since is how long ago the condition held, at most the window's length.
func (w *window) since(at, begin int64) int64 {
	for i := len(w.parts) - 1; i >= 0; i-- {
		if p := w.parts[i]; p.value != 0 {
			if p.until == 0 {
				return 0
			}
			return at - max(p.until, begin)
		}
	}
	return at - begin
}

// forget drops what ended before the window began.
func (w *window) forget(begin int64) {
	n := 0
	for n+1 < len(w.parts) && w.parts[n+1].at <= begin {
		w.area.add(-w.parts[n].value, w.parts[n+1].at-w.parts[n].at)
		n++
	}
	w.parts = w.parts[n:]
	n = 0
	for n < len(w.best) && w.best[n].until != 0 && w.best[n].until <= begin {
		n++
	}
	w.best = w.best[n:]
	n = 0
	for n < len(w.rises) && w.rises[n] <= begin {
		n++
	}
	w.rises = w.rises[n:]
}

// exact is a sum of products to about twice the digits of a float64 (error-free
// transformations; Dekker 1971, Ogita, Rump and Oishi 2005), so that what was added and
// is taken away again leaves nothing: the same window has the same mean wherever the
// fold began.
type exact struct{ high, low float64 }

// add adds value × µs.
func (e *exact) add(value float64, us int64) {
	t := float64(us)
	p := value * t
	rest := math.FMA(value, t, -p)
	s := e.high + p
	b := s - e.high
	rest += (e.high - (s - b)) + (p - b)
	e.low += rest
	e.high = s
	// brought back to one number and its remainder
	s = e.high + e.low
	e.low -= s - e.high
	e.high = s
}

func (e exact) value() float64 { return e.high + e.low }
