package stat

// Sum of numbers, as if it were added up with twice their digits and rounded once.
func Sum(values []float64) float64 {
	total := double{}
	for _, v := range values {
		total = total.add(of(v))
	}
	return total.value()
}
