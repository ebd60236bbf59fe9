package opcua

import (
	"context"
	"errors"
	"fmt"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
	"zhigai/plant"
)

const (
	// maxTypes bounds the data types that a session remembers.
	maxTypes = 10_000
	// lastSimple is the highest number of a type that the encoding itself knows
	// or that only stands for a group of those (OPC UA Part 6, 5.1.2 and Part 3, 8).
	lastSimple = id.Enumeration
)

// base is the ancestor of a data type that says how it stands on the wire.
func (s *session) base(ctx context.Context, t *ua.NodeID) (uint32, error) {
	for at := t; ; {
		if at.Namespace() == 0 && at.IntID() >= 1 && at.IntID() <= lastSimple {
			return at.IntID(), nil
		}
		key := at.String()
		s.mu.Lock()
		up, n := s.supertypes[key], len(s.supertypes)
		s.mu.Unlock()
		if up == nil {
			if n >= maxTypes {
				return 0, fmt.Errorf("%w: more than %d data types", connect.ErrMalformed, maxTypes)
			}
			above, err := s.references(ctx, []*ua.NodeID{at}, look{types: id.HasSubtype, inverse: true, mask: ua.BrowseResultMaskAll, perAnswer: 1})
			if err != nil {
				return 0, err
			}
			if len(above[0].refs) != 1 || here(above[0].refs[0]) == nil {
				return 0, fmt.Errorf("%w: data type %s is derived from none that is known", connect.ErrMalformed, t)
			}
			up = here(above[0].refs[0])
			s.mu.Lock()
			s.supertypes[key] = up
			s.mu.Unlock()
		}
		at = up
	}
}

// builtin is the type in which a value of a data type is encoded.
func (s *session) builtin(ctx context.Context, t *ua.NodeID) (ua.TypeID, error) {
	n, err := s.base(ctx, t)
	if err != nil {
		return 0, err
	}
	switch n {
	case id.Number:
		return ua.TypeIDDouble, nil
	case id.Integer:
		return ua.TypeIDInt64, nil
	case id.UInteger:
		return ua.TypeIDUint64, nil
	case id.Enumeration:
		return ua.TypeIDInt32, nil
	}
	return ua.TypeID(n), nil
}

// kindOf is the tag kind of a data type, "" for a structure.
func (s *session) kindOf(ctx context.Context, t *ua.NodeID) (plant.TagKind, error) {
	n, err := s.base(ctx, t)
	if errors.Is(err, connect.ErrMalformed) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	switch {
	case n == id.Enumeration:
		return plant.KindEnumeration, nil
	case n == id.Boolean:
		return plant.KindBoolean, nil
	case n >= id.SByte && n <= id.Double, n == id.Number, n == id.Integer, n == id.UInteger:
		return plant.KindNumber, nil
	case n == id.String || n == id.LocalizedText || n == id.DateTime || n == id.ByteString || n == id.GUID:
		return plant.KindText, nil
	}
	return "", nil
}
