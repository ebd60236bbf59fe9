// Package connect brings values from machines: the contract of a driver, the
// collector that schedules devices, and the gates every value passes on its
// way to history.
//
// A protocol lives in a folder of its own and is listed in connect/all; this
// package never imports one. Start with [Driver] and [Collector].
package connect

import (
	"context"
	"errors"
	"time"

	"zhigai/plant"
)

// Driver makes connections over one protocol.
//
// One Driver serves many devices at once; its methods may be called
// concurrently.
type Driver interface {
	// Kind is the name profiles and devices give: modbus-tcp, opcua ...
	Kind() string
	// CheckDevice and CheckPoint look at an address without touching the
	// network. The error says what is wrong and what to write instead.
	CheckDevice(d plant.Device) error
	CheckPoint(address string, kind plant.TagKind) error
	// Open reaches the device. It returns within the context's deadline.
	Open(ctx context.Context, d plant.Device) (Conn, error)
}

// Conn is an open connection to one device. The collector calls its methods
// from one goroutine at a time.
type Conn interface {
	// Prepare plans how the points are read together: neighbouring registers in
	// one request, for example. Points that can never be read come back as
	// readings with an error, they do not fail the group.
	Prepare(points []Point) (Group, error)
	Close() error
}

// Group is a set of points read together.
type Group interface {
	// Read fills dst, one reading per point in the order of Prepare. An error
	// means that contact with the device is lost or in doubt and the connection
	// is to be reopened; what concerns one point alone is in its reading.
	Read(ctx context.Context, dst []Reading) error
}

// Point is what is to be read: an address in the driver's own words and the
// kind of value wanted.
type Point struct {
	Address string
	Kind    plant.TagKind
	Period  time.Duration // a subscription's wanted sampling interval
}

// Reading is what a device answered for one point.
type Reading struct {
	Point  int // index into the points of Prepare or Subscribe
	Number float64
	Text   string    // of a waveform what [zhigai/plant/waveform.Window.Encode] writes
	Raw    []byte    // as on the wire, at most what BadSample keeps matters
	Source time.Time // the device's own time; zero when polled
	// Err is nil for a value; else why there is none, see the Err… values.
	Err error
	// Uncertain marks a value the device itself doubts.
	Uncertain bool
	// Historical marks a value that is late on purpose (Sparkplug is_historical).
	Historical bool
	// Recorded marks a value of a record – a line of a file, a row of a database –
	// whose time was written down with it: the time is believed however old, and
	// the value is kept even when it is the same as the one before.
	Recorded bool
}

// Why a point has no value. Drivers wrap them with what the device said.
var (
	ErrRefused      = errors.New("refused by the device")
	ErrMalformed    = errors.New("answer could not be decoded")
	ErrUnconfigured = errors.New("no such address on the device")
	ErrImprecise    = errors.New("integer beyond ±2^53")
	ErrStale        = errors.New("no fresh value")
	ErrUnavailable  = errors.New("not available, says the device")
)

// ErrBusy means that a line shared with other devices had no time for the
// question: nothing is known of the device because of it, neither good nor bad.
var ErrBusy = errors.New("the line is busy with other devices")

// ErrNotTrusted means that a device's certificate waits for a person's
// approval; the wrapping error carries its fingerprint.
var ErrNotTrusted = errors.New("certificate not approved yet")

// Sink takes readings of a subscription. It returns when they are durable, so
// that a driver may acknowledge to the device only then; an error means they
// are not and must not be acknowledged.
type Sink func(ctx context.Context, readings []Reading) error

// Subscriber is a connection on which the device speaks by itself.
type Subscriber interface {
	// Subscribe delivers readings until ctx ends or contact is lost; it returns
	// the reason. alive is called whenever the device shows life without a
	// change of value (keep-alive), and counts as an answer.
	Subscribe(ctx context.Context, points []Point, sink Sink, alive func()) error
}

