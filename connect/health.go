package connect

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhigai/connect/tap"
	"zhigai/plant"
)

// DeviceHealth is how a device answers, counted since its collection began: when the
// node started, or when the device was last changed.
type DeviceHealth struct {
	Device      plant.DeviceID `json:"device"`
	Since       time.Time      `json:"since"` // counted from then on
	Answers     int64          `json:"answers"`
	LastAnswer  time.Time      `json:"last_answer,omitzero"`
	Connections int64          `json:"connections"` // opened with success
	Lost        int64          `json:"lost"`        // contact, after it was won
	Missed      int64          `json:"missed_periods"`
	Failures    []Failure      `json:"failures" nullable:"false"`
	LastFailure *LastFailure   `json:"last_failure,omitempty"`
	Response    Response       `json:"response_ms"`
	Longest     float64        `json:"longest_ms"`
	// Histogram of all response times. It is all zeros of a device that speaks by
	// itself: nobody asks it.
	Histogram []Bucket `json:"histogram" nullable:"false"`
	// Without are points whose last reading gave no value, at most maxWithout.
	Without      []LatestValue `json:"without_value" nullable:"false"`
	WithoutTotal int           `json:"without_value_total"`
	Points       int           `json:"points"`
}

// Failure is how often something went wrong: with a question as a whole, and with
// a single point of an answer.
type Failure struct {
	Kind      string    `json:"kind"` // timeout, refused, malformed …; of readings also the reasons of a quality
	Questions int64     `json:"questions"`
	Readings  int64     `json:"readings"`
	Last      time.Time `json:"last,omitzero"` // of a question
}

// LastFailure is the newest failure of a question.
type LastFailure struct {
	Time time.Time `json:"time"`
	Kind string    `json:"kind"`
	Text string    `json:"text"`
}

// Bucket counts response times above the bucket before and up to this one.
type Bucket struct {
	UpTo  float64 `json:"up_to_ms,omitempty"` // 0 of the last: without end
	Count int64   `json:"count"`
}

// bucketEnds are the ends of the histogram's buckets: 1-2-5 in each decade from
// what a controller in the same hall takes to what a radio link may take. Beyond
// the last stands what is longer.
var bucketEnds = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
}

const (
	// maxWithout points are listed: enough to see what is wrong with a profile, and
	// a page a person can read.
	maxWithout = 200
	// WatchFor is how long frames are kept after somebody asked: a person looks for
	// some minutes and must not have to think of switching it off.
	WatchFor = 10 * time.Minute
	// MaxWatched devices at a time keep frames: each needs up to 64 KiB and a copy
	// of all that passes.
	MaxWatched = 16
)

// tally is what a meter counts for [DeviceHealth]. The meter's lock guards it.
type tally struct {
	since       time.Time
	connections int64
	lost        int64
	buckets     [len(bucketEnds) + 1]int64
	longest     time.Duration
	failedAt    map[string]time.Time
	last        *LastFailure
}

func (t *tally) time(took time.Duration) {
	t.longest = max(t.longest, took)
	i := 0
	for i < len(bucketEnds) && took > bucketEnds[i] {
		i++
	}
	t.buckets[i]++
}

// failed counts what went wrong with a question.
func (m *meter) failed(kind string, err error, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Errors[kind]++
	m.tally.failedAt[kind] = now.UTC()
	m.tally.last = &LastFailure{Time: now.UTC(), Kind: kind, Text: err.Error()}
}

func (m *meter) connected() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tally.connections++
}

func (m *meter) lostContact() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tally.lost++
}

func (m *meter) health() DeviceHealth {
	s := m.snapshot()
	m.mu.Lock()
	defer m.mu.Unlock()
	out := DeviceHealth{
		Device: s.ID, Since: m.tally.since, Answers: s.Requests, LastAnswer: s.LastAnswer, Connections: m.tally.connections, Lost: m.tally.lost,
		Missed: s.Missed, Response: s.Response, Longest: ms(m.tally.longest), Histogram: make([]Bucket, len(m.tally.buckets)), Points: len(m.points),
		LastFailure: m.tally.last, Without: []LatestValue{}, Failures: m.failures(),
	}
	for i, n := range m.tally.buckets {
		out.Histogram[i].Count = n
		if i < len(bucketEnds) {
			out.Histogram[i].UpTo = ms(bucketEnds[i])
		}
	}
	for i := range m.latest {
		if !m.latest[i].quality.IsBad() {
			continue
		}
		if out.WithoutTotal++; len(out.Without) < maxWithout {
			out.Without = append(out.Without, m.latest[i].words(&m.points[i]))
		}
	}
	return out
}

// failures of questions and of single readings by kind, the most frequent first.
// The lock is held.
func (m *meter) failures() []Failure {
	rows := map[string]Failure{}
	for kind, n := range m.status.Errors {
		rows[kind] = Failure{Kind: kind, Questions: n, Last: m.tally.failedAt[kind]}
	}
	for q, n := range m.gated {
		if n == 0 {
			continue
		}
		_, kind, _ := strings.Cut(plant.Quality(q).String(), ":")
		row := rows[kind]
		row.Kind = kind
		row.Readings += n
		rows[kind] = row
	}
	out := slices.AppendSeq(make([]Failure, 0, len(rows)), maps.Values(rows)) // never null on the page
	slices.SortFunc(out, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Questions+b.Readings, a.Questions+a.Readings), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// failed counts an error of a question.
func (r *runner) failed(err error) {
	r.noted = err
	r.meter.failed(failureOf(err), err, r.c.o.Now())
}

// ringOf makes the ring of a device's frames, which shows nothing that its
// settings keep secret.
func ringOf(d plant.Device, now func() time.Time) *tap.Ring {
	var hidden []string
	for name, value := range d.Params {
		if plant.SecretParam(name) {
			hidden = append(hidden, value)
		}
	}
	if u, err := url.Parse(d.Address); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			hidden = append(hidden, password)
		}
	}
	return tap.New(now, hidden...)
}

func (c *Collector) runner(id plant.DeviceID) *runner {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runners[id]
}

// Health tells how a device answers; false when it does not run here.
func (c *Collector) Health(id plant.DeviceID) (DeviceHealth, bool) {
	r := c.runner(id)
	if r == nil {
		return DeviceHealth{}, false
	}
	return r.meter.health(), true
}

// ErrWatched means that frames of so many devices are kept already that there is
// no room for another.
var ErrWatched = errors.New("too many devices are watched")

// Watch keeps the frames of a device for [WatchFor]. The error wraps ErrNotHere or
// ErrWatched.
func (c *Collector) Watch(id plant.DeviceID) (until time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.runners[id]
	if r == nil {
		return time.Time{}, ErrNotHere
	}
	var watched []string
	for other, one := range c.runners {
		switch {
		case other == id:
		case one.ring.Watched():
			watched = append(watched, one.spec.Path)
		default:
			one.ring.Forget()
		}
	}
	if len(watched) >= MaxWatched {
		slices.Sort(watched)
		return time.Time{}, fmt.Errorf("%w: %s; wait until a watch ends, %s after it began", ErrWatched, strings.Join(watched, ", "), WatchFor)
	}
	return r.ring.Watch(WatchFor), nil
}

// Frames are the last frames of a device since it is watched, and until when it
// is: the zero time when it is not any more. False when it does not run here.
func (c *Collector) Frames(id plant.DeviceID) (frames []tap.Frame, until time.Time, ok bool) {
	r := c.runner(id)
	if r == nil {
		return nil, time.Time{}, false
	}
	return r.ring.Frames(), r.ring.Until(), true
}
