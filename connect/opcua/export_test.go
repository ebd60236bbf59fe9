package opcua

import "time"

// RenewEvery makes the driver renew its secure channels that often.
func (d *Driver) RenewEvery(period time.Duration) { d.renew = period }

// Bound makes small numbers of nodes show what many do: references in one
// answer, items in one subscription.
func (d *Driver) Bound(references, items int) { d.answerRefs, d.itemsEach = references, items }
