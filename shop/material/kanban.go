package material

import (
	"math/big"
	"time"

	"zhigai/plant"
)

// Loop is a kanban loop: containers of one item go full from a supplying location
// to a using one, and their cards come back.
type Loop struct {
	ID        string         `json:"id" readOnly:"true"`
	Item      string         `json:"item" minLength:"1" maxLength:"63"`
	From      string         `json:"from" minLength:"1" maxLength:"400" doc:"Location that supplies"`
	To        string         `json:"to" minLength:"1" maxLength:"400" doc:"Location that uses it up"`
	Container plant.Quantity `json:"container" doc:"What one container holds, in the item's unit"`
	Demand    plant.Quantity `json:"demand" doc:"Per day of 24 hours"`
	LeadMs    int64          `json:"lead_ms" minimum:"1" doc:"From a card's coming off to the full container's being there"`
	SafetyPPM int64          `json:"safety_ppm" minimum:"0" maximum:"10000000" doc:"Added for what varies, per million"`
	Cards     int64          `json:"cards" readOnly:"true" doc:"Calculated"`
	Own       int64          `json:"own,omitempty" minimum:"0" maximum:"10000" doc:"Cards that go round when a person has said another number"`
	Off       bool           `json:"off,omitempty"`
	Rev       int64          `json:"rev" doc:"Counts the changes"`
}

// maxCards of one loop; more are a container that is too small.
const maxCards = 10_000

// Cards is how many kanban a loop needs:
//
//	N = ⌈ D · L · (1 + α) ÷ C ⌉
//
// with demand D per day, lead time L, safety coefficient α and container C
// (Y. Monden, Toyota Production System: an integrated approach to just-in-time,
// chapter "number of kanban" of the constant-quantity withdrawal system). ok is
// false where something of it is not positive or the number is above 10,000.
func Cards(demand plant.Quantity, lead time.Duration, safetyPPM int64, container plant.Quantity) (n int64, ok bool) {
	if demand <= 0 || lead <= 0 || container <= 0 || safetyPPM < 0 {
		return 0, false
	}
	// In whole numbers: rounding up must not depend on the last bit of a float.
	of := func(factors ...int64) *big.Int {
		p := big.NewInt(1)
		for _, f := range factors {
			p.Mul(p, big.NewInt(f))
		}
		return p
	}
	const day, million = 24 * time.Hour, 1_000_000
	above := of(int64(demand), lead.Milliseconds(), million+safetyPPM)
	below := of(int64(container), day.Milliseconds(), million)
	q := above.Add(above, below).Sub(above, big.NewInt(1)).Quo(above, below) // rounded up
	if !q.IsInt64() || q.Int64() > maxCards {
		return 0, false
	}
	return q.Int64(), true
}

// Check says what is wrong with a loop by itself, and calculates its cards.
func (l *Loop) Check() error {
	switch {
	case l.From == l.To:
		return invalid("the loop of %s goes from %s to itself", l.Item, l.From)
	case l.Container <= 0 || l.Demand <= 0:
		return invalid("the loop of %s: say what a container holds and what is used in a day, both more than nothing", l.Item)
	case l.LeadMs < 1 || l.LeadMs > int64(365*24*time.Hour/time.Millisecond):
		return invalid("the loop of %s: a lead time of %d ms; 1 ms to a year is allowed", l.Item, l.LeadMs)
	case l.SafetyPPM < 0 || l.SafetyPPM > 10_000_000:
		return invalid("the loop of %s: a safety of %d per million; 0 to 10 000 000 are allowed", l.Item, l.SafetyPPM)
	case l.Own < 0 || l.Own > maxCards:
		return invalid("the loop of %s: %d cards; at most %d go round", l.Item, l.Own, maxCards)
	}
	n, ok := Cards(l.Demand, time.Duration(l.LeadMs)*time.Millisecond, l.SafetyPPM, l.Container)
	if !ok {
		return invalid("the loop of %s needs more than %d cards; make the container larger", l.Item, maxCards)
	}
	l.Cards = n
	return nil
}

// Round is how many cards go round.
func (l Loop) Round() int64 {
	if l.Own > 0 {
		return l.Own
	}
	return l.Cards
}
