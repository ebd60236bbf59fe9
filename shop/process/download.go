package process

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// LoadState says how far a download came.
type LoadState string

// States of a download.
const (
	Loading LoadState = "running"
	Applied LoadState = "applied" // every value was read back as it was to be
	Failed  LoadState = "failed"  // it stopped at the first that was not
	Unknown LoadState = "unknown" // the node ended meanwhile: somebody looks at the machine
)

// Download is a revision of a recipe on its way to a machine.
type Download struct {
	ID       string        `json:"id"`
	Rev      int64         `json:"rev"`
	Recipe   string        `json:"recipe" doc:"Id of the revision"`
	Revision int           `json:"revision"`
	Item     string        `json:"item"`
	Machine  plant.NodeID  `json:"equipment"`
	Path     string        `json:"path"`
	Name     plant.Name    `json:"name" doc:"Of the machine"`
	Order    string        `json:"order,omitempty" doc:"Number of the order it was downloaded for"`
	Job      int           `json:"job,omitempty"`
	By       string        `json:"by"`
	Note     string        `json:"note,omitempty"`
	Began    plant.Instant `json:"began"`
	Ended    plant.Instant `json:"ended,omitempty"`
	State    LoadState     `json:"state" enum:"running,applied,failed,unknown"`
	At       string        `json:"at,omitempty" doc:"Signal at which it stopped"`
	Why      string        `json:"why,omitempty" doc:"It stopped"`
	Values   []Loaded      `json:"values" nullable:"false" doc:"In the order in which they are set"`
}

// Loaded is one value of a download.
type Loaded struct {
	Signal  string        `json:"signal"`
	Title   plant.Name    `json:"title,omitzero"`
	Unit    string        `json:"unit,omitempty"`
	Target  float64       `json:"target"`
	Command string        `json:"command,omitempty" doc:"Id of the command that set it; left out: none was ordered"`
	State   string        `json:"state" enum:"waiting,ordered,requested,checked,sent,confirmed,mismatched,failed,expired,rejected,unknown"`
	Read    *float64      `json:"read,omitempty" doc:"What was read back"`
	Ended   plant.Instant `json:"ended,omitempty"`
}

// Limits of downloads.
const (
	// waitCommand bounds the wait for the end of one command: it lives ten minutes at
	// most by itself.
	waitCommand = 11 * time.Minute
	// keepAgain is how often the end of a download is offered to a store that fails.
	keepAgain = time.Second
)

// New is a download that somebody asks for.
type New struct {
	Recipe  string       `json:"recipe" minLength:"1" maxLength:"60" doc:"Id of the revision"`
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Order   string       `json:"order,omitempty" maxLength:"40" doc:"Number of the order it is for; that of the job at the machine when left out"`
	Job     int          `json:"job,omitempty" minimum:"0" maximum:"9999"`
	Note    string       `json:"note,omitempty" maxLength:"1000"`
	Key     string       `json:"-"` // the same of the same person is the same download
}

