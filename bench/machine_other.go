//go:build !linux

package bench

import (
	"errors"
	"runtime"
	"time"
)

// describe needs /proc.
func describe(string) (Machine, error) {
	return Machine{}, errors.New("bench: measures on Linux only, not on " + runtime.GOOS)
}

func Used() time.Duration { return 0 }

func resident() uint64 { return 0 }
