package connect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// Why a value was not written. Of an error of [Collector.Write] that is none of
// these, ErrRefused, ErrUnconfigured or ErrBusy nobody can say whether the
// device has the value: it may have come through before contact was lost.
var (
	ErrNotHere      = errors.New("this node does not read the machine")
	ErrNotConnected = errors.New("no contact with the device")
	ErrWritingOff   = errors.New("writing is off for this device")
	ErrReadOnly     = errors.New("the point is only read")
	// ErrNotWritten is for drivers too: the value does not fit the address, and
	// nothing was sent.
	ErrNotWritten = errors.New("nothing was written")
	// ErrAltered is for drivers too: the device answered, and took another value.
	ErrAltered = errors.New("the device took another value")
)

// InDoubt reports whether the device may have got the value, or another one,
// although writing failed.
func InDoubt(err error) bool {
	for _, known := range []error{ErrNotHere, ErrNotConnected, ErrWritingOff, ErrReadOnly, ErrNotWritten, ErrRefused, ErrUnconfigured, ErrBusy} {
		if errors.Is(err, known) {
			return false
		}
	}
	return err != nil
}

// Fresh is what a device says of a point when it is asked, passed through the
// point's gate as samples are.
type Fresh struct {
	Name    string
	Kind    plant.TagKind
	Number  float64
	Text    string
	Quality plant.Quality
	At      plant.Micros // when the device said so, by our clock
	Err     error        // why there is no value
}

// Ask reads points of a device anew over the connection that is open; one
// answer per point. Nothing is stored. Of a device that speaks by itself it is
// what it said last, and when.
func (c *Collector) Ask(ctx context.Context, id plant.DeviceID, points []string) ([]Fresh, error) {
	r, specs, err := c.points(id, points)
	if err != nil {
		return nil, err
	}
	var out []Fresh
	err = r.talk.use(ctx, r.askPatience(), func(ctx context.Context, conn Conn) error {
		out, err = r.fresh(ctx, conn, specs)
		return err
	})
	return out, err
}

func (r *runner) fresh(ctx context.Context, conn Conn, specs []*PointSpec) ([]Fresh, error) {
	asked := r.now()
	points := make([]Point, len(specs))
	for i, p := range specs {
		points[i] = Point{Address: p.Address, Kind: p.Kind, Period: p.Period}
	}
	group, err := conn.Prepare(points)
	if err != nil {
		return nil, err
	}
	readings := make([]Reading, len(points))
	if err := group.Read(ctx, readings); err != nil {
		return nil, err
	}
	out := make([]Fresh, len(points))
	for i := range readings {
		at := asked
		if m, ok := conn.(Rememberer); ok {
			at = 0
			if heard, ok := m.Heard(points[i]); ok {
				at = plant.MicrosOf(heard)
			}
		}
		one := Fresh{Name: specs[i].Name, Kind: specs[i].Kind, At: at, Err: readings[i].Err}
		readings[i].Source = time.Time{} // a clock that is wrong makes the value no older
		g := gate{spec: specs[i], lateness: DefaultLateness}
		if p := g.pass(&readings[i], asked); p.isText {
			one.Text, one.Quality = p.text.Value, p.text.Quality
		} else if one.Quality = p.sample.Quality; !one.Quality.IsBad() {
			one.Number = p.sample.Value
		}
		out[i] = one
	}
	return out, nil
}

// Raw is a value, in the tag's unit, as the device takes it: a float64, bool or
// string. It asks the driver whether the address can hold it, and touches no
// network. The error wraps ErrNotHere, ErrReadOnly or ErrNotWritten.
func (c *Collector) Raw(id plant.DeviceID, point string, value any) (any, error) {
	r, specs, err := c.points(id, []string{point})
	if err != nil {
		return nil, err
	}
	return c.raw(r, specs[0], value)
}

func (c *Collector) raw(r *runner, p *PointSpec, value any) (any, error) {
	if p.WriteTo == "" {
		return nil, fmt.Errorf("%s %s: %w", r.spec.Path, p.Name, ErrReadOnly)
	}
	raw, err := p.raw(value)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %w", r.spec.Path, p.Name, ErrNotWritten, err)
	}
	if w, ok := c.drivers[r.spec.Device.Driver].(WriteChecker); ok {
		if err := w.CheckWrite(p.WriteTo, p.Kind, raw); err != nil {
			return nil, fmt.Errorf("%s %s: %w: %w", r.spec.Path, p.Name, ErrNotWritten, err)
		}
	}
	return raw, nil
}

