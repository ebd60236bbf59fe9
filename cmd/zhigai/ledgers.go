package main

import (
	"context"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
	"zhigai/programme/target/ledger"
	"zhigai/record/programme"
)

// newLedgers makes the desk of registers and returns as lists and sheets.
func (n *node) newLedgers() *ledger.Desk {
	return &ledger.Desk{Targets: n.targets, Store: n.registers, Firms: programme.NewFirms(n.record, n.codes), Machines: robotMachines{n}, Now: time.Now}
}

// robotMachines finds the connected machines that robots are: by the serial
// number that a controller said when it was adopted, or by the machine that the
// entry names. A machine of another firm's plant is none.
type robotMachines struct{ n *node }

var _ ledger.Machines = robotMachines{}

// seenBack is how many days back a machine's newest day is looked for.
const seenBack = 60

// Connected implements [ledger.Machines].
func (r robotMachines) Connected(ctx context.Context, tenant plant.TenantNo, robots []target.Entry) (map[string]ledger.Connected, error) {
	firms, err := r.plants(ctx, tenant)
	if err != nil {
		return nil, err
	}
	model, err := r.n.plants.Model(ctx, access.Scope{Tenant: tenant}, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	own := ownMachines(model, firms)
	states := map[plant.NodeID]string{}
	live, _ := r.n.board.Snapshot(access.Scope{Tenant: tenant})
	for _, one := range live {
		states[one.Node] = string(one.Class)
	}
	out := map[string]ledger.Connected{}
	for _, e := range robots {
		if e.Robot == nil {
			continue
		}
		c, ok := own.find(e)
		if ok {
			c.State = states[c.Machine]
		} else if c, ok, err = r.elsewhere(ctx, tenant, firms, e); err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if c.Day, err = r.newest(ctx, tenant, c.Machine); err != nil {
			return nil, err
		}
		out[e.ID] = c
	}
	return out, nil
}

// plants are the firms of the plants that are known to be somebody's.
func (r robotMachines) plants(ctx context.Context, tenant plant.TenantNo) (map[plant.NodeID]string, error) {
	links, err := r.n.machines.Links(ctx, tenant, nil)
	out := make(map[plant.NodeID]string, len(links))
	for _, l := range links {
		out[l.Owner] = l.Firm
	}
	return out, err
}

// elsewhere finds the machine that an entry names, of a plant below this node.
func (r robotMachines) elsewhere(ctx context.Context, tenant plant.TenantNo, firms map[plant.NodeID]string, e target.Entry) (ledger.Connected, bool, error) {
	id := plant.NodeID(e.Robot.Equipment)
	if id == "" {
		return ledger.Connected{}, false, nil
	}
	owner, err := r.n.machines.OwnerOf(ctx, tenant, id)
	return ledger.Connected{Machine: id, Name: plant.Name{ZH: e.Title}, By: "entered"}, err == nil && owner != "" && firms[owner] == e.Firm, err
}

func (r robotMachines) newest(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) (string, error) {
	now := time.Now()
	days, err := r.n.machines.Days(ctx, tenant, id, now.AddDate(0, 0, -seenBack).Format(time.DateOnly), now.AddDate(0, 0, 2).Format(time.DateOnly))
	for i := len(days) - 1; i >= 0; i-- {
		if days[i].KnownMs > 0 {
			return days[i].Date, err
		}
	}
	return "", err
}

// firmMachines are the machines of this node's plant model, by firm.
type firmMachines struct {
	ids, serials map[[2]string]ledger.Connected // of a firm
}

func ownMachines(m plant.Model, firms map[plant.NodeID]string) firmMachines {
	out := firmMachines{map[[2]string]ledger.Connected{}, map[[2]string]ledger.Connected{}}
	enterprises := map[string]string{} // firm by the path of its enterprise
	for _, one := range m.Nodes {
		if one.Level == plant.LevelEnterprise {
			enterprises[one.Path] = firms[one.ID]
		}
	}
	for _, one := range m.Nodes {
		top, _, _ := strings.Cut(one.Path, "/")
		firm := enterprises[top]
		if one.Machine == nil || firm == "" {
			continue
		}
		c := ledger.Connected{Machine: one.ID, Path: one.Path, Name: one.Name, By: "entered", Here: true}
		out.ids[[2]string{firm, string(one.ID)}] = c
		if serial := one.Machine.Device.Serial; serial != "" {
			c.By = "serial"
			out.serials[[2]string{firm, serial}] = c
		}
	}
	return out
}

func (m firmMachines) find(e target.Entry) (ledger.Connected, bool) {
	if c, ok := m.serials[[2]string{e.Firm, e.Robot.Serial}]; ok {
		return c, true
	}
	c, ok := m.ids[[2]string{e.Firm, e.Robot.Equipment}]
	return c, ok && e.Robot.Equipment != ""
}
