package sim

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"

	"zhigai/connect/snmp/oid"
	"zhigai/plant"
)

// mib is one machine as an SNMP agent of versions 1 and 2c.
type mib struct {
	m       *machine
	began   time.Time
	decoder *gosnmp.GoSNMP
	objects []object // in the order of their identifiers
}

// object is one of the MIB: a signal, or of the system group.
type object struct {
	id    oid.ID
	slot  int // -1 for the system group
	value func(b *mib) (gosnmp.Asn1BER, any)
}

// systemGroup is what every agent says of itself (RFC 3418).
var systemGroup = map[string]func(b *mib) (gosnmp.Asn1BER, any){
	"sysDescr.0":    func(b *mib) (gosnmp.Asn1BER, any) { return gosnmp.OctetString, "zhigai simulated " + b.m.class },
	"sysObjectID.0": func(*mib) (gosnmp.Asn1BER, any) { return gosnmp.ObjectIdentifier, ".1.3.6.1.4.1.8072.3.2.255" }, // net-snmp's for unknown
	"sysUpTime.0": func(b *mib) (gosnmp.Asn1BER, any) {
		return gosnmp.TimeTicks, uint32(time.Since(b.began).Milliseconds() / 10)
	},
	"sysName.0": func(b *mib) (gosnmp.Asn1BER, any) { return gosnmp.OctetString, b.m.code },
}

// serveSNMP serves a machine as an agent. Objects are those of its signals, so
// that an agent has one machine.
func (p *Plant) serveSNMP(host, port string, machines []*machine) (string, error) {
	if len(machines) != 1 {
		return "", fmt.Errorf("%s and %s: an SNMP agent has one machine; give each an address of its own", machines[0].path, machines[1].path)
	}
	b, err := newMIB(machines[0])
	if err != nil {
		return "", err
	}
	c, err := net.ListenPacket("udp", net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	var done sync.WaitGroup
	done.Go(func() { b.serve(c) })
	p.closing(func() {
		_ = c.Close()
		done.Wait()
	})
	return c.LocalAddr().String(), nil
}

func newMIB(m *machine) (*mib, error) {
	b := &mib{m: m, began: time.Now(), decoder: &gosnmp.GoSNMP{}}
	for slot, s := range m.kind.Signals {
		id, err := oid.Parse(s.At)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		b.objects = append(b.objects, object{id: id, slot: slot, value: func(b *mib) (gosnmp.Asn1BER, any) { return b.signal(slot) }})
	}
	for name, value := range systemGroup {
		id, err := oid.Parse(name)
		if err != nil {
			return nil, err
		}
		if _, own := b.find(id); !own {
			b.objects = append(b.objects, object{id: id, slot: -1, value: value})
		}
	}
	slices.SortStableFunc(b.objects, func(x, y object) int { return slices.Compare(x.id, y.id) })
	return b, nil
}

// serve answers until the connection is closed.
func (b *mib) serve(c net.PacketConn) {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := b.answer(buf[:n]); answer != nil {
			_, _ = c.WriteTo(answer, from) // who went away is nobody to tell
		}
	}
}

// answer is nil for who is silent and for what is no question.
func (b *mib) answer(question []byte) []byte {
	if b.m.is(Unplug) || b.m.is(Silent) {
		return nil
	}
	if b.m.is(Garbage) {
		return []byte("\x30\x03#garbage")
	}
	q, err := b.decoder.SnmpDecodePacket(question)
	if err != nil || q.Version == gosnmp.Version3 {
		return nil
	}
	a := &gosnmp.SnmpPacket{Version: q.Version, Community: q.Community, PDUType: gosnmp.GetResponse, RequestID: q.RequestID}
	switch q.PDUType {
	case gosnmp.GetRequest:
		b.each(q, a, func(id oid.ID) (gosnmp.SnmpPDU, bool) { return b.get(id) })
	case gosnmp.GetNextRequest:
		b.each(q, a, b.next)
	case gosnmp.GetBulkRequest:
		b.bulk(q, a)
	case gosnmp.SetRequest:
		b.set(q, a)
	default:
		return nil
	}
	out, err := a.MarshalMsg()
	if err != nil {
		return nil // a value that the wire cannot hold
	}
	return out
}

func (b *mib) find(id oid.ID) (int, bool) {
	i := slices.IndexFunc(b.objects, func(o object) bool { return slices.Equal(o.id, id) })
	return i, i >= 0
}

func (b *mib) pdu(o object) gosnmp.SnmpPDU {
	kind, v := o.value(b)
	return gosnmp.SnmpPDU{Name: o.id.String(), Type: kind, Value: v}
}

// get is the object, or what version 2c says in place of one.
func (b *mib) get(id oid.ID) (gosnmp.SnmpPDU, bool) {
	i, ok := b.find(id)
	if !ok {
		return gosnmp.SnmpPDU{Name: id.String(), Type: gosnmp.NoSuchInstance}, false
	}
	return b.pdu(b.objects[i]), true
}

