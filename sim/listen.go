package sim

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
)

// Listen starts the servers of machines that wait to be asked, on free ports of
// the host, and gives the addresses that stand for the placeholders of the
// model: modbus-turning for {modbus-turning} and so on; see [Fill].
func (p *Plant) Listen(host string) (map[string]string, error) { return p.listen(host, "0") }

func (p *Plant) listen(host, port string) (map[string]string, error) {
	out := map[string]string{}
	banks := map[string]map[byte]*unit{}
	servers := map[string][]*machine{}
	for _, m := range p.machines {
		name := strings.Trim(m.device.Address, "{}")
		switch m.kind.Protocol {
		case "modbus-tcp":
			if err := addUnit(banks, name, m); err != nil {
				return nil, err
			}
		case "opcua":
			servers[name] = append(servers[name], m)
		}
	}
	for name, units := range banks {
		g, err := newGateway(net.JoinHostPort(host, port), units)
		if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", name, err)
		}
		p.closing(g.close)
		out[name] = g.l.Addr().String()
	}
	for name, machines := range servers {
		address, err := p.serveOPCUA(host, port, machines)
		if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", name, err)
		}
		out[name] = address
	}
	return out, nil
}

func addUnit(banks map[string]map[byte]*unit, name string, m *machine) error {
	text := m.device.Params["unit"]
	if text == "" {
		text = "1"
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return fmt.Errorf("sim: %s: unit %q; write 1 to 247", m.path, text)
	}
	if banks[name] == nil {
		banks[name] = map[byte]*unit{}
	}
	if other := banks[name][byte(n)]; other != nil {
		return fmt.Errorf("sim: %s and %s are both unit %d of %s", other.m.path, m.path, n, name)
	}
	if banks[name][byte(n)], err = newUnit(m); err != nil {
		return fmt.Errorf("%s: %w", m.path, err)
	}
	return nil
}

func (p *Plant) closing(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closers = append(p.closers, f)
}

// Fill puts the addresses into a device address that holds a placeholder.
func Fill(address string, endpoints map[string]string) string {
	for name, at := range endpoints {
		address = strings.ReplaceAll(address, "{"+name+"}", at)
	}
	return address
}

// Attach connects the machines that publish by themselves to the broker. They
// come back when it does, until ctx ends; [Plant.Close] waits for them.
func (p *Plant) Attach(ctx context.Context, broker string) {
	p.AttachHost(ctx, broker, "")
}

// AttachHost is Attach with a primary host: the machines are silent until that
// Sparkplug host says that it is online, and when it leaves.
func (p *Plant) AttachHost(ctx context.Context, broker, host string) {
	for _, m := range p.machines {
		if m.kind.Protocol == "sparkplug" {
			p.workers.Go(func() { newEdge(m, broker, host).run(ctx) })
		}
	}
}

// Serve stands one machine of a kind up as a server of its own at the address
// host:port, port 0 for a free one, and moves it with the clock until ctx ends:
// what a profile can be tried against without the machine. It gives the
// device's address and closes what it began when ctx ends.
func Serve(ctx context.Context, k Kind, address string, seed uint64) (plant.Device, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return plant.Device{}, fmt.Errorf("sim: address %q: %w; write for example 127.0.0.1:0", address, err)
	}
	d := plant.Device{Driver: k.Protocol, Address: "{here}"}
	switch k.Protocol {
	case "modbus-tcp":
		d.Params = map[string]string{"unit": "1"}
	case "opcua":
		d.Params = map[string]string{"prefix": "M1", "policy": "None", "mode": "None"}
	default:
		return d, fmt.Errorf("sim: profile %s speaks %s; only modbus-tcp and opcua machines wait to be asked", k.ID, k.Protocol)
	}
	p, err := New(Config{
		Seed: seed, Start: time.Now(), Kinds: map[string]Kind{k.ID: k}, Products: []string{"6204-2rs", "6205-2rs"},
		Model: plant.Model{Nodes: []plant.Node{{Path: "machine", Level: plant.LevelEquipment, Machine: &plant.Equipment{Class: k.Class, Profile: k.ID, Device: d}}}},
	})
	if err != nil {
		return d, err
	}
	endpoints, err := p.listen(host, port)
	if err != nil {
		p.Close()
		return d, err
	}
	d.Address = Fill(d.Address, endpoints)
	go func() {
		p.Run(ctx, 1)
		p.Close()
	}()
	return d, nil
}
