package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

const sealWord = "zhigai.seal.1\n"

// MaxLeaves bounds the leaves of one seal, so that it is made and checked in some
// 100 MB of memory; what is more on one day goes to the next seal of that day.
const MaxLeaves = 200_000

// Leaf is a tag-day in a seal.
type Leaf struct {
	Tag     Tag   `json:"tag"`
	Day     Day   `json:"day"` // of the samples
	Samples int64 `json:"samples"`
	Hash    Hash  `json:"hash"` // of the day, see [TagDay.Hash]
}

// LeafOf is the leaf of a tag's day.
func LeafOf(t Tag, d TagDay) Leaf {
	return Leaf{Tag: t, Day: d.Day, Samples: d.Samples, Hash: d.Hash()}
}

// Compare orders leaves by tag, then day: their order in a seal.
func (l Leaf) Compare(o Leaf) int { return cmp.Or(l.Tag.Compare(o.Tag), cmp.Compare(l.Day, o.Day)) }

func (l Leaf) leafHash() Hash {
	b := make([]byte, 0, len(dayWord)+len(l.Tag.Equipment)+len(l.Tag.Name)+56)
	b = append(b, dayWord...)
	b = appendString(b, string(l.Tag.Equipment))
	b = appendString(b, l.Tag.Name)
	b = binary.BigEndian.AppendUint32(b, uint32(l.Day))
	b = binary.BigEndian.AppendUint64(b, uint64(l.Samples))
	return leaf(append(b, l.Hash[:]...))
}

func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// Seal says what was recorded on one day: a root over the tag-days that anything
// was recorded for, as they stood when it was made, and the seal before it.
type Seal struct {
	Node    string `json:"node"`   // that keeps the samples
	Number  int64  `json:"number"` // 1 is the node's first
	Day     Day    `json:"day"`    // on which was recorded
	Leaves  int64  `json:"leaves"`
	Samples int64  `json:"samples"` // of all leaves
	Root    Hash   `json:"root"`
	Prev    Hash   `json:"prev"` // hash of the seal before; zeros at the first
}

// NewSeal seals a day behind the seal prev; the zero Seal stands before the
// first. It sorts the leaves. Two leaves of one tag-day are an error.
func NewSeal(prev Seal, node string, d Day, leaves []Leaf) (Seal, error) {
	if len(leaves) == 0 || len(leaves) > MaxLeaves {
		return Seal{}, fmt.Errorf("%w: a seal has 1 to %d leaves, not %d", ErrMalformed, MaxLeaves, len(leaves))
	}
	s := Seal{Node: node, Number: prev.Number + 1, Day: d, Leaves: int64(len(leaves))}
	if prev.Number > 0 {
		if prev.Node != node || prev.Day > d {
			return Seal{}, fmt.Errorf("%w: the seal of %s does not follow that of %s", ErrMalformed, d, prev.Day)
		}
		s.Prev = prev.Hash()
	}
	slices.SortFunc(leaves, Leaf.Compare)
	for i, l := range leaves {
		if i > 0 && leaves[i-1].Compare(l) == 0 {
			return Seal{}, fmt.Errorf("%w: two leaves of %s %s on %s", ErrMalformed, l.Tag.Equipment, l.Tag.Name, l.Day)
		}
		s.Samples += l.Samples
	}
	s.Root = root(hashes(leaves))
	return s, nil
}

func hashes(leaves []Leaf) []Hash {
	out := make([]Hash, len(leaves))
	for i, l := range leaves {
		out[i] = l.leafHash()
	}
	return out
}

// Hash is the hash of all that the seal says. Who has noted it elsewhere can
// check every seal up to this one.
func (s Seal) Hash() Hash {
	b := make([]byte, 0, len(sealWord)+len(s.Node)+96)
	b = append(b, sealWord...)
	b = appendString(b, s.Node)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Number))
	b = binary.BigEndian.AppendUint32(b, uint32(s.Day))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Leaves))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Samples))
	b = append(b, s.Root[:]...)
	return sha256.Sum256(append(b, s.Prev[:]...))
}

// Follows checks that the seal stands directly behind prev; the zero Seal stands
// before the first.
func (s Seal) Follows(prev Seal) error {
	want := Hash{}
	if prev.Number > 0 {
		want = prev.Hash()
	}
	switch {
	case s.Number != prev.Number+1:
		return fmt.Errorf("%w: seal %d stands behind seal %d", ErrMismatch, s.Number, prev.Number)
	case s.Prev != want:
		return fmt.Errorf("%w: seal %d of %s names another seal before it than seal %d of %s: %s, which is %s", ErrMismatch, s.Number, s.Day, prev.Number, prev.Day, s.Prev, want)
	case prev.Number > 0 && (s.Node != prev.Node || s.Day < prev.Day):
		return fmt.Errorf("%w: seal %d of %s at %s does not follow that of %s at %s", ErrMismatch, s.Number, s.Day, s.Node, prev.Day, prev.Node)
	}
	return nil
}

// Holds checks that the seal is over exactly these leaves, in any order.
func (s Seal) Holds(leaves []Leaf) error {
	again, err := NewSeal(Seal{}, s.Node, s.Day, slices.Clone(leaves))
	if err != nil {
		return err
	}
	if again.Root != s.Root || again.Leaves != s.Leaves || again.Samples != s.Samples {
		return fmt.Errorf("%w: seal %d of %s is over %d leaves with %d samples and root %s; there are %d with %d and %s",
			ErrMismatch, s.Number, s.Day, s.Leaves, s.Samples, s.Root, again.Leaves, again.Samples, again.Root)
	}
	return nil
}
