package pdu

import (
	"encoding/binary"
	"fmt"
)

// Area is a kind of memory of a controller.
type Area byte

const (
	Counters Area = 0x1C
	Timers   Area = 0x1D
	Inputs   Area = 0x81
	Outputs  Area = 0x82
	Flags    Area = 0x83 // Merker
	Blocks   Area = 0x84 // data blocks
)

// elementary reports whether the area is counted in elements of two bytes, not
// in bytes.
func (a Area) elementary() bool { return a == Counters || a == Timers }

// Transport sizes of an item that is asked for.
const (
	sizeBit     = 1
	sizeByte    = 2
	sizeCounter = 0x1C
	sizeTimer   = 0x1D
)

// Transport sizes of data: of these the length counts bits, of others bytes.
const (
	dataBit  = 3
	dataByte = 4 // bytes, words and double words
	dataInt  = 5
	dataOct  = 9 // timers, counters and characters
)

const (
	itemSize   = 12 // of one item in a question
	itemHeader = 4  // of one item's data
	anyPointer = 0x10
	// MaxItems is how many items a question may have; controllers refuse or cut
	// off more.
	MaxItems = 20
)

// Item is a place in a controller's memory: Count bytes from byte Start, or of
// Timers and Counters Count elements of two bytes from number Start. With Bit it
// is that one bit of byte Start.
type Item struct {
	Area  Area
	DB    uint16 // of Blocks
	Start int
	Count int
	IsBit bool
	Bit   int
}

// bytes is how much data the item is.
func (i Item) bytes() int {
	switch {
	case i.IsBit:
		return 1
	case i.Area.elementary():
		return 2 * i.Count
	}
	return i.Count
}

func (i Item) append(dst []byte) []byte {
	size, count, address := byte(sizeByte), i.Count, 8*i.Start
	switch {
	case i.IsBit:
		size, count, address = sizeBit, 1, 8*i.Start+i.Bit
	case i.Area == Counters:
		size, address = sizeCounter, i.Start
	case i.Area == Timers:
		size, address = sizeTimer, i.Start
	}
	dst = append(dst, 0x12, itemSize-2, anyPointer, size)
	dst = binary.BigEndian.AppendUint16(dst, uint16(count))
	dst = binary.BigEndian.AppendUint16(dst, i.DB)
	return append(dst, byte(i.Area), byte(address>>16), byte(address>>8), byte(address))
}

// parseItem reads the twelve bytes of an item; the code says why it is none.
func parseItem(b []byte) (Item, Code) {
	i := Item{
		Area: Area(b[8]), DB: binary.BigEndian.Uint16(b[6:]), Count: int(binary.BigEndian.Uint16(b[4:])),
	}
	address := int(b[9])<<16 | int(b[10])<<8 | int(b[11])
	if b[0] != 0x12 || b[1] != itemSize-2 || b[2] != anyPointer {
		return i, TypeNotSupported
	}
	width := map[byte]int{sizeBit: 1, sizeByte: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 4, sizeCounter: 1, sizeTimer: 1}[b[3]]
	switch {
	case width == 0 || (b[3] == sizeCounter) != (i.Area == Counters) || (b[3] == sizeTimer) != (i.Area == Timers):
		return i, TypeNotSupported
	case i.Area.elementary():
		i.Start = address
	case b[3] == sizeBit:
		i.IsBit, i.Start, i.Bit = true, address/8, address%8
		if i.Count != 1 {
			return i, OutOfRange // controllers give one bit an item
		}
	case address%8 != 0:
		return i, OutOfRange
	default:
		i.Start, i.Count = address/8, width*i.Count
	}
	return i, Good
}

// Code is what became of one item.
type Code byte

const (
	Good             Code = 0xFF
	HardwareFault    Code = 0x01
	AccessDenied     Code = 0x03
	OutOfRange       Code = 0x05
	TypeNotSupported Code = 0x06
	TypeInconsistent Code = 0x07
	NotExisting      Code = 0x0A
)

func (c Code) Error() string {
	names := map[Code]string{
		Good: "good", HardwareFault: "hardware fault", AccessDenied: "access denied", OutOfRange: "address out of range",
		TypeNotSupported: "data type not supported", TypeInconsistent: "data type and size do not fit", NotExisting: "object does not exist",
	}
	if name, ok := names[c]; ok {
		return fmt.Sprintf("s7 item error %#02x (%s)", byte(c), name)
	}
	return fmt.Sprintf("s7 item error %#02x", byte(c))
}

