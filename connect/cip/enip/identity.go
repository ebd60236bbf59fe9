package enip

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Identity is what a device says of itself (CIP volume 1, 5-2; volume 2, 2-4.2).
type Identity struct {
	Vendor, Type, Product uint16
	Major, Minor          byte
	Status                uint16
	Serial                uint32
	Name                  string
	State                 byte
}

func (i Identity) String() string {
	return fmt.Sprintf("%s revision %d.%d serial %08X (vendor %d)", strings.TrimSpace(strings.ToValidUTF8(i.Name, "\uFFFD")), i.Major, i.Minor, i.Serial, i.Vendor)
}

// attributes are those of instance 1 of the identity object.
func (i Identity) attributes() []byte {
	le := binary.LittleEndian
	d := le.AppendUint16(nil, i.Vendor)
	d = le.AppendUint16(d, i.Type)
	d = le.AppendUint16(d, i.Product)
	d = append(d, i.Major, i.Minor)
	d = le.AppendUint16(d, i.Status)
	d = le.AppendUint32(d, i.Serial)
	name := i.Name[:min(len(i.Name), 255)]
	return append(append(d, byte(len(name))), name...)
}

// identityAddress is what stands before the attributes: protocol version and
// socket address.
const identityAddress = 18

// Listed is the data of the answer to [ListIdentity].
func (i Identity) Listed() []byte {
	d := make([]byte, identityAddress, 64)
	d[0] = 1 // version of the encapsulation
	binary.BigEndian.PutUint16(d[2:], 2)
	binary.BigEndian.PutUint16(d[4:], Port)
	return AppendItems(nil, Item{IdentityItem, append(append(d, i.attributes()...), i.State)})
}

// ParseListed reads the data of the answer to [ListIdentity].
func ParseListed(b []byte) (Identity, error) {
	items, err := ParseItems(b)
	if err != nil {
		return Identity{}, err
	}
	for _, one := range items {
		const fixed = identityAddress + 15
		d, le := one.Data, binary.LittleEndian
		if one.Type != IdentityItem || len(d) < fixed || len(d) < fixed+int(d[fixed-1]) {
			continue
		}
		d = d[identityAddress:]
		i := Identity{
			Vendor: le.Uint16(d), Type: le.Uint16(d[2:]), Product: le.Uint16(d[4:]), Major: d[6], Minor: d[7], Status: le.Uint16(d[8:]), Serial: le.Uint32(d[10:]),
			Name: string(d[15 : 15+int(d[14])]),
		}
		if rest := d[15+int(d[14]):]; len(rest) > 0 {
			i.State = rest[0]
		}
		return i, nil
	}
	return Identity{}, fmt.Errorf("%w: no identity in %d items", ErrFrame, len(items))
}
