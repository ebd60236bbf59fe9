package spc

import "math"

// Count is what was found in a sample: nonconforming units, or nonconformities.
type Count struct {
	Found float64
	Size  float64 // units that were looked at
}

func counts(all []Count, trial int, units bool) (found, size float64, err error) {
	if err := phase(len(all), trial); err != nil {
		return 0, 0, err
	}
	for i, c := range all {
		switch {
		case !(c.Size > 0) || math.IsInf(c.Size, 0):
			return 0, 0, invalid("sample %d has a size of %v; write how many units were looked at", i+1, c.Size)
		case !(c.Found >= 0) || math.IsInf(c.Found, 0):
			return 0, 0, invalid("sample %d: %v were found; a count is 0 or more", i+1, c.Found)
		case units && c.Found > c.Size:
			return 0, 0, invalid("sample %d: %v of %v units are nonconforming", i+1, c.Found, c.Size)
		}
		if i < trial {
			found += c.Found
			size += c.Size
		}
	}
	return found, size, nil
}

// P charts the share of nonconforming units: p̄ ± 3 √(p̄(1-p̄)/n), within 0 and 1.
func P(all []Count, trial int) (*Chart, error) {
	found, size, err := counts(all, trial, true)
	if err != nil {
		return nil, err
	}
	p := found / size
	c := &Chart{Center: p, StdDev: math.Sqrt(p * (1 - p)), Trial: trial}
	for _, s := range all {
		c.point(s.Found/s.Size, Sigmas*c.StdDev/math.Sqrt(s.Size), 0)
	}
	return c.below(1), nil
}

// NP charts the number of nonconforming units in samples of one size:
// np̄ ± 3 √(np̄(1-p̄)), within 0 and n.
func NP(all []Count, trial int) (*Chart, error) {
	found, size, err := counts(all, trial, true)
	if err != nil {
		return nil, err
	}
	n, err := sizeOf(all, "p")
	if err != nil {
		return nil, err
	}
	p := found / size
	c := &Chart{Center: n * p, StdDev: math.Sqrt(n * p * (1 - p)), Trial: trial}
	for _, s := range all {
		c.point(s.Found, Sigmas*c.StdDev, 0)
	}
	return c.below(n), nil
}

// C charts the number of nonconformities in samples of one size: c̄ ± 3 √c̄.
func C(all []Count, trial int) (*Chart, error) {
	found, _, err := counts(all, trial, false)
	if err != nil {
		return nil, err
	}
	if _, err := sizeOf(all, "u"); err != nil {
		return nil, err
	}
	c := &Chart{Center: found / float64(trial), Trial: trial}
	c.StdDev = math.Sqrt(c.Center)
	for _, s := range all {
		c.point(s.Found, Sigmas*c.StdDev, 0)
	}
	return c.done(), nil
}

// U charts nonconformities per unit: ū ± 3 √(ū/n).
func U(all []Count, trial int) (*Chart, error) {
	found, size, err := counts(all, trial, false)
	if err != nil {
		return nil, err
	}
	c := &Chart{Center: found / size, Trial: trial}
	c.StdDev = math.Sqrt(c.Center)
	for _, s := range all {
		c.point(s.Found/s.Size, Sigmas*c.StdDev/math.Sqrt(s.Size), 0)
	}
	return c.done(), nil
}

// sizeOf is the size of all samples.
func sizeOf(all []Count, instead string) (float64, error) {
	for i, c := range all {
		if c.Size != all[0].Size {
			return 0, invalid("sample %d has %v units, the first one %v; chart %s, which takes other sizes", i+1, c.Size, all[0].Size, instead)
		}
	}
	return all[0].Size, nil
}

// below cuts the upper limits off.
func (c *Chart) below(most float64) *Chart {
	for i := range c.UCL {
		c.UCL[i] = min(c.UCL[i], most)
	}
	return c.done()
}
