package production

import (
	"cmp"
	"slices"

	"zhigai/figure"
	"zhigai/plant"
)

// Typed is what a person entered of quantities at a machine, without saying for
// which job.
type Typed struct {
	At      plant.Micros
	Machine plant.NodeID
	Product string
	Good    int64
	Scrap   int64
	Rework  int64
}

// Count gives a job its quantities: what the machines counted while it ran
// there, of its product or of one that the machine does not tell, and what
// people entered for it, or at the machine while it ran. Counts of other products
// that its machines made meanwhile are foreign.
func (j *Job) Count(product string, counted map[plant.NodeID][]figure.CountedParts, typed []Typed) (foreign int64) {
	j.Made = j.entered
	for _, r := range j.Runs {
		parts := counted[r.Equipment]
		first, _ := slices.BinarySearchFunc(parts, r.From.Micros(), func(c figure.CountedParts, t plant.Micros) int { return cmp.Compare(c.At, t) })
		for _, c := range parts[first:] {
			if !r.holds(plant.Instant(c.At)) {
				break
			}
			if c.Product != "" && c.Product != product {
				foreign += c.Good + c.Scrap + c.Rework
				continue
			}
			j.Made.Good += c.Good
			j.Made.Scrap += c.Scrap
			j.Made.Rework += c.Rework
			j.Made.Counted += c.Good + c.Scrap + c.Rework
		}
	}
	for _, t := range typed {
		if t.Product != "" && t.Product != product || !j.ranAt(t.Machine, t.At) {
			continue
		}
		j.Made.Good += t.Good
		j.Made.Scrap += t.Scrap
		j.Made.Rework += t.Rework
		j.Made.Typed += t.Good + t.Scrap + t.Rework
	}
	return foreign
}

func (i Interval) holds(at plant.Instant) bool { return at >= i.From && (i.To == 0 || at < i.To) }

func (j *Job) ranAt(machine plant.NodeID, at plant.Micros) bool {
	return slices.ContainsFunc(j.Runs, func(r MachineRun) bool { return r.Equipment == machine && r.holds(plant.Instant(at)) })
}

// checkTyped refuses quantities that cannot be: less than nothing of a kind, or
// scrap and rework of which more is taken than was made.
func (j *Job) checkTyped(good, scrap, rework int64) error {
	after := Made{Good: j.Made.Good + good, Scrap: j.Made.Scrap + scrap, Rework: j.Made.Rework + rework}
	switch {
	case good == 0 && scrap == 0 && rework == 0:
		return invalid("job %d: nothing is entered", j.No)
	case max(good, scrap, rework) > maxMade || min(good, scrap, rework) < -maxMade:
		return invalid("job %d: a count of more than %d", j.No, int64(maxMade))
	case after.Good < 0:
		return invalid("job %d: %d good are made and %d would be taken away; a count does not go back below nothing", j.No, j.Made.Good, -good)
	case after.Scrap < 0 || after.Rework < 0:
		return invalid("job %d: %d scrap and %d rework are known; more would be taken away", j.No, j.Made.Scrap, j.Made.Rework)
	}
	return nil
}
