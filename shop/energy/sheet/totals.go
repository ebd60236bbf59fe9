package sheet

import (
	"fmt"
	"math"
	"strings"
	"time"

	"zhigai/calc/energy"
	"zhigai/calc/stat"
)

// TotalsAsk says what to add up.
type TotalsAsk struct {
	Time  string
	Marks Marks
	Zone  *time.Location
	Y     string   // column of energy, kWh
	By    []string // columns of words by which energy is told apart
	// Columns of reactive energy, kVarh, and of CO₂, t; "" leaves them out.
	Lagging, Leading, CO2 string
	Window                time.Duration // of demand; 0 is 15 minutes
}

// Totals are sums of a table by the names of the reference: rows, total_kWh,
// by_month_kWh, by_COLUMN_kWh, days, daily_kWh, max_demand_15min_kW, … ; null with
// a warning for what cannot be said.
type Totals map[string]any

// Totals adds up.
func (f *Frame) Totals(a TotalsAsk) (Totals, error) {
	var n notes
	if a.Marks == "" {
		a.Marks = Auto
	}
	in, err := f.clocked(a.Time, a.Marks, a.Zone, &n)
	if err != nil {
		return nil, err
	}
	y, err := f.Named(a.Y)
	if err != nil {
		return nil, err
	}
	out := Totals{"rows": len(f.Rows), "time": in.clock}
	values, zero, err := f.energy(y, in, &n)
	if err != nil {
		return nil, err
	}
	var uses []energy.Use
	months, daily, all := sums{}, sums{}, []float64{}
	for _, v := range values {
		from := in.from[v.row].In(in.zone)
		all = append(all, v.energy)
		months.add(fmt.Sprint(int(from.Month())), v.energy)
		daily.add(from.Format("2006-01-02"), v.energy)
		uses = append(uses, energy.Use{From: in.from[v.row], To: in.to[v.row], Energy: v.energy})
	}
	total := stat.Sum(all)
	out["total_kWh"], out["zero_usage_rows"] = total, zero
	out["by_month_kWh"], out["daily_kWh"], out["days"] = months.told(), daily.told(), len(daily)
	if err := f.by(a.By, values, out); err != nil {
		return nil, err
	}
	if err := f.beside(a, total, out); err != nil {
		return nil, err
	}
	demand(out, uses, in, a.Window, &n)
	out["warnings"] = append([]string{}, n...)
	return out, nil
}

type rowEnergy struct {
	row    int
	energy float64
}

func (f *Frame) energy(y int, in *intervals, n *notes) (out []rowEnergy, zero int, err error) {
	lost := 0
	for row := range f.Rows {
		v, ok, err := f.Number(row, y)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			lost++
			continue
		}
		if v < 0 {
			return nil, 0, f.Wrong(row, y, "is less than nothing; energy that is delivered back stands in a column of its own")
		}
		if v == 0 {
			zero++
		}
		out = append(out, rowEnergy{row, v})
	}
	if lost > 0 {
		n.say("%d of %d rows have no energy: totals are of the others", lost, len(f.Rows))
	}
	if len(out) == 0 {
		return nil, 0, invalid("column %s has no value", f.Header[y])
	}
	return out, zero, nil
}

// sums by name; each is added up as one.
type sums map[string][]float64

func (s sums) add(name string, v float64) { s[name] = append(s[name], v) }

func (s sums) told() map[string]float64 {
	out := make(map[string]float64, len(s))
	for name, all := range s {
		out[name] = stat.Sum(all)
	}
	return out
}

func (f *Frame) by(columns []string, values []rowEnergy, out Totals) error {
	for _, name := range columns {
		c, err := f.Named(name)
		if err != nil {
			return err
		}
		s := sums{}
		for _, v := range values {
			s.add(f.Rows[v.row].Cell(c), v.energy)
		}
		out["by_"+strings.ToLower(name)+"_kWh"] = s.told()
	}
	return nil
}

// beside are the sums of the other columns.
func (f *Frame) beside(a TotalsAsk, total float64, out Totals) error {
	for _, one := range []struct{ column, key string }{{a.Lagging, "total_lagging_kVarh"}, {a.Leading, "total_leading_kVarh"}, {a.CO2, "co2_t"}} {
		if one.column == "" {
			continue
		}
		c, err := f.Named(one.column)
		if err != nil {
			return err
		}
		var all []float64
		for row := range f.Rows {
			v, ok, err := f.Number(row, c)
			if err != nil {
				return err
			}
			if ok {
				all = append(all, v)
			}
		}
		sum := stat.Sum(all)
		out[one.key] = sum
		if one.column == a.Lagging {
			out["energy_weighted_lagging_pf"] = number(total / math.Hypot(total, sum))
		}
	}
	return nil
}

// demand is the greatest mean power of windows that divide the day.
func demand(out Totals, uses []energy.Use, in *intervals, window time.Duration, n *notes) {
	if window == 0 {
		window = 15 * time.Minute
	}
	key := fmt.Sprintf("max_demand_%dmin_kW", int(window.Minutes()))
	out[key], out["max_demand_interval_end"], out["load_factor"] = nil, []string{}, nil
	step := time.Duration(in.clock.Step) * time.Second
	if step > window || window%step != 0 {
		n.say("demand of %v cannot be told of intervals of %v", window, step)
		return
	}
	var whole []energy.Use
	for _, u := range uses {
		from := u.From.Truncate(window)
		if k := len(whole); k > 0 && whole[k-1].From.Equal(from) && whole[k-1].To.Equal(u.From) {
			whole[k-1].To, whole[k-1].Energy = u.To, whole[k-1].Energy+u.Energy
			continue
		}
		if u.From.Equal(from) {
			whole = append(whole, u)
		}
	}
	kept := whole[:0]
	for _, u := range whole {
		if u.To.Sub(u.From) == window {
			kept = append(kept, u)
		}
	}
	d := energy.Peak(kept)
	if !d.OK {
		n.say("there is no whole interval of %v with energy, and no demand", window)
		return
	}
	ends := []string{}
	for _, at := range d.At {
		ends = append(ends, at.In(in.zone).Format("2006-01-02 15:04:05"))
	}
	out[key], out["max_demand_interval_end"], out["load_factor"] = d.Max, ends, d.LoadFactor
}
