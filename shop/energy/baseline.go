package energy

import (
	"slices"
	"strings"

	calc "zhigai/calc/energy"
	"zhigai/plant"
)

// Every is the length of a baseline's periods.
type Every string

// Lengths of periods, as the plant's calendar has them.
const (
	EveryHour  Every = "hour"
	EveryShift Every = "shift"
	EveryDay   Every = "day"
	EveryWeek  Every = "week"
)

var everies = []Every{EveryHour, EveryShift, EveryDay, EveryWeek}

// cadences are the limits of fit that hold for periods.
var cadences = map[Every]calc.Cadence{EveryHour: calc.Hourly, EveryShift: calc.Hourly, EveryDay: calc.Daily, EveryWeek: calc.Monthly}

// VariableKind is where a variable of a baseline comes from.
type VariableKind string

// Variables.
const (
	GoodParts VariableKind = "good"       // good parts at a place
	Produced  VariableKind = "produced"   // all parts at a place
	BusyHours VariableKind = "busy_hours" // hours that machines of a place produced
	Weekend   VariableKind = "weekend"    // share of the period on Saturdays and Sundays
	MeterUse  VariableKind = "meter"      // what another meter counted
	SignalAvg VariableKind = "signal"     // mean of a signal, such as a temperature
)

var variableKinds = []VariableKind{GoodParts, Produced, BusyHours, Weekend, MeterUse, SignalAvg}

// Variable explains energy.
type Variable struct {
	Name    string       `json:"name" maxLength:"40"`
	Kind    VariableKind `json:"kind" enum:"good,produced,busy_hours,weekend,meter,signal"`
	Place   plant.NodeID `json:"place,omitempty" maxLength:"60" doc:"Of parts and hours; the network's place when left out"`
	Meter   string       `json:"meter,omitempty" maxLength:"40"`
	Machine plant.NodeID `json:"equipment,omitempty" maxLength:"60" doc:"Of a signal"`
	Signal  string       `json:"signal,omitempty" maxLength:"80"`
}

// Ask says of what a baseline is to be made.
type Ask struct {
	Code      string        `json:"code" maxLength:"40"`
	Rev       int64         `json:"rev" doc:"The revision that was seen, 0 for a new one"`
	Place     plant.NodeID  `json:"place" maxLength:"60"`
	Name      plant.Name    `json:"name"`
	Meter     string        `json:"meter" maxLength:"40" doc:"Whose energy it is"`
	Every     Every         `json:"every" enum:"hour,shift,day,week"`
	Kind      calc.Kind     `json:"kind" enum:"linear,degree-heating,degree-cooling,degree-days,3p-heating,3p-cooling,4p,5p"`
	Variables []Variable    `json:"variables" nullable:"false" maxItems:"8"`
	From      plant.Instant `json:"from" doc:"Of the time that it is made of"`
	To        plant.Instant `json:"to"`
	Note      string        `json:"note" minLength:"1" maxLength:"1000" doc:"Why it is made, or why it is made anew"`
}

// Baseline is what energy is expected of what was made, as it was found and kept.
type Baseline struct {
	Ask
	Path     string        `json:"path" readOnly:"true"`
	Unit     string        `json:"unit"`
	Model    calc.Model    `json:"model"`
	Stats    Statistics    `json:"statistics"`
	Checks   []calc.Check  `json:"acceptance" nullable:"false"`
	Accepted bool          `json:"accepted" doc:"Every check passed: savings by it are proven as far as their uncertainty goes"`
	Doubts   []string      `json:"doubts" nullable:"false"`
	LeftOut  int           `json:"left_out" doc:"Periods of which something is not known"`
	By       string        `json:"by"`
	At       plant.Instant `json:"at"`
	Network  int64         `json:"network_rev" doc:"Revision of the meters that it was made with"`
}

// Statistics are how well a baseline fits; null where there is no number.
type Statistics struct {
	R2     *float64   `json:"r2"`
	AdjR2  *float64   `json:"adj_r2"`
	RMSE   *float64   `json:"rmse_n_minus_p"`
	CVRMSE *float64   `json:"cv_rmse"`
	NMBE   *float64   `json:"nmbe"`
	F      *float64   `json:"f"`
	DW     *float64   `json:"durbin_watson"`
	Lag1   *float64   `json:"autocorrelation_lag1"`
	T      []*float64 `json:"t" nullable:"false"`
	P      []*float64 `json:"p" nullable:"false"`
}

// restored is the model with the numbers that its fit left it.
func (b Baseline) restored() *calc.Model {
	m := b.Model
	of := func(v *float64) float64 {
		if v == nil {
			return 0
		}
		return *v
	}
	m.R2, m.RMSE, m.CVRMSE, m.DW, m.Lag1 = of(b.Stats.R2), of(b.Stats.RMSE), of(b.Stats.CVRMSE), of(b.Stats.DW), of(b.Stats.Lag1)
	return &m
}

