// Package settings brings a plant file from a hub down to a node below it,
// versioned, and takes it back when the node does not fare well with it.
//
// The hub sends a version until the node has answered for it ([Hub]). The node
// checks it, keeps what it had, applies it and waits: only when its devices
// answer as before and the hub has asked once more over the link does the
// version stay ([Child]); else, or when nobody asks in time, it goes back to
// what it had, also after a restart in between.
package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zhigai/link"
	"zhigai/plant"
)

// Verb is the word by which a hub asks.
const Verb = "settings"

// State of one version.
type State string

// States, in the order in which a version goes through them.
const (
	Queued     State = "queued"      // the node has not answered yet
	Applied    State = "applied"     // the node runs with it and will go back unless it is confirmed
	Confirmed  State = "confirmed"   // it stays
	Refused    State = "refused"     // the node found mistakes and changed nothing
	RolledBack State = "rolled_back" // the node went back to what it had
	Superseded State = "superseded"  // a later version was made before the node took this one
)

// Open reports whether the version's end is not known yet.
func (s State) Open() bool { return s == Queued || s == Applied }

// Version is one plant file that was sent to a node, and what became of it.
type Version struct {
	Node    link.NodeID  `json:"node"`
	Number  uint64       `json:"number"`
	Made    plant.Micros `json:"made"`
	By      string       `json:"by"`
	Plant   string       `json:"-"`
	State   State        `json:"state"`
	Detail  string       `json:"detail,omitempty"`
	Changed plant.Micros `json:"changed"`
}

// question is what a hub asks.
type question struct {
	Do      string `json:"do"` // apply, confirm, current
	Number  uint64 `json:"number,omitempty"`
	Plant   string `json:"plant,omitempty"`
	Seconds int    `json:"seconds,omitempty"` // within which it must be confirmed
}

// report is what a node answers.
type report struct {
	Number uint64 `json:"number"`
	State  State  `json:"state"`
	Detail string `json:"detail,omitempty"`
	Plant  string `json:"plant,omitempty"` // to current
}

// Limits.
const (
	// MaxPlant is the largest plant file, as plant/file reads it.
	MaxPlant = 8 << 20
	// minConfirm leaves devices time to connect.
	minConfirm, maxConfirm = 10 * time.Second, time.Hour
)

// Target is what a version is applied to: the node.
type Target interface {
	// Current is the node's plant file as it is now.
	Current(ctx context.Context) ([]byte, error)
	// Check gives what is wrong with a plant file, empty when nothing is.
	Check(ctx context.Context, plantFile []byte) (mistakes string, err error)
	// Apply makes the plant what the file says and nothing else, from now on.
	Apply(ctx context.Context, plantFile []byte) error
	// Down names the devices that do not answer.
	Down(ctx context.Context) []string
}

// errForm is an answer or question that is not of this package's form.
var errForm = errors.New("settings: message cannot be read")

func decode[T any](raw []byte) (T, error) {
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, fmt.Errorf("%w: %w", errForm, err)
	}
	return out, nil
}
