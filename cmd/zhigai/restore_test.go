package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/backup"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/plant/file"
)

// story is a node that lives through steps, each of which records samples,
// events and at times a change of the plant; snapshots are taken on the way.
type story struct {
	t       *testing.T
	n       *node
	root    string // of the snapshots
	morning time.Time
	r       *rand.Rand
	moments []moment
}

// moment is the instant after a step, and what was then.
type moment struct {
	at    time.Time
	pos   backup.Positions
	model []plant.Node
}

func newStory(t *testing.T) *story {
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	s := &story{t: t, root: filepath.Join(t.TempDir(), "backups"), r: rand.New(rand.NewPCG(7, 7)), morning: time.Date(now.Year(), now.Month(), now.Day()-2, 6, 0, 0, 0, zone)}
	nodeOf(t, twoLathes, s.morning.AddDate(0, 0, -1), func(n *node) {
		s.n = n
		must(t, n.history.SaveCursor("ledger", n.history.LastSeq())) // the test reads all that was acknowledged
		s.snapshot()
	})
	return s
}

func (s *story) snapshot() backupReport {
	s.t.Helper()
	report, err := s.n.stores.backup(s.t.Context(), backupRequest{Dir: s.root}, time.Now)
	must(s.t, err)
	return report
}

// step is one hour of the shift of both machines, with corrections of the hour
// before, and typed counts.
func (s *story) step(i int) {
	s.t.Helper()
	from := s.morning.Add(time.Duration(i) * time.Hour)
	tags, err := s.n.shop.Tags(s.t.Context(), access.Scope{Tenant: demoTenant})
	must(s.t, err)
	byMachine := map[string]map[string]plant.TagNo{}
	nodes := map[string]plant.NodeID{}
	for _, tag := range tags {
		m := plant.ParentPath(tag.Path)
		if byMachine[m] == nil {
			byMachine[m] = map[string]plant.TagNo{}
		}
		byMachine[m][tag.Name], nodes[m] = tag.No, tag.Node
	}
	for _, m := range []string{"firm/site/turning/line/lathe-1", "firm/site/turning/line/lathe-2"} {
		randomShift(s.t, s.n, demoTenant, s.r, byMachine[m], from, from.Add(70*time.Minute))
		e := fact.New(fact.KindCount, nodes[m], from.Add(30*time.Minute), "person:test", fact.Count{Good: int64(i + 1), Note: "found"})
		_, err := s.n.record.Journal().Append(s.t.Context(), demoTenant, e)
		must(s.t, err)
	}
	if i%2 == 1 {
		s.edit(strings.Replace(twoLathes, "zh: ", fmt.Sprintf("zh: %d", i), 1), from)
	}
	// A microsecond of its own: what comes next is recorded after it.
	at := time.Now().Truncate(time.Microsecond)
	for !time.Now().Truncate(time.Microsecond).After(at) {
		continue
	}
	m, err := s.n.plants.Model(s.t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(from.Add(time.Hour)))
	must(s.t, err)
	s.moments = append(s.moments, moment{at: at, pos: backup.Positions{History: s.n.history.LastSeq(), Record: s.n.record.LastSeq(demoTenant)}, model: m.Nodes})
}

func (s *story) edit(plantFile string, from time.Time) {
	m, err := file.Read("plant.yaml", []byte(plantFile), file.Options{Profiles: s.n.profiles.IDs()})
	must(s.t, err)
	must(s.t, s.n.plants.Import(access.With(s.t.Context(), access.Node(demoTenant)), access.Scope{Tenant: demoTenant}, m, plant.MicrosOf(from)))
}

