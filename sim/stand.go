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

// standing is the path of a machine that stands alone; of several it has a
// number behind it.
const standing = "machine"

// Stand is Serve without a clock: the machine shows what [Plant.Show] is told
// and nothing else moves it. The caller closes the plant.
func Stand(k Kind, address string, seed uint64) (*Plant, plant.Device, error) {
	p, devices, err := StandTogether(k, address, seed, 1, nil)
	if err != nil {
		return nil, plant.Device{Driver: driver(k.Protocol)}, err
	}
	return p, devices[0], nil
}

// apart is what tells machines of one address from one another, by protocol: the
// parameter, what stands before its number, and the largest number.
var apart = map[string]struct {
	param, before string
	most          int
}{
	"dlt645":     {"unit", "", 1000}, // a meter's address has twelve digits; the limit is that of a line in this program
	"modbus":     {"unit", "", 247},
	"modbus-rtu": {"unit", "", 247},
	"modbus-tcp": {"unit", "", 247},
	"opcua":      {"prefix", "M", 1000}, // names; as many as a person tries
	"iec104":     {"common_address", "", 1000},
}

// StandTogether is Stand of n machines behind one address, as units of a line or
// stations of a server. Parameters are those of every device, above the usual
// ones. A protocol in which an address has one machine takes n = 1 only.
func StandTogether(k Kind, address string, seed uint64, n int, params map[string]string) (*Plant, []plant.Device, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, nil, fmt.Errorf("sim: address %q: %w; write for example 127.0.0.1:0", address, err)
	}
	if servers[k.Protocol] == nil {
		return nil, nil, fmt.Errorf("sim: profile %s speaks %s; only machines that wait to be asked can be served: %s",
			k.ID, k.Protocol, strings.Join(slices.Sorted(maps.Keys(servers)), ", "))
	}
	if most := max(apart[k.Protocol].most, 1); n > most {
		return nil, nil, fmt.Errorf("sim: %d machines of %s behind one address; write at most %d, or give each a port of its own", n, k.Protocol, most)
	}
	devices := make([]plant.Device, n)
	for i := range devices {
		own := map[string]string{}
		maps.Copy(own, k.Params)
		maps.Copy(own, alone[k.Protocol])
		if k.typed() {
			own["object"] = own["prefix"]
			delete(own, "prefix")
		}
		maps.Copy(own, params)
		if a := apart[k.Protocol]; n > 1 {
			own[k.toldBy(a.param)] = a.before + strconv.Itoa(i+1)
		}
		devices[i] = plant.Device{Driver: driver(k.Protocol), Address: "{here}", Params: own}
	}
	p, err := assemble(k, seed, devices)
	if err != nil {
		return nil, nil, err
	}
	endpoints, err := p.listen(host, port)
	if err != nil {
		p.Close()
		return nil, nil, err
	}
	for i := range devices {
		devices[i].Address = Fill(devices[i].Address, endpoints)
	}
	return p, devices, nil
}

// Publishes reports whether machines of the protocol speak by themselves:
// [StandPublishing] makes them.
func Publishes(protocol string) bool { return speakers[protocol].speaker != nil }

// Destination is what [Plant.Attach] takes for machines of a protocol that speak
// by themselves, for a person to read.
func Destination(protocol string) string { return speakers[protocol].to }

// StandPublishing makes n machines of a kind that speak by themselves;
// [Plant.Attach] lets them speak. Group begins the addresses of those at a
// broker. Parameters are those of every device, above the usual ones.
func StandPublishing(k Kind, group string, seed uint64, n int, params map[string]string) (*Plant, []plant.Device, error) {
	if !Publishes(k.Protocol) {
		return nil, nil, fmt.Errorf("sim: profile %s speaks %s; only machines of these speak by themselves: %s",
			k.ID, k.Protocol, strings.Join(slices.Sorted(maps.Keys(speakers)), ", "))
	}
	devices := make([]plant.Device, n)
	for i := range devices {
		devices[i] = plant.Device{Driver: k.Protocol, Address: fmt.Sprintf("%s-%d", standing, i+1)}
		if speakers[k.Protocol].grouped {
			devices[i].Address = group + "/" + devices[i].Address
		}
		own := map[string]string{}
		maps.Copy(own, k.Params)
		maps.Copy(own, alone[k.Protocol])
		maps.Copy(own, params)
		if len(own) > 0 {
			devices[i].Params = own
		}
	}
	p, err := assemble(k, seed, devices)
	return p, devices, err
}

// assemble is a plant of machines of one kind that nobody can reach yet.
func assemble(k Kind, seed uint64, devices []plant.Device) (*Plant, error) {
	var model plant.Model
	for i, d := range devices {
		path := standing
		if len(devices) > 1 {
			path += "-" + strconv.Itoa(i+1)
		}
		model.Nodes = append(model.Nodes, plant.Node{
			Path: path, Level: plant.LevelEquipment, Machine: &plant.Equipment{Class: k.Class, Profile: k.ID, Device: d},
		})
	}
	return New(Config{Seed: seed, Start: time.Now(), Kinds: map[string]Kind{k.ID: k}, Products: []string{"6204-2rs", "6205-2rs"}, Model: model})
}

// SetAll is [Plant.Set] for every machine.
func (p *Plant) SetAll(k FaultKind, on bool) error {
	for _, m := range p.machines {
		if err := p.Set(Fault{m.path, k}, on); err != nil {
			return err
		}
	}
	return nil
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
