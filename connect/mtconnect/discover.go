package mtconnect

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/hosts"
	"zhigai/connect/mtconnect/document"
	"zhigai/plant"
)

const (
	defaultPort = 5000 // of agents, as they are delivered
	// hostWithin: an agent in the same hall answers in far less, and a person
	// waits for all of a range.
	hostWithin = 2 * time.Second
	searchTime = 2 * time.Minute
)

// Discover implements [connect.Discoverer]: every machine of the agent at an
// address (http://cnc-hall:5000), or of the agents in a range (192.168.1.0/24).
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	if strings.Contains(where, "://") {
		s, err := settingsOf(plant.Device{Driver: Kind, Address: where})
		if err != nil {
			return nil, err
		}
		return d.machines(ctx, s)
	}
	all, err := hosts.Parse(where, defaultPort)
	if err != nil {
		return nil, fmt.Errorf("mtconnect: %w, or the agent's address, http://cnc-hall:5000", err)
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	return hosts.Walk(ctx, all, func(ctx context.Context, host netip.AddrPort) []connect.Found {
		found, err := d.machines(ctx, settings{base: "http://" + host.String(), timeout: hostWithin})
		if err != nil {
			return nil // nobody there, or somebody who speaks something else
		}
		return found
	}, func(done, total int, found []connect.Found) { connect.Looked(ctx, done, total, found) })
}

// machines are the devices of one agent, without the agent itself.
func (d *Driver) machines(ctx context.Context, s settings) ([]connect.Found, error) {
	probe, err := (&conn{driver: d, settings: s}).ask(ctx, document.Devices, "probe", nil)
	if err != nil {
		return nil, err
	}
	var out []connect.Found
	for i := range probe.Devices {
		m := &probe.Devices[i]
		if m.Type != "Device" || m.Name == "" || s.device != "" && s.device != m.Name && s.device != m.UUID {
			continue
		}
		f := connect.Found{Device: plant.Device{Driver: Kind, Address: s.base + "/" + url.PathEscape(m.Name)}, Title: title(m)}
		if p := m.Description; p != nil {
			f.Identity = connect.Identity{Vendor: p.Manufacturer, Product: p.Model, Serial: p.Serial}
		}
		out = append(out, f)
	}
	return out, nil
}
