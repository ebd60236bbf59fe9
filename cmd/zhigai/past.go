package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/evidence/seals"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record/shop"
	"zhigai/sim"
)

// manner is how a simulated past is looked at.
type manner struct {
	pace  sim.Pace
	batch time.Duration // how much of it is stored at once
	// windows is how often recorders of vibration are heard; never where it is 0.
	windows time.Duration
}

// wholePast is of all machines: what moves slowly once a minute, so that a month of a
// plant is written in minutes.
var wholePast = manner{pace: sim.Pace{Step: time.Second, Slow: time.Minute}, batch: time.Minute}

// maxPast bounds it, in days: two months show a trend.
const maxPast = 62

// past writes what the node of a simulated plant would have kept, had it run
// since the plant began: the store's clock is the plant's, so that days are
// recorded and sealed as of then. The folder must be new.
func past(ctx context.Context, at place, m plant.Model, profiles *profile.Library, p *sim.Plant, to time.Time, how manner) (err error) {
	rec, err := openRecord(ctx, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rec.Close()) }()
	begin := p.Now()
	if err := shop.NewPlants(rec).Import(access.With(ctx, access.Node(homeTenant)), access.Scope{Tenant: homeTenant}, m, plant.MicrosOf(begin)); err != nil {
		return err
	}
	model, err := shop.NewPlants(rec).Model(ctx, access.Scope{Tenant: homeTenant}, plant.MicrosOf(begin))
	if err != nil {
		return err
	}
	var tags []plant.Tag
	for _, one := range model.Nodes {
		if one.Machine == nil {
			continue
		}
		known, ok := profiles.Get(one.Machine.Profile)
		if !ok {
			return fmt.Errorf("%s: no profile %q", one.Path, one.Machine.Profile)
		}
		tags = append(tags, known.Tags(one)...)
	}
	if tags, err = shop.NewTags(rec).EnsureTags(ctx, homeTenant, tags); err != nil {
		return err
	}
	clock := begin
	hist, err := history.Open(filepath.Join(at.Data, "history"), history.Options{MarkLate: at.forwards, Now: func() time.Time { return clock }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hist.Close()) }()
	if err := hist.SaveCursor(seals.Cursor, 0); err != nil { // the log is kept until its days are sealed
		return err
	}
	w := pastWriter{tags: map[string]map[string]plant.TagNo{}, rng: rand.New(rand.NewPCG(1, 2))}
	for _, t := range tags {
		machine := t.Path[:len(t.Path)-len(t.Name)-1]
		if len(how.pace.Only) > 0 && !slices.Contains(how.pace.Only, machine) {
			continue
		}
		if w.tags[machine] == nil {
			w.tags[machine] = map[string]plant.TagNo{}
			w.machines = append(w.machines, machine)
		}
		w.tags[machine][t.Name] = t.No
		if t.Kind == plant.KindWaveform {
			w.recorders = append(w.recorders, t)
		}
	}
	store := func() error {
		_, err := hist.Append(ctx, homeTenant, w.batch)
		w.batch = plant.Batch{}
		return err
	}
	err = p.Past(to, how.pace, func(now time.Time, seen []sim.Sight) error {
		clock = now
		w.look(now, seen)
		if how.windows > 0 && now.Sub(begin)%how.windows == 0 {
			w.listen(p, now)
		}
		if now.Sub(begin)%how.batch != 0 || len(w.batch.Samples)+len(w.batch.Texts) == 0 {
			return ctx.Err()
		}
		return store()
	})
	if err == nil && len(w.batch.Samples)+len(w.batch.Texts) > 0 {
		err = store()
	}
	return errors.Join(err, hist.Flush())
}

// pastWriter makes samples of what was seen.
type pastWriter struct {
	machines  []string
	tags      map[string]map[string]plant.TagNo // by machine and name
	recorders []plant.Tag
	rng       *rand.Rand
	batch     plant.Batch
	heard     time.Time // contact was last noted
}

// listen adds what recorders hear at an instant.
func (w *pastWriter) listen(p *sim.Plant, now time.Time) {
	for _, t := range w.recorders {
		if heard, ok := p.Heard(strings.TrimSuffix(t.Path, "/"+t.Name), now); ok {
			w.batch.Texts = append(w.batch.Texts, plant.Text{Tag: t.No, Time: plant.MicrosOf(now), Value: heard.Encode()})
		}
	}
}

// look adds what is new. A round of reading takes its time: no two devices
// answer at the same instant.
func (w *pastWriter) look(now time.Time, seen []sim.Sight) {
	if now.Sub(w.heard) >= plant.LinkSilence/3 {
		w.heard = now
		for _, m := range w.machines {
			w.batch.Samples = append(w.batch.Samples, plant.Sample{Tag: w.tags[m][plant.LinkTag], Time: w.at(now), Value: 1})
		}
	}
	machine, at := "", plant.Micros(0)
	for _, s := range seen {
		if s.Machine != machine {
			machine, at = s.Machine, w.at(now)
		}
		tag, ok := w.tags[s.Machine][s.Signal]
		if !ok { // what a device says of itself is no tag
			continue
		}
		if s.Kind == plant.KindText {
			w.batch.Texts = append(w.batch.Texts, plant.Text{Tag: tag, Time: at, Value: s.Text})
			continue
		}
		w.batch.Samples = append(w.batch.Samples, plant.Sample{Tag: tag, Time: at, Value: s.Number})
	}
}

func (w *pastWriter) at(now time.Time) plant.Micros {
	return plant.MicrosOf(now) + plant.Micros(w.rng.IntN(40_000))
}
