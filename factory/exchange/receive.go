package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/plant"
)

func notFound(format string, args ...any) error {
	return fmt.Errorf("%w: %s", access.ErrNotFound, fmt.Sprintf(format, args...))
}

// cut bounds a reason to what is kept.
func cut(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	return strings.ToValidUTF8(reason[:maxReason], "") + "…"
}

// backOff is how long is waited after so many tries in vain.
func backOff(tries int) time.Duration {
	return min(time.Second<<min(tries, 10), 10*time.Minute)
}

// checkID refuses an id that cannot be shown or kept.
func checkID(id string) error {
	if id == "" || len(id) > maxID || !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return unicode.IsControl(r) }) {
		return invalid("message id %.60q; write 1 to %d bytes of UTF-8 without control characters", id, maxID)
	}
	return nil
}

// Receive takes a message of a partner: it is durable, and as far as that is
// possible applied, when Receive returns. The same message again gets the same
// answer; another one under the same id is ErrOther.
func (d *Desk) Receive(ctx context.Context, tenant plant.TenantNo, partner string, in Incoming) (Answer, error) {
	if err := checkID(in.ID); err != nil {
		return Answer{}, err
	}
	p, m, err := d.partner(ctx, tenant, partner)
	if err != nil {
		return Answer{}, err
	}
	if p.Off {
		return Answer{}, invalid("partner %s is switched off", p.ID)
	}
	now := d.now()
	msg := Message{Partner: p.ID, Direction: In, ID: in.ID, Kind: in.Kind, Format: in.Format, Digest: digest(in.Body), State: Received, At: now, Changed: now, Body: in.Body}
	parts, why := Understand(m, p, in.Format, in.Kind, in.Body, now)
	switch {
	case errors.Is(why, ErrRefused):
		msg.State, msg.Reason, parts = Refused, cut(reasonOf(why)), nil
	case why != nil:
		return Answer{}, why
	default:
		msg.Kind, msg.Object, msg.Parts = parts[0].Kind, parts[0].Object, len(parts)
	}
	kept, fresh, err := d.o.Store.Take(ctx, tenant, msg, parts)
	if err != nil {
		return Answer{}, err
	}
	if kept.Digest != msg.Digest {
		return Answer{}, d.other(ctx, tenant, msg, kept)
	}
	if kept.State == Received {
		if err := d.apply(ctx, tenant, kept); err != nil {
			return Answer{}, err
		}
	}
	return d.answer(ctx, tenant, kept, !fresh)
}

// other keeps a message whose id another one has, so that somebody sees it.
func (d *Desk) other(ctx context.Context, tenant plant.TenantNo, msg, kept Message) error {
	err := fmt.Errorf("%w: message %s came at %s; give this one an id of its own", ErrOther, msg.ID, kept.At.Time().Format(time.RFC3339))
	msg.ID = fmt.Sprintf("%.100s#%s", msg.ID, msg.Digest[:12])
	msg.State, msg.Reason, msg.Parts = Refused, cut(err.Error()), 0
	_, _, kErr := d.o.Store.Take(ctx, tenant, msg, nil)
	return errors.Join(err, kErr)
}

func (d *Desk) answer(ctx context.Context, tenant plant.TenantNo, of Message, again bool) (Answer, error) {
	m, parts, err := d.o.Store.Message(ctx, tenant, Ref{of.Partner, In, of.ID})
	if err != nil {
		return Answer{}, err
	}
	a := Answer{ID: m.ID, State: m.State, Reason: m.Reason, Again: again, Parts: []Part{}}
	for _, p := range parts {
		p.Body = nil
		a.Parts = append(a.Parts, p)
	}
	return a, nil
}

