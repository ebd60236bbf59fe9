package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"zhigai/fact"
	"zhigai/history"
	"zhigai/record"
	"zhigai/web"
)

// scrubName keeps, in the data folder, what the scrub found last.
const scrubName = "scrub.json"

// scrubFlags are how a running node reads its files over. The default rate
// reads 345 GB a day, a hundredth of what a plain disk gives.
type scrubFlags struct {
	ScrubRate  int64         `help:"Bytes a second at which all files are read over to find flipped bits; 0 does not." default:"4194304"`
	ScrubEvery time.Duration `help:"From the end of one pass over all files to the next." default:"24h"`
}

// scrubState is the last whole pass. After a restart a pass that was cut off
// begins again.
type scrubState struct {
	Began  time.Time `json:"began"`
	Ended  time.Time `json:"ended"`
	Bytes  int64     `json:"bytes"`
	Damage []string  `json:"damage"`
}

// scrub reads the files of a running node over, slowly and for ever.
type scrub struct {
	dir             string
	history, record bool // in the folder, not on a server
	rate            int64
	every           time.Duration
	log             *slog.Logger
	found           func([]string)
	last            atomic.Pointer[scrubState] // nil before the first whole pass
	asked           atomic.Int64               // bytes asked for in this pass
	passes          chan struct{}              // one for each whole pass, for who waits
}

// newScrub remembers what the pass before found, so that damage is not
// forgotten by a restart.
func newScrub(at place, log *slog.Logger, found func([]string)) *scrub {
	s := &scrub{
		dir: at.Data, history: at.History == "", record: at.Record == "", rate: at.scrub.ScrubRate, every: at.scrub.ScrubEvery,
		log: log, found: found, passes: make(chan struct{}, 1),
	}
	var was scrubState
	switch err := readSealed(filepath.Join(s.dir, scrubName), &was); {
	case err == nil:
		s.last.Store(&was)
	case !errors.Is(err, fs.ErrNotExist):
		log.Error("the last scrub is not known; a new one begins", "err", err)
	}
	return s
}

// run makes pass after pass until ctx ends.
func (s *scrub) run(ctx context.Context) error {
	if s.rate <= 0 {
		return nil
	}
	for {
		if last := s.last.Load(); last != nil {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Until(last.Ended.Add(s.every))):
			}
		}
		if err := s.pass(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			s.log.Error("scrub was cut off; it begins again later", "err", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(min(s.every, time.Hour)):
			}
		}
	}
}

// pace lets bytes be read when they are due: after a pause it does not catch
// up, so that a moment never sees more than one read.
func (s *scrub) pace(ctx context.Context, bytes int) error {
	s.asked.Add(int64(bytes))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(float64(bytes) / float64(s.rate) * float64(time.Second))):
		return nil
	}
}

// pass reads everything once.
func (s *scrub) pass(ctx context.Context) error {
	now := scrubState{Began: time.Now().UTC(), Damage: []string{}}
	s.asked.Store(0)
	if s.history {
		_, inHistory, err := history.CheckFiles(ctx, filepath.Join(s.dir, "history"), s.pace)
		if err != nil {
			return err
		}
		for _, d := range inHistory {
			now.Damage = append(now.Damage, "history/"+d.String())
		}
	}
	if s.record {
		inRecord, err := record.ScrubFiles(ctx, filepath.Join(s.dir, "record"), s.pace)
		if err != nil {
			return err
		}
		for _, d := range inRecord {
			now.Damage = append(now.Damage, "record/"+d.String())
		}
	}
	slices.Sort(now.Damage)
	now.Ended, now.Bytes = time.Now().UTC(), s.asked.Load()
	before := s.last.Swap(&now)
	if len(now.Damage) > 0 {
		s.log.Error("files are damaged; stop the node and run zhigai repair", "damage", strings.Join(now.Damage, "; "))
		if before == nil || !slices.Equal(before.Damage, now.Damage) {
			s.found(now.Damage)
		}
	}
	if err := writeSealed(filepath.Join(s.dir, scrubName), now); err != nil {
		s.log.Error("the scrub could not write down what it found", "err", err)
	}
	select {
	case s.passes <- struct{}{}:
	default:
	}
	return nil
}

// check is the scrub for the health page.
func (s *scrub) check() web.Check {
	c := web.Check{Name: "scrub", OK: true}
	last := s.last.Load()
	switch {
	case s.rate <= 0:
		c.Detail = "off"
	case last == nil:
		c.Detail = "the first pass over all files is under way"
	case len(last.Damage) > 0:
		c.OK = false
		c.Detail = fmt.Sprintf("damaged: %s; stop the node and run zhigai repair", strings.Join(named(last.Damage), ", "))
	default:
		c.Detail = fmt.Sprintf("all files as they were written, %d MB, last read over on %s", last.Bytes>>20, last.Ended.Format(time.RFC3339))
	}
	return c
}

// maxNamed bounds the files that health names.
const maxNamed = 5

// named are the files without what is wrong with them.
func named(damage []string) []string {
	var out []string
	for _, d := range damage {
		file, _, _ := strings.Cut(d, ": ")
		if len(out) == maxNamed {
			return append(out, fmt.Sprintf("and %d more", len(damage)-maxNamed))
		}
		out = append(out, file)
	}
	return out
}

// damaged writes into the journal what the scrub found.
func (n *node) damaged(files []string) {
	n.event(fact.KindDamage, time.Now(), damageOf(files))
}

func damageOf(files []string) fact.Damage {
	d := fact.Damage{Files: files}
	if more := len(files) - fact.MaxDamage; more > 0 {
		d.Files, d.More = files[:fact.MaxDamage], more
	}
	return d
}
