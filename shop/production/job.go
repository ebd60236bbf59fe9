package production

import (
	"cmp"
	"slices"

	"zhigai/plant"
)

// JobState of a job order, as OPC 10031-4 (ISA-95 Job Control) numbers them:
// NotAllowedToStart 1, AllowedToStart 2 {Waiting 1, Ready 2, Loaded 3}, Running 3,
// Interrupted 4 {Held 1, Suspended 2}, Ended 5 {Completed 1, Closed 2}, Aborted 6.
type JobState string

// States of a job order.
const (
	NotAllowed JobState = "not_allowed"
	Waiting    JobState = "waiting"   // for material, tools, people
	Ready      JobState = "ready"     // all is there
	Loaded     JobState = "loaded"    // at the machine, which is set up for it
	Running    JobState = "running"   //
	Held       JobState = "held"      // by a constraint
	Suspended  JobState = "suspended" // on purpose
	Completed  JobState = "completed" //
	Closed     JobState = "closed"    // and nothing will be booked any more
	Aborted    JobState = "aborted"   //
)

// Command changes the state of a job order.
type Command string

// Commands. Start, Revoke, Pause, Resume, Stop, Abort are those of OPC 10031-4;
// there the machine itself goes from Loaded to Running, here Run says so.
const (
	Start    Command = "start"    // it may begin
	Revoke   Command = "revoke"   // it may not begin any more
	Prepare  Command = "prepare"  // material and tools are there
	Load     Command = "load"     // the machine is set up for it
	Run      Command = "run"      //
	Pause    Command = "pause"    // on purpose
	Hold     Command = "hold"     // something is in the way
	Resume   Command = "resume"   //
	Complete Command = "complete" //
	Close    Command = "close"    //
	Abort    Command = "abort"    //
)

// moves says where each command leads from which state.
var moves = map[Command]struct {
	from []JobState
	to   JobState
}{
	Start:    {[]JobState{NotAllowed}, Waiting},
	Revoke:   {[]JobState{Waiting, Ready, Loaded}, NotAllowed},
	Prepare:  {[]JobState{Waiting}, Ready},
	Load:     {[]JobState{Waiting, Ready}, Loaded},
	Run:      {[]JobState{Waiting, Ready, Loaded}, Running},
	Pause:    {[]JobState{Running}, Suspended},
	Hold:     {[]JobState{Loaded, Running, Suspended}, Held},
	Resume:   {[]JobState{Held, Suspended}, Running},
	Complete: {[]JobState{Running, Held, Suspended}, Completed},
	Close:    {[]JobState{Completed}, Closed},
	Abort:    {[]JobState{Waiting, Ready, Loaded, Running, Held, Suspended}, Aborted},
}

// Begun says whether work on a job has begun.
func (s JobState) Begun() bool {
	return slices.Contains([]JobState{Loaded, Running, Held, Suspended, Completed, Closed}, s)
}

// Ended says whether nothing is made in it any more.
func (s JobState) Ended() bool { return slices.Contains([]JobState{Completed, Closed, Aborted}, s) }

// Commands lists what a job in the state can be told.
func (s JobState) Commands() []Command {
	var out []Command
	for _, c := range []Command{Start, Revoke, Prepare, Load, Run, Pause, Hold, Resume, Complete, Close, Abort} {
		if slices.Contains(moves[c].from, s) {
			out = append(out, c)
		}
	}
	return out
}

// Job is a job order: one segment of an order.
type Job struct {
	No         int           `json:"no" doc:"Of the segment"`
	Name       plant.Name    `json:"name"`
	State      JobState      `json:"state" enum:"not_allowed,waiting,ready,loaded,running,held,suspended,completed,closed,aborted"`
	Since      plant.Instant `json:"since"`
	Reason     string        `json:"reason,omitempty" doc:"Why it is held, suspended or aborted"`
	Quantity   int64         `json:"quantity" doc:"Good units to be made"`
	Outside    bool          `json:"outside,omitempty" doc:"Done by a supplier"`
	Crew       int           `json:"crew" doc:"People who may be at work on it together"`
	First      bool          `json:"first,omitempty" doc:"Its first piece must be approved"`
	Equipment  plant.NodeID  `json:"equipment,omitempty" doc:"Where it is planned, or is being done"`
	From       plant.Instant `json:"from,omitempty" doc:"Planned"`
	To         plant.Instant `json:"to,omitempty" doc:"Planned"`
	Locked     bool          `json:"locked,omitempty" doc:"Planning leaves it where it is"`
	Began      plant.Instant `json:"began,omitempty"`
	Ended      plant.Instant `json:"ended,omitempty"`
	Runs       []MachineRun  `json:"-"`
	Setups     []Interval    `json:"-"` // from loading to running
	Operators  []string      `json:"operators" nullable:"false" doc:"At work on it now"`
	Work       []Work        `json:"-"`
	FirstPiece *FirstPiece   `json:"first_piece,omitempty"`
	Made       Made          `json:"made"`
	entered    Made          // by people, for this job
}

// Interval is a stretch of time; To is 0 while it lasts.
type Interval struct{ From, To plant.Instant }

// Joined are stretches of time, all ended, in order and made one where they lie no
// further apart.
func Joined(all []Interval, apart plant.Instant) (out []Interval) {
	slices.SortFunc(all, func(a, b Interval) int { return cmp.Compare(a.From, b.From) })
	for _, i := range all {
		if n := len(out); n > 0 && i.From <= out[n-1].To+apart {
			out[n-1].To = max(out[n-1].To, i.To)
			continue
		}
		out = append(out, i)
	}
	return out
}

// MachineRun is time in which a job was running at a machine.
type MachineRun struct {
	Interval
	Equipment plant.NodeID
}

// Work is time in which a person was at work on a job.
type Work struct {
	Interval
	Person string
}

// FirstPiece is what was said of the first piece.
type FirstPiece struct {
	OK   bool          `json:"ok"`
	By   string        `json:"by"`
	At   plant.Instant `json:"at"`
	Note string        `json:"note,omitempty"`
}

// Made is what a job has made, with what of it the machines counted and what
// people entered.
type Made struct {
	Good    int64 `json:"good"`
	Scrap   int64 `json:"scrap"`
	Rework  int64 `json:"rework"`
	Counted int64 `json:"counted" doc:"Of all, by machines"`
	Typed   int64 `json:"typed" doc:"Of all, entered by people; negative when they took away"`
}

// Total is all that was produced (PQ of ISO 22400-2).
func (m Made) Total() int64 { return m.Good + m.Scrap + m.Rework }
