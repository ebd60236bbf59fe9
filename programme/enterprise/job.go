package enterprise

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Stage is how far a sheet has come.
type Stage string

// Stages of a sheet.
const (
	Reading  Stage = "reading"
	Checking Stage = "checking"
	Ready    Stage = "ready"
	Applying Stage = "applying"
	Applied  Stage = "applied"
	Failed   Stage = "failed"
)

// Job is a sheet that is being taken over.
type Job struct {
	ID     string       `json:"id"`
	File   string       `json:"file"`
	Since  plant.Micros `json:"since" doc:"From when on its firms are to hold"`
	Stage  Stage        `json:"stage" enum:"reading,checking,ready,applying,applied,failed"`
	Done   int          `json:"done" doc:"Rows that are checked"`
	All    int          `json:"all"`
	Counts Counts       `json:"counts"`
	Import *Imported    `json:"import,omitempty" doc:"What was taken over"`
	Error  string       `json:"error,omitempty"`
}

// Sheets takes lists of firms over: each is read and checked beside the
// requests, looked at, and then stored as a whole. A sheet is held in memory
// by the process it was sent to, until it is dropped or pushed out by newer ones.
type Sheets struct {
	desk   *Desk
	newID  func() string
	work   sync.WaitGroup
	end    context.Context
	cancel context.CancelFunc

	mu   sync.Mutex
	jobs []*job // oldest first
}

type job struct {
	Job
	who    access.Principal
	rows   []Planned
	cancel context.CancelFunc
}

// maxHeld bounds the sheets in memory: one of 100,000 rows is some 150 MB.
const maxHeld = 3

// maxStoring is how long the storing of the largest sheet may take.
const maxStoring = 10 * time.Minute

// NewSheets makes them; Close ends what is running.
func NewSheets(d *Desk, newID func() string) *Sheets {
	s := &Sheets{desk: d, newID: newID}
	s.end, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close gives up what is running and waits for it.
func (s *Sheets) Close() {
	s.cancel()
	s.work.Wait()
}

// Start begins to read and check a file for firms as of an instant; 0 is now.
func (s *Sheets) Start(who access.Principal, file string, raw []byte, since plant.Micros) (Job, error) {
	now := plant.MicrosOf(s.desk.Now())
	if since = cmp.Or(since, now); since > now {
		return Job{}, fmt.Errorf("%w: since: a list holds from a day that has come", ErrInvalid)
	}
	ctx, cancel := context.WithCancel(s.end)
	j := &job{Job: Job{ID: s.newID(), File: file, Since: since, Stage: Reading}, who: who, cancel: cancel}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.jobs) >= maxHeld {
		i := slices.IndexFunc(s.jobs, func(o *job) bool { return o.Stage != Applying })
		if i < 0 {
			cancel()
			return Job{}, fmt.Errorf("%w: %d lists are being stored; wait for the end of one", access.ErrConflict, len(s.jobs))
		}
		s.jobs[i].cancel()
		s.jobs = slices.Delete(s.jobs, i, i+1)
	}
	s.jobs = append(s.jobs, j)
	s.work.Go(func() {
		if err := s.check(ctx, j, raw); err != nil {
			s.set(j, func() { j.Stage, j.Error = Failed, err.Error() })
		}
	})
	return j.Job, nil
}

func (s *Sheets) set(j *job, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Sheets) check(ctx context.Context, j *job, raw []byte) error {
	sheet, err := readSheet(j.File, raw)
	if err != nil {
		return err
	}
	s.set(j, func() { j.Stage, j.All = Checking, len(sheet.rows) })
	p := planning{
		desk: s.desk, tenant: j.who.Scope.Tenant, areas: j.who.Areas(access.KeepFirms), sheet: sheet, since: j.Since,
		tell: func(done int) { s.set(j, func() { j.Done = done }) },
	}
	rows, err := p.plan(ctx)
	if err != nil {
		return err
	}
	var counts Counts
	for _, r := range rows {
		counts.add(r)
	}
	s.set(j, func() { j.rows, j.Counts, j.Stage = rows, counts, Ready })
	return nil
}

