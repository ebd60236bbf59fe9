// Package bench measures what this program does on this machine and writes it
// down: ingest, queries, the way from a driver to a figure, memory, the disk,
// and the same work done by other programs.
//
// It never decides how a node hangs together: whoever calls [Run] gives an
// [Open] that makes one. A figure is never better than what was counted: every
// part that stores samples reads them back before it reports a rate.
//
// Start with [Run] and [Parts].
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/figure"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/shop/equipment"
)

// Tenant owns everything that is made here.
const Tenant plant.TenantNo = 1

// Node is a node on an empty folder, with the plant of [Plant] and its devices
// connected.
type Node struct {
	History History
	Engine  *figure.Engine
	Board   *equipment.Board
	// Tag finds a tag by its path.
	Tag   func(path string) (plant.TagNo, bool)
	Close func() error
}

// History is what is asked of a node's history.
type History interface {
	Append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) (uint64, error)
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	SaveCursor(name string, seq uint64) error
	Stats() history.Stats
}

// Plant is what a node is to be opened with.
type Plant struct {
	Driver  connect.Driver // nil leaves the node's own drivers
	Profile []byte         // of all machines, as YAML
	Model   plant.Model
	Since   time.Time // from when on the model is valid
}

// Open makes a node in dir, with its collector, folds and board running.
type Open func(ctx context.Context, dir string, p Plant) (*Node, error)

// Env is what a part works with.
type Env struct {
	Dir    string // empty, of this part alone, on the disk that is measured
	Length Length
	Open   Open
	Log    io.Writer // progress, for the person who waits
}

// Length says how long a run takes.
type Length int

const (
	Full  Length = iota // some twenty minutes: what may be quoted
	Quick               // two minutes: does it look right
	Trial               // seconds: do all parts work
)

// trial is how long one measurement of a trial takes.
const trial = 200 * time.Millisecond

// span is how long a measurement takes.
func (e *Env) span(full, quick time.Duration) time.Duration { return pick(e, full, quick, trial) }

// pick chooses by the length of the run.
func pick[T any](e *Env, full, quick, trial T) T {
	switch e.Length {
	case Full:
		return full
	case Quick:
		return quick
	}
	return trial
}

// Part is one group of measurements. A room that has limits of its own adds
// its part to the list that is given to [Run].
type Part struct {
	Name  string
	Title string
	Run   func(ctx context.Context, e *Env) ([]Row, error)
	// Asked parts run only when they are named: they take long or need other
	// programs.
	Asked bool
}

// Parts are the measurements of a node by itself.
func Parts() []Part {
	return []Part{
		{Name: "disk", Title: "The disk", Run: disk},
		{Name: "ingest", Title: "Ingest", Run: ingest},
		{Name: "visible", Title: "From the driver to the figure", Run: visible(largePlant)},
		{Name: "sustained", Title: "From the driver to the figure, a million samples a second", Run: visible(mostOfAll)},
		{Name: "query", Title: "Queries", Run: queries},
		{Name: "memory", Title: "Memory", Run: memory},
		{Name: "soak", Title: "Soak", Run: soak, Asked: true},
	}
}

// Options of a run.
type Options struct {
	Parts   []Part
	Only    []string // names; empty runs all that need not be asked for
	Dir     string   // scratch, on the disk that is to be measured
	Length  Length
	Open    Open
	Version string
	Now     time.Time
	Log     io.Writer
	// Profiles is a folder for a CPU profile of every part, which explains a
	// limit that was not met; empty for none.
	Profiles string
}

// Run measures part by part. A part that fails is in the report with its
// error; the others still run.
func Run(ctx context.Context, o Options) (*Report, error) {
	chosen, err := choose(o.Parts, o.Only)
	if err != nil {
		return nil, err
	}
	machine, err := describe(o.Dir)
	if err != nil {
		return nil, err
	}
	machine.Program, machine.Date = o.Version, o.Now.UTC().Truncate(time.Second)
	r := &Report{Machine: machine, Quick: o.Length != Full}
	for _, p := range chosen {
		fmt.Fprintf(o.Log, "%s …\n", p.Title)
		start := time.Now()
		g := Group{Name: p.Name, Title: p.Title}
		rows, err := runPart(ctx, o, p)
		g.Rows, g.Seconds = rows, time.Since(start).Seconds()
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			g.Error = err.Error()
			fmt.Fprintf(o.Log, "%s: %v\n", p.Name, err)
		}
		if g.missed() && o.Profiles != "" {
			if g.Profiles, err = profilesOf(o.Profiles, p.Name); err != nil {
				fmt.Fprintf(o.Log, "%s: profile: %v\n", p.Name, err)
			}
		}
		r.Groups = append(r.Groups, g)
	}
	return r, nil
}

func runPart(ctx context.Context, o Options, p Part) (rows []Row, err error) {
	dir := filepath.Join(o.Dir, p.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if o.Profiles != "" {
		f, err := os.Create(filepath.Join(o.Profiles, p.Name+profileEnding))
		if err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, f.Close())
		}()
	}
	return p.Run(ctx, &Env{Dir: dir, Length: o.Length, Open: o.Open, Log: o.Log})
}

func choose(parts []Part, only []string) ([]Part, error) {
	var out []Part
	var names []string
	for _, p := range parts {
		names = append(names, p.Name)
		if len(only) == 0 && !p.Asked || slices.Contains(only, p.Name) {
			out = append(out, p)
		}
	}
	for _, name := range only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("bench: there is no part %q; parts are %s", name, strings.Join(names, ", "))
		}
	}
	return out, nil
}
