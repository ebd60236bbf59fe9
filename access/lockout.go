package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// freeFailures is how often a person may mistype before waiting; half of the
	// ten that make a guess of a four-digit habit worthwhile.
	freeFailures = 5
	// freeFailuresAnywhere bounds guesses at one name from many origins, high
	// enough that one stranger cannot lock a colleague out by mistyping.
	freeFailuresAnywhere = 50
	firstDelay           = 10 * time.Second // doubled with every further failure
	longestDelay         = 15 * time.Minute // 100 guesses a day are left at most
	forgetAfter          = 24 * time.Hour   // failures older than this count no more
	maxOrigin            = 64               // an IPv6 address with its zone fits
	maxFailureKeys       = 20_000           // about 4 MB
)

// lockout counts failed sign-ins by name and origin, for names that exist and
// for those that do not. It lives in memory: a restart forgets, and nobody
// outside can cause one.
type lockout struct {
	mu   sync.Mutex
	keys map[string]*failures
}

type failures struct {
	n     int
	last  time.Time
	until time.Time
}

// LockedError says until when a sign-in is refused without being looked at.
type LockedError struct{ Until time.Time }

func (e *LockedError) Error() string {
	return fmt.Sprintf("access: too many failed sign-ins; try again after %s", e.Until.UTC().Format(time.RFC3339))
}

// Unwrap makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Unwrap() error { return ErrLocked }

func keysOf(name, origin string) (here, anywhere string) {
	return name + "\x00" + origin[:min(len(origin), maxOrigin)], name
}

// begin counts an attempt as failed before it is looked at, so that guesses
// made at the same time are counted too. locked is true for the attempt that
// closes the door.
func (l *lockout) begin(name, origin string, now time.Time) (closes bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	here, anywhere := keysOf(name, origin)
	for _, k := range []string{here, anywhere} {
		if f := l.keys[k]; f != nil && now.Before(f.until) {
			return false, &LockedError{Until: f.until}
		}
	}
	closes = l.count(here, freeFailures, now)
	return l.count(anywhere, freeFailuresAnywhere, now) || closes, nil
}

func (l *lockout) count(key string, free int, now time.Time) (closes bool) {
	f := l.keys[key]
	if f == nil || now.Sub(f.last) > forgetAfter {
		l.makeRoom(now)
		f = &failures{}
		l.keys[key] = f
	}
	f.n, f.last = f.n+1, now
	if f.n < free {
		return false
	}
	delay := longestDelay
	if doublings := f.n - free; doublings < 7 { // 10 s × 2^7 is beyond the longest
		delay = min(longestDelay, firstDelay<<doublings)
	}
	f.until = now.Add(delay)
	return f.n == free
}

// succeed forgets the failures of a person who got in after all.
func (l *lockout) succeed(name, origin string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	here, anywhere := keysOf(name, origin)
	delete(l.keys, here)
	delete(l.keys, anywhere)
}

// makeRoom drops a quarter at once, so that a flood of names costs little, and
// those with the fewest failures first, so that it opens no locked door.
func (l *lockout) makeRoom(now time.Time) {
	if len(l.keys) < maxFailureKeys {
		return
	}
	maps.DeleteFunc(l.keys, func(_ string, f *failures) bool { return now.Sub(f.last) > forgetAfter })
	names := slices.Collect(maps.Keys(l.keys))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(l.keys[a].n-l.keys[b].n, l.keys[a].last.Compare(l.keys[b].last))
	})
	for _, name := range names[:max(0, len(names)-maxFailureKeys*3/4)] {
		delete(l.keys, name)
	}
}