// Result is one item's answer: data of the item's length, or a code other than
// [Good].
type Result struct {
	Data []byte
	Code Code
}

// Read is the job that reads items. [Budget] says how many fit.
func Read(items []Item) Message {
	p := append(make([]byte, 0, 2+itemSize*len(items)), funcRead, byte(len(items)))
	for _, i := range items {
		p = i.append(p)
	}
	return Message{Kind: Job, Parameter: p}
}

// CheckRead takes the answer to Read apart, one result an item.
func CheckRead(items []Item, m Message) ([]Result, error) {
	p, err := m.answer(funcRead, 2)
	if err != nil {
		return nil, err
	}
	if int(p[1]) != len(items) {
		return nil, fmt.Errorf("%w: %d items answer %d", ErrFrame, p[1], len(items))
	}
	out := make([]Result, len(items))
	rest := m.Data
	for n, i := range items {
		if len(rest) < itemHeader {
			return nil, fmt.Errorf("%w: the answer ends before item %d", ErrFrame, n+1)
		}
		out[n].Code = Code(rest[0])
		if out[n].Code != Good {
			// Some controllers leave data of a failed item out, some give its length.
			rest = rest[itemHeader:]
			continue
		}
		length := dataLength(rest)
		if length != i.bytes() || len(rest) < itemHeader+length {
			return nil, fmt.Errorf("%w: item %d has %d bytes of data in %d; asked for %d", ErrFrame, n+1, length, len(rest)-itemHeader, i.bytes())
		}
		out[n].Data = rest[itemHeader : itemHeader+length]
		rest = rest[min(itemHeader+even(length), len(rest)):] // the last one is not filled up
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes behind the last item", ErrFrame, len(rest))
	}
	return out, nil
}

// dataLength is the length in bytes that the header of an item's data gives.
func dataLength(b []byte) int {
	n := int(binary.BigEndian.Uint16(b[2:]))
	if b[1] == dataByte || b[1] == dataInt {
		return (n + 7) / 8
	}
	return n
}

func even(n int) int { return n + n%2 }

// Write is the job that writes one item's data.
func Write(i Item, data []byte) Message {
	return Message{Kind: Job, Parameter: i.append([]byte{funcWrite, 1}), Data: appendData(nil, i, 0, data)}
}

// appendData writes an item's data with its header.
func appendData(dst []byte, i Item, code byte, data []byte) []byte {
	kind, length := byte(dataByte), 8*len(data)
	switch {
	case i.IsBit:
		kind, length = dataBit, len(data)
	case i.Area.elementary():
		kind, length = dataOct, len(data)
	}
	dst = binary.BigEndian.AppendUint16(append(dst, code, kind), uint16(length))
	return append(dst, data...)
}

// CheckWrite takes the answer to Write apart; the error is a [Code] when the
// item was not written.
func CheckWrite(m Message) error {
	p, err := m.answer(funcWrite, 2)
	if err != nil {
		return err
	}
	if p[1] != 1 || len(m.Data) != 1 {
		return fmt.Errorf("%w: %d items and %d bytes answer the write of one", ErrFrame, p[1], len(m.Data))
	}
	if c := Code(m.Data[0]); c != Good {
		return c
	}
	return nil
}

// Budget counts what one read job and its answer may hold under a negotiated
// length.
type Budget struct{ items, question, answer, length int }

// NewBudget is an empty job under the length.
func NewBudget(length int) Budget {
	return Budget{question: JobHeader + 2, answer: AckHeader + 2, length: length}
}

// Take adds an item of so many bytes and reports whether it fits; one that does
// not is not added.
func (b *Budget) Take(bytes int) bool {
	q, a := b.question+itemSize, b.answer+itemHeader+even(bytes)
	if b.items == MaxItems || q > b.length || a > b.length {
		return false
	}
	b.items, b.question, b.answer = b.items+1, q, a
	return true
}

// MaxReadBytes is the most one item can have under a negotiated length; an even
// number.
func MaxReadBytes(length int) int { return (length - AckHeader - 2 - itemHeader) &^ 1 }

// MaxWriteBytes is the most one Write can have under a negotiated length.
func MaxWriteBytes(length int) int { return length - JobHeader - 2 - itemSize - itemHeader }
