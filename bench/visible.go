package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// load is a rate that a node is to hold while it answers.
type load struct {
	name  string
	shape Shape
	every time.Duration // between two rounds of a device
	limit time.Duration // for p99 from acknowledged to visible
}

func (l load) rate() float64 { return float64(l.shape.Tags()) / l.every.Seconds() }

var (
	largePlant = load{"10 k samples/s", Shape{50, 200}, time.Second, 100 * time.Millisecond}
	mostOfAll  = load{"1 M samples/s", Shape{50, 2000}, 100 * time.Millisecond, 500 * time.Millisecond}
	// trialLoad shows that the way works.
	trialLoad = load{"400 samples/s", Shape{4, 10}, 100 * time.Millisecond, 0}
)

// held is the share of the wanted rate that counts as holding it: devices do
// not begin and end on the instant.
const held = 0.995

// visible measures the way of a value: handed over by the driver, durable and
// acknowledged, followed by the figures, given as the answer to a question.
func visible(l load) func(ctx context.Context, e *Env) ([]Row, error) {
	return func(ctx context.Context, e *Env) ([]Row, error) {
		return visibleAt(ctx, e, filepath.Join(e.Dir, "node"), pick(e, l, l, trialLoad), e.span(time.Minute, 6*time.Second))
	}
}

func visibleAt(ctx context.Context, e *Env, dir string, l load, d time.Duration) ([]Row, error) {
	source := NewSource(l.shape, l.every, true)
	node, err := e.Open(ctx, dir, source.Plant(time.Now()))
	if err != nil {
		return nil, err
	}
	defer node.Close()
	p, err := newProber(ctx, node, source)
	if err != nil {
		return nil, err
	}
	probing, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 2)
	go func() { failed <- p.figures(probing) }()
	go func() { failed <- p.board(probing) }()
	made, took, spent, err := run(ctx, node, source, d)
	stop()
	if err := errors.Join(err, <-failed, <-failed); err != nil {
		return nil, err
	}
	r := rate("offered "+l.name+": durable", made/took.Seconds(), "samples/s", l.rate())
	r.Missed = made/took.Seconds() < held*l.rate()
	r.Shown += fmt.Sprintf(" for %s, %d machines of %d signals, %s per CPU second", took.Round(time.Second), l.shape.Machines, l.shape.Signals, amount(made/spent.Seconds()))
	lags := source.Lags()
	return []Row{
		r,
		lags.Row(l.name+": from due at the device to acknowledged", 0),
		p.raw.Row(l.name+": from acknowledged to the answer of a question for samples", l.limit),
		p.figure.Row(l.name+": from acknowledged to the answer of a question for a figure", l.limit),
		p.screen.Row(l.name+": from acknowledged to the board of all machines", 0),
	}, nil
}

// prober follows single values on their way.
type prober struct {
	node   *Node
	source *Source
	hour   time.Time // a closed one, of the probe's machine
	good   plant.TagNo
	path   string

	raw, figure, screen Latencies
}

// probeEvery is how often a value is followed, and probeFirst when in the hour
// the first of them lies. Values one millisecond apart fit an hour's run.
const (
	probeEvery = 100 * time.Millisecond
	probeFirst = time.Minute
	probeStep  = 10 * time.Millisecond
	// goodSignal is the index of count.good.
	goodSignal = 1
	// asking is the pause between two questions for the same figure.
	asking = 2 * time.Millisecond
	// patience is how long a value may stay unseen.
	patience = 30 * time.Second
)

