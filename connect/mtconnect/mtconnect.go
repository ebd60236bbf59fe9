// Package mtconnect reads machines that speak MTConnect (ANSI/MTC1.4): agents,
// which keep what their machines said and stream it ([Driver]), and adapters,
// which say it once on a plain connection ([AdapterDriver]).
//
// It only reads. An answer counts when it is of the document, device and
// instance that were asked for; what the agent's buffer lost is marked, never
// passed over. Start with [New], then subscribe.go.
package mtconnect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/mtconnect/document"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "mtconnect"

// Options of the drivers.
type Options struct {
	Now    func() time.Time
	Logger *slog.Logger
}

// Driver makes connections to agents.
type Driver struct {
	now    func() time.Time
	log    *slog.Logger
	client *http.Client
	// heartbeat is how often an agent without news must speak; shorter in tests.
	heartbeat time.Duration

	mu       sync.Mutex
	position map[string]position // by device, what is stored
}

// position is up to where an agent's observations are durable.
type position struct {
	instance, next uint64
}

var (
	_ connect.Driver     = (*Driver)(nil)
	_ connect.Tester     = (*Driver)(nil)
	_ connect.Discoverer = (*Driver)(nil)
	_ connect.Subscriber = (*conn)(nil)
	_ connect.Browser    = (*conn)(nil)
)

// New makes a driver.
func New(o Options) *Driver {
	return &Driver{now: o.Now, log: o.Logger, client: newClient(), heartbeat: heartbeat, position: map[string]position{}}
}

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "http://192.168.1.40:5000"},
		Search: "192.168.1.0/24",
		Point:  "Controller/Path EXECUTION", PointKind: plant.KindText,
	}
}

// CheckDevice implements [connect.Driver].
func (*Driver) CheckDevice(d plant.Device) error {
	_, err := settingsOf(d)
	return err
}

// CheckPoint implements [connect.Driver].
func (*Driver) CheckPoint(address string, kind plant.TagKind) error {
	if kind == plant.KindWaveform {
		return fmt.Errorf("mtconnect address %q: waveforms are not read over MTConnect; write a number for a series' last value", address)
	}
	a, err := document.ParseAddress(address)
	if err != nil {
		return err
	}
	return checkPart(address, a.Part, kind)
}

// settings is a device's address and params, understood.
type settings struct {
	base    string // http://host:port
	device  string // name or uuid; "" for the agent's only one
	timeout time.Duration
}

const (
	defaultTimeout = 5 * time.Second
	minTimeout     = 100 * time.Millisecond
	maxTimeout     = time.Minute
)

func settingsOf(d plant.Device) (settings, error) {
	s := settings{timeout: defaultTimeout}
	u, err := url.Parse(d.Address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return s, fmt.Errorf("mtconnect address %q; write http://host:port, for example http://192.168.1.20:5000, and /NAME behind it where the agent has several devices", d.Address)
	}
	s.device = strings.Trim(u.Path, "/")
	if strings.Contains(s.device, "/") {
		return s, fmt.Errorf("mtconnect address %q: %q is no name of a device; write the name or uuid alone, for example http://192.168.1.20:5000/OKUMA", d.Address, s.device)
	}
	s.base = u.Scheme + "://" + u.Host
	for key, v := range d.Params {
		if key != "timeout" {
			return s, fmt.Errorf("mtconnect param %q is not known; known is timeout", key)
		}
		if s.timeout, err = time.ParseDuration(v); err != nil || s.timeout < minTimeout || s.timeout > maxTimeout {
			return s, fmt.Errorf("mtconnect param timeout %q; write a duration from %v to %v", v, minTimeout, maxTimeout)
		}
	}
	return s, nil
}

// Open implements [connect.Driver]: it reads what the device is.
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	c, err := d.open(ctx, device)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (d *Driver) open(ctx context.Context, device plant.Device) (*conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	c := &conn{driver: d, settings: s, key: string(device.ID) + " " + device.Address}
	probe, err := c.ask(ctx, document.Devices, "probe", nil)
	if err != nil {
		return nil, err
	}
	if c.device, err = choose(probe.Devices, s.device); err != nil {
		return nil, fmt.Errorf("mtconnect %s: %w", device.Address, err)
	}
	if c.settings.device = c.device.Name; c.settings.device == "" {
		c.settings.device = c.device.UUID
	}
	c.instance, c.version = probe.Header.Instance, probe.Version
	c.places = document.Places(c.device)
	return c, nil
}

// choose is the device of that name or uuid, or the only one that is a machine.
func choose(all []document.Component, name string) (*document.Component, error) {
	var machines []*document.Component
	var names []string
	for i := range all {
		d := &all[i]
		if name != "" && (d.Name == name || d.UUID == name) {
			return d, nil
		}
		if d.Type == "Device" { // an agent tells of itself as if it were a device too
			machines = append(machines, d)
			names = append(names, d.Name)
		}
	}
	switch {
	case name != "":
		return nil, fmt.Errorf("the agent has no device %q; it has %s", name, strings.Join(names, ", "))
	case len(machines) == 1:
		return machines[0], nil
	case len(machines) == 0:
		return nil, errors.New("the agent has no device")
	}
	return nil, fmt.Errorf("the agent has %d devices; write one of them behind the address: /%s", len(machines), strings.Join(names, ", /"))
}

// Test implements [connect.Tester].
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	c, err := d.open(ctx, device)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return fmt.Sprintf("MTConnect %s: %s, %d data items", c.version, title(c.device), len(c.places)), nil
}

// title is what a device says it is.
func title(d *document.Component) string {
	words := []string{d.Name}
	if p := d.Description; p != nil {
		for _, w := range []string{p.Manufacturer, p.Model} {
			if w != "" {
				words = append(words, w)
			}
		}
		if p.Serial != "" {
			words = append(words, "serial number "+p.Serial)
		}
	}
	return strings.Join(words, " ")
}
