package mtconnect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/mtconnect/document"
)

const (
	// An agent gathers observations this long before it sends them.
	fastest   = 100 * time.Millisecond
	slowest   = time.Second
	defPeriod = time.Second
	// heartbeat is how often an agent without news must speak: three times
	// within the silence after which a machine is not known any more.
	heartbeat = 4 * time.Second
	// most observations in one answer; the next brings what is left.
	most = 1000
)

// subscription is one Subscribe.
type subscription struct {
	conn   *conn
	plan   plan
	sink   connect.Sink
	alive  func()
	every  time.Duration
	states map[string]*state
	next   uint64    // sequence number of the next observation
	latest time.Time // of an observation that is stored
}

// Subscribe implements [connect.Subscriber]. What the agent kept while nobody
// asked comes first, as history; then what holds now, then all that follows. An
// agent that started anew ends the subscription: its numbers mean something else.
func (c *conn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	s := &subscription{conn: c, plan: c.resolve(points), sink: sink, alive: alive, every: slowest}
	for _, p := range points {
		period := p.Period
		if period <= 0 {
			period = defPeriod
		}
		s.every = min(s.every, max(period, fastest))
	}
	err := s.begin(ctx, time.Time{}, s.plan.wrong)
	for err == nil {
		err = s.stream(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// begin stores what was missed and what holds now; what is older than since
// stands as of now, because nothing was known between.
func (s *subscription) begin(ctx context.Context, since time.Time, first []connect.Reading) error {
	states, doc, err := s.conn.current(ctx)
	if err != nil {
		return err
	}
	if err := s.catchUp(ctx, doc.Header); err != nil {
		return err
	}
	readings := slices.Clone(first)
	for item, all := range s.plan.byItem {
		if states[item] == nil {
			states[item] = &state{}
		}
		for _, w := range all {
			r := states[item].reading(w.part, w.kind)
			r.Point, r.Source = w.point, s.conn.present(states[item].last.Time)
			if !r.Source.After(since) {
				r.Source = time.Time{}
			}
			readings = append(readings, r)
		}
	}
	if len(readings) > 0 {
		if err := s.sink(ctx, readings); err != nil {
			return err
		}
	}
	s.states = states
	s.moved(doc.Header.Next, doc.Observations)
	return nil
}

// moved remembers what is stored.
func (s *subscription) moved(next uint64, all []document.Observation) {
	s.next = next
	for i := range all {
		if all[i].Time.After(s.latest) {
			s.latest = all[i].Time
		}
	}
	d := s.conn.driver
	d.mu.Lock()
	defer d.mu.Unlock()
	d.position[s.conn.key] = position{s.conn.instance, next}
}

// catchUp stores what the agent kept since the last subscription of this device,
// as far as its buffer reaches.
func (s *subscription) catchUp(ctx context.Context, h document.Header) error {
	d := s.conn.driver
	d.mu.Lock()
	from, known := d.position[s.conn.key]
	d.mu.Unlock()
	if !known || from.instance != s.conn.instance || from.next >= h.Next {
		return nil
	}
	if from.next < h.First {
		d.log.Warn("the agent's buffer lost observations while contact was lost", "device", s.conn.settings.base, "n", h.First-from.next)
		from.next = h.First
	}
	states := map[string]*state{}
	for from.next < h.Next {
		doc, err := s.conn.ask(ctx, document.Streams, "sample", url.Values{
			"from": {strconv.FormatUint(from.next, 10)}, "count": {strconv.FormatUint(min(most, h.Next-from.next), 10)},
		})
		if err == nil {
			err = s.conn.ours(doc)
		}
		if outOfRange(err) {
			return nil // the buffer moved on; what holds now follows
		}
		if err != nil {
			return err
		}
		if doc.Header.Next <= from.next {
			return fmt.Errorf("%w: the agent goes on at %d when asked from %d", connect.ErrMalformed, doc.Header.Next, from.next)
		}
		readings := s.readings(doc, from.next, states)
		for i := range readings {
			readings[i].Historical = true
		}
		if len(readings) > 0 {
			if err := s.sink(ctx, readings); err != nil {
				return err
			}
		}
		from.next = doc.Header.Next
	}
	return nil
}

// readings are the points' parts of observations from a number on, in the order
// in which the agent got them. Those before it came already.
func (s *subscription) readings(doc *document.Document, from uint64, states map[string]*state) []connect.Reading {
	slices.SortStableFunc(doc.Observations, func(a, b document.Observation) int { return cmp.Compare(a.Sequence, b.Sequence) })
	var out []connect.Reading
	for _, o := range doc.Observations {
		all := s.plan.byItem[o.Item]
		if o.Sequence < from || len(all) == 0 {
			continue
		}
		if states[o.Item] == nil {
			states[o.Item] = &state{}
		}
		states[o.Item].take(o)
		for _, w := range all {
			r := states[o.Item].reading(w.part, w.kind)
			r.Point, r.Source = w.point, o.Time
			out = append(out, r)
		}
	}
	return out
}

// stream takes one streamed answer to its end.
func (s *subscription) stream(ctx context.Context) error {
	c := s.conn
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := 2*c.driver.heartbeat + c.settings.timeout
	silent := time.AfterFunc(silence, func() { cancel(fmt.Errorf("nothing from the agent for %v", silence)) })
	defer silent.Stop()
	res, err := c.send(ctx, "sample", url.Values{
		"from": {strconv.FormatUint(s.next, 10)}, "count": {strconv.Itoa(most)},
		"interval": {strconv.FormatInt(s.every.Milliseconds(), 10)}, "heartbeat": {strconv.FormatInt(c.driver.heartbeat.Milliseconds(), 10)},
	})
	if err != nil {
		return because(ctx, err)
	}
	defer func() { _ = res.Body.Close() }() // a stream has no end to wait for
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); !strings.HasPrefix(kind, "multipart/") {
		// An agent that does not stream, or refuses.
		text, err := io.ReadAll(io.LimitReader(res.Body, document.MaxSize+1))
		if err == nil {
			err = s.chunk(ctx, text)
		}
		if err == nil {
			err = pause(ctx, s.every)
		}
		return because(ctx, err)
	}
	parts, err := document.NewParts(res.Body, res.Header.Get("Content-Type"))
	for err == nil {
		var text []byte
		if text, err = parts.Next(); err != nil {
			break
		}
		silent.Stop() // storing may take its time
		if err = s.chunk(ctx, text); err == nil {
			silent.Reset(silence)
		}
	}
	if errors.Is(err, document.ErrParts) {
		err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
	}
	return because(ctx, err)
}

// because names the reason for an ended context in place of its effect.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the agent ended the stream")
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// chunk takes one document of a stream.
func (s *subscription) chunk(ctx context.Context, text []byte) error {
	doc, err := s.conn.read(text, document.Streams)
	if err == nil {
		err = s.conn.ours(doc)
	}
	if outOfRange(err) {
		return s.gap(ctx)
	}
	if err != nil {
		return err
	}
	h := doc.Header
	switch {
	case h.First > s.next && h.Next > s.next:
		return s.gap(ctx)
	case h.Next < s.next:
		return fmt.Errorf("%w: the agent goes on at %d when asked from %d", connect.ErrMalformed, h.Next, s.next)
	}
	if readings := s.readings(doc, s.next, s.states); len(readings) > 0 {
		if err := s.sink(ctx, readings); err != nil {
			return err
		}
	} else {
		s.alive()
	}
	s.moved(h.Next, doc.Observations)
	return nil
}

// gap: the buffer ran over before we read it. Every point is marked right after
// the last that is known, and begins anew with what holds now.
func (s *subscription) gap(ctx context.Context) error {
	since := s.latest
	if !since.IsZero() {
		since = since.Add(time.Microsecond)
	}
	lost := fmt.Errorf("%w: the agent's buffer lost observations from number %d on", connect.ErrStale, s.next)
	s.conn.driver.log.Warn("the agent's buffer lost observations", "device", s.conn.settings.base, "from", s.next)
	var marks []connect.Reading
	for _, all := range s.plan.byItem {
		for _, w := range all {
			marks = append(marks, connect.Reading{Point: w.point, Err: lost, Source: s.conn.present(since)})
		}
	}
	if len(marks) > 0 {
		if err := s.sink(ctx, marks); err != nil {
			return err
		}
	}
	return s.begin(ctx, since, nil)
}