// newProber gives the probe's machine an hour in the past in which it ran and
// counted nothing. The probe then counts in that hour: the figure changes by
// each value, and by nothing else, and the whole hour is folded again for it.
func newProber(ctx context.Context, node *Node, source *Source) (*prober, error) {
	if err := source.Connected(ctx); err != nil {
		return nil, err
	}
	p := &prober{node: node, source: source, path: machinePath(source.probe), hour: time.Now().UTC().Truncate(time.Hour).Add(-2 * time.Hour)}
	var ok bool
	if p.good, ok = node.Tag(p.path + "/count.good"); !ok {
		return nil, fmt.Errorf("%s has no counter", p.path)
	}
	link, _ := node.Tag(p.path + "/" + plant.LinkTag)
	running, _ := node.Tag(p.path + "/machine.running")
	var b plant.Batch
	for at := p.hour; at.Before(p.hour.Add(time.Hour)); at = at.Add(plant.LinkRenewal) {
		b.Samples = append(b.Samples, plant.Sample{Tag: link, Time: plant.MicrosOf(at), Value: 1})
	}
	b.Samples = append(b.Samples, plant.Sample{Tag: running, Time: plant.MicrosOf(p.hour), Value: 1}, plant.Sample{Tag: p.good, Time: plant.MicrosOf(p.hour), Value: 0})
	_, err := node.History.Append(ctx, Tenant, b)
	return p, err
}

// figures follows values until ctx ends.
func (p *prober) figures(ctx context.Context) error {
	for k := 1; ctx.Err() == nil; k++ {
		begun := time.Now()
		if err := p.one(ctx, k); err != nil && ctx.Err() == nil {
			return err
		}
		pause(ctx, probeEvery-time.Since(begun))
	}
	return nil
}

// one tells the k-th value and asks until it is seen.
func (p *prober) one(ctx context.Context, k int) error {
	at := p.hour.Add(probeFirst + time.Duration(k)*probeStep)
	if err := p.source.Tell(ctx, goodSignal, at, float64(k)); err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	acknowledged := time.Now()
	for {
		s, ok, err := p.node.History.Before(ctx, Tenant, p.good, plant.MicrosOf(at)+1)
		if err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		if ok && s.Value == float64(k) {
			break
		}
		if err := p.again(ctx, acknowledged, k); err != nil {
			return err
		}
	}
	p.raw.AddPaced(time.Since(acknowledged), probeEvery)
	from := plant.MicrosOf(p.hour)
	for {
		got, err := p.node.Engine.Query(ctx, access.Scope{Tenant: Tenant, Path: p.path}, "good", figure.Hour, from, from+plant.Micros(time.Hour.Microseconds()), figure.ByNone)
		if err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		if len(got) == 1 && got[0].Value != nil && *got[0].Value == float64(k) {
			break
		}
		if err := p.again(ctx, acknowledged, k); err != nil {
			return err
		}
	}
	p.figure.AddPaced(time.Since(acknowledged), probeEvery)
	return nil
}

func (p *prober) again(ctx context.Context, since time.Time, k int) error {
	if time.Since(since) > patience {
		return fmt.Errorf("probe: value %d is acknowledged and not seen after %s", k, patience)
	}
	pause(ctx, asking)
	return ctx.Err()
}

// board follows the last signal of the first machine on the board. Its values
// rise and fall, so that what is waited for is one that was not there before.
func (p *prober) board(ctx context.Context) error {
	rounds := make(chan round, 1)
	p.source.watch(func(r round) {
		select {
		case rounds <- r:
		default: // the one before is still waited for
		}
	})
	scope := access.Scope{Tenant: Tenant, Path: machinePath(0)}
	name := signalName(p.source.signals - 1)
	_, seq := p.node.Board.Since(scope, 0)
	for {
		var r round
		select {
		case r = <-rounds:
		case <-ctx.Done():
			return nil
		}
		// Values come at the instant of the answer: not before the millisecond
		// in which the round was acknowledged, less what storing took.
		for shown := false; !shown; {
			var err error
			if seq, err = p.node.Board.Wait(ctx, seq); err != nil {
				return nil // the run is over
			}
			shown = shows(p.node, scope, name, r)
		}
		p.screen.Add(time.Since(r.at))
	}
}

// shows reports whether the board has the round or a later one.
func shows(n *Node, scope access.Scope, name string, r round) bool {
	machines, _ := n.Board.Snapshot(scope)
	for _, m := range machines {
		for _, v := range m.Values {
			if v.Name == name {
				return v.Number != nil && *v.Number == r.value || v.Time.Time().After(r.at)
			}
		}
	}
	return false
}
