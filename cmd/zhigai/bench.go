package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	"zhigai/access"
	"zhigai/bench"
	"zhigai/connect"
	"zhigai/plant"
)

type benchCmd struct {
	Quick       bool     `help:"Two minutes instead of twenty; too short to be quoted."`
	Parts       []string `help:"Only these: ${bench_parts}." placeholder:"NAME,…"`
	Dir         string   `help:"Folder on the disk to be measured; a temporary one when left out." type:"path"`
	JSON        string   `name:"json" help:"Write the report as JSON into this file." type:"path" placeholder:"FILE"`
	Peers       string   `help:"Folder with other programs to compare with, as tools/bench-peers.sh makes it." type:"existingdir" placeholder:"DIR"`
	Onto        string   `help:"Put what is measured in place of the same parts of this earlier report, and keep its others with their time." type:"existingfile" placeholder:"FILE"`
	With        []string `help:"Add what was measured before or by other programs: a report or a group of rows as JSON, or the output of go test -bench." type:"existingfile" placeholder:"FILE"`
	Profiles    string   `help:"Keep the CPU profile of every part in this folder." type:"existingdir" placeholder:"DIR"`
	Firms       int      `help:"Firms in the registry of the part firms; 500,000 when left out, 100,000 with --quick." placeholder:"N"`
	FirmsRecord string   `help:"Empty database in which the part firms keeps them, as --record of a node names it; a folder of the run when left out." placeholder:"URL"`
	Searches    string   `help:"Keep each finished search of the part schedule-all in this file, and go on after those that are in it." type:"path" placeholder:"FILE"`
	MD          string   `name:"md" help:"Write the report as Markdown into this file." type:"path" placeholder:"FILE"`
}

// benchParts are all that can be measured. A room with limits of its own adds
// its part here.
func benchParts(peers bench.Peers, links bench.Links, starts bench.Starts, registry registryBench, schedules scheduleBench) []bench.Part {
	return slices.Concat(bench.Parts(), starts.Parts(), links.Parts(), bench.Province{Open: openBenchProvince}.Parts(), []bench.Part{registry.part(), genealogyBench{}.part(), planningBench{}.part(), qualityBench{}.part(), rulesBench{}.part(), handshakeBench{}.part(), componentsBench{}.part()}, schedules.parts(), peers.Parts())
}

func benchPartNames() string {
	var names []string
	for _, p := range benchParts(bench.Peers{}, bench.Links{}, bench.Starts{}, registryBench{}, scheduleBench{}) {
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
	self, err := os.Executable()
	if err != nil {
		return err
	}
	length := bench.Full
	if c.Quick {
		length = bench.Quick
	}
	if c.Profiles == "" {
		c.Profiles = filepath.Join(dir, "profiles")
		if err := os.Mkdir(c.Profiles, 0o700); err != nil {
			return err
		}
	}
	report, err := bench.Run(ctx, bench.Options{
		Parts: benchParts(
			bench.Peers{Dir: c.Peers, Self: []string{self, "bench-node"}, Polling: []string{self, "bench-polled"}, Profiles: c.Profiles},
			bench.Links{Self: []string{self, "bench-link"}, Profiles: c.Profiles},
			bench.Starts{Self: []string{self, "bench-start"}},
			registryBench{Firms: c.Firms, Record: c.FirmsRecord},
			scheduleBench{root: os.Getenv("ZHIGAI_REFDATA"), kept: c.Searches},
		),
		Only: c.Parts, Dir: dir, Length: length, Open: openBench, Version: version, Now: time.Now(), Log: os.Stderr, Profiles: c.Profiles,
	})
	if err != nil {
		return err
	}
	for _, name := range c.With {
		found, err := readGroups(name)
		if err != nil {
			return err
		}
		report.Groups = append(report.Groups, found...)
	}
	if c.Onto != "" {
		earlier, err := readReport(c.Onto)
		if err != nil {
			return err
		}
		if err := report.Onto(earlier); err != nil {
			return err
		}
	}
	err = errors.Join(report.Table(os.Stdout), writeReport(c.JSON, report.JSON), writeReport(c.MD, report.Markdown))
	if n := report.Missed(); n > 0 {
		fmt.Printf("\n%d limits were not met\n", n)
	}
	return err
}

func readReport(name string) (r bench.Report, err error) {
	raw, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		return r, fmt.Errorf("earlier report %s: %w", name, err)
	}
	return r, nil
}

func readGroups(name string) ([]bench.Group, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bench.ReadGroups(f)
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
// profile that it does not have otherwise, and the driver of p or its own.
func openBench(ctx context.Context, dir string, p bench.Plant) (*bench.Node, error) {
	n, err := openBenchNode(ctx, place{Data: dir}, "127.0.0.1:0", p)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := func() error {
		cancel()
		return n.close()
	}
	tags, err := n.begin(running, p)
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

func openBenchNode(ctx context.Context, at place, mqttListen string, p bench.Plant) (*node, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var more []connect.Driver
	if p.Driver != nil {
		more = []connect.Driver{p.Driver}
	}
	return openNodeOf(ctx, at, mqttListen, log, fstest.MapFS{"profiles/bench.yaml": {Data: p.Profile}}, more...)
}

// begin gives the node its plant and lets it work.
func (n *node) begin(ctx context.Context, p bench.Plant) ([]plant.Tag, error) {
	admin := access.With(ctx, access.Node(homeTenant))
	if err := n.plants.Import(admin, access.Scope{Tenant: homeTenant}, p.Model, plant.MicrosOf(p.Since)); err != nil {
		return nil, err
	}
	if err := n.start(ctx); err != nil {
		return nil, err
	}
	return n.shop.Tags(ctx, access.Scope{Tenant: homeTenant})
}

// servedCmd is a node as a process of its own, for a comparison with other
// processes. It ends with the signal that ends every node, and then says what
// it has kept.
type servedCmd struct {
	What string `arg:"" help:"What to serve, as JSON."`
}

func (c servedCmd) Run(ctx context.Context) (err error) {
	var s bench.Served
	if err := json.Unmarshal([]byte(c.What), &s); err != nil {
		return fmt.Errorf("what to serve: %w", err)
	}
	if s.Profile != "" {
		f, err := os.Create(s.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	p := s.Plant(time.Now())
	n, err := openBenchNode(ctx, place{Data: s.Dir}, s.MQTT, p)
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		cancel()
		err = errors.Join(err, n.close())
	}()
	tags, err := n.begin(running, p)
	if err != nil {
		return err
	}
	fmt.Println("ready", n.broker.Addr())
	<-ctx.Done()
	n.collector.Close()
	// What waits in memory is written as chunks now, so that its cost counts.
	if err := n.history.Flush(); err != nil {
		return err
	}
	stored := 0
	for _, t := range tags {
		if t.Name == plant.LinkTag {
			continue
		}
		if err := n.history.Samples(running, homeTenant, t.No, 0, plant.MicrosOf(time.Now().Add(time.Hour)), func(s plant.Sample) bool {
			if !s.Quality.IsBad() {
				stored++
			}
			return true
		}); err != nil {
			return err
		}
	}
	fmt.Println("stored", stored)
	return nil
}
