package record

import (
	"errors"
	"fmt"

	"zhigai/space"
)

// ErrNoSpace means that the disk is too full to write; reading goes on, and
// writing when there is room again.
var ErrNoSpace = errors.New("record: the disk is nearly full")

// minFree is what writes leave free: the log before a checkpoint is up to 64 MB
// and its pages go into the file a second time. It is less than what samples
// leave free, so that people can still sign in and say what happened.
const minFree = 128 << 20

// room refuses writes before the disk is really full.
func (s *sqlite) room() error {
	u, err := s.usage(s.dir)
	if err != nil || u.Free >= s.minFree {
		return nil // a file system that cannot tell is written to until it refuses
	}
	return fmt.Errorf("%w: %d MB free at %s, %d MB are kept free; delete files or give the disk more room", ErrNoSpace, u.Free>>20, s.dir, s.minFree>>20)
}

// room of a server is its own matter.
func (*postgres) room() error { return nil }

// usageOf asks the file system unless o brings another answer.
func usageOf(o Options) func(string) (space.Usage, error) {
	if o.Usage != nil {
		return o.Usage
	}
	return space.Of
}
