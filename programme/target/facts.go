package target

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Basis says how well a value is founded, the best first.
type Basis string

const (
	Machine  Basis = "machine"  // folded from what machines said
	Audited  Basis = "audited"  // a record that an authority checked
	Declared Basis = "declared" // the firm's or an officer's word
)

var weakness = map[Basis]int{Machine: 0, Audited: 1, Declared: 2}

// Value is one number of a firm's year.
type Value struct {
	N     int64
	Basis Basis
}

// Firm is what a fold must know of a firm as it was at the end of a year.
type Firm struct {
	ID         string
	Name       string // as it is shown; no figure depends on it
	Region     string // county code valid then
	Sector     string // class with its section
	Size       string
	AboveScale bool
	Backbone   bool
	Cluster    string            // block economy, "" for none
	Systems    map[string]string // mes, erp, scm, plm in use: what each is called, if that is known
	Cloud      bool
	Values     map[string]Value // of the year; what is not there is not known
}

// Entry is a line of a register: something that was recognised, carried out or
// published, from an instant on and until another.
type Entry struct {
	ID     string       `json:"id"`
	Rev    int64        `json:"rev"`
	Kind   string       `json:"kind"`
	Firm   string       `json:"firm,omitempty"`
	Region string       `json:"region"`           // county, city or province code
	Sector string       `json:"sector,omitempty"` // of a sub-sector
	Level  string       `json:"level,omitempty"`
	Title  string       `json:"title"`
	Paper  string       `json:"paper,omitempty"` // number of the document it rests on
	From   plant.Micros `json:"from"`
	To     plant.Micros `json:"to,omitempty"` // 0: still in force
	Basis  Basis        `json:"basis" enum:"machine,audited,declared"`
	Remark string       `json:"remark,omitempty"`
	Void   bool         `json:"void,omitempty"` // entered in error; it counts nowhere
	// Diagnosis made the entry when it was closed, and alone takes it back.
	Diagnosis string `json:"diagnosis,omitempty" doc:"Id of the diagnosis that made the entry when it was closed"`
	Robot     *Plate `json:"robot,omitempty"` // of the kind robot: From is when it came into service, To when it was retired
}

// Plate is what a robot's register entry says beside the rest.
type Plate struct {
	Maker     string `json:"maker"`
	Serial    string `json:"serial"` // unique with the maker
	Model     string `json:"model"`
	Axes      int    `json:"axes"`
	Station   string `json:"station,omitempty"`
	Equipment string `json:"equipment,omitempty" doc:"Id of the connected machine it is"`
}

// Facts are what targets are made of. Firms come in order of id, each once;
// every method keeps to the areas.
type Facts interface {
	Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, yield func(Firm) error) error
	Entries(ctx context.Context, tenant plant.TenantNo, areas []access.Area, kinds []string) ([]Entry, error)
}

// Lists are what the policy names without listing it; they are configuration.
type Lists struct {
	Incentive []string // codes of the incentive counties
}
