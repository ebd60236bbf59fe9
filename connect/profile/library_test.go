package profile_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"zhigai/connect/profile"
	"zhigai/plant"
)

const maker = `schema: zhigai.profile/1
id: maker
version: 1
vendor: maker
class: lathe
title: {zh: 系列, en: series}
source: this test
verified: derived
protocol: modbus-tcp
link: {timeout: 300ms, max_registers: 20}
signals:
  - {name: machine.running, kind: boolean, at: "holding 1.0 bool"}
  - {name: temperature, kind: number, at: "holding 2 int16", unit: Cel, scale: 0.1}
derived:
  - {name: hot, kind: boolean, expr: "temperature > 80.0"}
states:
  - {when: "machine.running", item: EXECUTING, mode: PROCESSING}
  - {when: "true", item: NOT_EXECUTING, mode: NONE}
alarms:
  - {id: hot, when: "hot", priority: 2, text: {zh: 热}}
counters:
  total: {signal: temperature}
identify:
  - {at: "holding 100 string8", kind: text, match: "^MX"}
`

const model = `schema: zhigai.profile/1
id: model
version: 3
base: maker
vendor: maker
title: {zh: 型号, en: model}
source: this test
verified: derived
signals:
  - {name: temperature, kind: number, at: "input 7 int16", unit: Cel}
  - {name: spindle.speed, kind: number, at: "input 8 uint16", unit: /min}
alarms:
  - {id: fast, when: "spindle.speed > 100.0", priority: 1, text: {zh: 快}}
`

func load(files map[string]string) (*profile.Library, error) {
	dir := fstest.MapFS{"p/readme.txt": {}}
	for name, src := range files {
		dir["p/"+name] = &fstest.MapFile{Data: []byte(src)}
	}
	return profile.Load(dir, "p", checkers())
}

// A model says only in what it differs from the series.
func TestLoad_JoinsBases(t *testing.T) {
	l, err := load(map[string]string{"maker.yaml": maker, "model.yaml": model})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := l.Get("model")
	at := map[string]string{}
	for _, s := range p.Signals {
		at[s.Name] = s.At
	}
	want := map[string]string{"machine.running": "holding 1.0 bool", "temperature": "input 7 int16", "spindle.speed": "input 8 uint16"}
	if !maps.Equal(at, want) || p.Version != 3 || p.Class != "lathe" || p.Protocol != "modbus-tcp" || p.Link.MaxRegisters != 20 ||
		len(p.States) != 2 || len(p.Alarms) != 2 || len(p.Derived) != 1 || len(p.Identify) != 1 || p.Counters.Total == nil {
		t.Errorf("joined %+v", p)
	}
	if !slices.Equal(l.IDs(), []string{"maker", "model"}) || string(l.Source("model")) != model {
		t.Errorf("library %v", l.IDs())
	}
	if _, err := p.Compile(); err != nil {
		t.Error(err)
	}
}

func TestLoad_WrongBases(t *testing.T) {
	f := func(says string, files map[string]string) {
		t.Helper()
		if _, err := load(files); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
	based := func(id, base string) string {
		return strings.NewReplacer("id: model", "id: "+id, "base: maker", "base: "+base).Replace(model)
	}
	f(`model.yaml: base "maker" is no profile`, map[string]string{"model.yaml": model})
	f("in a circle or too deep: a → b → a", map[string]string{"a.yaml": based("a", "b"), "b.yaml": based("b", "a")})
	f("in a circle or too deep: a → a", map[string]string{"a.yaml": based("a", "a")})
	f("in a circle or too deep", map[string]string{
		"a.yaml": based("a", "b"), "b.yaml": based("b", "c"), "c.yaml": based("c", "d"), "d.yaml": based("d", "e"), "e.yaml": based("e", "maker"), "m.yaml": maker,
	})
	f(`id "maker" stands in a.yaml already`, map[string]string{"a.yaml": maker, "b.yaml": maker})
	f(`model.yaml:11:12: "spindle.speed" stands on line 10 already`, map[string]string{"m.yaml": maker, "model.yaml": strings.Replace(model, "temperature,", "spindle.speed,", 1)})
	// What is wrong in the base only because of this file.
	f(`model.yaml:4:7: temperature > 80.0: character 13: found no matching overload`, map[string]string{
		"m.yaml": maker, "model.yaml": strings.Replace(model, `kind: number, at: "input 7 int16", unit: Cel`, `kind: text, at: "input 7 string4"`, 1),
	})
	f(`model.yaml:13:22: spindel > 100.0: character 1: undeclared reference to 'spindel'`, map[string]string{"m.yaml": maker, "model.yaml": strings.Replace(model, `"spindle.speed > 100.0"`, `"spindel > 100.0"`, 1)})
}

// What the profile says of the link reaches the driver and the collector; what
// a person sets on the device stands over it.
func TestSpec_LinkAndParameters(t *testing.T) {
	l, err := load(map[string]string{"maker.yaml": maker})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := l.Get("maker")
	f := func(params map[string]string, timeout string, want map[string]string) {
		t.Helper()
		node := plant.Node{Path: "a/b", Machine: &plant.Equipment{Device: plant.Device{Driver: "modbus-tcp", Address: "h:502", Params: params}}}
		tags := p.Tags(node)
		spec, err := p.Spec(1, node, tags)
		if err != nil || spec.Timeout.String() != timeout || !maps.Equal(spec.Device.Params, want) || len(spec.Points) != 2 {
			t.Errorf("%v: %+v, %v", params, spec, err)
		}
	}
	f(nil, "300ms", map[string]string{"timeout": "300ms", "max_registers": "20"})
	f(map[string]string{"unit": "3", "timeout": "2s", "max_registers": "9"}, "2s", map[string]string{"unit": "3", "timeout": "2s", "max_registers": "9"})
}
