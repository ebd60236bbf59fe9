package control_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/opcua"
	"zhigai/connect/peer"
	"zhigai/connect/s7"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/control"
)

// The child process of TestThousands: a desk over three machines, which orders until
// it is killed.
const (
	childWork = "ZHIGAI_COMMANDS_CHILD" // JSON of a job
	// perMille is by how much values of commands differ: each has one of its own, that
	// float32 holds exactly.
	perMille = 1.0 / 1024
)

// job is what a child is told.
type job struct {
	Dir   string
	Ports map[string]string // by protocol
	Next  map[string]int    // number of the first command, by protocol
	Last  int               // of each
	Seed  uint64
}

// value of the n-th command for a machine; every eighth is beyond the limits.
func valueOf(n int) float64 {
	if beyondLimits(n) {
		return 10 + float64(n)*perMille
	}
	return float64(n) * perMille
}

func beyondLimits(n int) bool { return n%8 == 5 }

// guarded commands take two approvals.
func guarded(n int) bool { return n%5 == 3 }

// machineOf is the node of a protocol's machine.
func machineOf(protocol string) plant.NodeID { return plant.NodeID("m-" + protocol) }

func TestThousands_Child(t *testing.T) {
	raw := os.Getenv(childWork)
	if raw == "" {
		t.Skip("runs as the child of TestThousands_AreAccountedFor")
	}
	var j job
	must(t, json.Unmarshal([]byte(raw), &j))
	var step atomic.Int64 // of the clock
	now := func() time.Time { return time.Now().Add(time.Duration(step.Load())) }
	all, err := record.Open(t.Context(), filepath.Join(j.Dir, "record"), record.Options{})
	must(t, err)
	who, err := access.New(all.Access(), nil, nil, now)
	must(t, err)
	var work sync.WaitGroup
	for _, m := range machines {
		d, contact := openMachine(t, m.protocol, m.at, m.driver(t), m.device(j.Ports[m.protocol]), all, who, now)
		work.Go(func() {
			r := rand.New(rand.NewPCG(j.Seed, uint64(len(m.protocol))))
			first := j.Next[m.protocol]
			for n := max(1, first-2); n <= j.Last; n++ { // what was asked last is asked again, by the same key
				if n >= first {
					fmt.Println("try", m.protocol, n, time.Now().UnixMicro())
				}
				// People wait for a machine that does not answer, but for some.
				for end := time.Now().Add(3 * time.Second); !contact() && n%10 != 0 && time.Now().Before(end); {
					time.Sleep(5 * time.Millisecond)
				}
				orderOne(d, m.protocol, n, r)
				if r.IntN(40) == 0 {
					step.Store(int64(time.Duration(r.IntN(1200)-600) * time.Second))
				}
			}
		})
	}
	work.Wait()
	fmt.Println("through")
}

