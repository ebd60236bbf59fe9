package rule

import (
	"context"
	"fmt"
	"time"
)

const (
	// beatPatience bounds one beat of a watchdog.
	beatPatience = 5 * time.Second
	// maxUnbeaten is how many beats in a row may be refused before the rule cannot go on.
	maxUnbeaten = 3
)

// live says that the rule was looked at just now. Its watchdogs are served because of
// that alone.
func (r *runner) live() {
	if r.alive == nil || r.stopped {
		return
	}
	select {
	case r.alive <- struct{}{}:
	default: // one beat is under way
	}
}

// beat serves the watchdogs of a rule while it is looked at.
func (d *Desk) beat(r *runner) {
	type state struct {
		at       time.Duration
		count    uint64
		unbeaten int
	}
	dogs := map[int]*state{}
	for range r.alive {
		for i, a := range r.rule.Actions {
			if a.Watchdog == nil {
				continue
			}
			s := dogs[i]
			if s == nil {
				s = &state{}
				dogs[i] = s
			}
			now := d.o.Passed()
			if s.count > 0 && now-s.at < a.Watchdog.period() {
				continue
			}
			s.at = now
			ctx, cancel := context.WithTimeout(context.Background(), beatPatience)
			err := d.o.Outputs.Beat(ctx, r.tenant, r.rule, a, s.count+1)
			cancel()
			if err == nil {
				s.count++
				s.unbeaten = 0
				continue
			}
			if s.unbeaten++; s.unbeaten == maxUnbeaten {
				d.fail(r, fmt.Sprintf("the watchdog %s could not be served: %v", a.Watchdog.Signal, err))
			}
		}
	}
}
