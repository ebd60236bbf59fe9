package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"zhigai/access"
	calc "zhigai/calc/batch"
	"zhigai/plant"
	"zhigai/shop/process/batch"
	"zhigai/shop/process/trial"
)

// planDemoProcess has a process engineer of the demo plant do what its past allows,
// unless somebody did so before: a golden batch of the furnace's first loads, a
// question about the lathe's diameter, and an experiment on tempering.
func (n *node) planDemoProcess(ctx context.Context) error {
	who := access.Node(homeTenant)
	known, err := n.newTrials().Experiments(ctx, trial.Filter{Scope: who.Scope, Limit: 1})
	if err != nil || len(known) > 0 {
		return err
	}
	stored, err := n.plants.Model(ctx, who.Scope, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	for _, nd := range stored.Nodes {
		switch nd.Path {
		case demoFurnace:
			err = errors.Join(n.demoGolden(ctx, who, nd.ID), n.demoTrial(ctx, who, nd.ID))
		case demoLathe:
			err = errors.Join(err, n.demoScreening(ctx, who, nd.ID))
		}
	}
	return err
}

// demoSpan is how much of the past is looked at.
const demoSpan = 14 * 24 * time.Hour

// unlessYoung takes a past that is too short for none at all.
func unlessYoung(err error) error {
	if errors.Is(err, batch.ErrInvalid) {
		return nil
	}
	return err
}

func (n *node) demoGolden(ctx context.Context, who access.Principal, furnace plant.NodeID) error {
	desk, now := n.newBatches(), time.Now()
	load := batch.Cut{By: batch.ByTime, Every: 1800}
	runs, err := desk.Runs(ctx, who, furnace, load, "", plant.InstantOf(now.Add(-demoSpan)), plant.InstantOf(now))
	const first = 20
	if err != nil || len(runs) < 2*calc.Least {
		return unlessYoung(err)
	}
	a := batch.Asked{
		Name: plant.Name{ZH: "3号网带炉正常装炉", EN: "furnace 3, a normal load"}, Machine: furnace, Cut: load, Align: calc.Phase, Reason: "硬度与金相合格的最早几炉",
		Signals: []string{"power.active", "temperature.zone1", "temperature.zone3", "temperature.zone6", "carbon.potential", "flow.gas"},
	}
	for _, r := range runs[:min(first, len(runs)/2)] {
		a.Runs = append(a.Runs, batch.Chosen{From: r.From, To: r.To})
	}
	tried, err := desk.Try(ctx, who, a)
	if err != nil {
		return unlessYoung(err)
	}
	const odd = 2 // what does not lie among the others is no good one
	a.Runs = slices.DeleteFunc(tried.Runs, func(c batch.Chosen) bool { return *c.Score > odd })
	_, err = desk.Save(ctx, who, a)
	return unlessYoung(err)
}

func (n *node) demoScreening(ctx context.Context, who access.Principal, lathe plant.NodeID) error {
	now := time.Now()
	_, err := n.newBatches().Screen(ctx, who, batch.Question{
		Machine: lathe, Cut: batch.Cut{By: batch.ByTime, Every: 900}, Answer: batch.Answer{Kind: batch.OfSignal, Signal: "part.diameter"},
		Signals: []string{"tool.wear", "temperature.spindle", "temperature.coolant", "temperature.cabinet", "pressure.coolant", "pressure.hydraulic", "pressure.air", "lubrication.level"},
		From:    plant.InstantOf(now.Add(-demoSpan)), To: plant.InstantOf(now), Note: "外径为什么变化？", Seed: 1,
	})
	return unlessYoung(err)
}

// tempered is what a simulated tempering gives: the hardness falls with temperature
// and time, and the size changes least in between.
func tempered(r *rand.Rand, celsius, minutes float64) (hrc, micrometres float64) {
	a, b := (celsius-180)/20, (minutes-120)/60
	return 60.2 - 1.1*a - 0.5*b - 0.15*a*b + 0.12*r.NormFloat64(), 3.5 + 0.6*a*a + 0.9*b*b - 0.5*a + 0.2*r.NormFloat64()
}

func (n *node) demoTrial(ctx context.Context, who access.Principal, place plant.NodeID) error {
	desk := n.newTrials()
	low, high := 58.0, 62.0
	e, err := desk.Plan(ctx, who, trial.New{
		Name: plant.Name{ZH: "回火温度与时间", EN: "tempering temperature and time"}, Place: place, Item: "6205-OR",
		Goal: "硬度保持在 60 HRC 附近，同时尺寸变化最小",
		Factors: []trial.Factor{
			{Name: plant.Name{ZH: "回火温度", EN: "temperature"}, Unit: "°C", Low: 160, High: 200, SafeLow: 150, SafeHigh: 210},
			{Name: plant.Name{ZH: "回火时间", EN: "time"}, Unit: "min", Low: 60, High: 180, SafeLow: 45, SafeHigh: 240},
		},
		Responses: []trial.Response{
			{Name: plant.Name{ZH: "硬度", EN: "hardness"}, Unit: "HRC", Want: trial.Target, Low: low, High: high, Target: 60, KeepMin: &low, KeepMax: &high},
			{Name: plant.Name{ZH: "尺寸变化", EN: "change of size"}, Unit: "µm", Want: trial.Minimum, Low: 2, High: 8},
		},
		Design: trial.Design{Kind: trial.Composite, Alpha: "face-centred", Centres: 4, Seed: 7},
	})
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(7, 7))
	for i := range e.Runs {
		hrc, size := tempered(r, e.Runs[i].Planned[0], e.Runs[i].Planned[1])
		if e, err = desk.Enter(ctx, who, e.ID, i+1, trial.Entered{Rev: e.Rev, Results: []*float64{&hrc, &size}}); err != nil {
			return err
		}
	}
	return nil
}
