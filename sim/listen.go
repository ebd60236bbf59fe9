package sim

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
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
	"mtconnect":      (*Plant).serveMTConnect,
	"mtconnect-shdr": (*Plant).serveSHDR,
	"slmp":           (*Plant).serveSLMP,
	"ethernet-ip":    (*Plant).serveCIP,
	"iec104":         (*Plant).serveIEC104,
	"snmp":           (*Plant).serveSNMP,
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
	p, d, err := Stand(k, address, seed)
	if err != nil {
		return d, err
	}
	go func() {
		p.Run(ctx, 1)
		p.Close()
	}()
	return d, nil
}

// standing is the path of a machine that stands alone.
const standing = "machine"

// Stand is Serve without a clock: the machine shows what [Plant.Show] is told
// and nothing else moves it. The caller closes the plant.
func Stand(k Kind, address string, seed uint64) (*Plant, plant.Device, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, plant.Device{}, fmt.Errorf("sim: address %q: %w; write for example 127.0.0.1:0", address, err)
	}
	d := plant.Device{Driver: driver(k.Protocol), Address: "{here}", Params: map[string]string{}}
	maps.Copy(d.Params, k.Params)
	maps.Copy(d.Params, alone[k.Protocol])
	if servers[k.Protocol] == nil {
		return nil, d, fmt.Errorf("sim: profile %s speaks %s; only machines that wait to be asked can be served: %s",
			k.ID, k.Protocol, strings.Join(slices.Sorted(maps.Keys(servers)), ", "))
	}
	p, err := New(Config{
		Seed: seed, Start: time.Now(), Kinds: map[string]Kind{k.ID: k}, Products: []string{"6204-2rs", "6205-2rs"},
		Model: plant.Model{Nodes: []plant.Node{{Path: standing, Level: plant.LevelEquipment, Machine: &plant.Equipment{Class: k.Class, Profile: k.ID, Device: d}}}},
	})
	if err != nil {
		return nil, d, err
	}
	endpoints, err := p.listen(host, port)
	if err != nil {
		p.Close()
		return nil, d, err
	}
	d.Address = Fill(d.Address, endpoints)
	return p, d, nil
}

// Show makes the controller of a machine that stands alone show a value, in
// the signal's unit, and says whether it has the signal.
func (p *Plant) Show(signal string, number float64, text string) bool {
	for _, m := range p.machines {
		if i, ok := m.slot[signal]; ok && m.path == standing {
			m.mu.Lock()
			m.values[i].num, m.values[i].text = number, text
			m.values[i].version++
			m.mu.Unlock()
			return true
		}
	}
	return false
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