// openMachine is a desk over one foreign machine, whose commands under way have an end,
// and whether the machine answers.
func openMachine(t *testing.T, protocol string, at map[string]string, driver connect.Driver, device plant.Device, all *record.DB, audit control.Audit, now func() time.Time) (d *control.Desk, contact func() bool) {
	library := profiles(t, protocol, at, driver)
	p, _ := library.Get("setpoints")
	device.ID, device.Driver, device.Writing = plant.DeviceID("d-"+protocol), protocol, true
	device.Params["timeout"] = "1s"
	n := plant.Node{ID: machineOf(protocol), Path: "firm/line/" + string(machineOf(protocol)), Level: plant.LevelEquipment, Machine: &plant.Equipment{Profile: p.ID, Device: device}}
	tags := p.Tags(n)
	for i := range tags {
		tags[i].No = plant.TagNo(i + 1)
	}
	spec, err := p.Spec(tenant, n, tags)
	must(t, err)
	c := connect.NewCollector(connect.Options{Drivers: []connect.Driver{driver}, Store: nowhere{}, Journal: quiet{}, Now: now, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	c.Set([]connect.DeviceSpec{spec})
	d = control.NewDesk(control.Options{
		Tenant: tenant, Node: "node-" + protocol, Journal: all.Journal(), Profiles: library, Devices: c, Audit: audit, Rights: rights{}, NewID: all.NewID, Now: now,
		Plants: plants{plant.Model{Nodes: []plant.Node{n}}},
	})
	must(t, d.Resume(t.Context()))
	contact = func() bool {
		_, contact, _ := c.Writing(device.ID)
		return contact
	}
	for end := time.Now().Add(patience); !contact() && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	return d, contact
}

// orderOne gives the n-th command of a machine, and has those that need it decided on in
// one of the ways in which people do.
func orderOne(d *control.Desk, protocol string, n int, r *rand.Rand) {
	ctx, o := context.Background(), control.Order{Node: machineOf(protocol), Signal: "level", Value: number(valueOf(n)), Key: fmt.Sprint(protocol, "-", n)}
	if n%11 == 0 {
		o.Expires = time.Duration(1+r.IntN(30)) * time.Millisecond
	}
	var deciders []string
	if guarded(n) {
		o.Signal, deciders = "valve", [][]string{{"u2", "u3"}, {"u2", "u3"}, {"u2", "u3"}, {"u2"}, {"u2", "u2"}, {"u1", "u2"}, {}}[r.IntN(7)]
		if o.Expires == 0 {
			o.Expires = 100 * time.Millisecond // what nobody lets through need not be waited for long
		}
		if len(deciders) == 2 && deciders[1] == "u3" {
			o.Expires = max(o.Expires, 2*time.Second)
		}
	}
	c, err := d.Order(ctx, person(access.RoleOperator), o)
	if err != nil {
		fmt.Println("none", protocol, n, err)
		return
	}
	fmt.Println("took", protocol, n, c.ID)
	if c.State == fact.CommandAwaiting {
		for _, user := range deciders {
			_, _ = d.Decide(ctx, engineer(user), c.ID, true, "") // what is refused is looked at by its traces
		}
		if r.IntN(6) == 0 {
			_, _ = d.Decide(ctx, engineer("u4"), c.ID, false, "no")
		}
	}
	for !c.Final() {
		if c, err = d.Wait(ctx, access.Scope{Tenant: tenant}, c.ID); err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// line is a way to a machine that is cut, stalled and slowed down.
type line struct {
	port  string
	mu    sync.Mutex
	stall time.Time // nothing goes through until then
	conns map[net.Conn]bool
}

// newLine gives a port that leads to another, with faults until the test ends.
func newLine(t *testing.T, to string, r *rand.Rand) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	one := &line{port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port), conns: map[net.Conn]bool{}}
	end := make(chan struct{})
	t.Cleanup(func() { close(end); _ = l.Close(); one.cut() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", "127.0.0.1:"+to)
			if err != nil {
				_ = from.Close()
				continue
			}
			one.mu.Lock()
			one.conns[from], one.conns[there] = true, true
			one.mu.Unlock()
			go one.carry(from, there)
			go one.carry(there, from)
		}
	}()
	go func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(time.Duration(100+r.IntN(1500)) * time.Millisecond):
			}
			if r.IntN(3) == 0 {
				one.cut()
				continue
			}
			one.mu.Lock()
			one.stall = time.Now().Add(time.Duration(r.IntN(1400)) * time.Millisecond) // some longer than who asks waits
			one.mu.Unlock()
		}
	}()
	return one
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Close()
		delete(l.conns, c)
	}
}

func (l *line) carry(from, to net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		l.mu.Lock()
		wait := time.Until(l.stall)
		l.mu.Unlock()
		time.Sleep(wait) // the fault is the subject
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_, _ = from.Close(), to.Close()
}

// told is what children said of the commands that they gave.
type told struct {
	tried map[string]int64 // real time of the first try, µs, by key
	took  map[string]string
	none  map[string]bool
	next  map[string]int
}

// run starts a child and reads what it says until it ends or is killed.
func (o *told) run(t *testing.T, j job, after time.Duration) (through bool) {
	t.Helper()
	raw, err := json.Marshal(j)
	must(t, err)
	cmd := exec.Command(os.Args[0], "-test.run=^TestThousands_Child$", "-test.v", "-test.timeout=20m")
	cmd.Env = append(os.Environ(), childWork+"="+string(raw))
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	var said []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 3 {
			through = through || len(f) == 1 && f[0] == "through"
			continue
		}
		key := f[1] + "-" + f[2]
		switch f[0] {
		case "try":
			n, err := strconv.Atoi(f[2])
			must(t, err)
			at, err := strconv.ParseInt(f[3], 10, 64)
			must(t, err)
			o.tried[key], o.next[f[1]] = at, n+1
		case "took":
			o.took[key] = f[3]
		case "none":
			o.none[key] = true
		default:
			said = append(said, lines.Text())
		}
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil && after == 0 {
		t.Fatalf("the child failed: %v\n%s", err, strings.Join(said, "\n"))
	}
	return through
}

