package journal

import (
	"context"
	"errors"
	"fmt"

	"zhigai/history"
	"zhigai/link"
	"zhigai/plant"
)

// Batches is what a child's history must offer; *history.Store does, opened
// with MarkLate.
type Batches interface {
	Read(ctx context.Context, afterSeq uint64, limit int) ([]history.Sequenced, error)
	ReadEncoded(ctx context.Context, afterSeq uint64, limit int) ([]history.Encoded, error)
	Wait(ctx context.Context, afterSeq uint64) error
	SaveCursor(name string, seq uint64) error
	Bounds() (first, last uint64)
}

// History is the stream of a child's samples.
type History struct {
	Store  Batches
	Cursor string // name of the reader in the store
	Tenant plant.TenantNo
	Share  func(plant.TagNo) bool // nil: every tag
}

var _ link.Source = History{}

// Bounds gives the first batch that can still be read and the last one.
func (h History) Bounds(context.Context) (first, head uint64, err error) {
	first, head = h.Store.Bounds()
	return first, head, nil
}

// Wait returns when there is a batch behind the sequence.
func (h History) Wait(ctx context.Context, after uint64) error { return h.Store.Wait(ctx, after) }

// SaveCursor says that nothing up to the sequence is needed any more.
func (h History) SaveCursor(_ context.Context, seq uint64) error {
	return h.Store.SaveCursor(h.Cursor, seq)
}

// Read gives batches with the samples that are shared.
func (h History) Read(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	if h.Share == nil {
		return h.readAll(ctx, after, limit)
	}
	batches, err := h.Store.Read(ctx, after, limit)
	if err != nil {
		return nil, after, gone(err)
	}
	through = after
	for _, b := range batches {
		through = b.Seq
		if b.Tenant != h.Tenant {
			continue
		}
		if b = shared(b, h.Share); b.Batch.Len() > 0 {
			items = append(items, link.Item{Seq: b.Seq, Recorded: b.Recorded, Payload: b.Encode(nil)})
		}
	}
	return items, through, nil
}

// readAll hands batches on as they stand in the log. The parent checks what it
// gets.
func (h History) readAll(ctx context.Context, after uint64, limit int) (items []link.Item, through uint64, err error) {
	batches, err := h.Store.ReadEncoded(ctx, after, limit)
	if err != nil {
		return nil, after, gone(err)
	}
	through = after
	for _, b := range batches {
		through = b.Seq
		if b.Tenant == h.Tenant {
			items = append(items, link.Item{Seq: b.Seq, Recorded: b.Recorded, Payload: b.Raw})
		}
	}
	return items, through, nil
}

func gone(err error) error {
	if errors.Is(err, history.ErrGone) {
		return fmt.Errorf("%w: %w", link.ErrGone, err)
	}
	return err
}

// shared is the batch without the tags that stay here.
func shared(b history.Sequenced, share func(plant.TagNo) bool) history.Sequenced {
	late := map[int]bool{}
	for _, i := range b.Late {
		late[i] = true
	}
	out := b
	out.Batch, out.Late = plant.Batch{}, nil
	for i, s := range b.Batch.Samples {
		if share(s.Tag) {
			if late[i] {
				out.Late = append(out.Late, len(out.Batch.Samples))
			}
			out.Batch.Samples = append(out.Batch.Samples, s)
		}
	}
	for i, t := range b.Batch.Texts {
		if share(t.Tag) {
			if late[len(b.Batch.Samples)+i] {
				out.Late = append(out.Late, out.Batch.Len())
			}
			out.Batch.Texts = append(out.Batch.Texts, t)
		}
	}
	return out
}
