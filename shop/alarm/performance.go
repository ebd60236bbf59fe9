package alarm

import (
	"context"

	"zhigai/access"
	"zhigai/calc/alarm"
	"zhigai/plant"
)

// Ref names an alarm, whatever the occurrence.
type Ref struct {
	Place    plant.NodeID `json:"equipment"`
	Path     string       `json:"path"`
	Name     plant.Name   `json:"name" doc:"Of the place"`
	ID       string       `json:"alarm"`
	Text     plant.Name   `json:"text"`
	Priority int          `json:"priority"`
}

// Often is how often one alarm came.
type Often struct {
	Ref
	Count int           `json:"count"`
	Share float64       `json:"share" doc:"Of all that came, 0..1"`
	First plant.Instant `json:"first"`
}

// Mark is what a figure is held against.
type Mark struct {
	Target float64 `json:"target"`
	Most   float64 `json:"most" doc:"Beyond it nobody can manage"`
	Source string  `json:"source"`
}

// Performance is what the alarms of a stretch of time asked of the people who
// answer them.
type Performance struct {
	Definition string        `json:"definition"`
	Version    int           `json:"version"`
	From       plant.Instant `json:"from"`
	To         plant.Instant `json:"to" doc:"No later than now"`
	Operators  int           `json:"operators"`
	Count      int           `json:"count" doc:"Alarms that came"`
	PerDay     *float64      `json:"per_day" doc:"Alarms a day and operator"`
	Reason     string        `json:"reason,omitempty" doc:"Why there are no figures"`
	MostIn10   int           `json:"most_in_10" doc:"The most within ten minutes, of all operators together"`
	FloodShare *float64      `json:"flood_share" doc:"Share of the time with more than ten alarms in ten minutes, 0..1"`
	Floods     []Burst       `json:"floods" nullable:"false"`
	Chattering []Often       `json:"chattering" nullable:"false" doc:"Alarms that came three times or more within a minute; count is how often they came so"`
	Stale      []Alarm       `json:"stale" nullable:"false" doc:"Alarms that stood longer than a day"`
	Split      [4]int        `json:"split" doc:"How many came of the priorities 1 to 4"`
	Top        []Often       `json:"top" nullable:"false" doc:"The ten that came most often"`
	Marks      Marks         `json:"marks"`
}

// Marks are the field's targets.
type Marks struct {
	PerDay     Mark       `json:"per_day"`
	FloodShare Mark       `json:"flood_share"`
	Chattering Mark       `json:"chattering"`
	Stale      Mark       `json:"stale"`
	TopShare   Mark       `json:"top_share" doc:"Of each of the ten most frequent alarms"`
	Split      [3]float64 `json:"split" doc:"Shares of priority 1, 2, and 3 with 4"`
}

// marks: ISA-18.2-2016 table 7 and EEMUA 191 edition 3, for one operator.
var marks = Marks{
	PerDay:     Mark{150, 300, "ISA-18.2, EEMUA 191"},
	FloodShare: Mark{0.01, 0.05, "ISA-18.2"},
	Chattering: Mark{0, 0, "ISA-18.2"},
	Stale:      Mark{5, 5, "ISA-18.2"},
	TopShare:   Mark{0.01, 0.05, "ISA-18.2"},
	Split:      [3]float64{0.05, 0.15, 0.80},
}

// performanceVersion changes with what calc/alarm makes of the same alarms.
const performanceVersion = 1

// Performance folds the alarms of [from, to). Those that were put aside meanwhile
// count: they were told until then.
func (d *Desk) Performance(ctx context.Context, scope access.Scope, from, to plant.Instant, operators int) (Performance, error) {
	out := Performance{Definition: "alarm-performance", Version: performanceVersion, From: from, To: min(to, plant.InstantOf(d.o.Now())), Operators: max(operators, 1), Marks: marks}
	all, err := d.past(ctx, scope, "", "", from, to)
	if err != nil {
		return Performance{}, err
	}
	refs := map[string]Ref{}
	folded := make([]alarm.Occurrence, len(all))
	for i, a := range all {
		id := string(a.Place) + "\n" + a.ID
		refs[id] = Ref{a.Place, a.Path, a.Name, a.ID, a.Text, a.Priority}
		folded[i] = alarm.Occurrence{ID: id, From: int64(a.From), To: int64(a.To), Open: a.Open, Priority: a.Priority}
	}
	l := alarm.Assess(folded, int64(from), int64(out.To), out.Operators)
	often := func(all []alarm.Often) []Often {
		list := make([]Often, len(all))
		for i, o := range all {
			list[i] = Often{refs[o.ID], o.Count, o.Share, plant.Instant(o.From)}
		}
		return list
	}
	out.Count, out.MostIn10, out.Floods, out.Split = l.Count, l.MostIn10, bursts(l.Floods), l.Split
	out.Chattering, out.Top, out.Stale = often(l.Chattering), often(l.Top), []Alarm{}
	if out.To > from {
		out.PerDay, out.FloodShare = &l.PerDay, &l.FloodTime
	} else {
		out.Reason = "the stretch has not begun"
	}
	for _, a := range all {
		if int64(a.To-a.From) > alarm.StaleAfter {
			out.Stale = append(out.Stale, a)
		}
	}
	return out, nil
}