// TestThousands_AreAccountedFor: commands at three foreign machines, while lines are cut
// and stalled, other hands change values, clocks step and the process is killed: none is
// carried out twice, after its time, beyond its limits or without its approvals, and the
// journal has an end for each.
func TestThousands_AreAccountedFor(t *testing.T) {
	many, kills := 150, 3
	switch {
	case os.Getenv("ZHIGAI_FAULT") == "all":
		many, kills = 10_000, 60
	case os.Getenv("ZHIGAI_FAULT") == "":
		t.Skip("a fault test: make fault")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	logs := filepath.Join(t.TempDir(), "writes")
	t.Setenv("SETPOINTS_LOG", logs)
	j := job{Dir: t.TempDir(), Ports: map[string]string{}, Last: (many + 2) / 3}
	end := make(chan struct{})
	var hands sync.WaitGroup
	for _, m := range machines {
		port := peer.Port(t)
		p := m.start(t, port)
		p.Wait("listening")
		j.Ports[m.protocol] = newLine(t, port, rand.New(rand.NewPCG(seed, uint64(len(m.protocol))))).port
		other := rand.New(rand.NewPCG(seed, uint64(len(m.protocol))+9))
		hands.Go(func() { // somebody at the machine
			for {
				select {
				case <-end:
					return
				case <-time.After(time.Duration(other.IntN(2000)) * time.Millisecond):
					p.Send(obj{"op": "set", "name": "level", "value": other.IntN(9)})
				}
			}
		})
	}
	o := &told{map[string]int64{}, map[string]string{}, map[string]bool{}, map[string]int{}}
	began, killed := time.Now(), 0
	for through := false; !through; {
		j.Next, j.Seed = map[string]int{}, r.Uint64()
		for _, m := range machines {
			j.Next[m.protocol] = max(1, o.next[m.protocol])
		}
		after := time.Duration(0) // it is not killed any more
		if killed < kills {
			after = time.Duration(400+r.IntN(max(800, many/3))) * time.Millisecond
		}
		if through = o.run(t, j, after); !through {
			killed++
		}
	}
	close(end)
	hands.Wait()
	v := accounts(t, j.Dir, logs)
	v.hold(t, o, 3*j.Last)
	t.Logf("%d commands in %s, %d × kill -9: %d carried out, ends %v", len(o.tried), time.Since(began).Round(time.Second), killed, v.carriedOut, v.ends)
}

// account is what the journal, and what the machines say.
type account struct {
	commands   map[string]*entry // by key
	written    map[string][]float64
	carriedOut int
	ends       map[string]int
}

// entry is a command with its steps.
type entry struct {
	fact.Command
	steps []fact.CommandStep
	at    []plant.Micros
}

// accounts gives what was under way its end, and reads journal and machines.
func accounts(t *testing.T, dir, logs string) *account {
	t.Helper()
	all, err := record.Open(t.Context(), filepath.Join(dir, "record"), record.Options{})
	must(t, err)
	defer func() { must(t, all.Close()) }()
	v := &account{map[string]*entry{}, map[string][]float64{}, 0, map[string]int{}}
	byID := map[string]*entry{}
	f := fact.Filter{Kinds: []fact.Kind{fact.KindCommand, fact.KindStep}}
	for {
		page, err := all.Journal().Events(t.Context(), tenant, f)
		must(t, err)
		for _, e := range page {
			f.AfterSeq = e.Seq
			if e.Kind == fact.KindCommand {
				one := &entry{}
				must(t, json.Unmarshal(e.Payload, &one.Command))
				if v.commands[one.Key] != nil {
					t.Errorf("two commands of one request: %s", one.Key)
				}
				v.commands[one.Key], byID[e.ID] = one, one
				continue
			}
			s := stepOf(t, e)
			one := byID[s.Command]
			one.steps, one.at = append(one.steps, s), append(one.at, e.Occurred)
		}
		if len(page) < fact.MaxEvents {
			break
		}
	}
	for _, m := range machines {
		v.written[m.protocol] = levels(t, logs+"."+map[string]string{modbus.Kind: "modbus", s7.Kind: "s7", opcua.Kind: "opcua"}[m.protocol])
	}
	return v
}

// levels are the values of the level that a machine was sent, in their order.
func levels(t *testing.T, path string) (out []float64) {
	t.Helper()
	raw, err := os.ReadFile(path)
	must(t, err)
	for one := range strings.Lines(string(raw)) {
		var w struct {
			Name  string
			Words []uint16
			Hex   string
			Value any
		}
		must(t, json.Unmarshal([]byte(one), &w))
		if w.Name != "level" {
			continue
		}
		bits := make([]byte, 4)
		switch {
		case len(w.Words) == 2:
			binary.BigEndian.PutUint16(bits, w.Words[0])
			binary.BigEndian.PutUint16(bits[2:], w.Words[1])
		case w.Hex != "":
			bits, err = hex.DecodeString(w.Hex)
			must(t, err)
		default:
			v, _ := w.Value.(float64)
			out = append(out, v)
			continue
		}
		out = append(out, float64(math.Float32frombits(binary.BigEndian.Uint32(bits))))
	}
	return out
}

// hold holds what was asked, kept and carried out against one another.
func (v *account) hold(t *testing.T, o *told, want int) {
	t.Helper()
	for protocol, values := range v.written {
		seen := map[int]int{}
		for _, x := range values {
			seen[int(math.Round(x/perMille))]++
			if x < 0 || x > 10 {
				t.Errorf("%s: %v is beyond the limits", protocol, x)
			}
		}
		for n, times := range seen {
			key := fmt.Sprint(protocol, "-", n)
			c := v.commands[key]
			if times != 1 || c == nil {
				t.Errorf("%s was carried out %d times; in the journal: %v", key, times, c != nil)
				continue
			}
			v.carriedOut++
			c.mayHaveBeenSent(t, key, o.tried[key])
		}
	}
	for key := range o.tried {
		c := v.commands[key]
		switch {
		case c == nil && o.took[key] != "":
			t.Errorf("%s was taken as %s, and is not in the journal", key, o.took[key])
		case c == nil:
		case len(c.steps) == 0 || !finalState(c.steps[len(c.steps)-1].State):
			t.Errorf("%s has no end: %+v", key, c.steps)
		default:
			v.ends[c.steps[len(c.steps)-1].State]++
		}
	}
	if len(o.tried) != want {
		t.Errorf("%d commands were tried; want %d", len(o.tried), want)
	}
	// Faults are to meet commands that work, not only such as fail anyway.
	if v.ends[fact.CommandConfirmed] < want/5 || v.ends[fact.CommandRejected] == 0 || v.ends[fact.CommandExpired] == 0 {
		t.Errorf("ends %v of %d: too few of them say anything", v.ends, want)
	}
}

func finalState(state string) bool {
	return (&control.Command{State: state}).Final()
}

// mayHaveBeenSent holds a command that a machine was sent against what let it through.
func (e *entry) mayHaveBeenSent(t *testing.T, key string, tried int64) {
	t.Helper()
	approved, sent := map[string]bool{}, false
	for i, s := range e.steps {
		switch s.State {
		case fact.CommandApproved:
			approved[s.User] = true
		case fact.CommandChecked:
			if len(approved) < e.Approvals || approved["u1"] {
				t.Errorf("%s was checked with the approvals of %v; it needs %d others", key, approved, e.Approvals)
			}
		case fact.CommandSent:
			sent = true
			if e.at[i] >= e.Expires {
				t.Errorf("%s was sent %d µs after its time", key, e.at[i]-e.Expires)
			}
		}
	}
	if !sent || tried == 0 {
		t.Errorf("%s was carried out; sent in the journal: %v", key, sent)
	}
	if last := e.steps[len(e.steps)-1].State; last == fact.CommandRejected || last == fact.CommandExpired || last == fact.CommandFailed {
		t.Errorf("%s ended as %s, and was carried out", key, last)
	}
}
