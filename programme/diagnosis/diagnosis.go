// Package diagnosis holds a firm against a maturity model: an edition of the model
// as data, and projects in which machine evidence and people answer what it asks.
//
// It reads no sample and no plant: figures and firms are told to it, and what a
// requirement is worth is calc/maturity's to say. Facts are never changed: an
// answer that was wrong is followed by another, and what was closed is frozen.
//
// Start with [Edition], [Project] and [Desk].
package diagnosis

import (
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/calc/maturity"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("diagnosis: not valid")

// ErrNoFigures is a Figures' answer: this node has none of the firm.
var ErrNoFigures = errors.New("diagnosis: no figures of this firm here")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// State of a project, in the order in which they follow one another.
type State string

// States. What is closed or cancelled is frozen; follow-ups are added to it, and
// what was closed in error is opened again or cancelled with a reason.
const (
	Planned   State = "planned"
	Visiting  State = "visiting"
	Drafted   State = "drafted"
	Replied   State = "replied"
	Closed    State = "closed"
	Followed  State = "followed" // after the last follow-up
	Cancelled State = "cancelled"
)

// Firm is whom a diagnosis is about, as it was called and placed when it began.
type Firm struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Region string `json:"region,omitempty" doc:"Division code of GB/T 2260"`
	Sector string `json:"sector,omitempty" doc:"Class of GB/T 4754 with its section, such as C3451"`
}

func (f Firm) within(areas []access.Area) bool {
	for _, a := range areas {
		if a.Allows(f.Region, f.Sector, f.ID) {
			return true
		}
	}
	return false
}

// Plan is what a project sets out to do.
type Plan struct {
	Title  string    `json:"title" minLength:"1" maxLength:"100"`
	Begin  string    `json:"begin" format:"date" doc:"First day of the visits"`
	End    string    `json:"end" format:"date" doc:"Last day of the visits"`
	From   time.Time `json:"from" doc:"Start of the time that machine evidence is taken from"`
	To     time.Time `json:"to" doc:"End of it"`
	Target int       `json:"target" minimum:"1" maximum:"9" doc:"Level that the firm is held against"`
	Cut    []string  `json:"cut" nullable:"false" maxItems:"50" doc:"Domains and subdomains that the firm does not have"`
	Why    string    `json:"why,omitempty" maxLength:"1000" doc:"Why they are cut"`
}

// Expert is a member of the team.
type Expert struct {
	Name         string   `json:"name" minLength:"1" maxLength:"60"`
	Organisation string   `json:"organisation,omitempty" maxLength:"100"`
	Role         string   `json:"role" enum:"lead,expert,observer"`
	Skills       []string `json:"skills" nullable:"false" maxItems:"20" doc:"Subdomains that the person knows"`
	Conflict     string   `json:"conflict" enum:"undeclared,none,declared" doc:"Of interest with the firm, as the person said"`
	Interest     string   `json:"interest,omitempty" maxLength:"300" doc:"What the conflict is"`
	Expert       string   `json:"expert,omitempty" maxLength:"60" doc:"Id in the register of experts, of who was dispatched"`
}

// Roles of an expert, and what is known of a conflict of interest.
const (
	Lead               = "lead"
	Observer           = "observer"
	ConflictUndeclared = "undeclared"
	ConflictNone       = "none"
	ConflictDeclared   = "declared"
)

// Visit is a day at the firm.
type Visit struct {
	ID     string `json:"id,omitempty" doc:"Left out of a new one"`
	Day    string `json:"day" format:"date"`
	Place  string `json:"place,omitempty" maxLength:"200"`
	People string `json:"people,omitempty" maxLength:"500" doc:"Who was spoken to"`
	Notes  string `json:"notes,omitempty" maxLength:"4000"`
}

// Question to the firm, and its answer.
type Question struct {
	ID          string    `json:"id"`
	Requirement string    `json:"requirement,omitempty"`
	Text        string    `json:"text"`
	By          string    `json:"by"`
	At          time.Time `json:"at"`
	Answer      string    `json:"answer,omitempty"`
	AnsweredBy  string    `json:"answered_by,omitempty"`
	AnsweredAt  time.Time `json:"answered_at,omitzero"`
}

// File is proof that somebody attached.
type File struct {
	SHA256 string `json:"sha256"`
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
}

// Answer is what a person says of a requirement. It stands before what machines
// say, with a remark that tells why.
type Answer struct {
	Requirement string         `json:"requirement"`
	Grade       maturity.Grade `json:"grade" enum:",none,part,most,full" doc:"Empty: the answer is taken back, and evidence stands again"`
	Remark      string         `json:"remark,omitempty"`
	Files       []File         `json:"files,omitempty"`
	By          string         `json:"by"`
	At          time.Time      `json:"at"`
}