// of is the sheet of who asks.
func (s *Sheets) of(who access.Principal, id string) (*job, error) {
	i := slices.IndexFunc(s.jobs, func(j *job) bool {
		return j.ID == id && j.who.User == who.User && j.who.Scope.Tenant == who.Scope.Tenant
	})
	if i < 0 {
		return nil, fmt.Errorf("list %s: %w; send the file again", id, access.ErrNotFound)
	}
	return s.jobs[i], nil
}

// Job is how far a sheet is.
func (s *Sheets) Job(who access.Principal, id string) (Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.of(who, id)
	if err != nil {
		return Job{}, err
	}
	return j.Job, nil
}

// Rows gives the checked rows behind a line: those of a status, or with
// warnings ("warned"), or all ("").
func (s *Sheets) Rows(who access.Principal, id, only string, after, limit int) ([]Planned, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.of(who, id)
	if err != nil {
		return nil, err
	}
	out := []Planned{}
	for _, r := range j.rows {
		if r.Line <= after || only != "" && string(r.Status) != only && (only != "warned" || len(r.Faults) == 0) {
			continue
		}
		if out = append(out, r); len(out) == limit {
			break
		}
	}
	return out, nil
}

// Apply begins to store a sheet without errors as a whole. Warnings must be
// confirmed. keep is called once it is stored, with a context of its own.
func (s *Sheets) Apply(who access.Principal, id string, confirmed bool, keep func(ctx context.Context, done Imported) error) (Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.of(who, id)
	if err != nil {
		return Job{}, err
	}
	switch c := j.Counts; {
	case j.Stage != Ready:
		return Job{}, fmt.Errorf("%w: the list is %s; only one that is ready can be taken over", access.ErrConflict, j.Stage)
	case c.Wrong+c.Doubled > 0:
		return Job{}, fmt.Errorf("%w: %d rows are to be mended first; nothing was stored", ErrInvalid, c.Wrong+c.Doubled)
	case c.New+c.Changed == 0:
		return Job{}, fmt.Errorf("%w: no row is new or changed", ErrInvalid)
	case c.Warned > 0 && !confirmed:
		return Job{}, fmt.Errorf("%w: %d rows have warnings; look at them and confirm", ErrInvalid, c.Warned)
	}
	j.Stage = Applying
	s.work.Go(func() {
		ctx, cancel := context.WithTimeout(access.With(s.end, who), maxStoring)
		defer cancel()
		done, err := s.store(ctx, j)
		if err == nil {
			err = keep(ctx, done)
		}
		s.set(j, func() {
			if j.Stage, j.Import, j.rows = Applied, &done, nil; err != nil {
				j.Stage, j.Import, j.Error = Failed, nil, err.Error()
			}
		})
	})
	return j.Job, nil
}

func (s *Sheets) store(ctx context.Context, j *job) (Imported, error) {
	done := Imported{File: j.File, Made: int64(j.Counts.New), Changed: int64(j.Counts.Changed)}
	edits := make([]Edit, 0, j.Counts.New+j.Counts.Changed)
	for _, r := range j.rows {
		if r.Status == New || r.Status == Changed {
			edits = append(edits, r.edit)
		}
	}
	_, err := s.desk.Store.Save(ctx, j.who.Scope.Tenant, "import", edits, &done)
	return done, err
}

// Drop forgets a sheet.
func (s *Sheets) Drop(who access.Principal, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.of(who, id)
	if err != nil {
		return err
	}
	if j.Stage == Applying {
		return fmt.Errorf("%w: the list is being stored", access.ErrConflict)
	}
	j.cancel()
	s.jobs = slices.DeleteFunc(s.jobs, func(o *job) bool { return o == j })
	return nil
}
