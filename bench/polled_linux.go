package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Limits of a node that asks devices.
const (
	polledCores  = 1.2 // of 100,000 tags a second
	polledMemory = 400 << 20
	polledLate   = 100 * time.Millisecond // p99, until durable
	polledWrite  = 100 * time.Millisecond // p99, read back
	fewCores     = 0.6                    // of 500 devices of 30 tags
)

// polled measures a node that asks devices beside Telegraf asking the same.
func (p Peers) polled(ctx context.Context, e *Env) ([]Row, error) {
	many := Polled{Tags: 1000, Every: time.Second, Warm: pick(e, 10*time.Second, 3*time.Second, time.Second), Span: pick(e, 60*time.Second, 10*time.Second, time.Second), Writes: pick(e, 300, 50, 2)}
	n, few := 100, 500
	if e.Length == Trial {
		n, few, many.Tags, many.Every = 3, 5, 20, 100*time.Millisecond
	}
	devices, err := serveRegisters(ctx, n, many.Tags)
	if err != nil {
		return nil, err
	}
	many.Devices = devices
	what := fmt.Sprintf("%d Modbus TCP devices of %d tags, every %s", n, many.Tags, many.Every)
	fmt.Fprintf(e.Log, "  %s: zhigai …\n", what)
	ours, err := p.polling(filepath.Join(e.Dir, "many"), many, "polled-zhigai")
	if err != nil {
		return nil, err
	}
	rows := append(ours.rows(what+": zhigai", many, polledCores), ours.written(what))
	theirs, err := p.telegraf(ctx, e, what, many)
	if err != nil {
		return nil, err
	}
	rows = append(rows, theirs.row)
	if theirs.stored > 0 {
		ratio := rate("processor time per stored tag: Telegraf's input alone : zhigai with storing, fsync and figures", theirs.perTag()/ours.perTag(), "×", 1)
		ratio.Note = "The devices are in this program and not counted. Telegraf's is its own process, without the store that takes its values; both are counted over the same span behind a warm-up."
		rows = append(rows, ratio)
	}
	small := Polled{Tags: 30, Every: many.Every, Warm: many.Warm, Span: many.Span}
	if small.Devices, err = serveRegisters(ctx, few, small.Tags); err != nil {
		return nil, err
	}
	what = fmt.Sprintf("%d Modbus TCP devices of %d tags, every %s", few, small.Tags, small.Every)
	fmt.Fprintf(e.Log, "  %s: zhigai …\n", what)
	spread, err := p.polling(filepath.Join(e.Dir, "few"), small, "polled-few-zhigai")
	if err != nil {
		return nil, err
	}
	return append(rows, spread.rows(what, small, fewCores)...), nil
}

// polling runs a node over the devices.
func (p Peers) polling(dir string, what Polled, profile string) (*PolledResult, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	what.Dir = filepath.Join(dir, "data")
	if p.Profiles != "" {
		what.Profile = filepath.Join(p.Profiles, profile+profileEnding)
	}
	args, err := what.Arguments()
	if err != nil {
		return nil, err
	}
	one, err := start(dir, command{name: "polling", args: append(append([]string{}, p.Polling...), args...), reads: true})
	if err != nil {
		return nil, err
	}
	defer one.kill()
	one.out.Buffer(nil, 16<<20) // every round of every device
	said, err := one.line("measured")
	if err != nil {
		return nil, err
	}
	var r PolledResult
	if err := json.Unmarshal([]byte(said), &r); err != nil {
		return nil, err
	}
	r.Peak = one.peak()
	_, err = one.end()
	return &r, err
}

func (r *PolledResult) perTag() float64 { return r.CPU.Seconds() / float64(max(r.Stored, 1)) }

func (r *PolledResult) rows(what string, p Polled, cores float64) []Row {
	var late Latencies
	for _, d := range r.Late {
		late.Add(d)
	}
	// The set point is news only when it was written.
	wanted := float64(len(p.Devices)) * float64(p.Tags-1) / p.Every.Seconds()
	stored := rate(what+", durable", float64(r.Stored)/r.Took.Seconds(), "tags/s", wanted)
	stored.Missed = stored.Value < held*wanted
	took := r.CPU.Seconds() / r.Took.Seconds()
	lates := late.Row("the same: a device's round, from due to durable", polledLate)
	out := []Row{stored, {
		What: "the same: processor cores, of everything the node does", Value: took, Unit: "cores", Shown: digits(took) + " cores",
		Wanted: "≤ " + digits(cores), Missed: took > cores,
	}}
	if cores == polledCores {
		out = append(out, Row{
			What: "the same: peak memory", Value: float64(r.Peak), Unit: "B", Shown: mib(r.Peak) + " MiB",
			Wanted: "≤ " + mib(polledMemory) + " MiB", Missed: r.Peak > polledMemory,
		})
	}
	return append(out, lates)
}

