package energy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// place finds a node of the plant within the scope.
func (d *Desk) place(ctx context.Context, scope access.Scope, id plant.NodeID) (plant.Model, plant.Node, error) {
	m, err := d.o.Plant.Model(ctx, scope.Tenant, d.now().Micros())
	if err != nil {
		return m, plant.Node{}, err
	}
	i := slices.IndexFunc(m.Nodes, func(n plant.Node) bool { return n.ID == id && scope.Allows(n.Path) })
	if i < 0 {
		return m, plant.Node{}, fmt.Errorf("%w: place %s", access.ErrNotFound, id)
	}
	return m, m.Nodes[i], nil
}

// network of a place that is in force at an instant: the newest revision that holds
// by then, or the first where none does.
func (d *Desk) network(ctx context.Context, scope access.Scope, place plant.NodeID, at plant.Instant) (Network, error) {
	if _, _, err := d.place(ctx, scope, place); err != nil {
		return Network{}, err
	}
	all, err := d.o.Store.NetworkRevisions(ctx, scope.Tenant, place)
	if err != nil {
		return Network{}, err
	}
	if len(all) == 0 {
		return Network{}, fmt.Errorf("%w: no meters are laid out at place %s", access.ErrNotFound, place)
	}
	for _, n := range all {
		if n.From < at {
			return n, nil
		}
	}
	return all[len(all)-1], nil
}

// Networks are the newest of the places within the scope.
func (d *Desk) Networks(ctx context.Context, scope access.Scope) ([]Network, error) {
	return d.o.Store.Networks(ctx, scope)
}

// Revisions of a place's network, the newest first.
func (d *Desk) Revisions(ctx context.Context, scope access.Scope, place plant.NodeID) ([]Network, error) {
	if _, _, err := d.place(ctx, scope, place); err != nil {
		return nil, err
	}
	return d.o.Store.NetworkRevisions(ctx, scope.Tenant, place)
}

// Tables are the factors and tariffs that there are.
func (d *Desk) Tables() *Tables { return d.o.Tables }

// SaveNetwork stores a network as the next revision of its place.
func (d *Desk) SaveNetwork(ctx context.Context, who access.Principal, n Network) (Network, error) {
	model, place, err := d.place(ctx, who.Scope, n.Place)
	if err != nil {
		return Network{}, err
	}
	if !who.May(access.Engineer, place.Path) {
		return Network{}, fmt.Errorf("%w: the meters of %s", access.ErrForbidden, place.Path)
	}
	if err := n.Check(); err != nil {
		return Network{}, err
	}
	for _, m := range n.Meters {
		for _, id := range m.machines() {
			if !slices.ContainsFunc(model.Nodes, func(o plant.Node) bool {
				return o.ID == id && o.Machine != nil && plant.Within(o.Path, place.Path)
			}) {
				return Network{}, invalid("meter %s: no machine %.60q stands in %s", m.Code, id, place.Path)
			}
		}
	}
	for _, u := range n.Tariffs {
		if _, ok := d.o.Tables.Tariff(u.Tariff); !ok {
			return Network{}, invalid("there is no tariff %.60q", u.Tariff)
		}
		if _, err := time.Parse(time.DateOnly, u.Day); err != nil {
			return Network{}, invalid("tariff %s: %.40q is no day", u.Tariff, u.Day)
		}
	}
	if n.From == 0 {
		n.From = d.now()
	}
	seen := n.Rev
	n.Note = strings.TrimSpace(n.Note)
	n.Rev, n.Path, n.By, n.At = seen+1, place.Path, who.Name, d.now()
	return n, d.o.Store.SaveNetwork(ctx, who.Scope.Tenant, n, seen)
}

// Propose makes a network from the plant model, to be corrected and saved: machines
// that are meters below a computed total, and machines that count their own energy
// below the meter of their area where there is one alone; otherwise they stand aside
// until somebody names the meter that feeds them.
func (d *Desk) Propose(ctx context.Context, scope access.Scope, id plant.NodeID) (Network, error) {
	model, place, err := d.place(ctx, scope, id)
	if err != nil {
		return Network{}, err
	}
	n := Network{Place: id, Path: place.Path, From: d.now(), Meters: []Meter{}, Tariffs: []TariffUse{}}
	saved, err := d.o.Store.NetworkRevisions(ctx, scope.Tenant, id)
	if err != nil {
		return Network{}, err
	}
	if len(saved) > 0 {
		n.Rev = saved[0].Rev
	}
	var codes []string
	alone := map[string][]string{} // meters by area
	for _, one := range model.Nodes {
		if one.Machine == nil || one.Machine.Class != "meter" || !plant.Within(one.Path, place.Path) {
			continue
		}
		if signal, modulo := d.o.Machines.Counter(one); signal != "" {
			code := n.codeOf(one)
			codes = append(codes, code)
			alone[area(one.Path)] = append(alone[area(one.Path)], code)
			n.Meters = append(n.Meters, Meter{Code: code, Name: one.Name, Medium: Electricity, Above: "total", Machine: one.ID, Signal: signal, Reads: Counter, Modulo: modulo})
		}
	}
	if len(codes) > 0 {
		n.Meters = slices.Insert(n.Meters, 0, Meter{Code: "total", Name: plant.Name{ZH: "合计", EN: "Total"}, Medium: Electricity, Formula: strings.Join(codes, " + ")})
	}
	for _, one := range model.Nodes {
		if one.Machine == nil || one.Machine.Class == "meter" || !plant.Within(one.Path, place.Path) {
			continue
		}
		signal, modulo := d.o.Machines.Counter(one)
		if above := alone[area(one.Path)]; signal != "" {
			m := Meter{Code: n.codeOf(one), Name: one.Name, Medium: Electricity, Machine: one.ID, Signal: signal, Reads: Counter, Modulo: modulo}
			if len(above) == 1 {
				m.Above = above[0]
			}
			m.Aside = len(above) != 1 && len(codes) > 0
			n.Meters = append(n.Meters, m)
		}
	}
	return n, nil
}

// codeOf makes a code that no meter has yet.
func (n *Network) codeOf(of plant.Node) string {
	code := strings.ReplaceAll(of.Code(), "-", "_")
	if code[0] >= '0' && code[0] <= '9' {
		code = "m_" + code
	}
	code = code[:min(len(code), 36)]
	for i, try := 2, code; ; i, try = i+1, fmt.Sprint(code, "_", i) {
		if _, taken := n.Meter(try); !taken && try != "total" {
			return try
		}
	}
}

// area is the third element of a path, of a deeper one.
func area(path string) string {
	parts := strings.SplitN(path, "/", 4)
	return strings.Join(parts[:min(len(parts), 3)], "/")
}
