package main

import (
	"fmt"
	"slices"

	calc "zhigai/calc/control"
	"zhigai/plant"
	"zhigai/shop/control/loop"
)

// demoShed are the furnaces whose circulation fans are slowed when the quarter of an
// hour would draw too much, in this order. Their temperature does not need full speed.
var demoShed = []string{demoSite + "/heat-treatment/line-1/furnace-2", demoFurnace, demoSite + "/heat-treatment/line-1/furnace-4"}

const (
	// demoShedMeter feeds all furnaces; what a quarter of an hour draws there, kW, is to
	// stay below demoDemand.
	demoShedMeter = demoSite + "/utilities/meters/meter-2"
	demoDemand    = 470.0
	// The first load is shed when the forecast is demoFirst above its set point's half
	// band, each next one demoNext later; a band of demoBand lies between off and on, so
	// that what a shed load saves does not bring it back.
	demoFirst, demoNext, demoBand = 445.0, 4.0, 20.0
	// demoSlow is the speed of a shed fan, %.
	demoSlow = 50.0
)

// demoShedding adds a loop for each load: it reads what the quarter comes to at the meter
// and slows the fans of its furnace, those of the first furnace first.
func (n *node) demoShedding(all []demoWork, stored plant.Model) ([]demoWork, error) {
	i := slices.IndexFunc(stored.Nodes, func(nd plant.Node) bool { return nd.Path == demoShedMeter })
	if i < 0 {
		return nil, fmt.Errorf("demo plant: no meter %s", demoShedMeter)
	}
	for k, path := range demoShed {
		all = append(all, demoWork{path, func(furnace plant.NodeID) (loop.Loop, error) { return demoLoad(furnace, stored.Nodes[i].ID, k), nil }, n.holdDemoLoop})
	}
	return all, nil
}

// demoLoad is the loop of one load, the first being number 0. When it cannot go on the
// fans are at full speed: rings come before money.
func demoLoad(furnace, meter plant.NodeID, no int) loop.Loop {
	return loop.Loop{
		Name:  plant.Name{ZH: fmt.Sprintf("削峰第%d级：循环风机降速", no+1), EN: fmt.Sprintf("Load shedding, step %d: slower fans", no+1)},
		Owner: "engineer", Machine: furnace, Output: "fan.speed", PV: loop.Input{Machine: meter, Signal: demandSignal.Name},
		Block: loop.Block{Kind: loop.OnOff, OnOff: &calc.OnOff{Hysteresis: demoBand, Reverse: true, MinOn: 300}, On: demoSlow, Off: 100},
		SP:    demoFirst + demoNext*float64(no), SPLow: 300, SPHigh: demoDemand, PeriodMs: 5000, MaxAgeMs: 60_000, IntervalMs: 10_000, Resolution: 0.1,
		Safe: loop.Safe{Action: loop.Ramp, Value: 100}, Note: fmt.Sprintf("需量上限 %g kW；不能继续时风机回到全速", demoDemand),
	}
}
