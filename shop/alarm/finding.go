package alarm

import (
	"context"
	"errors"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// Signal is what another room found to be not as it should be.
type Signal struct {
	// Source is the name of the room, in small letters: spc, health, energy.
	Source Source
	// Key names the thing found within the source: the same again is the same alarm.
	Key      string
	Place    plant.NodeID  // where in the plant
	At       plant.Instant // since when it is so; now where it is 0
	Priority int           // 1 is the most urgent, 4 the least
	Text     plant.Name    // what it is, in one line
	Evidence string        // path of the page that shows it, as /quality/charts/01J…
}

// Limits of what other rooms say.
const (
	maxKey      = 200
	maxText     = 400
	maxEvidence = 400
)

func (s Signal) check() error {
	switch {
	case s.Source == "" || s.Source == FromProfile || s.Source == FromLimit || len(s.Source) > 40 || strings.ContainsAny(string(s.Source), "/ "):
		return invalid("a finding of %q; write the name of the room that found it, one word", s.Source)
	case s.Key == "" || len(s.Key) > maxKey:
		return invalid("the key of a finding has %d bytes; 1 to %d are needed", len(s.Key), maxKey)
	case s.Text.ZH == "" || len(s.Text.ZH) > maxText || len(s.Text.EN) > maxText:
		return invalid("a finding needs a Chinese text of at most %d bytes", maxText)
	case s.Evidence != "" && !strings.HasPrefix(s.Evidence, "/") || len(s.Evidence) > maxEvidence:
		return invalid("evidence %.60q; write the path of a page of at most %d bytes, beginning with /", s.Evidence, maxEvidence)
	}
	return checkPriority(s.Priority)
}

// Finding is a signal with what became of it.
type Finding struct {
	ID     string       `json:"id"`
	Source Source       `json:"source"`
	Key    string       `json:"key"`
	Place  plant.NodeID `json:"equipment"`
	Path   string       `json:"path"`
	Name   plant.Name   `json:"name"`
	Steps  []Step       `json:"steps" nullable:"false"`
}

// Step is one fact about a finding: it was raised, is other than it was, or cleared.
type Step struct {
	At       plant.Instant `json:"at" doc:"Since when it is so"`
	Entered  plant.Instant `json:"entered" doc:"When this node heard of it"`
	Cleared  bool          `json:"cleared,omitempty"`
	Priority int           `json:"priority,omitempty"`
	Text     plant.Name    `json:"text,omitzero"`
	Evidence string        `json:"evidence,omitempty"`
}

// last is how it is now.
func (f Finding) last() Step { return f.Steps[len(f.Steps)-1] }

// Stands says whether it was not cleared.
func (f Finding) Stands() bool { return !f.last().Cleared }

// From is when it began, To when it ended; 0 while it stands.
func (f Finding) From() plant.Instant { return f.Steps[0].At }

// To is From's other end.
func (f Finding) To() plant.Instant {
	if f.Stands() {
		return 0
	}
	return max(f.last().At, f.From())
}

// FactSource is where the facts of a finding come from.
func (f Finding) FactSource() string { return "finding:" + f.ID }

// alarm is the finding in the list of alarms.
func (f Finding) alarm(now plant.Instant) Alarm {
	a := Alarm{
		Place: f.Place, Path: f.Path, Name: f.Name, ID: string(f.Source) + "/" + f.Key, Source: f.Source,
		From: f.From(), To: f.To(), Open: f.Stands(),
	}
	if a.Open {
		a.To = max(now, a.From)
	}
	for _, s := range f.Steps { // what it is now; of what is over the most urgent that it was
		if !s.Cleared && (a.Open || a.Priority == 0 || s.Priority < a.Priority) {
			a.Text, a.Priority, a.Evidence = s.Text, s.Priority, s.Evidence
		}
	}
	return a
}

// Raise tells that something is not as it should be. While the same stands already
// nothing new comes of it: what is other than it was is noted, what is the same is
// not. What stood since the same instant and was cleared is told again by who looks at
// the past again, and is no news either. A place that is not there is
// access.ErrNotFound.
func (d *Desk) Raise(ctx context.Context, tenant plant.TenantNo, s Signal) error {
	if err := s.check(); err != nil {
		return err
	}
	now := plant.InstantOf(d.o.Now())
	if s.At == 0 || s.At > now {
		s.At = now
	}
	step := Step{At: s.At, Entered: now, Priority: s.Priority, Text: s.Text, Evidence: s.Evidence}
	return d.again(func() error {
		f, err := d.o.Store.Standing(ctx, tenant, s.Source, s.Key)
		switch {
		case errors.Is(err, access.ErrNotFound):
			if told, err := d.o.Store.Began(ctx, tenant, s.Source, s.Key, s.At); told || err != nil {
				return err
			}
			path, name, err := d.o.Plant.Place(ctx, tenant, s.Place)
			if err != nil {
				return err
			}
			f := Finding{ID: d.o.NewID(), Source: s.Source, Key: s.Key, Place: s.Place, Path: path, Name: name, Steps: []Step{step}}
			return d.saveFinding(ctx, tenant, f, 0)
		case err != nil:
			return err
		}
		was := f.last()
		if was.Priority == step.Priority && was.Text == step.Text && was.Evidence == step.Evidence {
			return nil
		}
		if len(f.Steps) >= maxSteps {
			return nil // it stands, whatever its wording
		}
		f.Steps = append(f.Steps, step)
		return d.saveFinding(ctx, tenant, f, len(f.Steps)-1)
	})
}

// maxSteps bounds the changes of one finding that are kept: a room that words it
// anew with every sample must not fill the journal.
const maxSteps = 200

// Clear tells that what was raised is as it should be again, since at; now where it
// is 0. What does not stand is no error.
func (d *Desk) Clear(ctx context.Context, tenant plant.TenantNo, source Source, key string, at plant.Instant) error {
	now := plant.InstantOf(d.o.Now())
	if at == 0 || at > now {
		at = now
	}
	return d.again(func() error {
		f, err := d.o.Store.Standing(ctx, tenant, source, key)
		if errors.Is(err, access.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		f.Steps = append(f.Steps, Step{At: at, Entered: now, Cleared: true})
		return d.saveFinding(ctx, tenant, f, len(f.Steps)-1)
	})
}

func (d *Desk) saveFinding(ctx context.Context, tenant plant.TenantNo, f Finding, seen int) error {
	if err := d.o.Store.SaveFinding(ctx, tenant, f, seen); err != nil {
		return err
	}
	d.news.tell()
	return nil
}

// again tries a second time where somebody else was faster.
func (d *Desk) again(do func() error) error {
	err := do()
	if errors.Is(err, access.ErrConflict) {
		err = do()
	}
	return err
}
