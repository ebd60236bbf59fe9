package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"zhigai/connect/profile"
	"zhigai/plant"
	"zhigai/sim"
)

type simCmd struct {
	Profile string            `required:"" help:"Profile as YAML, or the id of a delivered one such as eastron.sdm630." placeholder:"FILE|ID"`
	Listen  string            `help:"Where to serve, port 0 for a free one." default:"127.0.0.1:0" placeholder:"HOST:PORT"`
	To      string            `help:"Where machines go that speak by themselves: the broker HOST:PORT they publish to, the node http://HOST:PORT they post to, or the folder they leave files in." placeholder:"PLACE"`
	Group   string            `help:"What the topics of machines that publish begin with; the group in Sparkplug." default:"sim"`
	Driver  string            `help:"Protocol, where several fit the profile, such as modbus-rtu in a TCP stream; by default the profile's."`
	Count   int               `help:"How many machines." default:"1"`
	Shared  bool              `help:"All behind one address, as units of a line or stations of a server; by default each has the next port."`
	Set     map[string]string `help:"What a signal always shows, such as --set voltage.a=230.5." mapsep:"none" placeholder:"SIGNAL=VALUE"`
	Param   map[string]string `help:"Parameters of every device, such as --param unit=3." mapsep:"none" placeholder:"NAME=VALUE"`
	Seed    uint64            `help:"The same seed gives the same machines." default:"1"`
	Fault   string            `help:"What is wrong with every machine: unplug, silent, freeze, nan, sentinel, clock_ahead, counter_back or garbage."`
	Sheet   string            `help:"Also write the machines as a sheet for adding many at once." placeholder:"FILE.csv"`
	Under   string            `help:"With --sheet: the place of the machines in the plant, such as works/hall-1/line-2."`
}

// maxStanding bounds the machines of one command: each has a socket, and eight
// hours of its life are lived before it is shown.
const maxStanding = 500

// Run serves until it is interrupted.
func (c simCmd) Run(ctx context.Context) error {
	p, err := findProfile(c.Profile)
	if err != nil {
		return err
	}
	k, err := c.kind(p)
	if err != nil {
		return err
	}
	plants, devices, err := c.stand(k)
	defer func() {
		for _, one := range plants {
			one.Close()
		}
	}()
	if err != nil {
		return err
	}
	if c.Sheet != "" {
		if err := c.writeSheet(p, devices); err != nil {
			return err
		}
	}
	c.tell(os.Stdout, p, devices)
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{}, len(plants))
	for _, one := range plants {
		if c.To != "" {
			if err := one.Attach(running, c.To); err != nil {
				return fmt.Errorf("--to: %w", err)
			}
		}
		go func() {
			one.Run(running, 1)
			done <- struct{}{}
		}()
	}
	for range plants {
		<-done
	}
	return nil
}

// kind is the machine as the flags want it.
func (c simCmd) kind(p *profile.Profile) (sim.Kind, error) {
	k := simKind(p, "")
	if c.Driver != "" {
		if !p.Fits(c.Driver) {
			return k, fmt.Errorf("--driver %s does not speak what profile %s does, %s; leave --driver out", c.Driver, p.ID, p.Protocol)
		}
		k.Protocol = c.Driver
	}
	switch {
	case c.Count < 1 || c.Count > maxStanding:
		return k, fmt.Errorf("--count %d: write 1 to %d", c.Count, maxStanding)
	case c.Fault != "" && !slices.Contains(sim.FaultKinds, sim.FaultKind(c.Fault)):
		return k, fmt.Errorf("--fault %q: write one of %v", c.Fault, sim.FaultKinds)
	case sim.Publishes(k.Protocol) && c.To == "":
		return k, fmt.Errorf("profile %s speaks %s: its machines speak by themselves; write --to %s", p.ID, k.Protocol, sim.Destination(k.Protocol))
	case !sim.Publishes(k.Protocol) && c.To != "":
		return k, fmt.Errorf("profile %s speaks %s: its machines wait to be asked; write --listen HOST:PORT in place of --to", p.ID, k.Protocol)
	case strings.HasPrefix(c.Listen, "serial:"):
		return k, errors.New("--listen serial: a serial line is not served; write --listen HOST:PORT --driver modbus-rtu and lead it to the line with socat, for example")
	case (c.Sheet == "") != (c.Under == ""):
		return k, errors.New("--sheet and --under go together; write --under with the place of the machines in the plant, such as works/hall-1/line-2")
	case sim.Publishes(k.Protocol) && c.Shared:
		return k, errors.New("--shared is for machines that wait to be asked; leave it out")
	case k.Protocol == "sparkplug" && len(c.Param) > 0:
		return k, errors.New("--param: a device of Sparkplug has no parameters; leave it out")
	case c.Count > 1 && c.Shared && c.Param["unit"] != "":
		return k, errors.New("--param unit with --shared: the machines are numbered from 1; leave one of them out")
	}
	if err := p.CheckParams(c.Param); err != nil && !sim.Publishes(k.Protocol) && len(c.Param) > 0 {
		return k, fmt.Errorf("--param: %w", err)
	}
	return k, c.pin(&k)
}

