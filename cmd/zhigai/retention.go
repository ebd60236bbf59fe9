package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/evidence"
	"zhigai/plant"
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
		if err := n.deleteOld(ctx, time.Now()); err != nil && ctx.Err() == nil {
			n.log.Error("samples are not deleted today", "err", err)
		}
	}
}

// deleteOld deletes what is older than its tag's retention, of every tenant.
func (n *node) deleteOld(ctx context.Context, now time.Time) error {
	var failed []error
	all, err := n.tenants.list(ctx)
	for _, t := range all {
		if err := n.deleteOldOf(ctx, t, now); err != nil {
			failed = append(failed, fmt.Errorf("tenant %d: %w", t, err))
		}
	}
	return errors.Join(append(failed, err)...)
}

// deleteOldOf deletes by whole days, and nothing that is not sealed.
func (n *node) deleteOldOf(ctx context.Context, tenant plant.TenantNo, now time.Time) error {
	tags, err := n.shop.Tags(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return err
	}
	before := make(map[plant.TagNo]evidence.Day, len(tags))
	for _, t := range tags {
		before[t.No] = evidence.DayAt(plant.MicrosOf(now.AddDate(0, 0, -t.Retention.Days())))
	}
	book := n.worksOf(tenant).book
	if before, err = book.MayDelete(ctx, before); err != nil {
		return err
	}
	// First, so that after a crash what is missing is no mismatch.
	if err := book.Deleted(ctx, before); err != nil {
		return err
	}
	for tag, day := range before {
		if _, err := n.history.DeleteBefore(ctx, tenant, tag, day.From()); err != nil {
			return err
		}
	}
	return nil
}
