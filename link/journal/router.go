package journal

import (
	"context"
	"fmt"

	"zhigai/link"
)

// Router gives each stream to its sink.
type Router map[link.Stream]link.Sink

var _ link.Sink = Router{}

func (r Router) sink(s link.Stream) (link.Sink, error) {
	if to, ok := r[s]; ok {
		return to, nil
	}
	return nil, fmt.Errorf("%w: this node takes no %s", link.ErrRefused, s)
}

// Progress gives what Commit stored last.
func (r Router) Progress(ctx context.Context, node link.NodeID, stream link.Stream) (link.Progress, error) {
	to, err := r.sink(stream)
	if err != nil {
		return link.Progress{}, err
	}
	return to.Progress(ctx, node, stream)
}

// Commit stores the delivery where its stream belongs.
func (r Router) Commit(ctx context.Context, node link.Node, d link.Delivery) error {
	to, err := r.sink(d.Stream)
	if err != nil {
		return err
	}
	return to.Commit(ctx, node, d)
}
