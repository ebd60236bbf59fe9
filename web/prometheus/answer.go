package prometheus

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// answer is the envelope of every answer.
type answer struct {
	Status   string   `json:"status"`
	Data     any      `json:"data,omitempty"`
	Kind     string   `json:"errorType,omitempty"`
	Error    string   `json:"error,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Infos    []string `json:"infos,omitempty"`
}

// answering writes what a handler gives in the envelope.
func answering(h func(http.ResponseWriter, *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		data, err := h(w, r)
		a := answer{Status: "success", Data: data}
		status := http.StatusOK
		if err != nil {
			a = answer{Status: "error", Error: err.Error()}
			a.Kind, status = kindOf(err)
		} else if v, ok := data.(*result); ok {
			a.Warnings, a.Infos = v.warnings, v.infos
		}
		body, err := json.Marshal(a)
		if err != nil { // labels are texts of ours
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body) // the client went away: nothing to do
	})
}

// result is the answer of a query.
type result struct {
	Type            parser.ValueType `json:"resultType"`
	Result          any              `json:"result"`
	warnings, infos []string
}

type row struct {
	Metric labels.Labels `json:"metric"`
	Value  *stamped      `json:"value,omitempty"`
	Values []stamped     `json:"values,omitempty"`
}

// stamped is a value at a time: seconds since 1970 and the number as a text.
type stamped struct {
	t int64 // ms
	v string
}

// MarshalJSON implements [json.Marshaler].
func (s stamped) MarshalJSON() ([]byte, error) {
	b := append([]byte{'['}, strconv.FormatFloat(float64(s.t)/1000, 'f', -1, 64)...)
	b = append(b, ',')
	return append(strconv.AppendQuote(b, s.v), ']'), nil
}

func at(t int64, v float64) stamped { return stamped{t, strconv.FormatFloat(v, 'f', -1, 64)} }

// resultOf shapes what the engine gave.
func resultOf(res *promql.Result, query string) *result {
	out := &result{Type: res.Value.Type()}
	warnings, infos := res.Warnings.AsStrings(query, 10, 10)
	out.warnings, out.infos = warnings, infos
	switch v := res.Value.(type) {
	case promql.Vector:
		rows := make([]row, len(v))
		for i, s := range v {
			one := at(s.T, s.F)
			rows[i] = row{Metric: s.Metric, Value: &one}
		}
		out.Result = rows
	case promql.Matrix:
		rows := make([]row, len(v))
		for i, s := range v {
			rows[i] = row{Metric: s.Metric, Values: make([]stamped, len(s.Floats))}
			for j, p := range s.Floats {
				rows[i].Values[j] = at(p.T, p.F)
			}
		}
		out.Result = rows
	case promql.Scalar:
		out.Result = at(v.T, v.V)
	case promql.String:
		out.Result = stamped{v.T, v.V}
	}
	return out
}
