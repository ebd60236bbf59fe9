package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Peers are other programs that do the same work, for comparison.
type Peers struct {
	// Dir has the programs that are built for the comparison: telegraf,
	// victoria-metrics, node-red/. Others come from the system.
	Dir string
	// Self is the command line of a node as a process of its own; it ends with
	// the arguments of [Served].
	Self []string
	// Polling is the command line of a node that asks devices; it ends with the
	// arguments of [Polled].
	Polling []string
	// Profiles is a folder for a CPU profile of that node; empty for none.
	Profiles string
}

// Served says what a node as a process of its own is to do.
type Served struct {
	Dir     string
	MQTT    string // address of its broker
	Shape   Shape
	Every   time.Duration
	Profile string // file for a CPU profile; empty for none
}

// Plant of a served node.
func (s Served) Plant(now time.Time) Plant {
	return traffic{shape: s.Shape, every: s.Every}.plantOf(now)
}

// stack is programs that together take messages and keep them.
type stack struct {
	name    string
	fsynced string // whether an acknowledged message is on the disk
	needs   []string
	run     func(ctx context.Context, dir string, t traffic) (*running, error)
}

// running is a stack that takes messages.
type running struct {
	processes []*process // in the order of their start
	broker    string
	store     string // base of VictoriaMetrics' addresses, where it is the store
	// count is how many points are kept now; nil: the first process tells at
	// its end.
	count func(ctx context.Context) (int, error)
}

// outcome of one stack.
type outcome struct {
	stored int
	cpu    time.Duration
	by     []string
	peak   uint64
	acks   Latencies
	sent   error
}

// perCPU is points kept per second of processor time.
func (o outcome) perCPU() float64 {
	if o.cpu == 0 {
		return 0
	}
	return float64(o.stored) / o.cpu.Seconds()
}

// Parts are the comparisons.
func (p Peers) Parts() []Part {
	return []Part{
		{Name: "peers", Title: "Other programs, same messages", Run: p.messages, Asked: true},
		{Name: "polled", Title: "Devices that are asked: this program and Telegraf, same devices", Run: p.polled, Asked: true},
	}
}

// wantedAdvantage over Telegraf and VictoriaMetrics.
const wantedAdvantage = 2

func (p Peers) messages(ctx context.Context, e *Env) ([]Row, error) {
	t := traffic{shape: Shape{100, 50}, every: 50 * time.Millisecond, span: pick(e, 30*time.Second, 20*time.Second, time.Second)}
	if e.Length == Trial {
		t.shape, t.every = Shape{4, 5}, 100*time.Millisecond
	}
	var rows []Row
	var errs []error
	done := map[string]outcome{}
	for _, s := range p.stacks() {
		if missing := lacking(s.needs); missing != "" {
			rows = append(rows, Row{What: s.name, Shown: "not here: " + missing + " is missing"})
			continue
		}
		fmt.Fprintf(e.Log, "  %s …\n", s.name)
		o, err := s.measure(ctx, filepath.Join(e.Dir, strings.Map(letters, s.name)), t)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		done[s.name] = o
		rows = append(rows, o.row(s, t))
	}
	if ours, theirs := done[nameOfSelf], done[nameOfVictoria]; ours.cpu > 0 && theirs.cpu > 0 {
		r := rate("points per CPU second, zhigai with fsync : Telegraf and VictoriaMetrics without", ours.perCPU()/theirs.perCPU(), "×", wantedAdvantage)
		r.Note = fmt.Sprintf("%d clients, each a message of %d points every %s, QoS 1, for %s. CPU and memory are of whole processes from start to end; the broker is in zhigai's own, Mosquitto's in the others'. The clients are in this program and not counted.", t.shape.Machines, t.shape.Signals, t.every, t.span)
		rows = append(rows, r)
	}
	return rows, errors.Join(errs...)
}

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return '-'
}

func lacking(files []string) string {
	for _, f := range files {
		if _, err := os.Stat(f); err != nil {
			return f
		}
	}
	return ""
}

// settleFor is how long a stack may take, after the last message, to keep what
// it has taken.
const settleFor = 20 * time.Second

func (s stack) measure(ctx context.Context, dir string, t traffic) (o outcome, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // another user's server works in it
		return o, err
	}
	r, err := s.run(ctx, dir, t)
	defer func() {
		if r == nil {
			return
		}
		for _, p := range r.processes {
			_ = p.cmd.Process.Kill() // those that ended are gone already
			_ = p.cmd.Wait()
		}
	}()
	if err != nil {
		return o, err
	}
	sending, cancel := context.WithTimeout(ctx, 2*t.span+stopTime)
	defer cancel()
	o.acks, o.sent = t.send(sending, r.broker)
	if r.count != nil {
		if o.stored, err = settled(ctx, r, t.points()); err != nil {
			return o, err
		}
	}
	// The one that takes ends before the one that keeps.
	for i := len(r.processes) - 1; i >= 0; i-- {
		p := r.processes[i]
		if r.count == nil {
			_ = p.cmd.Process.Signal(p.stop)
			n, err := p.line("stored")
			if err != nil {
				return o, err
			}
			if _, err := fmt.Sscan(n, &o.stored); err != nil {
				return o, p.wrong(err)
			}
		}
		use, err := p.end()
		if err != nil {
			return o, err
		}
		o.cpu += use.cpu
		o.peak += use.peak
		o.by = append(o.by, fmt.Sprintf("%s %s s", p.name, digits(use.cpu.Seconds())))
	}
	r.processes = nil
	return o, nil
}

// settled counts until everything is there, or nothing more comes.
func settled(ctx context.Context, r *running, want int) (n int, err error) {
	for end := time.Now().Add(settleFor); ; {
		n, err = r.count(ctx)
		if n >= want || time.Now().After(end) || ctx.Err() != nil {
			return n, errors.Join(err, ctx.Err())
		}
		pause(ctx, time.Second)
	}
}

func (o outcome) row(s stack, t traffic) Row {
	r := Row{What: s.name, Value: o.perCPU(), Unit: "points/CPU-s"}
	r.Shown = fmt.Sprintf("%s points per CPU second; %s of %s points are there; CPU %s s (%s); peak %s MiB; acknowledged p50 %s ms, p99 %s ms; fsynced before: %s",
		amount(o.perCPU()), amount(float64(o.stored)), amount(float64(t.points())), digits(o.cpu.Seconds()), strings.Join(o.by, ", "),
		digits(float64(o.peak)/(1<<20)), digits(millis(o.acks.Quantile(0.5))), digits(millis(o.acks.Quantile(0.99))), s.fsynced)
	if o.stored != t.points() {
		r.Wanted, r.Missed = "all points", true
	}
	if o.sent != nil {
		r.Shown += "; " + o.sent.Error()
	}
	return r
}

// Arguments of a served node, as [Peers.Self] takes them.
func (s Served) Arguments() ([]string, error) {
	raw, err := json.Marshal(s)
	return []string{string(raw)}, err
}
