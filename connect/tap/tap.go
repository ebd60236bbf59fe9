// Package tap shows what goes over the wire between the node and one device,
// both ways and in bytes, while somebody watches. It keeps the last frames in
// memory, and nothing of them when nobody does; it never changes, delays or
// judges what passes.
//
// The collector gives each device a [Ring] and puts it into the context of all
// that it asks of the driver. A driver finds it again where it has bytes: it
// wraps its connection in a [Conn], its HTTP transport in [HTTP], or hands
// messages to [Ring.Record].
//
// Secrets: headers of HTTP are never kept, of an address neither password nor
// what looks like a key, and what the ring was told to hide stands as asterisks
// wherever it would be. What is encrypted is shown encrypted.
package tap

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Kept is how many frames a ring holds: half a minute of a device that is asked
	// once a second, and little enough to be read by a person.
	Kept = 64
	// KeptBytes of a frame are shown: more than the longest of nearly all protocols
	// of the field, while the documents of HTTP and MQTT can have megabytes.
	KeptBytes = 1 << 10
	// keptAbout bounds the words beside a frame, such as a topic or an address.
	keptAbout = 256
)

// Direction of a frame, seen from the node.
const (
	Sent     = "sent"
	Received = "received"
)

// Frame is what went over the wire at once: a frame of the protocol, or what the
// network gave at once where the protocol is a stream.
type Frame struct {
	No        int64     `json:"no"` // counts from 1 since the device is watched
	Time      time.Time `json:"time"`
	Direction string    `json:"direction" enum:"sent,received"`
	About     string    `json:"about,omitempty"` // topic or address, where the bytes do not say it
	Length    int       `json:"length"`          // whole, of which hex may show the beginning
	Hex       string    `json:"hex"`
}

// frame as it is kept.
type frame struct {
	no     int64
	at     time.Time
	sent   bool
	about  string
	length int
	data   []byte
}

// Ring keeps the last frames of one device. Its methods may be called
// concurrently, and of a nil ring too.
type Ring struct {
	now    func() time.Time
	alone  []*Ring // itself, for [Conn]
	hidden [][]byte
	until  atomic.Int64 // microseconds since 1970; 0 while nobody watches

	mu     sync.Mutex
	frames []frame // at most Kept, the oldest at no % Kept
	last   int64   // number of the newest
}

// New makes a ring that nobody watches. What is hidden stands as asterisks in
// every frame.
func New(now func() time.Time, hidden ...string) *Ring {
	r := &Ring{now: now}
	r.alone = []*Ring{r}
	for _, secret := range hidden {
		if secret != "" {
			r.hidden = append(r.hidden, []byte(secret))
		}
	}
	// The longest first: of two secrets one may stand in the other.
	slices.SortFunc(r.hidden, func(a, b []byte) int { return len(b) - len(a) })
	return r
}

// Watch keeps frames from now on for as long as d. A watch that is under way
// goes on for longer; one that begins anew forgets the frames of the earlier.
func (r *Ring) Watch(d time.Duration) (until time.Time) {
	until = r.now().Add(d)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.Watched() {
		r.frames, r.last = nil, 0
	}
	r.until.Store(until.UnixMicro())
	return until
}

// Watched reports whether frames are kept now.
func (r *Ring) Watched() bool {
	if r == nil {
		return false
	}
	until := r.until.Load()
	if until == 0 {
		return false
	}
	if r.now().UnixMicro() < until {
		return true
	}
	r.until.CompareAndSwap(until, 0) // from now on no clock is asked
	return false
}

// Until is when the watch ends; zero while there is none.
func (r *Ring) Until() time.Time {
	if !r.Watched() {
		return time.Time{}
	}
	return time.UnixMicro(r.until.Load()).UTC()
}

// Forget gives the memory of a watch back that has ended.
func (r *Ring) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.Watched() {
		r.frames, r.last = nil, 0
	}
}

// Frames are those that are kept, the oldest first.
func (r *Ring) Frames() []Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Frame, 0, len(r.frames))
	for no := r.last - int64(len(r.frames)) + 1; no <= r.last; no++ {
		f := &r.frames[(no-1)%Kept]
		direction := Received
		if f.sent {
			direction = Sent
		}
		out = append(out, Frame{No: f.no, Time: f.at.UTC(), Direction: direction, About: f.about, Length: f.length, Hex: hex.EncodeToString(f.data)})
	}
	return out
}

// Record notes a message that went over the wire whole. About says what the bytes
// do not, such as the topic.
func (r *Ring) Record(direction, about string, data []byte) {
	if r.Watched() {
		r.add(direction == Sent, about, data)
	}
}

// add begins a frame and gives its number.
func (r *Ring) add(sent bool, about string, data []byte) int64 {
	about = string(r.hide([]byte(about)))
	data = r.hide(data)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	f := frame{no: r.last, at: r.now(), sent: sent, about: about[:min(len(about), keptAbout)], length: len(data)}
	f.data = append(f.data, data[:min(len(data), KeptBytes)]...)
	if len(r.frames) < Kept {
		r.frames = append(r.frames, f)
	} else {
		r.frames[(f.no-1)%Kept] = f
	}
	return f.no
}

// more adds to a frame that has begun, if it is still kept.
func (r *Ring) more(no int64, data []byte) {
	data = r.hide(data)
	r.mu.Lock()
	defer r.mu.Unlock()
	if no > r.last || no <= r.last-int64(len(r.frames)) {
		return
	}
	f := &r.frames[(no-1)%Kept]
	f.length += len(data)
	f.data = append(f.data, data[:min(len(data), KeptBytes-len(f.data))]...)
}

// hide gives data without the secrets; it never changes what it was given.
func (r *Ring) hide(data []byte) []byte {
	for _, secret := range r.hidden {
		if bytes.Contains(data, secret) {
			data = bytes.ReplaceAll(data, secret, bytes.Repeat([]byte{'*'}, len(secret)))
		}
	}
	return data
}

type key struct{}

// With gives a context whose questions go to the ring's device.
func With(ctx context.Context, r *Ring) context.Context { return context.WithValue(ctx, key{}, r) }

// Of is the ring of the device that a question goes to; nil when nobody can watch
// it, as in a search for devices.
func Of(ctx context.Context) *Ring {
	r, _ := ctx.Value(key{}).(*Ring)
	return r
}
