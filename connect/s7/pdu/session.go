package pdu

import "fmt"

// Bank is a controller's memory as a server sees it. Data are bytes, of Timers
// and Counters two an element.
type Bank interface {
	// ReadItem fills dst, which is as long as the item is.
	ReadItem(i Item, dst []byte) Code
	// WriteItem takes data as long as the item is; of a bit one byte, 0 or 1.
	WriteItem(i Item, data []byte) Code
	Identity() Identity
}

// MaxPDU is the longest PDU controllers negotiate (S7-1500).
const MaxPDU = 960

// Session is one client's connection to a server: connection request, setup,
// then jobs. The zero value is a new one that negotiates at most Limit.
type Session struct {
	Limit     int // 0 is [MaxPDU]
	connected bool
	length    int
	message   []byte // pieces so far
	list      []byte // what is left of a list that did not fit
	sequence  byte
}

// Answer appends the frames that answer one TPDU, none when more pieces of the
// message are to come. The error means that the server hangs up.
func (s *Session) Answer(dst, tpdu []byte, bank Bank) ([]byte, error) {
	if !s.connected {
		c, err := ParseConnect(tpdu)
		if err != nil || c.Code != ConnectRequest {
			return dst, fmt.Errorf("%w: no connection request", ErrFrame)
		}
		s.connected = true
		c.Code, c.Target, c.Source, c.Reason = ConnectConfirm, c.Source, 1, 0
		return c.Append(dst), nil
	}
	piece, last, err := ParseData(tpdu)
	if err != nil {
		return dst, err
	}
	if s.message = append(s.message, piece...); len(s.message) > MaxFrame {
		return dst, fmt.Errorf("%w: a message of more than %d bytes", ErrFrame, MaxFrame)
	}
	if !last {
		return dst, nil
	}
	m, err := ParseMessage(s.message)
	s.message = nil // m lies in it
	if err != nil {
		return dst, err
	}
	return s.answer(m, bank).Append(dst), nil
}

func (s *Session) answer(m Message, bank Bank) Message {
	if m.Kind == UserData {
		return s.userData(m, bank)
	}
	refuse := func(e Refusal) Message {
		return Message{Kind: Ack, Reference: m.Reference, Class: byte(e >> 8), Code: byte(e)}
	}
	if m.Kind != Job || len(m.Parameter) < 2 {
		return refuse(NotPermitted)
	}
	out := Message{Kind: AckData, Reference: m.Reference}
	switch m.Parameter[0] {
	case funcSetup:
		if len(m.Parameter) != 8 {
			return refuse(NotPermitted)
		}
		most := s.Limit
		if most == 0 {
			most = MaxPDU
		}
		agreed := setupOf(m.Parameter)
		s.length = max(min(int(agreed.Length), most), 240) // snap7 and controllers give 240 at least
		agreed.Calling, agreed.Called, agreed.Length = 1, 1, uint16(s.length)
		out.Parameter = agreed.append(nil)
		return out
	case funcRead:
		return s.read(m, out, bank, refuse)
	case funcWrite:
		return s.write(m, out, bank, refuse)
	}
	return refuse(NotPermitted)
}

// tooLong refuses a job that does not fit the negotiated length, or whose answer
// does not, and any job before the setup.
const tooLong Refusal = 0x8500

// items reads a job's items; false when the parameter is not made of them.
func (s *Session) items(m Message) (items []Item, codes []Code, ok bool) {
	n := int(m.Parameter[1])
	if n == 0 || len(m.Parameter) != 2+itemSize*n || n > MaxItems || JobHeader+len(m.Parameter)+len(m.Data) > s.length {
		return nil, nil, false
	}
	for at := 2; at < len(m.Parameter); at += itemSize {
		i, code := parseItem(m.Parameter[at : at+itemSize])
		items, codes = append(items, i), append(codes, code)
	}
	return items, codes, true
}

func (s *Session) read(m, out Message, bank Bank, refuse func(Refusal) Message) Message {
	items, codes, ok := s.items(m)
	if !ok {
		return refuse(tooLong)
	}
	budget := NewBudget(s.length)
	for n, i := range items {
		if codes[n] == Good && !budget.Take(i.bytes()) {
			return refuse(tooLong)
		}
	}
	out.Parameter = []byte{funcRead, byte(len(items))}
	for n, i := range items {
		if len(out.Data)%2 != 0 {
			out.Data = append(out.Data, 0)
		}
		var data []byte
		code := codes[n]
		if code == Good {
			data = make([]byte, i.bytes())
			code = bank.ReadItem(i, data)
		}
		if code != Good {
			out.Data = append(out.Data, byte(code), 0, 0, 0)
			continue
		}
		out.Data = appendData(out.Data, i, byte(Good), data)
	}
	return out
}

func (s *Session) write(m, out Message, bank Bank, refuse func(Refusal) Message) Message {
	items, codes, ok := s.items(m)
	if !ok {
		return refuse(tooLong)
	}
	out.Parameter = []byte{funcWrite, byte(len(items))}
	rest := m.Data
	for n, i := range items {
		if len(rest) < itemHeader || len(rest) < itemHeader+dataLength(rest) {
			return refuse(tooLong)
		}
		length := dataLength(rest)
		data := rest[itemHeader : itemHeader+length]
		rest = rest[min(itemHeader+even(length), len(rest)):]
		code := codes[n]
		if code == Good && length != i.bytes() {
			code = TypeInconsistent
		}
		if code == Good {
			code = bank.WriteItem(i, data)
		}
		out.Data = append(out.Data, byte(code))
	}
	return out
}

// userData answers the question for a system status list, in parts when it does
// not fit.
func (s *Session) userData(m Message, bank Bank) Message {
	p := m.Parameter
	out := Message{Kind: UserData, Reference: m.Reference, Parameter: []byte{0, 1, 0x12, nextParam, 0x12, answerCPU, readList, 0, 0, 0, 0, 0}}
	refuse := func(e Refusal) Message {
		out.Parameter[10], out.Parameter[11] = byte(e>>8), byte(e)
		out.Data = []byte{byte(NotExisting), 0, 0, 0}
		return out
	}
	if len(p) < 8 || p[5] != askCPU || p[6] != readList || s.length == 0 {
		if len(p) > 6 {
			out.Parameter[5], out.Parameter[6] = p[5]&^0x40|0x80, p[6]
		}
		return refuse(NotPermitted)
	}
	if p[3] == firstParam {
		if len(m.Data) != 8 {
			return refuse(NotPermitted)
		}
		id := bank.Identity()
		s.list = id.list(uint16(m.Data[4])<<8|uint16(m.Data[5]), uint16(m.Data[6])<<8|uint16(m.Data[7]))
		s.sequence++
	}
	if len(s.list) == 0 {
		return refuse(0xD402)
	}
	out.Parameter[7] = max(s.sequence, 1)
	part := s.list[:min(len(s.list), s.length-JobHeader-len(out.Parameter)-itemHeader)]
	if s.list = s.list[len(part):]; len(s.list) > 0 {
		out.Parameter[9] = 1
	}
	out.Data = append([]byte{byte(Good), dataOct, byte(len(part) >> 8), byte(len(part))}, part...)
	return out
}
