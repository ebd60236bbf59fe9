package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// Limits of one search: a person waits for it, and a plant's network is not to
// notice it.
const (
	maxHosts   = 256 // a /24
	atOnce     = 32  // hosts asked at one time
	hostWithin = "500ms"
	searchTime = 2 * time.Minute
)

const whereExample = `write for example "192.168.1.30", "192.168.1.1-60", "192.168.1.0/24" or "192.168.1.0/24:161 community private"`

// Discover implements [connect.Discoverer]: it asks every host of a range, in
// version 2c, what it is.
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	hosts, port, community, err := parseSearch(where)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	found := make([]*connect.Found, len(hosts))
	var wg sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i, host := range hosts {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			found[i] = look(ctx, net.JoinHostPort(host.String(), port), community)
		})
	}
	wg.Wait()
	var out []connect.Found
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out, ctx.Err()
}

// look asks one host; nil when nobody answers.
func look(ctx context.Context, address, community string) *connect.Found {
	device := plant.Device{Driver: Kind, Address: address}
	if community != "" {
		device.Params = map[string]string{"community": community}
	}
	asked := device
	asked.Params = map[string]string{"community": community, "timeout": hostWithin}
	c, err := open(ctx, asked)
	if err != nil {
		return nil
	}
	defer c.Close()
	id, err := c.identity(ctx)
	if err != nil {
		return nil
	}
	return &connect.Found{Device: device, Title: id}
}

func parseSearch(where string) (hosts []netip.Addr, port, community string, err error) {
	wrong := func(what string) ([]netip.Addr, string, string, error) {
		return nil, "", "", fmt.Errorf("snmp search %q: %s; %s", where, what, whereExample)
	}
	fields := strings.Fields(where)
	switch {
	case len(fields) == 3 && fields[1] == "community":
		community = fields[2]
	case len(fields) != 1:
		return wrong("one range is wanted")
	}
	port = strconv.Itoa(defaultPort)
	text := fields[0]
	if strings.Count(text, ":") == 1 {
		text, port, _ = strings.Cut(text, ":")
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return wrong(fmt.Sprintf("port %q", port))
		}
	}
	first, last, err := bounds(text)
	if err != nil {
		return wrong(err.Error())
	}
	for a := first; ; a = a.Next() {
		if len(hosts) == maxHosts {
			return wrong(fmt.Sprintf("more than %d addresses", maxHosts))
		}
		if hosts = append(hosts, a); a == last {
			return hosts, port, community, nil
		}
	}
}

// bounds are the first and last address of one address, a.b.c.d-e, or a prefix.
func bounds(text string) (first, last netip.Addr, err error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		first, last = prefix.Masked().Addr(), prefix.Masked().Addr()
		for n := 0; n < maxHosts && prefix.Contains(last.Next()); n++ {
			last = last.Next()
		}
		if prefix.Contains(last.Next()) {
			return first, last, fmt.Errorf("more than %d addresses", maxHosts)
		}
		return first, last, nil
	}
	from, to, ranged := strings.Cut(text, "-")
	if first, err = netip.ParseAddr(from); err != nil {
		return first, last, fmt.Errorf("%q is no address", from)
	}
	if !ranged {
		return first, first, nil
	}
	n, err := strconv.ParseUint(to, 10, 8)
	if err != nil || !first.Is4() || byte(n) < first.As4()[3] {
		return first, last, errors.New("the range does not go up")
	}
	b := first.As4()
	b[3] = byte(n)
	return first, netip.AddrFrom4(b), nil
}
