package opcua

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
	"zhigai/plant"
)

// Limits of one search: a person waits for it, and a plant's network is not to
// notice it.
const (
	maxHosts    = 256 // a /24
	hostsAtOnce = 16
	reachWithin = 500 * time.Millisecond // a machine in the same hall answers in far less
	searchTime  = 2 * time.Minute
	defaultPort = 4840 // registered for OPC UA
)

const whereExample = `write for example "192.168.1.20", "192.168.1.1-60", "192.168.1.0/24:4840" or "opc.tcp://192.168.1.20:4840"`

// Discover implements [connect.Discoverer]: the servers that a server or
// discovery server at an endpoint knows, or those of a range of hosts. Where a
// server lets everybody in, the machines behind it are recognised by the types
// of their objects, and each is a device of its own.
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	urls, err := parseSearch(where)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	if len(urls) == 1 {
		return d.look(ctx, urls[0])
	}
	found := make([][]connect.Found, len(urls))
	var wg sync.WaitGroup
	turns := make(chan struct{}, hostsAtOnce)
	for i, u := range urls {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			found[i], _ = d.look(ctx, u) // most hosts of a range are none
		})
	}
	wg.Wait()
	return slices.Concat(found...), ctx.Err()
}

// look asks one endpoint for the servers it knows.
func (d *Driver) look(ctx context.Context, where string) ([]connect.Found, error) {
	set, err := parseSettings(plant.Device{Address: where})
	if err != nil {
		return nil, err
	}
	if err := reachable(ctx, set); err != nil {
		return nil, fmt.Errorf("opcua %s: discover: %w", where, err)
	}
	s, err := d.channel(ctx, set, nil)
	if err != nil {
		return nil, fmt.Errorf("opcua %s: discover: %w", where, err)
	}
	defer s.close()
	res, err := call[*ua.FindServersResponse](ctx, s, &ua.FindServersRequest{EndpointURL: where})
	if err != nil {
		return nil, fmt.Errorf("opcua %s: discover: %w", where, err)
	}
	var out []connect.Found
	for _, app := range res.Servers {
		if app == nil || app.ApplicationType == ua.ApplicationTypeClient || app.ApplicationType == ua.ApplicationTypeDiscoveryServer {
			continue
		}
		i := slices.IndexFunc(app.DiscoveryURLs, func(u string) bool { return strings.HasPrefix(u, "opc.tcp://") })
		if i < 0 {
			continue
		}
		name := ""
		if app.ApplicationName != nil {
			name = app.ApplicationName.Text
		}
		out = append(out, d.identify(ctx, app.DiscoveryURLs[i], strings.TrimSpace(name+" "+app.ApplicationURI))...)
	}
	return out, nil
}

// reachable is a quick look whether anybody listens.
func reachable(ctx context.Context, set settings) error {
	u, err := url.Parse(set.url)
	if err != nil {
		return err
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), strconv.Itoa(defaultPort))
	}
	dialer := net.Dialer{Timeout: reachWithin}
	c, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	return c.Close()
}

// identify says how a server is to be spoken to, as safely as it offers, and
// what it is, as far as it tells without being asked who we are: the machines
// behind it that follow a companion specification, or else the server.
func (d *Driver) identify(ctx context.Context, address, title string) []connect.Found {
	f := connect.Found{Device: plant.Device{Driver: Kind, Address: address}, Title: title}
	set, err := parseSettings(f.Device)
	if err != nil {
		return []connect.Found{f} // an address that this program cannot be given
	}
	endpoints, err := d.endpoints(ctx, set)
	if err != nil {
		return []connect.Found{f}
	}
	f.Device.Params = safest(endpoints)
	open := func(e *ua.EndpointDescription) bool {
		return e.SecurityMode == ua.MessageSecurityModeNone && slices.ContainsFunc(e.UserIdentityTokens, func(t *ua.UserTokenPolicy) bool {
			return t.TokenType == ua.UserTokenTypeAnonymous
		})
	}
	if !slices.ContainsFunc(endpoints, open) {
		return []connect.Found{f}
	}
	s, err := d.open(ctx, plant.Device{Address: address, Params: map[string]string{"policy": "None"}})
	if err != nil {
		return []connect.Found{f}
	}
	defer s.close()
	more, err := s.maker(ctx)
	if err == nil && len(more) > 0 {
		f.Title = strings.Join(append([]string{f.Title}, more...), "; ")
	}
	each, err := s.foundMachines(ctx, f)
	if err != nil || len(each) == 0 {
		return []connect.Found{f}
	}
	return each
}

// safest are the params for the best of what a server offers, nil when it
// offers what devices are set to anyway.
func safest(endpoints []*ua.EndpointDescription) map[string]string {
	for _, policy := range []string{"Basic256Sha256", "Aes256_Sha256_RsaPss"} {
		for _, mode := range []ua.MessageSecurityMode{ua.MessageSecurityModeSignAndEncrypt, ua.MessageSecurityModeSign} {
			if pick(endpoints, settings{policy: policy, mode: mode}) == nil {
				continue
			}
			if policy == "Basic256Sha256" && mode == ua.MessageSecurityModeSignAndEncrypt {
				return nil
			}
			return map[string]string{"policy": policy, "mode": modeName(mode)}
		}
	}
	return map[string]string{"policy": "None"}
}

// parseSearch reads where to look, as the endpoints to ask.
func parseSearch(where string) ([]string, error) {
	if strings.Contains(where, "://") {
		_, err := parseSettings(plant.Device{Address: where})
		return []string{where}, err
	}
	hosts, port := where, strconv.Itoa(defaultPort)
	if i := strings.LastIndexByte(where, ':'); i >= 0 && strings.Count(where, ":") == 1 {
		hosts, port = where[:i], where[i+1:]
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return nil, fmt.Errorf("opcua search %q: port %q; %s", where, port, whereExample)
	}
	all, err := hostsOf(hosts)
	if err != nil {
		return nil, fmt.Errorf("opcua search %q: %w; %s", where, err, whereExample)
	}
	out := make([]string, len(all))
	for i, h := range all {
		out[i] = "opc.tcp://" + net.JoinHostPort(h, port)
	}
	return out, nil
}

// hostsOf reads one host, a.b.c.d-e, or a prefix.
func hostsOf(text string) ([]string, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if prefix.Addr().BitLen()-prefix.Bits() > 8 {
			return nil, fmt.Errorf("more than %d addresses", maxHosts)
		}
		var out []string
		for a := prefix.Masked().Addr(); prefix.Contains(a); a = a.Next() {
			out = append(out, a.String())
		}
		return out, nil
	}
	from, to, _ := strings.Cut(text, "-")
	first, err := netip.ParseAddr(from)
	if err != nil || to == "" {
		if u, err := url.Parse("opc.tcp://" + text); err != nil || text == "" || u.Hostname() != text {
			return nil, fmt.Errorf("%q is no host", text)
		}
		return []string{text}, nil
	}
	last, err := strconv.Atoi(to)
	if !first.Is4() || err != nil || last > 255 || last < int(first.As4()[3]) {
		return nil, fmt.Errorf("range %q", text)
	}
	var out []string
	for a := first; ; a = a.Next() {
		out = append(out, a.String())
		if int(a.As4()[3]) == last {
			return out, nil
		}
	}
}
