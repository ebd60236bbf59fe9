package enip

import (
	"encoding/binary"
	"fmt"
)

// Service is what an object is asked to do.
type Service byte

// Services. A few numbers mean another thing to another object.
const (
	GetAttributesAll Service = 0x01
	Multiple         Service = 0x0A // several requests in one
	ReadTag          Service = 0x4C
	WriteTag         Service = 0x4D
	ModifyTag        Service = 0x4E // of a tag: bits under two masks
	ForwardClose     Service = 0x4E // of the connection manager
	ReadFragment     Service = 0x52 // of a tag
	UnconnectedSend  Service = 0x52 // of the connection manager
	ForwardOpen      Service = 0x54
	InstanceList     Service = 0x55 // attributes of all instances
	LargeForwardOpen Service = 0x5B
)

const reply = 0x80

// Status is a general status and the first word of the extended one.
type Status struct {
	General  byte
	Extended uint16
}

// General status codes (CIP volume 1, appendix B).
const (
	ConnectionFailure  = 0x01
	ResourceUnavailble = 0x02
	PathSegment        = 0x04
	PathUnknown        = 0x05
	PartialTransfer    = 0x06
	ServiceUnknown     = 0x08
	Privilege          = 0x0F
	ReplyTooLarge      = 0x11
	TooLittleData      = 0x13
	TooMuchData        = 0x15
	EmbeddedError      = 0x1E
	InvalidMember      = 0x28
	GeneralError       = 0xFF
)

// Extended codes that a Logix controller gives with [GeneralError] (1756-PM020).
const (
	BeyondEnd = 0x2105
	WrongType = 0x2107
)

func (s Status) Error() string {
	names := map[byte]string{
		ConnectionFailure: "connection failure", ResourceUnavailble: "resource unavailable", PathSegment: "path segment error", PathUnknown: "path unknown",
		PartialTransfer: "only a part", ServiceUnknown: "service not supported", Privilege: "privilege violation", ReplyTooLarge: "reply too large",
		TooLittleData: "too little data", TooMuchData: "too much data", EmbeddedError: "error of an embedded service", InvalidMember: "invalid member",
	}
	text := fmt.Sprintf("cip status %02X", s.General)
	if name, ok := names[s.General]; ok {
		text += " (" + name + ")"
	}
	switch {
	case s.General == GeneralError && s.Extended == BeyondEnd:
		text += " beyond the end of the tag"
	case s.General == GeneralError && s.Extended == WrongType:
		text += " another type"
	case s.Extended != 0:
		text += fmt.Sprintf(" %04X", s.Extended)
	}
	return text
}

// Request is one message to an object.
type Request struct {
	Service Service
	Path    []byte // a whole number of words
	Data    []byte
}

// Append writes the request.
func (r Request) Append(dst []byte) []byte {
	dst = append(dst, byte(r.Service), byte(len(r.Path)/2))
	return append(append(dst, r.Path...), r.Data...)
}

// ParseRequest reads a request. It shares b's memory.
func ParseRequest(b []byte) (Request, error) {
	if len(b) < 2 || len(b) < 2+2*int(b[1]) || b[0]&reply != 0 {
		return Request{}, fmt.Errorf("%w: %d bytes are no request", ErrFrame, len(b))
	}
	end := 2 + 2*int(b[1])
	return Request{Service(b[0]), b[2:end:end], b[end:]}, nil
}

// Response is what an object answers.
type Response struct {
	Service  Service
	General  byte
	Extended []byte // words
	Data     []byte
}

// Status is nil of a success.
func (r Response) Status() error {
	if r.General == 0 {
		return nil
	}
	s := Status{General: r.General}
	if len(r.Extended) >= 2 {
		s.Extended = binary.LittleEndian.Uint16(r.Extended)
	}
	return s
}

// Append writes the response.
func (r Response) Append(dst []byte) []byte {
	dst = append(dst, byte(r.Service)|reply, 0, r.General, byte(len(r.Extended)/2))
	return append(append(dst, r.Extended...), r.Data...)
}

// ParseResponse reads the answer to a service. It shares b's memory.
func ParseResponse(b []byte, to Service) (Response, error) {
	if len(b) < 4 || len(b) < 4+2*int(b[3]) {
		return Response{}, fmt.Errorf("%w: %d bytes are no response", ErrFrame, len(b))
	}
	if b[0] != byte(to)|reply || b[1] != 0 {
		return Response{}, fmt.Errorf("%w: service %02X answers %02X", ErrFrame, b[0], byte(to))
	}
	end := 4 + 2*int(b[3])
	return Response{to, b[2], b[4:end:end], b[end:]}, nil
}

// maxEmbedded bounds the messages in one: what fits into the largest
// connection.
const maxEmbedded = 1024

// AppendMultiple writes messages behind one another with a table of where each
// begins: the data of a [Multiple] request or response.
func AppendMultiple(dst []byte, messages ...[]byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(messages)))
	at := 2 + 2*len(messages)
	for _, m := range messages {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(at))
		at += len(m)
	}
	for _, m := range messages {
		dst = append(dst, m...)
	}
	return dst
}

// ParseMultiple takes the messages apart again.
func ParseMultiple(b []byte) ([][]byte, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("%w: %d bytes of many", ErrFrame, len(b))
	}
	n := int(binary.LittleEndian.Uint16(b))
	if n > maxEmbedded || len(b) < 2+2*n {
		return nil, fmt.Errorf("%w: %d messages in %d bytes", ErrFrame, n, len(b))
	}
	out := make([][]byte, n)
	end := len(b)
	for i := n - 1; i >= 0; i-- {
		at := int(binary.LittleEndian.Uint16(b[2+2*i:]))
		if at < 2+2*n || at > end {
			return nil, fmt.Errorf("%w: message %d of %d begins at %d", ErrFrame, i+1, n, at)
		}
		out[i] = b[at:end:end]
		end = at
	}
	if n > 0 && end != 2+2*n || n == 0 && len(b) != 2 {
		return nil, fmt.Errorf("%w: %d bytes belong to no message", ErrFrame, end-2-2*n)
	}
	return out, nil
}
