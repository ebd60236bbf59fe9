package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"zhigai/access"
	"zhigai/bench"
	"zhigai/connect"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/equipment"
)

type benchCmd struct {
	Quick    bool     `help:"Two minutes instead of twenty; too short to be quoted."`
	Parts    []string `help:"Only these: ${bench_parts}." placeholder:"NAME,…"`
	Dir      string   `help:"Folder on the disk to be measured; a temporary one when left out." type:"path"`
	JSON     string   `name:"json" help:"Write the report as JSON into this file." type:"path" placeholder:"FILE"`
	Profiles string   `help:"Write a CPU profile of every part into this folder." type:"existingdir" placeholder:"DIR"`
	MD       string   `name:"md" help:"Write the report as Markdown into this file." type:"path" placeholder:"FILE"`
}

// benchParts are all that can be measured. A room with limits of its own adds
// its part here.
func benchParts() []bench.Part { return bench.Parts() }

func benchPartNames() string {
	var names []string
	for _, p := range benchParts() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

func (c benchCmd) Run(ctx context.Context) error {
	dir, err := os.MkdirTemp(c.Dir, "zhigai-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	length := bench.Full
	if c.Quick {
		length = bench.Quick
	}
	report, err := bench.Run(ctx, bench.Options{
		Parts: benchParts(), Only: c.Parts, Dir: dir, Length: length, Open: openBench, Version: version, Now: time.Now(), Log: os.Stderr, Profiles: c.Profiles,
	})
	if err != nil {
		return err
	}
	err = errors.Join(report.Table(os.Stdout), writeReport(c.JSON, report.JSON), writeReport(c.MD, report.Markdown))
	if n := report.Missed(); n > 0 {
		fmt.Printf("\n%d limits were not met\n", n)
	}
	return err
}

func writeReport(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// openBench makes the node that is measured: the product's own parts, with a
// driver and a profile that it does not have otherwise.
func openBench(ctx context.Context, dir string, p bench.Plant) (_ *bench.Node, err error) {
	n := &node{log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), started: time.Now()}
	if n.stores, err = openStores(ctx, place{Data: dir}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.stores.Close())
		}
	}()
	drivers := []connect.Driver{p.Driver}
	if n.rules, err = rulesOf(fstest.MapFS{"profiles/bench.yaml": {Data: p.Profile}}, drivers); err != nil {
		return nil, err
	}
	if n.folds, err = newFolds(n.stores, n.rules, figure.Options{Log: n.log}); err != nil {
		return nil, err
	}
	n.collector = connect.NewCollector(connect.Options{Drivers: drivers, Store: n.history, Journal: n.record.Journal(), Now: time.Now, Logger: n.log})
	n.board = equipment.NewBoard(equipment.BoardOptions{Fleet: n.fleet, Reader: n.reader, Headlines: n.engine, Now: time.Now, Log: n.log})
	admin := access.With(ctx, access.Node(demoTenant))
	if err := n.plants.Import(admin, access.Scope{Tenant: demoTenant}, p.Model, plant.MicrosOf(p.Since)); err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	n.follow(running)
	stop := func() error {
		cancel()
		n.collector.Close()
		n.workers.Wait()
		return n.stores.Close()
	}
	if err := n.reconcile(ctx); err != nil {
		return nil, errors.Join(err, stop())
	}
	tags, err := n.shop.Tags(ctx, access.Scope{Tenant: demoTenant})
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	byPath := make(map[string]plant.TagNo, len(tags))
	for _, t := range tags {
		byPath[t.Path] = t.No
	}
	return &bench.Node{
		History: n.history, Engine: n.engine, Board: n.board, Close: stop,
		Tag: func(path string) (plant.TagNo, bool) { no, ok := byPath[path]; return no, ok },
	}, nil
}
