// Package space watches how much room a disk has left: the marks at which a
// node warns, gives up what matters least, and stops accepting, and how many
// days are left at the present growth.
//
// It decides nothing about tags and deletes nothing: who asks [Watch.Level]
// acts on it. Start with [New].
package space

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Level says how little room is left. A higher one is worse.
type Level int32

const (
	OK     Level = iota
	Warn         // somebody should do something
	Low          // what is kept shortest is not kept any more
	Scarce       // only what figures rest on is kept
	Stop         // nothing is accepted; reading goes on
)

var names = [...]string{"ok", "warn", "low", "scarce", "stop"}

func (l Level) String() string { return names[l] }

// Usage is the room of a disk, in bytes.
type Usage struct{ Free, Total uint64 }

// Of asks the file system that holds dir.
func Of(dir string) (Usage, error) {
	u, err := vfs.Default.GetDiskUsage(dir)
	if err != nil {
		return Usage{}, fmt.Errorf("free room of %s: %w", dir, err)
	}
	return Usage{Free: u.AvailBytes, Total: u.TotalBytes}, nil
}

// Marks are where levels begin; the level holds while less is free.
type Marks struct{ Warn, Low, Stop Mark }

// Defaults leave time to act: at 15 % a disk that fills in a year has two
// months left. Stop is what compaction needs to make the raw log smaller.
func Defaults() Marks {
	return Marks{
		Warn: Mark{Share: 0.15, Bytes: 2 << 30},
		Low:  Mark{Share: 0.03, Bytes: 768 << 20},
		Stop: Mark{Bytes: 256 << 20},
	}
}

// of are the marks of a disk in bytes, each at least a step above the next: on
// a small disk the levels must not fall together.
func (m Marks) of(total uint64) [Stop + 1]uint64 {
	stop := m.Stop.of(total)
	step := stop / 4
	low := max(m.Low.of(total), stop+2*step)
	return [...]uint64{OK: 0, Warn: max(m.Warn.of(total), low+step), Low: low, Scarce: stop + (low-stop)/2, Stop: stop}
}

// Status is what a watch saw last.
type Status struct {
	Level Level
	Usage
	Accepts uint64        // free bytes below which nothing is accepted
	Growth  float64       // bytes a day that the free room shrinks by; 0 when it does not, or is not known yet
	Left    time.Duration // until Stop at that growth; 0 when Growth is
	At      time.Time
	Err     error // the file system could not tell
}

// Options of a watch. Dir and Now are required.
type Options struct {
	Dir     string
	Marks   Marks                           // zero: Defaults
	Usage   func(dir string) (Usage, error) // nil: Of
	Now     func() time.Time
	Changed func(before Level, after Status) // called by Check, one at a time
}

const (
	// every is how often Run looks: at 20 MB/s 40 MB go by meanwhile, far less
	// than between two marks.
	every = 2 * time.Second
	// slack is how much above a mark must be free again before its level ends,
	// so that a level does not come and go with each file of the engine.
	slack = 1.0 / 8
)

// Watch looks at one disk. Its methods may be called concurrently.
type Watch struct {
	o     Options
	level atomic.Int32

	mu     sync.Mutex
	status Status
	growth growth
}

// New makes a watch and looks once.
func New(o Options) (*Watch, error) {
	if o.Dir == "" || o.Now == nil {
		return nil, errors.New("space: Dir and Now are required")
	}
	if o.Usage == nil {
		o.Usage = Of
	}
	if o.Marks == (Marks{}) {
		o.Marks = Defaults()
	}
	w := &Watch{o: o}
	w.Check()
	return w, w.Status().Err
}

// Level is the level at the last look; it costs nothing.
func (w *Watch) Level() Level { return Level(w.level.Load()) }

// Status is what the last look saw.
func (w *Watch) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status
}

// Run looks again and again until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.Check()
		}
	}
}

// Check looks now. A disk that cannot tell keeps the level it had.
func (w *Watch) Check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, now := w.status.Level, w.o.Now()
	u, err := w.o.Usage(w.o.Dir)
	if err != nil {
		w.status.Err, w.status.At = err, now
		return
	}
	marks := w.o.Marks.of(u.Total)
	s := Status{Level: levelOf(u.Free, marks, before), Usage: u, Accepts: marks[Stop], At: now}
	w.growth.add(now, u.Free)
	if s.Growth = w.growth.perDay(); s.Growth > 0 && u.Free > s.Accepts {
		days := float64(u.Free-s.Accepts) / s.Growth
		s.Left = time.Duration(min(days, maxDays) * float64(24*time.Hour))
	}
	w.status = s
	w.level.Store(int32(s.Level))
	if s.Level != before && w.o.Changed != nil {
		w.o.Changed(before, s)
	}
}

// levelOf is the worst level whose mark is passed. One that held before holds
// on until there is some slack.
func levelOf(free uint64, marks [Stop + 1]uint64, before Level) Level {
	for l := Stop; l > OK; l-- {
		mark := marks[l]
		if l <= before {
			mark += uint64(float64(mark) * slack)
		}
		if free < mark {
			return l
		}
	}
	return OK
}

// Mark is where a level begins: at a share of the disk or at bytes, whichever
// is more.
type Mark struct {
	Share float64 // 0..1
	Bytes uint64
}

func (m Mark) of(total uint64) uint64 { return max(uint64(m.Share*float64(total)), m.Bytes) }
