package sim

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Listen starts the servers of machines that wait to be asked, and gives the
// addresses that stand for the placeholders of the model: {modbus-turning}
// and so on.
func (p *Plant) Listen(host string) (map[string]string, error) {
	out := map[string]string{}
	banks := map[string]map[byte]*unit{}
	servers := map[string][]*machine{}
	for _, m := range p.machines {
		name := strings.Trim(m.device.Address, "{}")
		switch m.kind.Protocol {
		case "modbus-tcp":
			n, err := strconv.ParseUint(m.device.Params["unit"], 10, 8)
			if err != nil {
				return nil, fmt.Errorf("sim: %s: unit %q", m.path, m.device.Params["unit"])
			}
			u, err := newUnit(m)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.path, err)
			}
			if banks[name] == nil {
				banks[name] = map[byte]*unit{}
			}
			banks[name][byte(n)] = u
		case "opcua":
			servers[name] = append(servers[name], m)
		}
	}
	for name, units := range banks {
		g, err := newGateway(host, units)
		if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", name, err)
		}
		p.closing(g.close)
		out[name] = g.l.Addr().String()
	}
	for name, machines := range servers {
		address, err := p.serveOPCUA(host, machines)
		if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", name, err)
		}
		out[name] = address
	}
	return out, nil
}

func (p *Plant) closing(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closers = append(p.closers, f)
}

func (p *Plant) updating(f func([]*machine)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.updates = append(p.updates, f)
}

// Fill puts the addresses into a device address that holds a placeholder.
func Fill(address string, endpoints map[string]string) string {
	for name, at := range endpoints {
		address = strings.ReplaceAll(address, "{"+name+"}", at)
	}
	return address
}

// Attach connects the machines that publish by themselves to the broker. They
// come back when it does, until ctx ends.
func (p *Plant) Attach(ctx context.Context, broker string) {
	for _, m := range p.machines {
		if m.kind.Protocol == "sparkplug" {
			go newEdge(m, broker).run(ctx)
		}
	}
}
