package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

// What drivers of one question after another need, whose connection several
// devices share.

// Turn lets one caller at a time ask.
type Turn chan struct{}

// NewTurn makes a turn that nobody has.
func NewTurn() Turn { return make(Turn, 1) }

// Take waits for the turn; who has it gives it back with Give. That others had it
// until ctx ended is [ErrBusy].
func (t Turn) Take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // select would toss a coin
	}
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

// Give lets the next one ask.
func (t Turn) Give() { <-t }

// Limit sets the deadline of one question on a connection: that of ctx, or when
// the device's own time for it has passed, whichever is before; own 0 is none.
// done ends the watch over ctx and is never nil.
func Limit(ctx context.Context, conn interface{ SetDeadline(time.Time) error }, own time.Duration) (done func(), err error) {
	deadline, ok := ctx.Deadline()
	if own > 0 {
		if end := time.Now().Add(own); !ok || end.Before(deadline) {
			deadline, ok = end, true
		}
	}
	if !ok {
		return func() {}, errors.New("BUG: a question without deadline")
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return func() {}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }, nil
}

// HungUp reports whether the device closed the connection before any answer.
func HungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
