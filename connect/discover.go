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
