// Package hosts is the addresses a driver looks for devices at: a range in the
// words of a person, and a walk over it that a plant's network does not notice.
//
// It knows no protocol and opens no connection. Start with [Parse] and [Walk].
package hosts

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Limits of one search: a person waits for it.
const (
	maxHosts = 256 // a /24
	atOnce   = 32  // hosts asked at one time
)

const example = `write for example "192.168.1.20", "192.168.1.1-60" or "192.168.1.0/24:%d"`

// Parse reads one address, a.b.c.d-e or a prefix, each with or without a port,
// and gives the addresses with it.
func Parse(where string, defaultPort int) ([]netip.AddrPort, error) {
	wrong := func(what string) ([]netip.AddrPort, error) {
		return nil, fmt.Errorf("search %q: %s; "+example, where, what, defaultPort)
	}
	text, port := strings.TrimSpace(where), defaultPort
	if strings.Count(text, ":") == 1 {
		var number string
		text, number, _ = strings.Cut(text, ":")
		var err error
		if port, err = strconv.Atoi(number); err != nil || port < 1 || port > 65535 {
			return wrong(fmt.Sprintf("port %q", number))
		}
	}
	addresses, err := Expand(text)
	if err != nil {
		return wrong(err.Error())
	}
	out := make([]netip.AddrPort, len(addresses))
	for i, a := range addresses {
		out[i] = netip.AddrPortFrom(a, uint16(port))
	}
	return out, nil
}

// Expand reads one address, a.b.c.d-e, or a prefix, without a port.
func Expand(text string) ([]netip.Addr, error) {
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

// Walk asks every host, some at once, and gives what look found in the order of
// the addresses. After each, looked hears how many of how many are done; it may
// be called from several goroutines. Walk waits for those that were begun when
// ctx ends.
func Walk[T any](
	ctx context.Context, all []netip.AddrPort, look func(ctx context.Context, host netip.AddrPort) []T, looked func(done, total int, found []T),
) ([]T, error) {
	found := make([][]T, len(all))
	var wg sync.WaitGroup
	var done atomic.Int32
	turns := make(chan struct{}, atOnce)
	for i, host := range all {
		if ctx.Err() != nil {
			break
		}
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			found[i] = look(ctx, host)
			looked(int(done.Add(1)), len(all), found[i])
		})
	}
	wg.Wait()
	return slices.Concat(found...), ctx.Err()
}
