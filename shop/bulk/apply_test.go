package bulk_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/bulk"
)

const three = `path,name.zh,profile,address,param.unit,serial
firm/site/hall/b/x,甲,maker.lathe,10.0.0.2:502,1,A
firm/site/hall/c/y,乙,maker.meter,10.0.0.2:502,2,B
firm/site/hall/a/lathe-1,丙,maker.lathe,10.0.0.7:502,1,S-1
`

func (w *works) apply(scope access.Scope, s bulk.Sheet, revision string) (bulk.Applied, error) {
	return w.Apply(w.t.Context(), scope, s, true, revision, w.tick())
}

func instant(t *testing.T, at string) plant.Micros {
	t.Helper()
	n, err := strconv.ParseInt(at, 10, 64)
	must(t, err)
	return plant.Micros(n)
}

// New machines, a new place and a change are made in one step and taken back
// in one.
func TestApply_AndUndo(t *testing.T) {
	w := newWorks(t)
	was := w.machines()
	s := w.read(three)
	p := w.plan(whole, s, true)
	if p.Counts[bulk.New] != 2 || p.Counts[bulk.Changed] != 1 || len(p.Places) != 1 || p.Places[0].Level != plant.LevelLine {
		t.Fatalf("%v, %+v, %+v", p.Counts, p.Places, p.Rows)
	}
	if c := p.Rows[2].Changes; len(c) != 2 || c[0].Column != "name.zh" || c[1].Was != "10.0.0.1:502" || c[1].Is != "10.0.0.7:502" {
		t.Errorf("changes %+v", c)
	}
	if now := w.machines(); now != was {
		t.Fatalf("a preview made %s of %s", now, was)
	}
	done, err := w.apply(whole, s, p.Revision)
	must(t, err)
	if done.Made != 2 || done.Changed != 1 || done.Places != 1 || done.Nodes != 4 {
		t.Errorf("%+v", done)
	}
	if got, want := w.machines(), "a/lathe-1=10.0.0.7:502 b/x=10.0.0.2:502 c/y=10.0.0.2:502"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
	if again := w.plan(whole, s, true); again.Counts[bulk.Unchanged] != 3 {
		t.Errorf("the same sheet again: %v %+v", again.Counts, again.Rows)
	}
	n, err := w.Undo(t.Context(), whole, instant(t, done.At), done.Nodes, w.tick())
	if err != nil || n != 4 {
		t.Fatalf("undo: %d, %v", n, err)
	}
	if got := w.machines(); got != was {
		t.Errorf("after undo %s; want %s", got, was)
	}
	if _, err := w.Undo(t.Context(), whole, instant(t, done.At), done.Nodes, w.tick()); !errors.Is(err, access.ErrConflict) {
		t.Errorf("undo twice: %v", err)
	}
}

// A sheet with one bad row makes nothing, and a plant that changed since the
// preview makes nothing and says what changed.
func TestApply_AllOrNone(t *testing.T) {
	w := newWorks(t)
	was := w.machines()
	bad := w.read(three + "firm/site/hall/b/z,丁,nothing,h:1,1,\n")
	if _, err := w.apply(whole, bad, w.plan(whole, bad, true).Revision); !errors.Is(err, bulk.ErrSheet) || !strings.Contains(err.Error(), "1 of 4 rows") {
		t.Errorf("a bad row: %v", err)
	}
	s := w.read(three)
	p := w.plan(whole, s, true)
	_, _, err := w.plants.SaveNode(t.Context(), whole, plant.Node{Path: "firm/site/hall/d", Level: plant.LevelLine, Name: plant.Name{ZH: "丁"}}, 0, w.tick())
	must(t, err)
	if _, err := w.apply(whole, s, p.Revision); !errors.Is(err, access.ErrConflict) || !strings.Contains(err.Error(), "firm/site/hall/d is new") {
		t.Errorf("changed since: %v", err)
	}
	if _, err := w.apply(whole, s, "nonsense"); !errors.Is(err, access.ErrInvalid) {
		t.Errorf("no revision: %v", err)
	}
	if got := w.machines(); got != was {
		t.Errorf("%s; want %s", got, was)
	}
	if _, err := w.apply(whole, s, w.plan(whole, s, true).Revision); err != nil {
		t.Errorf("previewed again: %v", err)
	}
}

