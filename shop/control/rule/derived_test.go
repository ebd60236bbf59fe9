package rule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"zhigai/calc/rule"
	"zhigai/plant"
)

// vary gives a derived signal of the world values that change now and then, some of them
// not known, from dawn on.
func (w *world) vary(r *rand.Rand, signal string, length, mean time.Duration, values ...rule.Value) {
	for at := time.Duration(0); at < length; {
		next := at + time.Duration(1+r.Int64N(2*int64(mean)))
		one := Stretch{From: plant.MicrosOf(dawn.Add(at)), To: plant.MicrosOf(dawn.Add(next)), Known: r.IntN(12) > 0}
		if one.Known {
			one.Value = values[r.IntN(len(values))]
		}
		w.derived[signal] = append(w.derived[signal], one)
		at = next
	}
}

func number(v float64) rule.Value   { return rule.Value{Number: v} }
func word(text string) rule.Value   { return rule.Value{Text: text} }
func replayed(f rule.Firing) string { return fired(floorMs(f.From), floorMs(f.To), f.Readings) }
func happened(f Fired) string       { return fired(f.From, f.To, f.Readings) }

func fired[R any](from, to plant.Instant, readings []R) string {
	return fmt.Sprint(from.Time(), to.Micros(), readings)
}

// TestRule_DerivedLiveIsBacktest: signals that follow from facts, and texts, are inputs as
// samples are: a rule does live what its trial says, firing by firing with its readings,
// however often it is looked at.
func TestRule_DerivedLiveIsBacktest(t *testing.T) {
	t.Parallel()
	temp := Input{Name: "temp", Machine: "furnace", Signal: "temp"}
	of := func(name, signal string) Input { return Input{Name: name, Machine: "furnace", Signal: signal} }
	rules := []struct {
		inputs []Input
		def    Definition
	}{
		{[]Input{temp, of("period", TariffPeriod), of("left", TariffMinutesLeft)}, Definition{When: `period == "peak" && left > 5.0 && temp > 74.0`, Trigger: "sample", OnDelayS: 2}},
		{[]Input{of("period", TariffPeriod)}, Definition{When: `period in ["sharp", "peak"]`, Trigger: "change"}},
		{[]Input{temp, of("shift", CalendarInShift), of("left", CalendarMinutesLeft)}, Definition{When: `shift && avg(temp, "20s") > 75.0 && left < 30.0`, Trigger: "sample"}},
		{[]Input{of("busy", CalendarBusy), of("code", CalendarShift)}, Definition{When: `duration(busy && code == "early", "1m") > 20.0`, Trigger: "schedule", EveryS: 7}},
		{[]Input{temp, of("program", "program")}, Definition{When: `program.startsWith("O12") && temp > 74.0`, Trigger: "sample", OffDelayS: 1}},
		{[]Input{of("program", "program"), of("state", MachineState)}, Definition{When: `program == "O1234" && state == "EXECUTING/PROCESSING"`, Trigger: "change"}},
	}
	all := 0
	for i, one := range rules {
		w, d := newWorld(t)
		rnd := rand.New(rand.NewPCG(uint64(i), 9))
		const length = 30 * time.Minute
		w.vary(rnd, TariffPeriod, length, time.Minute, word("sharp"), word("peak"), word("flat"))
		w.vary(rnd, TariffMinutesLeft, length, time.Minute, number(3), number(8))
		w.vary(rnd, CalendarInShift, length, time.Minute, number(0), number(1))
		w.vary(rnd, CalendarBusy, length, 20*time.Second, number(0), number(1))
		w.vary(rnd, CalendarShift, length, time.Minute, word("early"), word("early"), word("late"))
		w.vary(rnd, CalendarMinutesLeft, length, time.Minute, number(12), number(29), number(31))
		w.vary(rnd, MachineState, length, 30*time.Second, word("EXECUTING/PROCESSING"), word("OUT_OF_SERVICE/NONE"))
		def := one.def
		def.Name, def.Place, def.Inputs, def.Actions, def.StaleS, def.MaxPerHour = plant.Name{ZH: "试"}, "furnace", one.inputs, []Action{{Kind: Alarm, Priority: 3}}, 86400, 3600
		r := w.brought(t, d, Rule{Definition: def}, Shadow)
		l := w.live(t, d)
		for _, batch := range course(rnd, length) {
			for len(batch) > 0 { // the clock never goes on by more than the grace without a look
				n := 1
				for n < len(batch) && batch[n].Time == batch[0].Time {
					n++
				}
				l.tell(rnd, batch[:n])
				batch = batch[n:]
			}
		}
		end := dawn.Add(length)
		for w.now.Before(end.Add(time.Second)) {
			l.wait(500 * time.Millisecond)
		}
		want, err := d.replay(t.Context(), 1, r.Definition, plant.MicrosOf(dawn), plant.MicrosOf(end))
		must(t, err)
		var got, said []string
		kept, err := d.Firings(t.Context(), Filter{Scope: person("li").Scope, Of: r.Series, Limit: 100_000})
		must(t, err)
		for _, f := range slices.Backward(kept) {
			if f.From < plant.InstantOf(end) {
				if f.To >= plant.InstantOf(end) {
					f.To = 0
				}
				got = append(got, happened(f))
			}
		}
		for _, f := range want {
			said = append(said, replayed(f))
		}
		if !slices.Equal(got, said) || len(got) < 3 {
			t.Errorf("%s: live %d firings, tried %d\n%v\n%v", def.When, len(got), len(said), got, said)
		}
		if s := d.Status(r.ID); s.Late > 0 {
			t.Errorf("%s: %d values came late", def.When, s.Late)
		}
		all += len(got)
	}
	t.Logf("%d firings of %d rules over half an hour each, live as tried", all, len(rules))
}

// tell lets the clock go on to the instant of samples by steps of less than a second, and
// adds a text now and then.
func (l *live) tell(r *rand.Rand, samples []plant.Sample) {
	l.t.Helper()
	at := samples[0].Time.Time()
	for l.w.now.Add(700 * time.Millisecond).Before(at) {
		l.wait(time.Duration(100+r.Int64N(600)) * time.Millisecond)
	}
	b := plant.Batch{Samples: samples}
	if r.IntN(20) == 0 {
		quality := plant.Good
		if r.IntN(10) == 0 {
			quality = plant.Bad
		}
		b.Texts = []plant.Text{{Tag: tagProgram, Time: samples[0].Time, Quality: quality, Value: []string{"O1234", "O1299", "O7"}[r.IntN(3)]}}
	}
	_, err := l.w.history.Append(l.t.Context(), 1, b)
	must(l.t, err)
	if at.After(l.w.now) {
		l.w.set(at)
	}
	l.look()
}
