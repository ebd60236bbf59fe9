package link

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// maxRanges bounds the progress of one stream: a child joins old ranges before
// it begins another, so more than this is a fault of its program.
const maxRanges = 256

// maxConflicts bounds the attempts against replicas that commit for the same
// stream; two tries are enough unless a node is served twice at once.
const maxConflicts = 5

// intake commits the deliveries of one stream, one after another.
type intake struct {
	commits sync.Mutex // held over a commit
	mu      sync.Mutex
	loaded  bool
	at      Progress
}

// forget makes the next delivery ask the sink how far it is.
func (in *intake) forget() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.loaded = false
}

func (in *intake) progress() (Progress, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.at, in.loaded
}

func (in *intake) set(at Progress) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.at, in.loaded = at, true
}

func (p *Parent) deliver(ctx context.Context, from Peer, raw []byte) ([]byte, error) {
	d, err := p.pack.unseal(raw)
	if err != nil {
		return nil, err
	}
	if !known(d.Stream) {
		return nil, fmt.Errorf("%w: stream %q", ErrRefused, d.Stream)
	}
	s, err := p.session(from, d.Session)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	in := s.intakes[d.Stream]
	if in == nil {
		in = &intake{}
		s.intakes[d.Stream] = in
	}
	node := s.status.Node
	s.mu.Unlock()

	in.commits.Lock()
	defer in.commits.Unlock()
	// What waited for its turn may belong to a session that ended meanwhile.
	if _, err := p.session(from, d.Session); err != nil {
		return nil, err
	}
	at, items, err := p.commit(ctx, node, in, d)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Bytes += int64(len(raw))
	s.status.Items += int64(items)
	if items < len(d.Items) {
		s.status.Repeated += int64(len(d.Items) - items)
	}
	return sealJSON(kindAck, ack{Progress: at}), nil
}

// commit makes what is new of the parcel durable and gives the progress that
// is durable then, with the number of new items.
func (p *Parent) commit(ctx context.Context, node Node, in *intake, d parcel) (Progress, int, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.CommitTime)
	defer cancel()
	for range maxConflicts {
		at, loaded := in.progress()
		if !loaded {
			var err error
			if at, err = p.o.Sink.Progress(ctx, node.ID, d.Stream); err != nil {
				return Progress{}, 0, p.sinkError(node, d.Stream, err)
			}
			in.set(at)
		}
		next, err := fresh(at, d)
		if err != nil {
			return Progress{}, 0, err
		}
		if next.After.Version == at.Version {
			return at, 0, nil // all of it is there
		}
		if next.Epoch > at.Epoch && at.Version > 0 {
			p.o.Log.Warn("link: a node's journal was replaced by an older copy; what it sends counts anew", "node", node.Name, "stream", d.Stream, "epoch", next.Epoch)
		}
		err = p.o.Sink.Commit(ctx, node, next)
		if err == nil {
			in.set(next.After)
			p.noteGaps(node, next.Gaps)
			return next.After, len(next.Items), nil
		}
		in.forget() // whether it was stored is not known
		if !errors.Is(err, ErrConflict) {
			return Progress{}, 0, p.sinkError(node, d.Stream, err)
		}
	}
	return Progress{}, 0, fmt.Errorf("%w: %s of %s", ErrConflict, d.Stream, node.Name)
}

func (p *Parent) sinkError(node Node, stream Stream, err error) error {
	if errors.Is(err, ErrBusy) {
		return err
	}
	p.o.Log.Error("link: cannot commit", "node", node.Name, "stream", stream, "err", err)
	return fmt.Errorf("%w: %s of %s", ErrUnavailable, stream, node.Name)
}

func (p *Parent) noteGaps(node Node, gaps []Gap) {
	for _, g := range gaps {
		p.o.Log.Error("link: a node could not keep its data until delivery", "node", node.Name, "stream", g.Stream,
			"from", g.From, "to", g.To, "from_time", g.FromTime.Time(), "to_time", g.ToTime.Time(), "reason", g.Reason)
	}
}

// fresh is what a parcel adds to the progress; After.Version stays when that
// is nothing.
func fresh(at Progress, d parcel) (Delivery, error) {
	next := Delivery{Stream: d.Stream, Epoch: d.Epoch, Before: at.Version, After: at}
	switch {
	case d.Epoch < at.Epoch:
		return next, fmt.Errorf("%w: epoch %d of %s is over, it is at %d", ErrRefused, d.Epoch, d.Stream, at.Epoch)
	case d.Epoch > at.Epoch:
		next.After = Progress{Version: at.Version, Epoch: d.Epoch}
	}
	have := next.After.Ranges
	if len(have.Missing(Range{d.From, d.To})) == 0 {
		return next, nil
	}
	for _, it := range d.Items {
		if have.Has(it.Seq) {
			continue
		}
		next.Items = append(next.Items, it)
		if it.Seq > next.After.LastSeq {
			next.After.LastSeq, next.After.LastSum, next.After.LastRecorded = it.Seq, sumOf(it.Payload), it.Recorded
		}
	}
	for _, g := range d.Gaps {
		// Committed meanwhile is not missing.
		for _, r := range have.Missing(Range{g.From, g.To}) {
			part := g
			part.From, part.To = r.From, r.To
			next.Gaps = append(next.Gaps, part)
		}
	}
	next.After.Ranges = have.Add(Range{d.From, d.To})
	next.After.Version++
	if len(next.After.Ranges) > maxRanges {
		return next, fmt.Errorf("%w: %s would be in %d pieces", ErrRefused, d.Stream, len(next.After.Ranges))
	}
	return next, nil
}
