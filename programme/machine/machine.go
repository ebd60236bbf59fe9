// Package machine keeps what the machines of firms proved, a row for each
// machine and day: planned and known time, no sample. From it follow how many
// machines a firm has and how many of them are networked.
//
// Rows come from the node that serves the firm, up the tree of nodes, and count
// once however many ways they come. The package never guesses: a firm whose
// plant sends nothing has no machine evidence.
//
// Start with [Day], [Rule] and [Counts].
package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/access"
	"zhigai/plant"
)

// ErrInvalid is a row that cannot be one; test with errors.Is.
var ErrInvalid = errors.New("machine day: not valid")

// Day is what a machine's local day adds up to. The newest revision of
// (owner, machine, date) holds.
type Day struct {
	// Owner is the enterprise of the plant model that the machine belongs to.
	Owner     plant.NodeID `json:"owner"`
	OwnerName plant.Name   `json:"owner_name"`
	Machine   plant.NodeID `json:"machine"`
	Name      plant.Name   `json:"name"`
	Path      string       `json:"path"`
	Date      string       `json:"date"` // 2022-05-31, local
	NC        bool         `json:"nc"`
	PlannedMs int64        `json:"planned_ms"` // planned busy time
	KnownMs   int64        `json:"known_ms"`   // of it, time in which the machine was known
	// Revision rises when the day's terms change after it was closed; AsOf says
	// which of two of one revision is the later.
	Revision int          `json:"revision"`
	AsOf     plant.Micros `json:"as_of"`
	Digest   string       `json:"digest"` // of the day's terms
	Fold     string       `json:"fold"`   // version of the figures' definition
	// Suspect are the kinds of signs, undecided or upheld, that the day was not
	// the machine's own: it does not count as a connected one.
	Suspect []string `json:"suspect,omitempty"`
	// Sketch is what the day is compared with those of other firms by, as
	// calc/authenticity writes it; it travels, and is not read with the day.
	Sketch string `json:"sketch,omitempty"`
}

var date = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

const (
	// maxSuspect is how many kinds of suspicion there are.
	maxSuspect = 8
	// maxSketch bounds the letters of a sketch, of which there are 856 at most.
	maxSketch = 1000
)

const day = 25 * time.Hour // the longest local day

// Check refuses what no fold gives.
func (d Day) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: machine %q, %s: "+format, append([]any{ErrInvalid, d.Machine, d.Date}, args...)...)
	}
	_, err := time.Parse(time.DateOnly, d.Date)
	switch {
	case d.Owner == "" || d.Machine == "":
		return bad("owner and machine are needed")
	case err != nil || !date.MatchString(d.Date):
		return bad("write the date as 2022-05-31")
	case d.PlannedMs < 0 || d.PlannedMs > day.Milliseconds():
		return bad("%d ms planned in a day", d.PlannedMs)
	case d.KnownMs < 0 || d.KnownMs > d.PlannedMs:
		return bad("%d ms known of %d planned", d.KnownMs, d.PlannedMs)
	case d.Revision < 1 || d.AsOf <= 0:
		return bad("revision %d as of %d: only closed days are sent", d.Revision, d.AsOf)
	case len(d.Suspect) > maxSuspect:
		return bad("%d kinds of suspicion; there are %d", len(d.Suspect), maxSuspect)
	case len(d.Sketch) > maxSketch:
		return bad("sketch of %d letters; at most %d are taken", len(d.Sketch), maxSketch)
	case len(d.Digest) != 64:
		return bad("digest %q is no SHA-256", d.Digest)
	}
	return nil
}

// Newer reports whether d is to take the place of was.
func (d Day) Newer(was Day) bool {
	return d.Revision > was.Revision || d.Revision == was.Revision && d.AsOf > was.AsOf
}

// RuleSchema is the first line of the rule's file.
const RuleSchema = "zhigai.networked/1"

// Rule says when a machine counts as networked in a month.
type Rule struct {
	Schema  string     `yaml:"schema" json:"-"`
	Version int        `yaml:"version" json:"version"`
	Name    plant.Name `yaml:"name" json:"name"`
	// KnownPerMille of the planned busy time must be known for a day to count.
	KnownPerMille int64 `yaml:"known_per_mille" json:"known_per_mille"`
	// Days must count in the month, or every planned day of a shorter one.
	Days     int    `yaml:"days" json:"days"`
	Source   string `yaml:"source" json:"source"`
	Verified string `yaml:"verified" json:"verified"`
}

