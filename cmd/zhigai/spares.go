package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/maintenance"
	"zhigai/shop/material"
)

// spareRuns tells material of production orders, and of work orders that spares are
// kept for.
type spareRuns struct {
	material.Orders
	works recshop.Maintenance
}

// Needs implements material.Orders. What a work order needs is what somebody keeps
// for it.
func (r spareRuns) Needs(ctx context.Context, tenant plant.TenantNo, order string) ([]material.Need, error) {
	number, ok := maintenance.OfRef(order)
	if !ok {
		return r.Orders.Needs(ctx, tenant, order)
	}
	// The newest before the next number is this one.
	all, err := r.works.Orders(ctx, maintenance.Filter{Scope: access.Scope{Tenant: tenant}, Before: number + 1, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || all[0].Number != number {
		return nil, fmt.Errorf("%w: work order %d", access.ErrNotFound, number)
	}
	return []material.Need{}, nil
}

// sparesOf are spares in the stock that material keeps.
type sparesOf struct{ desk *material.Desk }

var _ maintenance.Spares = sparesOf{}

// spareJob is the job by which material knows what a work order used: it has one.
const spareJob = 1

// Take implements maintenance.Spares.
func (s sparesOf) Take(ctx context.Context, who access.Principal, ref string, p maintenance.Spare) (maintenance.Taken, error) {
	b, err := s.desk.Book(ctx, who, material.Entry{
		What: material.Consumed, Item: p.Item, Lot: p.Lot, From: p.Location, Quantity: p.Quantity, Order: ref, Job: spareJob, Machine: p.Machine, Key: p.Key,
	})
	if err != nil {
		return maintenance.Taken{}, spareError(err)
	}
	return s.taken(ctx, who, b.Entry)
}

func (s sparesOf) taken(ctx context.Context, who access.Principal, e material.Entry) (maintenance.Taken, error) {
	i, err := s.desk.Item(ctx, who, e.Item)
	return maintenance.Taken{Booking: e.ID, Item: e.Item, Name: i.Name, Unit: i.Unit, Lot: e.Lot, Location: e.From, Quantity: e.Quantity, By: e.By, At: e.At}, err
}

// spareError is what material refuses, as maintenance says it.
func spareError(err error) error {
	if errors.Is(err, material.ErrInvalid) {
		return fmt.Errorf("%w: %w", maintenance.ErrInvalid, err)
	}
	return err
}

// Return implements maintenance.Spares.
func (s sparesOf) Return(ctx context.Context, who access.Principal, booking, note string) error {
	_, err := s.desk.Book(ctx, who, material.Entry{What: material.Withdrawn, Entry: booking, Note: note})
	return spareError(err)
}

// Keep implements maintenance.Spares.
func (s sparesOf) Keep(ctx context.Context, who access.Principal, ref, item string, quantity plant.Quantity) error {
	_, err := s.desk.Book(ctx, who, material.Entry{What: material.Reserved, Item: item, Quantity: quantity, Order: ref})
	return spareError(err)
}

// Of implements maintenance.Spares.
func (s sparesOf) Of(ctx context.Context, who access.Principal, ref string) ([]maintenance.Taken, []maintenance.Kept, error) {
	const most = 500
	all, err := s.desk.Entries(ctx, who, material.EntryFilter{Scope: access.Scope{Tenant: who.Scope.Tenant}, Order: ref, What: []material.Kind{material.Consumed}, Limit: most})
	if err != nil {
		return nil, nil, err
	}
	taken, kept := []maintenance.Taken{}, []maintenance.Kept{}
	for _, e := range slices.Backward(all) { // the newest stand first
		t, err := s.taken(ctx, who, e)
		if err != nil {
			return nil, nil, err
		}
		taken = append(taken, t)
	}
	reserved, err := s.desk.Reservations(ctx, who, ref, "")
	if err != nil {
		return nil, nil, err
	}
	for _, r := range reserved {
		i, err := s.desk.Item(ctx, who, r.Item)
		if err != nil {
			return nil, nil, err
		}
		if left := r.Left(); left > 0 {
			kept = append(kept, maintenance.Kept{Item: r.Item, Unit: i.Unit, Quantity: left})
		}
	}
	return taken, kept, nil
}
