package draft

import (
	"context"
	"fmt"
	"strings"

	"zhigai/connect"
	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

// FromBirth reads the metrics of a Sparkplug birth certificate, as it came in.
// What belongs to the node and not to the machine is left out.
func FromBirth(message []byte) ([]Row, error) {
	birth, err := payload.Open(message)
	if err != nil {
		return nil, fmt.Errorf("the birth certificate: %w; write the payload of one NBIRTH or DBIRTH as it came in", err)
	}
	var rows []Row
	for _, m := range birth.Metrics {
		if m.Name == "" || m.Name == "bdSeq" || strings.HasPrefix(m.Name, "Node Control/") || strings.HasPrefix(m.Name, "Device Control/") {
			continue
		}
		kind, ok := metricKind(m.Type)
		if !ok {
			continue
		}
		r := Row{Name: m.Name, At: m.Name, Kind: kind, Where: m.Name}
		for _, p := range m.Properties {
			switch strings.ToLower(strings.ReplaceAll(p.Key, " ", "")) {
			case "engunit", "engunits", "engineeringunits", "unit", "units":
				r.Unit = string(p.Value.Bytes)
			case "englow":
				low := p.Value.Float64()
				r.Min = &low
			case "enghigh":
				high := p.Value.Float64()
				r.Max = &high
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func metricKind(t payload.Type) (plant.TagKind, bool) {
	_, _, whole := t.Integer()
	switch {
	case t == payload.TypeBoolean:
		return plant.KindBoolean, true
	case t.Text():
		return plant.KindText, true
	case whole || t == payload.TypeFloat || t == payload.TypeDouble:
		return plant.KindNumber, true
	}
	return "", false // files, data sets and templates are no signals
}

// maxDepth is how far below the beginning a server is looked at: address spaces
// go in circles.
const maxDepth = 6

// FromBrowse looks at what a device offers below parent, "" for all of it.
func FromBrowse(ctx context.Context, b connect.Browser, parent string) ([]Row, error) {
	var rows []Row
	seen := map[string]bool{}
	var walk func(parent, path string, depth int) error
	walk = func(parent, path string, depth int) error {
		found, err := b.Browse(ctx, parent)
		if err != nil {
			return err
		}
		for _, f := range found {
			if seen[f.Address] || path == "" && f.Name == "Server" { // OPC UA's own object says nothing of the machine
				continue
			}
			seen[f.Address] = true
			name := strings.TrimPrefix(path+"."+f.Name, ".")
			if f.Folder {
				if depth < maxDepth {
					if err := walk(f.Address, name, depth+1); err != nil {
						return err
					}
				}
				continue
			}
			if f.Kind == "" || f.Kind == plant.KindWaveform {
				continue
			}
			if rows = append(rows, Row{Name: f.Name, Title: name, Kind: f.Kind, At: f.Address, Where: name}); len(rows) > maxRows {
				return fmt.Errorf("more than %d values below %q; name a node further down", maxRows, parent)
			}
		}
		return nil
	}
	return rows, walk(parent, "", 0)
}
