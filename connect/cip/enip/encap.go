// Package enip is the wire form of EtherNet/IP explicit messages: the
// encapsulation (CIP specification volume 2, chapter 2), the message router's
// requests and replies (volume 1, chapter 2), connections (volume 1, chapter 3)
// and the tag services of Logix controllers (Rockwell publication 1756-PM020,
// Logix 5000 Controllers Data Access). The documents were not at hand: tshark and
// a client of other people's making judge the frames.
//
// It does no I/O. A client starts with [Frame] and [Request], a server with
// [Session].
package enip

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Command is what an encapsulated frame is for.
type Command uint16

// Commands.
const (
	ListIdentity      Command = 0x63
	RegisterSession   Command = 0x65
	UnregisterSession Command = 0x66
	SendRRData        Command = 0x6F // unconnected
	SendUnitData      Command = 0x70 // connected
)

// Port is where devices listen, over TCP and UDP.
const Port = 44818

// HeaderSize is what stands before the data of a frame.
const HeaderSize = 24

// MaxData is the longest data this package takes: the largest connection and
// what is around it.
const MaxData = 8192

// ErrFrame wraps everything that is no frame or not the answer asked for.
var ErrFrame = errors.New("ethernet/ip frame")

// Frame is one encapsulated message.
type Frame struct {
	Command Command
	Session uint32
	Status  uint32
	Context uint64 // the asker's, given back
	Options uint32
	Data    []byte
}

// ParseHeader reads the header and gives the length of the data behind it.
func ParseHeader(b []byte) (f Frame, length int, err error) {
	if len(b) < HeaderSize {
		return f, 0, fmt.Errorf("%w: header of %d bytes", ErrFrame, len(b))
	}
	le := binary.LittleEndian
	f = Frame{Command: Command(le.Uint16(b)), Session: le.Uint32(b[4:]), Status: le.Uint32(b[8:]), Context: le.Uint64(b[12:]), Options: le.Uint32(b[20:])}
	if length = int(le.Uint16(b[2:])); length > MaxData {
		return f, 0, fmt.Errorf("%w: %d bytes of data", ErrFrame, length)
	}
	return f, length, nil
}

// Append writes the frame.
func (f Frame) Append(dst []byte) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint16(dst, uint16(f.Command))
	dst = le.AppendUint16(dst, uint16(len(f.Data)))
	dst = le.AppendUint32(dst, f.Session)
	dst = le.AppendUint32(dst, f.Status)
	dst = le.AppendUint64(dst, f.Context)
	dst = le.AppendUint32(dst, f.Options)
	return append(dst, f.Data...)
}

// Item is one part of a frame's data.
type Item struct {
	Type uint16
	Data []byte
}

// Types of items.
const (
	NullItem        = 0x0000
	IdentityItem    = 0x000C
	ConnectionItem  = 0x00A1 // address: the connection's identifier
	ConnectedItem   = 0x00B1 // data: number and message
	UnconnectedItem = 0x00B2
)

// maxItems bounds the parts of one frame; two are usual.
const maxItems = 16

// ParseItems reads parts. They share b's memory.
func ParseItems(b []byte) ([]Item, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("%w: %d bytes of items", ErrFrame, len(b))
	}
	n := int(binary.LittleEndian.Uint16(b))
	if n > maxItems {
		return nil, fmt.Errorf("%w: %d items", ErrFrame, n)
	}
	b = b[2:]
	items := make([]Item, 0, n)
	for range n {
		if len(b) < 4 || len(b) < 4+int(binary.LittleEndian.Uint16(b[2:])) {
			return nil, fmt.Errorf("%w: an item is cut", ErrFrame)
		}
		end := 4 + int(binary.LittleEndian.Uint16(b[2:]))
		items = append(items, Item{binary.LittleEndian.Uint16(b), b[4:end:end]})
		b = b[end:]
	}
	if len(b) > 0 {
		return nil, fmt.Errorf("%w: %d bytes behind the items", ErrFrame, len(b))
	}
	return items, nil
}

// AppendItems writes parts.
func AppendItems(dst []byte, items ...Item) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(items)))
	for _, i := range items {
		dst = binary.LittleEndian.AppendUint16(dst, i.Type)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(i.Data)))
		dst = append(dst, i.Data...)
	}
	return dst
}

// dataHeader is the interface handle, always 0, and a timeout that is not used
// over TCP.
const dataHeader = 6

// Unconnected is the data of SendRRData with a message.
func Unconnected(message []byte) []byte {
	return AppendItems(make([]byte, dataHeader), Item{Type: NullItem}, Item{UnconnectedItem, message})
}

// ParseUnconnected gives the message in the data of SendRRData.
func ParseUnconnected(b []byte) ([]byte, error) {
	items, err := dataItems(b)
	if err != nil {
		return nil, err
	}
	if items[0].Type != NullItem || len(items[0].Data) != 0 || items[1].Type != UnconnectedItem {
		return nil, fmt.Errorf("%w: items %04X and %04X", ErrFrame, items[0].Type, items[1].Type)
	}
	return items[1].Data, nil
}

// Connected is the data of SendUnitData with a numbered message.
func Connected(connection uint32, number uint16, message []byte) []byte {
	data := binary.LittleEndian.AppendUint16(nil, number)
	return AppendItems(make([]byte, dataHeader),
		Item{ConnectionItem, binary.LittleEndian.AppendUint32(nil, connection)}, Item{ConnectedItem, append(data, message...)})
}

// ParseConnected gives connection, number and message in the data of
// SendUnitData.
func ParseConnected(b []byte) (connection uint32, number uint16, message []byte, err error) {
	items, err := dataItems(b)
	if err != nil {
		return 0, 0, nil, err
	}
	if items[0].Type != ConnectionItem || len(items[0].Data) != 4 || items[1].Type != ConnectedItem || len(items[1].Data) < 2 {
		return 0, 0, nil, fmt.Errorf("%w: items %04X and %04X", ErrFrame, items[0].Type, items[1].Type)
	}
	data := items[1].Data
	return binary.LittleEndian.Uint32(items[0].Data), binary.LittleEndian.Uint16(data), data[2:], nil
}

func dataItems(b []byte) ([]Item, error) {
	if len(b) < dataHeader {
		return nil, fmt.Errorf("%w: %d bytes of data", ErrFrame, len(b))
	}
	items, err := ParseItems(b[dataHeader:])
	if err == nil && len(items) < 2 {
		err = fmt.Errorf("%w: %d items", ErrFrame, len(items))
	}
	return items, err
}
