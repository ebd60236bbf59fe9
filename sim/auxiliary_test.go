package sim_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/line"
	"zhigai/connect/modbus"
	"zhigai/plant"
)

const beside = site + "auxiliary/"

// The plant speaks many protocols, and what stands beside production changes
// nothing in it: the same plant without its auxiliary area lives the same day.
func TestAuxiliary_ChangesNothingOfTheLines(t *testing.T) {
	t.Parallel()
	m, _ := model(t)
	drivers := map[string]int{}
	var lines []string
	for _, n := range m.Nodes {
		if n.Machine == nil {
			continue
		}
		drivers[n.Machine.Device.Driver]++
		if strings.HasPrefix(n.Path, beside) {
			if !n.Machine.Excluded {
				t.Errorf("%s counts for rates: it makes nothing by plan", n.Path)
			}
			continue
		}
		lines = append(lines, n.Path)
	}
	if len(drivers) < 9 {
		t.Errorf("the demo speaks %d protocols; want at least 9: %v", len(drivers), drivers)
	}
	whole, alone := demo(t, 11), only(t, 11, lines...)
	whole.Advance(start.Add(24 * time.Hour))
	alone.Advance(start.Add(24 * time.Hour))
	for _, path := range lines {
		a, b := whole.Shown(path), alone.Shown(path)
		for name := range b {
			if a[name] != b[name] {
				t.Errorf("%s %s: %v beside auxiliary machines, %v without", path, name, a[name], b[name])
			}
		}
	}
	if a, b := len(whole.Accounts()), len(alone.Accounts()); a != b || len(whole.Truth()) != len(alone.Truth()) {
		t.Errorf("%d accounts and %d intervals with auxiliary machines; %d and %d without", a, len(whole.Truth()), b, len(alone.Truth()))
	}
}

// Over a day the auxiliary machines do what such machines do.
func TestAuxiliary_IsPlausible(t *testing.T) {
	t.Parallel()
	p := demo(t, 12)
	lathe, packer := map[any]int{}, map[any]int{}
	var first, power float64
	const every = 30 * time.Second
	steps := int(24 * time.Hour / every)
	for i := range steps + 1 {
		p.Advance(start.Add(time.Duration(i) * every))
		lathe[p.Shown(beside + "tool-room/lathe-17")["machine.state"]]++
		packer[p.Shown(beside + "wash/packer-1")["machine.mode"]]++
		meter := p.Shown(beside + "power/meter-5")
		if i == 0 {
			first = meter["energy.active"].(float64)
		} else {
			power += meter["power.active"].(float64) * every.Hours()
		}
		ups := p.Shown(beside + "power/ups-1")
		if ups["battery.charge"] != 100.0 || ups["battery.minutes"].(float64) < 30 || ups["battery.minutes"].(float64) > 60 || math.Abs(ups["input.voltage"].(float64)-231) > 3 {
			t.Fatalf("after %d steps the UPS shows %v", i, ups)
		}
		if bath := p.Shown(beside + "wash/bath-1")["temperature.process"].(float64); math.Abs(bath-65) > 2 {
			t.Fatalf("after %d steps the bath is at %v Cel; want 65", i, bath)
		}
	}
	last := p.Shown(beside + "power/meter-5")["energy.active"].(float64)
	if grown := last - first; math.Abs(grown-power) > 0.05*power || grown < 100 || last > 999_999 {
		t.Errorf("the meter counted from %.1f to %.1f kWh; its power makes %.1f", first, last, power)
	}
	if lathe["ACTIVE"] < steps/3 || len(lathe) < 3 || lathe[""] > 0 {
		t.Errorf("the lathe's states in a day: %v", lathe)
	}
	if packer[2.0] < steps/2 || len(packer) < 2 {
		t.Errorf("the packer's modes in a day: %v", packer)
	}
}

// A bath takes minutes to its new set point, and refuses one the real controller
// would.
func TestBath_FollowsItsSetPoint(t *testing.T) {
	t.Parallel()
	path := beside + "wash/bath-1"
	p := only(t, 13, path)
	d := listen(t, p)(path)
	lines := line.NewPool(line.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := modbus.NewSerial(lines).Open(ctx, d)
	must(t, err)
	defer c.Close()
	set := connect.Point{Address: "holding 8451 int16", Kind: plant.KindNumber}
	if err := c.(connect.Writer).Write(ctx, set, 1301.0); !errors.Is(err, connect.ErrRefused) {
		t.Errorf("1301 Cel: %v; want a refusal", err)
	}
	must(t, c.(connect.Writer).Write(ctx, set, 80.0))
	at := func(after time.Duration) float64 {
		p.Advance(start.Add(after))
		return p.Shown(path)["temperature.process"].(float64)
	}
	if soon, later := at(time.Second), at(time.Hour); soon > 67 || math.Abs(later-80) > 2 {
		t.Errorf("%.1f Cel after a second, %.1f after an hour; want 65 and 80", soon, later)
	}
}
