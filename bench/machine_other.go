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

// OnCore knows only how much time has passed here.
func OnCore() func() time.Duration {
	begin := time.Now()
	return func() time.Duration { return time.Since(begin) }
}

func resident() uint64 { return 0 }
