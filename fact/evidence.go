package fact

import "zhigai/plant"

// EvidenceRequest is the payload of [KindEvidenceRequest]: somebody at another
// node asks the node that keeps a machine's samples, At, to see them. The
// event's subject is the machine and its id the request's.
type EvidenceRequest struct {
	At      string   `json:"at"`            // node that keeps the samples and decides
	Node    string   `json:"node"`          // node at which the person sits
	Via     []string `json:"via,omitempty"` // nodes between, from the person's downward
	Person  string   `json:"person"`
	Office  string   `json:"office"`
	Purpose string   `json:"purpose"`
	Tags    []string `json:"tags"` // names at the machine
	From    string   `json:"from"` // first day of UTC, 2026-11-28
	To      string   `json:"to"`   // last day
}

// EvidenceStep is the payload of [KindEvidenceStep]. Its source is that of the
// request, [EvidenceSource], and the source's sequence its number.
type EvidenceStep struct {
	Request string       `json:"request"`
	At      string       `json:"at"`
	State   string       `json:"state"`
	By      string       `json:"by,omitempty"` // who decided; of answers who asked
	Reason  string       `json:"reason,omitempty"`
	Until   plant.Micros `json:"until,omitempty"` // of granted
	Tag     string       `json:"tag,omitempty"`   // of answered and declined: what was asked for
	Day     string       `json:"day,omitempty"`
	Hour    int          `json:"hour,omitempty"`
	Samples int64        `json:"samples,omitempty"`
}

// States of a request for evidence, and what else is noted of it.
const (
	EvidenceWaiting   = "waiting" // for a person of the firm
	EvidenceGranted   = "granted"
	EvidenceRefused   = "refused"
	EvidenceWithdrawn = "withdrawn"
	EvidenceAnswered  = "answered" // samples were given; the state stays
	EvidenceDeclined  = "declined" // samples were asked for and not given; the state stays
)

// EvidenceSource is the source of all facts of a request.
func EvidenceSource(id string) string { return "evidence:" + id }
