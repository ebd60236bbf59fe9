package file

import (
	"fmt"
	"slices"

	"zhigai/plant"
)

func (c *checker) machine(at string, m plant.Equipment) {
	if m.Class == "" {
		c.problem(at+".class", "class is missing; write for example lathe, grinder, furnace, robot, meter")
	}
	switch {
	case m.Profile == "":
		c.problem(at+".profile", "profile is missing; write the id of the profile that reads this machine")
	case c.o.Profiles != nil && !slices.Contains(c.o.Profiles, m.Profile):
		c.problem(at+".profile", "profile %q does not exist%s", m.Profile, instead(m.Profile, c.o.Profiles))
	}
	if m.Device.Driver == "" {
		c.problem(at+".device.driver", "device.driver is missing; write for example modbus-tcp, opcua, sparkplug, mqtt")
	}
	if m.Device.Address == "" {
		c.problem(at+".device.address", "device.address is missing; write it as the driver reads it, for example 192.168.1.20:502")
	}
	c.cycles(at, m.Cycles)
	seen := map[string]bool{}
	for i, o := range m.Tags {
		here := fmt.Sprintf("%s.tags[%d]", at, i)
		switch {
		case o.Name == "" || seen[o.Name]:
			c.problem(here+".name", "tag name %q is missing or there twice", o.Name)
		case o.Min != nil && o.Max != nil && *o.Min >= *o.Max:
			c.problem(here+".min", "tag %s: min %v is not below max %v", o.Name, *o.Min, *o.Max)
		case o.Deadband != nil && *o.Deadband < 0:
			c.problem(here+".deadband", "tag %s: deadband %v; write 0 or more", o.Name, *o.Deadband)
		case o.Retention != "" && !slices.Contains(retentions(), string(o.Retention)):
			c.problem(here+".retention", "tag %s: retention %q%s", o.Name, o.Retention, instead(string(o.Retention), retentions()))
		}
		seen[o.Name] = true
	}
}

func retentions() []string {
	return []string{string(plant.RetainShort), string(plant.RetainStandard), string(plant.RetainLong)}
}

func (c *checker) cycles(at string, cycles []plant.Cycle) {
	products := []string{"*"}
	for _, p := range append(slices.Clone(c.o.Existing.Products), c.doc.Products...) {
		products = append(products, p.Code)
	}
	for i, cycle := range cycles {
		here := fmt.Sprintf("%s.cycles[%d]", at, i)
		switch {
		case !slices.Contains(products, cycle.Product):
			c.problem(here+".product", "product %q does not exist%s; \"*\" stands for every other product", cycle.Product, instead(cycle.Product, products))
		case cycle.PRUms <= 0 || cycle.PRUms > maxPRU.Milliseconds():
			c.problem(here+".pru_ms", "planned run time per unit is %d ms; write milliseconds, 1 to %d", cycle.PRUms, maxPRU.Milliseconds())
		}
		c.validity(here, cycle.Valid)
		for _, other := range cycles[:i] {
			if other.Product == cycle.Product && overlap(other.Valid, cycle.Valid) {
				c.problem(here+".product", "product %q has two cycles at one time; give them validities that do not overlap", cycle.Product)
				break
			}
		}
	}
}

// devices finds two machines read from one device. Devices that exist already
// count, unless the file replaces them.
func (c *checker) devices() {
	type user struct {
		path, where string
		valid       plant.Validity
	}
	users := map[plant.Reach][]user{}
	ids := map[plant.DeviceID]string{}
	replaced := map[string]bool{}
	for _, n := range c.doc.Nodes {
		replaced[n.Path], replaced[string(n.ID)] = true, true
	}
	for _, n := range c.o.Existing.Nodes {
		if n.Machine != nil && !replaced[n.Path] && !replaced[string(n.ID)] {
			users[n.Machine.Device.Reach()] = []user{{n.Path, "in the plant already", n.Valid}}
			ids[n.Machine.Device.ID] = n.Path
		}
	}
	for i, n := range c.doc.Nodes {
		if n.Machine == nil || n.Machine.Device.Address == "" {
			continue
		}
		d, at := n.Machine.Device, fmt.Sprintf("nodes[%d].equipment.device", i)
		for _, u := range users[d.Reach()] {
			if u.path != n.Path && overlap(u.valid, n.Valid) {
				c.problem(at+".address", "%s is read by %s too (%s); give each machine its own address, or its own params.unit on a shared line", d.Address, u.path, u.where)
				break
			}
		}
		users[d.Reach()] = append(users[d.Reach()], user{n.Path, fmt.Sprintf("line %d", c.line(at)), n.Valid})
		if other, taken := ids[d.ID]; d.ID != "" && taken && other != n.Path {
			c.problem(at+".id", "device id %q belongs to %s too; leave it out for a new device", d.ID, other)
		}
		ids[d.ID] = n.Path
	}
}
