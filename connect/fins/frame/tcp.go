package frame

import (
	"encoding/binary"
	"fmt"
)

// TCPHeader is what stands before everything over TCP (W420, 7-4): "FINS", the
// length of what follows, a command and an error code.
const TCPHeader = 16

// Commands of the header.
const (
	ClientNode   = 0 // the client says its node number, or 0 to be given one
	ServerNode   = 1 // the server says both
	SendFrame    = 2
	ErrorNotice  = 3
	Confirmation = 6 // asks whether somebody is there; it is thrown away
)

const magic = "FINS"

// TCPError is the error code of a header (W420, 7-4).
type TCPError uint32

func (e TCPError) Error() string {
	names := map[TCPError]string{
		1: "the header is not FINS", 2: "data too long", 3: "command not supported", 0x20: "all connections are in use", 0x21: "the node is connected already",
		0x22: "the node is protected against this address", 0x23: "node number out of range", 0x24: "client and server have the same node number",
		0x25: "all node numbers are in use",
	}
	if name, ok := names[e]; ok {
		return fmt.Sprintf("fins/tcp error %#x (%s)", uint32(e), name)
	}
	return fmt.Sprintf("fins/tcp error %#x", uint32(e))
}

// Packet is a header and what follows.
type Packet struct {
	Command uint32
	Error   TCPError
	Body    []byte
}

// Append writes the packet.
func (p Packet) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, magic...), uint32(8+len(p.Body)))
	dst = binary.BigEndian.AppendUint32(dst, p.Command)
	return append(binary.BigEndian.AppendUint32(dst, uint32(p.Error)), p.Body...)
}

// ParseTCP reads the header and gives the length of the body that follows.
func ParseTCP(b []byte) (p Packet, body int, err error) {
	if len(b) < TCPHeader || string(b[:4]) != magic {
		return p, 0, fmt.Errorf("%w: % x is no FINS/TCP header", ErrFrame, b[:min(len(b), 4)])
	}
	n := binary.BigEndian.Uint32(b[4:])
	if n < 8 || n > 8+MaxFrame {
		return p, 0, fmt.Errorf("%w: length %d", ErrFrame, n)
	}
	p.Command, p.Error = binary.BigEndian.Uint32(b[8:]), TCPError(binary.BigEndian.Uint32(b[12:]))
	return p, int(n) - 8, nil
}

// Hello is the first packet of a client: its node number, 0 to be given one.
func Hello(node byte) Packet { return Packet{Command: ClientNode, Body: []byte{0, 0, 0, node}} }

// Welcome is the answer to it.
func Welcome(client, server byte) Packet {
	return Packet{Command: ServerNode, Body: []byte{0, 0, 0, client, 0, 0, 0, server}}
}

// ParseWelcome gives both node numbers.
func ParseWelcome(p Packet) (client, server byte, err error) {
	if p.Error != 0 {
		return 0, 0, p.Error
	}
	if p.Command != ServerNode || len(p.Body) != 8 {
		return 0, 0, fmt.Errorf("%w: command %d with %d bytes answers the client's node number", ErrFrame, p.Command, len(p.Body))
	}
	c, s := binary.BigEndian.Uint32(p.Body), binary.BigEndian.Uint32(p.Body[4:])
	if c < 1 || c > 254 || s < 1 || s > 254 {
		return 0, 0, fmt.Errorf("%w: node numbers %d and %d", ErrFrame, c, s)
	}
	return byte(c), byte(s), nil
}