// Download begins to set the values of an approved recipe at a machine; it goes on by
// itself. What the machine refuses is no error: the download says so.
func (d *Desk) Download(ctx context.Context, who access.Principal, n New) (Download, error) {
	tenant := who.Scope.Tenant
	m, err := d.machine(ctx, who, n.Machine, access.Control)
	if err != nil {
		return Download{}, err
	}
	if n.Key != "" {
		old, err := document.Read[Download](d.o.Store.Keyed(ctx, tenant, KindDownload, who.Name, n.Key))
		if !errors.Is(err, access.ErrNotFound) {
			if err == nil && (old.Recipe != n.Recipe || old.Machine != n.Machine) {
				err = conflict("the key %q is of another download, %s; take a new one", n.Key, old.ID)
			}
			return old, err
		}
	}
	// Whoever may set values at the machine may load what holds for it, though the
	// recipe is kept at a place above what the person sees.
	r, err := document.Read[Recipe](d.o.Store.Document(ctx, tenant, KindRecipe, n.Recipe))
	if err != nil {
		return Download{}, err
	}
	now := d.now()
	switch {
	case !r.fits(m):
		return Download{}, invalid("the recipe is for %s, not for %s", r.Path, m.Path)
	case r.State != Approved:
		return Download{}, invalid("revision %d is %s; an approved one goes to a machine", r.Revision, r.State)
	case r.From > now:
		return Download{}, invalid("revision %d is in effect from %s on", r.Revision, r.From.Time().Format(time.RFC3339))
	case len(n.Note) > maxNote:
		return Download{}, invalid("a note of %d bytes; %d are allowed", len(n.Note), maxNote)
	}
	if err := d.inPlace(ctx, tenant, r, m, now); err != nil {
		return Download{}, err
	}
	l := Download{
		ID: d.o.NewID(), Rev: 1, Recipe: r.ID, Revision: r.Revision, Item: r.Item, Machine: m.ID, Path: m.Path, Name: m.Name, Order: n.Order, Job: n.Job,
		By: who.Name, Note: n.Note, Began: now, State: Loading, Values: []Loaded{},
	}
	for _, p := range r.Parameters {
		if p.Download {
			l.Values = append(l.Values, Loaded{Signal: p.Signal, Title: p.Title, Unit: p.Unit, Target: p.Target, State: "waiting"})
		}
	}
	if len(l.Values) == 0 {
		return Download{}, invalid("nothing of this recipe is set at the machine: all its parameters are watched only")
	}
	if err := d.forJob(ctx, tenant, &l); err != nil {
		return Download{}, err
	}
	at := loading{tenant, m.ID}
	if err := d.reserve(at, m.Path); err != nil {
		return Download{}, err
	}
	// Who gives up waiting has asked all the same.
	if err := d.saveDownload(context.WithoutCancel(ctx), tenant, l, n.Key); err != nil {
		d.release(at)
		return Download{}, err
	}
	said := l
	said.Values = slices.Clone(l.Values)
	go func() {
		defer d.release(at)
		d.load(who, at, l)
	}()
	return said, nil
}

// inPlace says why a recipe may not go to a machine as things stand: another revision
// took its place, or parts of something else are being made there.
func (d *Desk) inPlace(ctx context.Context, tenant plant.TenantNo, r Recipe, m Machine, now plant.Instant) error {
	all, err := d.ofItem(ctx, tenant, r.Item)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.Series == r.Series && o.Revision > r.Revision && o.State == Approved && o.From <= now {
			return invalid("revision %d took the place of revision %d at %s; download that one", o.Revision, r.Revision, o.From.Time().Format(time.RFC3339))
		}
	}
	running, err := d.o.Jobs.Running(ctx, tenant)
	for _, run := range running {
		if run.Machine == m.ID && run.Item != r.Item {
			return invalid("job %d of order %s makes %s at %s; pause it before the machine is set for %s", run.Job, run.Number, run.Item, m.Path, r.Item)
		}
	}
	return err
}

// forJob names the job that runs at the machine, where nobody said one.
func (d *Desk) forJob(ctx context.Context, tenant plant.TenantNo, l *Download) error {
	if l.Order != "" {
		return nil
	}
	running, err := d.o.Jobs.Running(ctx, tenant)
	for _, r := range running {
		if r.Machine == l.Machine && r.Item == l.Item {
			l.Order, l.Job = r.Number, r.Job
		}
	}
	return err
}

// reserve takes a machine for a download.
func (d *Desk) reserve(at loading, path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return conflict("the node is ending")
	case d.loading[at] != nil:
		return conflict("a recipe is being downloaded to %s; wait for its end", path)
	}
	d.loading[at] = make(chan struct{})
	d.work.Add(1)
	return nil
}

func (d *Desk) release(at loading) {
	d.mu.Lock()
	close(d.loading[at])
	delete(d.loading, at)
	d.mu.Unlock()
	d.work.Done()
}

// tell wakes whoever waits for news of a download.
func (d *Desk) tell(at loading) {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.loading[at])
	d.loading[at] = make(chan struct{})
}

func (d *Desk) saveDownload(ctx context.Context, tenant plant.TenantNo, l Download, key string) error {
	return d.save(ctx, tenant, Document{Kind: KindDownload, ID: l.ID, Place: l.Machine, Path: l.Path, Of: string(l.Machine), Open: l.State == Loading, By: l.By, Key: key}, l, l.Rev-1)
}

