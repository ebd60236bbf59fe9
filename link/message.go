package link

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zhigai/plant"
)

// Verbs that a child asks its parent.
const (
	verbHello = "hello"
	verbEnrol = "enrol"
	verbBeat  = "beat"
	verbLive  = "live"
	verbBye   = "bye" // with a beat as the body
	// VerbBacklog is known to transports: it gives way to the others.
	VerbBacklog = "backlog"
)

// Versions are the protocol versions an end speaks, both included. A release
// that changes the protocol speaks the version before it too, so that either
// end may be upgraded first.
type Versions struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// CurrentVersions are those of this release.
var CurrentVersions = Versions{Min: 1, Max: 1}

// common is the newest version that both speak.
func (v Versions) common(w Versions) (int, bool) {
	top := min(v.Max, w.Max)
	return top, top >= v.Min && top >= w.Min
}

// hello opens a session.
type hello struct {
	Versions Versions     `json:"versions"`
	Program  string       `json:"program"` // release of the child
	Instance string       `json:"instance"`
	Run      string       `json:"run"` // of the program: a copy of the whole folder has one of its own
	Host     string       `json:"host"`
	Now      plant.Micros `json:"now"` // the child's clock
	Streams  []Stream     `json:"streams"`
}

// welcome answers a hello.
type welcome struct {
	Version  int                 `json:"version"`
	Session  string              `json:"session"`
	Parent   string              `json:"parent"` // name of the hub
	Name     string              `json:"name"`   // of the child, as enrolled
	BeatMs   int64               `json:"beat_ms"`
	Progress map[Stream]Progress `json:"progress"`
}

// ack answers a delivery: all of Progress is durable at the parent.
type ack struct {
	Progress Progress `json:"progress"`
}

// beat tells the parent that the child is alive and how it is.
type beat struct {
	Session string         `json:"session"`
	Streams []StreamStatus `json:"streams"`
	Outbox  OutboxStatus   `json:"outbox"`
}

// beatAnswer brings what the parent wants the child's people to know.
type beatAnswer struct {
	Conflict *Conflict `json:"conflict,omitempty"`
}

// enrol asks to be taken in.
type enrol struct {
	Secret string `json:"secret"`
	Host   string `json:"host"`
}

type enrolled struct {
	Name   string `json:"name"`
	Parent string `json:"parent"`
}

// refusal is the answer to whatever is not done.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	RetryMs int64  `json:"retry_ms,omitempty"`
}

// refusals pairs the codes on the wire with the errors they stand for.
var refusals = []struct {
	code string
	err  error
}{
	{"not_enrolled", ErrNotEnrolled},
	{"revoked", ErrRevoked},
	{"clone", ErrClone},
	{"version", ErrVersion},
	{"session", ErrSession},
	{"damaged", ErrDamaged},
	{"code_unknown", ErrCodeUnknown},
	{"code_used", ErrCodeUsed},
	{"code_expired", ErrCodeExpired},
	{"no_handler", ErrNoHandler},
	{"busy", ErrBusy},
	{"unavailable", ErrUnavailable},
	{"refused", ErrRefused},
}

// RefusalCode is the code of an error of this package, "" of any other: what
// an API shows.
func RefusalCode(err error) string {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.code
		}
	}
	return ""
}

// refuse makes the answer that stands for the error. What is not an error of
// this package stays here: it may name things a child must not read.
func refuse(err error) []byte {
	r := refusal{Code: RefusalCode(err), Message: err.Error()}
	if r.Code == "" {
		r = refusal{Code: "unavailable", Message: ErrUnavailable.Error()}
	}
	var busy *busyError
	if errors.As(err, &busy) {
		r.RetryMs, r.Message = busy.after.Milliseconds(), ErrBusy.Error()
	}
	return sealJSON(kindRefusal, r)
}

// RefuseBusy is the answer of a transport that cannot take a message in now.
func RefuseBusy(retryAfter time.Duration) []byte { return refuse(Busy(retryAfter, nil)) }

// maxRetry bounds what a parent can make a child wait.
const maxRetry = 5 * time.Minute

// refusalError is the error a refusal stands for.
func refusalError(body []byte) error {
	var r refusal
	if err := json.Unmarshal(body, &r); err != nil {
		return fmt.Errorf("%w: refusal: %w", ErrDamaged, err)
	}
	if len(r.Message) > 1000 {
		r.Message = r.Message[:1000]
	}
	for _, known := range refusals {
		if known.code != r.Code {
			continue
		}
		if known.err == ErrBusy {
			return Busy(min(max(0, time.Duration(r.RetryMs)*time.Millisecond), maxRetry), nil)
		}
		return &peerError{kind: known.err, message: r.Message}
	}
	return &peerError{kind: ErrRefused, message: r.Code + ": " + r.Message}
}

// peerError is what the other end said, in its words.
type peerError struct {
	kind    error
	message string
}

func (e *peerError) Error() string        { return e.message }
func (e *peerError) Is(target error) bool { return target == e.kind }
