package fins

import (
	"context"
	"net/netip"
	"time"

	"zhigai/connect"
	"zhigai/connect/hosts"
	"zhigai/plant"
)

// Limits of one search: a person waits for it, and a plant's network is not to
// notice it.
const (
	defaultPort = 9600
	reachWithin = 500 * time.Millisecond // a controller in the same hall answers in far less
	searchTime  = 2 * time.Minute
)

// Discover implements [connect.Discoverer]: it asks every host of a range, by
// UDP and by TCP, for its model. It only reads.
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	all, err := hosts.Parse(where, defaultPort)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	return hosts.Walk(ctx, all, d.look, func(done, total int, found []connect.Found) { connect.Looked(ctx, done, total, found) })
}

func (d *Driver) look(ctx context.Context, host netip.AddrPort) []connect.Found {
	for _, transport := range []string{"udp", "tcp"} {
		device := plant.Device{Driver: Kind, Address: host.String(), Params: map[string]string{"transport": transport}}
		reach, cancel := context.WithTimeout(ctx, reachWithin)
		opened, err := d.Open(reach, device)
		cancel()
		if err != nil {
			continue
		}
		c := opened.(*conn)
		c.Close()
		said := connect.Identity{Vendor: "Omron", Product: c.model, Version: c.version}
		return []connect.Found{{Device: device, Title: c.title(), Identity: said}}
	}
	return nil
}
