package kpi

import (
	"fmt"
	"math"
)

// Report is every figure of a ledger, ready for JSON: a number, or null with
// its reason under the same key.
type Report struct {
	Name                  string            `json:"name,omitempty"`
	Availability          *float64          `json:"availability"`
	Effectiveness         *float64          `json:"effectiveness"`
	QualityRatio          *float64          `json:"quality_ratio"`
	OEE                   *float64          `json:"OEE"`
	NEE                   *float64          `json:"NEE"`
	AllocationEfficiency  *float64          `json:"allocation_efficiency"`
	UtilizationEfficiency *float64          `json:"utilization_efficiency"`
	TechnicalEfficiency   *float64          `json:"technical_efficiency"`
	SetupRate             *float64          `json:"setup_rate"`
	ScrapRatio            *float64          `json:"scrap_ratio"`
	ReworkRatio           *float64          `json:"rework_ratio"`
	Reasons               map[string]string `json:"reasons"`
}

// Figure is one line of a report under the key it has in JSON.
type Figure struct {
	Key string
	Result
}

// Figures lists what a ledger gives, in the order of the report.
func (l Ledger) Figures() []Figure {
	return []Figure{
		{"availability", l.Availability()},
		{"effectiveness", l.Effectiveness()},
		{"quality_ratio", l.QualityRatio()},
		{"OEE", l.OEE()},
		{"NEE", l.NEE()},
		{"allocation_efficiency", l.AllocationEfficiency()},
		{"utilization_efficiency", l.UtilizationEfficiency()},
		{"technical_efficiency", l.TechnicalEfficiency()},
		{"setup_rate", l.SetupRate()},
		{"scrap_ratio", l.ScrapRatio()},
		{"rework_ratio", l.ReworkRatio()},
	}
}

// Report calculates every figure.
func (l Ledger) Report() Report {
	r := Report{Name: l.Name, Reasons: map[string]string{}}
	into := []**float64{
		&r.Availability, &r.Effectiveness, &r.QualityRatio, &r.OEE, &r.NEE, &r.AllocationEfficiency,
		&r.UtilizationEfficiency, &r.TechnicalEfficiency, &r.SetupRate, &r.ScrapRatio, &r.ReworkRatio,
	}
	for i, f := range l.Figures() {
		// Numbers of a size that no factory has can still overflow; JSON has no
		// way to say so.
		if f.OK && (math.IsInf(f.Value, 0) || math.IsNaN(f.Value)) {
			f.Result = none("out_of_range")
		}
		if !f.OK {
			r.Reasons[f.Key] = f.Reason
			continue
		}
		*into[i] = &f.Value
	}
	return r
}

// identitySlack is how far sums in minutes may be apart and still agree:
// ledgers are typed with two or three decimals.
const identitySlack = 0.01

// Warnings checks what must hold between the terms of one ledger: AUPT = APT +
// AUST, AUBT = AUPT + ADET, PQ = GQ + SQ + RQ, and that no part is larger than
// its whole. Figures are calculated all the same, from the terms as given.
func (l Ledger) Warnings() []string {
	var out []string
	sum := func(whole term, parts ...term) {
		if missing(append(parts, whole)...) != "" {
			return
		}
		total, names := 0.0, ""
		for i, p := range parts {
			total += p.value
			if i > 0 {
				names += " + "
			}
			names += p.key
		}
		if math.Abs(total-whole.value) > identitySlack {
			out = append(out, fmt.Sprintf("%s is %v but %s is %v", whole.key, whole.value, names, total))
		}
	}
	within := func(part, whole term) {
		if missing(part, whole) == "" && part.value > whole.value+identitySlack {
			out = append(out, fmt.Sprintf("%s is %v, more than %s %v", part.key, part.value, whole.key, whole.value))
		}
	}
	sum(l.aupt(), l.apt(), l.aust())
	sum(l.aubt(), l.aupt(), l.adet())
	sum(l.pq(), l.gq(), l.sq(), l.rq())
	within(l.apt(), l.pbt())
	within(l.aubt(), l.pbt())
	within(l.gq(), l.pq())
	if e := l.Effectiveness(); e.OK && e.Value > suspectEffectiveness {
		out = append(out, fmt.Sprintf("effectiveness is %.3f: the planned run time per unit looks too long", e.Value))
	}
	return out
}

// suspectEffectiveness is where the standard cycle is doubted rather than the
// machine praised; our rule, ISO 22400-2 only says that 1 can be passed.
const suspectEffectiveness = 1.10
