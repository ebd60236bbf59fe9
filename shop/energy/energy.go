// Package energy is where energy goes in a plant: meters of every medium in a tree
// ([Network]), what is not accounted for at each node, demand and its limit, what
// it costs by tariff, what standing machines burn, and whether a measure saved
// ([Baseline]).
//
// It keeps facts of three kinds, networks, baselines and replacements by revision,
// each with its reason; everything else is folded again from what meters showed, machines did and
// parts were counted, which is told to it. It reads no machine, writes to none, and
// takes no unknown time for nothing used: a value comes with its coverage, and
// where there is none with a reason.
//
// Start with [Network], then [Desk.Balance] and [Desk.SaveBaseline].
package energy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("energy: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Medium is what a meter measures.
type Medium string

// Media, each with the unit its meters count in.
const (
	Electricity Medium = "electricity" // kW.h
	Gas         Medium = "gas"         // natural gas, m3
	Steam       Medium = "steam"       // t
	Water       Medium = "water"       // m3
	Air         Medium = "air"         // compressed, m3
	Heat        Medium = "heat"        // GJ
)

// units by medium, as UCUM has them.
var units = map[Medium]string{Electricity: "kW.h", Gas: "m3", Steam: "t", Water: "m3", Air: "m3", Heat: "GJ"}

// Store keeps networks, baselines and replacements. Its methods may be called concurrently. What
// is not there is access.ErrNotFound.
type Store interface {
	// SaveNetwork stores a revision as a fact and a row; access.ErrConflict when the
	// newest is not the one that was seen.
	SaveNetwork(ctx context.Context, tenant plant.TenantNo, n Network, seen int64) error
	// Networks are the newest of each place within the scope, by path.
	Networks(ctx context.Context, scope access.Scope) ([]Network, error)
	// NetworkRevisions are those of a place, the newest first.
	NetworkRevisions(ctx context.Context, tenant plant.TenantNo, place plant.NodeID) ([]Network, error)
	// SaveBaseline is SaveNetwork for baselines.
	SaveBaseline(ctx context.Context, tenant plant.TenantNo, b Baseline, seen int64) error
	// Baselines are the newest of a place, by code.
	Baselines(ctx context.Context, tenant plant.TenantNo, place plant.NodeID) ([]Baseline, error)
	// BaselineRevisions are those of one, the newest first.
	BaselineRevisions(ctx context.Context, tenant plant.TenantNo, place plant.NodeID, code string) ([]Baseline, error)
	// SaveReplacement is SaveNetwork for replacements.
	SaveReplacement(ctx context.Context, tenant plant.TenantNo, r Replacement, seen int64) error
	// Replacements are the newest of a place, by code.
	Replacements(ctx context.Context, tenant plant.TenantNo, place plant.NodeID) ([]Replacement, error)
	// ReplacementRevisions are those of one, the newest first.
	ReplacementRevisions(ctx context.Context, tenant plant.TenantNo, place plant.NodeID, code string) ([]Replacement, error)
}

// Plant shows the plant as it is at an instant.
type Plant interface {
	Model(ctx context.Context, tenant plant.TenantNo, at plant.Micros) (plant.Model, error)
}

// Readings are what signals of machines showed.
type Readings interface {
	// Steps cuts [from, to) into n parts; access.ErrNotFound without such a signal.
	Steps(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, from, to plant.Micros, n int) ([]Shown, error)
	// Before is the last good value before an instant.
	Before(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, at plant.Micros) (value float64, when plant.Micros, ok bool, err error)
}

// Shown is what a signal showed in a part of time.
type Shown struct {
	From, To        plant.Micros
	Any             bool // a good value came in it
	First, Last     float64
	FirstAt, LastAt plant.Micros
	Mean            float64      // by time
	Good            plant.Micros // how long a value held
}

// Machines tell what machines did, and which of them count energy.
type Machines interface {
	Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]Did, error)
	// Counted are the parts that a machine counted in [from, to), and the good ones of
	// them.
	Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) (good, all int64, err error)
	// Counter is the signal that counts a machine's energy and its highest value
	// plus one; "" for a machine that counts none.
	Counter(machine plant.Node) (signal string, modulo float64)
}

// Doing is what a machine did, as far as energy is concerned.
type Doing string

// What machines do.
const (
	Producing Doing = "producing"
	SettingUp Doing = "setup"
	Starting  Doing = "startup" // until it works after it was off
	Standing  Doing = "standby" // able, and nothing is made
	Broken    Doing = "down"
	SwitchOff Doing = "off"
	Unknown   Doing = "unknown"
)

// doings in the order in which they are shown.
var doings = []Doing{Producing, SettingUp, Starting, Standing, Broken, SwitchOff, Unknown}

// Did is a stretch of time in which a machine did one thing.
type Did struct {
	From, To plant.Micros
	What     Doing
	Product  string
	Order    string
}

// Production tells what was made, by windows that follow the plant's calendar.
type Production interface {
	// Windows of a place's calendar that overlap [from, to) and have begun; only their
	// bounds are told.
	Windows(ctx context.Context, scope access.Scope, path string, every Every, from, to plant.Micros) ([]Made, error)
	Made(ctx context.Context, scope access.Scope, path string, every Every, from, to plant.Micros) ([]Made, error)
}

// Made is what was made in a window.
type Made struct {
	From, To       plant.Micros
	Good, Produced float64
	BusyHours      float64 // of machines that produced, added up
	// Known is the share of the window that is known; below 1 of one that is not over.
	Known float64
}

// Alarms take what somebody has to act upon.
type Alarms interface {
	// Raise tells that it stands, Clear that it does not any more, since at; now where
	// that is 0. The same may be told again and again.
	Raise(ctx context.Context, tenant plant.TenantNo, f Finding) error
	Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error
}

// Finding is something to act upon. While it stands its text does not change: how bad
// it is now is on the page that the evidence leads to.
type Finding struct {
	Place    plant.NodeID
	Key      string
	At       plant.Instant // since when it is known; now where it is 0
	Text     plant.Name
	Priority int // 1 is the most urgent, 4 the least
	Evidence string
}

// Options of a desk. All are required but Alarms, Orders and Plans: nobody is told
// without alarms, nothing is allocated to orders that nobody tells of, and nothing is
// moved without a plan.
type Options struct {
	Store      Store
	Plant      Plant
	Readings   Readings
	Machines   Machines
	Production Production
	Alarms     Alarms
	Orders     Orders
	Plans      Plans
	Tables     *Tables
	Now        func() time.Time
}

// Desk is where energy is looked at. Its methods may be called concurrently.
type Desk struct {
	o Options

	mu     sync.Mutex
	looked map[string]time.Time // by baseline: the hour in which it was last held against what came
}

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o: o, looked: map[string]time.Time{}} }

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }
