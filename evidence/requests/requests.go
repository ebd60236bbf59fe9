// Package requests lets a node above ask the node that keeps a machine's samples
// to see them, with the proof that they are as they were sealed.
//
// A request names person, office, purpose, machine, tags and days. At the node
// of the firm it waits until a person there grants it until an instant, or
// refuses it with a reason; a grant can be withdrawn. Every request, decision and
// answer is a fact there ([Desk]). The node above asks for an hour at a time and
// shows nothing that does not fit a seal it holds itself ([Asker]); nodes between
// pass question and answer on.
//
// The package never gives what is not granted, never keeps samples of others, and
// knows no network. Start with [Desk.Handle].
package requests

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/evidence"
	"zhigai/evidence/seals"
	"zhigai/fact"
	"zhigai/plant"
)

// Verb is the word by which a node above asks.
const Verb = "evidence"

const (
	// MaxDays bounds a request: a month's figure and its days.
	MaxDays = 31
	// MaxTags bounds a request: what tells of one machine's state and counts.
	MaxTags = 20
	// MaxPage bounds the samples of one answer: an hour at 10 a second.
	MaxPage = 36_000
	// maxText bounds what a page may weigh with its texts in JSON: two thirds of
	// what a message between nodes carries.
	maxText = 16 << 20
	// maxWord and maxReason bound what people type.
	maxWord, maxReason = 200, 1000
	// maxVia bounds the way of a request: province, city, county, platform.
	maxVia = 8
	// maxSteps bounds the facts of one request: all hours of all days and tags.
	maxSteps = MaxDays * 24 * MaxTags * 2
	// maxOpen bounds the requests that wait for a firm.
	maxOpen = 1000
	// maxLook bounds the tags of one machine that are named.
	maxLook = 500
)

// Errors of this package; test with errors.Is.
var (
	ErrInvalid  = errors.New("evidence request: invalid")
	ErrNotFound = errors.New("evidence request: not found")
	ErrState    = errors.New("evidence request: not possible in its state")
	// ErrUntrue is an answer that is not what was asked for or was not sealed.
	ErrUntrue = errors.New("evidence request: the answer does not hold")
)

// Wish is what somebody wants to see, and why.
type Wish struct {
	Node      string       `json:"node"`
	Person    string       `json:"person"`
	Office    string       `json:"office"`
	Purpose   string       `json:"purpose"`
	Equipment plant.NodeID `json:"equipment"`
	Tags      []string     `json:"tags"` // names at the machine
	From      evidence.Day `json:"from"`
	To        evidence.Day `json:"to"` // included
	Via       []string     `json:"via,omitempty"`
}

// Check names the field that is wrong.
func (w Wish) Check() error {
	for field, v := range map[string]string{"node": w.Node, "person": w.Person, "office": w.Office, "equipment": string(w.Equipment)} {
		if err := checkWord(field, v, maxWord); err != nil {
			return err
		}
	}
	if err := checkWord("purpose", w.Purpose, maxReason); err != nil {
		return err
	}
	if len(w.Tags) == 0 || len(w.Tags) > MaxTags {
		return fmt.Errorf("%w: tags: %d; name 1 to %d", ErrInvalid, len(w.Tags), MaxTags)
	}
	for _, t := range w.Tags {
		if err := checkWord("tags", t, maxWord); err != nil {
			return err
		}
	}
	if w.To < w.From || int64(w.To)-int64(w.From) >= MaxDays {
		return fmt.Errorf("%w: days from %s to %s; ask for 1 to %d days", ErrInvalid, w.From, w.To, MaxDays)
	}
	if len(w.Via) > maxVia {
		return fmt.Errorf("%w: it came over %d nodes; %d are allowed", ErrInvalid, len(w.Via), maxVia)
	}
	return nil
}

func checkWord(field, v string, most int) error {
	if strings.TrimSpace(v) == "" || len(v) > most || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
		return fmt.Errorf("%w: %s: write 1 to %d bytes of text", ErrInvalid, field, most)
	}
	return nil
}

// question is what goes down.
type question struct {
	Do      string       `json:"do"` // look, ask, state, page
	Wish    Wish         `json:"wish"`
	Request string       `json:"request,omitempty"` // of state and page
	Tag     string       `json:"tag,omitempty"`
	Day     evidence.Day `json:"day,omitempty"`
	Hour    int          `json:"hour,omitempty"`
}

const (
	// Offline is the state that a node between gives when the next one is away.
	Offline = "offline"
	// Ready is the state of a node that was only looked at.
	Ready = "ready"
	// Ended is the state of a grant whose time is over.
	Ended = "ended"
)

// TagName is a tag that can be asked for.
type TagName struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	Kind string `json:"kind,omitempty"`
}

