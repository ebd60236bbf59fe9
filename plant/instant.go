package plant

import (
	"fmt"
	"time"
)

// Instant is [Micros] as people and other programs write it: in JSON a text as
// RFC 3339 has it, in UTC. The zero Instant is no instant; leave it out.
type Instant int64

// InstantOf converts t, dropping what is finer than a microsecond.
func InstantOf(t time.Time) Instant { return Instant(MicrosOf(t)) }

// Micros is the same instant as facts have it.
func (i Instant) Micros() Micros { return Micros(i) }

// Time converts back.
func (i Instant) Time() time.Time { return Micros(i).Time() }

// MarshalText writes RFC 3339 with as many decimals as are needed.
func (i Instant) MarshalText() ([]byte, error) { return i.Time().AppendText(nil) }

// UnmarshalText reads RFC 3339 of any zone.
func (i *Instant) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return fmt.Errorf("%q is no instant: write it as 2026-05-01T08:00:00+08:00", text)
	}
	*i = InstantOf(t)
	return nil
}