// fromScratch is a node that has never known anything but the plant and the
// facts recorded up to the moment, told to it one by one.
func (s *story) fromScratch(m moment, by func(recorded plant.Micros, seq, place uint64) bool) *node {
	s.t.Helper()
	all, err := backup.List(s.root)
	must(s.t, err)
	data := filepath.Join(s.t.TempDir(), "scratch")
	must(s.t, (restoreCmd{Dir: all[0].Dir, Data: data}).Run(s.t.Context()))
	n, err := openNode(s.t.Context(), place{Data: data}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(s.t, err)
	s.t.Cleanup(func() { must(s.t, n.close()) })
	for after := all[0].Positions.History; ; {
		batches, err := s.n.history.Read(s.t.Context(), after, 100)
		must(s.t, err)
		if len(batches) == 0 {
			break
		}
		for _, b := range batches {
			if after = b.Seq; by(b.Recorded, b.Seq, m.pos.History) {
				_, err := n.history.Append(s.t.Context(), demoTenant, b.Batch)
				must(s.t, err)
			}
		}
	}
	events, err := s.n.record.Journal().Events(s.t.Context(), demoTenant, fact.Filter{AfterSeq: all[0].Positions.Record})
	must(s.t, err)
	for _, e := range events {
		if by(e.Recorded, e.Seq, m.pos.Record) {
			_, err := n.record.Journal().Append(s.t.Context(), demoTenant, e)
			must(s.t, err)
		}
	}
	return n
}

// mustEqual compares every sample and event of the shift and every figure.
func (s *story) mustEqual(what string, got, want *node) {
	s.t.Helper()
	tags, err := want.shop.Tags(s.t.Context(), access.Scope{Tenant: demoTenant})
	must(s.t, err)
	compared := 0
	for _, tag := range tags {
		a, b := s.samples(got, tag.No), s.samples(want, tag.No)
		if !slices.Equal(a, b) {
			s.t.Errorf("%s: %d samples of %s; want %d", what, len(a), tag.Path, len(b))
		}
		compared += len(b)
	}
	a, b := s.events(got), s.events(want)
	if !slices.Equal(a, b) {
		s.t.Errorf("%s: %d events; want %d", what, len(a), len(b))
	}
	_, err = want.engine.Rebuild(s.t.Context(), demoTenant)
	must(s.t, err)
	figures, wanted := s.figures(got), s.figures(want)
	for k := range wanted {
		if !reflect.DeepEqual(figures[k], wanted[k]) {
			s.t.Errorf("%s: %s differs at %s", what, k, firstOther(figures[k], wanted[k]))
		}
	}
	s.t.Logf("%s: %d samples, %d events, %d lists of figures the same", what, compared, len(b), len(wanted))
}

// figures asks for every figure when the folds have read all that is there. How
// often a window was closed before is no part of it.
func (s *story) figures(n *node) map[string]any {
	s.t.Helper()
	api := serveAgain(s.t, n)
	s.waitForFolds(n)
	out := api.figuresOf(s.morning)
	for _, list := range out {
		for v, i := reflect.ValueOf(list), 0; i < v.Len(); i++ {
			v.Index(i).FieldByName("Revision").SetInt(0)
		}
	}
	return out
}

// waitForFolds waits until figures have read all that is there.
func (s *story) waitForFolds(n *node) {
	s.t.Helper()
	for {
		journal, err := n.record.Journal().Cursor(s.t.Context(), demoTenant, figure.Reader)
		must(s.t, err)
		if n.history.Cursor(figure.Reader) == n.history.LastSeq() && journal == n.record.LastSeq(demoTenant) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *story) samples(n *node, tag plant.TagNo) (out []plant.Sample) {
	must(s.t, n.history.Samples(s.t.Context(), demoTenant, tag, 0, plant.MicrosOf(s.morning.AddDate(0, 0, 1)), func(one plant.Sample) bool {
		out = append(out, one)
		return true
	}))
	return out
}

func (s *story) events(n *node) (out []string) {
	all, err := n.record.Journal().Events(s.t.Context(), demoTenant, fact.Filter{To: plant.MicrosOf(s.morning.AddDate(0, 0, 1))})
	must(s.t, err)
	for _, e := range all {
		out = append(out, fmt.Sprint(e.ID, e.Kind, e.Subject, e.Occurred, string(e.Payload)))
	}
	return out
}

// TestRestore_AnyInstant restores a node as it was between its snapshots and
// holds it against one that was told the facts up to there from scratch.
func TestRestore_AnyInstant(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for i := range 8 {
		s.step(i)
		if i == 2 || i == 5 {
			s.snapshot()
			must(t, s.n.history.Flush()) // drops what nobody keeps
		}
	}
	s.snapshot()
	by := func(m moment) func(plant.Micros, uint64, uint64) bool {
		return func(recorded plant.Micros, _, _ uint64) bool { return recorded <= plant.MicrosOf(m.at) }
	}
	for _, i := range []int{1, 4, 6} {
		m := s.moments[i]
		data := filepath.Join(t.TempDir(), "data")
		must(t, (restoreCmd{Dir: s.root, Data: data, At: m.at}).Run(t.Context()))
		got, err := openNode(t.Context(), place{Data: data}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
		must(t, err)
		t.Cleanup(func() { must(t, got.close()) })
		model, err := got.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(s.morning.Add(time.Duration(i+1)*time.Hour)))
		must(t, err)
		if !reflect.DeepEqual(model.Nodes, m.model) {
			t.Errorf("step %d: the plant is %s; was %s", i, show(model.Nodes), show(m.model))
		}
		want := s.fromScratch(m, by(m))
		s.mustEqual(fmt.Sprint("after step ", i), got, want)
	}
	m := s.moments[3]
	data := filepath.Join(t.TempDir(), "data")
	must(t, (restoreCmd{Dir: s.root, Data: data, Position: fmt.Sprintf("%d/%d", m.pos.History, m.pos.Record)}).Run(t.Context()))
	got, err := openNode(t.Context(), place{Data: data}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, got.close()) })
	s.mustEqual("position of step 3", got, s.fromScratch(m, func(_ plant.Micros, seq, place uint64) bool { return seq <= place }))
	if err := (restoreCmd{Dir: s.root, Data: filepath.Join(t.TempDir(), "x"), At: time.Now().Add(time.Hour)}).Run(t.Context()); !errors.Is(err, backup.ErrNoSnapshot) || !strings.Contains(err.Error(), "the newest is of") {
		t.Errorf("an instant that no snapshot reaches: %v", err)
	}
}

