package schedule

// line is a machine while a schedule is built from the front: what is put on it
// goes behind what is there. It is small, so that a try is a copy.
type line struct {
	free   int64 // when the last run ends
	family int32 // it is set up for
	window int32 // of the calendar in which free lies, or the next
	lock   int32 // the next of its locked operations, which must be gone round
	last   int32 // the operation put on it last, -1 for none

	// of the last run, where it is a batch that others may join
	batchStart int64
	used       int64 // 0: no batch
}

// reserved is a locked operation as a machine sees it.
type reserved struct {
	start, end int64
	family     int32
	op         int32
}

// never is an end that cannot be: the calendar has no more windows.
const never = int64(maxTime)

// station is what does not change about a machine.
type station struct {
	*Machine
	locks []reserved // by start
}

// put gives the earliest run of an operation that is ready at a time, and the
// machine behind it. end is never when the calendar has no place for it.
func (m *station) put(l line, o *Operation, op int32, ready, duration int64) (start, end, setup int64, _ line) {
	family := int32(o.Family)
	if l.used > 0 && l.family == family && ready <= l.batchStart && l.used+o.size() <= m.Capacity {
		if s, e, _ := m.fit(l.batchStart, duration, int(l.window), o.Interruptible); s == l.batchStart && e == l.free {
			l.used += o.size()
			l.last = op
			return s, e, 0, l
		}
	}
	for {
		var window int32
		start, end, setup, window = m.after(&l, o, family, ready, duration)
		if int(l.lock) == len(m.locks) || m.before(&m.locks[l.lock], end, family) {
			l.window = window
			break
		}
		r := &m.locks[l.lock]
		l.lock++
		l.used = 0
		if r.end >= l.free {
			l.free, l.family, l.last = r.end, r.family, r.op
			l.window = int32(m.skip(int(l.window), l.free))
		}
	}
	l.free, l.family, l.last = end, family, op
	if m.Capacity > 1 {
		l.batchStart, l.used = start, o.size()
	}
	return start, end, setup, l
}

// after is the earliest run behind what is on the machine, locks apart. The
// window it gives is one that is not behind the start.
func (m *station) after(l *line, o *Operation, family int32, ready, duration int64) (start, end, setup int64, window int32) {
	from, w := l.free, int(l.window)
	if m.Setup != nil {
		if setup = m.Setup[l.family][family]; setup > 0 {
			from = m.pass(w, from, setup)
		}
	}
	start, end, at := m.fit(max(from, ready), duration, w, o.Interruptible)
	return start, end, setup, int32(at)
}

// before says whether a run that ends at a time leaves what a lock needs.
func (m *station) before(r *reserved, end int64, family int32) bool {
	if end > r.start {
		return false
	}
	if m.Setup == nil {
		return true
	}
	setup := m.Setup[family][r.family]
	return setup == 0 || m.pass(m.skip(0, end), end, setup) <= r.start
}

// skip gives the first window from w on that ends after t.
func (m *station) skip(w int, t int64) int {
	for w < len(m.Open) && m.Open[w].To <= t {
		w++
	}
	return w
}

// pass is when so much open time has gone by since a time in window w or later.
func (m *station) pass(w int, from, open int64) int64 {
	if m.Open == nil {
		return from + open
	}
	for w = m.skip(w, from); w < len(m.Open); w++ {
		at := max(from, m.Open[w].From)
		if have := m.Open[w].To - at; open > have {
			open -= have
			continue
		}
		return at + open
	}
	return never
}

// fit is the earliest run of a duration from a time on, with its first window.
func (m *station) fit(from, duration int64, w int, interruptible bool) (start, end int64, window int) {
	if m.Open == nil {
		return from, from + duration, 0
	}
	w = m.skip(w, from)
	for ; w < len(m.Open); w++ {
		start = max(from, m.Open[w].From)
		have := m.Open[w].To - start
		if duration <= have {
			return start, start + duration, w
		}
		if interruptible {
			return start, m.pass(w, start, duration), w
		}
	}
	return never, never, w
}