// load sets one value after the other and stops at the first that is not read back.
func (d *Desk) load(who access.Principal, at loading, l Download) {
	keep := func() bool {
		l.Rev++
		for {
			err := d.saveDownload(context.WithoutCancel(d.ctx), at.tenant, l, "")
			if err == nil {
				d.tell(at)
				return true
			}
			d.o.Logger.Error("a step of a download is not kept", "machine", l.Path, "download", l.ID, "err", err)
			if !d.pause(keepAgain) {
				return false
			}
		}
	}
	for i := range l.Values {
		v := &l.Values[i]
		l.At = v.Signal
		v.State = "ordered"
		if !keep() { // it is not known afterwards that something goes out: so nothing does
			return
		}
		id, err := d.o.Commands.Order(d.ctx, who, l.Machine, v.Signal, v.Target, l.note(), "recipe."+l.ID+"."+v.Signal)
		if err != nil {
			v.State = "failed"
			d.end(&l, Failed, v.Signal, err.Error())
			keep()
			return
		}
		v.Command = id
		c, err := d.wait(at.tenant, id)
		if d.ctx.Err() != nil && !c.Final { // the next start finds it
			return
		}
		if err == nil && !c.Final {
			err = fmt.Errorf("command %s has no end", id)
		}
		v.Read, v.Ended = c.Read, d.now()
		if v.State = c.State; err != nil {
			v.State, c.Why = "unknown", err.Error()
		}
		if !c.Confirmed {
			d.end(&l, Failed, v.Signal, c.Why)
			keep()
			return
		}
	}
	d.end(&l, Applied, "", "")
	keep()
}

func (d *Desk) wait(tenant plant.TenantNo, id string) (Command, error) {
	ctx, cancel := context.WithTimeout(d.ctx, waitCommand)
	defer cancel()
	return d.o.Commands.Wait(ctx, tenant, id)
}

// pause waits, unless the desk is closed meanwhile.
func (d *Desk) pause(for_ time.Duration) bool {
	timer := time.NewTimer(for_)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.ctx.Done():
		return false
	}
}

func (l *Download) note() string { return fmt.Sprintf("%s r%d", l.Item, l.Revision) }

func (d *Desk) end(l *Download, state LoadState, at, why string) {
	l.State, l.At, l.Why, l.Ended = state, at, why, d.now()
}

// Resume says of the downloads of a tenant that a node left behind that nobody knows
// how far the machine is. Nothing is sent. Commands under way have their end before.
func (d *Desk) Resume(ctx context.Context, tenant plant.TenantNo) error {
	open, err := document.ReadAll[Download](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindDownload, Open: true, Limit: maxRevisions}))
	if err != nil {
		return err
	}
	for _, l := range open {
		if l.At == "" && len(l.Values) > 0 { // nothing was ordered yet
			l.At = l.Values[0].Signal
		}
		d.end(&l, Unknown, l.At, "the node ended while the recipe was downloaded: look at the machine, then download it anew")
		l.Rev++
		if err := d.saveDownload(ctx, tenant, l, ""); err != nil {
			return fmt.Errorf("end of download %s: %w", l.ID, err)
		}
		d.o.Logger.Warn("a download was under way when the node ended", "machine", l.Path, "download", l.ID, "signal", l.At)
	}
	return nil
}

// Downloads lists downloads within a scope, the newest first; Of a filter is a
// machine.
func (d *Desk) Downloads(ctx context.Context, f Filter) ([]Download, error) {
	f.Kind = KindDownload
	return document.ReadAll[Download](d.o.Store.Documents(ctx, f))
}

// Await is a download that the asker sees, when it has ended or ctx ends.
func (d *Desk) Await(ctx context.Context, who access.Principal, id string) (Download, error) {
	for {
		l, err := document.Read[Download](d.o.Store.Document(context.WithoutCancel(ctx), who.Scope.Tenant, KindDownload, id))
		if err == nil && !who.Scope.Allows(l.Path) {
			err = fmt.Errorf("%w: download %s", access.ErrNotFound, id)
		}
		if err != nil || l.State != Loading {
			return l, err
		}
		d.mu.Lock()
		news := d.loading[loading{who.Scope.Tenant, l.Machine}]
		d.mu.Unlock()
		if news == nil { // another node loads it, or it ended just now
			if ctx.Err() != nil {
				return l, nil
			}
			timer := time.NewTimer(lookAgain)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			timer.Stop()
			continue
		}
		select {
		case <-news:
		case <-ctx.Done():
			return l, nil
		}
	}
}

// lookAgain is how soon a download is looked at that somebody else carries out.
const lookAgain = 200 * time.Millisecond