// LoadRule reads the rule.
func LoadRule(data fs.FS, name string) (Rule, error) {
	var r Rule
	raw, err := fs.ReadFile(data, name)
	if err == nil {
		err = yaml.UnmarshalWithOptions(raw, &r, yaml.Strict())
	}
	switch {
	case err != nil:
	case r.Schema != RuleSchema:
		err = fmt.Errorf("schema %q; write %s", r.Schema, RuleSchema)
	case r.Version < 1 || r.KnownPerMille < 1 || r.KnownPerMille > 1000 || r.Days < 1 || r.Days > 31 || r.Source == "" || r.Verified == "":
		err = errors.New("version, known_per_mille (1 to 1000), days (1 to 31), source and verified are needed")
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Counts reports whether the day counts as a connected one.
func (r Rule) Counts(planned, known int64) bool {
	return planned > 0 && known*1000 >= r.KnownPerMille*planned
}

// Networked reports whether a machine with so many planned and connected days
// in the month is networked.
func (r Rule) Networked(planned, connected int64) bool {
	return connected > 0 && (connected >= int64(r.Days) || connected >= planned)
}

// Reasons why a day does not count as a connected one, and a machine not as
// networked. "" is none.
const (
	Unplanned = "unplanned"    // no planned busy time
	Unknown   = "unknown_time" // too little of it is known
	Suspected = "suspect"      // the day may not be the machine's own
	TooFew    = "too_few_days" // connected days
)

// WhyNot says which rule a day fails, the first of them; "" is a connected day.
func (r Rule) WhyNot(d Day) string {
	switch {
	case d.PlannedMs == 0:
		return Unplanned
	case !r.Counts(d.PlannedMs, d.KnownMs):
		return Unknown
	case len(d.Suspect) > 0:
		return Suspected
	}
	return ""
}

// Judged is a day with what the rule says of it.
type Judged struct {
	Day
	Reason string `json:"reason,omitempty" enum:"unplanned,unknown_time,suspect" doc:"Why it does not count as a connected day"`
}

// Month is what a machine's days of a month add up to.
type Month struct {
	Owner     plant.NodeID `json:"owner"`
	Machine   plant.NodeID `json:"machine"`
	Name      plant.Name   `json:"name"`
	Path      string       `json:"path"`
	NC        bool         `json:"nc"`
	Planned   int64        `json:"planned_days"`
	Connected int64        `json:"connected_days"`
	PlannedMs int64        `json:"planned_ms"`
	KnownMs   int64        `json:"known_ms"`
	Suspect   int64        `json:"suspect_days"`
	Networked bool         `json:"networked"`
	// Needed are the connected days that would make it networked.
	Needed int64  `json:"needed_days"`
	Reason string `json:"reason,omitempty" enum:"unplanned,too_few_days" doc:"Why it is not networked"`
}

// judge says whether the month is networked, and else why not.
func (m *Month) judge(r Rule) {
	m.Networked, m.Needed, m.Reason = r.Networked(m.Planned, m.Connected), max(1, min(int64(r.Days), m.Planned)), ""
	switch {
	case m.Networked:
	case m.Planned == 0:
		m.Reason = Unplanned
	default:
		m.Reason = TooFew
	}
}

// Count is a firm's machines as its plant proved them.
type Count struct {
	Firm      string `json:"firm"`
	Month     string `json:"month"` // 2022-05
	Machines  int64  `json:"machines"`
	NC        int64  `json:"machines_nc"`
	Networked int64  `json:"machines_networked"`
}

// OwnWay is the way of plants that the node itself serves.
const OwnWay = "."

// Link says which firm of the registry a plant belongs to, and by which nodes
// its rows come.
type Link struct {
	Owner plant.NodeID `json:"owner"`
	Name  plant.Name   `json:"name"`
	Firm  string       `json:"firm,omitempty"` // "": nobody has said
	Rev   int64        `json:"rev"`
	// Ways are the nodes below that may deliver its rows: the first that did,
	// until somebody names others.
	Ways []string `json:"ways" nullable:"false" doc:"Keys of nodes below; . is this node itself"`
	// Claims are what other nodes delivered of it, and what counts nowhere.
	Claims []Claim `json:"claims,omitempty"`
	// Machines and Newest are what came from it.
	Machines int64  `json:"machines"`
	Newest   string `json:"newest,omitempty"` // date
}

// Claim is what a node delivered of a plant that is not its own.
type Claim struct {
	Node   string `json:"node"`
	Name   string `json:"name"`
	Days   int64  `json:"days" doc:"Rows kept aside"`
	Newest string `json:"newest"`
}

// Store keeps rows. Methods may be called concurrently.
type Store interface {
	// SaveDays keeps those that are newer than what is kept, and says how many.
	SaveDays(ctx context.Context, tenant plant.TenantNo, days []Day) (int, error)
	// Days lists a machine's days in [from, to), by date.
	Days(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to string) ([]Day, error)
	// OwnerOf is the plant whose machine it is; "" of one that no row is of.
	OwnerOf(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) (plant.NodeID, error)
	// Newest is the last date in [from, to) of which there is a row; "" for none.
	Newest(ctx context.Context, tenant plant.TenantNo, from, to string) (string, error)
	// Months adds the days in [from, to) up by machine, in order of owner and
	// machine; owners limits it to some, nil: all. A day counts as r says.
	Months(ctx context.Context, tenant plant.TenantNo, from, to string, owners []plant.NodeID, r Rule, yield func(Month) error) error
	// Firms gives the firm of each plant whose firm stands or stood in the areas.
	Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area) (map[plant.NodeID]string, error)
	// Links lists the plants that rows came from; of owners, nil: of all.
	Links(ctx context.Context, tenant plant.TenantNo, owners []plant.NodeID) ([]Link, error)
	// SaveLink says whose a plant is, of which rows came, and by which ways (nil:
	// as before); what was kept aside of a new way is taken in. It is
	// access.ErrNotFound otherwise, access.ErrConflict when l.Rev is not the newest.
	SaveLink(ctx context.Context, tenant plant.TenantNo, l Link) (Link, error)
}

// MonthOf is the first day of the date's month and of the next one.
func MonthOf(date string) (from, to string, err error) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return "", "", fmt.Errorf("%w: date %q; write 2022-05-31", ErrInvalid, date)
	}
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return first.Format(time.DateOnly), first.AddDate(0, 1, 0).Format(time.DateOnly), nil
}

