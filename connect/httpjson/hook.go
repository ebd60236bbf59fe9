package httpjson

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/document"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// HookKind is the name of the driver that machines post to.
const HookKind = "webhook"

const (
	// HookPath is where machines post, with the device's address behind it.
	HookPath = "/hooks/"
	// minToken is the shortest token: 16 characters of 64 are 96 bits.
	minToken = 16
	// defaultSilence is how long a device may post nothing.
	defaultSilence = 10 * time.Minute
	maxSilence     = 24 * time.Hour
	// attachWithin is how long a post waits for a subscription: a collector that
	// lost one tries again within 19 s.
	attachWithin = 20 * time.Second
	// maxPosts is how many posts of one device wait for one another; more are
	// told to come back.
	maxPosts = 16
	// maxKept is the largest document that is remembered for those who ask later.
	maxKept = 64 << 10
	// readWithin bounds how long a body may trickle in.
	readWithin = 30 * time.Second
)

// Hook is the driver of devices that post JSON. It serves HTTP: a document is
// answered with 204 when all its values are durable, and never before.
type Hook struct {
	now func() time.Time

	mu      sync.Mutex
	devices map[string]*poster // by address
}

var (
	_ connect.Driver   = (*Hook)(nil)
	_ connect.Expecter = (*Hook)(nil)
	_ http.Handler     = (*Hook)(nil)
)

// NewHook makes the driver; now is the clock of the node.
func NewHook(now func() time.Time) *Hook { return &Hook{now: now, devices: map[string]*poster{}} }

// poster is what is known of one device.
type poster struct {
	name  string
	turn  chan struct{} // held by the post that is being handled
	posts int           // that wait or are handled; guarded by the hook's lock
	token [sha256.Size]byte
	known int // collectors and connections that want it; guarded by the hook's lock

	mu       sync.Mutex
	expected int // collectors that will subscribe, or have
	last     any // document, nil when it was too large
	at       time.Time
	heard    bool
	changed  chan struct{} // closed with the next post
	sub      *hooked
	attached chan struct{} // closed with the next subscription
}

// hookSettings is a device's address and params, understood.
type hookSettings struct {
	token   [sha256.Size]byte
	silence time.Duration
	shape
}

var hookName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

func parseHook(dev plant.Device) (s hookSettings, err error) {
	s.silence = defaultSilence
	if !hookName.MatchString(dev.Address) {
		return s, fmt.Errorf("webhook address %q: write a name of a-z, 0-9 and -, for example press-1; the machine posts to %spress-1", dev.Address, HookPath)
	}
	if s.shape, err = parseShape(dev.Params); err != nil {
		return s, fmt.Errorf("webhook param %w", err)
	}
	for key, v := range dev.Params {
		switch {
		case key == "token":
		case key == "silence":
			if s.silence, err = time.ParseDuration(v); err != nil || s.silence < time.Second || s.silence > maxSilence {
				return s, fmt.Errorf("webhook param silence %q: write a duration from 1s to %v", v, maxSilence)
			}
		case slices.Contains(shapeParams, key):
		default:
			return s, fmt.Errorf("webhook param %s is not known; write one of token, silence, time, records, zone", key)
		}
	}
	if token := dev.Params["token"]; len(token) < minToken {
		return s, fmt.Errorf("webhook param token has %d characters; write at least %d, which the machine sends as Authorization: Bearer TOKEN", len(token), minToken)
	}
	s.token = sha256.Sum256([]byte(dev.Params["token"]))
	return s, nil
}

// Kind implements [connect.Driver].
func (h *Hook) Kind() string { return HookKind }

// Examples implements [connect.Exampler].
func (*Hook) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: HookKind, Address: "press-1", Params: map[string]string{"token": "choose-32-characters-of-your-own!"}},
		Point:  "/spindle/speed", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (h *Hook) CheckDevice(dev plant.Device) error {
	_, err := parseHook(dev)
	return err
}

// CheckPoint implements [connect.Driver].
func (h *Hook) CheckPoint(address string, _ plant.TagKind) error {
	_, err := parsePoint(address)
	return err
}

// Expect implements [connect.Expecter]: who posts before the subscription is
// open waits for it.
func (h *Hook) Expect(dev plant.Device) (release func()) {
	s, err := parseHook(dev)
	if err != nil {
		return func() {} // Open says what is wrong
	}
	w := h.want(dev.Address, s)
	w.device.expect(1)
	return func() {
		w.device.expect(-1)
		w.release()
	}
}

func (d *poster) expect(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expected += n
}

// wanted is one that wants a device to be let in.
type wanted struct {
	device  *poster
	release func()
}

