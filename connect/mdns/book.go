package mdns

import (
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
	// maxTTL bounds how long one who is silent is believed: 75 minutes is what
	// RFC 6762, 10 recommends for records that change seldom.
	maxTTL = 75 * time.Minute
)

// instance is one announced service.
type instance struct {
	target string
	port   uint16
	text   []string
	until  time.Time
}

// host is where a name is reached.
type host struct {
	addr  netip.Addr
	until time.Time
}

// book is what was heard. Its methods may be called concurrently.
type book struct {
	mu        sync.Mutex
	instances map[string]*instance // by name, as it is written
	hosts     map[string]*host     // by name in lower case
}

func newBook() *book {
	return &book{instances: map[string]*instance{}, hosts: map[string]*host{}}
}

// hear takes an answer in. local says that addresses of this machine may be
// believed.
func (b *book) hear(m message.Message, now time.Time, local bool) {
	if !m.Response {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	for _, r := range m.Records {
		until := now.Add(min(time.Duration(r.TTL)*time.Second, maxTTL))
		switch r.Kind {
		case message.Pointer:
			if s, ok := serviceOf(r.Target); ok && strings.EqualFold(r.Name, s.name) {
				b.say(r.Target, r.TTL, until, func(*instance) {})
			}
		case message.Server:
			if _, ok := serviceOf(r.Name); ok {
				b.say(r.Name, r.TTL, until, func(i *instance) { i.target, i.port = r.Target, r.Port })
			}
		}
	}
	// What an instance says of itself may stand before or behind its name.
	for _, r := range m.Records {
		switch r.Kind {
		case message.Text:
			if i := b.instances[r.Name]; i != nil && r.TTL > 0 {
				i.text = r.Text
			}
		case message.IPv4, message.IPv6:
			b.locate(r, now, local)
		}
	}
}

// say notes an instance, or takes it back with a TTL of 0 (RFC 6762, 10.1).
func (b *book) say(name string, ttl uint32, until time.Time, change func(*instance)) {
	i := b.instances[name]
	switch {
	case ttl == 0:
		delete(b.instances, name)
		return
	case i == nil && len(b.instances) >= maxInstances:
		return
	case i == nil:
		i = &instance{}
		b.instances[name] = i
	}
	if until.After(i.until) {
		i.until = until
	}
	change(i)
}

// locate notes an address. IPv4 goes before IPv6, for that is how machines are
// written down; one that no device can have is not believed.
func (b *book) locate(r message.Record, now time.Time, local bool) {
	a := r.Addr
	if a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() && !local || a.Is6() && a.IsLinkLocalUnicast() {
		return // a link-local one says nothing without its interface
	}
	key := strings.ToLower(r.Name)
	h := b.hosts[key]
	switch {
	case r.TTL == 0:
		if h != nil && h.addr == a {
			delete(b.hosts, key)
		}
		return
	case h == nil && len(b.hosts) >= maxHosts:
		return
	case h != nil && h.addr.Is4() && a.Is6():
		return
	}
	b.hosts[key] = &host{addr: a, until: now.Add(min(time.Duration(r.TTL)*time.Second, maxTTL))}
}

func (b *book) forget(now time.Time) {
	for name, i := range b.instances {
		if !i.until.After(now) {
			delete(b.instances, name)
		}
	}
	for name, h := range b.hosts {
		if !h.until.After(now) {
			delete(b.hosts, name)
		}
	}
}

// found is every device that announces itself now, by address.
func (b *book) found(now time.Time) []connect.Found {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
	var out []connect.Found
	for name, i := range b.instances {
		s, ok := serviceOf(name)
		if !ok {
			continue
		}
		if f, ok := s.found(name, i, b.hosts); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(x, y connect.Found) int {
		return strings.Compare(x.Device.Driver+" "+x.Device.Address+" "+x.Title, y.Device.Driver+" "+y.Device.Address+" "+y.Title)
	})
	return out
}
