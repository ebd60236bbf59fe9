package bulk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// Plan says what a sheet would do at an instant; nothing is written. With
// places, missing areas, lines and cells would be made too.
func (d *Desk) Plan(ctx context.Context, scope access.Scope, s Sheet, places bool, at plant.Micros) (Plan, error) {
	columns, err := columnsOf(s.Header)
	if err != nil {
		return Plan{}, err
	}
	if len(s.Rows) > MaxRows {
		return Plan{}, fmt.Errorf("%w: %d rows; %d are allowed: divide it", ErrSheet, len(s.Rows), MaxRows)
	}
	generation, err := d.Plants.Generation(ctx, scope)
	if err != nil {
		return Plan{}, err
	}
	whole, err := d.Plants.Model(ctx, access.Scope{Tenant: scope.Tenant}, at)
	if err != nil {
		return Plan{}, err
	}
	p := newPlanner(d, scope, whole, columns, places)
	for _, r := range s.Rows {
		if err := ctx.Err(); err != nil {
			return Plan{}, err
		}
		p.row(r)
	}
	p.double()
	out := Plan{Revision: revisionOf(at, whole), Columns: columns, Rows: p.rows, Places: p.missing, Counts: map[Status]int{}, generation: generation}
	for i := range out.Rows {
		out.Counts[out.Rows[i].Status]++
	}
	return out, nil
}

// planner holds the plant while rows are looked at.
type planner struct {
	desk    *Desk
	scope   access.Scope
	columns []string
	places  bool // make missing ones

	nodes   map[string]*plant.Node
	list    []plant.Node
	classes map[string]bool
	drivers map[string]interface{ CheckDevice(plant.Device) error }
	planned map[string]plant.Level // of missing places
	missing []Place
	rows    []Planned
}

func newPlanner(d *Desk, scope access.Scope, m plant.Model, columns []string, places bool) *planner {
	p := &planner{
		desk: d, scope: scope, columns: columns, places: places, list: m.Nodes, nodes: map[string]*plant.Node{}, classes: map[string]bool{},
		drivers: map[string]interface{ CheckDevice(plant.Device) error }{}, planned: map[string]plant.Level{}, missing: []Place{}, rows: []Planned{},
	}
	for i := range m.Nodes {
		p.nodes[m.Nodes[i].Path] = &m.Nodes[i]
	}
	for _, one := range d.Profiles.List() {
		p.classes[one.Class] = true
	}
	for _, one := range d.Drivers {
		p.drivers[one.Kind()] = one
	}
	return p
}

// row reads one row and says what it would do to the plant.
func (p *planner) row(in Row) {
	out := Planned{Line: in.Line, Changes: []Change{}, Problems: []Problem{}}
	r := &reader{columns: p.columns, cells: in.Cells, out: &out}
	for i, c := range in.Cells {
		if len(c) > maxCell && i < len(p.columns) {
			out.Problems = append(out.Problems, problem(p.columns[i], i, strings.ToValidUTF8(c[:40], "")+"…", "cell_long", "bytes", strconv.Itoa(len(c)), "most", strconv.Itoa(maxCell)))
		}
	}
	out.Path = r.path()
	n := plant.Node{Path: out.Path, Level: plant.LevelEquipment}
	was := plant.Equipment{}
	old := p.nodes[out.Path]
	switch {
	case out.Path == "":
	case !p.scope.Allows(out.Path):
		r.wrong(colPath, "outside_scope", "path", out.Path, "scope", p.scope.Path)
		old = nil
	case old != nil && old.Machine == nil:
		r.wrong(colPath, "no_machine", "path", out.Path, "level", string(old.Level))
		old = nil
	case old != nil:
		n, was = *old, *old.Machine
		out.id = old.ID
	default:
		p.place(r, plant.ParentPath(out.Path))
	}
	machine := was
	n.Machine = &machine
	p.machine(r, &n)
	out.node = n
	out.Status = New
	switch {
	case len(out.Problems) > 0:
		out.Status = Wrong
	case old != nil:
		out.Status, out.Changes = Unchanged, changes(*old, n)
		if len(out.Changes) > 0 {
			out.Status = Changed
		}
	}
	if out.Status != Wrong {
		out.Machine = &machine
	}
	p.rows = append(p.rows, out)
}

