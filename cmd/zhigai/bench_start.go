package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing/fstest"
	"time"

	"zhigai/bench"
	"zhigai/plant"
)

// grownCmd is a node with much history as a process of its own. It collects
// until it is killed or told to stop.
type grownCmd struct {
	What string `arg:"" help:"What to be, as JSON."`
}

func (c grownCmd) Run(ctx context.Context) (err error) {
	var what bench.Grown
	if err := json.Unmarshal([]byte(c.What), &what); err != nil {
		return fmt.Errorf("what to be: %w", err)
	}
	p, source := what.Plant(time.Now())
	n, err := openNodeOf(ctx, place{Data: what.Dir}, "127.0.0.1:0", benchLog(), fstest.MapFS{"profiles/bench.yaml": {Data: p.Profile}}, source)
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var last *time.Timer
	defer func() {
		cancel()
		err = errors.Join(err, n.close())
		if last != nil {
			last.Stop()
		}
	}()
	begin := n.begin
	if what.Bytes == 0 { // it has its plant
		begin = func(ctx context.Context, _ bench.Plant) ([]plant.Tag, error) { return nil, n.start(ctx) }
	}
	tags, err := begin(running, p)
	if err != nil {
		return err
	}
	byPath := map[string]plant.TagNo{}
	for _, t := range tags {
		byPath[t.Path] = t.No
	}
	if what.Bytes > 0 {
		grown := &bench.Node{History: n.history, Tag: func(path string) (plant.TagNo, bool) { no, ok := byPath[path]; return no, ok }}
		if err := what.Fill(ctx, grown, time.Now()); err != nil {
			return err
		}
	}
	if err := source.Connected(ctx); err != nil {
		return err
	}
	source.Begin()
	fmt.Println("ready", n.history.LastSeq())
	<-ctx.Done()
	last = lastResort(n.log)
	return nil
}
