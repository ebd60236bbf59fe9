package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"zhigai/access"
	"zhigai/bench"
	"zhigai/connect"
	"zhigai/fact"
	"zhigai/link"
	"zhigai/plant"
)

// linkedCmd is a node of a measurement of links, as a process of its own. It
// answers lines, and ends with the signal that ends every node.
type linkedCmd struct {
	What string `arg:"" help:"What to be, as JSON."`
}

// answers are what a process of a measurement can be asked.
type answers map[string]func(args []string) (string, error)

func (c linkedCmd) Run(ctx context.Context) (err error) {
	var what bench.Linked
	if err := json.Unmarshal([]byte(c.What), &what); err != nil {
		return fmt.Errorf("what to be: %w", err)
	}
	if what.Profile != "" {
		f, err := os.Create(what.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	open := map[string]func(context.Context, bench.Linked) (string, answers, func() error, error){
		bench.RoleHub: openLinkedHub, bench.RoleEdge: openLinkedEdge, bench.RoleClients: openLinkedClients,
	}[what.Role]
	if open == nil {
		return fmt.Errorf("role %q", what.Role)
	}
	if err := os.MkdirAll(what.Dir, 0o700); err != nil {
		return err
	}
	said, known, stop, err := open(running, what)
	if err != nil {
		return err
	}
	defer func() {
		cancel()
		err = errors.Join(err, stop())
	}()
	fmt.Println("ready", said)
	go known.serve(os.Stdin, os.Stdout)
	<-ctx.Done()
	return nil
}

// serve answers until nobody asks any more.
func (a answers) serve(in io.Reader, out io.Writer) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || a[words[0]] == nil {
			fmt.Fprintf(out, "not known: %q\n", lines.Text())
			continue
		}
		said, err := a[words[0]](words[1:])
		if err != nil {
			fmt.Fprintf(out, "%s: %v\n", words[0], err)
			continue
		}
		fmt.Fprintln(out, "ok", said)
	}
}

func benchLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// linkedHub is a hub that tells what has arrived.
type linkedHub struct {
	*node
	ctx context.Context

	mu   sync.Mutex
	lags []time.Duration
}

func openLinkedHub(ctx context.Context, what bench.Linked) (string, answers, func() error, error) {
	// The profile of the edge's machines must be known here, too.
	p, _ := what.Plant(time.Now())
	n, err := openNodeOf(ctx, place{Data: what.Dir}, "127.0.0.1:0", benchLog(), fstest.MapFS{"profiles/bench.yaml": {Data: p.Profile}}, p.Driver)
	if err != nil {
		return "", nil, nil, err
	}
	if err := errors.Join(n.start(ctx), n.join(ctx, parentFlags{}, hubFlags{Links: what.Address, HubName: "hub"}, what.Dir)); err != nil {
		return "", nil, nil, errors.Join(err, n.close())
	}
	h := &linkedHub{node: n, ctx: ctx}
	return what.Address, answers{"invite": h.invite, "admit": h.admit, "watch": h.watch, "lags": h.tellLags, "delivered": h.delivered, "count": h.count, "data": h.data}, n.close, nil
}

func (h *linkedHub) invite([]string) (string, error) {
	return h.down.parent.MakeCode(h.ctx, "edge", homeTenant, time.Hour, "bench")
}

// admit enrols the nodes whose keys stand in a file, one a line.
func (h *linkedHub) admit(args []string) (pin string, err error) {
	keys, err := os.ReadFile(args[0])
	if err != nil {
		return "", err
	}
	for i, key := range strings.Fields(string(keys)) {
		code, err := h.down.parent.MakeCode(h.ctx, fmt.Sprintf("node-%04d", i), homeTenant, time.Hour, "bench")
		if err != nil {
			return "", err
		}
		invitation, err := link.ParseCode(code)
		if err != nil {
			return "", err
		}
		if _, err := h.nodes.Enrol(h.ctx, sha256.Sum256(invitation.Secret[:]), link.NodeID(key), plant.MicrosOf(time.Now())); err != nil {
			return "", err
		}
		pin = hex.EncodeToString(invitation.Fingerprint[:])
	}
	return pin, nil
}

// watch notes how old samples that were made after a time are when they can be
// read here.
func (h *linkedHub) watch(args []string) (string, error) {
	var from plant.Micros
	if _, err := fmt.Sscan(args[0], &from); err != nil {
		return "", err
	}
	at := h.history.LastSeq()
	h.workers.Go(func() {
		for h.history.Wait(h.ctx, at) == nil {
			batches, err := h.history.Read(h.ctx, at, 256)
			if err != nil {
				fmt.Fprintln(os.Stderr, "watch:", err)
				return
			}
			now := time.Now()
			for _, b := range batches {
				at = b.Seq
				newest := plant.Micros(0)
				for i := range b.Batch.Samples {
					newest = max(newest, b.Batch.Samples[i].Time)
				}
				if newest > from {
					h.mu.Lock()
					h.lags = append(h.lags, now.Sub(newest.Time()))
					h.mu.Unlock()
				}
			}
		}
	})
	return "", nil
}

func (h *linkedHub) tellLags([]string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	raw, err := json.Marshal(h.lags)
	return string(raw), err
}

