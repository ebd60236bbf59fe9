package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"zhigai/plant"
)

// Grown says of a node as a process of its own how much history it is to have.
// It prints "ready" when its devices' first samples are durable, and goes on
// collecting until it is killed or stopped.
type Grown struct {
	Dir   string
	Shape Shape
	Bytes int64 // of history on the disk, at least; 0 adds nothing
	Kept  bool  // the raw log is kept for a parent that is away, and counts
}

// Arguments of a grown node, as [Starts.Self] takes them.
func (g Grown) Arguments() ([]string, error) {
	raw, err := json.Marshal(g)
	return []string{string(raw)}, err
}

const (
	grownEvery  = 100 * time.Millisecond // between two rounds of a device
	grownRounds = 50                     // of all tags in one batch of the past
)

// Plant of a grown node, and its devices.
func (g Grown) Plant(now time.Time) (Plant, *Source) {
	source := NewSource(g.Shape, grownEvery, false)
	return source.Plant(now), source
}

// Fill appends samples of the past until the history has the size. Values are
// noise, so that nothing is saved by compression.
func (g Grown) Fill(ctx context.Context, n *Node, now time.Time) error {
	var tags []plant.TagNo
	for m := range g.Shape.Machines {
		for i := range g.Shape.Signals {
			tag, ok := n.Tag(machinePath(m) + "/" + signalName(i))
			if !ok {
				return fmt.Errorf("bench: no tag of machine %d, signal %d", m, i)
			}
			tags = append(tags, tag)
		}
	}
	if g.Kept {
		if err := n.History.SaveCursor("parent", 0); err != nil {
			return err
		}
	}
	r := rand.New(rand.NewPCG(1, uint64(g.Bytes)))
	at := plant.MicrosOf(now.AddDate(-1, 0, 0))
	for int64(n.History.Stats().DiskBytes) < g.Bytes {
		b := plant.Batch{Samples: make([]plant.Sample, 0, grownRounds*len(tags))}
		for range grownRounds {
			at += plant.Micros(time.Second.Microseconds())
			for _, tag := range tags {
				b.Samples = append(b.Samples, plant.Sample{Tag: tag, Time: at, Value: r.NormFloat64()})
			}
		}
		if _, err := n.History.Append(ctx, Tenant, b); err != nil {
			return err
		}
	}
	return nil
}
