// Package atlas reads a map of divisions that an authority approved and somebody
// installed: GeoJSON (RFC 7946) with the code of each division and the number of
// the approval (审图号).
//
// It ships no map, corrects none and draws none. Start with [Read].
package atlas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrInvalid is a file that cannot be shown; test with errors.Is.
var ErrInvalid = errors.New("map: not valid")

const (
	// MaxBytes bounds the file: a province with its counties at the scale of a
	// screen has some three megabytes.
	MaxBytes = 32 << 20
	// maxPoints bounds what a page has to draw at once.
	maxPoints = 400_000
	// maxDivisions are more than any province has at one level.
	maxDivisions = 4000
	// maxDepth is how deep GeoJSON nests: a collection, its features, geometry,
	// coordinates of polygons, rings, points.
	maxDepth = 16
)

// Map is a collection of divisions.
type Map struct {
	// Approval is the number under which the map was approved, shown with it.
	Approval  string     `json:"approval" doc:"审图号: the number under which the map was approved"`
	Source    string     `json:"source,omitempty" doc:"Who published it, as the file says"`
	Divisions []Division `json:"divisions" nullable:"false"`
}

// Division is the area of one code. A polygon is its outer ring and its holes, a
// ring points of longitude and latitude in degrees, closed.
type Division struct {
	Code     string           `json:"code" doc:"Six digits, GB/T 2260"`
	Polygons [][][][2]float64 `json:"polygons" nullable:"false"`
}

type collection struct {
	Type     string    `json:"type"`
	Approval string    `json:"approval"`
	Source   string    `json:"source"`
	Features []feature `json:"features"`
}

type feature struct {
	Properties struct {
		Code   code `json:"code"`
		Adcode code `json:"adcode"`
	} `json:"properties"`
	Geometry struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

// code is a division's as text or as a number: files have both.
type code string

func (c *code) UnmarshalJSON(raw []byte) error {
	*c = code(strings.Trim(string(raw), `"`))
	return nil
}

var sixDigits = regexp.MustCompile(`^[1-9][0-9]{5}$`)

// Read checks the whole file. Divisions come in order of their codes.
func Read(raw []byte) (Map, error) {
	bad := func(format string, args ...any) (Map, error) {
		return Map{}, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
	}
	if len(raw) > MaxBytes {
		return bad("%d bytes; %d at most: take one of a smaller scale", len(raw), MaxBytes)
	}
	if depth(raw) > maxDepth {
		return bad("it nests deeper than GeoJSON does")
	}
	var file collection
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&file); err != nil {
		return bad("%v; write GeoJSON (RFC 7946)", err)
	}
	switch {
	case file.Type != "FeatureCollection":
		return bad("type %.40q; write a FeatureCollection", file.Type)
	case strings.TrimSpace(file.Approval) == "" || len(file.Approval) > 200 || len(file.Source) > 400:
		return bad("approval: write the number of the approval (审图号), as 浙S(2023)1号, beside type; a map without it may not be shown")
	case len(file.Features) == 0 || len(file.Features) > maxDivisions:
		return bad("%d features; 1 to %d divisions are shown", len(file.Features), maxDivisions)
	}
	out := Map{Approval: strings.TrimSpace(file.Approval), Source: strings.TrimSpace(file.Source)}
	points, seen := 0, map[string]bool{}
	for i, f := range file.Features {
		d := Division{Code: string(f.Properties.Code)}
		if d.Code == "" {
			d.Code = string(f.Properties.Adcode)
		}
		switch {
		case !sixDigits.MatchString(d.Code):
			return bad("feature %d: properties.code %.20q; write the six digits of GB/T 2260", i+1, d.Code)
		case seen[d.Code]:
			return bad("feature %d: %s is there twice; write one MultiPolygon", i+1, d.Code)
		}
		seen[d.Code] = true
		var err error
		if d.Polygons, err = polygons(f.Geometry.Type, f.Geometry.Coordinates); err != nil {
			return bad("feature %d, %s: %v", i+1, d.Code, err)
		}
		for _, p := range d.Polygons {
			for _, ring := range p {
				points += len(ring)
			}
		}
		if points > maxPoints {
			return bad("more than %d points; take one of a smaller scale", maxPoints)
		}
		out.Divisions = append(out.Divisions, d)
	}
	slices.SortFunc(out.Divisions, func(a, b Division) int { return strings.Compare(a.Code, b.Code) })
	return out, nil
}

func polygons(kind string, raw json.RawMessage) (out [][][][2]float64, err error) {
	var read [][][][]float64
	switch kind {
	case "Polygon":
		read = make([][][][]float64, 1)
		err = json.Unmarshal(raw, &read[0])
	case "MultiPolygon":
		err = json.Unmarshal(raw, &read)
	default:
		return nil, fmt.Errorf("geometry %.40q; write Polygon or MultiPolygon", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("coordinates: %w", err)
	}
	for _, p := range read {
		var polygon [][][2]float64
		for _, r := range p {
			ring, err := ringOf(r)
			if err != nil {
				return nil, err
			}
			polygon = append(polygon, ring)
		}
		if len(polygon) == 0 {
			return nil, errors.New("a polygon without a ring")
		}
		out = append(out, polygon)
	}
	if len(out) == 0 {
		return nil, errors.New("no polygon")
	}
	return out, nil
}

// ringOf takes points of degrees; a height behind them is left out.
func ringOf(points [][]float64) ([][2]float64, error) {
	if len(points) < 4 {
		return nil, fmt.Errorf("a ring of %d points; at least four, the last being the first", len(points))
	}
	ring := make([][2]float64, len(points))
	for i, p := range points {
		if len(p) < 2 || p[0] < -180 || p[0] > 180 || p[1] < -90 || p[1] > 90 {
			return nil, fmt.Errorf("point %v; write longitude and latitude in degrees (CGCS2000 or WGS 84), not metres of a projection", p)
		}
		ring[i] = [2]float64{p[0], p[1]}
	}
	if ring[0] != ring[len(ring)-1] {
		return nil, errors.New("a ring that is not closed; repeat its first point at the end")
	}
	return ring, nil
}

// depth is how deep brackets nest, strings left out.
func depth(raw []byte) (most int) {
	now, text := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '[' || c == '{':
			now++
			most = max(most, now)
		case c == ']' || c == '}':
			now--
		}
	}
	return most
}
