package evidence

import (
	"crypto/sha256"
	"math/bits"
)

// Prefixes of RFC 6962, section 2.1: a node of a tree can not be shown as a leaf.
const (
	leafPrefix byte = 0
	nodePrefix byte = 1
)

// leaf is the hash of a leaf's bytes.
func leaf(raw []byte) Hash {
	h := sha256.New()
	h.Write([]byte{leafPrefix})
	h.Write(raw)
	return Hash(h.Sum(nil))
}

func node(left, right Hash) Hash {
	var b [65]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[33:], right[:])
	return sha256.Sum256(b[:])
}

// split is the largest power of two below n: where a tree of n leaves parts.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

// root is the Merkle tree hash of leaf hashes (RFC 6962, section 2.1); that of
// none is the hash of nothing.
func root(leaves []Hash) Hash {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	default:
		k := split(n)
		return node(root(leaves[:k]), root(leaves[k:]))
	}
}

// path is the audit path of a leaf (RFC 6962, section 2.1.1), from the leaf up.
func path(leaves []Hash, at int) []Hash {
	n := len(leaves)
	if n <= 1 {
		return []Hash{}
	}
	k := split(n)
	if at < k {
		return append(path(leaves[:k], at), root(leaves[k:]))
	}
	return append(path(leaves[k:], at-k), root(leaves[:k]))
}

// climb is the root that a leaf at a place in a tree of n leaves has with the
// path, or false when the path is not as long as that place's.
func climb(h Hash, at, n int64, up []Hash) (Hash, bool) {
	if at < 0 || at >= n {
		return Hash{}, false
	}
	last := n - 1 // place of the last node on the level
	for _, o := range up {
		if last == 0 {
			return Hash{}, false
		}
		if at&1 == 1 || at == last {
			h = node(o, h)
			for at&1 == 0 && at != 0 { // a node without a neighbour stands as it is on the next level
				at, last = at>>1, last>>1
			}
		} else {
			h = node(h, o)
		}
		at, last = at>>1, last>>1
	}
	return h, last == 0
}
