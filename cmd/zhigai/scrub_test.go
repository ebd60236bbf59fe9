package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/fact"
)

// fastScrub does not wait, neither inside a pass nor for the next.
var fastScrub = scrubFlags{ScrubRate: 1 << 40, ScrubEvery: time.Nanosecond}

// TestScrub_RunningNodeNamesAFlippedBit: a bit flips in a sealed file of a node
// that runs; the scrub names it in health and in the journal, remembers it over
// a restart, and is content when the file is whole again.
func TestScrub_RunningNodeNamesAFlippedBit(t *testing.T) {
	t.Parallel()
	dir := dead(t)
	for range 2 { // opening again writes tables
		s, err := openStores(t.Context(), place{Data: dir})
		must(t, err)
		must(t, s.Close())
	}
	at := place{Data: dir, scrub: fastScrub}
	n, stop := runNode(t, at)
	<-n.scrub.passes
	if c := n.scrub.check(); !c.OK || !strings.Contains(c.Detail, "last read over") {
		t.Fatalf("a whole node: %+v", c)
	}
	table := firstOf(t, filepath.Join(dir, "history"), ".sst")
	must(t, flip(table, 700))
	for n.scrub.check().OK {
		<-n.scrub.passes
	}
	name := "history/" + filepath.Base(table)
	if c := n.scrub.check(); !strings.Contains(c.Detail, name) || !strings.Contains(c.Detail, "zhigai repair") {
		t.Errorf("health says %+v; want %s", c, name)
	}
	for { // the event is written after the state is shown
		events, err := n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindDamage}})
		must(t, err)
		if len(events) > 0 {
			var said fact.Damage
			must(t, json.Unmarshal(events[0].Payload, &said))
			if len(events) != 1 || len(said.Files) != 1 || !strings.HasPrefix(said.Files[0], name) {
				t.Errorf("%d events; %+v", len(events), said)
			}
			break
		}
		<-n.scrub.passes
	}
	stop()
	remembers := newScrub(place{Data: dir, scrub: scrubFlags{ScrubRate: 1}}, slog.New(slog.DiscardHandler), nil)
	if c := remembers.check(); c.OK {
		t.Error("a restart forgot the damage")
	}
	must(t, flip(table, 700))
	n, stop = runNode(t, at)
	defer stop()
	for !n.scrub.check().OK {
		<-n.scrub.passes
	}
}

// runNode opens a node and starts its background work.
func runNode(t *testing.T, at place) (n *node, stop func()) {
	t.Helper()
	n, err := openNode(t.Context(), at, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	must(t, n.start(ctx))
	return n, func() { cancel(); must(t, n.close()) }
}

// firstOf is the first file with the ending.
func firstOf(t *testing.T, dir, ext string) string {
	t.Helper()
	var found string
	must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && found == "" && filepath.Ext(name) == ext {
			found = name
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}))
	if found == "" {
		t.Fatalf("no %s in %s", ext, dir)
	}
	return found
}
