package prometheus

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"zhigai/access"
	"zhigai/plant"
)

// oneSeries is a tag as Prometheus names it.
type oneSeries struct {
	labels labels.Labels
	tag    plant.Tag
	link   plant.TagNo // of its machine; 0 when it has none
}

// allSeries are the tags of a scope that have numbers, sorted by their labels.
//
// The metric is the tag's name and unit: spindle.speed in r/min is
// spindle_speed_r_per_min. The labels are the levels above the machine by their
// ISA-95 names (enterprise, site, area, line, cell) as far as there are, machine,
// path, signal (the tag's name), tag (its number, which stays when the machine
// is renamed) and unit (UCUM).
func (r *rooms) allSeries(ctx context.Context, scope access.Scope) ([]oneSeries, error) {
	tags, err := r.Tags.Tags(ctx, scope)
	if err != nil {
		return nil, err
	}
	m, err := r.Plants.Model(ctx, scope, plant.MicrosOf(r.Now()))
	if err != nil {
		return nil, err
	}
	levels := map[string]plant.Level{}
	for _, n := range m.Nodes {
		levels[n.Path] = n.Level
	}
	links := map[plant.NodeID]plant.TagNo{}
	for _, t := range tags {
		if t.Name == plant.LinkTag {
			links[t.Node] = t.No
		}
	}
	out := make([]oneSeries, 0, len(tags))
	for _, t := range tags {
		if t.Kind == plant.KindText || t.Kind == plant.KindWaveform {
			continue
		}
		out = append(out, oneSeries{labels: labelsOf(t, levels), tag: t, link: links[t.Node]})
	}
	slices.SortFunc(out, func(a, b oneSeries) int { return labels.Compare(a.labels, b.labels) })
	return out, nil
}

func labelsOf(t plant.Tag, levels map[string]plant.Level) labels.Labels {
	machine := strings.TrimSuffix(t.Path, "/"+t.Name)
	names := map[string]string{
		model.MetricNameLabel: metricName(t.Name, t.Unit), "path": machine, "machine": machine[strings.LastIndexByte(machine, '/')+1:],
		"signal": t.Name, "tag": strconv.FormatUint(uint64(t.No), 10),
	}
	if t.Unit != "" {
		names["unit"] = t.Unit
	}
	for at := plant.ParentPath(machine); at != ""; at = plant.ParentPath(at) {
		if level := levels[at]; level != "" && level != plant.LevelEquipment {
			names[string(level)] = at[strings.LastIndexByte(at, '/')+1:]
		}
	}
	return labels.FromMap(names)
}

// metricName is the name of a tag and its unit as a metric.
func metricName(name, unit string) string {
	out := word(name)
	if suffix := unitWord(unit); suffix != "" {
		out += "_" + suffix
	}
	return out
}

// word keeps letters, digits and _ (the data model of Prometheus).
func word(s string) string {
	out := []byte(s)
	for i, c := range out {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			out[i] = '_'
		}
	}
	if len(out) > 0 && out[0] >= '0' && out[0] <= '9' {
		return "_" + string(out)
	}
	return string(out)
}

// unitWord is a UCUM unit in letters: kW.h is kW_h, m/s is m_per_s, % is percent
// and 1 nothing. Annotations in braces are words of people and stay away.
func unitWord(unit string) string {
	for {
		from := strings.IndexByte(unit, '{')
		to := strings.IndexByte(unit, '}')
		if from < 0 || to < from {
			break
		}
		unit = unit[:from] + unit[to+1:]
	}
	if unit == "1" || unit == "" {
		return ""
	}
	unit = strings.NewReplacer("%", "percent", "/", "_per_", "'", "", "[", "", "]", "").Replace(unit)
	return strings.Trim(word(unit), "_")
}

// matching are the series that all matchers fit.
func matching(all []oneSeries, matchers []*labels.Matcher) []oneSeries {
	var out []oneSeries
	for _, s := range all {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) }) {
			out = append(out, s)
		}
	}
	return out
}
