package access

import (
	"fmt"
	"regexp"
	"strings"
)

// Area is a part of the firms that a node knows: fields that are given must all
// hold, the zero Area is every firm.
type Area struct {
	// Region is the beginning of a division code of GB/T 2260: 33, 3306, 330624.
	Region string `json:"region,omitempty"`
	// Sector is the beginning of a class of GB/T 4754 with its section: C, C34, C3451.
	Sector string `json:"sector,omitempty"`
	// Enterprise is the id of one firm.
	Enterprise string `json:"enterprise,omitempty"`
}

// Allows reports whether a firm lies in the area.
func (a Area) Allows(region, sector, enterprise string) bool {
	return strings.HasPrefix(region, a.Region) && strings.HasPrefix(sector, a.Sector) &&
		(a.Enterprise == "" || a.Enterprise == enterprise)
}

// holds reports whether every firm of b lies in a, for all that the codes say.
func (a Area) holds(b Area) bool { return a.Allows(b.Region, b.Sector, b.Enterprise) }

// Meets reports whether a firm may lie in both, for all that the codes say.
func (a Area) Meets(b Area) bool {
	along := func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
	return along(a.Region, b.Region) && along(a.Sector, b.Sector) && (a.Enterprise == "" || b.Enterprise == "" || a.Enterprise == b.Enterprise)
}

// Narrow is what of the areas lies in the region, the beginning of a code.
func Narrow(areas []Area, region string) []Area {
	var out []Area
	for _, a := range areas {
		switch {
		case strings.HasPrefix(a.Region, region):
		case strings.HasPrefix(region, a.Region):
			a.Region = region
		default:
			continue
		}
		out = append(out, a)
	}
	return out
}

const maxEnterprise = 60 // bytes of a firm's id

var (
	regionPrefix = regexp.MustCompile(`^([0-9]{2}){1,3}$`)
	sectorPrefix = regexp.MustCompile(`^[A-T]([0-9]{2,4})?$`)
)

func (a Area) check() error {
	switch {
	case a.Region != "" && !regionPrefix.MatchString(a.Region):
		return fmt.Errorf("%w: region %.20q; write 2, 4 or 6 digits of a division code: 33 a province, 3306 a city, 330624 a county", ErrInvalid, a.Region)
	case a.Sector != "" && !sectorPrefix.MatchString(a.Sector):
		return fmt.Errorf("%w: sector %.20q; write the section of GB/T 4754 and up to 4 digits: C, C34, C3451", ErrInvalid, a.Sector)
	case len(a.Enterprise) > maxEnterprise:
		return fmt.Errorf("%w: the id of a firm is longer than %d bytes", ErrInvalid, maxEnterprise)
	}
	return nil
}
