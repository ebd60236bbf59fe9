package cip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/cip/enip"
	"zhigai/plant"
)

// maxSymbols bounds a controller's list of tags; large programs have some ten
// thousand.
const maxSymbols = 100_000

// Browse implements [connect.Browser]: the controller's tags and programs, and
// below a program its tags. Members of structures are not listed: they are read
// by name, as tag.member.
func (c *conn) Browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	if parent != "" && !strings.HasPrefix(parent, "Program:") {
		return nil, fmt.Errorf("ethernet/ip %s: browse %q: only programs have tags below them; write for example Program:MainProgram", c.settings.address, parent)
	}
	var out []connect.Browsed
	for from, n := uint32(0), 0; ; {
		data, err := c.ask(ctx, enip.List(parent, from))
		var refused enip.Status
		more := errors.As(err, &refused) && refused.General == enip.PartialTransfer
		if err != nil && !more {
			return nil, err
		}
		symbols, err := enip.ParseSymbols(data)
		if err != nil {
			return nil, err
		}
		for _, s := range symbols {
			if one, ok := browsed(parent, s); ok {
				out = append(out, one)
			}
			if s.Instance < from {
				return nil, fmt.Errorf("%w: tag %d after %d", enip.ErrFrame, s.Instance, from)
			}
			from = s.Instance + 1
		}
		if n += len(symbols); !more {
			return out, nil
		}
		if len(symbols) == 0 || n > maxSymbols {
			return nil, fmt.Errorf("%w: the list of tags does not end", enip.ErrFrame)
		}
	}
}

// browsed is a symbol a person may want: no array as a whole, nothing of the
// system's.
func browsed(parent string, s enip.Symbol) (connect.Browsed, bool) {
	b := connect.Browsed{Address: s.Name, Name: s.Name, Kind: plant.KindNumber}
	if parent != "" {
		b.Address = parent + "." + s.Name
	}
	switch {
	case parent == "" && strings.HasPrefix(s.Name, "Program:"):
		return connect.Browsed{Address: s.Name, Name: s.Name, Folder: true}, true
	case s.IsSystem(), strings.HasPrefix(s.Name, "__"), strings.Contains(s.Name, ":"):
		return b, false
	case s.IsStruct() && s.Kind&0xFFF == enip.StringHandle:
		b.Kind = plant.KindText
	case !s.IsStruct() && s.Atomic() == enip.Bool:
		b.Kind = plant.KindBoolean
	}
	for i := range s.Dimensions() {
		b.Address += map[bool]string{true: "[0", false: ",0"}[i == 0]
	}
	if s.Dimensions() > 0 {
		b.Address += "]"
	}
	return b, true
}

const (
	listenFor    = 1500 * time.Millisecond // devices answer a broadcast within a second
	maxFound     = 1024
	whereExample = `write for example "192.168.1.20", or "192.168.1.255" for all of a network`
)

// Discover implements [connect.Discoverer]: it asks an address, of one device or
// of all of a network, who is there.
func (*Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	host, port := strings.TrimSpace(where), uint16(enip.Port)
	if h, p, err := net.SplitHostPort(host); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("ethernet/ip search %q: port %q; %s", where, p, whereExample)
		}
		host, port = h, uint16(n)
	}
	target, err := netip.ParseAddr(host)
	if err != nil || !target.Is4() {
		return nil, fmt.Errorf("ethernet/ip search %q: %q is no IPv4 address; %s", where, host, whereExample)
	}
	var lc net.ListenConfig
	p, err := lc.ListenPacket(ctx, "udp4", ":0")
	if err != nil {
		return nil, err
	}
	defer p.Close()
	stop := context.AfterFunc(ctx, func() { _ = p.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := p.SetDeadline(time.Now().Add(listenFor)); err != nil {
		return nil, err
	}
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(target, port))
	if _, err := p.WriteTo(enip.Frame{Command: enip.ListIdentity}.Append(nil), to); err != nil {
		return nil, fmt.Errorf("ethernet/ip search %q: %w", where, err)
	}
	return gatherIdentities(p, int(port)), ctx.Err()
}

// gatherIdentities takes answers until the time is over. What is no answer is
// passed over: anybody may send datagrams.
func gatherIdentities(p net.PacketConn, port int) []connect.Found {
	var found []connect.Found
	seen := map[string]bool{}
	b := make([]byte, enip.HeaderSize+enip.MaxData)
	for len(found) < maxFound {
		n, from, err := p.ReadFrom(b)
		if err != nil {
			return found
		}
		f, length, err := enip.ParseHeader(b[:n])
		if err != nil || f.Command != enip.ListIdentity || f.Status != 0 || length != n-enip.HeaderSize {
			continue
		}
		id, err := enip.ParseListed(b[enip.HeaderSize:n])
		host := from.(*net.UDPAddr).IP.String()
		if err != nil || seen[host] {
			continue
		}
		seen[host] = true
		found = append(found, connect.Found{
			Device: plant.Device{Driver: Kind, Address: net.JoinHostPort(host, strconv.Itoa(port))}, Title: id.String(),
		})
	}
	return found
}
