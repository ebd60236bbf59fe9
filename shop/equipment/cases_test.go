package equipment_test

import (
	"testing"

	"zhigai/data"
	"zhigai/figure"
	"zhigai/figure/figuretest"
	"zhigai/shop/equipment"
)

// The KPIs of machines against a shift that was computed apart from their formulas.
func TestDefinitions_Cases(t *testing.T) {
	t.Parallel()
	defs, err := figure.Load(data.FS, "figures", equipment.TermNames())
	must(t, err)
	figuretest.Cases(t, defs, "testdata/*.case")
}