// machine takes the cells over and checks them as the form of one machine does.
func (p *planner) machine(r *reader, n *plant.Node) {
	m := n.Machine
	r.text(colZH, &n.Name.ZH)
	r.text(colEN, &n.Name.EN)
	if n.Name.ZH == "" {
		r.wrong(colZH, "name_missing")
	}
	r.text(colSerial, &m.Device.Serial)
	r.text(colAddress, &m.Device.Address)
	r.truth(colNC, &m.NC)
	r.truth(colExcluded, &m.Excluded)
	m.Device.Params = r.params(m.Device.Params)
	usual := m.Profile
	r.text(colProfile, &m.Profile)
	prof, ok := p.desk.Profiles.Get(m.Profile)
	switch {
	case m.Profile == "":
		r.wrong(colProfile, "profile_missing")
		return
	case !ok:
		if like := nearest(m.Profile, p.desk.Profiles.IDs()); like != "" {
			r.wrong(colProfile, "profile_like", "profile", m.Profile, "like", like)
		} else {
			r.wrong(colProfile, "profile_unknown", "profile", m.Profile)
		}
		return
	}
	r.text(colClass, &m.Class)
	if m.Class == "" || m.Profile != usual && !r.has(colClass) {
		m.Class = prof.Class
	}
	if !p.classes[m.Class] {
		r.wrong(colClass, "class_unknown", "class", m.Class, "usual", prof.Class)
	}
	r.text(colDriver, &m.Device.Driver)
	if m.Device.Driver == "" || m.Profile != usual && !r.has(colDriver) {
		m.Device.Driver = prof.Protocol
	}
	driver := p.drivers[m.Device.Driver]
	switch {
	case driver == nil:
		r.wrong(colDriver, "driver_unknown", "driver", m.Device.Driver, "usual", prof.Protocol)
	case !prof.Fits(m.Device.Driver):
		r.wrong(colDriver, "driver_other", "profile", prof.ID, "usual", prof.Protocol, "driver", m.Device.Driver)
	case m.Device.Address == "":
		r.wrong(colAddress, "address_missing", "driver", m.Device.Driver)
	default:
		if err := driver.CheckDevice(prof.Device(m.Device)); err != nil {
			what, fix, ok := strings.Cut(err.Error(), "; ")
			if !ok {
				fix = "write address and parameters as the template's examples show"
			}
			r.wrong(r.blamed(what, m.Device.Params), "driver_says", "what", what, "fix", fix)
		}
	}
}

// blamed is the column of what a driver complains about: a parameter it names,
// else the address.
func (r *reader) blamed(what string, params map[string]string) string {
	for k := range params {
		switch {
		case !strings.Contains(what, " "+k+" is "):
		case r.has(paramPrefix + k):
			return paramPrefix + k
		default:
			return colParams
		}
	}
	return colAddress
}

// nearest is the id that begins most like what was written, "" for none.
func nearest(written string, ids []string) string {
	best, most := "", 2
	for _, id := range ids {
		n := 0
		for n < len(id) && n < len(written) && id[n] == strings.ToLower(written)[n] {
			n++
		}
		if n > most {
			best, most = id, n
		}
	}
	return best
}

// place looks at where a new machine would stand, and plans what is missing.
func (p *planner) place(r *reader, path string) {
	var lacking []string
	for path != "" && p.nodes[path] == nil && p.planned[path] == "" {
		lacking = append(lacking, path)
		path = plant.ParentPath(path)
	}
	column := colPath
	if !r.has(colPath) {
		column = colPlace
	}
	if path == "" {
		if root := p.root(); root != "" {
			r.wrong(column, "root_unknown", "root", root)
		} else {
			r.wrong(column, "enterprise_missing")
		}
		return
	}
	level := p.planned[path]
	if level == "" {
		level = p.nodes[path].Level
	}
	if level == plant.LevelEquipment {
		r.wrong(column, "below_machine", "path", path)
		return
	}
	depth := level.Depth()
	if depth+len(lacking) >= plant.LevelEquipment.Depth() {
		r.wrong(column, "too_deep", "n", strconv.Itoa(len(lacking)), "path", path, "level", string(level))
		return
	}
	for i, one := range slices.Backward(lacking) {
		l := plant.Levels[depth+len(lacking)-i]
		p.planned[one] = l
		p.missing = append(p.missing, Place{Path: one, Level: l, Name: plant.Node{Path: one}.Code()})
	}
	if place := plant.ParentPath(r.out.Path); !p.places && p.nodes[place] == nil {
		r.wrong(column, "place_missing", "place", place)
	}
}

