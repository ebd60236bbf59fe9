package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// Polled says what a node as a process of its own is to ask Modbus TCP devices
// for, and for how long.
type Polled struct {
	Dir     string
	Devices []string      // addresses
	Tags    int           // holding registers of each, the last of which is a set point
	Every   time.Duration // between two rounds of a device
	Warm    time.Duration // before anything counts
	Span    time.Duration // what counts
	Writes  int           // commands in the span, each read back
	Profile string        // file for a CPU profile; empty for none
}

// PolledResult is what a node did in the span.
type PolledResult struct {
	Stored int64         `json:"stored"` // values, durable
	Took   time.Duration `json:"took"`
	CPU    time.Duration `json:"cpu"`
	Peak   uint64        `json:"peak"` // bytes of memory
	// Late is, of every round of a device, from when it was due to when it was
	// durable.
	Late []time.Duration `json:"late"`
	// Wrote is, of every command, from the order to its end: checked, sent, read
	// back and in journal and audit. Unconfirmed ended in another way.
	Wrote       []time.Duration `json:"wrote"`
	Unconfirmed int             `json:"unconfirmed"`
}

// SetPoint is the signal that is commanded.
const SetPoint = "set"

// Arguments of such a node.
func (p Polled) Arguments() ([]string, error) {
	raw, err := json.Marshal(p)
	return []string{string(raw)}, err
}

// Plant of such a node.
func (p Polled) Plant(now time.Time) Plant {
	profile := profileYAML("modbus-tcp", firstSignal, p.Tags, p.Every, func(i int) string { return fmt.Sprintf("holding %d uint16", i) })
	last := signalName(p.Tags - 1 + firstSignal)
	lines := strings.Split(string(profile), "\n")
	for i, l := range lines {
		if strings.Contains(l, "name: "+last+",") {
			l = strings.Replace(l, "name: "+last+",", "name: "+SetPoint+",", 1)
			lines[i] = strings.TrimSuffix(l, "}") + ", write: {min: 0, max: 65535}}"
		}
	}
	return Plant{
		Profile: []byte(strings.Join(lines, "\n")),
		Model: model(len(p.Devices), func(i int) plant.Device {
			return plant.Device{Driver: "modbus-tcp", Address: p.Devices[i], Params: map[string]string{"unit": "1", "timeout": "2s"}, Writing: true}
		}),
		Since: now,
	}
}

// Machine is the index of the machine with a path of such a plant; ok is false
// for what is none.
func (p Polled) Machine(path string) (i int, ok bool) {
	rest, ok := strings.CutPrefix(path, linePath+"/m")
	if !ok {
		return 0, false
	}
	name, _, _ := strings.Cut(rest, "/")
	_, err := fmt.Sscanf(name, "%d", &i)
	return i, err == nil && i < len(p.Devices)
}

// Due is how long ago the round of the i-th device was due that a value of now
// belongs to: devices are spread over the period in the order of the plant.
func (p Polled) Due(i int, now time.Time) time.Duration {
	phase := time.Duration(float64(i) / float64(len(p.Devices)) * float64(p.Every))
	return now.Add(-phase).Sub(now.Add(-phase).Truncate(p.Every))
}

// registers is a Modbus device of which every register but the last is another
// at every tenth of a second.
type registers struct {
	start time.Time
	n     uint16
	mu    sync.Mutex
	set   uint16
}

var _ pdu.Bank = (*registers)(nil)

func (r *registers) Registers(_ pdu.Table, address, count uint16) ([]uint16, error) {
	if int(address)+int(count) > int(r.n) {
		return nil, pdu.IllegalDataAddress
	}
	tick := uint16(time.Since(r.start) / (100 * time.Millisecond))
	out := make([]uint16, count)
	for i := range out {
		out[i] = tick + address + uint16(i)
	}
	if address+count == r.n {
		r.mu.Lock()
		out[count-1] = r.set
		r.mu.Unlock()
	}
	return out, nil
}

func (r *registers) SetRegisters(address uint16, values []uint16) error {
	if address != r.n-1 || len(values) != 1 {
		return pdu.IllegalDataAddress
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set = values[0]
	return nil
}

func (*registers) Bits(pdu.Table, uint16, uint16) ([]byte, error) { return nil, pdu.IllegalFunction }
func (*registers) SetBits(uint16, []byte) error                   { return pdu.IllegalFunction }

// serveRegisters stands n devices up until ctx ends and gives their addresses.
func serveRegisters(ctx context.Context, n, tags int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = l.Close() })
		r := &registers{start: time.Now(), n: uint16(tags)}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				context.AfterFunc(ctx, func() { _ = c.Close() })
				go r.attend(c)
			}
		}()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// attend answers one client until it leaves.
func (r *registers) attend(c net.Conn) {
	defer func() { _ = c.Close() }()
	var header [pdu.HeaderSize]byte
	var body, out []byte
	in := bufio.NewReader(c)
	for {
		if _, err := io.ReadFull(in, header[:]); err != nil {
			return
		}
		h, err := pdu.ParseHeader(header[:])
		if err != nil {
			return
		}
		body = slices.Grow(body[:0], h.Length)[:h.Length]
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		out = pdu.AppendFrame(out[:0], h.Transaction, h.Unit, pdu.Answer(nil, body, r))
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}
