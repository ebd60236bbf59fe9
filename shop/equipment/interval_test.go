package equipment

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/fact"
	"zhigai/plant"
)

// story tells what a machine did as text, one interval a line.
func (w *world) story(t *testing.T, from, to time.Duration) string {
	t.Helper()
	desk := &Desk{Fleet: w.folder.Fleet, Reader: w.folder.Reader, Now: func() time.Time { return monday.Add(48 * time.Hour) }}
	intervals, err := desk.Timeline(context.Background(), scopeAll, node, at(from), at(to))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, i := range intervals {
		fmt.Fprintf(&b, "%s-%s %s %s", clockText(i.From), clockText(i.To), i.State, i.Class)
		for _, x := range []string{i.Reason, i.SaidBy, i.Product} {
			if x != "" {
				b.WriteString(" " + x)
			}
		}
		if i.MicroStop {
			b.WriteString(" micro")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func clockText(t plant.Micros) string {
	return strings.TrimSuffix(t.Time().In(shanghai).Format("15:04:05.000"), ".000")
}

// running is a machine that works in automatic from 08:00, heard until end.
func running(end time.Duration) []plant.Sample {
	return append(link(0, end), sample(tagRunning, 0, 1), sample(tagAlarm, 0, 0), sample(tagMode, 0, 3))
}

func spoken(kind fact.Kind, id string, d time.Duration, payload any) fact.Event {
	e := fact.New(kind, node, monday.Add(d), "person:li", payload)
	e.ID = id
	return e
}

func TestIntervals(t *testing.T) {
	const m = time.Minute
	stopAt := func(from, to time.Duration) []plant.Sample {
		return []plant.Sample{sample(tagRunning, from, 0), sample(tagRunning, to, 1)}
	}
	reason := func(from, to time.Duration, r string) fact.StopReason {
		p := fact.StopReason{From: at(from), Reason: r}
		if to > 0 {
			p.To = at(to)
		}
		return p
	}
	for _, c := range []struct {
		name    string
		samples []plant.Sample
		texts   []plant.Text
		events  []fact.Event
		want    string
	}{
		{"a short stop is minor", stopAt(10*m, 12*m), nil, nil, `
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:12:00 NOT_EXECUTING/PROCESSING ADET minor rule:micro_stop micro
08:12:00-09:00:00 EXECUTING/PROCESSING APT`},
		{"exactly five minutes is a stop", stopAt(10*m, 15*m), nil, nil, `
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:15:00 NOT_EXECUTING/PROCESSING ADET unassigned
08:15:00-09:00:00 EXECUTING/PROCESSING APT`},
		{"the machine's own reason reaches back to the stop", append(stopAt(10*m, 30*m), sample(tagReason, 11*m, 2), sample(tagReason, 30*m, 0)), nil, nil, `
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:30:00 NOT_EXECUTING/PROCESSING ADET material.missing machine:stop.reason
08:30:00-09:00:00 EXECUTING/PROCESSING APT`},
		{"an alarm is a breakdown; what follows is asked for", append(stopAt(10*m, 40*m), sample(tagAlarm, 10*m, 1), sample(tagAlarm, 20*m, 0)), nil, nil, `
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:20:00 OUT_OF_SERVICE/PROCESSING ADET breakdown.mechanical machine:alarm
08:20:00-08:40:00 NOT_EXECUTING/PROCESSING ADET unassigned
08:40:00-09:00:00 EXECUTING/PROCESSING APT`},
		{
			"a person's reason wins and makes it setup", append(stopAt(10*m, 30*m), sample(tagReason, 10*m, 2), sample(tagReason, 30*m, 0)), nil,
			[]fact.Event{spoken(fact.KindStopReason, "1", 5*m, reason(5*m, 20*m, "setup.changeover"))},
			`
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:20:00 NOT_EXECUTING/PROCESSING AUST setup.changeover person:li
08:20:00-08:30:00 NOT_EXECUTING/PROCESSING ADET material.missing machine:stop.reason
08:30:00-09:00:00 EXECUTING/PROCESSING APT`,
		},
		{
			"a later word takes the place of the first", stopAt(10*m, 30*m), nil,
			[]fact.Event{spoken(fact.KindStopReason, "1", 10*m, reason(10*m, 30*m, "other")), func() fact.Event {
				e := spoken(fact.KindStopReason, "2", 10*m, reason(10*m, 30*m, "operator.absent"))
				e.Supersedes = "1"
				return e
			}()},
			`
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:30:00 NOT_EXECUTING/PROCESSING ADET operator.absent person:li
08:30:00-09:00:00 EXECUTING/PROCESSING APT`,
		},
		{
			"a reason without an end holds until it runs", append(stopAt(10*m, 30*m), stopAt(40*m, 50*m)...), nil,
			[]fact.Event{spoken(fact.KindStopReason, "1", 12*m, reason(12*m, 0, "material.missing"))},
			`
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:30:00 NOT_EXECUTING/PROCESSING ADET material.missing person:li
08:30:00-08:40:00 EXECUTING/PROCESSING APT
08:40:00-08:50:00 NOT_EXECUTING/PROCESSING ADET unassigned
08:50:00-09:00:00 EXECUTING/PROCESSING APT`,
		},
		{
			"a bad input is unknown; a person fills it, never more",
			[]plant.Sample{plant.BadSample(tagRunning, at(20*m), plant.Refused, nil), sample(tagRunning, 40*m, 1)},
			nil,
			[]fact.Event{spoken(fact.KindOverride, "1", 10*m, fact.Override{Item: "NOT_EXECUTING", Mode: "NONE", Until: at(30 * m)})},
			`
08:00:00-08:20:00 EXECUTING/PROCESSING APT
08:20:00-08:30:00 NOT_EXECUTING/NONE ADOT unassigned
08:30:00-08:40:00 UNKNOWN UNKNOWN
08:40:00-09:00:00 EXECUTING/PROCESSING APT`,
		},
		{"a counted part tells that it runs when the rule cannot", []plant.Sample{
			plant.BadSample(tagRunning, at(20*m), plant.Refused, nil), sample(tagRunning, 40*m, 1),
			sample(tagGood, 25*m, 7), sample(tagGood, 26*m, 8),
		}, []plant.Text{{Tag: tagProduct, Time: at(0), Value: "A"}}, nil, `
08:00:00-08:20:00 EXECUTING/PROCESSING APT A
08:20:00-08:26:00 UNKNOWN UNKNOWN A
08:26:00-08:26:36 EXECUTING/PROCESSING APT A
08:26:36-08:40:00 UNKNOWN UNKNOWN A
08:40:00-09:00:00 EXECUTING/PROCESSING APT A`},
		{"known data loss is unknown", nil, nil, []fact.Event{spoken(fact.KindGap, "1", 10*m, fact.Gap{From: at(10 * m), To: at(11 * m)})}, `
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:11:00 UNKNOWN UNKNOWN
08:11:00-09:00:00 EXECUTING/PROCESSING APT`},
		{
			"an empty order makes it down time; products cut", stopAt(10*m, 20*m),
			[]plant.Text{{Tag: tagOrder, Time: at(15 * m), Value: ""}, {Tag: tagProduct, Time: at(15 * m), Value: "B"}},
			nil, `
08:00:00-08:10:00 EXECUTING/PROCESSING APT
08:10:00-08:15:00 NOT_EXECUTING/PROCESSING ADET unassigned
08:15:00-08:20:00 NOT_EXECUTING/PROCESSING ADOT unassigned B
08:20:00-09:00:00 EXECUTING/PROCESSING APT B`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.add(plant.Batch{Samples: append(running(2*time.Hour), c.samples...), Texts: c.texts})
			if _, err := w.Append(context.Background(), 1, c.events...); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(w.story(t, 0, time.Hour)); got != strings.TrimSpace(c.want) {
				t.Errorf("got\n%s\nwant%s", got, c.want)
			}
		})
	}
}

func TestContactEndsByItself(t *testing.T) {
	w := newWorld(t)
	w.add(plant.Batch{Samples: running(10 * time.Minute)[:120]}) // the last renewal at 08:09:55
	w.add(plant.Batch{Samples: append(running(0)[1:], sample(tagLink, 20*time.Minute, 1))})
	want := `08:00:00-08:10:10 EXECUTING/PROCESSING APT
08:10:10-08:20:00 UNKNOWN UNKNOWN
08:20:00-08:20:15 EXECUTING/PROCESSING APT
08:20:15-08:30:00 UNKNOWN UNKNOWN`
	if got := strings.TrimSpace(w.story(t, 0, 30*time.Minute)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestCutsOfTheQuestionChangeNothing: intervals of two halves are those of the
// whole.
func TestCutsOfTheQuestionChangeNothing(t *testing.T) {
	w := newWorld(t)
	w.add(plant.Batch{Samples: append(running(4*time.Hour), sample(tagRunning, 58*time.Minute, 0), sample(tagRunning, 62*time.Minute, 1))})
	whole := w.story(t, 0, 2*time.Hour)
	halves := w.story(t, 0, time.Hour) + w.story(t, time.Hour, 2*time.Hour)
	cut := strings.Replace(whole, "08:58:00-09:02:00 NOT_EXECUTING/PROCESSING ADET minor rule:micro_stop micro\n",
		"08:58:00-09:00:00 NOT_EXECUTING/PROCESSING ADET minor rule:micro_stop micro\n09:00:00-09:02:00 NOT_EXECUTING/PROCESSING ADET minor rule:micro_stop micro\n", 1)
	if cut == whole || halves != cut {
		t.Errorf("whole\n%s\nhalves\n%s", whole, halves)
	}
}
