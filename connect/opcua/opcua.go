// Package opcua reads and writes OPC UA servers: machines with a server of
// their own, and gateways in front of controllers.
//
// It uses encoding and cryptography of gopcua and keeps channel, session and
// subscription to itself: a notification is acknowledged to the server only
// when it is durable, a lost one is asked for again, a loss of contact ends the
// connection instead of being mended in silence, and no answer can harm other
// devices. A server is
// spoken to only when a person has approved its certificate. Start with [New],
// then channel.go, session.go and subscribe.go; addresses are in address.go and
// resolve.go, what machines are in survey.go and model.go.
package opcua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// Kind is the driver's name in devices and profiles.
const Kind = "opcua"

// Options of the driver.
type Options struct {
	// Dir keeps the application's certificate, its key and the approvals. It
	// belongs to this program alone.
	Dir string
	// ApplicationURI names this installation to servers, for example
	// urn:plant.example:zhigai. It stands in the certificate: a new one makes
	// every server ask for approval again.
	ApplicationURI string
	Now            func() time.Time
	Logger         *slog.Logger
}

// Driver makes sessions.
type Driver struct {
	identity identity
	trust    *trustList
	now      func() time.Time
	log      *slog.Logger
	renew    time.Duration // of a secure channel's token, in tests; 0 for the usual part of its life
	// References in one answer and items in one subscription; fewer in tests.
	answerRefs, itemsEach int

	mu         sync.Mutex
	leftBehind map[string]left // by device
}

var (
	_ connect.Driver     = (*Driver)(nil)
	_ connect.Tester     = (*Driver)(nil)
	_ connect.Discoverer = (*Driver)(nil)
	_ connect.Certified  = (*Driver)(nil)
)

// New reads or makes the application's certificate.
func New(o Options) (*Driver, error) {
	if o.Dir == "" || o.Now == nil || o.Logger == nil {
		return nil, errors.New("opcua: Dir, Now and Logger are required")
	}
	id, err := loadIdentity(o.Dir, o.ApplicationURI, o.Now())
	if err != nil {
		return nil, fmt.Errorf("opcua: %w", err)
	}
	trust, err := loadTrust(o.Dir, o.Now)
	if err != nil {
		return nil, fmt.Errorf("opcua: %w", err)
	}
	return &Driver{identity: id, trust: trust, now: o.Now, log: o.Logger, answerRefs: answerRefs, itemsEach: itemsEach, leftBehind: map[string]left{}}, nil
}

// Kind implements [connect.Driver].
func (d *Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "opc.tcp://192.168.1.30:4840"},
		Search: "192.168.1.0/24:4840",
		Point:  "nsu=urn:plant.example:press;s=Temperature", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (d *Driver) CheckDevice(dev plant.Device) error {
	_, err := parseSettings(dev)
	return err
}

// CheckPoint implements [connect.Driver].
func (d *Driver) CheckPoint(address string, kind plant.TagKind) error {
	if kind == plant.KindWaveform {
		return fmt.Errorf("opcua node %q: waveforms are not read over OPC UA", address)
	}
	_, err := parseAddress(address)
	return err
}

// Certificate is this application's own, for a server that wants to approve
// it by hand.
func (d *Driver) Certificate() (pem []byte, fingerprint string) {
	return d.identity.pem, fingerprintOf(d.identity.der)
}

// Trust implements [connect.Certified].
func (d *Driver) Trust(address, fingerprint string) error {
	return d.trust.approve(address, fingerprint)
}

// Forget implements [connect.Forgetter]: nothing is approved for the device any
// more.
func (d *Driver) Forget(dev plant.Device) error { return d.trust.forget(dev.Address) }

// Pending implements [connect.Certified].
func (d *Driver) Pending() []connect.PendingCertificate { return d.trust.waiting() }

// Open implements [connect.Driver].
func (d *Driver) Open(ctx context.Context, dev plant.Device) (connect.Conn, error) {
	s, err := d.open(ctx, dev)
	if err != nil {
		return nil, err
	}
	return &conn{driver: d, session: s, address: dev.Address, key: string(dev.ID) + " " + dev.Address + " " + dev.Params["user"]}, nil
}

func (d *Driver) open(ctx context.Context, dev plant.Device) (*session, error) {
	set, err := parseSettings(dev)
	if err != nil {
		return nil, err
	}
	s, err := d.dial(ctx, set)
	if err != nil {
		return nil, fmt.Errorf("opcua %s: %w", set.url, err)
	}
	s.within = set.object
	return s, nil
}
