package fact

import "zhigai/plant"

// Command is the payload of [KindCommand]: somebody asks for a signal of a
// machine, the event's subject, to be set. The event's id is the command's.
type Command struct {
	Signal  string       `json:"signal"`
	Value   Setting      `json:"value"`          // in the plant's unit
	Seen    *Setting     `json:"seen,omitempty"` // what stood there when the person decided
	Unit    string       `json:"unit,omitempty"`
	By      string       `json:"by"` // the person's name
	Note    string       `json:"note,omitempty"`
	Key     string       `json:"key,omitempty"`  // of the request: the same again is no second command
	Expires plant.Micros `json:"expires"`        // it is not sent after that
	Node    string       `json:"node,omitempty"` // that gives it to the machine
	// Approvals is how many other people say yes before it is checked and sent.
	Approvals int `json:"approvals,omitempty"`
	// Source is what decided on the value: "" for a person, loop:ID, rule:ID or
	// recipe:ID for what acts by itself in the name of the one who put it to work.
	Source string `json:"source,omitempty"`
}

// Setting is a value that a signal has or is to have: Number counts for
// numbers, booleans (0, 1) and codes, Text for texts.
type Setting struct {
	Number *float64 `json:"number,omitempty"`
	Text   *string  `json:"text,omitempty"`
}

// CommandStep is the payload of [KindStep]. Its source is [CommandSource], and
// the source's sequence the number of the step, so that no step is kept twice.
type CommandStep struct {
	Command string         `json:"command"`
	State   string         `json:"state"`
	By      string         `json:"by,omitempty"`     // the person's name, of approved
	User    string         `json:"user,omitempty"`   // the person, of approved
	Checks  []CommandCheck `json:"checks,omitempty"` // of checked and rejected
	From    *Setting       `json:"from,omitempty"`   // what stood there before
	Raw     *Setting       `json:"raw,omitempty"`    // of sent: the value as the device takes it
	Read    *Setting       `json:"read,omitempty"`   // what was read back
	Detail  string         `json:"detail,omitempty"`
}

// CommandCheck is one thing that must hold before a command is sent.
type CommandCheck struct {
	Check  string `json:"check"`
	Result string `json:"result"` // passed, failed, or skipped where one before it failed
	Detail string `json:"detail,omitempty"`
}

// What became of a check.
const (
	CheckPassed  = "passed"
	CheckFailed  = "failed"
	CheckSkipped = "skipped"
)

// States of a command, in the order in which they can follow one another.
// Behind CommandSent the machine may have the value, whatever else is known.
const (
	CommandRequested = "requested"
	CommandAwaiting  = "awaiting" // approval of other people; no step says it, the request does
	CommandApproved  = "approved" // by one more person; the last of those that it needs
	CommandChecked   = "checked"
	CommandSent      = "sent" // kept before the first byte goes out

	CommandConfirmed  = "confirmed"  // read back as it was to be
	CommandMismatched = "mismatched" // the machine has another value
	CommandFailed     = "failed"     // the machine refused it, or it could not be sent
	CommandExpired    = "expired"    // its time was over before it was sent
	CommandRejected   = "rejected"   // a check did not hold
	CommandUnknown    = "unknown"    // it was sent, and nobody can say what the machine did: look at it
)

// CommandSource is the source of a command's steps.
func CommandSource(id string) string { return "command:" + id }
