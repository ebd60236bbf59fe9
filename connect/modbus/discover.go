package modbus

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/hosts"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// Limits of one search: a person waits for it, and a plant's network is not to
// notice it.
const (
	maxUnits    = 247                    // the addresses of a serial line
	reachWithin = 500 * time.Millisecond // a machine in the same hall answers in far less
	unitWithin  = 300 * time.Millisecond
	searchTime  = 2 * time.Minute
	defaultPort = 502
)

const whereExample = `write for example "192.168.1.20", "192.168.1.1-60", "192.168.1.0/24:502" or "192.168.1.20:502 units 1-16"`

// search is what Discover is asked for.
type search struct {
	hosts       []netip.AddrPort
	first, last int // units
}

// Discover implements [connect.Discoverer]: it asks every host of a range for
// the units that answer, and those for what they are. It only reads.
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	s, err := parseSearch(where)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	return hosts.Walk(ctx, s.hosts,
		func(ctx context.Context, host netip.AddrPort) []connect.Found {
			return d.look(ctx, host.String(), s.first, s.last)
		},
		func(done, total int, found []connect.Found) { connect.Looked(ctx, done, total, found) })
}

// look asks one host. Units are asked one after the other: behind a gateway
// they share a line.
func (d *Driver) look(ctx context.Context, address string, first, last int) []connect.Found {
	device := func(unit int) plant.Device {
		return plant.Device{Driver: Kind, Address: address, Params: map[string]string{"unit": strconv.Itoa(unit)}}
	}
	reach, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	holding, err := d.Open(reach, device(first)) // keeps the link open for all units
	if err != nil {
		return nil
	}
	defer holding.Close()
	var found []connect.Found
	for unit := first; unit <= last && ctx.Err() == nil; unit++ {
		c, err := d.Open(ctx, device(unit))
		if err != nil {
			return found
		}
		if title, ok := c.(*conn).title(ctx); ok {
			found = append(found, connect.Found{Device: device(unit), Title: title})
		}
		c.Close()
	}
	if n := last - first + 1; n > 2 && len(found) == n && !slices.ContainsFunc(found, func(f connect.Found) bool { return f.Title != found[0].Title }) {
		// A device without a line behind it does not look at the unit.
		found = found[:1]
		found[0].Title += " (answers to every unit)"
	}
	return found
}

// title is what a unit is called, false when it does not answer. One question
// decides, or a line with few devices would take minutes.
func (c *conn) title(ctx context.Context) (string, bool) {
	c.settings.timeout = unitWithin
	if c.sign(ctx, pdu.ReadHolding) != nil {
		return "", false
	}
	if id := c.identity(ctx); id != "" {
		return id, true
	}
	return c.family, true
}

func parseSearch(where string) (search, error) {
	wrong := func(what string) (search, error) {
		return search{}, fmt.Errorf("modbus search %q: %s; %s", where, what, whereExample)
	}
	s := search{first: 1, last: 1}
	fields := strings.Fields(where)
	switch {
	case len(fields) == 3 && (fields[1] == "units" || fields[1] == "unit"):
		var err error
		if s.first, s.last, err = span(fields[2]); err != nil || s.first < 0 || s.last > 255 || s.last-s.first >= maxUnits {
			return wrong(fmt.Sprintf("units %q", fields[2]))
		}
	case len(fields) != 1:
		return wrong("one range is wanted")
	}
	text, port := fields[0], defaultPort
	if strings.Count(text, ":") == 1 {
		var number string
		text, number, _ = strings.Cut(text, ":")
		var err error
		if port, err = strconv.Atoi(number); err != nil || port < 1 || port > 65535 {
			return wrong(fmt.Sprintf("port %q", number))
		}
	}
	addresses, err := hosts.Expand(text)
	if err != nil {
		return wrong(err.Error())
	}
	for _, a := range addresses {
		s.hosts = append(s.hosts, netip.AddrPortFrom(a, uint16(port)))
	}
	return s, nil
}

func span(text string) (first, last int, err error) {
	a, b, ranged := strings.Cut(text, "-")
	if !ranged {
		b = a
	}
	if first, err = strconv.Atoi(a); err != nil {
		return 0, 0, err
	}
	if last, err = strconv.Atoi(b); err == nil && last < first {
		err = errors.New("it goes backwards")
	}
	return first, last, err
}
