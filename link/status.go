package link

import "zhigai/plant"

// State of a child's link.
type State string

const (
	StateConnecting State = "connecting"
	StateUp         State = "up"
	StateRefused    State = "refused" // the parent said no: see Refused
	StateStopped    State = "stopped"
)

// Status is a child's view of its link.
type Status struct {
	Parent    string         `json:"parent"` // address
	Name      string         `json:"name"`   // this node, as enrolled
	State     State          `json:"state"`
	Since     plant.Micros   `json:"since"`
	LastError string         `json:"last_error,omitempty"`
	LastTried plant.Micros   `json:"last_tried,omitempty"`
	Refused   string         `json:"refused,omitempty"` // code: not_enrolled, revoked, clone, version
	Version   int            `json:"version,omitempty"`
	Attempts  int64          `json:"attempts"`
	Resent    int64          `json:"resent"` // deliveries sent again
	Busy      int64          `json:"busy"`   // times the parent asked to wait
	Conflict  *Conflict      `json:"conflict,omitempty"`
	Streams   []StreamStatus `json:"streams"`
	Outbox    OutboxStatus   `json:"outbox"`
}

// StreamStatus is how far one stream has come. Counts of items are counts of
// sequences: those not shared are in them.
type StreamStatus struct {
	Stream       Stream       `json:"stream"`
	Head         uint64       `json:"head"`
	Delivered    uint64       `json:"delivered"` // everything up to here is at the parent
	Backlog      uint64       `json:"backlog"`   // not yet at the parent
	BacklogBytes int64        `json:"backlog_bytes"`
	Oldest       plant.Micros `json:"oldest,omitempty"` // of the backlog
	PerSecond    float64      `json:"per_second"`       // committed lately
	DrainSeconds float64      `json:"drain_seconds"`    // at this rate; -1 when it does not shrink
	Sent         int64        `json:"sent"`             // items acknowledged since start
	Gaps         int64        `json:"gaps"`
	GapItems     uint64       `json:"gap_items"` // sequences given up
	Error        string       `json:"error,omitempty"`
}

// OutboxStatus is how full the child's journals are with what is not delivered.
type OutboxStatus struct {
	Bytes      int64        `json:"bytes"`
	LimitBytes int64        `json:"limit_bytes"`
	Oldest     plant.Micros `json:"oldest,omitempty"`
	LimitAge   int64        `json:"limit_age_seconds"`
	Used       float64      `json:"used"`  // 0..1 of the nearer limit
	Alarm      bool         `json:"alarm"` // Used reached the share set for it
	Losing     bool         `json:"losing"`
}

// Conflict names two machines that use one key.
type Conflict struct {
	Node    NodeID       `json:"node"`
	At      plant.Micros `json:"at"`
	Holder  Party        `json:"holder"`
	Refused Party        `json:"refused"`
}

// Party is one running copy of a node.
type Party struct {
	Instance string `json:"instance"`
	Host     string `json:"host"`
	Address  string `json:"address"`
}

// NodeStatus is a parent's view of one child.
type NodeStatus struct {
	Node      Node           `json:"node"`
	Connected bool           `json:"connected"`
	Since     plant.Micros   `json:"since,omitempty"` // of Connected as it is
	Heard     plant.Micros   `json:"heard,omitempty"`
	Party     Party          `json:"party"`
	Program   string         `json:"program,omitempty"`
	Version   int            `json:"version,omitempty"`
	SkewMs    int64          `json:"skew_ms"` // the child's clock minus ours, at the handshake
	LastError string         `json:"last_error,omitempty"`
	Refused   string         `json:"refused,omitempty"`
	Conflict  *Conflict      `json:"conflict,omitempty"`
	Items     int64          `json:"items"` // committed since this replica started
	Bytes     int64          `json:"bytes"` // received since then
	Repeated  int64          `json:"repeated"`
	Damaged   int64          `json:"damaged"`
	Streams   []StreamStatus `json:"streams"` // as the child says
	Outbox    OutboxStatus   `json:"outbox"`
}