// pin makes signals show what --set says.
func (c simCmd) pin(k *sim.Kind) error {
	for _, name := range slices.Sorted(maps.Keys(c.Set)) {
		i := slices.IndexFunc(k.Signals, func(s sim.Signal) bool { return s.Name == name })
		if i < 0 {
			names := make([]string, len(k.Signals))
			for j, s := range k.Signals {
				names[j] = s.Name
			}
			return fmt.Errorf("--set %s: profile %s has no such signal; write one of %s", name, k.ID, strings.Join(names, ", "))
		}
		value := c.Set[name]
		switch s := &k.Signals[i]; s.Kind {
		case plant.KindText:
			if value == "" {
				return fmt.Errorf("--set %s: an empty text; write what the machine is to show", name)
			}
			s.Fixed = value
		case plant.KindBoolean:
			on, err := strconv.ParseBool(value)
			if err != nil {
				return fmt.Errorf("--set %s=%s: write true or false", name, value)
			}
			s.Fixed = map[bool]string{true: "1", false: "0"}[on]
		case plant.KindNumber, plant.KindEnumeration:
			v, err := strconv.ParseFloat(value, 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("--set %s=%s: write a number, of an enumeration its code", name, value)
			}
			s.Fixed = value
		default:
			return fmt.Errorf("--set %s: a signal of kind %s cannot be set; leave it out", name, s.Kind)
		}
	}
	return nil
}

// stand makes the machines. What stands already comes with an error, too.
func (c simCmd) stand(k sim.Kind) (plants []*sim.Plant, devices []plant.Device, err error) {
	add := func(p *sim.Plant, found []plant.Device, err error) error {
		if err != nil {
			return err
		}
		plants, devices = append(plants, p), append(devices, found...)
		if c.Fault != "" {
			return p.SetAll(sim.FaultKind(c.Fault), true)
		}
		return nil
	}
	if sim.Publishes(k.Protocol) {
		err = add(sim.StandPublishing(k, c.Group, c.Seed, c.Count, c.Param))
		return plants, devices, err
	}
	if c.Shared {
		err = add(sim.StandTogether(k, c.Listen, c.Seed, c.Count, c.Param))
		return plants, devices, err
	}
	host, text, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("--listen %q: %w; write for example 127.0.0.1:5020", c.Listen, err)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 0 || port+c.Count-1 > math.MaxUint16 {
		return nil, nil, fmt.Errorf("--listen %q with %d machines: write a port from 1 to %d, or 0 for free ones", c.Listen, c.Count, math.MaxUint16-c.Count+1)
	}
	for i := range c.Count {
		at := 0
		if port > 0 {
			at = port + i
		}
		if err := add(sim.StandTogether(k, net.JoinHostPort(host, strconv.Itoa(at)), c.Seed+uint64(i), 1, c.Param)); err != nil {
			return plants, devices, err
		}
	}
	return plants, devices, nil
}