// Evidence is what a figure says of a requirement.
type Evidence struct {
	Requirement string           `json:"requirement"`
	Grade       maturity.Grade   `json:"grade" enum:",none,part,most,full" doc:"Empty when the figure answers nothing; reason says why"`
	Reason      string           `json:"reason,omitempty"`
	Figure      string           `json:"figure"`
	Version     int              `json:"version" doc:"Of the figure's definition"`
	Name        plant.Name       `json:"name"`
	Scope       string           `json:"scope" doc:"Path of the plant"`
	From        time.Time        `json:"from"`
	To          time.Time        `json:"to"`
	Value       *float64         `json:"value,omitempty"`
	Unit        string           `json:"unit,omitempty"`
	Coverage    *float64         `json:"coverage,omitempty"`
	Provisional bool             `json:"provisional,omitempty"`
	Revision    int              `json:"revision"`
	AsOf        time.Time        `json:"as_of,omitzero"`
	Terms       map[string]int64 `json:"terms,omitempty"`
	Link        string           `json:"link,omitempty" doc:"What the figure was made of"`
}

// Measure is what the team proposes.
type Measure struct {
	ID           string   `json:"id,omitempty" doc:"Left out of a new one"`
	Title        string   `json:"title" minLength:"1" maxLength:"200"`
	Requirements []string `json:"requirements" nullable:"false" maxItems:"50" doc:"That it serves"`
	Benefit      string   `json:"benefit,omitempty" maxLength:"1000"`
	BenefitFen   int64    `json:"benefit_fen" minimum:"0" doc:"A year, fen"`
	CostFen      int64    `json:"cost_fen" minimum:"0" doc:"Once, fen"`
	Provider     string   `json:"provider,omitempty" maxLength:"200" doc:"Who can do it"`
	Months       int      `json:"months" minimum:"0" maximum:"120" doc:"How long it takes"`
	Dropped      bool     `json:"dropped,omitempty" doc:"It is proposed no longer"`
}

// Reply is what the firm says of the draft.
type Reply struct {
	Text     string    `json:"text" minLength:"1" maxLength:"4000"`
	Agrees   bool      `json:"agrees"`
	By       string    `json:"by"`
	OnBehalf bool      `json:"on_behalf" doc:"Entered by the team for the firm"`
	At       time.Time `json:"at"`
}

// FollowUp is what came of the measures.
type FollowUp struct {
	Months   int               `json:"months" enum:"6,12" doc:"After the closing"`
	Text     string            `json:"text" maxLength:"4000"`
	Measures map[string]string `json:"measures" doc:"done, doing, open or dropped by the measure's id"`
	By       string            `json:"by"`
	At       time.Time         `json:"at"`
}

// Entry is the line of the register of diagnoses by which targets count a firm:
// made when the diagnosis is closed, taken back when it is opened again or
// cancelled. A firm that is in no registry has none.
type Entry struct {
	Region string    `json:"region" doc:"Where the firm is when the entry is made"`
	Sector string    `json:"sector,omitempty"`
	Title  string    `json:"title"`
	Remark string    `json:"remark,omitempty"`
	From   time.Time `json:"from" doc:"Instant from which it counts: that of the closing"`
	Void   bool      `json:"void,omitempty" doc:"It is taken back"`
}

// FollowUpMonths are when a closed diagnosis is followed up.
var FollowUpMonths = []int{6, 12}

// What a step did.
const (
	StepCreated   = "created"
	StepPlanned   = "planned"
	StepTeam      = "team"
	StepVisit     = "visit"
	StepAsked     = "asked"
	StepAnsweredQ = "question_answered"
	StepEvidence  = "evidence"
	StepAnswered  = "answered"
	StepMeasure   = "measure"
	StepState     = "state"
	StepReply     = "reply"
	StepFollowUp  = "follow_up"
	StepEntered   = "entered"    // into the register that targets count
	StepTakenBack = "taken_back" // out of it
)

// Step is one thing that was done to a project: a fact, kept for ever. A project
// is the fold of its steps.
type Step struct {
	Seq      int64      `json:"seq" doc:"1 for the first; the project's revision after it"`
	At       time.Time  `json:"at"`
	By       string     `json:"by"`
	What     string     `json:"what" enum:"created,planned,team,visit,asked,question_answered,evidence,answered,measure,state,reply,follow_up,entered,taken_back"`
	Firm     *Firm      `json:"firm,omitempty"`
	Edition  string     `json:"edition,omitempty"`
	Version  int        `json:"version,omitempty"`
	Plan     *Plan      `json:"plan,omitempty"`
	Team     []Expert   `json:"team,omitempty"`
	Visit    *Visit     `json:"visit,omitempty"`
	Question *Question  `json:"question,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Answer   *Answer    `json:"answer,omitempty"`
	Measure  *Measure   `json:"measure,omitempty"`
	State    State      `json:"state,omitempty"`
	Note     string     `json:"note,omitempty"`
	Reply    *Reply     `json:"reply,omitempty"`
	FollowUp *FollowUp  `json:"follow_up,omitempty"`
	Entry    *Entry     `json:"entry,omitempty"`
}
