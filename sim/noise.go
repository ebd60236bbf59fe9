package sim

// mix is the finalizer of SplitMix64: neighbouring inputs give unrelated
// outputs.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// normal is noise of about unit variance that depends on its input alone, so
// that a value at an instant is the same whichever instants were looked at
// before. Four uniform numbers added are normal enough for a sensor.
func normal(x uint64) float64 {
	h := mix(x)
	sum := float64(h&0xffff) + float64(h>>16&0xffff) + float64(h>>32&0xffff) + float64(h>>48)
	return (sum/65535 - 2) * 1.7320508 // the sum of four has variance 1/3
}
