package pdu

import "fmt"

// Read Device Identification (V1.1b3, clause 6.21): the type of encapsulated
// interface, and the category with vendor, product and revision.
const (
	identityType  = 14
	identityBasic = 1
)

// Identity is what a device says of itself: 0 vendor, 1 product code,
// 2 revision, 3 and up what it likes.
type Identity map[byte]string

// Append reads the data of an answer to ReadIdentity into the identity. More
// is the object to ask for next, 0 when the device has said all.
func (id Identity) Append(data []byte) (more byte, err error) {
	if len(data) < 5 {
		return 0, fmt.Errorf("%w: identity of %d bytes", ErrFrame, len(data))
	}
	rest := data[5:]
	for range data[4] {
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return 0, fmt.Errorf("%w: identity ends inside an object", ErrFrame)
		}
		id[rest[0]] = string(rest[2 : 2+int(rest[1])])
		rest = rest[2+int(rest[1]):]
	}
	if len(rest) > 0 {
		return 0, fmt.Errorf("%w: %d bytes behind the identity", ErrFrame, len(rest))
	}
	if data[2] == 0 {
		return 0, nil
	}
	return data[3], nil
}