// Prompt is a [Sink] that does not wait: done gets the answer, once, on any
// goroutine. It returns false, and has taken nothing, when it would have to wait
// or when more is to be done than storing: then the sink gets the readings. What
// it took stands before what the sink takes later.
type Prompt func(readings []Reading, done func(error)) bool

// PromptSubscriber is a connection of a driver that need not wait.
type PromptSubscriber interface {
	Subscriber
	// SubscribePrompt is Subscribe; prompt may be used whenever sink may.
	SubscribePrompt(ctx context.Context, points []Point, sink Sink, prompt Prompt, alive func()) error
}

// Writer is a connection that can write. Value is a float64, bool or string.
// Write is called while Subscribe is under way, and sends a value once: it is
// not for the driver to try again. A refusal of the device wraps ErrRefused or
// ErrUnconfigured, a value that does not fit the address ErrNotWritten; after
// any other error the device may have the value.
type Writer interface {
	Write(ctx context.Context, p Point, value any) error
}

// Truth is what a value to be written says of a coil or bit; ok is false for
// what is neither true nor false.
func Truth(value any) (on, ok bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case float64:
		return v != 0, v == 0 || v == 1
	}
	return false, false
}

// WriteChecker is a driver that knows without the network what can be written:
// whether anything can, when value is nil, or else whether the value fits.
type WriteChecker interface {
	CheckWrite(address string, kind plant.TagKind, value any) error
}

// Interleaver is a connection on which callers take turns question by question:
// its Write and a Read may be called while another Read is under way, and do
// not wait for the whole of it.
type Interleaver interface{ Interleaves() }

// Rememberer is a connection whose groups give what the device said last. Heard
// is when that was of a point, by our clock.
type Rememberer interface {
	Heard(p Point) (at time.Time, ok bool)
}

// Browsed is one thing found on a device.
type Browsed struct {
	Address string        `json:"address"`
	Name    string        `json:"name"`
	Kind    plant.TagKind `json:"kind,omitempty"`
	Folder  bool          `json:"folder,omitempty"`
	// Path is an address that other machines of the same make have too, where
	// the protocol has such addresses.
	Path string `json:"path,omitempty"`
	// Model is the published description that a machine shows it follows.
	Model string `json:"model,omitempty"`
}

// Browser is a connection that can list what the device offers below parent
// ("" is the top).
type Browser interface {
	Browse(ctx context.Context, parent string) ([]Browsed, error)
}

// Walker is a connection that can list everything below parent ("" is the top)
// at once, parents before what stands below them. Yield gets some at a time and
// ends the walk with false.
type Walker interface {
	Walk(ctx context.Context, parent string, yield func([]Browsed) bool) error
}

// Caller is a connection to a device with methods. Arguments and results are
// float64, bool or string; the method is an address in the driver's own words.
type Caller interface {
	Call(ctx context.Context, method string, args ...any) ([]any, error)
}

// Forgetter is a driver that keeps something of a device in the node's folder.
type Forgetter interface {
	// Forget takes it away; the device is read no longer.
	Forget(d plant.Device) error
}

// Tester is a driver that can say more about a device than that it opens:
// identity, policies, certificate. The text is shown to the person.
type Tester interface {
	Test(ctx context.Context, d plant.Device) (string, error)
}

// Expecter is a driver of devices that speak without being asked. It is told
// which of them are collected: what such a device says while no subscription is
// open must wait for one, not be acknowledged and forgotten.
type Expecter interface {
	// Expect holds until release is called.
	Expect(d plant.Device) (release func())
}

// Certified is a driver that keeps approvals of device certificates.
type Certified interface {
	// Trust approves the certificate with this SHA-256 fingerprint (hex) for
	// the device address; Trusted tells what is approved and what is waiting.
	Trust(address, fingerprint string) error
	Pending() []PendingCertificate
}

// PendingCertificate waits for approval.
type PendingCertificate struct {
	Address     string    `json:"address"`
	Fingerprint string    `json:"fingerprint"`
	Subject     string    `json:"subject"`
	NotAfter    time.Time `json:"not_after"`
	Seen        time.Time `json:"seen"`
}
