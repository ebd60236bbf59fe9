package line

import (
	"regexp"
	"slices"

	"zhigai/plant"
)

// Function is what a station is for.
type Function string

const (
	Machining  Function = "machining"
	Packaging  Function = "packaging"
	Handling   Function = "handling"
	Batching   Function = "batching"
	Assembly   Function = "assembly"
	Inspection Function = "inspection"
	Loading    Function = "loading"
	Storage    Function = "storage"
)

var functions = []Function{Machining, Packaging, Handling, Batching, Assembly, Inspection, Loading, Storage}

// Transfer is how parts get from a station to the next.
type Transfer string

const (
	Conveyor Transfer = "conveyor"
	Robot    Transfer = "robot"
	AGV      Transfer = "agv"
	Manual   Transfer = "manual"
)

var transfers = []Transfer{Conveyor, Robot, AGV, Manual}

// Layout is a line as it is from an instant on, until a later revision says
// otherwise: a revision overrules those before it from its own instant on.
type Layout struct {
	Line     plant.NodeID  `json:"line" maxLength:"60" doc:"The node of the plant that is the line"`
	Path     string        `json:"path" readOnly:"true" doc:"Of the line, when it was saved"`
	Rev      int64         `json:"rev" doc:"The revision that was seen, 0 for a line without one"`
	From     plant.Instant `json:"from" doc:"In force from this instant on"`
	Stations []Station     `json:"stations" nullable:"false" minItems:"1" maxItems:"50"`
	Links    []Link        `json:"links" nullable:"false" maxItems:"200"`
	Note     string        `json:"note,omitempty" maxLength:"1000"`
	By       string        `json:"by" readOnly:"true"`
	At       plant.Instant `json:"at" readOnly:"true" doc:"When it was saved"`
}

// Station is a place of the line with machines that do the same side by side.
type Station struct {
	Code     string         `json:"code" maxLength:"40"`
	Name     plant.Name     `json:"name"`
	Function Function       `json:"function" enum:"machining,packaging,handling,batching,assembly,inspection,loading,storage"`
	Machines []plant.NodeID `json:"machines" nullable:"false" minItems:"1" maxItems:"40"`
}

// Link leads parts from a station to the next, through a buffer.
type Link struct {
	From     string   `json:"from" maxLength:"40" doc:"Code of a station"`
	To       string   `json:"to" maxLength:"40"`
	Transfer Transfer `json:"transfer" enum:"conveyor,robot,agv,manual"`
	MoveMs   int64    `json:"move_ms" minimum:"0" maximum:"86400000" doc:"From counted at the one to ready at the next"`
	// Capacity is nil where the buffer has no limit that matters.
	Capacity *int64 `json:"capacity,omitempty" minimum:"0" maximum:"1000000" doc:"Parts that fit between the stations; 0 where they go from hand to hand; without it the buffer never fills"`
	Take     int64  `json:"take" minimum:"1" maximum:"10000" doc:"Parts that one part of the next station is made of"`
}

// Limits of a layout: a line of more is several lines.
const (
	maxStations = 50
	maxLinks    = 200
	maxMachines = 40 // side by side
	maxAll      = 200
	maxCapacity = 1_000_000
	maxTake     = 10_000
	maxMoveMs   = 24 * 60 * 60 * 1000
	maxNote     = 1000
	maxNameLen  = 200
)

var stationCode = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

// Check says what is wrong with a layout in itself: the plant is not asked.
func (l *Layout) Check() error {
	switch {
	case len(l.Stations) == 0:
		return invalid("a line has a station at least")
	case len(l.Stations) > maxStations || len(l.Links) > maxLinks:
		return invalid("%d stations and %d links; %d and %d are allowed: make several lines of it", len(l.Stations), len(l.Links), maxStations, maxLinks)
	case len(l.Note) > maxNote:
		return invalid("a note of %d bytes; %d are allowed", len(l.Note), maxNote)
	}
	if err := l.checkStations(); err != nil {
		return err
	}
	return l.checkLinks()
}

func (l *Layout) checkStations() error {
	at := map[plant.NodeID]string{}
	for i, s := range l.Stations {
		switch {
		case !stationCode.MatchString(s.Code):
			return invalid("station %d: code %.60q; write small letters, digits, - and _", i+1, s.Code)
		case l.station(s.Code) != i:
			return invalid("station %s is there twice; give one of them another code", s.Code)
		case s.Name.ZH == "" || len(s.Name.ZH) > maxNameLen || len(s.Name.EN) > maxNameLen:
			return invalid("station %s: a Chinese name of at most %d bytes is needed", s.Code, maxNameLen)
		case !slices.Contains(functions, s.Function):
			return invalid("station %s: function %.40q; write one of %v", s.Code, s.Function, functions)
		case len(s.Machines) == 0 || len(s.Machines) > maxMachines:
			return invalid("station %s: %d machines; it has 1 to %d", s.Code, len(s.Machines), maxMachines)
		}
		for _, m := range s.Machines {
			if other, ok := at[m]; ok {
				return invalid("machine %s stands in station %s and in %s; it stands in one", m, other, s.Code)
			}
			at[m] = s.Code
		}
	}
	if len(at) > maxAll {
		return invalid("%d machines; %d are allowed: make several lines of it", len(at), maxAll)
	}
	return nil
}