// Report is what a baseline says of the time after it.
type Report struct {
	Baseline   Baseline      `json:"baseline"`
	From       plant.Instant `json:"from"`
	To         plant.Instant `json:"to"`
	Saving     *calc.Saving  `json:"saving" doc:"Null where no whole period has come"`
	Points     []Point       `json:"points" nullable:"false"`
	EnPI       *EnPI         `json:"enpi"`
	Changes    []Change      `json:"changes" nullable:"false" doc:"Lasting changes that cumulative sums found, oldest first"`
	LeftOut    int           `json:"left_out"`
	Superseded bool          `json:"superseded" doc:"A later revision is there"`
}

// Point is a period after the baseline.
type Point struct {
	From plant.Instant `json:"from"`
	To   plant.Instant `json:"to"`
	calc.Step
	X []float64 `json:"x" nullable:"false"`
}

// EnPI is energy per unit of a variable, and beside the baseline.
type EnPI struct {
	Per string `json:"per"`
	calc.Indicator
}

// Change is a lasting change.
type Change struct {
	Found plant.Instant `json:"found" doc:"End of the period at which it was certain"`
	Since plant.Instant `json:"since" doc:"Beginning of the period at which it began"`
	Mean  float64       `json:"mean" doc:"Difference for a period, in the medium's unit; above 0 is more than expected"`
	Later int           `json:"periods" doc:"From since to found"`
	Until plant.Instant `json:"until,omitempty" doc:"Beginning of the period from which it is as expected again; left out while it lasts"`
	Over  plant.Instant `json:"over,omitempty" doc:"End of the period at which that was certain"`
}

const (
	maxVariables = 8
	// reserved cannot name a variable: the model's own terms do.
	reserved = "const"
)

// check says what is wrong with a question in itself.
func (a Ask) check() error {
	switch {
	case !meterCode.MatchString(a.Code):
		return invalid("code %.60q; write a small letter, then small letters, digits and _", a.Code)
	case a.Name.ZH == "" || len(a.Name.ZH) > maxName || len(a.Name.EN) > maxName:
		return invalid("a Chinese name of at most %d bytes is needed", maxName)
	case !slices.Contains(everies, a.Every):
		return invalid("periods %.20q; write one of %v", a.Every, everies)
	case !slices.Contains(calc.Kinds, a.Kind):
		return invalid("model %.20q; write one of %v", a.Kind, calc.Kinds)
	case strings.TrimSpace(a.Note) == "" || len(a.Note) > maxNote:
		return invalid("say why it is made, in at most %d bytes", maxNote)
	case a.To <= a.From:
		return invalid("the time that it is made of ends before it begins")
	case len(a.Variables) > maxVariables:
		return invalid("%d variables; %d are allowed", len(a.Variables), maxVariables)
	}
	temperatures := 0
	for i, v := range a.Variables {
		switch {
		case v.Name == "" || v.Name == reserved || len(v.Name) > 40 || slices.IndexFunc(a.Variables, func(o Variable) bool { return o.Name == v.Name }) != i:
			return invalid("variable %d: a name of its own is needed, in at most 40 bytes", i+1)
		case !slices.Contains(variableKinds, v.Kind):
			return invalid("variable %s: kind %.20q; write one of %v", v.Name, v.Kind, variableKinds)
		case v.Kind == MeterUse && v.Meter == "" || v.Kind == SignalAvg && (v.Machine == "" || v.Signal == ""):
			return invalid("variable %s: name the meter, or the machine and its signal", v.Name)
		case v.Kind == MeterUse && v.Meter == a.Meter:
			return invalid("variable %s: a meter does not explain itself", v.Name)
		}
		if v.Name == calc.Temperature {
			temperatures++
		}
	}
	if a.Kind != calc.Linear && (temperatures != 1 || a.Variables[len(a.Variables)-1].Kind != SignalAvg || a.Variables[len(a.Variables)-1].Name != calc.Temperature) {
		return invalid("a model %s needs the temperature as its last variable: a signal with the name temperature", a.Kind)
	}
	return nil
}

// names of the variables that stand in the model by themselves.
func (a Ask) names() (out []string) {
	for _, v := range a.Variables {
		if a.Kind == calc.Linear || v.Name != calc.Temperature {
			out = append(out, v.Name)
		}
	}
	return out
}

// amountOf is the first variable that adds up: energy per unit of it says something.
func (a Ask) amountVariable() int {
	return slices.IndexFunc(a.Variables, func(v Variable) bool {
		return v.Kind == GoodParts || v.Kind == Produced || v.Kind == BusyHours
	})
}
