package mdns

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/mdns/message"
)

// Limits of what is remembered: anybody on the network may announce anything.
const (
	maxInstances = 500
	maxHosts     = 500
	maxAddresses = 8 // of a host: more interfaces than a controller has
	// maxTTL bounds how long one who is silent is believed: 75 minutes is what
	// RFC 6762, 10 recommends for records that change seldom.
	maxTTL = 75 * time.Minute
	// flushAfter is how old an address must be to be replaced by a new one: those
	// of one answer may come in several packets (RFC 6762, 10.2).
	flushAfter = time.Second
	// sweepEvery bounds the work that a flood of announcements makes.
	sweepEvery = time.Second
	// maxMissing are asked for in one question, so that it fits into a packet; each
	// at most maxAsked times.
	maxMissing = 4
	maxAsked   = 3
)

// lease is how long something is believed, and when it is asked for again: at
// four fifths of the time (RFC 6762, 5.2).
type lease struct{ renew, until time.Time }

func leaseOf(now time.Time, ttl uint32) lease {
	d := min(time.Duration(ttl)*time.Second, maxTTL)
	return lease{renew: now.Add(d / 5 * 4), until: now.Add(d)}
}

// due says whether it is time to ask again, and puts the next time halfway to
// the end.
func (l *lease) due(now time.Time) bool {
	if now.Before(l.renew) {
		return false
	}
	l.renew = now.Add(l.until.Sub(now) / 2)
	return true
}

// instance is one announced service.
type instance struct {
	lease
	name   string // as it is written
	target string
	port   uint16
	text   []string
	asked  int // where it is
}

// host is a name and where it is reached.
type host struct {
	addrs []address
	asked int
}

type address struct {
	lease
	addr   netip.Addr
	heard  time.Time
	sender bool // the announcement came from it
}

// book is what was heard. Its methods may be called concurrently.
type book struct {
	mu        sync.Mutex
	instances map[string]*instance // by name in lower case
	hosts     map[string]*host     // by name in lower case
	full      bool                 // and that was said
	swept     time.Time            // what ran out was forgotten
}

func newBook() *book {
	return &book{instances: map[string]*instance{}, hosts: map[string]*host{}}
}

// hear takes an answer in; sender is the address that it came from. It says when
// there is no more room, once until there is some again.
func (b *book) hear(m message.Message, now time.Time, sender netip.Addr) (full bool) {
	if !m.Response {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.swept) >= sweepEvery {
		b.forget(now)
	}
	before := b.full
	for _, r := range m.Records {
		switch r.Kind {
		case message.Pointer:
			if s, ok := serviceOf(r.Target); ok && strings.EqualFold(r.Name, s.name) {
				b.say(r.Target, r.TTL, now)
			}
		case message.Server:
			if _, ok := serviceOf(r.Name); !ok {
				continue
			}
			if i := b.say(r.Name, r.TTL, now); i != nil {
				i.target, i.port = r.Target, r.Port
			}
		}
	}
	// What an instance says of itself, and where its host is, may stand before or
	// behind its name.
	for _, r := range m.Records {
		if i := b.instances[strings.ToLower(r.Name)]; i != nil && r.Kind == message.Text && r.TTL > 0 {
			i.text = r.Text
		}
	}
	wanted := b.targets()
	for _, r := range m.Records {
		if (r.Kind == message.IPv4 || r.Kind == message.IPv6) && wanted[strings.ToLower(r.Name)] {
			b.locate(r, now, sender)
		}
	}
	return b.full && !before
}

// say notes an instance, or takes it back with a TTL of 0 (RFC 6762, 10.1). It is
// nil when there is no such instance.
func (b *book) say(name string, ttl uint32, now time.Time) *instance {
	key := strings.ToLower(name)
	i := b.instances[key]
	switch {
	case ttl == 0:
		delete(b.instances, key)
		return nil
	case i == nil && len(b.instances) >= maxInstances:
		b.full = true
		return nil
	case i == nil:
		i = &instance{name: name}
		b.instances[key] = i
	}
	// Its records hold for different times; one that is believed for longer does
	// not end with the shorter.
	if l := leaseOf(now, ttl); l.until.After(i.until) {
		i.lease = l
	}
	return i
}

