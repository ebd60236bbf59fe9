package line

import (
	"strings"

	"zhigai/plant"
)

// functionOf is what machines of a class are for, where that is plain.
var functionOf = map[string]Function{
	"robot": Assembly, "assembler": Assembly, "inspection": Inspection, "agv": Handling, "conveyor": Handling, "packer": Packaging,
	"mixer": Batching, "dosing": Batching, "loader": Loading, "warehouse": Storage,
}

// Propose makes a layout of a place from the plant model: its parts in their order
// are the stations, each with the machines in it; machines that stand directly in
// the place are stations by their class. The stations follow one another with
// buffers that nobody measured yet. It is for a person to correct, and empty of
// stations where no machine stands.
func Propose(m plant.Model, place plant.Node) Layout {
	l := Layout{Line: place.ID, Path: place.Path, Stations: []Station{}, Links: []Link{}}
	names := map[string]plant.Name{}
	for _, n := range m.Nodes {
		names[n.Path] = n.Name
	}
	for _, n := range m.Nodes {
		if n.Machine == nil || n.Machine.Excluded || n.Path == place.Path || !plant.Within(n.Path, place.Path) {
			continue
		}
		code, _, inside := strings.Cut(strings.TrimPrefix(n.Path, place.Path+"/"), "/")
		name := names[place.Path+"/"+code]
		if !inside {
			code = n.Machine.Class
			name = kindOf(n.Name)
		}
		if len(code) > 40 {
			code = code[:40]
		}
		i := l.station(code)
		if i < 0 {
			function, ok := functionOf[n.Machine.Class]
			if !ok {
				function = Machining
			}
			i, l.Stations = len(l.Stations), append(l.Stations, Station{Code: code, Name: name, Function: function})
		}
		l.Stations[i].Machines = append(l.Stations[i].Machines, n.ID)
	}
	for i := 1; i < len(l.Stations); i++ {
		l.Links = append(l.Links, Link{From: l.Stations[i-1].Code, To: l.Stations[i].Code, Transfer: Manual, Take: 1})
	}
	return l
}

// kindOf is the name of a machine without its number: 1号车床, lathe 1.
func kindOf(n plant.Name) plant.Name {
	zh := strings.TrimPrefix(strings.TrimLeft(n.ZH, "0123456789#"), "号")
	if zh == "" {
		zh = n.ZH
	}
	return plant.Name{ZH: zh, EN: strings.TrimRight(n.EN, " 0123456789#")}
}
