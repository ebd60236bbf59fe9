package text

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// stream is one device that speaks by itself. It has its line for itself: while it
// is listened to, nobody else on the line is asked.
type stream struct{ *conn }

var _ connect.Subscriber = (*stream)(nil)

// Prepare implements [connect.Conn].
func (s *stream) Prepare(points []connect.Point) (connect.Group, error) {
	return &heard{s.conn.prepare(points)}, nil
}

// heard is a group whose device cannot be asked: what it says meanwhile counts.
type heard struct{ *group }

// Read implements [connect.Group]: it listens for the device's timeout.
func (h *heard) Read(ctx context.Context, dst []connect.Reading) error {
	left := 0
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: h.wrong[i]}
		if h.wrong[i] == nil {
			left++
			dst[i].Err = fmt.Errorf("%w: it said nothing of it within %s", connect.ErrStale, h.conn.settings.timeout)
		}
	}
	end := time.Now().Add(h.conn.settings.timeout)
	found := make([]bool, len(dst))
	err := h.conn.listen(ctx, end, func(said []byte) error {
		for i := range h.points {
			if h.wrong[i] != nil {
				continue
			}
			if r, ok := h.points[i].read(said); ok {
				r.Point, dst[i] = i, r
				dst[i].Point = i
				if !found[i] {
					found[i] = true
					left--
				}
			}
		}
		if left == 0 {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

var errEnough = errors.New("all points are known")

// Subscribe implements [connect.Subscriber]. An open line is the sign of life: a
// scanner that is not used says nothing. Where the device has a parameter silence,
// it must speak at least that often.
func (s *stream) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	g := s.conn.prepare(points)
	var first []connect.Reading
	for i, wrong := range g.wrong {
		if wrong != nil {
			first = append(first, connect.Reading{Point: i, Err: wrong})
		}
	}
	if len(first) > 0 {
		if err := sink(ctx, first); err != nil {
			return err
		}
	}
	for spoke := time.Now(); ; {
		end := time.Now().Add(plant.LinkRenewal)
		if s.settings.silence > 0 {
			end = spoke.Add(s.settings.silence)
		} else {
			alive()
		}
		err := s.conn.listen(ctx, end, func(said []byte) error {
			spoke = time.Now()
			var readings []connect.Reading
			for i := range g.points {
				if g.wrong[i] != nil {
					continue
				}
				if r, ok := g.points[i].read(said); ok {
					r.Point = i
					readings = append(readings, r)
				}
			}
			if len(readings) == 0 {
				return nil // a line of another kind
			}
			return sink(ctx, readings)
		})
		if errors.Is(err, os.ErrDeadlineExceeded) && (s.settings.silence == 0 || time.Since(spoke) < s.settings.silence) {
			continue
		}
		return s.wrap(err)
	}
}

// listen gives every line to each until the end, which is os.ErrDeadlineExceeded.
// What has begun when one call ends is finished in the next.
func (c *conn) listen(ctx context.Context, end time.Time, each func(said []byte) error) error {
	return c.station.Listen(ctx, end, func(heard []byte) (rest []byte, err error) {
		for {
			said, more, ok := cutLine(heard)
			if !ok {
				break
			}
			if len(said) > 0 {
				if err := each(said); err != nil && !errors.Is(err, errEnough) {
					return heard, err // what was not kept is said again
				} else if err != nil {
					return more, err
				}
			}
			heard = more
		}
		if len(heard) > maxLine {
			return nil, fmt.Errorf("%w: %d characters without an end of line", connect.ErrMalformed, len(heard))
		}
		return heard, nil
	})
}