// Newest is the last date of the year that anything is known of; "" for none.
func Newest(ctx context.Context, s Store, tenant plant.TenantNo, year int) (string, error) {
	return s.Newest(ctx, tenant, fmt.Sprintf("%04d-01-01", year), fmt.Sprintf("%04d-01-01", year+1))
}

// maxNamed is how many plants a question names one by one; of more it reads all.
const maxNamed = 2000

// Counts gives the machines of every firm in the areas whose plant is known, and
// perhaps of others, for the newest month of the year that anything is known of;
// by firm.
func Counts(ctx context.Context, s Store, tenant plant.TenantNo, r Rule, areas []access.Area, year int) (map[string]Count, error) {
	newest, err := Newest(ctx, s, tenant, year)
	if err != nil || newest == "" {
		return nil, err
	}
	from, to, err := MonthOf(newest)
	if err != nil {
		return nil, err
	}
	firms, err := s.Firms(ctx, tenant, areas)
	if err != nil || len(firms) == 0 {
		return nil, err
	}
	var owners []plant.NodeID
	if len(firms) <= maxNamed {
		owners = slices.Sorted(maps.Keys(firms))
	}
	out := map[string]Count{}
	err = s.Months(ctx, tenant, from, to, owners, r, func(m Month) error {
		firm := firms[m.Owner]
		if firm == "" {
			return nil
		}
		c := out[firm]
		c.Firm, c.Month, c.Machines = firm, from[:7], c.Machines+1
		if m.NC {
			c.NC++
		}
		if m.Networked {
			c.Networked++
		}
		out[firm] = c
		return nil
	})
	return out, err
}