// TestBackup_UnderLoadEqualsFromScratch takes snapshots while facts that figures
// are made of come in: each restores to a node of which every sample, event and
// figure is what the facts up to the snapshot's position give from scratch.
func TestBackup_UnderLoadEqualsFromScratch(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := s.n.stores.backup(t.Context(), backupRequest{Dir: s.root}, time.Now); err != nil {
				done <- err
				return
			}
		}
	}()
	for i := range 8 {
		s.step(i)
	}
	close(stop)
	must(t, <-done)
	all, err := backup.List(s.root)
	must(t, err)
	taken := map[backup.Positions]backup.Snapshot{}
	for _, one := range all {
		if one.Positions.History > 0 && one.Positions.History < s.n.history.LastSeq() {
			taken[one.Positions] = one
		}
	}
	t.Logf("%d snapshots, %d of them at different positions inside the load", len(all), len(taken))
	if len(taken) == 0 {
		t.Fatal("no snapshot was taken under load")
	}
	compared := 0
	for pos, one := range taken {
		if compared++; compared > 3 {
			break
		}
		data := filepath.Join(t.TempDir(), "data")
		must(t, (restoreCmd{Dir: one.Dir, Data: data}).Run(t.Context()))
		got, err := openNode(t.Context(), place{Data: data}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
		must(t, err)
		t.Cleanup(func() { must(t, got.close()) })
		if now := (backup.Positions{History: got.history.LastSeq(), Record: got.record.LastSeq(demoTenant)}); now != pos {
			t.Errorf("restored at %+v; the snapshot says %+v", now, pos)
		}
		s.mustEqual(fmt.Sprint("snapshot at ", pos), got, s.fromScratch(moment{pos: pos}, func(_ plant.Micros, seq, place uint64) bool { return seq <= place }))
	}
}
