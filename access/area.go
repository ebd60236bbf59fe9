package access

import "strings"

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

// Areas are the firms for which the principal has the permission; none without
// it. What lists firms shows those that lie in one of them at least.
func (p Principal) Areas(perm Permission) []Area {
	if !p.May(perm, "") {
		return nil
	}
	return []Area{{}}
}