// targets are the hosts of the instances: addresses of others are no concern.
func (b *book) targets() map[string]bool {
	out := map[string]bool{}
	for _, i := range b.instances {
		out[strings.ToLower(i.target)] = true
	}
	return out
}

// locate notes an address, but for one that no other machine can be reached at.
func (b *book) locate(r message.Record, now time.Time, sender netip.Addr) {
	a := r.Addr.Unmap()
	if a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() || a == broadcast || a.Is6() && a.IsLinkLocalUnicast() {
		return // a link-local one says nothing without its interface
	}
	key := strings.ToLower(r.Name)
	h := b.hosts[key]
	if h == nil {
		if len(b.hosts) >= maxHosts || r.TTL == 0 {
			return
		}
		h = &host{}
		b.hosts[key] = h
	}
	h.addrs = slices.DeleteFunc(h.addrs, func(x address) bool {
		return x.addr == a || r.Flush && x.addr.Is4() == a.Is4() && now.Sub(x.heard) > flushAfter
	})
	if r.TTL > 0 && len(h.addrs) < maxAddresses {
		h.addrs = append(h.addrs, address{lease: leaseOf(now, r.TTL), addr: a, heard: now, sender: a == sender})
	}
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// best is the address a machine is written down with: IPv4 before IPv6, one that
// was given before one that a device took by itself, then the one that spoke, then
// the lowest, so that it stays the same. It is not valid when none is known.
func (h *host) best() netip.Addr {
	if h == nil || len(h.addrs) == 0 {
		return netip.Addr{}
	}
	rank := func(x address) int {
		switch {
		case !x.addr.Is4():
			return 4
		case x.addr.IsLinkLocalUnicast():
			return 3
		case x.sender:
			return 1
		}
		return 2
	}
	return slices.MinFunc(h.addrs, func(x, y address) int { return cmp.Or(rank(x)-rank(y), x.addr.Compare(y.addr)) }).addr
}

// forget takes out what ran out.
func (b *book) forget(now time.Time) {
	b.swept = now
	for key, i := range b.instances {
		if !i.until.After(now) {
			delete(b.instances, key)
		}
	}
	wanted := b.targets()
	for key, h := range b.hosts {
		h.addrs = slices.DeleteFunc(h.addrs, func(x address) bool { return !x.until.After(now) })
		if !wanted[key] {
			delete(b.hosts, key)
		}
	}
	b.full = b.full && len(b.instances) >= maxInstances
}

// open says whether something must be asked for, because it runs out or because
// an instance did not say where it is; then missing is asked for by name.
func (b *book) open(now time.Time) (missing []message.Question, again bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	for _, i := range b.instances {
		again = i.due(now) || again
		if len(missing) >= maxMissing {
			continue
		}
		if i.target == "" {
			if i.asked++; i.asked <= maxAsked {
				missing = append(missing, message.Question{Kind: message.Server, Name: i.name}, message.Question{Kind: message.Text, Name: i.name})
			}
			continue
		}
		key := strings.ToLower(i.target)
		h := b.hosts[key]
		if h == nil && len(b.hosts) < maxHosts {
			h = &host{}
			b.hosts[key] = h
		}
		if h == nil || len(h.addrs) > 0 {
			continue
		}
		if h.asked++; h.asked <= maxAsked {
			missing = append(missing, message.Question{Kind: message.IPv4, Name: i.target})
		}
	}
	for _, h := range b.hosts {
		for k := range h.addrs {
			again = h.addrs[k].due(now) || again
		}
	}
	return missing, again || len(missing) > 0
}

// found is every device that announces itself now, by driver and address.
func (b *book) found(now time.Time) []connect.Found {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	var out []connect.Found
	for _, i := range b.instances {
		s, ok := serviceOf(i.name)
		if !ok {
			continue
		}
		if f, ok := s.found(i, b.hosts[strings.ToLower(i.target)].best()); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(x, y connect.Found) int {
		return cmp.Or(strings.Compare(x.Device.Driver, y.Device.Driver), strings.Compare(x.Device.Address, y.Device.Address), strings.Compare(x.Title, y.Title))
	})
	return out
}
