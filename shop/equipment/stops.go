package equipment

import "zhigai/plant"

// stop is a whole standstill: neighbouring stretches in which the machine is
// known to stand, whatever the reason.
type stop struct {
	from, to plant.Micros
	micro    bool
}

// standstills finds the stops, tells the minor ones, and gives every part a
// reason. in covers the range and a margin on both sides, so that what is
// decided inside the range depends on nothing outside of in.
func (s Settings) standstills(in []stretch) ([]stretch, []stop) {
	micro := plant.Micros(s.Reasons.MicroStop.Microseconds())
	var stops []stop
	for i := 0; i < len(in); {
		if !in[i].state.stopped() {
			i++
			continue
		}
		j := i
		for j < len(in) && in[j].state.stopped() {
			j++
		}
		whole := stop{from: in[i].from, to: in[j-1].to}
		// Short only counts when both ends were seen: work before and after.
		whole.micro = whole.to-whole.from < micro && i > 0 && j < len(in) && in[i-1].state.Known && in[j].state.Known
		explain(in[i:j], whole.micro, micro)
		stops = append(stops, whole)
		i = j
	}
	return merge(in), stops
}

// explain gives the parts of one stop without a reason their reason: a short
// run of them takes its neighbour's, because machines and people speak a
// little after the fact; a minor stop is minor; the rest is unassigned.
func explain(parts []stretch, isMicro bool, micro plant.Micros) {
	for i := 0; i < len(parts); {
		if parts[i].reason != "" {
			i++
			continue
		}
		j := i
		for j < len(parts) && parts[j].reason == "" {
			j++
		}
		reason, by := Unassigned, ""
		short := parts[j-1].to-parts[i].from < micro
		switch {
		case short && j < len(parts):
			reason, by = parts[j].reason, parts[j].saidBy
		case short && i > 0:
			reason, by = parts[i-1].reason, parts[i-1].saidBy
		case isMicro:
			reason, by = Minor, "rule:micro_stop"
		}
		for k := i; k < j; k++ {
			parts[k].reason, parts[k].saidBy = reason, by
		}
		i = j
	}
}
