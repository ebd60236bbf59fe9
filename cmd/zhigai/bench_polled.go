package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/bench"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/control"
)

// polledCmd is a node that asks devices as a process of its own. It says what it
// did in the span that counts, and ends with the signal that ends every node.
type polledCmd struct {
	What string `arg:"" help:"What to ask, as JSON."`
}

func (c polledCmd) Run(ctx context.Context) (err error) {
	var p bench.Polled
	if err := json.Unmarshal([]byte(c.What), &p); err != nil {
		return fmt.Errorf("what to ask: %w", err)
	}
	book := &roundBook{what: p, machine: map[plant.TagNo]int{}}
	made := p.Plant(time.Now())
	n, err := openBenchNode(ctx, place{Data: p.Dir, stored: book.note}, "127.0.0.1:0", made)
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		cancel()
		err = errors.Join(err, n.close())
	}()
	tags, err := n.begin(running, made)
	if err != nil {
		return err
	}
	book.learn(tags)
	if !sleepFor(ctx, p.Warm) {
		return nil
	}
	r, err := book.measure(ctx, n)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	fmt.Printf("measured %s\n", raw)
	<-ctx.Done()
	return nil
}

// sleepFor is false when ctx ended before.
func sleepFor(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// roundBook notes when what of whom became durable. Its methods may be called
// concurrently.
type roundBook struct {
	what bench.Polled

	mu      sync.Mutex
	machine map[plant.TagNo]int // by the first tag that is read of it
	counts  bool
	result  bench.PolledResult
}

// firstOfMachine is the signal by which a round is known.
const firstOfMachine = "count.good"

func (b *roundBook) learn(tags []plant.Tag) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range tags {
		if i, ok := b.what.Machine(t.Path); ok && t.Name == firstOfMachine {
			b.machine[t.No] = i
		}
	}
}

// note is told of what is durable.
func (b *roundBook) note(batch plant.Batch) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.counts {
		return
	}
	b.result.Stored += int64(len(batch.Samples))
	for i := range batch.Samples {
		if machine, ok := b.machine[batch.Samples[i].Tag]; ok {
			b.result.Late = append(b.result.Late, b.what.Due(machine, now))
		}
	}
}

// measure counts for the span while commands are given.
func (b *roundBook) measure(ctx context.Context, n *node) (bench.PolledResult, error) {
	if b.what.Profile != "" {
		f, err := os.Create(b.what.Profile)
		if err != nil {
			return bench.PolledResult{}, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return bench.PolledResult{}, err
		}
		defer pprof.StopCPUProfile()
	}
	model, err := n.plants.Model(ctx, access.Scope{Tenant: homeTenant}, plant.MicrosOf(time.Now()))
	if err != nil {
		return bench.PolledResult{}, err
	}
	b.mu.Lock()
	b.counts = true
	b.mu.Unlock()
	begun, before := time.Now(), bench.Used()
	wrote, wrong, err := b.order(ctx, n, machinesOf(model), begun.Add(b.what.Span))
	if err == nil && !sleepFor(ctx, time.Until(begun.Add(b.what.Span))) {
		err = ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts = false
	b.result.CPU, b.result.Took = bench.Used()-before, time.Since(begun)
	b.result.Wrote, b.result.Unconfirmed = wrote, wrong
	return b.result, err
}

func machinesOf(m plant.Model) (ids []plant.NodeID) {
	for _, n := range m.Nodes {
		if n.Machine != nil {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// order commands set points one after the other, spread over the span at random
// moments of the devices' rounds.
func (b *roundBook) order(ctx context.Context, n *node, machines []plant.NodeID, end time.Time) (took []time.Duration, unconfirmed int, err error) {
	if b.what.Writes == 0 {
		return nil, 0, nil
	}
	by := access.As("bench", "bench", access.Scope{Tenant: homeTenant}, access.Read, access.Control, access.Engineer)
	every := b.what.Span / time.Duration(b.what.Writes)
	for k := 0; k < b.what.Writes && time.Now().Before(end); k++ {
		begun := time.Now()
		v := float64(1 + k%60000)
		c, err := n.control.Order(ctx, by, control.Order{Node: machines[k%len(machines)], Signal: bench.SetPoint, Value: fact.Setting{Number: &v}})
		if err == nil {
			c, err = n.control.Wait(ctx, by.Scope, c.ID)
		}
		if err != nil {
			return took, unconfirmed, err
		}
		took = append(took, time.Since(begun))
		if c.State != fact.CommandConfirmed {
			unconfirmed++
		}
		//nolint:gosec // when a command is given need not be secret
		if !sleepFor(ctx, time.Until(begun.Add(time.Duration(rand.Int64N(int64(every)))))) {
			return took, unconfirmed, ctx.Err()
		}
	}
	return took, unconfirmed, nil
}
