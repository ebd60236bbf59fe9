package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/peer"
	"zhigai/connect/profile"
	"zhigai/plant"
	"zhigai/shop/bulk"
)

var update = flag.Bool("update", false, "rewrite the golden file")

const tenant = plant.TenantNo(1)

const lathe = `schema: zhigai.profile/1
id: maker.lathe
version: 1
vendor: maker
class: lathe
title: {zh: 车床, en: lathe}
source: this test
verified: derived
protocol: modbus-tcp
signals:
  - {name: power.active, kind: number, at: "holding 0 float32", unit: kW}
`

// shelf is a plant in memory.
type shelf struct{ nodes []plant.Node }

func (s *shelf) Model(_ context.Context, scope access.Scope, _ plant.Micros) (plant.Model, error) {
	return plant.Model{Nodes: slices.DeleteFunc(slices.Clone(s.nodes), func(n plant.Node) bool {
		return !scope.Allows(n.Path) && !plant.Within(scope.Path, n.Path)
	})}, nil
}

func (s *shelf) Revision(context.Context, access.Scope, plant.NodeID) (int64, error) { return 1, nil }

func (s *shelf) Generation(context.Context, access.Scope) (int64, error) { return 1, nil }

func (s *shelf) SaveAll(_ context.Context, _ access.Scope, _ int64, save, _ []bulk.Revised, _ plant.Micros) error {
	for _, one := range save {
		i := slices.IndexFunc(s.nodes, func(n plant.Node) bool { return n.Path == one.Node.Path })
		if i < 0 {
			one.Node.ID = plant.NodeID("id of " + one.Node.Path)
			s.nodes = append(s.nodes, one.Node)
			continue
		}
		s.nodes[i] = one.Node
	}
	return nil
}

func desk(t testing.TB) (*bulk.Desk, *shelf) {
	t.Helper()
	driver := modbus.New()
	profiles, err := profile.Load(fstest.MapFS{"p/lathe.yaml": {Data: []byte(lathe)}}, "p", []profile.PointChecker{driver})
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{[]plant.Node{
		{ID: "1", Path: "firm", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "企业"}},
		{ID: "2", Path: "firm/hall", Level: plant.LevelArea, Name: plant.Name{ZH: "车间"}},
		machineAt("firm/hall/l1", "10.0.0.1:502", "S1"), machineAt("firm/hall/l2", "10.0.0.2:502", ""),
	}}
	return &bulk.Desk{Plants: s, Profiles: profiles, Drivers: []connect.Driver{driver}}, s
}

func machineAt(path, address, serial string) plant.Node {
	return plant.Node{ID: plant.NodeID(path), Path: path, Level: plant.LevelEquipment, Name: plant.Name{ZH: "车床"}, Machine: &plant.Equipment{
		Class: "lathe", Profile: "maker.lathe", Device: plant.Device{Driver: "modbus-tcp", Address: address, Serial: serial},
		Cycles: []plant.Cycle{{Product: "*", PRUms: 900}},
	}}
}

func plan(t testing.TB, d *bulk.Desk, scope, csv string, places bool) bulk.Plan {
	t.Helper()
	s, err := bulk.Read("list.csv", []byte(csv))
	if err != nil {
		t.Fatalf("%s: %v", csv, err)
	}
	p, err := d.Plan(t.Context(), access.Scope{Tenant: tenant, Path: scope}, s, places, 1)
	if err != nil {
		t.Fatalf("%s: %v", csv, err)
	}
	return p
}

const head = "路径,名称,设备类型,地址,参数,序列号,数控,类别,协议,param.unit\n"

