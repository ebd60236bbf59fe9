package pdu

import (
	"encoding/binary"
	"fmt"
)

// Kinds of message.
const (
	Job      = 1
	Ack      = 2 // without data
	AckData  = 3
	UserData = 7
)

// Functions of jobs.
const (
	funcSetup = 0xF0
	funcRead  = 4
	funcWrite = 5
)

const (
	protocol = 0x32
	// JobHeader and AckHeader are what stands before the parameters.
	JobHeader = 10
	AckHeader = 12 // two bytes of error more
)

// Message is an S7 message. Class and Code are the error of an answer, 0 for
// none.
type Message struct {
	Kind      byte
	Reference uint16 // an answer has its question's
	Class     byte
	Code      byte
	Parameter []byte
	Data      []byte
}

// Append writes the whole frame: TPKT, COTP DT and the message.
func (m Message) Append(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0, dataHeader-1, dataTPDU, endOfTSDU, protocol, m.Kind, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, m.Reference)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(m.Parameter)))
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(m.Data)))
	if m.Kind == Ack || m.Kind == AckData {
		dst = append(dst, m.Class, m.Code)
	}
	dst = append(append(dst, m.Parameter...), m.Data...)
	frame(dst[at:])
	return dst
}

// ParseMessage reads a message; parameter and data lie in b.
func ParseMessage(b []byte) (Message, error) {
	var m Message
	if len(b) < JobHeader || b[0] != protocol {
		return m, fmt.Errorf("%w: % x is no S7 message", ErrFrame, b[:min(len(b), JobHeader)])
	}
	m.Kind, m.Reference = b[1], binary.BigEndian.Uint16(b[4:])
	head := JobHeader
	switch m.Kind {
	case Job, UserData:
	case Ack, AckData:
		if head = AckHeader; len(b) < head {
			return m, fmt.Errorf("%w: answer of %d bytes", ErrFrame, len(b))
		}
		m.Class, m.Code = b[10], b[11]
	default:
		return m, fmt.Errorf("%w: message of kind %d", ErrFrame, m.Kind)
	}
	p, d := int(binary.BigEndian.Uint16(b[6:])), int(binary.BigEndian.Uint16(b[8:]))
	if len(b) != head+p+d {
		return m, fmt.Errorf("%w: %d bytes of parameter and %d of data in a message of %d", ErrFrame, p, d, len(b))
	}
	m.Parameter, m.Data = b[head:head+p], b[head+p:]
	return m, nil
}

// Refusal is the error class and code of an answer: the whole job was not done.
type Refusal uint16

// NotPermitted is what a controller answers that does not have the function,
// and a 1200 or 1500 that does not permit PUT/GET.
const NotPermitted Refusal = 0x8104

func (e Refusal) Error() string {
	names := map[Refusal]string{
		NotPermitted: "function not available; in a 1200 or 1500 permit PUT/GET communication in the protection settings of the CPU",
		0x8500:       "job longer than the negotiated PDU", 0xD209: "object does not exist", 0xD241: "the CPU wants a password",
		0xD402: "system status list does not exist", 0xDC01: "value not valid",
	}
	if name, ok := names[e]; ok {
		return fmt.Sprintf("s7 error %#04x (%s)", uint16(e), name)
	}
	return fmt.Sprintf("s7 error %#04x", uint16(e))
}

// Setup is what both sides agree on: how many jobs at once and how long a PDU
// may be, S7 header included.
type Setup struct{ Calling, Called, Length uint16 }

// Job is the question for it; the answer of a server has the same parameter.
func (s Setup) Job() Message { return Message{Kind: Job, Parameter: s.append(nil)} }

func (s Setup) append(dst []byte) []byte {
	dst = append(dst, funcSetup, 0)
	for _, v := range []uint16{s.Calling, s.Called, s.Length} {
		dst = binary.BigEndian.AppendUint16(dst, v)
	}
	return dst
}

// minPDU is the least a controller negotiates (S7-200 and S7-300); a shorter
// one would not hold an item.
const minPDU = 112

// ParseSetup reads the answer to a setup job.
func ParseSetup(m Message) (Setup, error) {
	p, err := m.answer(funcSetup, 8)
	if err != nil {
		return Setup{}, err
	}
	s := setupOf(p)
	if s.Length < minPDU {
		return s, fmt.Errorf("%w: a PDU of %d bytes was negotiated", ErrFrame, s.Length)
	}
	return s, nil
}

func setupOf(p []byte) Setup {
	return Setup{binary.BigEndian.Uint16(p[2:]), binary.BigEndian.Uint16(p[4:]), binary.BigEndian.Uint16(p[6:])}
}

// answer checks that m answers a job of the function with so many bytes of
// parameter.
func (m Message) answer(function byte, length int) ([]byte, error) {
	if m.Kind != AckData && m.Kind != Ack {
		return nil, fmt.Errorf("%w: a message of kind %d answers a job", ErrFrame, m.Kind)
	}
	if m.Class != 0 || m.Code != 0 {
		return nil, Refusal(uint16(m.Class)<<8 | uint16(m.Code))
	}
	if len(m.Parameter) != length || m.Parameter[0] != function {
		return nil, fmt.Errorf("%w: the answer to function %d has parameter % x", ErrFrame, function, m.Parameter)
	}
	return m.Parameter, nil
}
