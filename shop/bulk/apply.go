package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// Actions of the audit: the object of an import is its file, that of an undo
// the instant of the import.
const (
	ActionImport = "devices.import"
	ActionUndo   = "devices.import.undo"
)

// Applied is what an import did. At names it: all its nodes begin then.
type Applied struct {
	At        string `json:"at" doc:"Names the import, to take it back"`
	Made      int    `json:"made"`
	Changed   int    `json:"changed"`
	Unchanged int    `json:"unchanged"`
	Places    int    `json:"places"`
	Nodes     int    `json:"nodes" doc:"Made and changed, places too"`
}

// maxTold bounds the changes that a conflict lists.
const maxTold = 10

// Apply does what the plan of the revision said, all or nothing. A plant that
// is not the one previewed is access.ErrConflict, which names what changed; a
// sheet with errors is ErrSheet.
func (d *Desk) Apply(ctx context.Context, scope access.Scope, s Sheet, places bool, revision string, at plant.Micros) (Applied, error) {
	plan, err := d.Plan(ctx, scope, s, places, at)
	if err != nil {
		return Applied{}, err
	}
	if err := d.samePlant(ctx, scope, revision, plan.Revision, at); err != nil {
		return Applied{}, err
	}
	if n := plan.Counts[Wrong] + plan.Counts[Doubled]; n > 0 {
		return Applied{}, fmt.Errorf("%w: %d of %d rows have errors; mend or leave them out, nothing was imported", ErrSheet, n, len(plan.Rows))
	}
	out := Applied{At: strconv.FormatInt(int64(at), 10), Made: plan.Counts[New], Changed: plan.Counts[Changed], Unchanged: plan.Counts[Unchanged], Places: len(plan.Places)}
	var save []Revised
	for _, one := range plan.Places {
		save = append(save, Revised{Node: plant.Node{Path: one.Path, Level: one.Level, Name: plant.Name{ZH: one.Name}}})
	}
	for i := range plan.Rows {
		r := &plan.Rows[i]
		rev := int64(0)
		switch r.Status {
		case Unchanged:
			continue
		case Changed:
			if rev, err = d.Plants.Revision(ctx, scope, r.id); err != nil {
				return Applied{}, err
			}
		}
		save = append(save, Revised{r.node, rev})
	}
	out.Nodes = len(save)
	if len(save) == 0 {
		return out, nil
	}
	return out, d.Plants.SaveAll(ctx, scope, plan.generation, save, nil, at)
}

// Undo takes an import back from an instant on: machines and places it made
// end, those it changed are as they were before. Facts stay. nodes is what the
// import said it had made and changed: when fewer still stand as it left them,
// or others stand below its places, nothing happens and the error is
// access.ErrConflict.
func (d *Desk) Undo(ctx context.Context, scope access.Scope, imported plant.Micros, nodes int, at plant.Micros) (int, error) {
	seen, err := d.Plants.Generation(ctx, scope)
	if err != nil {
		return 0, err
	}
	now, err := d.Plants.Model(ctx, scope, at)
	if err != nil {
		return 0, err
	}
	before, err := d.Plants.Model(ctx, scope, imported-1)
	if err != nil {
		return 0, err
	}
	back, err := takeBack(now, before, imported, nodes)
	if err != nil {
		return 0, err
	}
	revised := func(nodes []plant.Node, as map[plant.NodeID]plant.Node) (out []Revised, err error) {
		for _, n := range nodes {
			rev, err := d.Plants.Revision(ctx, scope, n.ID)
			if err != nil {
				return nil, err
			}
			if old, ok := as[n.ID]; ok {
				n = old
			}
			out = append(out, Revised{n, rev})
		}
		return out, nil
	}
	save, err := revised(back.changed, back.was)
	if err != nil {
		return 0, err
	}
	retire, err := revised(back.made, nil)
	if err != nil {
		return 0, err
	}
	return back.left, d.Plants.SaveAll(ctx, scope, seen, save, retire, at)
}

// undoing is what taking an import back does.
type undoing struct {
	changed, made []plant.Node // as they are; of what was made only the outermost
	was           map[plant.NodeID]plant.Node
	left          int // machines and places as the import left them
}

// takeBack compares the plant as it is with that before the import.
func takeBack(now, before plant.Model, imported plant.Micros, nodes int) (undoing, error) {
	u := undoing{was: map[plant.NodeID]plant.Node{}}
	for _, n := range before.Nodes {
		n.Valid = plant.Validity{}
		u.was[n.ID] = n
	}
	var ended []string
	var added string
	for _, n := range now.Nodes { // parents first
		below := slices.ContainsFunc(ended, func(up string) bool { return plant.Within(n.Path, up) })
		if !n.Valid.From.Equal(imported.Time()) {
			if below {
				added = n.Path
			}
			continue
		}
		u.left++
		if _, ok := u.was[n.ID]; ok {
			u.changed = append(u.changed, n)
		} else if !below {
			u.made = append(u.made, n)
			if n.Machine == nil {
				ended = append(ended, n.Path)
			}
		}
	}
	if added != "" {
		return u, fmt.Errorf("%w: %s was added or changed since, below what the import made; retire it before", access.ErrConflict, added)
	}
	if u.left != nodes || u.left == 0 {
		return u, fmt.Errorf("%w: %d of the import's %d machines and places are as it left them; the others were edited or retired since, so that it cannot be taken back as a whole", access.ErrConflict, u.left, nodes)
	}
	return u, nil
}

// revisionOf names a plant as it was read at an instant.
func revisionOf(at plant.Micros, m plant.Model) string {
	return strconv.FormatInt(int64(at), 10) + "-" + digest(m)
}

func digest(m plant.Model) string {
	h := sha256.New()
	for _, n := range m.Nodes {
		raw, err := json.Marshal(n)
		if err != nil {
			panic("BUG: a node that came out of JSON does not go into it: " + err.Error())
		}
		h.Write(raw)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// samePlant compares the plant that was previewed with the one that is.
func (d *Desk) samePlant(ctx context.Context, scope access.Scope, previewed, now string, at plant.Micros) error {
	then, hash, ok := strings.Cut(previewed, "-")
	micros, err := strconv.ParseInt(then, 10, 64)
	if !ok || err != nil {
		return fmt.Errorf("%w: revision %q is none of a preview; preview the sheet before", access.ErrInvalid, previewed)
	}
	if strings.HasSuffix(now, "-"+hash) {
		return nil
	}
	was, err := d.Plants.Model(ctx, scope, plant.Micros(micros))
	if err != nil {
		return err
	}
	is, err := d.Plants.Model(ctx, scope, at)
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: since the preview the plant changed: %s; preview again", access.ErrConflict, differ(was, is))
}

// differ names the nodes in which two plants differ.
func differ(was, is plant.Model) string {
	old := map[string]string{}
	for _, n := range was.Nodes {
		old[n.Path] = digest(plant.Model{Nodes: []plant.Node{n}})
	}
	var out []string
	for _, n := range is.Nodes {
		switch had, ok := old[n.Path]; {
		case !ok:
			out = append(out, n.Path+" is new")
		case had != digest(plant.Model{Nodes: []plant.Node{n}}):
			out = append(out, n.Path+" was edited")
		}
		delete(old, n.Path)
	}
	for path := range old {
		out = append(out, path+" has ended")
	}
	slices.Sort(out)
	if len(out) == 0 {
		return "outside your scope"
	}
	if n := len(out) - maxTold; n > 0 {
		out = append(out[:maxTold], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(out, ", ")
}
