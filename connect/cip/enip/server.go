package enip

import (
	"encoding/binary"
	"errors"
)

// Tags is a controller's data as a server sees it. Names are those of [TagName].
// Errors are a [Status]; any other counts as a path that is not known.
type Tags interface {
	Get(name string) (Value, error)
	Set(name string, v Value) error
	// Symbols are the tags of a program, of the controller with an empty name, by
	// rising instance.
	Symbols(program string) []Symbol
	Identity() Identity
}

// Session is the server's side of one TCP connection. Its zero value with Tags
// is ready.
type Session struct {
	Tags Tags
	// NoLarge, NoConnections and NoMultiple are of devices that do not have them.
	NoLarge, NoConnections, NoMultiple bool

	handle uint32
	open   map[uint32]Opening // by the identifier of the way here
	next   uint32
}

// unconnectedSize is the longest message without a connection (CIP volume 1,
// 3-5.5: 504 bytes with what is around it).
const unconnectedSize = 504

// Handle answers one frame. ok is false when the session is over; without an
// answer the frame wants none.
func (s *Session) Handle(f Frame) (answer []byte, ok bool) {
	out := Frame{Command: f.Command, Session: f.Session, Context: f.Context}
	const wrongSession, notSupported, wrongData = 0x64, 0x01, 0x03 // encapsulation status codes
	switch f.Command {
	case RegisterSession:
		s.handle = 0x5A47_0001
		out.Session, out.Data = s.handle, []byte{1, 0, 0, 0}
	case ListIdentity:
		out.Data = s.Tags.Identity().Listed()
	case UnregisterSession:
		return nil, false
	case SendRRData, SendUnitData:
		if s.handle == 0 || f.Session != s.handle {
			out.Status = wrongSession
			break
		}
		data, err := s.data(f)
		if err != nil {
			out.Status = wrongData
			break
		}
		out.Data = data
	default:
		out.Status = notSupported
	}
	return out.Append(nil), true
}

func (s *Session) data(f Frame) ([]byte, error) {
	if f.Command == SendRRData {
		message, err := ParseUnconnected(f.Data)
		if err != nil {
			return nil, err
		}
		return Unconnected(s.manage(message)), nil
	}
	id, number, message, err := ParseConnected(f.Data)
	if err != nil {
		return nil, err
	}
	o, ok := s.open[id]
	if !ok {
		return nil, ErrFrame
	}
	return Connected(o.ToAsker, number, s.answer(message, o.Size)), nil
}

// manage answers a message without a connection: those to the connection
// manager, or to whom it passes them on.
func (s *Session) manage(message []byte) []byte {
	r, err := ParseRequest(message)
	if err != nil {
		return Response{General: PathSegment}.Append(nil)
	}
	_, class, _, err := ParseObject(r.Path)
	if err != nil || class != ManagerClass {
		return s.answer(message, unconnectedSize)
	}
	refuse := func(general byte) []byte { return Response{Service: r.Service, General: general}.Append(nil) }
	switch {
	case r.Service == UnconnectedSend:
		inner, _, err := Unwrap(r)
		if err != nil {
			return refuse(TooLittleData)
		}
		return s.answer(inner, unconnectedSize)
	case s.NoConnections, r.Service == LargeForwardOpen && s.NoLarge:
		return refuse(ServiceUnknown)
	case r.Service == ForwardOpen || r.Service == LargeForwardOpen:
		o, err := ParseOpening(r)
		if err != nil {
			return refuse(TooLittleData)
		}
		if len(s.open) >= maxItems {
			return refuse(ConnectionFailure)
		}
		s.next++
		o.ToTarget = 0x5A000000 + s.next
		if s.open == nil {
			s.open = map[uint32]Opening{}
		}
		o.Path = nil // it shares the frame's memory
		s.open[o.ToTarget] = o
		return Response{Service: r.Service, Data: o.Opened()}.Append(nil)
	case r.Service == ForwardClose && len(r.Data) >= 10:
		for id, o := range s.open {
			if string(r.Data[2:10]) == string(o.appendName(nil)) {
				delete(s.open, id)
				return Response{Service: r.Service, Data: append(o.appendName(nil), 0, 0)}.Append(nil)
			}
		}
		return refuse(ConnectionFailure)
	}
	return refuse(ServiceUnknown)
}

// answer carries a message out and answers in at most size bytes.
func (s *Session) answer(message []byte, size int) []byte {
	r, err := ParseRequest(message)
	if err != nil {
		return Response{General: PathSegment}.Append(nil)
	}
	out := Response{Service: r.Service}
	data, err := s.carryOut(r, size-4)
	var status Status
	switch {
	case errors.As(err, &status):
		out.General = status.General
		if status.Extended != 0 {
			out.Extended = binary.LittleEndian.AppendUint16(nil, status.Extended)
		}
	case err != nil:
		out.General = PathUnknown
	}
	out.Data = data
	return out.Append(nil)
}

