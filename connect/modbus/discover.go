package modbus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// Limits of one search: a person waits for it, and a plant's network is not to
// notice it.
const (
	maxHosts    = 256                    // a /24
	maxUnits    = 247                    // the addresses of a serial line
	atOnce      = 32                     // hosts asked at one time
	reachWithin = 500 * time.Millisecond // a machine in the same hall answers in far less
	unitWithin  = 300 * time.Millisecond
	searchTime  = 2 * time.Minute
	defaultPort = 502
)

const whereExample = `write for example "192.168.1.20", "192.168.1.1-60", "192.168.1.0/24:502" or "192.168.1.20:502 units 1-16"`

// search is what Discover is asked for.
type search struct {
	hosts       []netip.Addr
	port        int
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
	found := make([][]connect.Found, len(s.hosts))
	var wg sync.WaitGroup
	var looked atomic.Int32
	turns := make(chan struct{}, atOnce)
	for i, host := range s.hosts {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			found[i] = d.look(ctx, net.JoinHostPort(host.String(), strconv.Itoa(s.port)), s.first, s.last)
			connect.Looked(ctx, int(looked.Add(1)), len(s.hosts), found[i])
		})
	}
	wg.Wait()
	return slices.Concat(found...), ctx.Err()
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
	s := search{port: defaultPort, first: 1, last: 1}
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
	hosts := fields[0]
	if strings.Count(hosts, ":") == 1 {
		var port string
		hosts, port, _ = strings.Cut(hosts, ":")
		var err error
		if s.port, err = strconv.Atoi(port); err != nil || s.port < 1 || s.port > 65535 {
			return wrong(fmt.Sprintf("port %q", port))
		}
	}
	var err error
	if s.hosts, err = hostsOf(hosts); err != nil {
		return wrong(err.Error())
	}
	return s, nil
}

// hostsOf reads one address, a.b.c.d-e, or a prefix.
func hostsOf(text string) ([]netip.Addr, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if prefix.Addr().BitLen()-prefix.Bits() > 8 {
			return nil, fmt.Errorf("more than %d addresses", maxHosts)
		}
		var out []netip.Addr
		for a := prefix.Masked().Addr(); prefix.Contains(a); a = a.Next() {
			out = append(out, a)
		}
		return out, nil
	}
	from, to, ranged := strings.Cut(text, "-")
	first, err := netip.ParseAddr(from)
	if err != nil {
		return nil, fmt.Errorf("%q is no address", from)
	}
	if !ranged {
		return []netip.Addr{first}, nil
	}
	last, err := strconv.Atoi(to)
	if !first.Is4() || err != nil || last > 255 || last < int(first.As4()[3]) {
		return nil, fmt.Errorf("range %q", text)
	}
	var out []netip.Addr
	for a := first; ; a = a.Next() {
		out = append(out, a)
		if int(a.As4()[3]) == last {
			return out, nil
		}
	}
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
