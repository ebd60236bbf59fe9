// Package advice is where firms and regions ask for advice on decisions (决策咨询)
// beside a diagnosis: a question, to whom it goes, an answer with its proof, and by
// when it is due.
//
// It gives no advice and knows no expert: who may be asked, and who the asker is,
// is told to it. Every change is a revision that stays.
//
// Start with [Advice] and [Desk].
package advice

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("advice: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// State of a question.
type State string

// States. An answered question is closed by who asked, or asked on.
const (
	Asked     State = "asked"    // nobody has it yet
	Directed  State = "directed" // somebody is to answer by a day
	Answered  State = "answered"
	Closed    State = "closed"
	Withdrawn State = "withdrawn"
)

// Advice is a question with its answer.
type Advice struct {
	ID     string `json:"id"`
	Rev    int64  `json:"rev"`
	Firm   string `json:"firm,omitempty" doc:"Id of the firm that asks; left out: a region asks"`
	Called string `json:"called,omitempty" doc:"Name of the firm"`
	Region string `json:"region" doc:"Division code"`
	Sector string `json:"sector,omitempty"`
	Topic  string `json:"topic" enum:"technology,equipment,software,investment,provider,policy,other"`
	Title  string `json:"title"`
	Text   string `json:"text"`
	State  State  `json:"state" enum:"asked,directed,answered,closed,withdrawn"`

	AskedBy string    `json:"asked_by"`
	User    string    `json:"user,omitempty"` // id of who asked; never shown
	AskedAt time.Time `json:"asked_at"`

	Expert       string `json:"expert,omitempty" doc:"Id in the register of experts"`
	To           string `json:"to,omitempty" doc:"Name of who is to answer"`
	Organisation string `json:"organisation,omitempty"`
	Due          string `json:"due,omitempty" doc:"Day by which the answer is wanted"`
	DirectedBy   string `json:"directed_by,omitempty"`

	Answer     string    `json:"answer,omitempty"`
	Reference  string    `json:"reference,omitempty" doc:"Document, standard or case that the answer rests on"`
	Files      []File    `json:"files" nullable:"false"`
	AnsweredBy string    `json:"answered_by,omitempty"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Note       string    `json:"note,omitempty" doc:"Why it was asked on, closed or withdrawn"`
	// Last is what the newest revision did.
	Last string `json:"last" enum:"asked,directed,answered,asked_on,closed,withdrawn"`
}

// File is what an answer has attached.
type File struct {
	SHA256 string `json:"sha256"`
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
}

// Change is one revision of a question.
type Change struct {
	Is  Advice       `json:"is"`
	At  plant.Micros `json:"at"`
	Who string       `json:"who"`
}

// Topics of a question.
var Topics = []string{"technology", "equipment", "software", "investment", "provider", "policy", "other"}

// Overdue reports whether an answer is wanted that was due before the day.
func (a Advice) Overdue(today string) bool { return a.State == Directed && a.Due < today }

func (a Advice) in(areas []access.Area) bool {
	return slices.ContainsFunc(areas, func(one access.Area) bool { return one.Allows(a.Region, a.Sector, a.Firm) })
}
