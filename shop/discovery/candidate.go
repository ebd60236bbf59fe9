package discovery

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// ask opens the device and lets the profiles say what it is.
func (d *Desk) ask(ctx context.Context, device plant.Device) (profile.Recognised, error) {
	ctx, cancel := context.WithTimeout(ctx, identifyTime)
	defer cancel()
	conn, err := d.drivers[device.Driver].Open(ctx, device)
	if err != nil {
		return profile.Recognised{}, err
	}
	defer conn.Close()
	is, _, err := d.o.Profiles.Identify(ctx, conn, device.Driver)
	return is, err
}

// Candidates is everything that was found, those first that wait to be adopted.
func (d *Desk) Candidates(ctx context.Context, tenant plant.TenantNo) ([]Candidate, error) {
	rules, err := d.o.Rules.Rules(ctx, tenant)
	if err != nil {
		return nil, err
	}
	whole, now := access.Scope{Tenant: tenant}, plant.MicrosOf(d.o.Now())
	model, err := d.o.Plants.Model(ctx, whole, now)
	if err != nil {
		return nil, err
	}
	gone, err := d.o.Plants.Retired(ctx, whole, now)
	if err != nil {
		return nil, err
	}
	out := d.sightings(tenant)
	p := newPlanner(d.o.Profiles, rules, model, gone)
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(strings.Compare(a.Device.Driver, b.Device.Driver), compareAddress(a.Device, b.Device))
	})
	for i := range out {
		p.plan(&out[i])
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return order(a.Standing) - order(b.Standing) })
	return out, nil
}

func order(s Standing) int {
	return slices.Index([]Standing{Replaced, Moved, Fresh, Retired, Known}, s)
}

// compareAddress puts 10.0.0.9 before 10.0.0.10.
func compareAddress(a, b plant.Device) int {
	x, y := a.Address+" "+a.Params["unit"], b.Address+" "+b.Params["unit"]
	return cmp.Or(len(x)-len(y), strings.Compare(x, y))
}

func (d *Desk) sightings(tenant plant.TenantNo) []Candidate {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Candidate, 0, len(d.known[tenant]))
	for _, s := range d.known[tenant] {
		out = append(out, Candidate{Found: s.found, Seen: s.seen, Error: s.err})
	}
	hushed := d.hushed[tenant]
	still := map[plant.Reach]bool{}
	for _, f := range d.visible(tenant, d.announced()) {
		reach := f.Device.Reach()
		switch {
		case d.known[tenant][reach] != nil: // what it said when it was asked counts
		case hushed[reach]:
			still[reach] = true
		default:
			out = append(out, Candidate{Found: f, Seen: d.o.Now()})
		}
	}
	maps.DeleteFunc(hushed, func(r plant.Reach, _ bool) bool { return !still[r] })
	return out
}

func (d *Desk) announced() []connect.Found {
	if d.o.Announced == nil {
		return nil
	}
	return d.o.Announced()
}

// Forget takes a candidate from the list until it is seen again; one that
// announces itself, until it stops and begins anew.
func (d *Desk) Forget(tenant plant.TenantNo, device plant.Device) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	reach := device.Reach()
	found := d.known[tenant][reach] != nil
	delete(d.known[tenant], reach)
	if slices.ContainsFunc(d.announced(), func(f connect.Found) bool { return f.Device.Reach() == reach }) {
		if d.hushed[tenant] == nil {
			d.hushed[tenant] = map[plant.Reach]bool{}
		}
		found, d.hushed[tenant][reach] = true, true
	}
	if !found {
		return fmt.Errorf("%w: nothing was found at %s", access.ErrNotFound, device.Address)
	}
	return nil
}

// planner says what candidates are to a plant and what they could become.
type planner struct {
	profiles *profile.Library
	rules    []pattern
	nodes    map[string]bool // paths
	machines
	gone machines // as they were last
}

// machines finds the machine of a device.
type machines struct {
	reach    map[plant.Reach]*plant.Node
	endpoint map[plant.Reach]*plant.Node // without unit, of machines that share one
	whole    map[plant.Reach]*plant.Node // without unit, of machines that do not
	served   map[plant.Reach]*plant.Node // by host and port
	serial   map[string]*plant.Node
}

func newMachines(nodes []plant.Node) machines {
	m := machines{reach: map[plant.Reach]*plant.Node{}, endpoint: map[plant.Reach]*plant.Node{}, whole: map[plant.Reach]*plant.Node{}, served: map[plant.Reach]*plant.Node{}, serial: map[string]*plant.Node{}}
	for i := range nodes {
		n := &nodes[i]
		if n.Machine == nil {
			continue
		}
		d := n.Machine.Device
		m.reach[d.Reach()] = n
		m.served[plant.Reach{Driver: d.Driver, Address: serverOf(d.Address)}] = n
		at := plant.Reach{Driver: d.Driver, Address: d.Reach().Address}
		if d.Params["prefix"] != "" || d.Params["object"] != "" { // several machines on one server
			m.endpoint[at] = n
		} else {
			m.whole[at] = n
		}
		if d.Serial != "" {
			m.serial[key(n.Machine.Profile, d.Serial)] = n
		}
	}
	return m
}

