// Package frame is the wire form of Omron's FINS: its frames, the header they
// have over TCP, and the commands that read and write memory, for both sides.
// Sources: SYSMAC CS/CJ-series Communications Commands Reference Manual W342
// (2009-07), section 5, and Ethernet Units Operation Manual W420 (CS1W-ETN21,
// CJ1W-ETN21), sections 7-2 and 7-4.
//
// It does no I/O. A client starts with [Frame] and [Frame.Check], a server with
// [Answer].
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrFrame wraps everything that is no FINS frame or not the answer asked for.
var ErrFrame = errors.New("fins frame")

// Sizes (W420, 7-2): ten bytes of header, two of command, of a response two of
// end code, and up to 2,012 in all.
const (
	headerSize = 10
	minFrame   = headerSize + 2
	MaxFrame   = 2012
)

// Bits of the information control field, and the number of gateways that a frame
// may pass.
const (
	icfGateway  = 0x80
	icfResponse = 0x40
	icfSilent   = 0x01 // no response wanted
	gateways    = 2
)

// Address is where a frame goes to or comes from: network 0 is the local one,
// unit 0 the CPU.
type Address struct{ Network, Node, Unit byte }

// Frame is a command or, with Response, what came of it.
type Frame struct {
	Response    bool
	Silent      bool // no response is wanted
	Destination Address
	Source      Address
	SID         byte   // a response has its command's
	Command     uint16 // main and sub request code
	End         EndCode
	Data        []byte
}

// Commands (W342, 5-3).
const (
	ReadMemory     = 0x0101
	WriteMemory    = 0x0102
	ReadMany       = 0x0104
	ReadController = 0x0501
)

// Append writes the frame.
func (f Frame) Append(dst []byte) []byte {
	icf := byte(icfGateway)
	if f.Response {
		icf |= icfResponse
	}
	if f.Silent {
		icf |= icfSilent
	}
	d, s := f.Destination, f.Source
	dst = append(dst, icf, 0, gateways, d.Network, d.Node, d.Unit, s.Network, s.Node, s.Unit, f.SID)
	dst = binary.BigEndian.AppendUint16(dst, f.Command)
	if f.Response {
		dst = binary.BigEndian.AppendUint16(dst, uint16(f.End))
	}
	return append(dst, f.Data...)
}

// Parse reads a frame; its data lie in b.
func Parse(b []byte) (Frame, error) {
	var f Frame
	if len(b) < minFrame || len(b) > MaxFrame {
		return f, fmt.Errorf("%w: %d bytes", ErrFrame, len(b))
	}
	if b[0]&icfGateway == 0 || b[0]&^(icfGateway|icfResponse|icfSilent) != 0 || b[1] != 0 {
		return f, fmt.Errorf("%w: it begins with % x", ErrFrame, b[:2])
	}
	f.Response, f.Silent = b[0]&icfResponse != 0, b[0]&icfSilent != 0
	f.Destination, f.Source = Address{b[3], b[4], b[5]}, Address{b[6], b[7], b[8]}
	f.SID, f.Command, f.Data = b[9], binary.BigEndian.Uint16(b[10:]), b[12:]
	if f.Response {
		if len(f.Data) < 2 {
			return f, fmt.Errorf("%w: a response without an end code", ErrFrame)
		}
		f.End, f.Data = EndCode(binary.BigEndian.Uint16(f.Data)), f.Data[2:]
	}
	return f, nil
}

// Answers reports whether f is the response to q, whatever it says: any other
// frame belongs to another question.
func (f Frame) Answers(q Frame) bool {
	return f.Response && f.SID == q.SID && f.Command == q.Command && f.Destination.Node == q.Source.Node &&
		(q.Destination.Node == 0 || f.Source.Node == q.Destination.Node)
}

// Check gives the data of a response that has as many bytes as are wanted; the
// error is an [EndCode] when the command was not done.
func (f Frame) Check(want int) ([]byte, error) {
	if err := f.End.error(); err != nil {
		return nil, err
	}
	if len(f.Data) != want {
		return nil, fmt.Errorf("%w: %d bytes of data; asked for %d", ErrFrame, len(f.Data), want)
	}
	return f.Data, nil
}

// EndCode is what became of a command (W342, 5-1-3). Three of its bits are
// flags: bit 15 says that it failed on the way, bits 6 and 7 that the CPU has an
// error of its own, which concerns no command.
type EndCode uint16

const (
	flagRelay = 0x8000
	flagsCPU  = 0x00C0
)

// End codes that mean something to a client or server here.
const (
	Done              EndCode = 0x0000
	UndefinedCommand  EndCode = 0x0401
	CommandTooLong    EndCode = 0x1001
	CommandTooShort   EndCode = 0x1002
	CountMismatch     EndCode = 0x1003
	CommandFormat     EndCode = 0x1004
	AreaMissing       EndCode = 0x1101
	AccessSize        EndCode = 0x1102
	AddressRange      EndCode = 0x1103
	RangeExceeded     EndCode = 0x1104
	ResponseTooLong   EndCode = 0x110B
	ParameterError    EndCode = 0x110C
	ReadOnly          EndCode = 0x2101
	Protected         EndCode = 0x2102
	AccessRightElse   EndCode = 0x3001
	NoSuchNode        EndCode = 0x0202
	NodeNotPart       EndCode = 0x0201
	ResponseTimeout   EndCode = 0x0205
	NotInRoutingTable EndCode = 0x0501
)

func (e EndCode) error() error {
	if code := e &^ flagsCPU; code != Done {
		return code
	}
	return nil
}

// OnTheWay reports whether the command did not arrive, so that nothing is known
// of the device.
func (e EndCode) OnTheWay() bool {
	main := e &^ flagRelay >> 8
	return e&flagRelay != 0 || main == 1 || main == 2 || main == 5
}

func (e EndCode) Error() string {
	names := map[EndCode]string{
		UndefinedCommand: "undefined command", CommandTooLong: "command too long", CommandTooShort: "command too short",
		CountMismatch: "items and data do not fit", CommandFormat: "command format", AreaMissing: "no such memory area", AccessSize: "access size",
		AddressRange: "address not in the area", RangeExceeded: "range ends beyond the area", ResponseTooLong: "response too long",
		ParameterError: "parameter error", ReadOnly: "read only", Protected: "protected", AccessRightElse: "another device has the access right",
		NoSuchNode: "no such node", NodeNotPart: "the node is not in the network", ResponseTimeout: "the node does not answer",
		NotInRoutingTable: "the node is not in the routing table",
	}
	relay := ""
	if e&flagRelay != 0 {
		relay = " on the way"
	}
	if name, ok := names[e&^flagRelay]; ok {
		return fmt.Sprintf("fins end code %04X%s (%s)", uint16(e&^flagRelay), relay, name)
	}
	return fmt.Sprintf("fins end code %04X%s", uint16(e&^flagRelay), relay)
}
