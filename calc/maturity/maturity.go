// Package maturity scores a firm against a capability maturity model: answers to
// requirements become scores of subdomains, domains, elements and levels, a total
// and a grade, gaps and points of a radar chart.
//
// It is arithmetic over what it is handed: it knows no standard's text, no
// firm, no clock. A requirement without an answer is never taken for one that is
// not met: every score comes with the highest it can still become.
//
// Start with [Model] and [Score].
package maturity

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Errors of this package; test with errors.Is.
var (
	ErrModel = errors.New("maturity: the model cannot be scored")
	ErrCut   = errors.New("maturity: these parts cannot be cut")
)

// Grade says how far a requirement is met; "" is not answered.
type Grade string

// Grades of a requirement (GB/T 39117-2020; from secondary sources, unverified).
const (
	Unanswered Grade = ""
	None       Grade = "none"
	Part       Grade = "part"
	Most       Grade = "most"
	Full       Grade = "full"
)

// Points are what a grade counts, 0..1.
type Points struct{ None, Part, Most, Full float64 }

// of is what the grade counts and whether it is an answer.
func (p Points) of(g Grade) (float64, bool) {
	switch g {
	case None:
		return p.None, true
	case Part:
		return p.Part, true
	case Most:
		return p.Most, true
	case Full:
		return p.Full, true
	}
	return 0, false
}

// Model is what a firm is held against.
type Model struct {
	// Levels is how many there are; the first is 1.
	Levels int
	Points Points
	// Reach is the score of a level above which it is reached, 0..1.
	Reach    float64
	Elements []Node
}

// Node is an element, a domain or a subdomain. It has either parts or
// requirements.
type Node struct {
	ID           string
	Weight       float64 // share of the node above, 0..1; those of one node add up to 1
	Parts        []Node
	Requirements []Requirement
}

// Requirement is what one level asks of one subdomain.
type Requirement struct {
	ID    string
	Level int
}

// Answers are grades by the id of the requirement.
type Answers map[string]Grade

// weightSlack is how far the weights of one node may be from 1: they are written
// with few decimals.
const weightSlack = 1e-6

// Check says what is wrong with the model.
func (m Model) Check() error {
	p := m.Points
	switch {
	case m.Levels < 1:
		return fmt.Errorf("%w: %d levels", ErrModel, m.Levels)
	case !(m.Reach > 0 && m.Reach < 1):
		return fmt.Errorf("%w: a level is reached above %v; write a share between 0 and 1", ErrModel, m.Reach)
	case !(p.None == 0 && p.None < p.Part && p.Part < p.Most && p.Most < p.Full && p.Full == 1):
		return fmt.Errorf("%w: points %+v; none is 0, full is 1, and each more than the one before", ErrModel, p)
	}
	seen := map[string]bool{}
	if err := m.check(m.Elements, "the model", seen); err != nil {
		return err
	}
	for level := 1; level <= m.Levels; level++ {
		if _, ok := m.level(level, nil, nil); !ok {
			return fmt.Errorf("%w: level %d has no requirement", ErrModel, level)
		}
	}
	return nil
}

func (m Model) check(nodes []Node, above string, seen map[string]bool) error {
	sum := 0.0
	for _, n := range nodes {
		switch {
		case n.ID == "" || seen[n.ID]:
			return fmt.Errorf("%w: the id %q below %s is empty or stands twice", ErrModel, n.ID, above)
		case !(n.Weight > 0 && n.Weight <= 1):
			return fmt.Errorf("%w: %s has the weight %v; write a share above 0 and at most 1", ErrModel, n.ID, n.Weight)
		case (len(n.Parts) > 0) == (len(n.Requirements) > 0):
			return fmt.Errorf("%w: %s has %d parts and %d requirements; it needs one of the two", ErrModel, n.ID, len(n.Parts), len(n.Requirements))
		}
		seen[n.ID] = true
		sum += n.Weight
		for _, r := range n.Requirements {
			if r.ID == "" || seen[r.ID] {
				return fmt.Errorf("%w: the id %q below %s is empty or stands twice", ErrModel, r.ID, n.ID)
			}
			if r.Level < 1 || r.Level > m.Levels {
				return fmt.Errorf("%w: requirement %s is of level %d; there are 1 to %d", ErrModel, r.ID, r.Level, m.Levels)
			}
			seen[r.ID] = true
		}
		if len(n.Parts) > 0 {
			if err := m.check(n.Parts, n.ID, seen); err != nil {
				return err
			}
		}
	}
	if math.Abs(sum-1) > weightSlack {
		return fmt.Errorf("%w: the weights below %s add up to %.6g, not to 1", ErrModel, above, sum)
	}
	return nil
}

// without is the model without the nodes that are cut; nodes of which nothing is
// left go with them. What is cut must be there, and something must be left at
// every level.
func (m Model) without(cut []string) (Model, error) {
	left := m
	found := map[string]bool{}
	left.Elements = prune(m.Elements, cut, found)
	for _, id := range cut {
		if !found[id] {
			return left, fmt.Errorf("%w: there is no part %q", ErrCut, id)
		}
	}
	for level := 1; level <= m.Levels; level++ {
		if _, ok := left.level(level, nil, nil); !ok {
			return left, fmt.Errorf("%w: without them nothing is asked at level %d", ErrCut, level)
		}
	}
	return left, nil
}

func prune(nodes []Node, cut []string, found map[string]bool) []Node {
	var out []Node
	for _, n := range nodes {
		gone := slices.Contains(cut, n.ID)
		if gone {
			found[n.ID] = true
		}
		parts := prune(n.Parts, cut, found)
		if gone || len(n.Parts) > 0 && len(parts) == 0 {
			continue
		}
		n.Parts = parts
		out = append(out, n)
	}
	return out
}

// Requirements lists all requirements below the nodes in their order.
func Requirements(nodes []Node) []Requirement {
	var out []Requirement
	for _, n := range nodes {
		out = append(out, n.Requirements...)
		out = append(out, Requirements(n.Parts)...)
	}
	return out
}