// of finds the machine at the device's address and the one with its serial
// number.
func (m machines) of(c *Candidate) (here, there *plant.Node) {
	if c.Announced {
		// Servers announce themselves, not each unit or path; and an announcement
		// alone takes nothing over.
		return cmp.Or(m.reach[c.Device.Reach()], m.served[plant.Reach{Driver: c.Device.Driver, Address: serverOf(c.Device.Address)}]), nil
	}
	if serial := c.Identity.Serial; serial != "" {
		there = m.serial[key(c.Profile, serial)]
	}
	here = cmp.Or(m.reach[c.Device.Reach()], m.endpoint[c.Device.Reach()])
	if here == nil && c.Device.Params["object"] != "" { // connected as the whole server, before its machines were told apart
		here = m.whole[plant.Reach{Driver: c.Device.Driver, Address: c.Device.Reach().Address}]
	}
	return here, there
}

func newPlanner(profiles *profile.Library, rules []Rule, m plant.Model, gone []plant.Node) *planner {
	p := &planner{profiles: profiles, rules: patterns(rules), nodes: map[string]bool{}, machines: newMachines(m.Nodes), gone: newMachines(gone)}
	for i := range m.Nodes {
		p.nodes[m.Nodes[i].Path] = true
	}
	return p
}

// sameDevice reports whether the serial numbers, as far as they are known, allow
// the machine's device to be the candidate; that of an announcement is not.
func sameDevice(n *plant.Node, c *Candidate) bool {
	serial := n.Machine.Device.Serial
	return c.Announced || serial == "" || c.Identity.Serial == "" || serial == c.Identity.Serial
}

// key: serial numbers are unique to a kind of device at best.
func key(profileID, serial string) string { return profileID + "\x00" + serial }

func (p *planner) plan(c *Candidate) {
	c.Standing = Fresh
	here, there := p.of(c)
	was, once := p.gone.of(c)
	switch {
	case here != nil && sameDevice(here, c):
		c.Standing, c.Node, c.Path = Known, here.ID, here.Path
	case there != nil:
		c.Standing, c.Node, c.Path = Moved, there.ID, there.Path
	case here != nil:
		c.Standing, c.Node, c.Path = Replaced, here.ID, here.Path
	case once != nil:
		c.Standing, c.Path = Retired, once.Path
	case was != nil && sameDevice(was, c):
		c.Standing, c.Path = Retired, was.Path
	}
	p.propose(c)
}

// serverOf is host and port of an address.
func serverOf(address string) string {
	if _, behind, ok := strings.Cut(address, "://"); ok {
		address = behind
	}
	host, _, _ := strings.Cut(address, "/")
	return strings.ToLower(strings.TrimSpace(host))
}

// propose makes the machine out of the first rule that fits and the profile.
func (p *planner) propose(c *Candidate) {
	device := c.Device
	device.Serial = c.Identity.Serial
	c.Proposed = plant.Node{Level: plant.LevelEquipment, Name: plant.Name{ZH: c.Title}, Machine: &plant.Equipment{Profile: c.Profile, Device: device}}
	place := ""
	if c.Hint {
		return
	}
	for i := range p.rules {
		if r := &p.rules[i]; r.fits(c) {
			c.Rule, place = r.ID, r.Place
			if r.Profile != "" {
				c.Proposed.Machine.Profile = r.Profile
			}
			if len(r.Params) > 0 {
				all := maps.Clone(r.Params)
				maps.Copy(all, device.Params)
				c.Proposed.Machine.Device.Params = all
			}
			break
		}
	}
	prof, ok := p.profiles.Get(c.Proposed.Machine.Profile)
	if !ok {
		c.Proposed.Machine.Profile = ""
		return
	}
	c.Proposed.Machine.Class, c.Proposed.Name = prof.Class, prof.Title
	if tail := cmp.Or(c.Identity.Serial, c.Device.Params["object"]); tail != "" {
		c.Proposed.Name.ZH += " " + tail
		if c.Proposed.Name.EN != "" {
			c.Proposed.Name.EN += " " + tail
		}
	}
	// Meters and sensors are no machines that make something.
	c.Proposed.Machine.Excluded = prof.Counters.Good == nil && prof.Counters.Total == nil && len(prof.States) == 0
	if place != "" {
		c.Proposed.Path = p.free(place + "/" + codeOf(prof.Class, c))
	}
}

// codeOf is a short name of the machine that stays the same when it is found
// again: its class and what tells it from others.
func codeOf(class string, c *Candidate) string {
	tail := cmp.Or(c.Identity.Serial, c.Device.Params["object"])
	if tail == "" {
		tail = strings.TrimPrefix(c.Device.Address[strings.LastIndexAny(c.Device.Address, "/.")+1:], ":")
		if unit := c.Device.Params["unit"]; unit != "" {
			tail += "-" + unit
		}
	}
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, class+"-"+tail)
	return strings.Trim(code[:min(len(code), maxCode)], "-")
}

// maxCode leaves room for a number behind the code; plant.CheckPath allows 63.
const maxCode = 56

// free adds a number until nobody has the path, and takes it.
func (p *planner) free(path string) string {
	out := path
	for i := 2; p.nodes[out]; i++ {
		out = fmt.Sprintf("%s-%d", path, i)
	}
	p.nodes[out] = true
	return out
}