// apply settles the parts of a message that are pending, in their order. One
// that cannot be applied yet is tried again later, with those behind it.
func (d *Desk) apply(ctx context.Context, tenant plant.TenantNo, m Message) error {
	of := Ref{m.Partner, In, m.ID}
	_, parts, err := d.o.Store.Message(ctx, tenant, of)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.State != Pending {
			continue
		}
		err := d.applyPart(ctx, tenant, of, part)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return err
		default:
			d.o.Log.Warn("exchange: a part waits", "partner", m.Partner, "message", m.ID, "part", part.No, "err", err)
			return d.o.Store.Delay(ctx, tenant, of, Attempt{State: Received, Reason: cut(err.Error()), Next: plant.InstantOf(d.o.Now().Add(backOff(m.Tries)))})
		}
	}
	return nil
}

// looks bounds how often a part is judged again because others were settled
// meanwhile.
const looks = 5

func (d *Desk) applyPart(ctx context.Context, tenant plant.TenantNo, of Ref, part Part) error {
	var err error
	for range looks {
		if err = d.settle(ctx, tenant, of, part); !errors.Is(err, ErrOlder) {
			break
		}
	}
	if errors.Is(err, ErrTaken) {
		return nil
	}
	return err
}

// settle judges a part by what was applied before it, and applies it.
func (d *Desk) settle(ctx context.Context, tenant plant.TenantNo, of Ref, part Part) error {
	newest, err := d.o.Store.Object(ctx, tenant, of.Partner, part.Kind, part.Object)
	if err != nil {
		return err
	}
	as := func(s PartState, format string, args ...any) Settled {
		part.State, part.Reason = s, cut(fmt.Sprintf(format, args...))
		return Settled{Ref: of, Part: part, By: actor(of.Partner), Upon: newest.Digest}
	}
	if there := newest.Message != ""; there {
		switch {
		case newest.Version > part.Version:
			return d.o.Store.Settle(ctx, tenant, as(Superseded, "version %d came before with message %s", newest.Version, newest.Message))
		case newest.Version == part.Version && newest.Digest == part.Digest:
			return d.o.Store.Settle(ctx, tenant, as(Same, "message %s said the same", newest.Message))
		case newest.Version == part.Version:
			return d.o.Store.Settle(ctx, tenant, as(PartOff, "message %s brought version %d with another content; raise the version", newest.Message, newest.Version))
		}
	}
	along, done := d.o.Store.Along(ctx, tenant, as(Applied, ""))
	err = d.act(along, tenant, of.Partner, part, newest)
	switch {
	case err == nil && !done(): // it is so already
		return d.o.Store.Settle(ctx, tenant, as(Applied, ""))
	case errors.Is(err, ErrRefused):
		return d.o.Store.Settle(ctx, tenant, as(PartOff, "%s", reasonOf(err)))
	}
	return err
}

// actor is in whose name rooms are told.
func actor(partner string) string { return "erp:" + partner }

// act tells the room that a part is about; newest is what was applied before it.
func (d *Desk) act(ctx context.Context, tenant plant.TenantNo, partner string, part Part, newest Object) error {
	switch part.Kind {
	case KindOrder:
		var o Order
		if err := json.Unmarshal(part.Body, &o); err != nil {
			return fmt.Errorf("exchange: read order %s: %w", part.Object, err)
		}
		return d.o.Rooms.Order(ctx, tenant, partner, o)
	case KindDefinition:
		var def Definition
		if err := json.Unmarshal(part.Body, &def); err != nil {
			return fmt.Errorf("exchange: read definition %s: %w", part.Object, err)
		}
		return d.o.Rooms.Define(ctx, tenant, partner, def)
	case KindLot:
		var l Lot
		if err := json.Unmarshal(part.Body, &l); err != nil {
			return fmt.Errorf("exchange: read lot %s: %w", part.Object, err)
		}
		var before *Lot
		if newest.Message != "" {
			if err := json.Unmarshal(newest.Body, &before); err != nil {
				return fmt.Errorf("exchange: read lot %s as it was: %w", part.Object, err)
			}
		}
		return d.o.Rooms.Lot(ctx, tenant, partner, l, before)
	case KindStatement: // it is kept, and held beside this plant's own by Reconcile
		return nil
	}
	return refused("%s is not taken", part.Kind)
}
