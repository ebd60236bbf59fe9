package connect

import (
	"context"
	"errors"

	"zhigai/plant"
)

// subscription is one Subscribe of a runner. Its lock is held by whoever speaks
// for the device: a sink, a prompt or an alive call, on the driver's goroutines.
type subscription struct {
	r      *runner
	ending context.Context // done when the device is to be let go
	lock   chan struct{}
	over   bool // Subscribe has returned
}

// subscribe lets the device speak.
func (r *runner) subscribe(ctx context.Context, s Subscriber) error {
	points := make([]Point, len(r.spec.Points))
	for i, p := range r.spec.Points {
		points[i] = Point{Address: p.Address, Kind: p.Kind, Period: p.Period}
	}
	one := &subscription{r: r, ending: ctx, lock: make(chan struct{}, 1)}
	var err error
	if p, ok := s.(PromptSubscriber); ok {
		err = p.SubscribePrompt(ctx, points, one.sink, one.prompt, one.alive)
	} else {
		err = s.Subscribe(ctx, points, one.sink, one.alive)
	}
	one.lock <- struct{}{}
	one.over = true
	<-one.lock
	if err == nil {
		err = errors.New("the subscription ended")
	}
	return err
}

// sink returns when all is durable. The link is renewed by whoever speaks first.
func (s *subscription) sink(ctx context.Context, readings []Reading) error {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	if err := s.r.alive(ctx, 0); err != nil {
		return err
	}
	return s.keep(ctx, s.batch(ctx, readings))
}

// batch is what of the readings is to be stored. The lock is held.
func (s *subscription) batch(ctx context.Context, readings []Reading) plant.Batch {
	r := s.r
	batch := plant.Batch{Samples: make([]plant.Sample, 0, len(readings))}
	for i := range readings {
		if n := readings[i].Point; n >= 0 && n < len(r.gates) {
			r.take(ctx, n, &readings[i], r.answered, &batch)
		}
	}
	return batch
}

// keep returns when the batch is durable. The lock is held.
func (s *subscription) keep(ctx context.Context, batch plant.Batch) error {
	err := s.r.hold(ctx, s.ending, batch)
	if err != nil {
		s.r.forget() // the device may say the same once more; to the gates it must be news
	}
	return err
}

// prompt is sink without waiting, for a device that is up and whose samples are
// accepted.
func (s *subscription) prompt(readings []Reading, done func(error)) bool {
	select {
	case s.lock <- struct{}{}:
	default:
		return false // another speaks: behind it
	}
	defer func() { <-s.lock }()
	r := s.r
	if s.over || r.refused.from != 0 || !r.stillAlive() {
		return false
	}
	ctx := s.ending
	batch := s.batch(ctx, readings)
	if batch.Len() == 0 {
		done(nil)
		return true
	}
	r.c.gather.add(r.spec.Tenant, batch, func(err error) {
		if err != nil {
			go func() { done(s.again(ctx, batch, err)) }()
			return
		}
		r.meter.stored(batch.Len())
		done(nil)
	})
	return true
}

// again is what becomes of a batch that was not stored: as with the sink, the
// device waits while nothing is accepted.
func (s *subscription) again(ctx context.Context, batch plant.Batch, err error) error {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	if s.over {
		return err
	}
	if errors.Is(err, ErrNotAccepted) {
		return s.keep(ctx, batch)
	}
	s.r.refuse(ctx, batch.Len(), err)
	s.r.forget()
	return err
}

// alive is a sign of life without a change of value.
func (s *subscription) alive() {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	if err := s.r.alive(s.ending, 0); err != nil {
		s.r.c.o.Logger.Error("link state not kept", "device", s.r.spec.Path, "err", err)
	}
}
