package connect

import (
	"context"

	"zhigai/plant"
)

// Identity is what a device says of itself; what it does not say is empty.
type Identity struct {
	Vendor  string `json:"vendor,omitempty"`
	Product string `json:"product,omitempty"`
	Version string `json:"version,omitempty"`
	Serial  string `json:"serial,omitempty"`
}

// Found is a device that showed itself.
type Found struct {
	Device   plant.Device `json:"device"`
	Title    string       `json:"title"`
	Profile  string       `json:"profile,omitempty"` // when the driver knows which; else the profiles' identify rules say
	Identity Identity     `json:"identity,omitzero"`
	// Model is the published description that the device shows it follows, by its
	// number, for example "OPC 40501-1"; empty when it shows none.
	Model string `json:"model,omitempty"`
	// Announced: it was not asked; it, or somebody in its name, told the network by
	// multicast DNS. Text is what was told beside, key=value.
	Announced bool     `json:"announced,omitempty"`
	Text      []string `json:"text,omitempty"`
	// Hint: it only tells that something is there, such as a broker; no driver
	// reads it at this address.
	Hint bool `json:"hint,omitempty"`
}

// Exampler is a driver that shows how its addresses are written.
type Exampler interface {
	Examples() Examples
}

// Examples are addresses as a person writes them: the driver's own checks take
// each.
type Examples struct {
	Device    plant.Device  // with the parameters it cannot do without
	Search    string        // where [Discoverer] looks; "" for a driver that does not
	Point     string        // of a value
	PointKind plant.TagKind // what stands there
}

// Discoverer is a driver that can look for devices. Where is in the driver's
// own words (an address range, an endpoint, a group).
type Discoverer interface {
	Discover(ctx context.Context, where string) ([]Found, error)
}

// Listening is a driver whose devices show themselves without being asked:
// Discover of "" costs nothing and gives those that were heard.
type Listening interface {
	Discoverer
	Listens() bool
}

// Progress hears from a search: how many of how many places were looked at, and
// what was found there. It may be called from several goroutines.
type Progress func(done, total int, found []Found)

type progressKey struct{}

// WithProgress lets a search that gets the context tell how far it is.
func WithProgress(ctx context.Context, p Progress) context.Context {
	return context.WithValue(ctx, progressKey{}, p)
}

// Looked is called by a driver's Discover after each place. It does nothing when
// nobody wants to know.
func Looked(ctx context.Context, done, total int, found []Found) {
	if p, ok := ctx.Value(progressKey{}).(Progress); ok {
		p(done, total, found)
	}
}