// Write gives a point of a device a value in the tag's unit, once, over the
// connection that is open and between the questions of the rounds. It returns
// what was given to the device. See [InDoubt] for what an error means.
func (c *Collector) Write(ctx context.Context, id plant.DeviceID, point string, value any) (any, error) {
	r, specs, err := c.points(id, []string{point})
	if err != nil {
		return nil, err
	}
	p := specs[0]
	raw, err := c.raw(r, p, value)
	if err != nil {
		return nil, err
	}
	err = r.talk.use(ctx, r.askPatience(), func(ctx context.Context, conn Conn) error {
		w, ok := conn.(Writer)
		switch {
		case !r.writing.Load():
			return ErrWritingOff
		case !ok:
			return fmt.Errorf("%w: the protocol %s does not write", ErrReadOnly, r.spec.Device.Driver)
		}
		return w.Write(ctx, Point{Address: p.WriteTo, Kind: p.Kind}, raw)
	})
	if err != nil {
		return raw, fmt.Errorf("%s %s: %w", r.spec.Path, p.Name, err)
	}
	return raw, nil
}

// Writing reports whether the node reads the device, has contact with it, and
// may write to it.
func (c *Collector) Writing(id plant.DeviceID) (here, contact, enabled bool) {
	c.mu.Lock()
	r := c.runners[id]
	c.mu.Unlock()
	if r == nil {
		return false, false, false
	}
	return true, r.talk.isOpen(), r.writing.Load()
}

// points finds a device's runner and what its spec says of the named points.
func (c *Collector) points(id plant.DeviceID, names []string) (*runner, []*PointSpec, error) {
	c.mu.Lock()
	r := c.runners[id]
	c.mu.Unlock()
	if r == nil {
		return nil, nil, ErrNotHere
	}
	specs := make([]*PointSpec, len(names))
	for i, name := range names {
		n := slices.IndexFunc(r.spec.Points, func(p PointSpec) bool { return p.Name == name })
		if n < 0 {
			return nil, nil, fmt.Errorf("%s has no signal %q", r.spec.Path, name)
		}
		specs[i] = &r.spec.Points[n]
	}
	return r, specs, nil
}

// askPatience is how long a question that a person waits for may take, the
// waiting for the line included: a read that fails once, and some margin.
func (r *runner) askPatience() time.Duration { return 2*r.spec.Timeout + time.Second }

// raw is the value that the gate would turn into v.
func (p *PointSpec) raw(v any) (any, error) {
	switch v := v.(type) {
	case bool:
		if p.Kind != plant.KindBoolean {
			return nil, fmt.Errorf("a %s is wanted, not true or false", p.Kind)
		}
		return v, nil
	case string:
		switch {
		case p.Kind != plant.KindText:
			return nil, fmt.Errorf("a %s is wanted, not a text", p.Kind)
		case len(v) > plant.MaxText || strings.ContainsRune(v, 0):
			return nil, fmt.Errorf("a text of %d bytes, without NUL, is the most", plant.MaxText)
		}
		return v, nil
	case float64:
		switch {
		case p.Kind == plant.KindBoolean && (v == 0 || v == 1):
			return v == 1, nil
		case p.Kind == plant.KindEnumeration && v == math.Trunc(v), p.Kind == plant.KindNumber && !math.IsNaN(v) && !math.IsInf(v, 0):
			return p.unscale(v)
		}
		return nil, fmt.Errorf("%v is no value of a %s", v, p.Kind)
	}
	return nil, fmt.Errorf("a number, a text, true or false is wanted, not %T", v)
}

// grid is how far, as a share, a raw value may lie off a whole number and be
// meant as one: 25.3 at a scale of 0.1 is 253 and not 252.99999999999997.
const grid = 1e-9

func (p *PointSpec) unscale(v float64) (float64, error) {
	raw := v - p.Offset
	if inverse := math.Round(1 / p.Scale); p.Scale != 0 && math.Abs(1/p.Scale-inverse) < grid*math.Abs(inverse) {
		raw *= inverse // of 0.1 it is exact, and the scale is not
	} else if p.Scale != 0 {
		raw /= p.Scale
	}
	if whole := math.Round(raw); math.Abs(raw-whole) <= grid*max(1, math.Abs(whole)) {
		raw = whole
	}
	switch {
	case math.IsInf(raw, 0):
		return 0, fmt.Errorf("%v is beyond every number of a device", v)
	case slices.Contains(p.Invalid, raw):
		return 0, fmt.Errorf("%v is the device's word for no value", raw)
	}
	return raw, nil
}
