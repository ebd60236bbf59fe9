package evidence

import (
	"fmt"
	"slices"

	"zhigai/plant"
)

// maxPath is the longest path in a seal of [MaxLeaves].
const maxPath = 18

// Proof shows that a tag-day is in a seal.
type Proof struct {
	Seal  Seal   `json:"seal"`
	Leaf  Leaf   `json:"leaf"`
	Index int64  `json:"index"` // of the leaf in the seal
	Path  []Hash `json:"path"`  // from the leaf up, RFC 6962 section 2.1.1
}

// Prove makes the proof of a tag-day. leaves are all of the seal.
func Prove(s Seal, leaves []Leaf, t Tag, d Day) (Proof, error) {
	if err := s.Holds(leaves); err != nil {
		return Proof{}, err
	}
	leaves = slices.SortedFunc(slices.Values(leaves), Leaf.Compare)
	i, ok := slices.BinarySearchFunc(leaves, Leaf{Tag: t, Day: d}, Leaf.Compare)
	if !ok {
		return Proof{}, fmt.Errorf("%w: seal %d of %s says nothing of %s %s on %s", ErrMismatch, s.Number, s.Day, t.Equipment, t.Name, d)
	}
	return Proof{Seal: s, Leaf: leaves[i], Index: int64(i), Path: path(hashes(leaves), i)}, nil
}

// Check reports whether the leaf is in the seal. That the seal is the one that
// was made then, only a root held elsewhere can tell.
func (p Proof) Check() error {
	if len(p.Path) > maxPath || p.Seal.Leaves > MaxLeaves || p.Seal.Number < 1 || p.Leaf.Samples < 0 {
		return fmt.Errorf("%w: a proof beyond the limits of a seal", ErrMalformed)
	}
	got, ok := climb(p.Leaf.leafHash(), p.Index, p.Seal.Leaves, p.Path)
	if !ok {
		return fmt.Errorf("%w: the path of leaf %d does not fit a seal of %d leaves", ErrMismatch, p.Index, p.Seal.Leaves)
	}
	if got != p.Seal.Root {
		return fmt.Errorf("%w: leaf %d leads to the root %s, the seal has %s", ErrMismatch, p.Index, got, p.Seal.Root)
	}
	return nil
}

// CheckDay reports whether the digest is that of the leaf.
func (p Proof) CheckDay(t Tag, d TagDay) error {
	if err := p.Check(); err != nil {
		return err
	}
	if p.Leaf.Tag != t || p.Leaf.Day != d.Day {
		return fmt.Errorf("%w: the proof is of %s %s on %s, not of %s %s on %s", ErrMismatch, p.Leaf.Tag.Equipment, p.Leaf.Tag.Name, p.Leaf.Day, t.Equipment, t.Name, d.Day)
	}
	if got := d.Hash(); got != p.Leaf.Hash || d.Samples != p.Leaf.Samples {
		return fmt.Errorf("%w: %s %s on %s has %d samples with the digest %s; sealed on %s were %d with %s",
			ErrMismatch, t.Equipment, t.Name, d.Day, d.Samples, got, p.Seal.Day, p.Leaf.Samples, p.Leaf.Hash)
	}
	return nil
}

// HourProof shows that an hour of a tag is in a seal, without the other hours'
// samples.
type HourProof struct {
	Proof
	Hour int    `json:"hour"` // 0..23 of the leaf's day
	Up   []Hash `json:"up"`   // from the hour to the day
}

// ProveHour makes the proof of an hour from that of its day.
func ProveHour(p Proof, d TagDay, hour int) (HourProof, error) {
	if hour < 0 || hour > 23 {
		return HourProof{}, fmt.Errorf("%w: hour %d; a day has 0 to 23", ErrMalformed, hour)
	}
	if err := p.CheckDay(p.Leaf.Tag, d); err != nil {
		return HourProof{}, err
	}
	return HourProof{Proof: p, Hour: hour, Up: path(d.Hours[:], hour)}, nil
}

// CheckHour reports whether the samples or texts are exactly those of the
// tag's hour when it was sealed.
func (p HourProof) CheckHour(t Tag, samples []plant.Sample, texts []plant.Text) error {
	if err := p.Check(); err != nil {
		return err
	}
	if p.Leaf.Tag != t || p.Hour < 0 || p.Hour > 23 {
		return fmt.Errorf("%w: the proof is of %s %s, not of %s %s", ErrMismatch, p.Leaf.Tag.Equipment, p.Leaf.Tag.Name, t.Equipment, t.Name)
	}
	d, err := DayOf(p.Leaf.Day, samples, texts)
	if err != nil {
		return err
	}
	if err := d.OnlyHour(p.Hour); err != nil {
		return err
	}
	got, ok := climb(d.Hours[p.Hour], int64(p.Hour), 24, p.Up)
	if !ok || got != p.Leaf.Hash {
		return fmt.Errorf("%w: %s %s in hour %d of %s", ErrMismatch, t.Equipment, t.Name, p.Hour, p.Leaf.Day)
	}
	return nil
}

// OnlyHour is an error when samples are of other hours.
func (d TagDay) OnlyHour(hour int) error {
	empty := NewDigester(d.Day).End()
	for h := range d.Hours {
		if h != hour && d.Hours[h] != empty.Hours[h] {
			return fmt.Errorf("%w: samples of hour %d of %s in place of hour %d", ErrMismatch, h, d.Day, hour)
		}
	}
	return nil
}
