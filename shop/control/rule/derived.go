package rule

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"zhigai/calc/rule"
	"zhigai/plant"
)

// Signals that no device tells: they are derived of other facts, and are inputs as
// signals of machines are. Of figures each has a name of its own, which begins with
// [FigureSignal].
const (
	MachineState = "machine.state" // such as EXECUTING/PROCESSING

	CalendarInShift     = "calendar.in_shift"     // within a shift of the machine's calendar, breaks too
	CalendarBusy        = "calendar.busy"         // planned busy time (ISO 22400-2): a shift without its breaks and planned down time
	CalendarShift       = "calendar.shift"        // code of the shift; "" outside of one
	CalendarMinutesLeft = "calendar.minutes_left" // whole minutes to the end of the shift, begun ones count; 0 outside of one

	TariffPeriod      = "tariff.period"       // sharp, peak, flat, valley or deep_valley
	TariffMinutesLeft = "tariff.minutes_left" // whole minutes until another period begins, begun ones count

	OrderNumber    = "order.number"    // that the machine works on; "" without
	OrderProduct   = "order.product"   // that it makes; "" where nobody knows
	AlarmsStanding = "alarms.standing" // how many alarms stand at the machine, those of rules left out
	CallsOpen      = "calls.open"      // how many calls of the machine are not done
	FigureSignal   = "figure."         // begins the name of a figure: of the last hour that is over, two minutes after it
)

// Signals that are derived, as people see them.
var (
	StateSignals = []Signal{
		{Name: MachineState, Title: plant.Name{ZH: "设备状态", EN: "State of the machine"}, Kind: rule.Text},
	}
	CalendarSignals = []Signal{
		{Name: CalendarInShift, Title: plant.Name{ZH: "是否在班次内", EN: "Within a shift"}, Kind: rule.Boolean},
		{Name: CalendarBusy, Title: plant.Name{ZH: "是否计划工作时间", EN: "Planned to be busy"}, Kind: rule.Boolean},
		{Name: CalendarShift, Title: plant.Name{ZH: "班次代号", EN: "Code of the shift"}, Kind: rule.Text},
		{Name: CalendarMinutesLeft, Title: plant.Name{ZH: "距班次结束", EN: "Until the shift ends"}, Kind: rule.Number, Unit: "min"},
	}
	TariffSignals = []Signal{
		{Name: TariffPeriod, Title: plant.Name{ZH: "电价时段", EN: "Tariff period"}, Kind: rule.Text},
		{Name: TariffMinutesLeft, Title: plant.Name{ZH: "距电价时段结束", EN: "Until the tariff period ends"}, Kind: rule.Number, Unit: "min"},
	}
	FactSignals = []Signal{
		{Name: OrderNumber, Title: plant.Name{ZH: "正在加工的订单", EN: "Order at work"}, Kind: rule.Text},
		{Name: OrderProduct, Title: plant.Name{ZH: "正在加工的产品", EN: "Product at work"}, Kind: rule.Text},
		{Name: AlarmsStanding, Title: plant.Name{ZH: "未消失的报警数", EN: "Alarms that stand"}, Kind: rule.Number, Unit: "1"},
		{Name: CallsOpen, Title: plant.Name{ZH: "未完成的呼叫数", EN: "Calls that are open"}, Kind: rule.Number, Unit: "1"},
	}
)

// mending says by the beginning of a derived signal's name what is to be done where a
// machine does not have it.
var mending = []struct{ begins, words string }{
	{"calendar.", "give the machine, or a place above it, a calendar"},
	{"tariff.", "lay out the meters of its place with a tariff in force, under energy"},
}

// noSignal refuses an input that a machine does not have.
func noSignal(field string, m Machine, name string) error {
	for _, one := range mending {
		if strings.HasPrefix(name, one.begins) {
			return invalid("%s: %s has no %s: %s", field, m.Path, name, one.words)
		}
	}
	return invalid("%s: %s has no signal %q; choose one of its list", field, m.Path, name)
}

// Stretch is time in which a derived signal had one value; Known is false where nobody
// knows which. The value of a number may have a text beside it: of what it is told.
type Stretch struct {
	From, To plant.Micros
	Value    rule.Value
	Known    bool
}

func (s Stretch) same(o Stretch) bool { return s.Known == o.Known && s.Value == o.Value }

// Derived tells signals that are derived.
type Derived interface {
	// Signals are those of a machine.
	Signals(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) ([]Signal, error)
	// Did is what a signal was within [from, to), in order of time. Of what is gone it
	// tells what the facts of today say, as a trial does of all that it reads.
	Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, from, to plant.Micros) ([]Stretch, error)
	// Since is what held at an instant and what began to hold after it, up to now, in
	// order of time.
	Since(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, after plant.Micros) ([]Stretch, error)
}

// signals are all that rules may read of a machine.
func (d *Desk) signals(ctx context.Context, tenant plant.TenantNo, m Machine) ([]Signal, error) {
	out := slices.DeleteFunc(slices.Clone(m.Signals), func(s Signal) bool { return s.Kind == "" })
	more, err := d.o.Derived.Signals(ctx, tenant, m.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range more {
		s.Derived = true
		out = append(out, s)
	}
	return out, nil
}

// derived is a derived signal that is an input.
type derived struct {
	machine plant.NodeID
	signal  string
	inputs  []int
}

// tell gives a fold what held from an instant on.
func (s derived) tell(f *rule.Fold, one Stretch) {
	for _, i := range s.inputs {
		if !one.Known {
			f.Miss(i, int64(one.From))
			continue
		}
		f.Take(i, int64(one.From), one.Value)
	}
}

// become is that a derived signal of a rule became another.
type become struct {
	no int // of the signal
	Stretch
}

// askDerived asks what derived signals of a rule came to be since it was told last, in
// order of time: those whose value is known to end, or all. What facts that came late
// say of before counts from now on.
func (d *Desk) askDerived(ctx context.Context, r *runner, now plant.Micros, all bool) {
	for i, s := range r.src.derived {
		told := r.told[i]
		if !all && (told.To == 0 || now < told.To) {
			continue
		}
		since, err := d.o.Derived.Since(ctx, r.tenant, s.machine, s.signal, told.From)
		if err != nil {
			since = []Stretch{{From: now}}
			d.o.Logger.Error("a rule is not told of a signal", "rule", r.rule.ID, "signal", s.signal, "err", err)
		}
		for n, one := range since {
			if one.same(r.told[i]) {
				r.told[i].To = one.To
				continue
			}
			if one.From <= r.told[i].From {
				if n < len(since)-1 {
					continue
				}
				one.From = now
			}
			r.told[i] = one
			r.becomes = append(r.becomes, become{i, one})
		}
	}
	slices.SortStableFunc(r.becomes, func(a, b become) int { return cmp.Compare(a.From, b.From) })
}

// tellDerived tells a rule what was asked for, up to an instant.
func (r *runner) tellDerived(to plant.Micros) {
	for len(r.becomes) > 0 && r.becomes[0].From <= to {
		one := r.becomes[0]
		r.becomes = r.becomes[1:]
		r.within(func() { r.src.derived[one.no].tell(r.fold, one.Stretch) })
	}
}
