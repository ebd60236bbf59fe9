package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/all"
	"zhigai/connect/mqtt"
	"zhigai/connect/profile"
	"zhigai/figure"
	"zhigai/plant"
	recshop "zhigai/record/shop"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Recompute every hash and name the first entry that does not fit."`
}

type auditVerifyCmd struct {
	place `embed:""`
	Head  string `help:"Compare with a head noted earlier, as it was printed: a chain cut off at its end shows only so." placeholder:"SEQ:HASH"`
}

func (c auditVerifyCmd) Run(ctx context.Context) error {
	rec, err := openRecord(ctx, c.place)
	if err != nil {
		return err
	}
	defer rec.Close()
	n, err := access.Verify(ctx, rec.Access(), homeTenant)
	if err != nil {
		return fmt.Errorf("after %d entries: %w", n, err)
	}
	head, err := access.Head(ctx, rec.Access(), homeTenant)
	if err != nil {
		return err
	}
	if c.Head != "" {
		if err := access.CheckHead(ctx, rec.Access(), homeTenant, c.Head); err != nil {
			return fmt.Errorf("%d entries, chain unbroken, but not the one noted: %w", n, err)
		}
	}
	fmt.Printf("%d entries, chain unbroken; head %d:%s\n", n, head.Seq, head.Hash)
	return nil
}

type rebuildCmd struct {
	place `embed:""`
}

func (c rebuildCmd) Run(ctx context.Context) error {
	s, err := openStores(ctx, c.place)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := loadRulesOf(ctx, s.record, nil)
	if err != nil {
		return err
	}
	f, err := newFolds(s, r, figure.Options{Log: slog.Default()})
	if err != nil {
		return err
	}
	start := time.Now()
	var out figure.Rebuilt
	subgroups := int64(0)
	all, err := s.allTenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		one, err := f.engine.Rebuild(ctx, t)
		if err != nil {
			return fmt.Errorf("tenant %d: %w", t, err)
		}
		if err := s.registers.DropKept(ctx, t); err != nil { // folded again when somebody asks
			return err
		}
		groups, err := recshop.NewQuality(s.record).Rebuild(ctx, t)
		if err != nil {
			return fmt.Errorf("tenant %d: %w", t, err)
		}
		subgroups += groups
		out.Windows, out.Changed, out.Gone = out.Windows+one.Windows, out.Changed+one.Changed, out.Gone+one.Gone
	}
	fmt.Printf("%d windows folded from facts in %s: %d with other terms than before, %d gone\n", out.Windows, time.Since(start).Round(time.Millisecond), out.Changed, out.Gone)
	if subgroups > 0 {
		fmt.Printf("%d subgroups of control charts summed up\n", subgroups)
	}
	return nil
}

type profileCmd struct {
	Check profileCheckCmd `cmd:"" help:"Look for mistakes in a profile, with line and remedy."`
	Try   profileTryCmd   `cmd:"" help:"Read a device once by a profile and print raw and scaled values."`
	New   profileNewCmd   `cmd:"" help:"Begin a profile from a tag list, a birth certificate, a data sheet or a look at a server."`
}

type profileCheckCmd struct {
	Files []string `arg:"" name:"file" help:"Profiles as YAML; - reads standard input."`
}

func (c profileCheckCmd) Run() error {
	checkers := checkersOf(throwawayDrivers().List)
	var failed error
	for _, file := range c.Files {
		_, err := readProfile(file, checkers)
		var said exitCode
		switch {
		case errors.As(err, &said):
			failed = err // the others are looked at, too
		case err != nil:
			return err
		default:
			fmt.Println(file + ": no problems")
		}
	}
	return failed
}

type profileTryCmd struct {
	File   string            `arg:"" help:"Profile as YAML, or the id of a delivered one; - reads standard input."`
	Device string            `required:"" help:"Address of the device in the driver's words, such as 192.168.1.20:502."`
	Driver string            `help:"Driver, where several fit the profile, such as modbus-rtu; by default the first that takes the address."`
	Param  map[string]string `help:"Parameters of the device, such as --param unit=3."`
	JSON   bool              `name:"json" help:"Print JSON."`
}