// delivered counts the nodes whose items are all here up to a sequence of
// samples; of nodes without samples those that delivered something since this
// process began.
func (h *linkedHub) delivered(args []string) (string, error) {
	var seq uint64
	if _, err := fmt.Sscan(args[0], &seq); err != nil {
		return "", err
	}
	all, err := h.down.parent.Status(h.ctx)
	if err != nil {
		return "", err
	}
	n := 0
	for _, one := range all {
		at, err := h.down.samples.Progress(h.ctx, one.Node.ID, link.StreamHistory)
		if err != nil {
			return "", err
		}
		if at.Version == 0 {
			if one.Connected && one.Items > 0 {
				n++
			}
			continue
		}
		if at.Ranges.Prefix() >= seq {
			n++
		}
	}
	return fmt.Sprint(n), nil
}

// count reads every sample before a time that machines gave.
func (h *linkedHub) count(args []string) (string, error) {
	var before plant.Micros
	if _, err := fmt.Sscan(args[0], &before); err != nil {
		return "", err
	}
	tags, err := h.shop.Tags(h.ctx, access.Scope{Tenant: homeTenant})
	if err != nil {
		return "", err
	}
	n := 0
	for _, t := range tags {
		if t.Name == plant.LinkTag {
			continue
		}
		if err := h.history.Samples(h.ctx, homeTenant, t.No, 0, before, func(plant.Sample) bool { n++; return true }); err != nil {
			return "", err
		}
	}
	return fmt.Sprint(n), nil
}

// data is about how many bytes the events take.
func (h *linkedHub) data([]string) (string, error) {
	n := 0
	for after := uint64(0); after < h.record.Journal().Head(homeTenant); {
		page, err := h.record.Journal().Events(h.ctx, homeTenant, fact.Filter{AfterSeq: after})
		if err != nil || len(page) == 0 {
			return "", errors.Join(err, errors.New("the journal ends before its head"))
		}
		for _, e := range page {
			raw, err := json.Marshal(e)
			if err != nil {
				return "", err
			}
			after = e.Seq
			n += len(raw)
		}
	}
	return fmt.Sprint(n), nil
}

// linkedEdge is a lean node with devices made of memory.
type linkedEdge struct {
	*node
	ctx    context.Context
	what   bench.Linked
	source *bench.Source
	key    string
}

func openLinkedEdge(ctx context.Context, what bench.Linked) (string, answers, func() error, error) {
	debug.SetMemoryLimit(edgeMemory)
	p, source := what.Plant(time.Now())
	n, err := openNodeOf(ctx, place{Data: what.Dir, forwards: true, lean: true}, "127.0.0.1:0", benchLog(), fstest.MapFS{"profiles/bench.yaml": {Data: p.Profile}}, []connect.Driver{p.Driver}...)
	if err != nil {
		return "", nil, nil, err
	}
	e := &linkedEdge{node: n, ctx: ctx, what: what, source: source, key: filepath.Join(what.Dir, "node.key")}
	tags, err := n.begin(ctx, p)
	var last, end uint64
	if err == nil {
		last, end, err = e.fill(tags)
	}
	if err != nil {
		return "", nil, nil, errors.Join(err, n.close())
	}
	return fmt.Sprint(last, end), answers{"enrol": e.enrol, "join": e.join, "say": e.say}, n.close, nil
}

// fill keeps what the parent does not have yet.
func (e *linkedEdge) fill(tags []plant.Tag) (last, end uint64, err error) {
	if e.what.Backlog == 0 {
		return 0, 0, nil
	}
	if err := e.history.SaveCursor(linkCursor, 0); err != nil {
		return 0, 0, err
	}
	byPath := map[string]plant.TagNo{}
	for _, t := range tags {
		byPath[t.Path] = t.No
	}
	var of [][]plant.TagNo
	for _, machine := range e.what.Paths() {
		var nos []plant.TagNo
		for _, path := range machine {
			nos = append(nos, byPath[path])
		}
		of = append(of, nos)
	}
	from := time.Now().Add(-e.what.Backlog - time.Minute).Truncate(time.Second)
	for r := range int(e.what.Backlog / time.Second) {
		at := plant.MicrosOf(from.Add(time.Duration(r) * time.Second))
		if last, err = e.history.Append(e.ctx, homeTenant, e.what.Round(of, r, at)); err != nil {
			return 0, 0, err
		}
		end = uint64(at)
	}
	return last, end, e.history.Flush()
}

func (e *linkedEdge) enrol(args []string) (string, error) {
	return "", enrolCmd{Code: args[1], Parent: []string{"nats://" + args[0]}, NodeKey: e.key}.do(e.ctx, io.Discard)
}

func (e *linkedEdge) join(args []string) (string, error) {
	err := e.node.join(e.ctx, parentFlags{Parent: []string{"nats://" + args[0]}, NodeKey: e.key, Outbox: "20GB,30d"}, hubFlags{}, e.what.Dir)
	e.source.Begin()
	return "", err
}

// say tells how far the journal goes.
func (e *linkedEdge) say([]string) (string, error) { return fmt.Sprint(e.history.LastSeq()), nil }
