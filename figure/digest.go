package figure

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"zhigai/plant"
)

// Closing is the payload of a fact.KindClosing event: from now on the window's
// terms are a revision that does not change silently. The event occurs at the
// end of its window.
type Closing struct {
	From     plant.Micros `json:"from"`
	To       plant.Micros `json:"to"`
	Revision int          `json:"revision"`
	Digest   string       `json:"digest"`
	AsOf     plant.Micros `json:"as_of"`
	Fold     string       `json:"fold"`
}

// Digest is the SHA-256 of the terms of one window in their canonical form:
// rows in order of product, terms in order of name, noughts left out. It does
// not cover the path, which can be renamed.
func Digest(rows []Row) string {
	rows = slices.Clone(rows)
	sortRows(rows)
	var b strings.Builder
	for _, r := range rows {
		names := make([]string, 0, len(r.Terms))
		for t, n := range r.Terms {
			if n != 0 {
				names = append(names, t)
			}
		}
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		fmt.Fprintf(&b, "%q\n", r.Product)
		for _, t := range names {
			fmt.Fprintf(&b, "%s %d\n", t, r.Terms[t])
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
