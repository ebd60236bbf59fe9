package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// stood makes machines by the flags and moves them until the test ends.
func stood(t *testing.T, c simCmd) (*profile.Profile, []plant.Device) {
	t.Helper()
	p, err := findProfile(c.Profile)
	must(t, err)
	k, err := c.kind(p)
	must(t, err)
	plants, devices, err := c.stand(k)
	for _, one := range plants {
		t.Cleanup(one.Close)
		ctx, cancel := context.WithCancel(t.Context())
		t.Cleanup(cancel)
		go one.Run(ctx, 1)
	}
	must(t, err)
	return p, devices
}

// tried is what the driver reads of a device, by signal.
func tried(t *testing.T, p *profile.Profile, d plant.Device) connect.TrialResult {
	t.Helper()
	for _, driver := range throwawayDrivers().List {
		if driver.Kind() != d.Driver {
			continue
		}
		node := plant.Node{Path: "try", Machine: &plant.Equipment{Profile: p.ID, Device: d}}
		tags := p.Tags(node)
		for i := range tags {
			tags[i].No = plant.TagNo(i + 1)
		}
		spec, err := p.Spec(demoTenant, node, tags)
		must(t, err)
		return connect.Trial(t.Context(), driver, spec, time.Now)
	}
	t.Fatalf("no driver %s", d.Driver)
	return connect.TrialResult{}
}

// Machines of one command are read by the driver they are told to be of: on
// ports of their own, as units of one line, over TCP and as RTU, from OPC UA.
// What was set stays, also while the machine works.
func TestSim_MachinesAreRead(t *testing.T) {
	t.Parallel()
	f := func(c simCmd, addresses int) {
		t.Helper()
		c.Listen, c.Seed = "127.0.0.1:0", 1
		p, devices := stood(t, c)
		at := map[string]bool{}
		for _, d := range devices {
			at[d.Address] = true
			got := tried(t, p, d)
			if !got.OK || len(got.Values) != len(p.Signals) {
				t.Errorf("%s %s %v: %d of %d values; %s", p.ID, d.Address, d.Params, len(got.Values), len(p.Signals), got.Error)
			}
			for _, v := range got.Values {
				if v.Quality != "good" {
					t.Errorf("%s %s is %s: %s", p.ID, v.Name, v.Quality, v.Error)
				}
				if _, ok := c.Set[v.Name]; ok && (v.Value == nil || *v.Value != 231.5) {
					t.Errorf("%s %s = %v; want 231.5 as set", p.ID, v.Name, v.Value)
				}
			}
		}
		if len(devices) != c.Count || len(at) != addresses {
			t.Errorf("%s: %d machines at %d addresses; want %d at %d", p.ID, len(devices), len(at), c.Count, addresses)
		}
	}
	set := map[string]string{"voltage.a": "231.5"}
	f(simCmd{Profile: "eastron.sdm630", Count: 3, Set: set}, 3)
	f(simCmd{Profile: "eastron.sdm630", Count: 5, Shared: true, Set: set}, 1)
	f(simCmd{Profile: "eastron.sdm630", Count: 2, Shared: true, Driver: "modbus-rtu", Set: set}, 1)
	f(simCmd{Profile: "demo-grinder", Count: 2, Shared: true}, 1)
	f(simCmd{Profile: filepath.Join("..", "..", "data", "profiles", "demo-lathe.yaml"), Count: 1}, 1)
}

// A machine refuses a set point beyond the limits of its profile, as the real
// one does, and takes one within.
func TestSim_LimitsOfAProfileAreTheMachines(t *testing.T) {
	t.Parallel()
	p, devices := stood(t, simCmd{Profile: "omron.e5cc", Listen: "127.0.0.1:0", Count: 1})
	at := slices.IndexFunc(p.Signals, func(s profile.Signal) bool { return s.Name == "setpoint.process" })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := modbus.New().Open(ctx, devices[0])
	must(t, err)
	defer c.Close()
	write := func(v float64) error {
		return c.(connect.Writer).Write(ctx, connect.Point{Address: p.Signals[at].At, Kind: plant.KindNumber}, v)
	}
	if err := write(*p.Signals[at].Write.Max + 1); !errors.Is(err, connect.ErrRefused) {
		t.Errorf("one above the limit: %v; want a refusal", err)
	}
	must(t, write(*p.Signals[at].Write.Max))
}