// next is the first object behind the identifier.
func (b *mib) next(id oid.ID) (gosnmp.SnmpPDU, bool) {
	for _, o := range b.objects {
		if slices.Compare(o.id, id) > 0 {
			return b.pdu(o), true
		}
	}
	return gosnmp.SnmpPDU{Name: id.String(), Type: gosnmp.EndOfMibView}, false
}

// each answers name by name; version 1 refuses the whole for one that is missing.
func (b *mib) each(q, a *gosnmp.SnmpPacket, f func(oid.ID) (gosnmp.SnmpPDU, bool)) {
	for i, v := range q.Variables {
		id, err := oid.Parse(v.Name)
		pdu, ok := gosnmp.SnmpPDU{Name: v.Name, Type: gosnmp.NoSuchObject}, false
		if err == nil {
			pdu, ok = f(id)
		}
		if !ok && q.Version == gosnmp.Version1 {
			refuseSNMP(q, a, gosnmp.NoSuchName, i)
			return
		}
		a.Variables = append(a.Variables, pdu)
	}
}

func refuseSNMP(q, a *gosnmp.SnmpPacket, why gosnmp.SNMPError, i int) {
	a.Error, a.ErrorIndex, a.Variables = why, uint8(i+1), q.Variables
}

// maxBulk objects fit one packet.
const maxBulk = 60

func (b *mib) bulk(q, a *gosnmp.SnmpPacket) {
	for i, v := range q.Variables {
		id, err := oid.Parse(v.Name)
		if err != nil {
			refuseSNMP(q, a, gosnmp.GenErr, i)
			return
		}
		times := 1
		if i >= int(q.NonRepeaters) {
			times = int(min(q.MaxRepetitions, maxBulk))
		}
		for range times {
			pdu, ok := b.next(id)
			if len(a.Variables) == maxBulk {
				return
			}
			a.Variables = append(a.Variables, pdu)
			if !ok {
				break
			}
			if id, err = oid.Parse(pdu.Name); err != nil {
				return
			}
		}
	}
}

// set writes one object; several at once are refused, because all or none would
// have to be written.
func (b *mib) set(q, a *gosnmp.SnmpPacket) {
	why := gosnmp.NotWritable
	if q.Version == gosnmp.Version1 {
		why = gosnmp.NoSuchName
	}
	if len(q.Variables) != 1 {
		refuseSNMP(q, a, gosnmp.GenErr, 0)
		return
	}
	id, err := oid.Parse(q.Variables[0].Name)
	i, ok := b.find(id)
	if err != nil || !ok || b.objects[i].slot < 0 || !b.m.kind.Signals[b.objects[i].slot].Writable {
		refuseSNMP(q, a, why, 0)
		return
	}
	slot := b.objects[i].slot
	v, ok := b.written(slot, q.Variables[0])
	if ok {
		b.m.mu.Lock()
		ok = b.m.write(slot, v)
		b.m.mu.Unlock()
	}
	if !ok {
		refuseSNMP(q, a, gosnmp.BadValue, 0)
		return
	}
	a.Variables = q.Variables
}

// written is a set value as the profile scales it.
func (b *mib) written(slot int, v gosnmp.SnmpPDU) (float64, bool) {
	s := &b.m.kind.Signals[slot]
	var raw float64
	switch x := v.Value.(type) {
	case int:
		raw = float64(x)
	case uint:
		raw = float64(x)
	case uint32:
		raw = float64(x)
	case []byte:
		var err error
		if raw, err = strconv.ParseFloat(string(x), 64); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	if s.Kind == plant.KindBoolean {
		return flag(raw == 1), raw == 1 || raw == 2
	}
	if s.Scale != 0 {
		raw *= s.Scale
	}
	return raw + s.Offset, true
}

// signal is a value as an agent gives it: whole numbers as such, fractions as a
// text, because SNMP has no type for them.
func (b *mib) signal(slot int) (gosnmp.Asn1BER, any) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	v, s := b.m.values[slot], &b.m.kind.Signals[slot]
	raw := v.num - s.Offset
	if s.Scale != 0 {
		raw = math.Round(raw / s.Scale)
	}
	switch {
	case s.Kind == plant.KindText:
		return gosnmp.OctetString, v.text
	case s.Kind == plant.KindBoolean:
		return gosnmp.Integer, 2 - int(min(max(v.num, 0), 1)) // TruthValue: 1 is yes, 2 no
	case b.m.faults[NaN]:
		return gosnmp.OctetString, "NaN"
	case b.m.faults[Sentinel]:
		return gosnmp.Integer, math.MaxInt32
	case raw != math.Trunc(raw) || math.Abs(raw) >= 1<<53:
		return gosnmp.OctetString, strconv.FormatFloat(raw, 'g', -1, 64)
	case raw >= math.MinInt32 && raw <= math.MaxInt32:
		return gosnmp.Integer, int(raw)
	case raw > 0:
		return gosnmp.Counter64, uint64(raw)
	}
	return gosnmp.OctetString, strconv.FormatFloat(raw, 'f', -1, 64)
}
