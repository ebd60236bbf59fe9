package s7

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/hosts"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// Limits of one search: a person waits for it, and a plant's network is not to
// notice it.
const (
	defaultPort = 102
	reachWithin = 500 * time.Millisecond // a controller in the same hall answers in far less
	lookWithin  = 3 * time.Second        // all that is asked of one host
	searchTime  = 2 * time.Minute
)

// tries are the families whose TSAPs are tried, the most common first.
var tries = []string{"s7-1200", "s7-300", "s7-400", "s7-200smart"}

// Discover implements [connect.Discoverer]: it asks every host of a range
// whether it is a controller and what it is. It only reads.
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	all, err := hosts.Parse(where, defaultPort)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	return hosts.Walk(ctx, all, d.look, func(done, total int, found []connect.Found) { connect.Looked(ctx, done, total, found) })
}

// look asks one host with one family's TSAP after the other.
func (d *Driver) look(ctx context.Context, host netip.AddrPort) []connect.Found {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	for _, family := range tries {
		device := plant.Device{Driver: Kind, Address: host.String(), Params: map[string]string{"plc": family}}
		reach, cancel := context.WithTimeout(ctx, reachWithin)
		opened, err := d.Open(reach, device)
		cancel()
		if errors.Is(err, connect.ErrRefused) {
			continue // it speaks ISO on TCP and knows no such TSAP
		}
		if err != nil {
			return nil
		}
		id, err := opened.(*conn).identity(ctx)
		opened.Close()
		if err != nil {
			return nil
		}
		device.Params = named(family, id)
		said := connect.Identity{Vendor: "Siemens", Product: strings.TrimSpace(id.Order + " " + id.Name), Version: id.Version, Serial: id.Serial}
		return []connect.Found{{Device: device, Title: title(id), Identity: said}}
	}
	return nil
}

// orders are how order numbers of a family's CPUs begin.
var orders = map[string]string{"6ES7 3": "s7-300", "6ES7 4": "s7-400", "6ES7 21": "s7-1200", "6ES7 5": "s7-1500", "6ES7 288": "s7-200smart"}

// named is how a controller is to be opened again: by its own family where that
// is reached as the one that was tried, else as it was tried.
func named(tried string, id pdu.Identity) map[string]string {
	for _, begin := range slices.Sorted(maps.Keys(orders)) {
		if own := orders[begin]; strings.HasPrefix(id.Order, begin) && families[own] == families[tried] {
			return map[string]string{"plc": own}
		}
	}
	return map[string]string{"plc": tried}
}
