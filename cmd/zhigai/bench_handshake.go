package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/bench"
	calc "zhigai/calc/handshake"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/shop/control/handshake"
	"zhigai/sim"
)

// handshakeBench measures hand-overs between two machines of different protocols on
// loopback: from a step seen to the other side's read-back, all of it kept.
type handshakeBench struct{}

func (b handshakeBench) part() bench.Part {
	return bench.Part{Name: "handshake", Title: "Handshakes: one machine over OPC UA hands to one over Modbus TCP", Run: b.run}
}

const (
	// handshakeWanted is what a step may take, of 99 in 100.
	handshakeWanted = 50 * time.Millisecond
	// handshakePatience bounds one step of the bench.
	handshakePatience = 30 * time.Second
	handshakeLook     = 10 * time.Millisecond
)

func (b handshakeBench) run(ctx context.Context, e *bench.Env) ([]bench.Row, error) {
	count := 250
	switch e.Length {
	case bench.Quick:
		count = 50
	case bench.Trial:
		count = 2
	}
	took, err := b.hand(ctx, filepath.Join(e.Dir, "handshake"), count)
	if err != nil {
		return nil, err
	}
	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[len(took)*99/100]
	return []bench.Row{
		{What: fmt.Sprintf("a step seen to the other machine's read-back, kept: half of %d steps", len(took)), Value: p50, Unit: "ms", Shown: fmt.Sprintf("%.1f ms", p50)},
		{
			What: "the same, 99 in 100", Value: p99, Unit: "ms", Shown: fmt.Sprintf("%.1f ms", p99), Wanted: "< " + handshakeWanted.String(), Missed: p99 >= float64(handshakeWanted.Milliseconds()),
			Note: "The machines are in this program, over their own protocols; what a machine is asked or publishes at is not counted.",
		},
	}, nil
}

// hand lets two machines hand over count times and gives what each step took, ms.
func (b handshakeBench) hand(ctx context.Context, dir string, count int) (took []float64, err error) {
	n, err := openNodeOf(ctx, place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler), data.FS)
	if err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		err = errors.Join(err, n.close())
	}()
	gantry, giver, err := b.stand(n, "demo-gantry")
	if err != nil {
		return nil, err
	}
	defer gantry.Close()
	buffer, taker, err := b.stand(n, "demo-buffer")
	if err != nil {
		return nil, err
	}
	defer buffer.Close()
	gantry.Show("hand.code", 0, "") // it had a part to offer
	at := func(code string, d plant.Device, kind string) plant.Node {
		d.Writing = true
		return plant.Node{Path: "firm/site/" + code, Level: plant.LevelEquipment, Name: plant.Name{ZH: code}, Machine: &plant.Equipment{Class: "machine", Profile: kind, Device: d}}
	}
	m := plant.Model{Nodes: []plant.Node{
		{Path: "firm", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "企业"}},
		{Path: "firm/site", Level: plant.LevelSite, Name: plant.Name{ZH: "厂"}},
		at("giver", giver, "demo-gantry"), at("taker", taker, "demo-buffer"),
	}}
	who := access.Node(homeTenant)
	if err := n.plants.Import(access.With(ctx, who), who.Scope, m, plant.MicrosOf(time.Now())); err != nil {
		return nil, err
	}
	if err := n.start(working); err != nil {
		return nil, err
	}
	series, err := b.begin(ctx, n)
	if err != nil {
		return nil, err
	}
	for range count {
		h, err := b.once(ctx, n, series, gantry, buffer)
		if err != nil {
			return nil, err
		}
		for _, s := range h.Steps {
			took = append(took, s.Told.TookMs)
		}
	}
	return took, nil
}

// stand is a machine of a kind of the demo that shows what it is told to.
func (handshakeBench) stand(n *node, kind string) (*sim.Plant, plant.Device, error) {
	p, ok := n.profiles.Get(kind)
	if !ok {
		return nil, plant.Device{}, fmt.Errorf("no profile %s", kind)
	}
	return sim.Stand(simKind(p, ""), "127.0.0.1:0", 1)
}

// begin keeps the handshake of the demo, as two people do, and has it followed.
func (b handshakeBench) begin(ctx context.Context, n *node) (series string, err error) {
	who := access.Node(homeTenant)
	stored, err := n.plants.Model(ctx, who.Scope, plant.MicrosOf(time.Now()))
	if err != nil {
		return "", err
	}
	id := func(path string) plant.NodeID {
		return stored.Nodes[slices.IndexFunc(stored.Nodes, func(nd plant.Node) bool { return nd.Path == path })].ID
	}
	writer, other := who, who
	writer.Name, other.Name = "li", "wang"
	h, err := n.handshakes.Save(ctx, writer, demoTransfer(id("firm/site/giver"), id("firm/site/taker")))
	if err == nil {
		h, err = n.handshakes.Move(ctx, other, h.ID, handshake.Move{State: handshake.Approved, Rev: h.Rev})
	}
	if err == nil {
		_, err = n.handshakes.SetMode(ctx, who, h.Series, handshake.Asked{Mode: handshake.On})
	}
	return h.Series, err
}

// once is one hand-over: each machine shows the next code when the handshake waits for it.
func (b handshakeBench) once(ctx context.Context, n *node, series string, gantry, buffer *sim.Plant) (handshake.Handover, error) {
	show := func(p *sim.Plant, code float64) { p.Show("hand.code", code, "") }
	if _, err := b.until(ctx, n, series, calc.Idle, "offer"); err != nil {
		return handshake.Handover{}, err
	}
	show(gantry, 1)
	for _, s := range []struct {
		step string
		by   *sim.Plant
		code float64
	}{{"reserve", buffer, 1}, {"start", gantry, 2}, {"done", buffer, 3}} {
		if _, err := b.until(ctx, n, series, calc.Waiting, s.step); err != nil {
			return handshake.Handover{}, err
		}
		show(s.by, s.code)
	}
	v, err := b.until(ctx, n, series, calc.Clearing, "")
	show(gantry, 0)
	show(buffer, 0)
	if err == nil && (v.Last == nil || v.Last.End != calc.Done) {
		err = fmt.Errorf("a hand-over did not come to its end: %+v", v.Last)
	}
	if err != nil {
		return handshake.Handover{}, err
	}
	return *v.Last, nil
}

// until waits until the handshake is in a phase, at a step.
func (handshakeBench) until(ctx context.Context, n *node, series string, phase calc.Phase, step string) (handshake.View, error) {
	tick := time.NewTicker(handshakeLook)
	defer tick.Stop()
	for end := time.Now().Add(handshakePatience); ; {
		v, err := n.handshakes.View(ctx, access.Node(homeTenant), series)
		switch {
		case err != nil:
			return v, err
		case v.Now != nil && v.Now.Phase == phase && (step == "" || v.Now.Step == step) && (phase != calc.Idle || v.Now.Blocked == ""):
			return v, nil
		case time.Now().After(end):
			return v, fmt.Errorf("the handshake never was %s %s: %+v", phase, step, v.Now)
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-tick.C:
		}
	}
}