// Reply is what comes back.
type Reply struct {
	Request string       `json:"request,omitempty"`
	State   string       `json:"state"` // of the request, or offline
	Reason  string       `json:"reason,omitempty"`
	Until   plant.Micros `json:"until,omitempty"` // of granted
	At      string       `json:"at,omitempty"`    // node that answers
	Since   plant.Micros `json:"since,omitempty"` // of offline
	Page    *Page        `json:"page,omitempty"`
	Tags    []TagName    `json:"tags,omitempty"` // of ready: that can be asked for; of a request: that were
}

// Page is one hour of one tag.
type Page struct {
	Tag     evidence.Tag        `json:"tag"`
	Path    string              `json:"path"`
	Unit    string              `json:"unit,omitempty"`
	Day     evidence.Day        `json:"day"`
	Hour    int                 `json:"hour"`
	State   seals.State         `json:"state"`
	Samples evidence.Samples    `json:"samples"`
	Proof   *evidence.HourProof `json:"proof,omitempty"`
	Expired plant.Micros        `json:"expired,omitempty"`
}

// Request is a request with all that is known of it.
type Request struct {
	ID      string       `json:"id"`
	Made    plant.Micros `json:"made"`
	At      string       `json:"at"`
	Wish    Wish         `json:"wish"`
	State   string       `json:"state"`
	By      string       `json:"by,omitempty"`
	Reason  string       `json:"reason,omitempty"`
	Until   plant.Micros `json:"until,omitempty"`
	Answers int64        `json:"answers"`                // pages that were given
	Samples int64        `json:"samples"`                // in them
	Denied  int64        `json:"denied"`                 // pages that were not given
	Last    plant.Micros `json:"last,omitempty"`         // of both
	Steps   []Step       `json:"steps" nullable:"false"` // decisions, oldest first

	next uint64 // number of the next step
}

// Step is one decision.
type Step struct {
	At     plant.Micros `json:"at"`
	State  string       `json:"state"`
	By     string       `json:"by"`
	Reason string       `json:"reason,omitempty"`
	Until  plant.Micros `json:"until,omitempty"`
}

// InForce says whether samples are given at the instant, and else why not.
func (r Request) InForce(at plant.Micros) (bool, string) {
	switch {
	case r.State == fact.EvidenceGranted && at < r.Until:
		return true, ""
	case r.State == fact.EvidenceGranted:
		return false, "the grant ended at " + r.Until.Time().Format(time.RFC3339)
	case r.State == fact.EvidenceWaiting:
		return false, "nobody at the firm has decided yet"
	}
	return false, r.Reason
}

// Fold makes requests of their facts, newest first. Facts may come in any order;
// steps of requests that are not among them are left out.
func Fold(events []fact.Event) ([]Request, error) {
	byID := map[string]*Request{}
	for _, e := range events {
		if e.Kind != fact.KindEvidenceRequest {
			continue
		}
		var p fact.EvidenceRequest
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return nil, fmt.Errorf("evidence request %s: %w", e.ID, err)
		}
		w := Wish{Node: p.Node, Person: p.Person, Office: p.Office, Purpose: p.Purpose, Equipment: e.Subject, Tags: p.Tags, Via: p.Via}
		var err error
		if w.From, err = evidence.ParseDay(p.From); err == nil {
			w.To, err = evidence.ParseDay(p.To)
		}
		if err != nil {
			return nil, fmt.Errorf("evidence request %s: %w", e.ID, err)
		}
		byID[e.ID] = &Request{ID: e.ID, Made: e.Occurred, At: p.At, Wish: w, State: fact.EvidenceWaiting, Steps: []Step{}, next: 2}
	}
	steps := slices.Clone(events)
	slices.SortStableFunc(steps, func(a, b fact.Event) int { return int(int64(a.SourceSeq) - int64(b.SourceSeq)) })
	for _, e := range steps {
		if e.Kind != fact.KindEvidenceStep {
			continue
		}
		var p fact.EvidenceStep
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return nil, fmt.Errorf("evidence step %s: %w", e.ID, err)
		}
		if r := byID[p.Request]; r != nil && e.Source == fact.EvidenceSource(r.ID) {
			r.add(e, p)
		}
	}
	out := make([]Request, 0, len(byID))
	for _, r := range byID {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Request) int { return strings.Compare(b.ID, a.ID) })
	return out, nil
}

func (r *Request) add(e fact.Event, p fact.EvidenceStep) {
	r.next = max(r.next, e.SourceSeq+1)
	switch p.State {
	case fact.EvidenceAnswered:
		r.Answers++
		r.Samples += p.Samples
		r.Last = max(r.Last, e.Occurred)
	case fact.EvidenceDeclined:
		r.Denied++
		r.Last = max(r.Last, e.Occurred)
	default:
		r.State, r.By, r.Reason, r.Until = p.State, p.By, p.Reason, p.Until
		r.Steps = append(r.Steps, Step{At: e.Occurred, State: p.State, By: p.By, Reason: p.Reason, Until: p.Until})
	}
}
