package exchange

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store    Store
	Rooms    Rooms
	Makes    Makes
	Mappings *Library
	// Open makes the door to a partner, with its secret in clear.
	Open func(tenant plant.TenantNo, p Partner) (Door, error)
	Now  func() time.Time
	Log  *slog.Logger
}

// Door is a way to a partner's system.
type Door interface {
	// Fetch hands over what waits there, one by one, and tells the partner the
	// answer to each before it takes the next. A message that take could not keep
	// (err) is left where it is.
	Fetch(ctx context.Context, take func(ctx context.Context, in Incoming) (Answer, error)) error
	// Send returns nil when the partner has the message durably: sent again it does
	// no harm. An error that wraps ErrRefused is final.
	Send(ctx context.Context, w Written) error
	// Statements asks for the partner's books; nil where it cannot be asked.
	Statements(ctx context.Context) ([]Statement, error)
	Close()
}

// Incoming is a message at a door.
type Incoming struct {
	ID     string
	Format Format
	Kind   Kind // of rows; a B2MML document says it itself
	Body   []byte
}

// Answer is what a partner is told of a message: the same, however often it
// comes.
type Answer struct {
	ID     string `json:"id"`
	State  State  `json:"state" enum:"received,done,partly,refused" doc:"received: it is kept and will be applied"`
	Reason string `json:"reason,omitempty"`
	Again  bool   `json:"again" doc:"It came before; nothing was done this time"`
	Parts  []Part `json:"parts" nullable:"false"`
}

// Desk is where messages come and go. Its methods may be called concurrently.
type Desk struct {
	o      Options
	change chan struct{}

	mu    sync.Mutex
	fares map[fareKey]fare
}

type fareKey struct {
	tenant  plant.TenantNo
	partner string
}

// fare is how the connection to a partner was last; of this process.
type fare struct {
	ok     plant.Instant
	failed plant.Instant
	reason string
}

// NewDesk makes a desk; nothing is fetched or sent before Run.
func NewDesk(o Options) *Desk {
	return &Desk{o: o, change: make(chan struct{}, 1), fares: map[fareKey]fare{}}
}

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// Contact is how a partner fares.
type Contact struct {
	Partner
	Counts     Counts        `json:"counts"`
	Silent     bool          `json:"silent" doc:"Nothing was heard for longer than it may be"`
	Since      plant.Instant `json:"since,omitempty" doc:"When it was last heard of"`
	Failed     plant.Instant `json:"failed,omitempty" doc:"When it was last tried in vain, if nothing went well since"`
	FailReason string        `json:"fail_reason,omitempty"`
}

// Partners are those of the tenant and how they fare.
func (d *Desk) Partners(ctx context.Context, tenant plant.TenantNo) ([]Contact, error) {
	all, err := d.o.Store.Partners(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]Contact, len(all))
	for i, p := range all {
		counts, err := d.o.Store.Counts(ctx, tenant, p.ID)
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		f := d.fares[fareKey{tenant, p.ID}]
		d.mu.Unlock()
		c := Contact{Partner: p.Hidden(), Counts: counts, Since: max(counts.Heard, f.ok)}
		if p.Way != WayFolder {
			c.Since = max(c.Since, counts.Took)
		}
		if f.failed > f.ok {
			c.Failed, c.FailReason = f.failed, f.reason
		}
		c.Silent = !p.Off && d.o.Now().Sub(c.Since.Time()) > time.Duration(p.SilentS)*time.Second
		out[i] = c
	}
	return out, nil
}

// partner finds one, with its mapping.
func (d *Desk) partner(ctx context.Context, tenant plant.TenantNo, id string) (Partner, Mapping, error) {
	all, err := d.o.Store.Partners(ctx, tenant)
	if err != nil {
		return Partner{}, Mapping{}, err
	}
	for _, p := range all {
		if p.ID == id {
			m, err := p.mapping(d.o.Mappings)
			return p, m, err
		}
	}
	return Partner{}, Mapping{}, notFound("partner %s", id)
}

// Save stores a partner from now on; rev is what the editor saw, 0 for a new
// one.
func (d *Desk) Save(ctx context.Context, tenant plant.TenantNo, p Partner, rev int64) (Partner, error) {
	if _, err := p.check(d.o.Mappings); err != nil {
		return Partner{}, err
	}
	if p.Secret == "" && rev > 0 {
		old, _, err := d.partner(ctx, tenant, p.ID)
		switch {
		case err != nil:
			return Partner{}, err
		case old.Sealed != nil:
			return Partner{}, invalid("the stored secret cannot be read; write it again: %v", old.Sealed)
		case old.Secret != "" && (old.URL != p.URL || old.Way != p.Way):
			return Partner{}, invalid("the address changed; write the secret again") // it must not go to another that an editor names
		}
		p.Secret = old.Secret
	}
	saved, err := d.o.Store.SavePartner(ctx, tenant, p, rev)
	if err != nil {
		return Partner{}, err
	}
	d.Changed()
	return saved.Hidden(), nil
}