// The last moment counts too: a change between the plan and the transaction.
func TestApply_InBetween(t *testing.T) {
	w := newWorks(t)
	s := w.read(three)
	p := w.plan(whole, s, true)
	w.Plants = meddler{w.plants, w}
	if _, err := w.apply(whole, s, p.Revision); !errors.Is(err, access.ErrConflict) || !strings.Contains(err.Error(), "preview again") {
		t.Errorf("%v; want a conflict", err)
	}
	if got := w.machines(); got != "a/lathe-1=10.0.0.1:502" {
		t.Errorf("made %s all the same", got)
	}
}

// meddler adds a node in the very last moment before a save.
type meddler struct {
	bulk.Plants
	w *works
}

func (m meddler) Revision(ctx context.Context, scope access.Scope, id plant.NodeID) (int64, error) {
	_, _, err := m.w.plants.SaveNode(ctx, whole, plant.Node{Path: "firm/site/hall/d", Level: plant.LevelLine, Name: plant.Name{ZH: "丁"}}, 0, m.w.now)
	must(m.w.t, err)
	return m.Plants.Revision(ctx, scope, id)
}

// An import of which something was edited, retired or built upon stays whole.
func TestUndo_Edited(t *testing.T) {
	for name, edit := range map[string]func(w *works, nodes map[string]plant.Node){
		"edited": func(w *works, nodes map[string]plant.Node) {
			n := nodes["firm/site/hall/b/x"]
			n.Name.ZH = "新名"
			rev, err := w.plants.Revision(w.t.Context(), whole, n.ID)
			must(w.t, err)
			_, _, err = w.plants.SaveNode(w.t.Context(), whole, n, rev, w.tick())
			must(w.t, err)
		},
		"retired": func(w *works, nodes map[string]plant.Node) {
			n := nodes["firm/site/hall/b/x"]
			rev, err := w.plants.Revision(w.t.Context(), whole, n.ID)
			must(w.t, err)
			must(w.t, w.plants.Retire(w.t.Context(), whole, n.ID, rev, w.tick()))
		},
		"built upon": func(w *works, _ map[string]plant.Node) {
			_, _, err := w.plants.SaveNode(w.t.Context(), whole, plant.Node{Path: "firm/site/hall/c/cell", Level: plant.LevelCell, Name: plant.Name{ZH: "单元"}}, 0, w.tick())
			must(w.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorks(t)
			s := w.read(three)
			done, err := w.apply(whole, s, w.plan(whole, s, true).Revision)
			must(t, err)
			m, err := w.plants.Model(t.Context(), whole, w.tick())
			must(t, err)
			nodes := map[string]plant.Node{}
			for _, n := range m.Nodes {
				nodes[n.Path] = n
			}
			edit(w, nodes)
			left := w.machines()
			if _, err := w.Undo(t.Context(), whole, instant(t, done.At), done.Nodes, w.tick()); !errors.Is(err, access.ErrConflict) {
				t.Errorf("%v; want a conflict", err)
			}
			if got := w.machines(); got != left {
				t.Errorf("undo left %s of %s", got, left)
			}
		})
	}
}

// Thousands of rows are one transaction, made and taken back.
func TestApply_Thousands(t *testing.T) {
	w := newWorks(t)
	var b strings.Builder
	b.WriteString("path,name.zh,profile,address,param.unit\n")
	const n = 2000
	for i := range n {
		k := strconv.Itoa(i)
		b.WriteString("firm/site/hall/l-" + strconv.Itoa(i/100) + "/m-" + k + ",车床" + k + ",maker.lathe,10.1.0." + strconv.Itoa(i/200+1) + ":502," + strconv.Itoa(i%200+1) + "\n")
	}
	s := w.read(b.String())
	done, err := w.apply(whole, s, w.plan(whole, s, true).Revision)
	must(t, err)
	if done.Made != n || done.Places != n/100 {
		t.Errorf("%+v", done)
	}
	back, err := w.Undo(t.Context(), whole, instant(t, done.At), done.Nodes, w.tick())
	if err != nil || back != n+n/100 || w.machines() != "a/lathe-1=10.0.0.1:502" {
		t.Errorf("undo: %d, %v", back, err)
	}
}
