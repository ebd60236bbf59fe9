package main

import (
	"context"
	"errors"
	"time"

	"zhigai/access"
	"zhigai/evidence"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record"
)

// retain deletes raw samples whose retention is over, once a day.
func (n *node) retain(ctx context.Context) error {
	ticker := time.NewTicker(24 * time.Hour)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		n.dropOldLogs(ctx, time.Now())
		err := n.deleteOld(ctx, time.Now())
		if errors.Is(err, record.ErrUnavailable) || errors.Is(err, history.ErrUnavailable) {
			n.log.Error("samples are not deleted today", "err", err)
			continue
		}
		if err != nil {
			return err
		}
	}
}

// deleteOld deletes what is older than its tag's retention, by whole days, and
// nothing that is not sealed.
func (n *node) deleteOld(ctx context.Context, now time.Time) error {
	tags, err := n.shop.Tags(ctx, access.Scope{Tenant: demoTenant})
	if err != nil {
		return err
	}
	before := make(map[plant.TagNo]evidence.Day, len(tags))
	for _, t := range tags {
		before[t.No] = evidence.DayAt(plant.MicrosOf(now.AddDate(0, 0, -t.Retention.Days())))
	}
	if before, err = n.book.MayDelete(ctx, before); err != nil {
		return err
	}
	// First, so that after a crash what is missing is no mismatch.
	if err := n.book.Deleted(ctx, before); err != nil {
		return err
	}
	for tag, day := range before {
		if _, err := n.history.DeleteBefore(ctx, demoTenant, tag, day.From()); err != nil {
			return err
		}
	}
	return nil
}
