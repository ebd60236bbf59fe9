package sampling_test

import (
	"math"
	"testing"

	"zhigai/calc/sampling"
)

// Intervals as R's binom.test has them, and what none and all of a sample say.
func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		found, n  int64
		low, high float64
	}{
		{0, 80, 0, 0.0450640351}, {3, 200, 0.00310410762, 0.04320828192}, {20, 20, 0.831566529, 1}, {1, 10, 0.00252857854, 0.44501611703}, {0, 0, 0, 1},
	} {
		low, high := sampling.Share(c.found, c.n, 0.95)
		if math.Abs(low-c.low) > 1e-9 || math.Abs(high-c.high) > 1e-9 {
			t.Errorf("%d of %d: %.9f to %.9f; want %v to %v", c.found, c.n, low, high, c.low, c.high)
		}
	}
}
