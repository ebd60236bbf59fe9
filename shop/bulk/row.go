package bulk

import (
	"maps"
	"slices"
	"strings"

	"zhigai/plant"
)

// reader reads one row into a machine and notes what is wrong with it.
type reader struct {
	columns []string
	cells   []string
	out     *Planned
}

func (r *reader) has(column string) bool { return slices.Contains(r.columns, column) }

func (r *reader) cell(column string) string {
	if i := slices.Index(r.columns, column); i >= 0 && i < len(r.cells) {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

func (r *reader) wrong(column string, code Code, args ...string) {
	r.out.Problems = append(r.out.Problems, problem(column, slices.Index(r.columns, column), r.cell(column), code, args...))
}

// path joins place and code where the row does not write a path itself.
func (r *reader) path() string {
	path, place, code := r.cell(colPath), r.cell(colPlace), r.cell(colCode)
	column := colPath
	if path == "" && (place != "" || code != "") {
		column = colCode
		if place == "" {
			r.wrong(colPlace, "no_place")
			return ""
		}
		path = strings.TrimSuffix(place, "/") + "/" + code
	}
	switch {
	case path == "":
		r.wrong(column, "no_path")
		return ""
	case r.cell(colPath) != "" && place != "" && code != "" && path != strings.TrimSuffix(place, "/")+"/"+code:
		r.wrong(colPath, "paths_differ", "other", place+"/"+code)
		return ""
	}
	if err := plant.CheckPath(path); err != nil {
		r.wrong(column, "path_form", "path", path, "why", err.Error())
		return ""
	}
	return path
}

// truths are the ways people write yes and no.
var truths = map[string]bool{
	"": false, "否": false, "no": false, "n": false, "false": false, "0": false,
	"是": true, "yes": true, "y": true, "true": true, "1": true, "x": true, "√": true, "✓": true,
}

func (r *reader) truth(column string, into *bool) {
	if !r.has(column) {
		return
	}
	v, ok := truths[strings.ToLower(r.cell(column))]
	if !ok {
		r.wrong(column, "truth_unknown", "value", r.cell(column))
		return
	}
	*into = v
}

func (r *reader) text(column string, into *string) {
	if r.has(column) {
		*into = r.cell(column)
	}
}

// params takes the parameters over: those the sheet has a column for are what
// the row says, and with a column params it names all.
func (r *reader) params(was map[string]string) map[string]string {
	out := maps.Clone(was)
	if out == nil || r.has(colParams) {
		out = map[string]string{}
	}
	if r.has(colParams) {
		for part := range strings.FieldsFuncSeq(r.cell(colParams), func(c rune) bool { return c == ';' || c == '；' || c == '\n' }) {
			k, v, ok := strings.Cut(part, "=")
			k, v = strings.TrimSpace(k), strings.TrimSpace(v)
			switch _, twice := out[k]; {
			case strings.TrimSpace(part) == "":
			case !ok || k == "":
				r.wrong(colParams, "param_form", "part", strings.TrimSpace(part))
			case twice:
				r.wrong(colParams, "param_twice", "name", k)
			default:
				out[k] = v
			}
		}
	}
	for i, c := range r.columns {
		k, ok := strings.CutPrefix(c, paramPrefix)
		if !ok || i >= len(r.cells) {
			continue
		}
		v := strings.TrimSpace(r.cells[i])
		if other, twice := out[k]; twice && r.has(colParams) && v != "" && other != v {
			r.wrong(c, "params_differ", "name", k, "value", v, "other", other)
			continue
		}
		switch {
		case v != "":
			out[k] = v
		case !r.has(colParams):
			delete(out, k)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// paramText is the form of the column params, in a fixed order.
func paramText(params map[string]string) string {
	parts := make([]string, 0, len(params))
	for _, k := range slices.Sorted(maps.Keys(params)) {
		parts = append(parts, k+"="+params[k])
	}
	return strings.Join(parts, "; ")
}