func (l *Layout) checkLinks() error {
	for i, k := range l.Links {
		switch {
		case l.station(k.From) < 0 || l.station(k.To) < 0:
			return invalid("link %d leads from %.40q to %.40q; there is no such station", i+1, k.From, k.To)
		case slices.ContainsFunc(l.Links[:i], func(o Link) bool { return o.From == k.From && o.To == k.To }):
			return invalid("from %s to %s lead two links; one has the capacity of both", k.From, k.To)
		case !slices.Contains(transfers, k.Transfer):
			return invalid("from %s to %s: transfer %.40q; write one of %v", k.From, k.To, k.Transfer, transfers)
		case k.MoveMs < 0 || k.MoveMs > maxMoveMs:
			return invalid("from %s to %s: %d ms on the way; write 0 to %d", k.From, k.To, k.MoveMs, maxMoveMs)
		case k.Capacity != nil && (*k.Capacity < 0 || *k.Capacity > maxCapacity):
			return invalid("from %s to %s: room for %d parts; write 0 to %d, or nothing where it never fills", k.From, k.To, *k.Capacity, maxCapacity)
		case k.Take < 1 || k.Take > maxTake:
			return invalid("from %s to %s: %d parts for one; write 1 to %d", k.From, k.To, k.Take, maxTake)
		}
	}
	if _, rest := l.order(); len(rest) > 0 {
		return invalid("the links go round in a circle: %v; take one of them out", rest)
	}
	if apart := l.apart(); len(apart) > 0 {
		return invalid("no link leads to or from %v; join them, or take them out of the line", apart)
	}
	return nil
}

// station is the index of a code, -1 for none.
func (l *Layout) station(code string) int {
	return slices.IndexFunc(l.Stations, func(s Station) bool { return s.Code == code })
}

// order lists stations so that each stands behind those that feed it, as far as
// that goes; rest are the codes of those in circles or behind one.
func (l *Layout) order() (out []int, rest []string) {
	into := make([]int, len(l.Stations))
	for _, k := range l.Links {
		into[l.station(k.To)]++
	}
	done := make([]bool, len(l.Stations))
	for {
		next := -1
		for i := range l.Stations {
			if !done[i] && into[i] == 0 {
				next = i
				break
			}
		}
		if next < 0 {
			break
		}
		done[next], out = true, append(out, next)
		for _, k := range l.Links {
			if k.From == l.Stations[next].Code {
				into[l.station(k.To)]--
			}
		}
	}
	for i, s := range l.Stations {
		if !done[i] {
			rest = append(rest, s.Code)
		}
	}
	return out, rest
}

// apart lists stations that no links join with the first.
func (l *Layout) apart() (out []string) {
	reached := map[string]bool{l.Stations[0].Code: true}
	for more := true; more; {
		more = false
		for _, k := range l.Links {
			if reached[k.From] != reached[k.To] {
				reached[k.From], reached[k.To], more = true, true, true
			}
		}
	}
	for _, s := range l.Stations {
		if !reached[s.Code] {
			out = append(out, s.Code)
		}
	}
	return out
}

// into and outOf are the indices of a station's links.
func (l *Layout) into(station int) []int {
	return l.links(func(k Link) string { return k.To }, station)
}

func (l *Layout) outOf(station int) []int {
	return l.links(func(k Link) string { return k.From }, station)
}

func (l *Layout) links(end func(Link) string, station int) (out []int) {
	for i, k := range l.Links {
		if end(k) == l.Stations[station].Code {
			out = append(out, i)
		}
	}
	return out
}

// ends are the stations from which nothing leads on: where the line's parts come
// out.
func (l *Layout) ends() (out []int) {
	for i := range l.Stations {
		if len(l.outOf(i)) == 0 {
			out = append(out, i)
		}
	}
	return out
}

// needs tells for every station how many parts of the given one are in one of its
// own: 1 of itself, 0 where none gets.
func (l *Layout) needs(of int) []int64 {
	out := make([]int64, len(l.Stations))
	out[of] = 1
	order, _ := l.order()
	for _, s := range order {
		if s == of {
			continue
		}
		for _, k := range l.into(s) {
			out[s] += out[l.station(l.Links[k].From)] * l.Links[k].Take
		}
	}
	return out
}

// InForce is the layout that holds at an instant: of those whose time has come the
// one saved last. all are the revisions of one line.
func InForce(all []Layout, at plant.Instant) (Layout, bool) {
	var best Layout
	found := false
	for _, l := range all {
		if l.From <= at && (!found || l.Rev > best.Rev) {
			best, found = l, true
		}
	}
	return best, found
}
