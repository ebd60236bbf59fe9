package anonymity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// BenchmarkProtect_Province is 50,000 firms of 90 counties and 31 divisions of
// ten classes each.
func BenchmarkProtect_Province(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var members []Member
	for i := range 50_000 {
		county := int(90 * math.Pow(r.Float64(), 1.5))
		division := 13 + int(31*math.Pow(r.Float64(), 2))
		members = append(members, Member{
			ID: fmt.Sprintf("%06d", i), Region: fmt.Sprintf("33%02d%02d", 1+county/9, 1+county%9), Sector: fmt.Sprintf("C%02d%d%d", division, 1+r.IntN(3), r.IntN(3)),
			Value: r.Float64(), Weights: []int64{int64(math.Exp(r.NormFloat64() + 10)), int64(math.Exp(r.NormFloat64() + 4))},
		})
	}
	s := Scheme{{0, []int{0, 1, 3, 4, 5}}, {2, []int{0, 1, 3, 4, 5}}, {4, []int{0, 1, 3, 4}}, {6, []int{0, 1, 3}}}
	for b.Loop() {
		cells, err := Protect(members, s, rules)
		if err != nil {
			b.Fatal(err)
		}
		var why [5]int
		var firms, shown int64
		for _, c := range cells {
			switch c.Why {
			case "":
				why[0]++
			case Few:
				why[1]++
			case Dominated:
				why[2]++
			case Complementary:
				why[3]++
			}
			if len(c.Region) == 6 && len(c.Sector) == 3 {
				firms += c.N
				if c.Why == "" {
					shown += c.N
				}
			}
		}
		b.ReportMetric(float64(why[0]), "published")
		b.ReportMetric(float64(why[1]), "few")
		b.ReportMetric(float64(why[2]), "dominated")
		b.ReportMetric(float64(why[3]), "complementary")
		b.ReportMetric(float64(shown)/float64(firms), "shown_of_finest")
	}
}
