package diagnosis

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// fillStep asks every figure that answers a requirement of the edition, over the
// last days of the plan's time, and grades what they say. A requirement whose
// figure has no value keeps the reason. It returns ErrNoFigures when this node
// has none of the firm.
func (d *Desk) fillStep(ctx context.Context, tenant plant.TenantNo, p Project, e *Edition) (Step, error) {
	to := p.Plan.To
	if now := d.o.Now(); to.After(now) {
		to = now
	}
	byDays := map[int][]*Requirement{}
	for _, r := range e.All() {
		if r.Evidence != nil {
			byDays[r.Evidence.Days] = append(byDays[r.Evidence.Days], r)
		}
	}
	s := Step{What: StepEvidence}
	for days, asked := range byDays {
		from := to.AddDate(0, 0, -days)
		if from.Before(p.Plan.From) {
			from = p.Plan.From
		}
		if !from.Before(to) {
			return s, invalid("the time of evidence begins in the future")
		}
		var ids []string
		for _, r := range asked {
			if !slices.Contains(ids, r.Evidence.Figure) {
				ids = append(ids, r.Evidence.Figure)
			}
		}
		figures, err := d.o.Figures.Figures(ctx, tenant, p.Firm.ID, ids, from, to)
		if err != nil {
			return s, err
		}
		for _, r := range asked {
			f, ok := figures[r.Evidence.Figure]
			if !ok {
				s.Evidence = append(s.Evidence, Evidence{Requirement: r.ID, Figure: r.Evidence.Figure, Reason: NoFigure, From: from, To: to})
				continue
			}
			one, err := evidenceOf(r, f)
			if err != nil {
				return s, err
			}
			s.Evidence = append(s.Evidence, one)
		}
	}
	slices.SortFunc(s.Evidence, func(a, b Evidence) int { return cmp.Compare(a.Requirement, b.Requirement) })
	return s, nil
}

func evidenceOf(r *Requirement, f figure.Figure) (Evidence, error) {
	out := Evidence{
		Requirement: r.ID, Figure: r.Evidence.Figure, Version: f.Definition.Version, Name: f.Definition.Name, Scope: f.Scope.Path,
		From: f.Window.From.Time(), To: f.Window.To.Time(), Value: f.Value, Unit: f.Unit, Coverage: f.Coverage,
		Provisional: f.Provisional, Revision: f.Revision, Terms: f.Terms,
	}
	if f.AsOf != 0 {
		out.AsOf = f.AsOf.Time()
	}
	var err error
	if out.Grade, out.Reason, err = r.Evidence.grade(f.Value, f.Reason, f.Coverage); err != nil {
		return out, err
	}
	q := url.Values{"window": {string(f.Window.Kind)}, "from": {out.From.Format(time.RFC3339Nano)}, "to": {out.To.Format(time.RFC3339Nano)}}
	if out.Scope != "" {
		q.Set("scope", out.Scope)
	}
	out.Link = "/api/v1/figures/" + out.Figure + "/evidence?" + q.Encode()
	return out, nil
}

// MaxFile bounds one attached file, a scanned contract or a few photographs: as
// much as a node takes in one request.
const MaxFile = 8 << 20

// SaveFile keeps bytes that an answer can name as proof.
func (d *Desk) SaveFile(ctx context.Context, who access.Principal, id, name string, data []byte) (File, error) {
	p, _, err := d.project(ctx, who, id, access.Diagnose)
	if err != nil {
		return File{}, err
	}
	switch {
	case !p.Open():
		return File{}, invalid("the diagnosis is %s: files are attached while it is planned or visiting", p.State)
	case len(data) == 0 || len(data) > MaxFile:
		return File{}, invalid("a file of %d bytes; 1 to %d are allowed", len(data), MaxFile)
	case name == "" || len(name) > 200:
		return File{}, invalid("the file needs a name of at most 200 bytes")
	}
	sum := sha256.Sum256(data)
	out := File{SHA256: hex.EncodeToString(sum[:]), Name: name, Bytes: int64(len(data))}
	return out, d.o.Store.SaveFile(ctx, who.Scope.Tenant, out.SHA256, data)
}

// File is one that an answer of the project named, checked against its digest.
func (d *Desk) File(ctx context.Context, who access.Principal, id, digest string) (File, []byte, error) {
	steps, err := d.History(ctx, who, id)
	if err != nil {
		return File{}, nil, err
	}
	for _, s := range steps {
		if s.Answer == nil {
			continue
		}
		for _, f := range s.Answer.Files {
			if f.SHA256 != digest {
				continue
			}
			data, err := d.o.Store.File(ctx, who.Scope.Tenant, digest)
			if err != nil {
				return f, nil, err
			}
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != digest {
				return f, nil, errors.New("diagnosis: the file " + digest + " is not as it was stored")
			}
			return f, data, nil
		}
	}
	return File{}, nil, fmt.Errorf("%w: file %s", access.ErrNotFound, digest)
}
