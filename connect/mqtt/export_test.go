package mqtt

import "time"

// SetQuiet makes floods end sooner.
func (b *Broker) SetQuiet(d time.Duration) { b.quiet = d }
