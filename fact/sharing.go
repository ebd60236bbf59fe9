package fact

// Sharing is the payload of [KindSharing]: what the sharing policy of the node
// that serves a plant, the event's subject, says since a revision. It is always
// told to the nodes above, so that they know what they may no longer use.
type Sharing struct {
	Rev int64 `json:"rev"` // of the policy
	// Withdrawn is why nothing is shared any more; "" while the policy holds.
	Withdrawn string `json:"withdrawn,omitempty"`
	// Days says that the days of machines are shared.
	Days bool `json:"days"`
}
