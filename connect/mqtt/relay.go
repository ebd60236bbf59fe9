package mqtt

import (
	"context"
	"errors"
	"sync"

	"zhigai/connect"
)

// ErrDetached means that the subscription a reading was for has ended.
var ErrDetached = errors.New("subscription ended")

// Relay carries readings from the goroutines of the broker to the one that
// runs Subscribe, and the answer of the sink back: a handler waits until its
// readings are durable.
type Relay struct {
	queue chan parcel
	wake  chan struct{}

	mu     sync.Mutex
	reason error
	ended  chan struct{}
}

type parcel struct {
	readings []connect.Reading
	answer   chan error
}

// NewRelay makes a relay.
func NewRelay() *Relay {
	return &Relay{queue: make(chan parcel), wake: make(chan struct{}, 1), ended: make(chan struct{})}
}

// Deliver hands readings over and waits for the sink's answer.
func (r *Relay) Deliver(ctx context.Context, readings []connect.Reading) error {
	p := parcel{readings, make(chan error, 1)}
	select {
	case r.queue <- p:
	case <-r.ended:
		return ErrDetached
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-p.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Alive says that the device showed life; it never waits.
func (r *Relay) Alive() {
	select {
	case r.wake <- struct{}{}:
	default: // one is pending already, and one is enough
	}
}

// End stops Run with a reason; the first reason holds.
func (r *Relay) End(reason error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.ended:
	default:
		r.reason = reason
		close(r.ended)
	}
}

// Ended reports whether nothing will be delivered any more.
func (r *Relay) Ended() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// Run passes readings to the sink until ctx or the relay ends, or the sink
// refuses. Nothing is delivered after it returned.
func (r *Relay) Run(ctx context.Context, sink connect.Sink, alive func()) error {
	for {
		select {
		case <-ctx.Done():
			r.End(ctx.Err())
			return ctx.Err()
		case <-r.ended:
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.reason
		case <-r.wake:
			alive()
		case p := <-r.queue:
			err := sink(ctx, p.readings)
			p.answer <- err
			if err != nil {
				r.End(err)
				return err
			}
		}
	}
}
