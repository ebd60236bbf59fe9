package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/control"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 30 * time.Second

const (
	tenant plant.TenantNo = 1
	lathe  plant.NodeID   = "lathe"
	path                  = "firm/line/lathe"
)

// kind is the profile of the machine; addresses stand for {feed} and so on.
const kind = `schema: zhigai.profile/1
id: setpoints
version: 1
vendor: test
class: lathe
title: {zh: 测试, en: test}
source: this test
verified: derived
protocol: {protocol}
link: {timeout: 10s}
signals:
  - name: guard.closed
    kind: boolean
    at: "{guard}"
    period: 100ms
  - name: feed.override
    kind: number
    at: "{feed}"
    period: 100ms
    scale: 0.1
    unit: "%"
    write: {min: 0, max: 150, max_step: 20, max_rate: 35, tolerance: 0.05, within: 20s, interlock: {when: "guard.closed", text: {zh: 防护门关闭, en: guard is closed}}}
  - {name: clamped, kind: number, at: "{clamped}", period: 100ms, write: {min: 0, max: 1000}}
  - {name: doomed, kind: number, at: "{doomed}", period: 100ms, write: {min: 0, max: 1000, within: 300ms}}
  - {name: machine.mode, kind: enumeration, at: "{mode}", period: 100ms, values: {1: {zh: 自动}, 2: {zh: 手动}}, write: {within: 20s}}
  - {name: machine.program, kind: text, at: "{program}", period: 100ms, write: {within: 20s}}
  - {name: level, kind: number, at: "{level}", period: 100ms, write: {min: 0, max: 10}}
  - {name: lamp, kind: boolean, at: "{lamp}", period: 100ms, write: {within: 20s}}
  - {name: valve, kind: number, at: "{level}", period: 100ms, write: {min: 0, max: 10, approve: 2}}
`

func profiles(t testing.TB, protocol string, at map[string]string, checkers ...profile.PointChecker) *profile.Library {
	t.Helper()
	src := strings.ReplaceAll(kind, "{protocol}", protocol)
	for name, address := range at {
		src = strings.ReplaceAll(src, "{"+name+"}", address)
	}
	l, err := profile.Load(fstest.MapFS{"p/setpoints.yaml": {Data: []byte(src)}}, "p", checkers)
	must(t, err)
	return l
}

// plants is a plant that stays as it is.
type plants struct{ model plant.Model }

func (p plants) Model(context.Context, access.Scope, plant.Micros) (plant.Model, error) {
	return p.model, nil
}

// nowhere stores nothing: commands do not rest on samples.
type nowhere struct{}

func (nowhere) Append(context.Context, plant.TenantNo, plant.Batch) (uint64, error) { return 0, nil }

// rights are those that people had when they asked, but for who lost them.
type rights struct{ lost map[string]bool }

func (r rights) Again(_ context.Context, who access.Principal) (access.Principal, error) {
	if r.lost[who.User] {
		return access.As(who.User, who.Name, who.Scope), nil
	}
	return who, nil
}

// desk is a desk on a record of its own.
type desk struct {
	*control.Desk
	t       testing.TB
	dir     string
	record  *record.DB
	options control.Options
}

// newDesk opens the record of a folder and a desk on it, as a node does.
func newDesk(t testing.TB, dir string, devices control.Devices, library *profile.Library, device plant.Device, change func(o *control.Options)) *desk {
	t.Helper()
	rec, err := record.Open(t.Context(), filepath.Join(dir, "record"), record.Options{})
	must(t, err)
	who, err := access.New(rec.Access(), nil, nil, time.Now)
	must(t, err)
	d := &desk{t: t, dir: dir, record: rec}
	d.options = control.Options{
		Tenant: tenant, Node: "node-1", Journal: rec.Journal(), Profiles: library, Devices: devices, Audit: who, Rights: rights{}, NewID: rec.NewID, Now: time.Now,
		Plants: plants{plant.Model{Nodes: []plant.Node{
			{ID: lathe, Path: path, Level: plant.LevelEquipment, Machine: &plant.Equipment{Profile: "setpoints", Device: device}},
			{ID: "empty", Path: "firm/line", Level: plant.LevelLine},
		}}},
	}
	if change != nil {
		change(&d.options)
	}
	d.Desk = control.NewDesk(d.options)
	must(t, d.Resume(t.Context()))
	t.Cleanup(d.close)
	return d
}

func (d *desk) close() {
	d.Close()
	if err := d.record.Close(); err != nil && !errors.Is(err, record.ErrClosed) {
		d.t.Error(err)
	}
}

func number(v float64) fact.Setting { return fact.Setting{Number: &v} }
func text(v string) fact.Setting    { return fact.Setting{Text: &v} }

func person(role access.Role) access.Principal {
	may := map[access.Role][]access.Permission{
		access.RoleViewer: {access.Read}, access.RoleOperator: {access.Read, access.Report, access.Control},
		access.RoleEngineer: {access.Read, access.Report, access.Control, access.Engineer},
	}
	p := access.As("u1", "张工", access.Scope{Tenant: tenant}, may[role]...)
	p.Role = role
	return p
}

// order gives a command and waits for its end.
func (d *desk) order(o control.Order) control.Command {
	d.t.Helper()
	if o.Node == "" {
		o.Node = lathe
	}
	c, err := d.Order(d.t.Context(), person(access.RoleOperator), o)
	must(d.t, err)
	return d.end(c.ID)
}

func (d *desk) end(id string) control.Command {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	c, err := d.Wait(ctx, access.Scope{Tenant: tenant}, id)
	must(d.t, err)
	if !c.Final() {
		d.t.Fatalf("command has no end: %+v", c)
	}
	return c
}

// states are the steps that a command went through.
func states(c control.Command) string {
	var out []string
	for _, s := range c.Steps {
		out = append(out, s.State)
	}
	return strings.Join(out, " ")
}

// result is what became of a check.
func result(c control.Command, check string) fact.CommandCheck {
	for _, s := range c.Steps {
		for _, one := range s.Checks {
			if one.Check == check {
				return one
			}
		}
	}
	return fact.CommandCheck{}
}

// actions are the lines of the audit about commands, and who did it.
func (d *desk) actions() (out []string) {
	d.t.Helper()
	entries, err := d.record.Access().Audit(d.t.Context(), tenant, 0, 0)
	must(d.t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "command.") {
			out = append(out, e.Action+" by "+e.Who)
		}
	}
	return out
}

// events are the facts of commands, in the order of the journal.
func (d *desk) events() []fact.Event {
	d.t.Helper()
	out, err := d.record.Journal().Events(d.t.Context(), tenant, fact.Filter{Kinds: []fact.Kind{fact.KindCommand, fact.KindStep}})
	must(d.t, err)
	return out
}

func stepOf(t *testing.T, e fact.Event) (s fact.CommandStep) {
	t.Helper()
	must(t, json.Unmarshal(e.Payload, &s))
	return s
}

func newCollector(t testing.TB, driver connect.Driver, rec fact.Journal) *connect.Collector {
	t.Helper()
	c := connect.NewCollector(connect.Options{
		Drivers: []connect.Driver{driver}, Store: nowhere{}, Journal: rec, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(c.Close)
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
