package plant

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RegionLevel is how far down a division stands.
type RegionLevel string

// Levels of divisions, from the outside in.
const (
	Province RegionLevel = "province"
	City     RegionLevel = "city" // prefecture
	County   RegionLevel = "county"
)

// Region is an administrative division with its code of GB/T 2260: six digits,
// two for the province, two for the city, two for the county.
type Region struct {
	Code   string      `json:"code"`
	Name   string      `json:"name"`
	Level  RegionLevel `json:"level" enum:"province,city,county"`
	Parent string      `json:"parent,omitempty"`
	Valid  Validity    `json:"valid,omitzero"`
	// Successors took over what was abolished, the one with most of it first;
	// Predecessors are what a new division was cut out of, likewise.
	Successors   []string `json:"successors,omitempty"`
	Predecessors []string `json:"predecessors,omitempty"`
	Source       string   `json:"source"`
}

// Prefix is what the codes of all divisions within one begin with: 33 of
// 330000, 3306 of 330600, 330624 of itself.
func (r Region) Prefix() string { return RegionPrefix(r.Code) }

// RegionPrefix is [Region.Prefix] of a code; a prefix comes back as it is.
func RegionPrefix(code string) string {
	if len(code) != 6 {
		return code
	}
	return strings.TrimSuffix(strings.TrimSuffix(code, "00"), "00")
}

// Errors of a division that cannot stand at an instant; test with errors.Is.
var (
	ErrNoRegion      = errors.New("no division of GB/T 2260")
	ErrRegionEnded   = errors.New("the division is abolished")
	ErrRegionNotYet  = errors.New("the division did not exist yet")
	errRegionsBroken = errors.New("list of divisions")
)

// Regions is a list of divisions over time.
type Regions struct {
	list   []Region
	at     map[string]int
	called map[string][]int
}

// regionColumns are those of the list of divisions.
var regionColumns = []string{"code", "name", "level", "parent", "from", "to", "successors", "predecessors", "source"}

// shanghai is where a division begins and ends at midnight. China has had one
// zone without summer time since 1991.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// ReadRegions reads the list: CSV in UTF-8 with the columns code, name, level,
// parent, from, to, successors, predecessors (codes divided by spaces), source.
// Days are days in China. A code that names another which is not there is an
// error.
func ReadRegions(raw []byte) (*Regions, error) {
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRegionsBroken, err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], regionColumns) {
		return nil, fmt.Errorf("%w: the first line must be %s", errRegionsBroken, strings.Join(regionColumns, ","))
	}
	out := &Regions{at: map[string]int{}, called: map[string][]int{}}
	for i, row := range rows[1:] {
		r, err := regionOf(row)
		if err == nil && out.known(r.Code) {
			err = fmt.Errorf("%s stands twice", r.Code)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", errRegionsBroken, i+2, err)
		}
		out.at[r.Code] = len(out.list)
		out.called[r.Name] = append(out.called[r.Name], len(out.list))
		out.list = append(out.list, r)
	}
	for _, r := range out.list {
		for _, code := range slices.Concat([]string{r.Parent}, r.Successors, r.Predecessors) {
			if code != "" && !out.known(code) || code == "" && r.Level != Province && r.Parent == "" {
				return nil, fmt.Errorf("%w: %s names %q, which is not in it", errRegionsBroken, r.Code, code)
			}
		}
	}
	return out, nil
}

func regionOf(row []string) (r Region, err error) {
	r = Region{Code: row[0], Name: row[1], Level: RegionLevel(row[2]), Parent: row[3], Successors: strings.Fields(row[6]), Predecessors: strings.Fields(row[7]), Source: row[8]}
	if !regionForm(r.Code) {
		return r, fmt.Errorf("code %q: six digits are wanted", r.Code)
	}
	if want := levelOfRegion(r.Code); want != r.Level {
		return r, fmt.Errorf("%s is a %s by its code, not a %s", r.Code, want, r.Level)
	}
	for _, d := range []struct {
		text string
		into *time.Time
	}{{row[4], &r.Valid.From}, {row[5], &r.Valid.To}} {
		if d.text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, d.text, shanghai)
		if err != nil {
			return r, fmt.Errorf("%s: day %q: write 2021-04-09", r.Code, d.text)
		}
		*d.into = day.UTC()
	}
	return r, nil
}