func (c profileTryCmd) Run(ctx context.Context) error {
	set := throwawayDrivers()
	p, err := findProfile(c.File)
	if err != nil {
		return err
	}
	driver, err := c.driver(p, set.List)
	if err != nil {
		return err
	}
	node := plant.Node{Path: "try", Machine: &plant.Equipment{Profile: p.ID, Device: plant.Device{Driver: driver.Kind(), Address: c.Device, Params: c.Param}}}
	tags := p.Tags(node)
	for i := range tags {
		tags[i].No = plant.TagNo(i + 1)
	}
	spec, err := p.Spec(homeTenant, node, tags)
	if err != nil {
		return err
	}
	return printTrial(os.Stdout, connect.Trial(ctx, driver, spec, time.Now), c.JSON)
}

// driver is the one that was asked for, or the first that takes the address.
func (c profileTryCmd) driver(p *profile.Profile, drivers []connect.Driver) (connect.Driver, error) {
	var fitting []connect.Driver
	for _, d := range drivers {
		if p.Fits(d.Kind()) && (c.Driver == "" || c.Driver == d.Kind()) {
			fitting = append(fitting, d)
		}
	}
	if len(fitting) == 0 {
		return nil, fmt.Errorf("profile %s speaks %s, and no driver %s does; leave --driver out for the usual one", p.ID, p.Protocol, c.Driver)
	}
	for _, d := range fitting {
		if d.CheckDevice(p.Device(plant.Device{Driver: d.Kind(), Address: c.Device, Params: c.Param})) == nil {
			return d, nil
		}
	}
	return fitting[0], nil // it says what is wrong with the address
}

func printTrial(w io.Writer, r connect.TrialResult, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(w, "%-28s %-24s %-20s %14s  %s\n", "signal", "address", "raw", "value", "quality")
		for _, v := range r.Values {
			value := v.Text
			if v.Value != nil {
				value = strings.TrimSpace(fmt.Sprintf("%v %s", *v.Value, v.Unit))
			}
			fmt.Fprintf(w, "%-28s %-24s %-20s %14s  %s %s\n", v.Name, v.Address, v.Raw, value, v.Quality, v.Error)
		}
		if r.Text != "" {
			fmt.Fprintln(w, r.Text)
		}
	}
	if !r.OK {
		return fmt.Errorf("%s; %s", r.Error, r.Remedy)
	}
	return nil
}

// readProfile prints every problem and fails when there is one.
func readProfile(name string, checkers []profile.PointChecker) (*profile.Profile, error) {
	in, closeInput, err := input(name)
	if err != nil {
		return nil, err
	}
	defer closeInput()
	src, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	p, problems := profile.Parse(name, src, checkers)
	for _, one := range problems {
		fmt.Fprintln(os.Stderr, one)
	}
	if len(problems) > 0 {
		return nil, exitCode(1)
	}
	return p, nil
}

func checkersOf(drivers []connect.Driver) []profile.PointChecker {
	out := make([]profile.PointChecker, len(drivers))
	for i, d := range drivers {
		out[i] = d
	}
	return out
}

// throwawayDrivers are drivers without a node: to check addresses and to try
// devices that wait to be asked.
func throwawayDrivers() all.Set {
	log := slog.New(slog.DiscardHandler)
	dir, err := os.MkdirTemp("", "zhigai-try-*")
	if err != nil {
		panic("temporary folder: " + err.Error())
	}
	rights := everything(homeTenant)
	broker, err := mqtt.NewBroker(mqtt.Options{Address: "127.0.0.1:0", Anonymous: &rights, Now: time.Now, Logger: log})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	set, err := all.Drivers(all.Options{Dir: dir, Broker: broker, Now: time.Now, Logger: log})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return set
}

type openapiCmd struct{}

// Run prints the contract without opening a node: it follows from the types.
func (openapiCmd) Run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "zhigai-openapi-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	n, err := openNode(ctx, place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer n.stores.Close()
	api := n.api(nil, false).Huma().OpenAPI()
	api.Info.Version = "1" // the contract does not change with every build
	out, err := json.MarshalIndent(api, "", " ")
	if err != nil {
		return err
	}
	fmt.Println(string(out))
	return nil
}