func (s *Session) carryOut(r Request, room int) ([]byte, error) {
	if r.Service == Multiple {
		return s.multiple(r, room)
	}
	if program, class, instance, err := ParseObject(r.Path); err == nil {
		switch {
		case class == IdentityClass && r.Service == GetAttributesAll && instance == 1:
			return s.Tags.Identity().attributes(), nil
		case class == SymbolClass && r.Service == InstanceList:
			return s.list(r, program, instance, room)
		case class == IdentityClass || class == SymbolClass:
			return nil, Status{General: ServiceUnknown}
		}
		return nil, Status{General: PathUnknown}
	}
	name, err := TagName(r.Path)
	if err != nil {
		return nil, Status{General: PathSegment}
	}
	switch r.Service {
	case ReadTag, ReadFragment:
		return s.read(r, name, room)
	case WriteTag:
		v, rest, err := parseType(r.Data)
		if err != nil || len(rest) < 2 || binary.LittleEndian.Uint16(rest) != 1 {
			return nil, Status{General: TooLittleData}
		}
		v.Data = rest[2:]
		return nil, s.Tags.Set(name, v)
	case ModifyTag:
		return nil, s.modify(r, name)
	}
	return nil, Status{General: ServiceUnknown}
}

func (s *Session) multiple(r Request, room int) ([]byte, error) {
	if s.NoMultiple {
		return nil, Status{General: ServiceUnknown}
	}
	messages, err := ParseMultiple(r.Data)
	if err != nil || len(messages) == 0 {
		return nil, Status{General: TooLittleData}
	}
	answers := make([][]byte, len(messages))
	room -= 2 + 2*len(messages)
	bad := false
	for i, m := range messages {
		if len(m) > 0 && Service(m[0]) == Multiple {
			return nil, Status{General: ServiceUnknown} // none inside another
		}
		answers[i] = s.answer(m, room-4*(len(messages)-1-i))
		room -= len(answers[i])
		bad = bad || answers[i][2] != 0
		if room < 0 {
			return nil, Status{General: ReplyTooLarge}
		}
	}
	if bad {
		return AppendMultiple(nil, answers...), Status{General: EmbeddedError}
	}
	return AppendMultiple(nil, answers...), nil
}

// read gives an element, or the part of it that fits.
func (s *Session) read(r Request, name string, room int) ([]byte, error) {
	if len(r.Data) < 2 || r.Service == ReadFragment && len(r.Data) < 6 {
		return nil, Status{General: TooLittleData}
	}
	if binary.LittleEndian.Uint16(r.Data) != 1 {
		return nil, Status{GeneralError, BeyondEnd}
	}
	v, err := s.Tags.Get(name)
	if err != nil {
		return nil, err
	}
	data := v.Data
	if r.Service == ReadFragment {
		offset := binary.LittleEndian.Uint32(r.Data[2:])
		if uint64(offset) > uint64(len(data)) {
			return nil, Status{GeneralError, BeyondEnd}
		}
		data = data[offset:]
	}
	out := v.AppendType(nil)
	if fits := room - len(out); fits < len(data) {
		if fits <= 0 {
			return nil, Status{General: PartialTransfer}
		}
		return append(out, data[:fits]...), Status{General: PartialTransfer}
	}
	return append(out, data...), nil
}

// modify sets and clears bits of an integer.
func (s *Session) modify(r Request, name string) error {
	v, err := s.Tags.Get(name)
	if err != nil {
		return err
	}
	size := len(v.Data)
	if len(r.Data) != 2+2*size || int(r.Data[0]) != size || sizes[v.Type] != size {
		return Status{General: TooLittleData}
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = (v.Data[i] | r.Data[2+i]) & r.Data[2+size+i]
	}
	v.Data = data
	return s.Tags.Set(name, v)
}

// list gives the tags from an instance on, as many as fit.
func (s *Session) list(r Request, program string, from uint32, room int) ([]byte, error) {
	if string(r.Data) != "\x02\x00\x01\x00\x02\x00" {
		return nil, Status{General: ServiceUnknown}
	}
	var out []byte
	for _, symbol := range s.Tags.Symbols(program) {
		if symbol.Instance < from {
			continue
		}
		one := AppendSymbol(out, symbol)
		if len(one) > room {
			return out, Status{General: PartialTransfer}
		}
		out = one
	}
	return out, nil
}
