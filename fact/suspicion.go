package fact

import "zhigai/plant"

// Suspicion is the payload of [KindSuspicion]: a sign that what a machine, the
// event's subject, said on a day did not come from it.
type Suspicion struct {
	Kind      string       `json:"kind" enum:"flat_line,impossible_rate,stepped_clock,profile_mismatch,copied_machine,copied_firm,cloned_clock,replayed_window"`
	Date      string       `json:"date"` // local day
	Signal    string       `json:"signal,omitempty"`
	From      plant.Micros `json:"from,omitempty"`
	To        plant.Micros `json:"to,omitempty"`
	Other     plant.NodeID `json:"other,omitempty"` // machine and day that it is like
	OtherDate string       `json:"other_date,omitempty"`
	Share     float64      `json:"share"` // of what was looked at, 0..1
	Got       float64      `json:"got"`   // in the measure of the kind
	Limit     float64      `json:"limit"` // where it begins to be odd
}

// SuspicionSaid is the payload of [KindSuspicionSaid]: what a person said of a
// suspicion.
type SuspicionSaid struct {
	Suspicion string `json:"suspicion"` // id of its event
	What      string `json:"what"`      // contested, upheld, dismissed
	By        string `json:"by"`
	Text      string `json:"text"`
}
