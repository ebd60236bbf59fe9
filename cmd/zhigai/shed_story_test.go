package main

import (
	"math"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/plant"
	"zhigai/shop/control/loop"
)

// quarters of an hour as the meter of the furnaces truly counted them.
type quarters struct {
	*controlled
	counted []float64    // kWh by second since the story began
	speeds  [][3]float64 // of the fans of the loads, % by second
	begun   time.Time
}

// live lets the plant live, and reads the meter's counter each second.
func (q *quarters) live(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		q.controlled.live(time.Second)
		q.mu.Lock()
		q.counted = append(q.counted, q.shown(demoShedMeter, "energy.active"))
		q.mu.Unlock()
		var now [3]float64
		for i, path := range demoShed {
			now[i] = q.shown(path, "fan.speed")
		}
		q.speeds = append(q.speeds, now)
	}
}

// forecast is what the quarter that runs comes to, by the counter alone and by the same
// formula as the desk of energy has: energy so far, and the power of three minutes.
func (c *controlled) forecast(q *quarters) loop.Value {
	q.mu.Lock()
	defer q.mu.Unlock()
	last := len(q.counted) - 1
	if last < 180 {
		return loop.Value{Why: "too early"}
	}
	now := q.begun.Add(time.Duration(last+1) * time.Second)
	from := now.Truncate(15 * time.Minute)
	so := min(last, int(now.Sub(from).Seconds()))
	v, ok := calc.Forecast(from, from.Add(15*time.Minute), now, q.counted[last]-q.counted[last-so], (q.counted[last]-q.counted[last-180])*20)
	return loop.Value{Number: v, Good: ok, At: plant.MicrosOf(time.Now())}
}

// demands are the mean powers of the whole quarters, kW.
func (q *quarters) demands() (out []float64) {
	for i := range q.counted {
		at := q.begun.Add(time.Duration(i+1) * time.Second)
		if i >= 900 && at.Equal(at.Truncate(15*time.Minute)) {
			out = append(out, (q.counted[i]-q.counted[i-900])*4)
		}
	}
	return out
}

// inOrder counts how often each load was shed, and holds that none was while one before it
// went on at full speed: all loads look each five seconds, and write within ten.
func (q *quarters) inOrder() (sheds [3]int) {
	const within = 20
	for i := 1; i+within < len(q.speeds); i++ {
		for k := range sheds {
			if q.speeds[i][k] != demoSlow || q.speeds[i-1][k] == demoSlow {
				continue
			}
			sheds[k]++
			for before := range k {
				if q.speeds[i+within][before] != demoSlow {
					q.Errorf("second %d: load %d was shed, and load %d was not", i, k+1, before+1)
				}
			}
		}
	}
	return sheds
}

// TestControlStory_Shedding: four furnaces live the same twelve hours twice, by
// themselves and with the demo's loops that slow their fans, one after the other, when
// the quarter would draw too much. By the meter's own counter no quarter is above the
// limit with the loops, and some are without them; all fans are at full speed again when
// it is over, and handed back.
func TestControlStory_Shedding(t *testing.T) {
	t.Parallel()
	paths := append(slices.Clone(demoShed), demoHeld, demoShedMeter)
	var alone, shed []float64
	run := func(with bool) (demands []float64) {
		controlStory(t, 4, paths, func(c *controlled) {
			q := &quarters{controlled: c, begun: time.Now()}
			c.meter = q
			q.live(5 * time.Minute)
			var series []string
			if with {
				for i, path := range demoShed {
					l := demoLoad(plant.NodeID(path), demoShedMeter, i)
					series = append(series, c.holdBy(l, q.live))
				}
			}
			q.live(12 * time.Hour)
			demands = q.demands()
			if !with {
				return
			}
			sheds := q.inOrder()
			t.Logf("%d commands, loads were shed %v times", len(c.orders), sheds)
			if sheds[0] == 0 || len(c.raised) > 0 {
				t.Errorf("loads shed %v times, alarms %q", sheds, c.raised)
			}
			who := access.Node(homeTenant)
			who.Name = "engineer"
			for i, s := range series {
				v := c.view(s)
				if v.Run.Mode != loop.Auto {
					t.Errorf("loop %d is in %s: %s", i+1, v.Run.Mode, v.Run.Reason)
				}
				_, err := c.desk.HandBack(c.Context(), who, s, loop.Back{Rev: v.Run.Rev})
				must(c.T, err)
				if is := c.shown(demoShed[i], "fan.speed"); is != 100 {
					t.Errorf("handed back, the fans of %s are at %v %%", demoShed[i], is)
				}
			}
		})
		return demands
	}
	alone, shed = run(false), run(true)
	above := func(all []float64) (n int) {
		for _, v := range all {
			if v > demoDemand {
				n++
			}
		}
		return n
	}
	t.Logf("%d quarters: greatest demand %.1f kW and %d above %g kW alone; %.1f kW and %d with shedding", len(alone), slices.Max(alone), above(alone), demoDemand, slices.Max(shed), above(shed))
	if above(shed) > 0 || above(alone) == 0 || len(alone) != len(shed) || len(alone) < 40 {
		t.Errorf("%d of %d quarters above the limit with shedding, %d of %d without", above(shed), len(shed), above(alone), len(alone))
	}
	if less := math.Abs(slices.Min(alone) - slices.Min(shed)); less > 60 {
		t.Errorf("the least demand differs by %.1f kW: that is not the fans", less)
	}
}
