package north

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"zhigai/connect/mqtt/client"
	"zhigai/north/sparkplug"
	"zhigai/plant"
)

const (
	// maxMetrics bounds one DDATA; hosts take them whole.
	maxMetrics = 500
	// byeWithin bounds the death certificate of a connection closed on purpose.
	byeWithin = 2 * time.Second
	// boundEvery is how often a target that waits for its host looks whether
	// what waits can be kept.
	boundEvery = time.Minute
)

// errHostOffline ends a session: the specification wants the edge node to leave
// and come back (tck-id-host-topic-phid-death-required).
var errHostOffline = errors.New("the primary host is offline; everything is kept for it")

// node is a session of KindSparkplug.
type node struct {
	r    *runner
	c    *client.Client
	edge *sparkplug.Edge
	contact
	dead  map[string]bool // machines whose death the host knows
	fresh bool            // the journal's end was not reached yet
	rung  chan struct{}

	mu      sync.Mutex // the rest comes from the connection's reader
	host    sparkplug.HostState
	rebirth bool
}

var _ session = (*node)(nil)

func (r *runner) openEdge(ctx context.Context) (session, error) {
	o, err := options(r.target)
	if err != nil {
		return nil, err
	}
	n := &node{
		r: r, edge: sparkplug.NewEdge(r.target.Group, r.target.Edge, r.bd), contact: contact{}, dead: map[string]bool{}, fresh: true,
		rung: make(chan struct{}, 1),
	}
	r.bd++ // the next connection has the next, also when this one fails
	death := n.edge.Death(n.now())
	o.Will = &client.Will{Topic: death.Topic, Payload: death.Payload, QoS: 1}
	o.Received = n.received
	if n.c, err = dial(ctx, o); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *node) now() plant.Micros { return plant.MicrosOf(n.r.o.Now()) }

// received takes a command or a state of the host. What cannot be read is said
// and changes nothing.
func (n *node) received(topic string, raw []byte, _ bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if topic == n.edge.CommandTopic() {
		yes, err := sparkplug.IsRebirth(raw)
		if err != nil {
			n.r.o.Logger.Warn("north: not understood", "target", n.r.target.Name, "err", err)
		}
		n.rebirth = n.rebirth || yes
	} else {
		s, err := sparkplug.ParseState(raw)
		switch {
		case err != nil:
			n.r.o.Logger.Warn("north: not understood", "target", n.r.target.Name, "err", err)
		case s.Supersedes(n.host):
			n.host = s
		}
	}
	select {
	case n.rung <- struct{}{}:
	default:
	}
}

func (n *node) bell() <-chan struct{} { return n.rung }
func (n *node) gone() <-chan struct{} { return n.c.Done() }

func (n *node) online() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.r.target.Host == "" || n.host.Online
}

// begin subscribes, waits for the primary host and tells of everything there is.
func (n *node) begin(ctx context.Context) error {
	topics := []string{n.edge.CommandTopic()}
	if n.r.target.Host != "" {
		topics = append(topics, sparkplug.StateTopics(n.r.target.Host)...)
	}
	within, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	for _, t := range topics {
		if err := n.c.Subscribe(within, t, 1); err != nil {
			return err
		}
	}
	for !n.online() {
		n.r.state(StateWaiting)
		timer := time.NewTimer(boundEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-n.c.Done():
			timer.Stop()
			return errLost
		case <-n.rung:
		case <-timer.C:
			if err := n.r.bound(ctx); err != nil {
				return err
			}
		}
		timer.Stop()
	}
	return n.births(ctx)
}

// births sends NBIRTH and the DBIRTH of every machine that is not known to be
// dead. While the journal's end is not reached all are born, so that their past
// can be told.
func (n *node) births(ctx context.Context) error {
	if err := n.publish(ctx, n.edge.Birth(n.now())); err != nil {
		return err
	}
	for _, path := range n.r.shared.paths() {
		if n.dead[path] {
			continue
		}
		if err := n.born(ctx, path); err != nil {
			return err
		}
	}
	return n.taken(ctx)
}

func (n *node) born(ctx context.Context, path string) error {
	d := sparkplug.Device{Path: path}
	for _, tag := range n.r.shared.machines[path] {
		m := sparkplug.Metric{Tag: tag}
		var err error
		if m.Last, m.Known, err = n.last(ctx, tag); err != nil {
			return err
		}
		d.Metrics = append(d.Metrics, m)
	}
	delete(n.dead, path)
	return n.publish(ctx, n.edge.DeviceBirth(n.now(), d))
}

