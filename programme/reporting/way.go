package reporting

import (
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// What is done to a report.
type What string

// Steps.
const (
	Freeze  What = "freeze"
	Submit  What = "submit"
	Return  What = "return" // with a question
	Explain What = "explain"
	Approve What = "approve"
	Revise  What = "revise"  // freezes anew, with a reason
	Decline What = "decline" // lets the reported values stand although others are computed now
	Remind  What = "remind"
	Answer  What = "answer" // a reminder
	// Refuse is no step of a person: the node above did not take one.
	Refuse What = "refuse"
)

// Steps are all that people do.
var Steps = []What{Freeze, Submit, Return, Explain, Approve, Revise, Decline, Remind, Answer}

// Side says who may do a step, seen from the report's region.
type Side string

// Sides.
const (
	Own    Side = "own"    // the level itself
	Above  Side = "above"  // the level right above: a county's city
	Higher Side = "higher" // any level above
	Chain  Side = "chain"  // the level itself or any above
)

// way is a step from some states to another; to "" stays where it is.
type way struct {
	what What
	from []State
	to   State
	by   Side
}

// ways are all that may be done to a report. Freezing and reminding change no
// figure by a person's will, so that every level above may do them.
var ways = []way{
	{Freeze, []State{Open}, Draft, Chain},
	{Submit, []State{Draft}, Submitted, Own},
	{Return, []State{Submitted, Explained, Revised, Approved}, Returned, Above},
	{Explain, []State{Returned}, Explained, Own},
	{Approve, []State{Submitted, Explained, Revised}, Approved, Above},
	{Revise, []State{Draft}, Draft, Own},
	{Revise, []State{Returned, Approved}, Revised, Own},
	{Decline, []State{Draft, Returned, Approved}, "", Own},
	{Remind, []State{Open, Draft, Returned}, "", Higher},
	{Answer, States, "", Own},
}

// needsWords are the steps that say nothing without words.
var needsWords = []What{Return, Explain, Revise, Decline, Remind, Answer}

// Standing is where somebody stands to a region. Away and Ruled are of the node
// that is asked: what the region itself says is said at another one, and what the
// levels above say of it.
type Standing struct{ Own, Above, Higher, Away, Ruled bool }

// StandingOf tells it of areas: only those of whole regions count, neither a
// sector nor a firm speaks for its county. Who holds every firm stands right above
// the provinces.
func StandingOf(areas []access.Area, region string) (s Standing) {
	prefix := plant.RegionPrefix(region)
	for _, a := range areas {
		if a.Sector != "" || a.Enterprise != "" || !strings.HasPrefix(prefix, a.Region) {
			continue
		}
		switch len(prefix) - len(a.Region) {
		case 0:
			s.Own = true
		case 2:
			s.Above, s.Higher = true, true
		default:
			s.Higher = true
		}
	}
	return s
}

// Sees reports whether the region lies within the areas as a whole.
func (s Standing) Sees() bool { return s.Own || s.Higher }

func (s Standing) is(by Side) bool {
	switch by {
	case Own:
		return s.Own && !s.Away
	case Above:
		return s.Above && !s.Ruled
	case Higher:
		return s.Higher && !s.Ruled
	}
	return s.Sees() && !s.Away
}

// Possible is a step that the state allows, and whether the asker may do it.
type Possible struct {
	What What `json:"what" enum:"freeze,submit,return,explain,approve,revise,decline,remind,answer"`
	By   Side `json:"by" enum:"own,above,higher,chain"`
	May  bool `json:"may"`
}

// possible are the steps from where the report stands.
func possible(h Head, s Standing) []Possible {
	out := []Possible{}
	for _, w := range ways {
		if slices.Contains(w.from, h.State) && (w.what != Answer || len(h.Reminders) > 0) {
			out = append(out, Possible{w.what, w.by, s.is(w.by)})
		}
	}
	return out
}

// next is the state behind a step. One that the state does not allow is ErrState,
// one that is somebody else's access.ErrForbidden; both say what is possible and
// who may.
func next(h Head, what What, s Standing) (State, error) {
	if !slices.Contains(Steps, what) {
		return "", invalid("step %.20q; write one of %v", what, Steps)
	}
	steps := possible(h, s)
	at := slices.IndexFunc(steps, func(p Possible) bool { return p.What == what })
	if at < 0 {
		return "", fmt.Errorf("%w: the report is %s and cannot %s; possible: %s", ErrState, h.State, what, told(steps, h.Level))
	}
	if !steps[at].May {
		return "", fmt.Errorf("%w: %s is for %s of %s; you are not it", access.ErrForbidden, what, who(steps[at].By, h.Level), h.Region)
	}
	for _, w := range ways {
		if w.what == what && slices.Contains(w.from, h.State) && w.to != "" {
			return w.to, nil
		}
	}
	return h.State, nil
}

func told(steps []Possible, level plant.RegionLevel) string {
	var out []string
	for _, p := range steps {
		out = append(out, fmt.Sprintf("%s by %s", p.What, who(p.By, level)))
	}
	return strings.Join(out, ", ")
}

func who(by Side, level plant.RegionLevel) string {
	above := map[plant.RegionLevel]string{plant.County: "the city", plant.City: "the province", plant.Province: "those who hold every firm"}[level]
	switch by {
	case Own:
		return "the " + string(level) + " itself"
	case Above:
		return above
	case Higher:
		return above + " or higher"
	}
	return "the " + string(level) + " or a level above"
}