// A fault is seen at every machine.
func TestSim_FaultOfEveryMachine(t *testing.T) {
	t.Parallel()
	p, devices := stood(t, simCmd{Profile: "eastron.sdm630", Listen: "127.0.0.1:0", Count: 2, Fault: "unplug"})
	for _, d := range devices {
		if got := tried(t, p, d); got.OK {
			t.Errorf("%s answers though it is unplugged", d.Address)
		}
	}
}

// What cannot be done is refused with what to write instead.
func TestSim_Refusals(t *testing.T) {
	t.Parallel()
	f := func(c simCmd, says string) {
		t.Helper()
		if c.Listen == "" {
			c.Listen = "127.0.0.1:0"
		}
		if c.Count == 0 {
			c.Count = 1
		}
		err := func() error {
			p, err := findProfile(c.Profile)
			if err != nil {
				return err
			}
			k, err := c.kind(p)
			if err != nil {
				return err
			}
			plants, _, err := c.stand(k)
			for _, one := range plants {
				one.Close()
			}
			return err
		}()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v; want %q", c, err, says)
		}
	}
	const meter = "eastron.sdm630"
	f(simCmd{Profile: "sdm"}, "for example eastron.sdm")
	f(simCmd{Profile: meter, Driver: "s7"}, "leave --driver out")
	f(simCmd{Profile: meter, Count: maxStanding + 1}, "write 1 to")
	f(simCmd{Profile: meter, Count: 248, Shared: true}, "at most 247")
	f(simCmd{Profile: meter, Fault: "fire"}, "write one of")
	f(simCmd{Profile: meter, Set: map[string]string{"voltage.z": "1"}}, "no such signal; write one of voltage.a")
	f(simCmd{Profile: meter, Set: map[string]string{"voltage.a": "high"}}, "write a number")
	f(simCmd{Profile: meter, Set: map[string]string{"voltage.a": "NaN"}}, "write a number")
	f(simCmd{Profile: meter, Listen: "here"}, "write for example 127.0.0.1:5020")
	f(simCmd{Profile: meter, Listen: "127.0.0.1:65535", Count: 2}, "write a port")
	f(simCmd{Profile: meter, Listen: "serial:/dev/ttyUSB0"}, "socat")
	f(simCmd{Profile: meter, To: "127.0.0.1:1883"}, "write --listen")
	f(simCmd{Profile: meter, Sheet: "x.csv"}, "write --under")
	f(simCmd{Profile: "demo-assembly"}, "write --to")
	f(simCmd{Profile: "vda5050.mobile-robot"}, "write --to HOST:PORT, the broker")
	f(simCmd{Profile: "vda5050.mobile-robot", To: "127.0.0.1:1883", Shared: true}, "leave it out")
}

// The command says what stands, writes the sheet, ends when it is
// interrupted, and writes over nobody's file.
func TestSim_TellsAndWritesASheet(t *testing.T) {
	t.Parallel()
	c := simCmd{Profile: "eastron.sdm630", Listen: "127.0.0.1:0", Count: 2, Shared: true, Seed: 1, Sheet: filepath.Join(t.TempDir(), "m.csv"), Under: "works/hall-1/line-2"}
	p, devices := stood(t, c)
	must(t, c.writeSheet(p, devices))
	raw, err := os.ReadFile(c.Sheet)
	must(t, err)
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	must(t, err)
	want := []string{"works/hall-1/line-2/eastron-sdm630-2", p.Title.ZH + " 2", p.Title.EN + " 2", "meter", "eastron.sdm630", "modbus-tcp", devices[1].Address, "unit=2"}
	if len(rows) != 3 || strings.Join(rows[2], "|") != strings.Join(want, "|") {
		t.Errorf("sheet %q; want as its last row %q", rows, want)
	}
	if err := c.writeSheet(p, devices); err == nil || !strings.Contains(err.Error(), "write another file") {
		t.Errorf("over a file that is there: %v", err)
	}
	var said bytes.Buffer
	c.tell(&said, p, devices)
	all := said.String()
	for _, part := range []string{
		`device: {driver: modbus-tcp, address: "` + devices[0].Address + `", params: {unit: "2"}}`,
		"zhigai profile try eastron.sdm630 --driver modbus-tcp --device " + devices[0].Address + " --param unit=1", "mbpoll -m tcp",
	} {
		if !strings.Contains(all, part) {
			t.Errorf("said %q; want %q in it", all, part)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	c.Sheet, c.Under = "", ""
	must(t, c.Run(stopped))
}
