package snmp

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/hosts"
	"zhigai/plant"
)

// Limits of one search: a host in the same hall answers in far less, and a person
// waits for all.
const (
	hostWithin = "500ms"
	searchTime = 2 * time.Minute
)

// Discover implements [connect.Discoverer]: it asks every host of a range, in
// version 2c, what it is. Behind the range may stand "community NAME".
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	all, community, err := parseSearch(where)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	return hosts.Walk(ctx, all, func(ctx context.Context, host netip.AddrPort) []connect.Found {
		return look(ctx, host.String(), community)
	}, func(done, total int, found []connect.Found) { connect.Looked(ctx, done, total, found) })
}

// look asks one host; nil when nobody answers.
func look(ctx context.Context, address, community string) []connect.Found {
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
	found := connect.Found{Device: device, Title: id}
	found.Identity.Product = c.text(ctx, sysDescr)
	found.Identity.Serial = c.text(ctx, entPhysicalSerialNum)
	return []connect.Found{found}
}

func parseSearch(where string) (all []netip.AddrPort, community string, err error) {
	fields := strings.Fields(where)
	switch {
	case len(fields) == 3 && fields[1] == "community":
		community = fields[2]
	case len(fields) != 1:
		return nil, "", fmt.Errorf(`snmp search %q; write a range, and the community if it is not public: "192.168.1.0/24 community private"`, where)
	}
	if all, err = hosts.Parse(fields[0], defaultPort); err != nil {
		return nil, "", fmt.Errorf("snmp: %w", err)
	}
	return all, community, nil
}