// mistakes are sheets that people send; the golden file has what they are told.
var mistakes = []struct{ name, csv string }{
	{"unknown column", "path,colour\nfirm/hall/a,red\n"},
	{"no place", "名称,地址\n车床,10.0.0.9:502\n"},
	{"column twice", "path,路径\nfirm/a,firm/b\n"},
	{"more cells than names", "path,name.zh\nfirm/hall/a,甲,多\n"},
	{"empty file", "  \n"},
	{"not text", "path\n\xff\xff\xff\n"},
	{"empty path", head + ",甲,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"capital in the path", head + "firm/hall/A1,甲,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"code without place", "place,code,name.zh,profile,address\n,a,甲,maker.lathe,10.0.0.9:502\n"},
	{"path and place differ", "path,place,code,name.zh,profile,address\nfirm/hall/a,firm/hall,b,甲,maker.lathe,10.0.0.9:502\n"},
	{"path is an area", head + "firm/hall,甲,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"place missing", head + "firm/shed/a,甲,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"below a machine", head + "firm/hall/l1/a,甲,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"other enterprise", head + "other/hall/a,甲,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"places too deep", head + "firm/hall/a/b/c/d,甲,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"no name", head + "firm/hall/a,,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"no profile", head + "firm/hall/a,甲,,10.0.0.9:502,,,,,,\n"},
	{"unknown profile", head + "firm/hall/a,甲,maker.lath,10.0.0.9:502,,,,,,\n"},
	{"unknown class", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,,,,ship,,\n"},
	{"unknown driver", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,,,,,telegraph,\n"},
	{"no address", head + "firm/hall/a,甲,maker.lathe,,,,,,,\n"},
	{"bad address", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:x,,,,,,\n"},
	{"bad unit", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,,,,,,999\n"},
	{"params without =", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,unit 3,,,,,\n"},
	{"param twice", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,unit=3; unit=4,,,,,\n"},
	{"params differ", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,unit=3,,,,,4\n"},
	{"maybe", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,,,也许,,,\n"},
	{"same path", head + "firm/hall/a,甲,maker.lathe,10.0.0.8:502,,,,,,\nfirm/hall/a,乙,maker.lathe,10.0.0.9:502,,,,,,\n"},
	{"same device in the sheet", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,,,,,,\nfirm/hall/b,乙,maker.lathe,10.0.0.9:502,unit=1,,,,,\n"},
	{"same device in the plant", head + "firm/hall/a,甲,maker.lathe,10.0.0.1:502,,,,,,\n"},
	{"same serial", head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,,S1,,,,\n"},
	{"long cell", head + "firm/hall/a," + strings.Repeat("甲", 700) + ",maker.lathe,10.0.0.9:502,,,,,,\n"},
}

func TestMistakes_Golden(t *testing.T) {
	d, _ := desk(t)
	var got bytes.Buffer
	for _, m := range mistakes {
		fmt.Fprintf(&got, "# %s\n", m.name)
		s, err := bulk.Read("list.csv", []byte(m.csv))
		if err != nil {
			if !errors.Is(err, bulk.ErrSheet) {
				t.Errorf("%s: %v is no ErrSheet", m.name, err)
			}
			fmt.Fprintf(&got, "%v\n", err)
			continue
		}
		p, err := d.Plan(t.Context(), access.Scope{Tenant: tenant}, s, m.name == "places too deep", 1)
		if err != nil {
			t.Fatal(err)
		}
		if p.Counts[bulk.Wrong]+p.Counts[bulk.Doubled] == 0 {
			t.Errorf("%s: nothing is wrong with it", m.name)
		}
		for _, r := range p.Rows {
			for _, x := range r.Problems {
				fmt.Fprintf(&got, "row %d %s, column %s (%d) %q: %s; %s\n", r.Line, r.Status, x.Column, x.Index, x.Value, x.What, x.Fix)
			}
		}
	}
	const golden = "testdata/mistakes.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("messages differ from %s:\n%s", golden, got.String())
	}
}

func TestPlan(t *testing.T) {
	d, _ := desk(t)
	p := plan(t, d, "", head+
		"firm/hall/l1,车床,maker.lathe,10.0.0.1:502,,S1,否,,,\n"+ // as it is
		"firm/hall/l2,二号,maker.lathe,10.0.0.3:502,,,是,,,7\n"+
		"firm/shed/line/a,甲,maker.lathe,10.0.0.2:502,,,,,,\n", // the address that l2 gives free
		true)
	want := []bulk.Status{bulk.Unchanged, bulk.Changed, bulk.New}
	for i, r := range p.Rows {
		if r.Status != want[i] || len(r.Problems) > 0 {
			t.Errorf("row %d: %s %+v; want %s", r.Line, r.Status, r.Problems, want[i])
		}
	}
	if got := fmt.Sprint(p.Rows[1].Changes); got != "[{name.zh 车床 二号} {address 10.0.0.2:502 10.0.0.3:502} {params  unit=7} {nc 否 是}]" {
		t.Errorf("changes %s", got)
	}
	if m := p.Rows[1].Machine; len(m.Cycles) != 1 {
		t.Errorf("what a sheet does not name is lost: %+v", m)
	}
	if got := fmt.Sprint(p.Places); got != "[{firm/shed site shed} {firm/shed/line area line}]" {
		t.Errorf("places %s", got)
	}
	if m := p.Rows[2].Machine; m.Class != "lathe" || m.Device.Driver != "modbus-tcp" {
		t.Errorf("what the profile says usually is not taken: %+v", m)
	}
}

func TestPlan_Scope(t *testing.T) {
	d, s := desk(t)
	s.nodes = append(s.nodes, plant.Node{ID: "3", Path: "firm/own", Level: plant.LevelLine, Name: plant.Name{ZH: "线"}})
	p := plan(t, d, "firm/own", head+"firm/hall/a,甲,maker.lathe,10.0.0.9:502,,,,,,\nfirm/own/b,乙,maker.lathe,10.0.0.1:502,,,,,,\nfirm/own/c,丙,maker.lathe,10.0.0.8:502,,,,,,\n", true)
	if got := fmt.Sprint([]bulk.Status{p.Rows[0].Status, p.Rows[1].Status, p.Rows[2].Status}); got != "[error doubled new]" {
		t.Errorf("%s: %+v", got, p.Rows)
	}
	if said := fmt.Sprint(p.Rows); strings.Contains(said, "l1") {
		t.Errorf("a machine outside of the scope is named: %s", said)
	}
}

// What is exported and imported again changes nothing.
func TestExport_RoundTrip(t *testing.T) {
	d, s := desk(t)
	s.nodes[2].Machine.Device.Params = map[string]string{"unit": "4", "timeout": "2s"}
	raw, err := d.Export(t.Context(), access.Scope{Tenant: tenant}, 1)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := bulk.Read("machines.xlsx", raw)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Plan(t.Context(), access.Scope{Tenant: tenant}, sheet, false, 1)
	if err != nil || p.Counts[bulk.Unchanged] != 2 || len(p.Counts) != 1 {
		t.Errorf("%v %+v", err, p)
	}
	raw, err = d.Template(t.Context(), access.Scope{Tenant: tenant}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if sheet, err = bulk.Read("template.xlsx", raw); err != nil {
		t.Fatal(err)
	}
	if p, err = d.Plan(t.Context(), access.Scope{Tenant: tenant}, sheet, false, 1); err != nil || p.Counts[bulk.New] != 1 || len(p.Counts) != 1 {
		t.Errorf("the template's examples: %v %+v", err, p)
	}
}

func TestApply_Refused(t *testing.T) {
	d, s := desk(t)
	scope := access.Scope{Tenant: tenant}
	sheet, err := bulk.Read("a.csv", []byte(head+"firm/hall/a,甲,maker.lathe,10.0.0.9:502,,,,,,\nfirm/hall/b,,maker.lathe,10.0.0.8:502,,,,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Plan(t.Context(), scope, sheet, false, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Apply(t.Context(), scope, sheet, false, p.Revision, 2); !errors.Is(err, bulk.ErrSheet) || len(s.nodes) != 4 {
		t.Errorf("a sheet with an error: %v, %d nodes", err, len(s.nodes))
	}
	if _, err := d.Apply(t.Context(), scope, sheet, false, "yesterday", 2); !errors.Is(err, access.ErrInvalid) {
		t.Errorf("no revision: %v", err)
	}
}

func BenchmarkPlan20000(b *testing.B) {
	d, _ := desk(b)
	csv := many(bulk.MaxRows)
	b.ReportAllocs()
	for b.Loop() {
		plan(b, d, "", csv, true)
	}
}

func many(n int) string {
	var csv strings.Builder
	csv.WriteString(head)
	for i := range n {
		fmt.Fprintf(&csv, "firm/hall/line-%d/m-%d,机床%d,maker.lathe,11.%d.%d.%d:502,timeout=2s,,是,,,\n", i%100, i, i, i>>16, i>>8&255, i&255)
	}
	return csv.String()
}

func TestPlan_Limits(t *testing.T) {
	d, _ := desk(t)
	began := time.Now()
	if p := plan(t, d, "", many(bulk.MaxRows), true); p.Counts[bulk.New] != bulk.MaxRows || len(p.Places) != 100 {
		t.Errorf("%v, %d places", p.Counts, len(p.Places))
	}
	t.Logf("%d rows previewed in %v", bulk.MaxRows, time.Since(began))
	if _, err := bulk.Read("big.csv", []byte(many(bulk.MaxRows+1))); !errors.Is(err, bulk.ErrSheet) || !strings.Contains(err.Error(), "divide") {
		t.Errorf("a row too many: %v", err)
	}
	if _, err := bulk.Read("big.csv", make([]byte, bulk.MaxBytes+1)); !errors.Is(err, bulk.ErrSheet) {
		t.Errorf("a byte too many: %v", err)
	}
}

// Files that other programs wrote hold the same sheet.
func TestRead_ForeignFiles(t *testing.T) {
	dir := t.TempDir()
	peer.Python(t, "../..", "files/sheet.py", "openpyxl", "apt-get install python3-openpyxl", dir).Wait("written")
	d, _ := desk(t)
	for _, name := range []string{"gb", "utf8", "bom", "wide", "xlsx"} {
		raw, err := os.ReadFile(dir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := bulk.Read(name, raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p, err := d.Plan(t.Context(), access.Scope{Tenant: tenant}, s, false, 1)
		if err != nil || p.Counts[bulk.New] != 1 || s.Rows[0].Cells[1] != "数控车床㐀" || p.Rows[0].Machine.Device.Params["unit"] != "7" {
			t.Errorf("%s: %v %+v", name, err, p.Rows)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, m := range mistakes {
		f.Add([]byte(m.csv))
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(head + "firm/hall/a,甲,maker.lathe,10.0.0.9:502,,,,,,\n"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(gb)
	f.Add([]byte("PK\x03\x04"))
	d, _ := desk(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := bulk.Read("f", raw)
		if err != nil {
			if !errors.Is(err, bulk.ErrSheet) {
				t.Fatalf("%v is no ErrSheet", err)
			}
			return
		}
		p, err := d.Plan(t.Context(), access.Scope{Tenant: tenant}, s, true, 1)
		if err != nil || len(p.Rows) != len(s.Rows) {
			t.Fatalf("%d rows planned of %d: %v", len(p.Rows), len(s.Rows), err)
		}
		for _, r := range p.Rows {
			if (r.Status == bulk.Wrong || r.Status == bulk.Doubled) != (len(r.Problems) > 0) {
				t.Fatalf("row %d is %s with %+v", r.Line, r.Status, r.Problems)
			}
		}
	})
}
