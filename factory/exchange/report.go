package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

const (
	ordersAtOnce = 200
	sendAtOnce   = 200
	// giveUp is how long a partner that does not answer is tried before a message
	// is a dead letter: a weekend and a holiday.
	giveUp = 14 * 24 * time.Hour
)

// Report queues what was made of the partner's orders since it was told last.
func (d *Desk) Report(ctx context.Context, tenant plant.TenantNo, p Partner) error {
	for after := ""; ; {
		page, err := d.o.Store.Objects(ctx, tenant, p.ID, KindOrder, true, after, ordersAtOnce)
		if err != nil {
			return err
		}
		for _, o := range page {
			err := d.reportOrder(ctx, tenant, p, o.Object)
			if err != nil && !errors.Is(err, access.ErrConflict) && !errors.Is(err, access.ErrNotFound) { // another process did it, or it is gone
				return fmt.Errorf("order %s: %w", o.Object, err)
			}
			after = o.Object
		}
		if len(page) < ordersAtOnce {
			return nil
		}
	}
}

func (d *Desk) reportOrder(ctx context.Context, tenant plant.TenantNo, p Partner, number string) error {
	made, err := d.o.Makes.Made(ctx, tenant, number)
	if err != nil {
		return err
	}
	before, err := d.o.Store.Told(ctx, tenant, p.ID, number)
	if err != nil {
		return err
	}
	whole := JobMade{State: made.State, Began: made.Began, Ended: made.Ended, Total: made.Total}
	out, told, err := d.news(p, made, whole, before)
	if err != nil {
		return err
	}
	for _, j := range made.Jobs {
		if !p.Jobs || j.Began == 0 {
			continue
		}
		m, t, err := d.news(p, made, j, before)
		if err != nil {
			return err
		}
		out, told = append(out, m...), append(told, t...)
	}
	if len(out) == 0 && !made.Final {
		return nil
	}
	return d.o.Store.Queue(ctx, tenant, p.ID, number, out, told, made.Final)
}

// news is what the partner has not been told of an order or a job; nothing when
// it knows all.
func (d *Desk) news(p Partner, made Made, j JobMade, before []Told) ([]Message, []Told, error) {
	last := Told{Number: made.Number, Job: j.No}
	for _, t := range before {
		if t.Job == j.No {
			last = t
		}
	}
	if last.Seq > 0 && last.State == j.State && last.Total == j.Total {
		return nil, nil, nil
	}
	now := d.now()
	one := Performance{
		Number: made.Number, Product: made.Product, Unit: made.Unit, Job: j.No, Name: j.Name, Seq: last.Seq + 1, State: j.State,
		Total: j.Total, New: j.Total.Less(last.Total), Began: j.Began, Ended: j.Ended, At: now, Final: made.Final,
	}
	one.ID = fmt.Sprintf("%s-%d-%d", one.Number, one.Job, one.Seq)
	body, err := json.Marshal(one)
	if err != nil {
		return nil, nil, fmt.Errorf("exchange: write performance %s: %w", one.ID, err)
	}
	m := Message{
		Partner: p.ID, Direction: Out, ID: one.ID, Kind: KindPerformance, Format: p.Format, Digest: digest(body), Object: made.Number, Parts: 1,
		State: Queued, At: now, Changed: now, Next: now, Body: body,
	}
	return []Message{m}, []Told{{made.Number, j.No, one.Seq, j.State, j.Total}}, nil
}

// written says a message in the partner's words of now: a mapping that was
// mended holds for what waits.
func written(m Mapping, f Format, msg Message) (Written, error) {
	var p Performance
	if err := json.Unmarshal(msg.Body, &p); err != nil {
		return Written{}, fmt.Errorf("exchange: read performance %s: %w", msg.ID, err)
	}
	return Write(m, f, p)
}

// Send sends what waits. After one that the partner could not take now the
// others wait as well.
func (d *Desk) Send(ctx context.Context, tenant plant.TenantNo, p Partner, m Mapping, door Door) error {
	waiting, err := d.o.Store.Waiting(ctx, tenant, p.ID, Out, d.now(), sendAtOnce)
	if err != nil {
		return err
	}
	for _, msg := range waiting {
		w, err := written(m, p.Format, msg)
		if err == nil {
			err = door.Send(ctx, w)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil || p.Way != WayFolder { // who takes it out is not seen
				d.fared(tenant, p.ID, err)
			}
		}
		a := d.attempt(msg, err)
		if err := d.o.Store.Attempted(ctx, tenant, Ref{p.ID, Out, msg.ID}, a); err != nil {
			return err
		}
		if a.State == Queued {
			return nil
		}
	}
	return nil
}

func (d *Desk) attempt(msg Message, err error) Attempt {
	switch {
	case err == nil:
		return Attempt{State: Acknowledged}
	case errors.Is(err, ErrRefused):
		return Attempt{State: Dead, Reason: cut(reasonOf(err))}
	case d.o.Now().Sub(msg.At.Time()) > giveUp:
		return Attempt{State: Dead, Reason: cut(fmt.Sprintf("not taken for %d days: %v", int(giveUp.Hours()/24), err))}
	}
	return Attempt{State: Queued, Reason: cut(err.Error()), Next: plant.InstantOf(d.o.Now().Add(backOff(msg.Tries)))}
}

// Outbox is what waits for a partner that fetches it, oldest first.
func (d *Desk) Outbox(ctx context.Context, tenant plant.TenantNo, partner string, limit int) ([]Performance, error) {
	if _, _, err := d.partner(ctx, tenant, partner); err != nil {
		return nil, err
	}
	waiting, err := d.o.Store.Waiting(ctx, tenant, partner, Out, plant.InstantOf(d.o.Now().Add(giveUp)), limit)
	if err != nil {
		return nil, err
	}
	out := make([]Performance, len(waiting))
	for i, msg := range waiting {
		if err := json.Unmarshal(msg.Body, &out[i]); err != nil {
			return nil, fmt.Errorf("exchange: read performance %s: %w", msg.ID, err)
		}
	}
	return out, nil
}

// Acknowledge says that a partner which fetches has a message, or why it will
// never take it. Said twice it is the same.
func (d *Desk) Acknowledge(ctx context.Context, tenant plant.TenantNo, partner, id, refusedFor string) (Message, error) {
	of := Ref{partner, Out, id}
	m, _, err := d.o.Store.Message(ctx, tenant, of)
	if err != nil || m.State == Acknowledged || m.State == Dead && refusedFor != "" {
		return m, err
	}
	a := Attempt{State: Acknowledged}
	if refusedFor != "" {
		a = Attempt{State: Dead, Reason: cut(refusedFor)}
	}
	if err := d.o.Store.Attempted(ctx, tenant, of, a); err != nil {
		return m, err
	}
	d.fared(tenant, partner, nil)
	m, _, err = d.o.Store.Message(ctx, tenant, of)
	return m, err
}
