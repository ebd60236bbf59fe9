package enip

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Opening is what a connection is opened with.
type Opening struct {
	Large    bool
	ToTarget uint32 // identifier of the way there: the target gives it
	ToAsker  uint32 // of the way back: the asker gives it
	Serial   uint16
	Vendor   uint16
	Asker    uint32 // serial number of the asker
	Size     int    // of messages, both ways
	Path     []byte
}

// Sizes of messages on a connection.
const (
	SmallSize = 500  // fits the nine bits of a small one
	LargeSize = 4000 // what Logix controllers take
)

const (
	ticks        = 0x0A   // of 1.024 s
	tickCount    = 14     // the target's time to open
	multiplier   = 3      // a connection that is silent for 32 intervals is over
	interval     = 1e6    // µs
	classThree   = 0xA3   // transport class 3, server, application triggered
	smallParams  = 0x4200 // point to point, low priority, variable size
	largeParams  = 0x42000000
	openingFixed = 36 // bytes of a small opening's data before its path
)

// Request asks the connection manager to open.
func (o Opening) Request() Request {
	le := binary.LittleEndian
	d := []byte{ticks, tickCount}
	d = le.AppendUint32(d, o.ToTarget)
	d = le.AppendUint32(d, o.ToAsker)
	d = o.appendName(d)
	d = append(d, multiplier, 0, 0, 0)
	for range 2 {
		d = le.AppendUint32(d, interval)
		if o.Large {
			d = le.AppendUint32(d, largeParams|uint32(o.Size))
		} else {
			d = le.AppendUint16(d, smallParams|uint16(o.Size))
		}
	}
	d = append(d, classThree, byte(len(o.Path)/2))
	service := ForwardOpen
	if o.Large {
		service = LargeForwardOpen
	}
	return Request{service, Object(ManagerClass, 1), append(d, o.Path...)}
}

// appendName writes what tells one connection from all others.
func (o Opening) appendName(d []byte) []byte {
	d = binary.LittleEndian.AppendUint16(d, o.Serial)
	d = binary.LittleEndian.AppendUint16(d, o.Vendor)
	return binary.LittleEndian.AppendUint32(d, o.Asker)
}

// ParseOpening reads a request to open.
func ParseOpening(r Request) (Opening, error) {
	o := Opening{Large: r.Service == LargeForwardOpen}
	fixed := openingFixed
	if o.Large {
		fixed += 4
	}
	d, le := r.Data, binary.LittleEndian
	if len(d) < fixed || len(d) != fixed+2*int(d[fixed-1]) {
		return o, fmt.Errorf("%w: %d bytes open no connection", ErrFrame, len(d))
	}
	o.ToTarget, o.ToAsker = le.Uint32(d[2:]), le.Uint32(d[6:])
	o.Serial, o.Vendor, o.Asker = le.Uint16(d[10:]), le.Uint16(d[12:]), le.Uint32(d[14:])
	if o.Large {
		o.Size = int(le.Uint16(d[26:]))
	} else {
		o.Size = int(le.Uint16(d[26:]) & 0x1FF)
	}
	o.Path = d[fixed:]
	return o, nil
}

// Opened is the answer to a request to open.
func (o Opening) Opened() []byte {
	le := binary.LittleEndian
	d := le.AppendUint32(nil, o.ToTarget)
	d = le.AppendUint32(d, o.ToAsker)
	d = o.appendName(d)
	d = le.AppendUint32(d, interval)
	d = le.AppendUint32(d, interval)
	return append(d, 0, 0)
}

// Accept takes the identifier the target gave, if the answer is to o.
func (o *Opening) Accept(d []byte) error {
	if len(d) < 16 || binary.LittleEndian.Uint32(d[4:]) != o.ToAsker || !bytes.Equal(d[8:16], o.appendName(nil)) {
		return fmt.Errorf("%w: another connection was opened", ErrFrame)
	}
	o.ToTarget = binary.LittleEndian.Uint32(d)
	return nil
}

// Close asks the connection manager to close.
func (o Opening) Close() Request {
	d := o.appendName([]byte{ticks, tickCount})
	d = append(d, byte(len(o.Path)/2), 0)
	return Request{ForwardClose, Object(ManagerClass, 1), append(d, o.Path...)}
}

// Through wraps a message for a module behind the one that is connected.
func Through(route, message []byte) []byte {
	if len(route) == 0 {
		return message
	}
	d := binary.LittleEndian.AppendUint16([]byte{ticks, tickCount}, uint16(len(message)))
	d = append(d, message...)
	if len(message)%2 == 1 {
		d = append(d, 0)
	}
	d = append(d, byte(len(route)/2), 0)
	return Request{UnconnectedSend, Object(ManagerClass, 1), append(d, route...)}.Append(nil)
}

// Unwrap is what [Through] wrapped, and its route.
func Unwrap(r Request) (message, route []byte, err error) {
	d := r.Data
	if len(d) < 4 {
		return nil, nil, fmt.Errorf("%w: %d bytes to pass on", ErrFrame, len(d))
	}
	n := int(binary.LittleEndian.Uint16(d[2:]))
	end := 4 + n + n%2
	if len(d) < end+2 || len(d) != end+2+2*int(d[end]) {
		return nil, nil, fmt.Errorf("%w: %d bytes to pass on in %d", ErrFrame, n, len(d))
	}
	return d[4 : 4+n], d[end+2:], nil
}
