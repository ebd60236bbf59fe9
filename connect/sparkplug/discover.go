package sparkplug

import (
	"context"
	"fmt"
	"sort"

	"zhigai/connect"
	"zhigai/plant"
)

// Listens implements [connect.Listening].
func (*Driver) Listens() bool { return true }

// Discover implements [connect.Discoverer]: the nodes and devices whose birth
// was seen, of one group or, with "", of all.
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	if where != "" {
		if err := checkPart("group", where); err != nil {
			return nil, fmt.Errorf("sparkplug search: %w; write a group, for example hall-1, or nothing for all", err)
		}
	}
	d.mu.Lock()
	edges := make([]*edge, 0, len(d.edges))
	for _, e := range d.edges {
		if where == "" || e.group == where {
			edges = append(edges, e)
		}
	}
	d.mu.Unlock()
	var out []connect.Found
	for _, e := range edges {
		if err := e.lock(ctx); err != nil {
			return nil, err
		}
		for name, u := range e.devices {
			if !e.online || !u.online {
				continue
			}
			a := address{e.group, e.node, name}.String()
			out = append(out, connect.Found{
				Device: plant.Device{Driver: Kind, Address: a},
				Title:  fmt.Sprintf("%s (%d metrics, client %s)", a, len(u.metrics), e.client),
			})
		}
		e.unlock()
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Device.Address < out[j].Device.Address })
	return out, nil
}
