package mqtt

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

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

	mu      sync.Mutex
	reason  error
	running bool
	prompt  connect.Prompt // while Run runs; nil when there is none
	ended   chan struct{}

	over    chan struct{} // ended, and Run returned
	holding atomic.Bool
	waiting atomic.Int64 // parcels in the queue or at the sink
}

type parcel struct {
	readings []connect.Reading
	answer   chan error  // with room for one; nil when done is told
	done     func(error) // of TryDeliver
}

func (p parcel) tell(err error) {
	if p.done != nil {
		p.done(err)
		return
	}
	p.answer <- err
}

// NewRelay makes a relay.
func NewRelay() *Relay {
	return &Relay{queue: make(chan parcel, window), wake: make(chan struct{}, 1), ended: make(chan struct{}), over: make(chan struct{})}
}

// Deliver hands readings over and waits for the sink's answer.
func (r *Relay) Deliver(ctx context.Context, readings []connect.Reading) error {
	p := parcel{readings: readings, answer: make(chan error, 1)}
	if r.Ended() {
		return ErrDetached
	}
	r.waiting.Add(1)
	select {
	case r.queue <- p:
	case <-r.ended:
		r.waiting.Add(-1)
		return ErrDetached
	case <-ctx.Done():
		r.waiting.Add(-1)
		return ctx.Err()
	}
	passed(ctx)
	select {
	case err := <-p.answer:
		return err
	case <-r.over: // what is left in the queue nobody takes
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-p.answer:
		return err
	default:
		return ErrDetached
	}
}

// TryDeliver hands readings over without waiting; done gets the sink's answer.
// It returns false when that cannot be: then done is not called.
func (r *Relay) TryDeliver(readings []connect.Reading, done func(error)) bool {
	if r.Ended() {
		return false
	}
	if prompt := r.promptly(); prompt != nil && r.waiting.Load() == 0 && prompt(readings, done) {
		return true // nothing of this client is before it: who delivers is the one that reads it
	}
	r.waiting.Add(1)
	select {
	case r.queue <- parcel{readings: readings, done: done}:
	default:
		r.waiting.Add(-1)
		return false
	}
	select {
	case <-r.over:
		r.refuse() // Run may have looked before
	default:
	}
	return true
}

// promptly is the way past the queue, while Run runs.
func (r *Relay) promptly() connect.Prompt {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.running {
		return nil
	}
	return r.prompt
}

// refuse answers what nobody takes any more.
func (r *Relay) refuse() {
	for {
		select {
		case p := <-r.queue:
			r.waiting.Add(-1)
			p.tell(ErrDetached)
		default:
			return
		}
	}
}

// maxJoined is how many readings one call of the sink gets, about.
const maxJoined = 20_000

// joined takes what else waits, so that it shares a commit.
func (r *Relay) joined(first parcel) (all []parcel, readings []connect.Reading) {
	all, readings = []parcel{first}, first.readings
	for len(all) < window && len(readings) < maxJoined {
		select {
		case p := <-r.queue:
			all, readings = append(all, p), append(readings, p.readings...)
		default:
			return all, readings
		}
	}
	return all, readings
}

// Holding reports whether the sink is at work: a device that waits for its
// answer is not silent.
func (r *Relay) Holding() bool { return r.holding.Load() }

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
		if !r.running {
			close(r.over)
			go r.refuse() // whoever ends may hold what the answers need
		}
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
// refuses. Nothing is delivered after it returned. It is called once.
func (r *Relay) Run(ctx context.Context, sink connect.Sink, alive func()) error {
	r.mu.Lock()
	if r.Ended() {
		defer r.mu.Unlock()
		return r.reason
	}
	r.running = true
	r.mu.Unlock()
	defer r.refuse()
	defer close(r.over)
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
			all, readings := r.joined(p)
			r.holding.Store(true)
			err := sink(ctx, readings)
			r.holding.Store(false)
			r.waiting.Add(int64(-len(all)))
			for _, p := range all {
				p.tell(err)
			}
			if err != nil {
				r.End(err)
				return err
			}
		}
	}
}
