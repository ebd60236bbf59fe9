package bulk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"zhigai/access"
	"zhigai/plant"
)

// Export is the machines of a scope as a workbook that [Read] takes, with the
// lists of the template. Imported as it is, it changes nothing.
func (d *Desk) Export(ctx context.Context, scope access.Scope, at plant.Micros) ([]byte, error) {
	m, err := d.Plants.Model(ctx, scope, at)
	if err != nil {
		return nil, err
	}
	var machines []plant.Node
	for _, n := range m.Nodes {
		if n.Machine != nil && scope.Allows(n.Path) {
			machines = append(machines, n)
		}
	}
	return d.workbook(machines)
}

// Template is an empty sheet with example rows below a place and, on further
// sheets, the profiles and drivers there are.
func (d *Desk) Template(ctx context.Context, scope access.Scope, at plant.Micros) ([]byte, error) {
	m, err := d.Plants.Model(ctx, scope, at)
	if err != nil {
		return nil, err
	}
	place := "firm/hall/line"
	for _, n := range m.Nodes {
		if n.Machine == nil && scope.Allows(n.Path) {
			place = n.Path // the last is the innermost of its branch
		}
	}
	var rows []plant.Node
	for _, p := range d.Profiles.List() {
		address, ok := examples[p.Protocol]
		if !ok || slices.ContainsFunc(rows, func(n plant.Node) bool { return n.Machine.Device.Driver == p.Protocol }) {
			continue
		}
		rows = append(rows, plant.Node{
			Path: fmt.Sprintf("%s/%s-%d", place, p.Class, len(rows)+1), Name: p.Title,
			Machine: &plant.Equipment{Class: p.Class, Profile: p.ID, Device: plant.Device{Driver: p.Protocol, Address: address.address, Params: address.params}, NC: p.Class == "lathe"},
		})
	}
	return d.workbook(rows)
}

// examples are addresses as the drivers read them.
var examples = map[string]struct {
	address string
	params  map[string]string
}{
	"modbus-tcp": {"192.168.1.20:502", map[string]string{"unit": "1"}},
	"opcua":      {"opc.tcp://192.168.1.30:4840", nil},
	"mtconnect":  {"http://192.168.1.40:5000", nil},
	"s7":         {"192.168.1.50:102", nil},
	"snmp":       {"192.168.1.60:161", nil},
}

// Sheets of a workbook.
const (
	sheetMachines = "设备 devices"
	sheetProfiles = "设备类型 profiles"
	sheetDrivers  = "协议 drivers"
)

func (d *Desk) workbook(machines []plant.Node) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", sheetMachines); err != nil {
		return nil, err
	}
	head := make([]string, len(names))
	for i, n := range names {
		head[i] = n.also[0]
	}
	rows := [][]string{head}
	for _, n := range machines {
		cells := cellsOf(n)
		row := make([]string, len(names))
		for i, one := range names {
			row[i] = cells[one.column]
		}
		rows = append(rows, row)
	}
	profiles := [][]string{{"设备类型 profile", "中文名称", "English", "类别 class", "协议 driver"}}
	for _, p := range d.Profiles.List() {
		profiles = append(profiles, []string{p.ID, p.Title.ZH, p.Title.EN, p.Class, p.Protocol})
	}
	drivers := [][]string{{"协议 driver", "地址示例 address, for example", "参数示例 params, for example"}}
	for _, one := range d.Drivers {
		e := examples[one.Kind()]
		drivers = append(drivers, []string{one.Kind(), e.address, paramText(e.params)})
	}
	slices.SortFunc(drivers[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	for _, s := range []struct {
		name string
		rows [][]string
	}{{sheetMachines, rows}, {sheetProfiles, profiles}, {sheetDrivers, drivers}} {
		if err := write(f, s.name, s.rows); err != nil {
			return nil, fmt.Errorf("write workbook: %w", err)
		}
	}
	buf, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return buf.Bytes(), nil
}

// write streams rows: 20,000 stay small in memory. Cells are text, so that
// Excel makes no date or number of an address.
func write(f *excelize.File, sheet string, rows [][]string) error {
	if i, err := f.GetSheetIndex(sheet); err != nil || i < 0 {
		if _, err := f.NewSheet(sheet); err != nil {
			return err
		}
	}
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i, row := range rows {
		cells := make([]any, len(row))
		for k, c := range row {
			cells[k] = c
		}
		err = cmp.Or(err, w.SetRow(fmt.Sprint("A", i+1), cells))
	}
	return cmp.Or(err, w.Flush())
}
