package bench

import (
	"fmt"
	"strings"
	"time"

	"zhigai/plant"
)

// Names of the plant that is measured.
const (
	profileID = "bench"
	linePath  = "bench/line"
	// historyOf is how long the plant has stood: hours that are closed by now.
	historyOf = 4 * time.Hour
)

// signals of every machine of the plant that folds read; what else it has are
// measured values.
var signals = []string{"machine.running", "count.good", "energy.active"}

// Shape is how many machines with how many signals each, at least three.
type Shape struct {
	Machines, Signals int
}

// Tags is how many samples one round of all machines makes.
func (s Shape) Tags() int { return s.Machines * s.Signals }

// machineName of the i-th machine, counted from 0.
func machineName(i int) string { return fmt.Sprintf("m%04d", i) }

// machinePath is where the i-th machine stands.
func machinePath(i int) string { return linePath + "/" + machineName(i) }

// signalName of the i-th signal of a machine.
func signalName(i int) string {
	if i < len(signals) {
		return signals[i]
	}
	return fmt.Sprintf("value.v%05d", i)
}

// profileYAML is a profile of n signals for a protocol, from the first-th on;
// at gives the address of each. Without the signal that says whether it runs, a
// machine's state follows from its counters.
func profileYAML(protocol string, first, n int, period time.Duration, at func(i int) string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `schema: zhigai.profile/1
id: %s
version: 1
vendor: zhigai
models: [load generator]
class: lathe
title: {zh: 压力测试, en: load generator}
source: made by the load generator; its addresses are defined by this file
verified: derived
protocol: %s
signals:
`, profileID, protocol)
	for k := range n {
		i := k + first
		kind := plant.KindNumber
		if i == 0 {
			kind = plant.KindBoolean
		}
		fmt.Fprintf(&b, "  - {name: %s, title: {zh: 信号%d, en: signal %d}, kind: %s, at: %q, period: %s, unit: %q, retention: %s}\n",
			signalName(i), i, i, kind, at(k), period, map[bool]string{true: "kW.h"}[i == 2], map[bool]plant.Retention{true: plant.RetainLong, false: plant.RetainStandard}[i < len(signals)])
	}
	if first == 0 {
		b.WriteString(`states:
  - {when: "machine.running", item: EXECUTING, mode: PROCESSING}
  - {when: "true", item: NOT_EXECUTING, mode: PROCESSING}
`)
	}
	b.WriteString(`counters:
  good: {signal: count.good}
  energy: {signal: energy.active}
`)
	return []byte(b.String())
}

// model is the plant: a line of machines that works round the clock.
func model(machines int, device func(i int) plant.Device) plant.Model {
	m := plant.Model{
		Nodes: []plant.Node{
			{Path: "bench", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "压力测试", EN: "bench"}, Calendar: "always"},
			{Path: linePath, Level: plant.LevelLine, Name: plant.Name{ZH: "产线", EN: "line"}},
		},
		Calendars: []plant.Calendar{{
			Code: "always", Name: plant.Name{ZH: "全天", EN: "round the clock"}, Zone: "UTC",
			Shifts: []plant.Shift{{Code: "day", Name: plant.Name{ZH: "白班", EN: "day"}, Start: "00:00", End: "00:00", Weekdays: []int{1, 2, 3, 4, 5, 6, 7}}},
		}},
	}
	for i := range machines {
		m.Nodes = append(m.Nodes, plant.Node{
			Path: machinePath(i), Level: plant.LevelEquipment, Name: plant.Name{ZH: "机床", EN: "machine"},
			Machine: &plant.Equipment{
				Class: "lathe", Profile: profileID, NC: true, Device: device(i),
				Cycles: []plant.Cycle{{Product: "*", PRUms: 20_000}},
			},
		})
	}
	return m
}
