//go:build !linux

package record

import (
	"syscall"
	"time"
)

// giveUpAfter leaves it to the system where Linux' option is not known.
func giveUpAfter(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
