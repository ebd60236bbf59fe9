package pdu

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// System status lists (SZL, "Systemzustandslisten") that say what a controller
// is; System Software for S7-300/400, System and Standard Functions, chapter
// "System Status Lists".
const (
	ModuleList    = 0x0011 // module identification: order numbers and versions
	ComponentList = 0x001C // component identification: names and serial number
)

// Parameters of user data that reads a list.
const (
	groupCPU   = 4 // CPU functions
	askCPU     = 0x40 | groupCPU
	answerCPU  = 0x80 | groupCPU
	readList   = 1
	firstParam = 4 // length of what follows, of a first question
	nextParam  = 8
)

// ListJob asks for a list; next is 0 for the beginning, else the sequence
// number of the part that came before.
func ListJob(id, index uint16, next byte) Message {
	if next != 0 {
		return Message{
			Kind:      UserData,
			Parameter: []byte{0, 1, 0x12, nextParam, 0x12, askCPU, readList, next, 0, 0, 0, 0},
			Data:      []byte{byte(NotExisting), 0, 0, 0},
		}
	}
	data := binary.BigEndian.AppendUint16([]byte{byte(Good), dataOct, 0, 4}, id)
	return Message{
		Kind:      UserData,
		Parameter: []byte{0, 1, 0x12, firstParam, 0x11, askCPU, readList, 0},
		Data:      binary.BigEndian.AppendUint16(data, index),
	}
}

// ListPart is a piece of a list.
type ListPart struct {
	Sequence byte // what asks for the next
	Last     bool
	Data     []byte
}

// CheckList takes the answer to ListJob apart.
func CheckList(m Message) (ListPart, error) {
	p := m.Parameter
	if m.Kind != UserData || len(p) != 12 || p[5] != answerCPU || p[6] != readList {
		return ListPart{}, fmt.Errorf("%w: kind %d with parameter % x answers the question for a list", ErrFrame, m.Kind, p)
	}
	if code := binary.BigEndian.Uint16(p[10:]); code != 0 {
		return ListPart{}, Refusal(code)
	}
	if len(m.Data) < itemHeader || Code(m.Data[0]) != Good {
		return ListPart{}, fmt.Errorf("%w: a list of % x", ErrFrame, m.Data[:min(len(m.Data), itemHeader)])
	}
	data := m.Data[itemHeader:]
	if n := int(binary.BigEndian.Uint16(m.Data[2:])); n > len(data) {
		return ListPart{}, fmt.Errorf("%w: %d bytes of list in %d", ErrFrame, n, len(data))
	} else {
		data = data[:n]
	}
	return ListPart{Sequence: p[7], Last: p[9] == 0, Data: data}, nil
}

// listHeader is id, index, length of a record and their number.
const listHeader = 8

// Records are the records of a list by their index, the first two bytes of
// each. A list that is cut off gives those that are whole.
func Records(list []byte) (map[uint16][]byte, error) {
	if len(list) < listHeader {
		return nil, fmt.Errorf("%w: a list of %d bytes", ErrFrame, len(list))
	}
	size, count := int(binary.BigEndian.Uint16(list[4:])), int(binary.BigEndian.Uint16(list[6:]))
	if size < 2 {
		return nil, fmt.Errorf("%w: records of %d bytes in a list", ErrFrame, size)
	}
	out := map[uint16][]byte{}
	for rest := list[listHeader:]; count > 0 && len(rest) >= size; count-- {
		out[binary.BigEndian.Uint16(rest)] = rest[2:size]
		rest = rest[size:]
	}
	return out, nil
}

// Identity is what a controller says it is; empty where it says nothing.
type Identity struct {
	Name    string // of the module type: CPU 315-2 PN/DP
	Order   string // 6ES7 315-2EH14-0AB0
	Version string // of the firmware: 3.2.6
	Serial  string
	Station string // name its engineer gave it
}

// Indexes in the lists.
const (
	orderIndex    = 1
	firmwareIndex = 7
	stationIndex  = 1
	serialIndex   = 5
	nameIndex     = 7
)

// Modules takes order number and firmware version out of the records of
// [ModuleList].
func (id *Identity) Modules(records map[uint16][]byte) {
	if r := records[orderIndex]; len(r) >= 20 {
		id.Order = plain(r[:20])
	}
	if r := records[firmwareIndex]; len(r) >= 26 && r[22] == 'V' {
		id.Version = fmt.Sprintf("%d.%d.%d", r[23], r[24], r[25])
	}
}

// Components takes names and serial number out of the records of
// [ComponentList].
func (id *Identity) Components(records map[uint16][]byte) {
	text := func(index uint16) string {
		r := records[index]
		return plain(r[:min(len(r), 32)])
	}
	id.Station, id.Serial, id.Name = text(stationIndex), text(serialIndex), text(nameIndex)
}

// plain cuts at the first NUL and takes blanks and what is no text away.
func plain(b []byte) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	return strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
}

// list writes the list of an identity as a controller gives it; nil for one it
// does not have.
func (id *Identity) list(number, index uint16) []byte {
	var size int
	var records [][]byte
	record := func(index uint16, fill func(b []byte)) {
		r := make([]byte, size)
		binary.BigEndian.PutUint16(r, index)
		fill(r[2:])
		records = append(records, r)
	}
	switch number {
	case ModuleList:
		size = 28
		record(orderIndex, func(b []byte) { copy(b, fmt.Sprintf("%-20s", id.Order)[:20]) })
		record(firmwareIndex, func(b []byte) {
			copy(b, strings.Repeat(" ", 20))
			if n, _ := fmt.Sscanf(id.Version, "%d.%d.%d", &b[23], &b[24], &b[25]); n == 3 {
				b[22] = 'V'
			}
		})
	case ComponentList:
		size = 34
		for _, one := range []struct {
			index uint16
			text  string
		}{{stationIndex, id.Station}, {serialIndex, id.Serial}, {nameIndex, id.Name}} {
			record(one.index, func(b []byte) { copy(b, one.text) })
		}
	default:
		return nil
	}
	out := binary.BigEndian.AppendUint16(nil, number)
	out = binary.BigEndian.AppendUint16(out, index)
	out = binary.BigEndian.AppendUint16(out, uint16(size))
	out = binary.BigEndian.AppendUint16(out, uint16(len(records)))
	for _, r := range records {
		out = append(out, r...)
	}
	return out
}