// written is the row of commands under this load.
func (r *PolledResult) written(what string) Row {
	var took Latencies
	for _, d := range r.Wrote {
		took.Add(d)
	}
	row := took.Row(what+": a command under this load, from the order to read back, in journal and audit", polledWrite)
	if r.Unconfirmed > 0 {
		row.Shown += fmt.Sprintf("; %d were not confirmed", r.Unconfirmed)
		row.Missed = true
	}
	return row
}

// asked is what another program did with the same devices.
type asked struct {
	row    Row
	stored int
	cpu    time.Duration
}

func (a asked) perTag() float64 { return a.cpu.Seconds() / float64(a.stored) }

// telegraf asks the same devices for the same registers and gives them to
// VictoriaMetrics. What it uses is counted over the span only.
func (p Peers) telegraf(ctx context.Context, e *Env, what string, of Polled) (asked, error) {
	telegraf, victoria := filepath.Join(p.Dir, "telegraf"), filepath.Join(p.Dir, "victoria-metrics")
	name := what + ": Telegraf, its values in VictoriaMetrics"
	if missing := lacking([]string{telegraf, victoria}); missing != "" {
		return asked{row: Row{What: name, Shown: "not here: " + missing + " is missing"}}, nil
	}
	fmt.Fprintf(e.Log, "  %s …\n", name)
	dir := filepath.Join(e.Dir, "telegraf")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return asked{}, err
	}
	r := &running{}
	defer func() {
		for _, one := range r.processes {
			one.kill()
		}
	}()
	output, err := startVictoria(ctx, r, dir, victoria)
	if err != nil {
		return asked{}, err
	}
	conf, err := write(dir, "telegraf.conf", telegrafPolling(of, output))
	if err != nil {
		return asked{}, err
	}
	if err := r.run(ctx, dir, command{name: "telegraf", args: []string{telegraf, "--config", conf}}, nil); err != nil {
		return asked{}, err
	}
	t := r.processes[len(r.processes)-1]
	pause(ctx, of.Warm)
	before, begun := usedBy(t), time.Now()
	pause(ctx, of.Span)
	cpu, took := usedBy(t)-before, time.Since(begun)
	peak := t.peak()
	if _, err := t.end(); err != nil {
		return asked{}, err
	}
	r.processes = r.processes[:len(r.processes)-1]
	pause(ctx, time.Second) // the store takes what Telegraf gave last
	stored, err := r.sum(ctx, fmt.Sprintf(`sum(count_over_time({__name__=~"modbus_v.*"}[%dms]))`, took.Milliseconds()), begun.Add(took))
	if err == nil && stored == 0 {
		err = errors.New("VictoriaMetrics has nothing of what Telegraf read")
	}
	if err != nil {
		return asked{}, err
	}
	a := asked{stored: stored, cpu: cpu}
	rate := float64(stored) / took.Seconds()
	a.row = Row{What: name, Value: rate, Unit: "tags/s", Shown: fmt.Sprintf("%s tags/s; %s cores of Telegraf alone; peak %s MiB", amount(rate), digits(cpu.Seconds()/took.Seconds()), mib(peak))}
	return a, nil
}

// telegrafPolling is Telegraf's configuration.
func telegrafPolling(of Polled, output string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[agent]\ninterval = %q\nflush_interval = %q\nmetric_batch_size = 5000\nmetric_buffer_limit = 1000000\nomit_hostname = true\n%s\n", of.Every, of.Every, output)
	for i, address := range of.Devices {
		fmt.Fprintf(&b, "[[inputs.modbus]]\nname = %q\ncontroller = \"tcp://%s\"\ntimeout = \"2s\"\nconfiguration_type = \"request\"\n[[inputs.modbus.request]]\nslave_id = 1\nbyte_order = \"ABCD\"\nregister = \"holding\"\nfields = [\n", machineName(i), address)
		for k := range of.Tags {
			fmt.Fprintf(&b, "{address=%d, name=%q, type=\"UINT16\"},\n", k, fieldName(k))
		}
		b.WriteString("]\n")
	}
	return b.String()
}

// usedBy is the processor time of a process so far; 0 when it is gone.
func usedBy(p *process) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// The name, in brackets, may have blanks in it; behind it the state is the
	// third field and the times are the 14th and 15th, in hundredths of a second.
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}
