package profile_test

import (
	"strings"
	"testing"

	"zhigai/connect/profile"
	"zhigai/plant"
)

// One profile, two machines: each decides by the thresholds of its own device.
func TestProgram_ThresholdsOfADevice(t *testing.T) {
	p := delivered(t, "eastron.sdm630-machine")
	program, err := p.Compile()
	if err != nil {
		t.Fatal(err)
	}
	press := program.With(map[string]string{"idle_above": "0.3", "run_above": "4", "unit": "7"})
	f := func(g *profile.Program, kw float64, want string) {
		t.Helper()
		item, _, ok := g.State([]profile.Value{{Known: true, Number: kw}})
		if !ok || item != want {
			t.Errorf("%s: %v kW is %q; want %q", g.Given(), kw, item, want)
		}
	}
	for range 2 { // neither changes the other
		f(program, 0.04, "NOT_AVAILABLE")
		f(program, 0.4, "NOT_EXECUTING")
		f(program, 1, "EXECUTING")
		f(press, 0.29, "NOT_AVAILABLE")
		f(press, 1, "NOT_EXECUTING")
		f(press, 4.1, "EXECUTING")
	}
	if got, want := press.Given(), "idle_above=0.3 run_above=4"; got != want {
		t.Errorf("given %q; want %q", got, want)
	}
	if got := program.With(map[string]string{"run_above": "much"}).Given(); got != "idle_above=0.05" {
		t.Errorf("a value that is no number is none: %q", got)
	}
}

// What has neither value nor default decides nothing: no state is invented.
func TestProgram_ParameterWithoutValue(t *testing.T) {
	p := profile.Profile{
		ID: "t", Signals: []profile.Signal{{Name: "current.a", Kind: plant.KindNumber}},
		Params: []profile.Param{{Name: "run_above", Kind: profile.ParamNumber, Required: true}},
		States: []profile.State{{When: "current.a > param.run_above", Item: "EXECUTING"}, {When: "true", Item: "NOT_EXECUTING"}},
	}
	program, err := p.Compile()
	if err != nil {
		t.Fatal(err)
	}
	values := []profile.Value{{Known: true, Number: 9}}
	if item, _, ok := program.State(values); ok {
		t.Errorf("without a threshold the state is %q", item)
	}
	if item, _, ok := program.With(map[string]string{"run_above": "8"}).State(values); !ok || item != "EXECUTING" {
		t.Errorf("with one it is %q, %v", item, ok)
	}
}

// Thresholds are ours: no driver hears of them.
func TestDevice_KeepsThresholdsFromTheDriver(t *testing.T) {
	p := delivered(t, "wirenboard.wb-mcm16-pulses")
	d := p.Device(plant.Device{Driver: "modbus-tcp", Params: map[string]string{"unit": "3", "pulses_per_part": "4"}})
	if _, there := d.Params["pulses_per_part"]; there || d.Params["unit"] != "3" {
		t.Errorf("the driver sees %v", d.Params)
	}
}

// Parameters adjust rules; what locks a set point or calculates a value means
// the same on every machine of a kind.
func TestParse_ParametersStandInRulesOnly(t *testing.T) {
	f := func(change func(string) string, want string) {
		t.Helper()
		_, problems := profile.Parse("t.yaml", []byte(change(adjusted)), checkers())
		var said strings.Builder
		for _, one := range problems {
			said.WriteString(one.String() + "\n")
		}
		if want == "" && len(problems) > 0 || want != "" && !strings.Contains(said.String(), want) {
			t.Errorf("said %q; want %q", said.String(), want)
		}
	}
	with := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	f(func(s string) string { return s }, "")
	f(with("param.run_above", "param.run_abov"), `did you mean "param.run_above"?`)
	f(with("param.run_above", "param.place"), "undeclared reference")
	f(with("expr: current.a * 2.0", "expr: current.a * param.run_above"), "undeclared reference")
	f(with("per: pulses", "per: run_above"), "no parameter that counts pulses")
}

const adjusted = `schema: zhigai.profile/1
id: t.t
version: 1
vendor: T
class: machine
title: {zh: 测, en: t}
source: test
verified: unverified
protocol: modbus-tcp
params:
  - {name: run_above, title: {zh: 阈值, en: threshold}, kind: number, default: "2"}
  - {name: pulses, title: {zh: 脉冲, en: pulses}, kind: number, default: "1", min: 1}
  - {name: place, title: {zh: 地点, en: place}, kind: text, default: "x"}
signals:
  - {name: current.a, kind: number, at: "input 1 uint16", unit: "A"}
  - {name: count.total, kind: number, at: "input 2 uint16", unit: "1"}
derived:
  - {name: current.total, kind: number, unit: "A", expr: current.a * 2.0}
states:
  - {when: "current.a > param.run_above", item: EXECUTING, mode: PROCESSING}
  - {when: "true", item: NOT_EXECUTING, mode: NONE}
counters:
  total: {signal: count.total, per: pulses, modulo: 65536}
`
