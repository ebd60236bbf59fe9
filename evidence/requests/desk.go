package requests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"zhigai/evidence"
	"zhigai/evidence/seals"
	"zhigai/fact"
	"zhigai/plant"
)

// Book answers with samples and how far they are sealed; *seals.Book does.
type Book interface {
	Find(ctx context.Context, tag plant.Tag, day evidence.Day) (seals.Finding, error)
	Samples(ctx context.Context, tag plant.Tag, from, to plant.Micros, limit int) (evidence.Samples, error)
}

// Tags finds the tags that this node keeps the samples of.
type Tags interface {
	// TagsAt gives the tags of a machine by name; none of one that is not ours.
	TagsAt(ctx context.Context, equipment plant.NodeID) (map[string]plant.Tag, error)
}

// Onward passes a question for a machine that a node below keeps.
type Onward interface {
	// Below names the node below that leads to the machine; false: it is not
	// below. The empty name is this node itself.
	Below(ctx context.Context, equipment plant.NodeID) (node string, ok bool, err error)
	// Ask asks the node. An [*AwayError] says that it is not connected.
	Ask(ctx context.Context, node string, payload []byte) ([]byte, error)
}

// AwayError is a node that is not connected.
type AwayError struct {
	Node  string
	Since plant.Micros
}

func (e *AwayError) Error() string {
	return fmt.Sprintf("node %s is away since %s", e.Node, e.Since.Time().Format(time.RFC3339))
}

// Options of a desk. All but Terms are required.
type Options struct {
	Tenant  plant.TenantNo
	Node    string // this one
	Journal fact.Journal
	Book    Book
	Tags    Tags
	Onward  Onward
	// Audit keeps who did what beside the facts; who is a person elsewhere.
	Audit func(ctx context.Context, who, action, object string, after any) error
	NewID func() string
	Now   func() time.Time
	// Terms are what the firm's sharing policy says now.
	Terms func(ctx context.Context) (Terms, error)
}

// Terms are what a sharing policy says of requests before a person does.
type Terms struct {
	// Refused is why no sample is given, not even of what was granted before; ""
	// says that it is given.
	Refused string
	// Granted is for how long a request is granted at once; 0: a person decides.
	Granted func(Wish) time.Duration
}

// byPolicy stands where a step names who decided.
const byPolicy = "sharing policy"

// Desk is where requests arrive and are decided. Its methods may be called
// concurrently.
type Desk struct {
	o  Options
	mu sync.Mutex // a step has the number behind the one before
}

// NewDesk makes a desk.
func NewDesk(o Options) *Desk {
	if o.Terms == nil {
		o.Terms = func(context.Context) (Terms, error) { return Terms{}, nil }
	}
	return &Desk{o: o}
}

// askTime bounds one question to the next node and all behind it.
const askTime = 40 * time.Second

// Handle answers a node above, or passes its question on. It is a link.Handler.
func (d *Desk) Handle(ctx context.Context, payload []byte) ([]byte, error) {
	var q question
	if err := json.Unmarshal(payload, &q); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	out, err := d.answer(ctx, q)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func (d *Desk) answer(ctx context.Context, q question) (Reply, error) {
	if err := q.Wish.Check(); err != nil {
		return Reply{}, err
	}
	node, ok, err := d.o.Onward.Below(ctx, q.Wish.Equipment)
	if err != nil {
		return Reply{}, err
	}
	if !ok {
		return Reply{}, fmt.Errorf("%w: machine %s is not at this node or below it", ErrNotFound, q.Wish.Equipment)
	}
	if node != "" {
		q.Wish.Via = append(slices.Clone(q.Wish.Via), d.o.Node)
		return d.pass(ctx, node, q)
	}
	switch q.Do {
	case "look":
		return d.look(ctx, q.Wish.Equipment)
	case "ask":
		return d.ask(ctx, q.Wish)
	case "state":
		return d.state(ctx, q)
	case "page":
		return d.page(ctx, q)
	}
	return Reply{}, fmt.Errorf("%w: %.40q; write look, ask, state or page", ErrInvalid, q.Do)
}

func (d *Desk) pass(ctx context.Context, node string, q question) (Reply, error) {
	raw, err := json.Marshal(q)
	if err != nil {
		return Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	raw, err = d.o.Onward.Ask(ctx, node, raw)
	if away, ok := errors.AsType[*AwayError](err); ok {
		return Reply{State: Offline, At: away.Node, Since: away.Since, Reason: away.Error()}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	var out Reply
	if err := json.Unmarshal(raw, &out); err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrUntrue, err)
	}
	return out, nil
}

// look names what can be asked for; it shows no value and is no request.
func (d *Desk) look(ctx context.Context, equipment plant.NodeID) (Reply, error) {
	tags, err := d.o.Tags.TagsAt(ctx, equipment)
	if err != nil {
		return Reply{}, err
	}
	out := Reply{State: Ready, At: d.o.Node, Tags: []TagName{}}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if t := tags[name]; t.Kind != plant.KindWaveform && len(out.Tags) < maxLook {
			out.Tags = append(out.Tags, TagName{Name: name, Unit: t.Unit, Kind: string(t.Kind)})
		}
	}
	terms, err := d.o.Terms(ctx)
	if why := terms.Refused; why != "" {
		out.State, out.Reason = fact.EvidenceRefused, why
	}
	return out, err
}

