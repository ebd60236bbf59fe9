package seals

import (
	"context"
	"errors"
	"fmt"

	"zhigai/evidence"
	"zhigai/plant"
)

// maxMismatches bounds what a report names; how many there are it counts.
const maxMismatches = 100

// Report is what a check found.
type Report struct {
	Seals   int64 `json:"seals"`
	Leaves  int64 `json:"leaves"`  // in them
	Digests int64 `json:"digests"` // tag-days whose samples were read and compared
	Samples int64 `json:"samples"` // read
	Older   int64 `json:"older"`   // leaves that a later seal of the same tag-day took the place of
	Pending int64 `json:"pending"` // tag-days for which something was recorded since; not compared
	Expired int64 `json:"expired"` // tag-days of which retention deleted the samples

	Mismatches int64    `json:"mismatches"`
	First      []string `json:"first"` // in words, at most 100
	Last       *Kept    `json:"last,omitempty"`
}

func (r *Report) wrong(format string, args ...any) {
	r.Mismatches++
	if len(r.First) < maxMismatches {
		r.First = append(r.First, fmt.Sprintf(format, args...))
	}
}

// Question chooses what is checked: seals of recorded days from From to To, both
// included. The chain of seals is always checked from the first.
type Question struct {
	From, To evidence.Day
	// Noted is a seal that was noted elsewhere; nil: there is none.
	Noted *evidence.Seal
}

// Check compares seals with one another, with their leaves, and each tag-day's
// newest leaf with the samples as they are now.
func (b *Book) Check(ctx context.Context, q Question) (*Report, error) {
	r := &Report{First: []string{}}
	tags, err := b.o.Tags.TagsOf(ctx, b.o.Tenant)
	if err != nil {
		return nil, err
	}
	pending, err := b.Pending(ctx)
	if err != nil {
		return nil, err
	}
	expired, err := b.o.Store.Expired(ctx, b.o.Tenant)
	if err != nil {
		return nil, err
	}
	found := false
	for prev := (evidence.Seal{}); ; {
		page, err := b.o.Store.Seals(ctx, b.o.Tenant, prev.Number, part)
		if err != nil {
			return nil, err
		}
		for _, k := range page {
			if err := k.Follows(prev); err != nil {
				r.wrong("%v", err)
			}
			if q.Noted != nil && q.Noted.Number == k.Number {
				found = true
				if q.Noted.Hash() != k.Seal.Hash() {
					r.wrong("seal %d of %s was noted with the hash %s; here it has %s", k.Number, q.Noted.Day, q.Noted.Hash(), k.Seal.Hash())
				}
			}
			if k.Day >= q.From && k.Day <= q.To {
				if err := b.checkSeal(ctx, r, k, tags, pending, expired); err != nil {
					return nil, err
				}
			}
			prev, r.Last = k.Seal, &k
		}
		if len(page) < part {
			break
		}
	}
	if q.Noted != nil && !found {
		r.wrong("seal %d of %s was noted with the hash %s; here it is missing", q.Noted.Number, q.Noted.Day, q.Noted.Hash())
	}
	return r, nil
}