// root is what every path begins with, "" for a plant without an enterprise.
func (p *planner) root() string {
	if p.scope.Path != "" {
		return p.scope.Path
	}
	for _, n := range p.list {
		if n.Level == plant.LevelEnterprise {
			return n.Path
		}
	}
	return ""
}

// stand is one machine as it would be, in the sheet or in the plant.
type stand struct {
	row  *Planned // nil: in the plant only
	path string
}

// double finds rows that name the path, device or serial number of another row
// or machine. Machines that rows change are looked at as they would be.
func (p *planner) double() {
	paths := map[string]stand{}
	for i := range p.rows {
		out := &p.rows[i]
		if out.Path == "" {
			continue
		}
		if first, ok := paths[out.Path]; ok {
			p.same(out, colPath, first)
			continue
		}
		paths[out.Path] = stand{out, out.Path}
	}
	reach, serial := map[plant.Reach]stand{}, map[string]stand{}
	key := func(m *plant.Equipment) string { return m.Profile + "\x00" + m.Device.Serial }
	for i := range p.list {
		n := &p.list[i]
		if n.Machine == nil {
			continue
		}
		if own, ok := paths[n.Path]; ok && own.row.Status == Changed {
			continue
		}
		reach[n.Machine.Device.Reach()] = stand{nil, n.Path}
		if n.Machine.Device.Serial != "" {
			serial[key(n.Machine)] = stand{nil, n.Path}
		}
	}
	for i := range p.rows {
		out := &p.rows[i]
		if out.Status == Wrong || out.Status == Doubled || out.Machine == nil {
			continue
		}
		m := out.Machine
		if other, ok := reach[m.Device.Reach()]; ok && other.path != out.Path {
			p.same(out, colAddress, other)
		} else {
			reach[m.Device.Reach()] = stand{out, out.Path}
		}
		if m.Device.Serial == "" {
			continue
		}
		if other, ok := serial[key(m)]; ok && other.path != out.Path {
			p.same(out, colSerial, other)
		} else {
			serial[key(m)] = stand{out, out.Path}
		}
	}
}

// same marks a row as doubled: it has the same path, device or serial number as
// another row, a machine, or a machine that the asker must not see.
func (p *planner) same(out *Planned, column string, other stand) {
	if out.Status != Wrong {
		out.Status = Doubled
	}
	value := out.Path
	if column != colPath && out.Machine != nil {
		value = cmp.Or(map[string]string{colAddress: out.Machine.Device.Address, colSerial: out.Machine.Device.Serial}[column], value)
	}
	code := map[string]string{colPath: "same_path", colAddress: "same_device", colSerial: "same_serial"}[column]
	var args []string
	switch {
	case other.row != nil:
		code, args = code+"_row", []string{"row", strconv.Itoa(other.row.Line)}
	case !p.scope.Allows(other.path):
		code += "_hidden"
	default:
		code, args = code+"_machine", []string{"path", other.path}
	}
	out.Problems = append(out.Problems, problem(column, slices.Index(p.columns, column), value, Code(code), args...))
}

// changes lists what differs in the columns of a sheet.
func changes(was, is plant.Node) []Change {
	a, b := cellsOf(was), cellsOf(is)
	out := []Change{}
	for _, n := range names {
		if a[n.column] != b[n.column] {
			out = append(out, Change{n.column, a[n.column], b[n.column]})
		}
	}
	return out
}

// cellsOf is a machine as a row writes it.
func cellsOf(n plant.Node) map[string]string {
	m := n.Machine
	yes := map[bool]string{true: "是", false: "否"}
	return map[string]string{
		colPath: n.Path, colPlace: plant.ParentPath(n.Path), colCode: n.Code(), colZH: n.Name.ZH, colEN: n.Name.EN, colClass: m.Class,
		colProfile: m.Profile, colDriver: m.Device.Driver, colAddress: m.Device.Address, colParams: paramText(m.Device.Params),
		colNC: yes[m.NC], colExcluded: yes[m.Excluded], colSerial: m.Device.Serial,
	}
}