// state tells those who asked how their request stands.
func (d *Desk) state(ctx context.Context, q question) (Reply, error) {
	r, err := d.byID(ctx, q.Request)
	if err != nil {
		return Reply{}, err
	}
	if q.Wish.Person != r.Wish.Person || q.Wish.Node != r.Wish.Node || q.Wish.Equipment != r.Wish.Equipment {
		return Reply{}, fmt.Errorf("%w: %.40q", ErrNotFound, q.Request)
	}
	terms, err := d.o.Terms(ctx)
	if err != nil {
		return Reply{}, err
	}
	out := reply(r)
	for _, name := range r.Wish.Tags {
		out.Tags = append(out.Tags, TagName{Name: name})
	}
	if why := terms.Refused; why != "" {
		out.State, out.Reason = fact.EvidenceRefused, why
	} else if ok, why := r.InForce(plant.MicrosOf(d.o.Now())); !ok && r.State == fact.EvidenceGranted {
		out.State, out.Reason = Ended, why
	}
	return out, nil
}

// ask keeps the request; the same again is no second one while it waits or is
// granted, or while the policy refuses it as before.
func (d *Desk) ask(ctx context.Context, w Wish) (Reply, error) {
	has, err := d.o.Tags.TagsAt(ctx, w.Equipment)
	if err != nil {
		return Reply{}, err
	}
	for _, name := range w.Tags {
		if _, ok := has[name]; !ok {
			return Reply{}, fmt.Errorf("%w: machine %s has no tag %s", ErrNotFound, w.Equipment, name)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	all, err := d.load(ctx, fact.Filter{Subjects: []plant.NodeID{w.Equipment}})
	if err != nil {
		return Reply{}, err
	}
	terms, err := d.o.Terms(ctx)
	if err != nil {
		return Reply{}, err
	}
	open := 0
	for _, r := range all {
		alive, _ := r.InForce(plant.MicrosOf(d.o.Now()))
		if terms.Refused != "" {
			alive = r.State == fact.EvidenceRefused && r.By == byPolicy && r.Reason == terms.Refused
		} else {
			alive = alive || r.State == fact.EvidenceWaiting
		}
		if alive && same(r.Wish, w) {
			return reply(r), nil
		}
		if r.State == fact.EvidenceWaiting {
			open++
		}
	}
	if open >= maxOpen {
		return Reply{}, fmt.Errorf("%w: %d requests for this machine wait already", ErrState, open)
	}
	return d.enter(ctx, w, terms)
}

// enter keeps a new request, and what the policy says of it; d.mu is held.
func (d *Desk) enter(ctx context.Context, w Wish, terms Terms) (Reply, error) {
	id := d.o.NewID()
	e := fact.New(fact.KindEvidenceRequest, w.Equipment, d.o.Now(), fact.EvidenceSource(id), fact.EvidenceRequest{
		At: d.o.Node, Node: w.Node, Via: w.Via, Person: w.Person, Office: w.Office, Purpose: w.Purpose, Tags: w.Tags, From: w.From.String(), To: w.To.String(),
	})
	e.ID, e.SourceSeq = id, 1
	if _, err := d.o.Journal.Append(ctx, d.o.Tenant, e); err != nil {
		return Reply{}, err
	}
	out := Reply{Request: id, State: fact.EvidenceWaiting, At: d.o.Node}
	if err := d.o.Audit(ctx, who(w), "evidence.request", id, w); err != nil {
		return Reply{}, err
	}
	step := fact.EvidenceStep{By: byPolicy}
	switch {
	case terms.Refused != "":
		step.State, step.Reason = fact.EvidenceRefused, terms.Refused
	case terms.Granted != nil && terms.Granted(w) > 0:
		step.State, step.Until = fact.EvidenceGranted, plant.MicrosOf(d.o.Now().Add(min(terms.Granted(w), maxGrant)))
	default:
		return out, nil
	}
	out.State, out.Reason, out.Until = step.State, step.Reason, step.Until
	if err := d.note(ctx, Request{ID: id, Wish: w, next: 2}, step); err != nil {
		return Reply{}, err
	}
	return out, d.o.Audit(ctx, byPolicy, "evidence."+step.State, id, step)
}

func same(a, b Wish) bool {
	return a.Node == b.Node && a.Person == b.Person && a.Office == b.Office && a.Purpose == b.Purpose && a.From == b.From && a.To == b.To && slices.Equal(a.Tags, b.Tags)
}

// who names a person elsewhere in audit and facts.
func who(w Wish) string { return w.Person + " · " + w.Office + " · " + w.Node }

func reply(r Request) Reply {
	return Reply{Request: r.ID, State: r.State, Reason: r.Reason, Until: r.Until, At: r.At}
}

// load folds the requests that this node decides.
func (d *Desk) load(ctx context.Context, f fact.Filter) ([]Request, error) {
	all, err := list(ctx, d.o.Journal, d.o.Tenant, f)
	return slices.DeleteFunc(all, func(r Request) bool { return r.At != d.o.Node }), err
}

// list reads all facts of requests, a page at a time.
func list(ctx context.Context, j fact.Journal, tenant plant.TenantNo, f fact.Filter) ([]Request, error) {
	f.Kinds = []fact.Kind{fact.KindEvidenceRequest, fact.KindEvidenceStep}
	var events []fact.Event
	for {
		page, err := j.Events(ctx, tenant, f)
		if err != nil {
			return nil, err
		}
		if events = append(events, page...); len(page) < fact.MaxEvents {
			return Fold(events)
		}
		f.AfterSeq = page[len(page)-1].Seq
	}
}

func (d *Desk) byID(ctx context.Context, id string) (Request, error) {
	all, err := d.load(ctx, fact.Filter{Sources: []string{fact.EvidenceSource(id)}})
	if err != nil {
		return Request{}, err
	}
	if len(all) != 1 {
		return Request{}, fmt.Errorf("%w: %.40q", ErrNotFound, id)
	}
	return all[0], nil
}

// note keeps a step; d.mu is held.
func (d *Desk) note(ctx context.Context, r Request, p fact.EvidenceStep) error {
	p.Request, p.At = r.ID, d.o.Node
	e := fact.New(fact.KindEvidenceStep, r.Wish.Equipment, d.o.Now(), fact.EvidenceSource(r.ID), p)
	e.SourceSeq = r.next
	_, err := d.o.Journal.Append(ctx, d.o.Tenant, e)
	return err
}

// page gives an hour of a tag, or says why not. Both are facts.
func (d *Desk) page(ctx context.Context, q question) (Reply, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, err := d.byID(ctx, q.Request)
	if err != nil {
		return Reply{}, err
	}
	terms, err := d.o.Terms(ctx)
	if err != nil {
		return Reply{}, err
	}
	out := reply(r)
	step := fact.EvidenceStep{State: fact.EvidenceDeclined, By: who(q.Wish), Tag: q.Tag, Day: q.Day.String(), Hour: q.Hour}
	if step.Reason = d.why(terms, r, q); step.Reason == "" {
		if out.Page, err = d.read(ctx, r.Wish.Equipment, q); errors.Is(err, seals.ErrTooMany) {
			step.Reason = "the hour has more samples than an answer may hold: ask the firm for a file"
		} else if err != nil {
			return Reply{}, err
		} else {
			step.State, step.Samples = fact.EvidenceAnswered, int64(len(out.Page.Samples.Rows))
		}
	}
	if out.Reason = step.Reason; out.Page == nil && out.State == fact.EvidenceGranted {
		out.State = fact.EvidenceDeclined
	}
	if r.next > maxSteps {
		return Reply{}, fmt.Errorf("%w: it was answered %d times; make a new one", ErrState, maxSteps)
	}
	if err := d.note(ctx, r, step); err != nil {
		return Reply{}, err
	}
	return out, d.o.Audit(ctx, step.By, "evidence."+step.State, r.ID, step)
}

// why says why a page is not given; "" that it is.
func (d *Desk) why(terms Terms, r Request, q question) string {
	if terms.Refused != "" {
		return terms.Refused
	}
	if ok, why := r.InForce(plant.MicrosOf(d.o.Now())); !ok {
		return why
	}
	switch {
	case q.Wish.Person != r.Wish.Person || q.Wish.Node != r.Wish.Node || q.Wish.Office != r.Wish.Office || q.Wish.Equipment != r.Wish.Equipment:
		return "it was granted to somebody else, or for another machine"
	case !slices.Contains(r.Wish.Tags, q.Tag) || q.Day < r.Wish.From || q.Day > r.Wish.To || q.Hour < 0 || q.Hour > 23:
		return "the tag or the day was not asked for when it was granted"
	}
	return ""
}

func (d *Desk) read(ctx context.Context, equipment plant.NodeID, q question) (*Page, error) {
	tags, err := d.o.Tags.TagsAt(ctx, equipment)
	if err != nil {
		return nil, err
	}
	tag, ok := tags[q.Tag]
	if !ok {
		return nil, fmt.Errorf("%w: machine %s has no tag %s any more", ErrNotFound, equipment, q.Tag)
	}
	f, err := d.o.Book.Find(ctx, tag, q.Day)
	if err != nil {
		return nil, err
	}
	from := q.Day.From() + plant.Micros(q.Hour)*plant.Micros(time.Hour.Microseconds())
	out := &Page{Tag: f.Tag, Path: tag.Path, Unit: tag.Unit, Day: q.Day, Hour: q.Hour, State: f.State, Expired: f.Expired}
	if out.Samples, err = d.o.Book.Samples(ctx, tag, from, from+plant.Micros(time.Hour.Microseconds()), MaxPage); err != nil {
		return nil, err
	}
	size := 0
	for _, s := range out.Samples.Rows {
		if size += len(s.Text) + 40; size > maxText {
			return nil, seals.ErrTooMany
		}
	}
	switch f.State {
	case seals.Sealed:
		p, err := evidence.ProveHour(*f.Proof, f.Digest, q.Hour)
		out.Proof = &p
		return out, err
	case seals.Gone: // the digest is what remains
		out.Proof = &evidence.HourProof{Proof: *f.Proof, Hour: q.Hour}
	}
	return out, nil
}

// Decision is what a person of the firm says of a request.
type Decision struct {
	State  string       `json:"state" enum:"granted,refused,withdrawn"`
	Reason string       `json:"reason,omitempty" maxLength:"1000" doc:"Needed to refuse and to withdraw; the asker reads it"`
	Until  plant.Micros `json:"until,omitempty" doc:"Of granted: microseconds since 1970"`
}

// maxGrant bounds how long a grant holds: who grants for ever forgets it.
const maxGrant = 366 * 24 * time.Hour

// Decide grants, refuses or withdraws.
func (d *Desk) Decide(ctx context.Context, by, id string, v Decision) (Request, error) {
	now := plant.MicrosOf(d.o.Now())
	switch v.State {
	case fact.EvidenceGranted:
		if v.Until <= now || v.Until > now+plant.Micros(maxGrant.Microseconds()) {
			return Request{}, fmt.Errorf("%w: until: a grant ends after now and within a year", ErrInvalid)
		}
	case fact.EvidenceRefused, fact.EvidenceWithdrawn:
		if v.Until = 0; checkWord("reason", v.Reason, maxReason) != nil {
			return Request{}, checkWord("reason", v.Reason, maxReason)
		}
	default:
		return Request{}, fmt.Errorf("%w: state %.40q; write granted, refused or withdrawn", ErrInvalid, v.State)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r, err := d.byID(ctx, id)
	if err != nil {
		return Request{}, err
	}
	if may := (v.State == fact.EvidenceWithdrawn) == (r.State == fact.EvidenceGranted); !may || r.State == fact.EvidenceRefused || r.State == fact.EvidenceWithdrawn {
		return Request{}, fmt.Errorf("%w: it is %s; what waits is granted or refused, and what is granted withdrawn", ErrState, r.State)
	}
	if err := d.note(ctx, r, fact.EvidenceStep{State: v.State, By: by, Reason: v.Reason, Until: v.Until}); err != nil {
		return Request{}, err
	}
	return d.byID(ctx, id)
}

// Received lists the requests that this node decides, newest first.
func (d *Desk) Received(ctx context.Context) ([]Request, error) { return d.load(ctx, fact.Filter{}) }
