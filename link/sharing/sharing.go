// Package sharing keeps the policy by which a node shares with the nodes above
// it, and puts it between the node's journals and its link.
//
// A policy counts from the moment it is saved: what was sent before is not
// called back, what was passed over before is not sent later, but for the plant
// model and the days of machines, which go when they are shared again. The package
// decides nothing that the policy does not say; what holds without one is given:
// everything is sent from an edge to the plant it belongs to, and nothing of a
// firm on a node of many.
//
// Start with [Desk].
package sharing

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"zhigai/link"
	"zhigai/plant"
)

// Kept is a revision of the policy; Rev 0 is that nobody has said anything.
type Kept struct {
	Policy link.Policy  `json:"policy"`
	Rev    int64        `json:"rev"`
	At     plant.Micros `json:"at,omitempty"`
	Who    string       `json:"who,omitempty"`
}

// Store keeps revisions. Methods may be called concurrently.
type Store interface {
	// Policies lists the newest revisions, newest first.
	Policies(ctx context.Context, tenant plant.TenantNo, limit int) ([]Kept, error)
	// SavePolicy stores the revision behind k.Rev; access.ErrConflict when there
	// is a newer one.
	SavePolicy(ctx context.Context, tenant plant.TenantNo, k Kept) (Kept, error)
}

// Desk answers what is shared now. Its methods may be called concurrently.
type Desk struct {
	store  Store
	tenant plant.TenantNo
	before link.Policy
	known  link.Known
	now    func() time.Time

	mu   sync.Mutex
	last Kept
	read time.Time
}

// fresh is how long a policy that was read counts without another look: another
// replica may have saved a newer one.
const fresh = time.Second

// New makes a desk; before holds until somebody says something, known are the
// names that a policy may use.
func New(store Store, tenant plant.TenantNo, before link.Policy, known link.Known, now func() time.Time) *Desk {
	return &Desk{store: store, tenant: tenant, before: filled(before), known: known, now: now}
}

// Known are the names that a policy may use.
func (d *Desk) Known() link.Known { return d.known }

// Now is the policy that holds. An error says that it is not known: then
// nothing may go.
func (d *Desk) Now(ctx context.Context) (Kept, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); d.read.IsZero() || now.Sub(d.read) >= fresh || now.Before(d.read) {
		all, err := d.store.Policies(ctx, d.tenant, 1)
		if err != nil {
			return Kept{}, fmt.Errorf("sharing: %w", err)
		}
		d.last, d.read = Kept{Policy: d.before}, now
		if len(all) > 0 {
			d.last = all[0]
			d.last.Policy = filled(d.last.Policy)
		}
	}
	return d.last, nil
}

// maxHistory bounds the revisions that are listed.
const maxHistory = 200

// History lists revisions, newest first.
func (d *Desk) History(ctx context.Context) ([]Kept, error) {
	return d.store.Policies(ctx, d.tenant, maxHistory)
}

// maxReason is in letters.
const maxReason = 300

// Save checks a policy and lets it hold from now on; link.ErrPolicy says what is
// wrong with it.
func (d *Desk) Save(ctx context.Context, k Kept) (was, is Kept, err error) {
	k.Policy.Schema = link.PolicySchema
	k.Policy = filled(k.Policy)
	k.Policy.Withdrawn = strings.TrimSpace(k.Policy.Withdrawn)
	if utf8.RuneCountInString(k.Policy.Withdrawn) > maxReason {
		return was, is, fmt.Errorf("%w: withdrawn: write at most %d letters", link.ErrPolicy, maxReason)
	}
	if err := k.Policy.Check(d.known); err != nil {
		return was, is, err
	}
	if was, err = d.Now(ctx); err != nil {
		return was, is, err
	}
	if is, err = d.store.SavePolicy(ctx, d.tenant, k); err != nil {
		return was, is, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last, d.read = is, d.now()
	return was, is, nil
}

// filled has lists in place of none, as they are shown.
func filled(p link.Policy) link.Policy {
	if p.Figures == nil {
		p.Figures = []string{}
	}
	if p.Records == nil {
		p.Records = []string{}
	}
	if p.Tags == nil {
		p.Tags = []link.TagRule{}
	}
	if p.Evidence == nil {
		p.Evidence = []link.EvidenceRule{}
	}
	return p
}
