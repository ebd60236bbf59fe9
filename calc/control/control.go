// Package control holds the blocks by which a process is held where it is to be: PID
// with its autotuning, cascade, feed-forward, ramp, ratio, on-off, and the controllers
// that correct from run to run; and simulated plants with known answers to try them on.
//
// A block is a struct of parameters. Its Step takes what was measured and the time
// since the last step and gives output and new state; it knows no clock, no unit and no
// machine, and the same steps give the same bits. Start with [PID.Step], then [Relay]
// and [EWMA].
package control

import (
	"errors"
	"fmt"
	"math"
)

// ErrInvalid is a parameter with which a block is none, in words for the asker.
var ErrInvalid = errors.New("control: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Range is where an output may be, ends included.
type Range struct {
	Low  float64 `json:"low" doc:"Smallest output"`
	High float64 `json:"high" doc:"Largest output"`
}

// Clamp is v, or the end of the range that is nearest to it.
func (r Range) Clamp(v float64) float64 { return min(r.High, max(r.Low, v)) }

func (r Range) check() error {
	if !finite(r.Low, r.High) || r.Low >= r.High {
		return invalid("the output goes from %v to %v; the first is the smaller one", r.Low, r.High)
	}
	return nil
}

func finite(all ...float64) bool {
	for _, v := range all {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// toward is from moved to by no more than step.
func toward(from, to, step float64) float64 {
	return min(from+step, max(from-step, to))
}