// tell prints the machines as a plant file wants them, and how they are read.
func (c simCmd) tell(w io.Writer, p *profile.Profile, devices []plant.Device) {
	for _, d := range devices {
		fmt.Fprintf(w, "device: {driver: %s, address: %q%s}\n", d.Driver, d.Address, paramsYAML(d.Params))
	}
	first := devices[0]
	host, port, _ := net.SplitHostPort(c.To)
	switch {
	case first.Driver == "sparkplug":
		fmt.Fprintf(w, "# watch: mosquitto_sub -h %s -p %s -t 'spBv1.0/%s/#' -F '%%t %%l'\n", host, port, c.Group)
	case first.Driver == "mqtt":
		fmt.Fprintf(w, "# watch: mosquitto_sub -h %s -p %s -t '%s/#' -v\n", host, port, c.Group)
	case sim.Publishes(first.Driver):
		fmt.Fprintf(w, "# they speak to %s\n", c.To)
	default:
		fmt.Fprintf(w, "# read: zhigai profile try %s --driver %s --device %s%s\n", c.Profile, first.Driver, first.Address, paramFlags(first.Params))
		if other := foreignTool(p, first); other != "" {
			fmt.Fprintf(w, "# or:   %s\n", other)
		}
	}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		fmt.Fprintln(w, "# every interface is served: write this computer's address in place of the one above")
	}
	fmt.Fprintln(w, "# ctrl-C ends")
}

func paramsYAML(params map[string]string) string {
	if len(params) == 0 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		parts = append(parts, fmt.Sprintf("%s: %q", name, params[name]))
	}
	return ", params: {" + strings.Join(parts, ", ") + "}"
}

func paramFlags(params map[string]string) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) {
		fmt.Fprintf(&out, " --param %s=%s", name, params[name])
	}
	return out.String()
}

// foreignTool is a command of another maker that reads the device, "" where none
// is usual.
func foreignTool(p *profile.Profile, d plant.Device) string {
	host, port, _ := net.SplitHostPort(d.Address)
	switch d.Driver {
	case "modbus-tcp":
		for _, s := range p.Signals {
			word := strings.Fields(s.At)
			table := map[string]string{"holding": "4:hex", "input": "3:hex", "discrete": "1", "coil": "0"}[word[0]]
			if table == "" || len(word) < 2 || strings.ContainsAny(word[1], "{.") {
				continue
			}
			return fmt.Sprintf("mbpoll -m tcp -p %s -a %s -t %s -0 -1 -r %s -c 2 %s", port, d.Params["unit"], table, word[1], host)
		}
	case "snmp":
		return fmt.Sprintf("snmpwalk -v2c -c public %s .1.3.6.1", d.Address)
	case "mtconnect":
		return "curl " + d.Address + "/current"
	}
	return ""
}

// writeSheet writes the machines with the columns of the sheet for adding many.
func (c simCmd) writeSheet(p *profile.Profile, devices []plant.Device) error {
	f, err := os.OpenFile(c.Sheet, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists; write another file", c.Sheet)
	}
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	rows := [][]string{{"path", "name.zh", "name.en", "class", "profile", "driver", "address", "params"}}
	code := strings.ReplaceAll(p.ID, ".", "-")
	for i, d := range devices {
		var params []string
		for _, name := range slices.Sorted(maps.Keys(d.Params)) {
			params = append(params, name+"="+d.Params[name])
		}
		rows = append(rows, []string{
			fmt.Sprintf("%s/%s-%d", strings.Trim(c.Under, "/"), code, i+1), fmt.Sprintf("%s %d", p.Title.ZH, i+1), fmt.Sprintf("%s %d", p.Title.EN, i+1),
			p.Class, p.ID, d.Driver, d.Address, strings.Join(params, "; "),
		})
	}
	return errors.Join(w.WriteAll(rows), f.Close())
}

// findProfile is the profile of a file, or the delivered one of that id.
func findProfile(name string) (*profile.Profile, error) {
	rules, err := loadRules(nil)
	if err != nil {
		return nil, err
	}
	if p, ok := rules.profiles.Get(name); ok {
		return p, nil
	}
	if _, err := os.Stat(name); name != "-" && errors.Is(err, os.ErrNotExist) {
		near := slices.DeleteFunc(rules.profiles.IDs(), func(id string) bool { return !strings.Contains(id, strings.ToLower(name)) })
		if len(near) == 0 {
			near = []string{"eastron.sdm630", "universal-robots.e-series"}
		}
		return nil, fmt.Errorf("%s is no file and no id of a delivered profile; write a file, or for example %s", name, strings.Join(near[:min(len(near), 10)], ", "))
	}
	p, err := readProfile(name, checkersOf(throwawayDrivers().List))
	if err == nil && p.Base != "" {
		return nil, fmt.Errorf("%s takes signals from its base %s and is not whole by itself; write the signals into one file to try it", name, p.Base)
	}
	return p, err
}
