package sim

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// servers stand the machines up that wait to be asked, by protocol: those of one
// address as one server, which [Plant.Close] ends. They give the address.
var servers = map[string]func(p *Plant, host, port string, machines []*machine) (address string, err error){
	"dlt645":         (*Plant).serveDLT645,
	"modbus":         (*Plant).serveModbus,
	"modbus-rtu":     (*Plant).serveRTU,
	"modbus-tcp":     (*Plant).serveModbus,
	"opcua":          (*Plant).serveOPCUA,
	"s7":             (*Plant).serveS7,
	"fins":           (*Plant).serveFINS,
	"http-json":      (*Plant).serveJSON,
	"mtconnect":      (*Plant).serveMTConnect,
	"mtconnect-shdr": (*Plant).serveSHDR,
	"slmp":           (*Plant).serveSLMP,
	"ethernet-ip":    (*Plant).serveCIP,
	"iec104":         (*Plant).serveIEC104,
	"snmp":           (*Plant).serveSNMP,
	"text":           (*Plant).serveText,
	"text-stream":    (*Plant).serveTextStream,
}

// alone is what a device's parameters are when it is the only one behind its
// address.
var alone = map[string]map[string]string{
	"dlt645":      {"unit": "1"},
	"modbus":      {"unit": "1"},
	"modbus-rtu":  {"unit": "1"},
	"modbus-tcp":  {"unit": "1"},
	"opcua":       {"prefix": "M1", "policy": "None", "mode": "None"},
	"s7":          {"plc": "s7-1500"},
	"fins":        {"transport": "udp"},
	"slmp":        {},
	"ethernet-ip": {},
	"iec104":      {"common_address": "1"},
	"webhook":     {"token": "simulated-not-secret"},
	"files":       {"match": "*.csv", "time": "time"},
}

// Listen starts the servers of machines that wait to be asked, on free ports of
// the host, and gives the addresses that stand for the placeholders of the
// model: modbus-turning for {modbus-turning} and so on; see [Fill].
func (p *Plant) Listen(host string) (map[string]string, error) { return p.listen(host, "0") }

func (p *Plant) listen(host, port string) (map[string]string, error) {
	out := map[string]string{}
	waiting := map[string][]*machine{} // by the name of the address they share
	for _, m := range p.machines {
		if servers[m.protocol()] != nil {
			name, _, _ := strings.Cut(strings.TrimPrefix(m.device.Address, "{"), "}")
			waiting[name] = append(waiting[name], m)
		}
	}
	for name, machines := range waiting {
		address, err := servers[machines[0].protocol()](p, host, port, machines)
		if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", name, err)
		}
		out[name] = address
	}
	return out, nil
}

// serveModbus serves machines as the units of one gateway.
func (p *Plant) serveModbus(host, port string, machines []*machine) (string, error) {
	units := map[byte]*unit{}
	for _, m := range machines {
		if err := addUnit(units, m); err != nil {
			return "", err
		}
	}
	g, err := newGateway(net.JoinHostPort(host, port), units)
	if err != nil {
		return "", err
	}
	p.closing(g.close)
	return g.l.Addr().String(), nil
}

func addUnit(units map[byte]*unit, m *machine) error {
	text := m.device.Params["unit"]
	if text == "" {
		text = "1"
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return fmt.Errorf("%s: unit %q; write 1 to 247", m.path, text)
	}
	if other := units[byte(n)]; other != nil {
		return fmt.Errorf("%s and %s are both unit %d", other.m.path, m.path, n)
	}
	if units[byte(n)], err = newUnit(m); err != nil {
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

// Attach lets the machines that speak by themselves do so until ctx ends: to a
// broker, to a node, into a folder, whatever [Destination] says of their
// protocol. They come back when it does; [Plant.Close] waits for them.
func (p *Plant) Attach(ctx context.Context, to string) error { return p.AttachHost(ctx, to, "") }

// AttachHost is Attach with a primary host: machines of Sparkplug are silent
// until that host says that it is online, and when it leaves.
func (p *Plant) AttachHost(ctx context.Context, to, host string) error {
	var all []speaker
	for _, m := range p.machines {
		way, ok := speakers[m.kind.Protocol]
		if !ok {
			continue
		}
		one, err := way.speaker(m, to, host)
		if err != nil {
			return fmt.Errorf("sim: %s: %w", m.path, err)
		}
		all = append(all, one)
	}
	for _, one := range all {
		p.workers.Go(func() { one.run(ctx) })
	}
	return nil
}

// driver is the usual one of a protocol that several speak.
func driver(protocol string) string {
	if protocol == "modbus" {
		return "modbus-tcp"
	}
	return protocol
}

// protocol is what the machine speaks: its kind may leave open over which wire.
func (m *machine) protocol() string {
	if servers[m.device.Driver] != nil {
		return m.device.Driver
	}
	return m.kind.Protocol
}

// Serves reports whether the simulation has a server of the protocol.
func Serves(protocol string) bool { return servers[protocol] != nil }
