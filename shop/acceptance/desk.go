package acceptance

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Sources
	NewID func() string
	Now   func() time.Time
	Log   *slog.Logger
}

// Limits of making. A job is kept in memory: what it made is in the journal.
const (
	maxRunning = 2 // at once: each reads samples as fast as the disk gives them
	maxJobs    = 50
)

// State of a job.
const (
	Running   = "running"
	Done      = "done"
	Unchanged = "unchanged" // a check that found what was signed
	Cancelled = "cancelled"
	Broken    = "failed"
)

// Job is one making or checking of a report, as people see it.
type Job struct {
	ID       string    `json:"id"`
	Checks   string    `json:"checks,omitempty" doc:"The report that is made again to see whether its facts are the same"`
	Question Question  `json:"question"`
	By       string    `json:"by"`
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended,omitzero"`
	State    string    `json:"state" enum:"running,done,unchanged,cancelled,failed"`
	Done     int       `json:"done" doc:"Machines"`
	Total    int       `json:"total" doc:"0 while it is not known"`
	Report   string    `json:"report,omitempty" doc:"What was made"`
	Error    string    `json:"error,omitempty"`
}

type job struct {
	Job
	tenant plant.TenantNo
	old    *Head // that is checked
	cancel context.CancelFunc
}

// Desk is where reports are made, kept and looked up. Its methods may be called
// concurrently.
type Desk struct {
	o      Options
	work   sync.WaitGroup
	end    context.Context // of all jobs
	cancel context.CancelFunc

	mu   sync.Mutex
	jobs []*job
}

// NewDesk makes a desk; Close ends it.
func NewDesk(o Options) *Desk {
	d := &Desk{o: o}
	d.end, d.cancel = context.WithCancel(context.Background())
	return d
}

// Close ends what is running and waits for it.
func (d *Desk) Close() {
	d.cancel()
	d.work.Wait()
}

// Start begins to make a report and returns at once. The places must lie within
// the scope of who asks; without any it is all of that scope.
func (d *Desk) Start(who access.Principal, q Question) (Job, error) {
	q.From, q.To = q.From.UTC().Truncate(time.Millisecond), q.To.UTC().Truncate(time.Millisecond)
	if q.Places = placesOf(q.Places); len(q.Places) == 0 && who.Scope.Path != "" {
		q.Places = who.Scope.Places()
	} else if len(q.Places) == 0 {
		return Job{}, fmt.Errorf("%w: no place; write the path of an enterprise, a site, a line or a machine", ErrInvalid)
	}
	if err := q.check(d.o.Now()); err != nil {
		return Job{}, err
	}
	if !sees(who.Scope, q) {
		return Job{}, fmt.Errorf("%w: a place lies outside your scope %q", access.ErrForbidden, who.Scope.Places())
	}
	return d.start(who, q, nil)
}

// placesOf are the places without those that others hold, in order.
func placesOf(in []string) []string {
	out := []string{}
	for _, p := range slices.Compact(slices.Sorted(slices.Values(in))) {
		if !slices.ContainsFunc(out, func(o string) bool { return plant.Within(p, o) }) {
			out = append(out, p)
		}
	}
	return out
}

// Check makes the newest revision of a report again. When the facts have changed
// since, what comes out is kept as the next revision.
func (d *Desk) Check(ctx context.Context, who access.Principal, id string) (Job, error) {
	all, err := d.Reports(ctx, who.Scope)
	if err != nil {
		return Job{}, err
	}
	for i := slices.IndexFunc(all, func(h Head) bool { return h.ID == id }); i >= 0; {
		if all[i].Next == "" {
			return d.start(who, all[i].Question, &all[i])
		}
		i = slices.IndexFunc(all, func(h Head) bool { return h.ID == all[i].Next })
	}
	return Job{}, fmt.Errorf("%w: report %s", access.ErrNotFound, id)
}

func (d *Desk) start(who access.Principal, q Question, old *Head) (Job, error) {
	ctx, cancel := context.WithCancel(d.end)
	j := &job{Job: Job{ID: d.o.NewID(), Question: q, By: who.Name, Started: d.o.Now().UTC(), State: Running}, tenant: who.Scope.Tenant, old: old, cancel: cancel}
	if old != nil {
		j.Checks = old.ID
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	running := 0
	for _, o := range d.jobs {
		if o.State == Running {
			running++
		}
	}
	if running >= maxRunning || d.end.Err() != nil {
		cancel()
		return Job{}, fmt.Errorf("%w: %d; wait for one or cancel it", ErrBusy, running)
	}
	d.jobs = append(d.jobs, j)
	for i := 0; len(d.jobs) > maxJobs; {
		if d.jobs[i].State == Running {
			i++
			continue
		}
		d.jobs = slices.Delete(d.jobs, i, i+1)
	}
	d.work.Go(func() {
		defer cancel()
		d.run(ctx, j)
	})
	return j.Job, nil
}

func (d *Desk) run(ctx context.Context, j *job) {
	id, err := d.make(ctx, j)
	d.mu.Lock()
	defer d.mu.Unlock()
	j.Ended, j.Report = d.o.Now().UTC(), id
	switch {
	case err == nil && id == "":
		j.State, j.Report = Unchanged, j.Checks
	case err == nil:
		j.State = Done
	case ctx.Err() != nil:
		j.State = Cancelled
	default:
		j.State, j.Error = Broken, err.Error()
		d.o.Log.Warn("acceptance report", "err", err)
	}
}

// make folds and keeps a report; no id means that the one that is checked still
// holds.
func (d *Desk) make(ctx context.Context, j *job) (string, error) {
	content, err := d.o.Fold(ctx, j.tenant, j.Question, func(done, total int) {
		d.mu.Lock()
		defer d.mu.Unlock()
		j.Done, j.Total = done, total
	})
	if err != nil {
		return "", err
	}
	raw, sum, err := encode(content)
	if err != nil {
		return "", err
	}
	t := content.Totals
	h := Head{
		ID: d.o.NewID(), Made: d.o.Now().UTC().Truncate(time.Microsecond), By: j.By, Revision: 1, SHA256: sum, Question: j.Question, Names: content.Names,
		Result: content.Result, Machines: t.Machines, Passed: t.Passed, Failed: t.Failed, NoData: t.NoData,
	}
	if j.old != nil {
		if sum == j.old.SHA256 {
			return "", nil
		}
		h.Revision, h.Previous = j.old.Revision+1, j.old.ID
	}
	facts, err := events(h, raw)
	if err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err // cancelled reports are not kept
	}
	_, err = d.o.Journal.Append(ctx, j.tenant, facts...)
	return h.ID, err
}

// Jobs are those whose places lie within the scope, the newest first.
func (d *Desk) Jobs(scope access.Scope) []Job {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []Job{}
	for _, j := range slices.Backward(d.jobs) {
		if j.tenant == scope.Tenant && sees(scope, j.Question) {
			out = append(out, j.Job)
		}
	}
	slices.SortStableFunc(out, func(a, b Job) int { return strings.Compare(b.ID, a.ID) })
	return out
}

// Cancel ends a job that runs; nothing of it is kept.
func (d *Desk) Cancel(scope access.Scope, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range d.jobs {
		if j.tenant == scope.Tenant && j.ID == id && sees(scope, j.Question) {
			j.cancel()
			return nil
		}
	}
	return fmt.Errorf("%w: job %s", access.ErrNotFound, id)
}
