package frame

import "encoding/binary"

// Store is a controller's memory as a server sees it.
type Store interface {
	// ReadRange fills dst, which has [Range.Size] bytes.
	ReadRange(r Range, dst []byte) EndCode
	// WriteRange takes as many.
	WriteRange(r Range, data []byte) EndCode
	// Model and version of the controller.
	Model() (model, version string)
}

// Answer is the response of a device with this memory to a command. Any command
// gives one: what cannot be understood an end code.
func Answer(q Frame, s Store) Frame {
	out := Frame{Response: true, Destination: q.Source, Source: q.Destination, SID: q.SID, Command: q.Command}
	switch q.Command {
	case ReadMemory:
		r, end := parseRange(q.Data)
		switch {
		case end != Done:
			out.End = end
		case len(q.Data) != rangeSize+2:
			out.End = CommandTooLong
		case r.Size() > 2*MaxReadWords:
			out.End = ResponseTooLong
		default:
			data := make([]byte, r.Size())
			if out.End = s.ReadRange(r, data); out.End == Done {
				out.Data = data
			}
		}
	case WriteMemory:
		r, end := parseRange(q.Data)
		switch {
		case end != Done:
			out.End = end
		case len(q.Data) != rangeSize+2+r.Size():
			out.End = CountMismatch
		default:
			out.End = s.WriteRange(r, q.Data[rangeSize+2:])
		}
	case ReadMany:
		out.Data, out.End = readMany(q.Data, s)
	case ReadController:
		out.Data, out.End = controller(q.Data, s)
	default:
		out.End = UndefinedCommand
	}
	return out
}

func parseRange(b []byte) (Range, EndCode) {
	if len(b) < rangeSize+2 {
		return Range{}, CommandTooShort
	}
	r := Range{Area: Area(b[0]), Start: binary.BigEndian.Uint16(b[1:]), Bit: b[3], Count: int(binary.BigEndian.Uint16(b[4:]))}
	switch {
	case r.Area.width() == 2 && r.Bit != 0, r.Bit > 15:
		return r, AddressRange
	case r.Area.width() == 2 && int(r.Start)+r.Count > 1<<16:
		return r, RangeExceeded
	}
	return r, Done
}

func readMany(b []byte, s Store) ([]byte, EndCode) {
	if len(b)%rangeSize != 0 {
		return nil, CommandFormat
	}
	if len(b)/rangeSize > MaxReadMany {
		return nil, CommandTooLong
	}
	var out []byte
	for ; len(b) > 0; b = b[rangeSize:] {
		r := Range{Area: Area(b[0]), Start: binary.BigEndian.Uint16(b[1:]), Bit: b[3], Count: 1}
		data := make([]byte, r.Size())
		if end := s.ReadRange(r, data); end != Done {
			return nil, end
		}
		out = append(append(out, b[0]), data...)
	}
	return out, Done
}

func controller(b []byte, s Store) ([]byte, EndCode) {
	if len(b) > 1 || len(b) == 1 && b[0] != 0 {
		return nil, ParameterError
	}
	out := make([]byte, controllerSize)
	model, version := s.Model()
	for i := range modelSize {
		out[i] = ' ' // the model is filled up with blanks, the version with NULs
	}
	copy(out[:modelSize], model)
	copy(out[modelSize:2*modelSize], version)
	if len(b) == 0 {
		out = append(out, make([]byte, 64+2)...) // units and remote I/O
	}
	return out, Done
}
