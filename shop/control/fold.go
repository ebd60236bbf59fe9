package control

import (
	"encoding/json"
	"fmt"
	"strings"

	"zhigai/fact"
	"zhigai/plant"
)

// Numbers of the steps within a command, by which the journal keeps none twice.
const (
	seqChecked uint64 = 1
	seqSent    uint64 = 2
	seqFinal   uint64 = 3
	// Approvals are numbered from here on, though they come before the others.
	seqApproved uint64 = 11
)

// stepNumbers in the order of their steps.
var stepNumbers = []uint64{seqApproved, seqApproved + 1, seqChecked, seqSent, seqFinal}

// seqOf is the number of the next step of a command.
func (c *Command) seqOf(state string) uint64 {
	switch state {
	case fact.CommandApproved:
		return seqApproved + uint64(c.approved())
	case fact.CommandChecked:
		return seqChecked
	case fact.CommandSent:
		return seqSent
	}
	return seqFinal
}

// commandOf reads the fact that begins a command.
func commandOf(e fact.Event) (*Command, error) {
	c := &Command{ID: e.ID, Node: e.Subject, User: strings.TrimPrefix(e.Source, "person:"), Requested: e.Occurred, State: fact.CommandRequested, seq: e.Seq}
	if err := json.Unmarshal(e.Payload, &c.Command); err != nil {
		return nil, fmt.Errorf("command %s: %w", e.ID, err)
	}
	if c.Approvals > 0 {
		c.State = fact.CommandAwaiting
	}
	return c, nil
}

// approved is how many people said yes.
func (c *Command) approved() (n int) {
	for _, s := range c.Steps {
		if s.State == fact.CommandApproved {
			n++
		}
	}
	return n
}

// take adds a step. Steps of one command come in the order of their numbers.
func (c *Command) take(e fact.Event) error {
	s := Step{At: e.Occurred}
	if err := json.Unmarshal(e.Payload, &s.CommandStep); err != nil {
		return fmt.Errorf("step of command %s: %w", c.ID, err)
	}
	c.add(s)
	return nil
}

// add is one step more.
func (c *Command) add(s Step) {
	c.Steps = append(c.Steps, s)
	if c.State = s.State; s.State == fact.CommandApproved && c.approved() < c.Approvals {
		c.State = fact.CommandAwaiting
	}
}

// step is the last one of a state, nil when there is none.
func (c *Command) step(state string) *Step {
	for i := range c.Steps {
		if c.Steps[i].State == state {
			return &c.Steps[i]
		}
	}
	return nil
}

// fold joins requests and steps, in the order of the requests. Steps of other
// commands are passed over.
func fold(requests, steps []fact.Event) ([]*Command, error) {
	byID := map[string]*Command{}
	var out []*Command
	for _, e := range requests {
		c, err := commandOf(e)
		if err != nil {
			return nil, err
		}
		byID[e.ID] = c
		out = append(out, c)
	}
	for _, n := range stepNumbers {
		for _, e := range steps {
			c := byID[strings.TrimPrefix(e.Source, fact.CommandSource(""))]
			if c == nil || e.SourceSeq != n {
				continue
			}
			if err := c.take(e); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (c *Command) request() fact.Event {
	e := fact.New(fact.KindCommand, c.Node, c.Requested.Time(), "person:"+c.User, c.Command)
	e.ID = c.ID
	return e
}

func (c *Command) event(s Step) fact.Event {
	s.CommandStep.Command = c.ID
	e := fact.New(fact.KindStep, c.Node, s.At.Time(), fact.CommandSource(c.ID), s.CommandStep)
	e.SourceSeq = c.seqOf(s.State)
	return e
}

// settingOf is a value as facts have it.
func settingOf(v any) *fact.Setting {
	n := 0.0
	switch v := v.(type) {
	case string:
		return &fact.Setting{Text: &v}
	case float64:
		n = v
	case bool:
		if v {
			n = 1
		}
	}
	return &fact.Setting{Number: &n}
}

// valueOf is a setting as the collector takes it.
func valueOf(s fact.Setting, kind plant.TagKind) (any, error) {
	switch {
	case s.Text != nil && s.Number != nil:
		return nil, fmt.Errorf("number and text at once; write one of them")
	case kind == plant.KindText && s.Text != nil:
		return *s.Text, nil
	case kind == plant.KindText:
		return nil, fmt.Errorf("a text is wanted")
	case s.Number == nil:
		return nil, fmt.Errorf("a number is wanted")
	}
	return *s.Number, nil
}

func words(s fact.Setting) string {
	if s.Text != nil {
		return fmt.Sprintf("%q", *s.Text)
	}
	if s.Number == nil {
		return "nothing"
	}
	return fmt.Sprint(*s.Number)
}
