package mtconnect

import "time"

// SetHeartbeat shortens what a test would wait for.
func (d *Driver) SetHeartbeat(every time.Duration) { d.heartbeat = every }