func regionForm(code string) bool {
	return len(code) == 6 && strings.Trim(code, "0123456789") == ""
}

func levelOfRegion(code string) RegionLevel {
	switch len(RegionPrefix(code)) {
	case 2:
		return Province
	case 4:
		return City
	}
	return County
}

func (r *Regions) known(code string) bool {
	_, ok := r.at[code]
	return ok
}

// Get is the division of a code, whenever it was valid.
func (r *Regions) Get(code string) (Region, bool) {
	i, ok := r.at[code]
	if !ok {
		return Region{}, false
	}
	return r.list[i], true
}

// At is the division of a code at an instant. One that did not exist then is
// ErrRegionEnded or ErrRegionNotYet and names what stood in its place.
func (r *Regions) At(code string, t time.Time) (Region, error) {
	found, ok := r.Get(code)
	switch {
	case !ok && !regionForm(code):
		return found, fmt.Errorf("%q: %w: write the six digits of a county, such as 330624", code, ErrNoRegion)
	case !ok:
		return found, fmt.Errorf("%s: %w", code, ErrNoRegion)
	case t.Before(found.Valid.From):
		return found, fmt.Errorf("%s %s: %w: it exists since %s; before that write %s", code, found.Name, ErrRegionNotYet, day(found.Valid.From), r.named(found.Predecessors))
	case !found.Valid.At(t):
		return found, fmt.Errorf("%s %s: %w since %s; write %s", code, found.Name, ErrRegionEnded, day(found.Valid.To), r.named(found.Successors))
	}
	return found, nil
}

func day(t time.Time) string { return t.In(shanghai).Format(time.DateOnly) }

// named is "330102 上城区 or 330114 钱塘区".
func (r *Regions) named(codes []string) string {
	out := make([]string, len(codes))
	for i, code := range codes {
		out[i] = code + " " + r.list[r.at[code]].Name
	}
	return strings.Join(out, " or ")
}

// Roll gives the codes under which, at an instant, what stands under code is
// found: itself while it is valid, else what came after or before it. The first
// has most of it; more than one means that somebody must decide. Nil is a code
// that nothing is known of.
func (r *Regions) Roll(code string, t time.Time) []string {
	var out []string
	todo := []string{code}
	for seen := map[string]bool{}; len(todo) > 0; todo = todo[1:] {
		found, ok := r.Get(todo[0])
		switch {
		case !ok || seen[found.Code]:
			continue
		case found.Valid.At(t):
			out = append(out, found.Code)
		case t.Before(found.Valid.From):
			todo = append(todo, found.Predecessors...)
		default:
			todo = append(todo, found.Successors...)
		}
		seen[found.Code] = true
	}
	return out
}

// Seat checks that a firm may stand under a code at an instant: a division of
// the lowest level there is, which is a county but for the few cities that
// have none.
func (r *Regions) Seat(code string, t time.Time) (Region, error) {
	found, err := r.At(code, t)
	if err != nil {
		return found, err
	}
	if found.Level == County {
		return found, nil
	}
	for _, below := range r.list {
		if below.Parent == code && below.Valid.At(t) {
			return found, fmt.Errorf("%s %s: %w that firms stand in: write one of its counties, such as %s %s", code, found.Name, ErrNoRegion, below.Code, below.Name)
		}
	}
	return found, nil
}

// All are the divisions at an instant in order of their codes, those whose
// codes begin with prefix; the zero time is all that ever were.
func (r *Regions) All(prefix string, t time.Time) []Region {
	out := []Region{}
	for _, one := range r.list {
		if strings.HasPrefix(one.Code, prefix) && (t.IsZero() || one.Valid.At(t)) {
			out = append(out, one)
		}
	}
	return out
}

// Path names a division from the outside in: 浙江省 绍兴市 新昌县.
func (r *Regions) Path(code string) string {
	var names []string
	for found, ok := r.Get(code); ok; found, ok = r.Get(found.Parent) {
		names = append([]string{found.Name}, names...)
	}
	return strings.Join(names, " ")
}

// Named are the divisions of the lowest level that have a name at an instant.
func (r *Regions) Named(name string, t time.Time) []Region {
	var out []Region
	for _, i := range r.called[name] {
		if r.list[i].Level == County && r.list[i].Valid.At(t) {
			out = append(out, r.list[i])
		}
	}
	return out
}
