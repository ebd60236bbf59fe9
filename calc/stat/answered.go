package stat

import (
	"fmt"
	"math"
)

// Answered says what is wrong with rows of numbers that each have an answer: there must be
// so many at least, all as wide as the first, and all finite. Nil when nothing is.
func Answered(rows [][]float64, answers []float64, least int) error {
	if len(rows) < least || len(rows) != len(answers) {
		return fmt.Errorf("%d rows and %d answers; give one answer for each row, of %d rows or more", len(rows), len(answers), least)
	}
	width := len(rows[0])
	if width == 0 {
		return fmt.Errorf("rows without columns")
	}
	for i, r := range rows {
		if len(r) != width {
			return fmt.Errorf("row %d has %d columns, the first has %d", i+1, len(r), width)
		}
		for j, v := range r {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("row %d, column %d is %v; leave the row out or mend it", i+1, j+1, v)
			}
		}
		if math.IsNaN(answers[i]) || math.IsInf(answers[i], 0) {
			return fmt.Errorf("answer %d is %v", i+1, answers[i])
		}
	}
	return nil
}
