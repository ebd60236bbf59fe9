package opcua

import "time"

// RenewEvery makes the driver renew its secure channels that often.
func (d *Driver) RenewEvery(period time.Duration) { d.lifetime = period * 4 / 3 }
