package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
)

// Rights tells what a person who asked some time ago may do now; *access.Service does.
type Rights interface {
	Again(ctx context.Context, who access.Principal) (access.Principal, error)
}

// waiting is a command that others approve before it is checked and sent. It holds no
// set point: what it rests on is looked at when they have said yes.
type waiting struct {
	by    access.Principal // who asked
	t     *target
	c     *Command
	value any
	done  chan struct{} // closed when all have said yes, or one no

	mu    sync.Mutex // held while a decision is kept
	users []string   // who said yes
	ended bool       // nobody decides any more
	why   error      // it is not sent
}

// errRefused and errOver are why a command that waited is not sent.
var (
	errRefused = errors.New("refused")
	errOver    = errors.New("nobody approved it in time")
)

// wait puts a command before others, nil when it needs nobody.
func (d *Desk) wait(by access.Principal, t *target, c *Command, value any) *waiting {
	if c.Approvals == 0 {
		return nil
	}
	w := &waiting{by: by, t: t, c: c, value: value, done: make(chan struct{})}
	d.mu.Lock()
	d.waiting[c.ID] = w
	d.mu.Unlock()
	return w
}

// await returns when the command may be carried out, with what the person who asked
// may do by then, or gives the step that ends it.
func (d *Desk) await(w *waiting) (access.Principal, *fact.CommandStep) {
	defer func() {
		d.mu.Lock()
		delete(d.waiting, w.c.ID)
		d.mu.Unlock()
	}()
	over := time.NewTimer(w.c.Expires.Time().Sub(d.o.Now()))
	defer over.Stop()
	if step := d.hopeless(w); step != nil { // nobody is asked about what cannot be
		w.close(errors.New(step.State))
		return w.by, step
	}
	select {
	case <-w.done:
	case <-over.C:
		w.close(errOver)
	case <-d.ctx.Done():
		w.close(errors.New("the node ended before it was approved; ask again"))
	}
	by, err := w.by, w.why
	if err == nil {
		if by, err = d.o.Rights.Again(d.ctx, w.by); err != nil {
			err = fmt.Errorf("what %q may do is not known: %w", w.by.Name, err)
		}
	}
	if err == nil {
		return by, nil
	}
	end := &fact.CommandStep{State: fact.CommandFailed, Detail: "nothing was sent: " + err.Error()}
	switch {
	case errors.Is(err, errOver):
		end.State = fact.CommandExpired
	case errors.Is(err, errRefused):
		end.State = fact.CommandRejected
	}
	return w.by, end
}

// hopeless makes the checks for which the machine is not asked.
func (d *Desk) hopeless(w *waiting) *fact.CommandStep {
	f := findings{}
	_, contact, enabled := d.o.Devices.Writing(w.t.device)
	_, rawErr := d.o.Devices.Raw(w.t.device, w.t.signal.Name, w.value)
	s := &situation{command: w.c, signal: w.t.signal, value: w.value, now: d.now(), by: w.by, path: w.t.node.Path, contact: contact, enabled: enabled, rawErr: rawErr}
	if s.look(f); !f.failed() {
		return nil
	}
	return &fact.CommandStep{State: refusal(f), Checks: f.list()}
}

// close ends the wait unless it has ended.
func (w *waiting) close(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.ended, w.why = true, why
		close(w.done)
	}
}

// open reports whether people may still decide.
func (w *waiting) open() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.ended
}

// Decide approves or refuses a command that waits for it, in the name of a person who
// did not ask for it. Errors are access.ErrNotFound for a command outside the scope,
// access.ErrForbidden for who may not, access.ErrConflict when it does not wait (any
// more) or the person decided before, ErrInvalid for a refusal without its reason.
// What is refused here is a line of the audit.
func (d *Desk) Decide(ctx context.Context, by access.Principal, id string, approve bool, note string) (Command, error) {
	note = strings.TrimSpace(note)
	if len(note) > maxNote || !utf8.ValidString(note) {
		return Command{}, fmt.Errorf("%w: a note of at most %d bytes is wanted", ErrInvalid, maxNote)
	}
	if !approve && note == "" {
		return Command{}, fmt.Errorf("%w: say why it is refused", ErrInvalid)
	}
	c, err := d.Command(ctx, by.Scope, id)
	if err != nil {
		return Command{}, err
	}
	d.mu.Lock()
	w := d.waiting[id]
	d.mu.Unlock()
	if w == nil {
		return Command{}, d.undecided(ctx, by, c, fmt.Errorf("%w: command %s is %s; it does not wait for approval at this node", access.ErrConflict, id, c.State))
	}
	if err := w.may(by); err != nil {
		return Command{}, d.undecided(ctx, by, c, err)
	}
	if err := d.decide(ctx, by, w, approve, note); err != nil {
		return Command{}, d.undecided(ctx, by, c, err)
	}
	return d.Command(ctx, by.Scope, id)
}

// undecided notes that somebody tried.
func (d *Desk) undecided(ctx context.Context, by access.Principal, c Command, err error) error {
	return errors.Join(err, d.o.Audit.Record(context.WithoutCancel(ctx), by, "command.decision.refused", string(c.Node)+"/"+c.Signal, nil, map[string]string{"command": c.ID, "why": err.Error()}))
}

// may says why a person does not decide about the command.
func (w *waiting) may(by access.Principal) error {
	path := w.t.node.Path
	switch {
	case !by.May(access.Engineer, path) || !by.May(access.Control, path):
		return fmt.Errorf("%w: %q may not approve commands on %s", access.ErrForbidden, by.Name, path)
	case strings.HasPrefix(by.User, "token:"):
		return fmt.Errorf("%w: a person approves, not a program", access.ErrForbidden)
	case by.User == w.c.User || by.User == w.by.User:
		return fmt.Errorf("%w: who asked for a command does not approve it; ask another person", access.ErrForbidden)
	}
	return nil
}

func (d *Desk) decide(ctx context.Context, by access.Principal, w *waiting, approve bool, note string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ended || d.now() >= w.c.Expires:
		return fmt.Errorf("%w: the time to approve command %s is over, or it was decided", access.ErrConflict, w.c.ID)
	case slices.Contains(w.users, by.User):
		return fmt.Errorf("%w: %q approved it before; another person is needed", access.ErrConflict, by.Name)
	}
	if !approve {
		w.ended, w.why = true, fmt.Errorf("%w by %s: %s", errRefused, by.Name, note)
		close(w.done)
		return d.o.Audit.Record(context.WithoutCancel(ctx), by, "command.refuse", w.t.object(), nil, map[string]string{"command": w.c.ID, "why": note})
	}
	s := Step{At: d.now(), CommandStep: fact.CommandStep{State: fact.CommandApproved, By: by.Name, User: by.User, Detail: note}}
	if err := errors.Join(d.keep(context.WithoutCancel(ctx), by, w.t.object(), "command.approve", nil, map[string]string{"command": w.c.ID, "note": note}, w.c.event(s))); err != nil {
		return fmt.Errorf("the approval could not be kept: %w", err)
	}
	w.c.add(s)
	w.users = append(w.users, by.User)
	if len(w.users) >= w.c.Approvals {
		w.ended = true
		close(w.done)
	}
	return nil
}

// maxLife is how long a command for a signal may wait to be sent.
func maxLife(s *profile.Signal) time.Duration {
	if s.Write.Approve > 0 {
		return MaxApproval
	}
	return MaxLife
}
