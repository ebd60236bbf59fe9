package main

import (
	"context"
	"errors"
	"fmt"

	"zhigai/backup"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/history/clickhouse"
	"zhigai/plant"
	"zhigai/record"
)

// replayed is how many batches are read from a log at once.
const replayed = 500

// bringForward adds to stores of an earlier state what a later state of the
// same node recorded up to a place. Samples come from the raw log, in their
// order up to the first batch recorded after the instant; figures follow from
// the facts.
func (s *stores) bringForward(ctx context.Context, later *stores, to until) error {
	instant, err := s.replayLog(ctx, later, to)
	if err != nil {
		return err
	}
	r := record.Until{At: plant.MicrosOf(to.at), Tenant: homeTenant}
	if to.pos != (backup.Positions{}) {
		r.Events = to.pos.Record
		r.At = instant
		if to.pos.Record > 0 {
			last, err := later.record.Journal().Events(ctx, homeTenant, fact.Filter{AfterSeq: to.pos.Record - 1, Limit: 1})
			if err != nil {
				return err
			}
			if len(last) == 0 {
				return fmt.Errorf("there is no event %d", to.pos.Record)
			}
			r.At = max(instant, last[0].Recorded)
		}
	}
	_, err = s.record.Advance(ctx, later.record, r)
	return err
}

// replayLog gives the instant at which the last batch was recorded.
func (s *stores) replayLog(ctx context.Context, later *stores, to until) (last plant.Micros, err error) {
	mine, ok := s.history.(*history.Store)
	if !ok {
		return last, clickhouse.ErrOnServers
	}
	for {
		batches, err := later.history.Read(ctx, mine.LastSeq(), replayed)
		if errors.Is(err, history.ErrGone) {
			return last, fmt.Errorf("the log of samples between them was not kept (they were made into different folders, more than a week apart, or the disk was low); restore one of the two snapshots instead: %w", err)
		}
		if err != nil {
			return last, err
		}
		for i, b := range batches {
			past := b.Recorded > plant.MicrosOf(to.at)
			if to.pos != (backup.Positions{}) {
				past = b.Seq > to.pos.History
			}
			if past {
				return last, mine.Replay(ctx, batches[:i]...)
			}
			last = b.Recorded
		}
		if len(batches) == 0 {
			return last, nil
		}
		if err := mine.Replay(ctx, batches...); err != nil {
			return last, err
		}
	}
}