// Drop ends a partner; its messages stay.
func (d *Desk) Drop(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	if err := d.o.Store.DropPartner(ctx, tenant, id, rev); err != nil {
		return err
	}
	d.Changed()
	return nil
}

// Changed makes the desk look at the partners again.
func (d *Desk) Changed() {
	select {
	case d.change <- struct{}{}:
	default:
	}
}

// fared notes how the last word with a partner went.
func (d *Desk) fared(tenant plant.TenantNo, partner string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := fareKey{tenant, partner}
	f := d.fares[k]
	if err == nil {
		f.ok = d.now()
	} else {
		f.failed, f.reason = d.now(), cut(err.Error())
	}
	d.fares[k] = f
}

// Mappings are those that come with the product.
func (d *Desk) Mappings() []Mapping { return d.o.Mappings.All() }

// Preview is what a message would say here.
type Preview struct {
	Problem string `json:"problem,omitempty" doc:"Why it would be refused"`
	Parts   []Part `json:"parts" nullable:"false"`
	Out     string `json:"out,omitempty" doc:"What the partner would get of an order of which 5 were made"`
}

// Try shows what a partner as it is written, saved or not, would make of a
// message, and what it would get. Nothing is stored.
func (d *Desk) Try(p Partner, in Incoming) (Preview, error) {
	out := Preview{Parts: []Part{}}
	m, err := p.check(d.o.Mappings)
	if err != nil {
		out.Problem = err.Error()
		return out, nil
	}
	if len(in.Body) > 0 {
		parts, err := Understand(m, p, in.Format, in.Kind, in.Body, d.now())
		if err != nil {
			out.Problem = reasonOf(err)
		} else {
			out.Parts = parts
		}
	}
	w, err := Write(m, p.Format, Performance{
		ID: "A1-0-2", Number: "A1", Product: "6204", Unit: "{piece}", Seq: 2, State: "running", Total: Quantities{5, 1, 0}, New: Quantities{3, 1, 0}, Began: d.now(), At: d.now(),
	})
	if err != nil && out.Problem == "" {
		out.Problem = reasonOf(err)
	}
	if p.Format != XLSX {
		out.Out = string(w.Body)
	}
	return out, nil
}

// Messages are newest first.
func (d *Desk) Messages(ctx context.Context, tenant plant.TenantNo, f Filter) ([]Message, error) {
	return d.o.Store.Messages(ctx, tenant, f)
}

// Message is one with its parts and its body.
func (d *Desk) Message(ctx context.Context, tenant plant.TenantNo, of Ref) (Message, []Part, error) {
	return d.o.Store.Message(ctx, tenant, of)
}

// Again applies what was refused of a message once more, or sends a dead letter
// again.
func (d *Desk) Again(ctx context.Context, who access.Principal, of Ref) (Message, []Part, error) {
	tenant := who.Scope.Tenant
	parts, err := d.readAgain(ctx, tenant, of)
	if err != nil {
		return Message{}, nil, err
	}
	if err := d.o.Store.Again(ctx, tenant, of, who.Name, parts); err != nil {
		return Message{}, nil, err
	}
	if of.Direction == In {
		m, _, err := d.o.Store.Message(ctx, tenant, of)
		if err == nil {
			err = d.apply(ctx, tenant, m)
		}
		if err != nil {
			return Message{}, nil, err
		}
	}
	d.Changed()
	return d.o.Store.Message(ctx, tenant, of)
}

// readAgain gives the parts of a message that could not be read when it came,
// by the mapping as it is now; nil for all others.
func (d *Desk) readAgain(ctx context.Context, tenant plant.TenantNo, of Ref) ([]Part, error) {
	msg, parts, err := d.o.Store.Message(ctx, tenant, of)
	if err != nil || of.Direction == Out || len(parts) > 0 || msg.State != Refused {
		return nil, err
	}
	p, m, err := d.partner(ctx, tenant, of.Partner)
	if err != nil {
		return nil, err
	}
	parts, err = Understand(m, p, msg.Format, msg.Kind, msg.Body, msg.At)
	if errors.Is(err, ErrRefused) {
		return nil, invalid("it is refused still: %s", reasonOf(err))
	}
	return parts, err
}
