package main

import (
	"context"
	"errors"
	"os"
	"time"

	"zhigai/history"
	"zhigai/record"
)

// exitBroken is how the process ends when the disk refused to keep what was
// written: it is to be started again, and opens what is really there.
const exitBroken exitCode = 75 // EX_TEMPFAIL of sysexits(3)

// stopWhenBroken ends the node when one of its stores has failed. What is asked
// until then is still answered.
func (n *node) stopWhenBroken(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-n.history.Broken():
	case <-n.record.Broken():
	}
	err := errors.Join(n.history.Failed(), n.record.Failed())
	n.log.Error("the disk did not keep what was written; the node ends, start it again", "err", err)
	if n.halt != nil {
		n.halt(err)
	}
	return nil
}

// restart is exitBroken when the node has been halted by a store. What hangs on
// the disk must not hold the end up.
func restart(ctx context.Context) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, history.ErrFailed) && !errors.Is(cause, record.ErrFailed) {
		return nil
	}
	time.AfterFunc(stopTime, func() { os.Exit(int(exitBroken)) })
	return exitBroken
}
