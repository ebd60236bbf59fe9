// Package certificate is certificates of conformity (合格证, 质量证明书): what the
// customer of an order or a lot is told of it – what was measured and by which gauges,
// of which heats it was made, what did not conform and what was decided, who inspected
// and who released it. In content it is the inspection certificate 3.1 of EN 10204:2004
// (GB/T 18253): issued by the manufacturer, with results of the delivered goods
// themselves.
//
// What it says is a fold over facts ([Of]); once it is issued it is a fact by itself,
// with the SHA-256 of its content, and never changes: what is known later makes another
// revision, or is told beside it ([Differences]). It is not issued while something
// stands against it ([Obstacle]). It measures nothing and decides of no
// nonconformance.
//
// Start with [Content], [Of] and [Desk.Issue].
package certificate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"zhigai/plant"
	"zhigai/shop/quality"
)

// Errors; test with errors.Is.
var (
	// ErrInvalid is what cannot be done, in words for the asker.
	ErrInvalid = errors.New("certificate: not valid")
	// ErrRefused is a certificate that something stands against.
	ErrRefused = errors.New("certificate: not issued")
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Content is what a certificate says. Its JSON, as it was written when the certificate
// was issued, is what the digest is of.
type Content struct {
	Number   string        `json:"number"`
	Revision int           `json:"revision"`
	Issued   plant.Instant `json:"issued"`
	// ReleasedBy is who declares that the goods conform.
	ReleasedBy string   `json:"released_by"`
	Inspectors []string `json:"inspectors" nullable:"false" doc:"Who entered what was measured"`
	Machines   int      `json:"machines,omitempty" doc:"Signals of machines that measured by themselves"`

	Maker       plant.Name    `json:"maker,omitzero" doc:"Name of the firm"`
	Order       string        `json:"order"`
	Place       string        `json:"place" doc:"Path of where it was made"`
	Customer    string        `json:"customer,omitempty"`
	Reference   string        `json:"reference,omitempty" doc:"Number at the customer's"`
	Product     string        `json:"product"`
	ProductName plant.Name    `json:"product_name,omitzero"`
	Definition  int           `json:"definition" doc:"Revision of the product's definition"`
	Quantity    int64         `json:"quantity"`
	Unit        string        `json:"unit"`
	Began       plant.Instant `json:"began,omitempty"`
	Ended       plant.Instant `json:"ended,omitempty"`
	Lot         string        `json:"lot,omitempty" doc:"Id of the lot that it is of; of the whole order without"`
	Lots        []Lot         `json:"lots" nullable:"false"`
	Heats       []Heat        `json:"heats" nullable:"false" doc:"What was received and went into it, by genealogy"`
	HeatsMore   bool          `json:"heats_more,omitempty" doc:"There are more than are listed"`
	Lines       []Line        `json:"lines" nullable:"false"`
	Gauges      []Gauge       `json:"gauges" nullable:"false"`
	Cases       []Case        `json:"cases" nullable:"false"`
	Note        string        `json:"note,omitempty"`
}

// Lot is a lot or a serial that the certificate is of.
type Lot struct {
	ID      string        `json:"id"`
	Number  string        `json:"number"`
	Job     int           `json:"job,omitempty"`
	Machine plant.NodeID  `json:"equipment,omitempty"`
	Began   plant.Instant `json:"began,omitempty"`
	Made    plant.Instant `json:"made,omitempty"`
	Blocked string        `json:"blocked,omitempty" doc:"Why it must not be used"`
}

// Heat is a lot that was received and went into the goods.
type Heat struct {
	ID       string `json:"id"`
	Item     string `json:"item"`
	Number   string `json:"number" doc:"Heat or lot"`
	Supplier string `json:"supplier,omitempty"`
	Paper    string `json:"paper,omitempty" doc:"Its own certificate, or delivery note"`
	Blocked  string `json:"blocked,omitempty" doc:"Why it must not be used"`
}

// Result is what is said of a characteristic.
type Result string

// Results.
const (
	Conforms     Result = "conforms"
	Concession   Result = "concession"    // something is outside, and was accepted
	Decided      Result = "decided"       // what did not conform was taken out or mended
	Outside      Result = "outside"       // and nobody decided
	Doubtful     Result = "doubtful"      // its gauge was off, and it was not measured again
	NotInspected Result = "not_inspected" //
	Rejected     Result = "rejected"      // by sampling
)

// Line is what was measured, or judged, of a characteristic.
type Line struct {
	Characteristic string        `json:"characteristic"`
	Rev            int64         `json:"rev" doc:"Revision of the characteristic"`
	Code           string        `json:"code"`
	Name           plant.Name    `json:"name"`
	PlaceName      plant.Name    `json:"place_name,omitzero"`
	Operation      int           `json:"operation,omitempty"`
	Stage          quality.Stage `json:"stage" enum:"incoming,in_process,final,outgoing"`
	Attribute      bool          `json:"attribute,omitempty"`
	Special        bool          `json:"special,omitempty"`
	Unit           string        `json:"unit,omitempty"`
	Decimals       int           `json:"decimals,omitempty"`
	LSL            *float64      `json:"lsl,omitempty"`
	USL            *float64      `json:"usl,omitempty"`

	N         int64         `json:"n" doc:"Values, or units that were looked at"`
	Subgroups int64         `json:"subgroups"`
	Min       *float64      `json:"min" doc:"In the unit of the characteristic"`
	Mean      *float64      `json:"mean"`
	Max       *float64      `json:"max"`
	Found     int64         `json:"found,omitempty" doc:"Nonconforming units, or nonconformities, of what is judged"`
	Beyond    int64         `json:"beyond,omitempty" doc:"Values outside of the limits"`
	Again     int64         `json:"again,omitempty" doc:"Subgroups that are left out, because their gauge was off and they were measured again"`
	From      plant.Instant `json:"from,omitempty"`
	To        plant.Instant `json:"to,omitempty"`
	Plan      string        `json:"plan,omitempty" doc:"Of sampling by GB/T 2828.1: n, Ac, Re"`
	Result    Result        `json:"result" enum:"conforms,concession,decided,outside,doubtful,not_inspected,rejected"`
	// Inspections are the first ids, IDs is of all.
	Inspections []string `json:"inspections" nullable:"false" doc:"Ids of measurements or sampled lots; 200 at most"`
	IDs         string   `json:"ids,omitempty" doc:"SHA-256 of all ids in the order of time, each with a line feed"`
	Gauges      []string `json:"gauges,omitempty" doc:"Numbers of the gauges"`
}

// GaugeState says how a gauge stood when it measured.
type GaugeState string

// States of a gauge at the time of a measurement.
const (
	GaugeValid   GaugeState = "valid"       // calibrated, and not due
	GaugeOverdue GaugeState = "overdue"     // its calibration was due
	GaugeNever   GaugeState = "never"       // it has to be calibrated and never was
	GaugeUnknown GaugeState = "unknown"     // calibrated since; what was before is not known
	GaugeFree    GaugeState = "no_interval" // it has no interval of calibration
)

// Gauge is an instrument that was used.
type Gauge struct {
	ID         string        `json:"id"`
	Number     string        `json:"number"`
	Name       plant.Name    `json:"name"`
	Calibrated plant.Instant `json:"calibrated,omitempty" doc:"Last before the last measurement"`
	Due        plant.Instant `json:"due,omitempty"`
	State      GaugeState    `json:"state" enum:"valid,overdue,never,unknown,no_interval" doc:"At the worst of the measurements"`
	Subgroups  int64         `json:"subgroups"`
	Since      plant.Instant `json:"since,omitempty" doc:"Calibrated after it was overdue"`
	Note       string        `json:"note,omitempty" doc:"Certificate, laboratory"`
}

// Case is a nonconformance of the goods, with what was decided.
type Case struct {
	ID          string            `json:"id"`
	Text        string            `json:"text"`
	Severity    string            `json:"severity"`
	Quantity    float64           `json:"quantity,omitempty"`
	State       quality.CaseState `json:"state"`
	Disposition string            `json:"disposition,omitempty"`
	By          string            `json:"by,omitempty" doc:"Who decided"`
	At          plant.Instant     `json:"at,omitempty"`
	Why         string            `json:"why,omitempty"`
}

// Obstacle is something that stands against a certificate.
type Obstacle struct {
	Kind string     `json:"kind" enum:"nothing_made,quantity,no_plan,not_inspected,outside,rejected,open_case,doubtful_gauge,gauge_overdue,blocked_lot,too_many"`
	Text plant.Name `json:"text" doc:"What, and how to mend it"`
	// Of is the id of the characteristic, case, gauge or lot.
	Of string `json:"of,omitempty"`
}

// State of a revision of a certificate.
type State string

// States.
const (
	Issued    State = "issued"
	Replaced  State = "replaced"  // by a later revision
	Withdrawn State = "withdrawn" // and nothing stands in its place
)

// Issue is one revision as it was issued.
type Issue struct {
	Revision int             `json:"revision"`
	State    State           `json:"state" enum:"issued,replaced,withdrawn"`
	Digest   string          `json:"digest" doc:"SHA-256 of the content's bytes"`
	Content  json.RawMessage `json:"content"`
	At       plant.Instant   `json:"at"`
	By       string          `json:"by"`
	Reason   string          `json:"reason,omitempty" doc:"Why it was made in the place of another"`
	// Ended tells of one that does not hold any more.
	Ended *Ending `json:"ended,omitempty"`
}

// Ending says by whom and why a revision does not hold any more.
type Ending struct {
	At     plant.Instant `json:"at"`
	By     string        `json:"by"`
	Reason string        `json:"reason"`
}

// Certificate is a certificate with all its revisions, the last one behind.
type Certificate struct {
	Number   string        `json:"number"`
	Rev      int64         `json:"rev" doc:"Counts the steps"`
	State    State         `json:"state" enum:"issued,withdrawn" doc:"Of the last revision"`
	Order    string        `json:"order"`
	Lot      string        `json:"lot,omitempty"`
	Product  string        `json:"product"`
	Customer string        `json:"customer,omitempty"`
	Quantity int64         `json:"quantity"`
	Path     string        `json:"path"`
	Issued   plant.Instant `json:"issued" doc:"First revision"`
	Issues   []Issue       `json:"issues"`
}

// Source is where the facts of a certificate come from.
func (c *Certificate) Source() string { return "certificate:" + c.Number }

func (c *Certificate) last() *Issue { return &c.Issues[len(c.Issues)-1] }

// Issue finds a revision; 0 is the last one.
func (c *Certificate) Issue(revision int) (*Issue, bool) {
	if revision == 0 {
		revision = len(c.Issues)
	}
	if revision < 1 || revision > len(c.Issues) {
		return nil, false
	}
	return &c.Issues[revision-1], true
}

// Read gives what a revision says, and whether its bytes are those that the digest is
// of.
func (i *Issue) Read() (c Content, intact bool, err error) {
	if err := json.Unmarshal(i.Content, &c); err != nil {
		return Content{}, false, fmt.Errorf("certificate: read revision %d: %w", i.Revision, err)
	}
	return c, digest(i.Content) == i.Digest, nil
}

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
