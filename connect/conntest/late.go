package conntest

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// Tally is how readings went of a device that answers late: a late answer must
// never be taken for that to another question.
type Tally struct{ Values, Timeouts, Wrong int }

// Read asks for one of n points within the limit; the one at i holds the number i.
func (y *Tally) Read(t *testing.T, c connect.Conn, limit time.Duration, n int, address func(i int) string) {
	t.Helper()
	at := rand.IntN(n)
	g, err := c.Prepare([]connect.Point{{Address: address(at), Kind: plant.KindNumber}})
	must(t, err)
	got := make([]connect.Reading, 1)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	switch err := g.Read(ctx, got); {
	case err != nil:
		y.Timeouts++
	case got[0].Err != nil || got[0].Number != float64(at):
		y.Wrong++
	default:
		y.Values++
	}
}