func (h *Hook) want(name string, s hookSettings) wanted {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.devices[name]
	if d == nil {
		d = &poster{name: name, turn: make(chan struct{}, 1), changed: make(chan struct{}), attached: make(chan struct{})}
		h.devices[name] = d
	}
	d.known++
	d.token = s.token
	return wanted{d, sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if d.known--; d.known == 0 {
			delete(h.devices, name)
		}
	})}
}

// Open waits until the device has posted.
func (h *Hook) Open(ctx context.Context, dev plant.Device) (connect.Conn, error) {
	s, err := parseHook(dev)
	if err != nil {
		return nil, err
	}
	w := h.want(dev.Address, s)
	c := &hookConn{hook: h, wanted: w, settings: s}
	for {
		w.device.mu.Lock()
		heard, changed := c.heard(), w.device.changed
		w.device.mu.Unlock()
		if heard {
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			w.release()
			return nil, fmt.Errorf("webhook %s: nothing was posted to %s%s within %v: %w", dev.Address, HookPath, dev.Address, s.silence, ctx.Err())
		}
	}
}

// ServeHTTP takes a post. The path behind HookPath names the device.
func (h *Hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "post a JSON document", http.StatusMethodNotAllowed)
		return
	}
	d, leave, status := h.enter(strings.TrimPrefix(r.URL.Path, HookPath), r.Header.Get("Authorization"))
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "no such device, or not its token; send Authorization: Bearer TOKEN", status)
		return
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
		http.Error(w, fmt.Sprintf("%d documents wait already; send them one after the other", maxPosts), status)
		return
	}
	defer leave()
	// A server that cannot set a deadline has one of its own.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readWithin))
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			http.Error(w, fmt.Sprintf("more than %d bytes; send less at once", maxBody), http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(w, "the document did not come whole", http.StatusBadRequest)
		return
	}
	d.show(r.Method+" "+r.URL.Path, raw)
	doc, err := document.Decode(raw)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := d.post(r.Context(), doc, h.now(), len(raw) <= maxKept); err != nil {
		if errors.Is(err, connect.ErrMalformed) || errors.Is(err, connect.ErrUnconfigured) {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Retry-After", "5")
		http.Error(w, "not kept: "+err.Error()+"; send it again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// enter finds the device and checks the token. Who knows no token learns nothing
// of which devices there are.
func (h *Hook) enter(name, authorization string) (d *poster, leave func(), status int) {
	secret, _ := strings.CutPrefix(authorization, "Bearer ")
	got := sha256.Sum256([]byte(secret))
	h.mu.Lock()
	defer h.mu.Unlock()
	d = h.devices[name]
	want := [sha256.Size]byte{}
	if d != nil {
		want = d.token
	}
	if right := subtle.ConstantTimeCompare(got[:], want[:]) == 1; d == nil || !right {
		return nil, nil, http.StatusUnauthorized
	}
	if d.posts >= maxPosts {
		return nil, nil, http.StatusServiceUnavailable
	}
	d.posts++
	return d, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		d.posts--
	}, http.StatusOK
}

// show lets who watches the device see what it posted, understood or not.
func (d *poster) show(about string, raw []byte) {
	d.mu.Lock()
	sub := d.sub
	d.mu.Unlock()
	if sub != nil {
		sub.ring.Record(tap.Received, about, raw)
	}
}

// post hands a document to the subscription and returns when it is durable. The
// posts of a device are handled in the order in which they came whole.
func (d *poster) post(ctx context.Context, doc any, at time.Time, keep bool) error {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	d.mu.Lock()
	d.at, d.heard = at, true
	if d.last = doc; !keep {
		d.last = nil // an older document would be taken for the present one
	}
	close(d.changed)
	d.changed = make(chan struct{})
	d.mu.Unlock()
	for {
		sub, err := d.subscription(ctx)
		if err != nil {
			return err
		}
		if err := sub.deliver(ctx, doc, at); !errors.Is(err, errDetached) {
			return err
		}
	}
}

// subscription waits for one, if one is to come.
func (d *poster) subscription(ctx context.Context) (*hooked, error) {
	timer := time.NewTimer(attachWithin)
	defer timer.Stop()
	for {
		d.mu.Lock()
		sub, attached, expected := d.sub, d.attached, d.expected > 0
		d.mu.Unlock()
		if sub != nil && !sub.ending() {
			return sub, nil
		}
		if !expected {
			return nil, errors.New("the device is not collected")
		}
		select {
		case <-attached:
		case <-timer.C:
			return nil, errors.New("nobody takes the values yet")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