func (b *Book) checkSeal(ctx context.Context, r *Report, k Kept, tags map[plant.TagNo]plant.Tag, pending map[stampOf]bool, expired map[plant.TagNo]Expiry) error {
	rows, err := b.leaves(ctx, k.Number)
	if err != nil {
		return err
	}
	r.Seals++
	r.Leaves += int64(len(rows))
	leaves := make([]evidence.Leaf, len(rows))
	for i, row := range rows {
		leaves[i] = row.leafOf(tags)
	}
	if err := k.Holds(leaves); err != nil {
		r.wrong("%v", err)
	}
	for _, row := range rows {
		switch {
		case row.Newest != k.Number:
			r.Older++
			continue
		case pending[stampOf{row.Tag, row.Day}]:
			r.Pending++
			continue
		case row.Day < expired[row.Tag].Before:
			r.Expired++
			continue
		}
		if err := b.checkRow(ctx, r, k, row, tags); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) checkRow(ctx context.Context, r *Report, k Kept, row Row, tags map[plant.TagNo]plant.Tag) error {
	leaf := row.leafOf(tags)
	d, err := b.digest(ctx, tags, row.Tag, row.Day)
	if errors.Is(err, evidence.ErrOrder) { // the store itself would not do that
		r.wrong("%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	r.Digests++
	r.Samples += d.Samples
	if d.Hash() != row.Hash || d.Samples != row.Samples {
		path := tags[row.Tag].Path
		if path == "" {
			path = leaf.Tag.Name
		}
		r.wrong("%s on %s: %d samples with the digest %s; seal %d of %s has %d with %s", path, row.Day, d.Samples, d.Hash(), k.Number, k.Day, row.Samples, row.Hash)
	}
	return nil
}

// leaves reads all leaves of a seal.
func (b *Book) leaves(ctx context.Context, number int64) ([]Row, error) {
	var out []Row
	for after := (Row{}); ; {
		page, err := b.o.Store.Leaves(ctx, b.o.Tenant, number, after, part)
		if err != nil {
			return nil, err
		}
		if out = append(out, page...); len(page) < part || len(out) > evidence.MaxLeaves {
			return out, nil
		}
		after = page[len(page)-1]
	}
}

// State says how far a tag-day is sealed.
type State string

const (
	// Sealed: the samples are as the newest seal of them says.
	Sealed State = "sealed"
	// Unsealed: something was recorded that no seal is over yet.
	Unsealed State = "unsealed"
	// Gone: retention deleted the samples; the digest remains.
	Gone State = "expired"
	// Differs: the samples are not those that were sealed.
	Differs State = "differs"
)

// Finding is what the book knows of a tag-day.
type Finding struct {
	State   State
	Tag     evidence.Tag
	Digest  evidence.TagDay // of the samples as they are now
	Proof   *evidence.Proof // of the newest seal; nil: there is none
	Expired plant.Micros    // when the samples were deleted, of Gone
}

// Find digests the tag-day and looks for its newest seal.
func (b *Book) Find(ctx context.Context, tag plant.Tag, day evidence.Day) (Finding, error) {
	tags, err := b.o.Tags.TagsOf(ctx, b.o.Tenant)
	if err != nil {
		return Finding{}, err
	}
	out := Finding{State: Unsealed, Tag: evidence.TagOf(tag)}
	rows, err := b.o.Store.LeavesOf(ctx, b.o.Tenant, tag.No, day, 1)
	if err != nil {
		return out, err
	}
	if len(rows) > 0 {
		p, err := b.prove(ctx, tags, rows[0])
		if err != nil {
			return out, err
		}
		out.Proof = &p
	}
	if out.Digest, err = b.digest(ctx, tags, tag.No, day); err != nil {
		return out, err
	}
	expired, err := b.o.Store.Expired(ctx, b.o.Tenant)
	if err != nil {
		return out, err
	}
	switch e, ok := expired[tag.No]; {
	case ok && day < e.Before:
		out.State, out.Expired = Gone, e.At
	case out.Proof != nil && out.Proof.CheckDay(out.Tag, out.Digest) == nil:
		out.State = Sealed
	case out.Proof != nil:
		pending, err := b.Pending(ctx)
		if err != nil {
			return out, err
		}
		if !pending[stampOf{tag.No, day}] {
			out.State = Differs
		}
	}
	return out, nil
}

// prove makes the proof of a leaf; its Newest is the seal it is of.
func (b *Book) prove(ctx context.Context, tags map[plant.TagNo]plant.Tag, row Row) (evidence.Proof, error) {
	page, err := b.o.Store.Seals(ctx, b.o.Tenant, row.Newest-1, 1)
	if err != nil {
		return evidence.Proof{}, err
	}
	if len(page) == 0 || page[0].Number != row.Newest {
		return evidence.Proof{}, fmt.Errorf("%w: seal %d is missing", evidence.ErrMismatch, row.Newest)
	}
	rows, err := b.leaves(ctx, row.Newest)
	if err != nil {
		return evidence.Proof{}, err
	}
	leaves := make([]evidence.Leaf, len(rows))
	for i, one := range rows {
		leaves[i] = one.leafOf(tags)
	}
	return evidence.Prove(page[0].Seal, leaves, tagName(tags, row.Tag), row.Day)
}

// MaxDossier bounds the samples of a dossier: ten a second for a day.
const MaxDossier = 1_000_000

// Dossier is the tag-day with its samples and the proof.
func (b *Book) Dossier(ctx context.Context, tag plant.Tag, day evidence.Day) (*evidence.Dossier, error) {
	f, err := b.Find(ctx, tag, day)
	if err != nil {
		return nil, err
	}
	if f.State != Sealed {
		return nil, fmt.Errorf("%w: %s on %s is %s", ErrNotSealed, tag.Path, day, f.State)
	}
	out := &evidence.Dossier{Schema: evidence.DossierSchema, Path: tag.Path, Unit: tag.Unit, Proof: *f.Proof}
	if out.Samples, err = b.Samples(ctx, tag, day.From(), day.To(), MaxDossier); err != nil {
		return nil, err
	}
	return out, out.Check()
}

// Errors of a book; test with errors.Is.
var (
	ErrNotSealed = errors.New("seals: not sealed as it is now")
	ErrTooMany   = errors.New("seals: more samples than one answer holds")
)

// Samples gives those of the tag in [from, to), at most limit: more are ErrTooMany.
func (b *Book) Samples(ctx context.Context, tag plant.Tag, from, to plant.Micros, limit int) (out evidence.Samples, err error) {
	out.Rows = []evidence.Sample{}
	if tag.Kind == plant.KindText || tag.Kind == plant.KindWaveform {
		out.Texts = true
		err = b.o.History.Texts(ctx, b.o.Tenant, tag.No, from, to, func(t plant.Text) bool {
			out.AddText(t)
			return len(out.Rows) <= limit
		})
	} else {
		err = b.o.History.Samples(ctx, b.o.Tenant, tag.No, from, to, func(s plant.Sample) bool {
			out.AddNumber(s)
			return len(out.Rows) <= limit
		})
	}
	if err == nil && len(out.Rows) > limit {
		err = fmt.Errorf("%w: more than %d", ErrTooMany, limit)
	}
	return out, err
}