// last is the present value of a tag.
func (n *node) last(ctx context.Context, tag plant.Tag) (v sparkplug.Value, known bool, err error) {
	o := n.r.o
	if tag.Kind == plant.KindText {
		t, ok, err := o.History.TextBefore(ctx, o.Tenant, tag.No, n.now())
		return sparkplug.Value{Sample: plant.Sample{Tag: t.Tag, Quality: t.Quality, Time: t.Time}, Text: t.Value}, ok, err
	}
	s, ok, err := o.History.Before(ctx, o.Tenant, tag.No, n.now())
	s.Tag = tag.No
	return sparkplug.Value{Sample: s}, ok, err
}

func (n *node) died(ctx context.Context, path string) error {
	n.dead[path] = true
	return n.publish(ctx, n.edge.DeviceDeath(n.now(), path))
}

func (n *node) publish(ctx context.Context, m sparkplug.Message) error {
	return n.c.Publish(ctx, m.Topic, m.Payload, 0, false)
}

// taken waits until the broker has read all that was published: births and data
// go with QoS 0, as the specification wants, and have no acknowledgement.
func (n *node) taken(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return n.c.Ping(ctx)
}

func (n *node) upkeep(ctx context.Context) error {
	select {
	case <-n.c.Done():
		return errLost
	default:
	}
	if !n.online() {
		return errHostOffline
	}
	n.mu.Lock()
	again := n.rebirth
	n.rebirth = false
	n.mu.Unlock()
	if again {
		return n.births(ctx)
	}
	return nil
}

// caughtUp tells of the machines that are out of contact by now.
func (n *node) caughtUp(ctx context.Context) error {
	if !n.fresh {
		return nil
	}
	n.fresh = false
	for _, path := range n.r.shared.paths() {
		for _, tag := range n.r.shared.machines[path] {
			if tag.Name != plant.LinkTag {
				continue
			}
			s, known, err := n.last(ctx, tag)
			if err != nil {
				return err
			}
			if known && s.Sample.Value == 0 && !s.Sample.Quality.IsBad() && !n.dead[path] {
				if err := n.died(ctx, path); err != nil {
					return err
				}
			}
		}
	}
	return n.taken(ctx)
}

// send publishes the values of each machine in their order, births and deaths
// where contact came and went.
func (n *node) send(ctx context.Context, values []value) error {
	wait := map[string][]sparkplug.Value{}
	var order []string
	for _, v := range values {
		path := v.machine()
		up, isLink := v.link()
		if !n.news(v) {
			continue
		}
		switch {
		case isLink && !v.Historical && up && n.dead[path]:
			if err := n.born(ctx, path); err != nil {
				return err
			}
			continue // the birth says it
		case isLink && !v.Historical && !up && !n.dead[path]:
			if err := n.data(ctx, path, wait[path]); err != nil {
				return err
			}
			delete(wait, path)
			if err := n.died(ctx, path); err != nil {
				return err
			}
			continue // the death says it
		case isLink && n.dead[path], n.dead[path] && v.Sample.Quality.IsBad():
			continue // of the dead every value is stale
		}
		if _, has := wait[path]; !has {
			order = append(order, path)
		}
		wait[path] = append(wait[path], v.Value)
	}
	for _, path := range order {
		if err := n.tell(ctx, path, wait[path]); err != nil {
			return err
		}
		delete(wait, path)
	}
	return n.taken(ctx)
}

// tell is data, also of a machine that is out of contact: what it said before
// comes late and must not be lost.
func (n *node) tell(ctx context.Context, path string, values []sparkplug.Value) error {
	if len(values) == 0 || !n.dead[path] {
		return n.data(ctx, path, values)
	}
	if err := n.born(ctx, path); err != nil {
		return err
	}
	for i := range values {
		values[i].Historical = true
	}
	if err := n.data(ctx, path, values); err != nil {
		return err
	}
	return n.died(ctx, path)
}

func (n *node) data(ctx context.Context, path string, values []sparkplug.Value) error {
	for some := range slices.Chunk(values, maxMetrics) {
		if err := n.publish(ctx, n.edge.Data(n.now(), path, n.r.shared.tag, some)); err != nil {
			return fmt.Errorf("data of %s: %w", path, err)
		}
	}
	return nil
}

// close says the death certificate itself: a broker publishes no will of a
// client that signs off.
func (n *node) close() {
	ctx, cancel := context.WithTimeout(context.Background(), byeWithin)
	defer cancel()
	select {
	case <-n.c.Done():
	default:
		death := n.edge.Death(n.now())
		_ = n.c.Publish(ctx, death.Topic, death.Payload, 1, false) // the will says the same
	}
	_ = n.c.Close()
}
