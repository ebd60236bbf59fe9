package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/evidence"
	"zhigai/evidence/seals"
	"zhigai/plant"
	recordseals "zhigai/record/evidence"
	"zhigai/record/shop"
)

// newBook makes the book in which the days of the node's own tenant are sealed.
func (s *stores) newBook(log *slog.Logger) *seals.Book { return s.newBookAt(log, time.Now) }

func (s *stores) newBookAt(log *slog.Logger, now func() time.Time) *seals.Book {
	return s.bookOf(homeTenant, log, now)
}

// sealsCursor names the reader of a tenant's book at history.
func sealsCursor(tenant plant.TenantNo) string {
	if tenant == homeTenant {
		return seals.Cursor
	}
	return fmt.Sprintf("%s %d", seals.Cursor, tenant)
}

// bookOf makes the book of a tenant.
func (s *stores) bookOf(tenant plant.TenantNo, log *slog.Logger, now func() time.Time) *seals.Book {
	return seals.NewBook(seals.Options{
		Tenant: tenant, Cursor: sealsCursor(tenant), Node: s.id.ID, History: s.history, Tags: &tagsByNo{tags: s.shop}, Store: recordseals.New(s.record), Journal: s.record.Journal(),
		Now: now, Log: log,
	})
}

// tagsByNo keeps the tags of a node until one changes.
type tagsByNo struct {
	tags shop.Tags

	mu  sync.Mutex
	at  map[plant.TenantNo]int64
	has map[plant.TenantNo]map[plant.TagNo]plant.Tag
}

var _ seals.Tags = (*tagsByNo)(nil)

// TagsOf gives the tags of a tenant by number; they must not be changed.
func (t *tagsByNo) TagsOf(ctx context.Context, tenant plant.TenantNo) (map[plant.TagNo]plant.Tag, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rev, err := t.tags.TagsRevision(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if out, ok := t.has[tenant]; ok && t.at[tenant] == rev {
		return out, nil
	}
	tags, err := t.tags.Tags(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return nil, err
	}
	out := make(map[plant.TagNo]plant.Tag, len(tags))
	for _, one := range tags {
		out[one.No] = one
	}
	if t.has == nil {
		t.at, t.has = map[plant.TenantNo]int64{}, map[plant.TenantNo]map[plant.TagNo]plant.Tag{}
	}
	t.at[tenant], t.has[tenant] = rev, out
	return out, nil
}

type evidenceCmd struct {
	Verify evidenceVerifyCmd `cmd:"" help:"Compare seals with one another and with the samples as they are now, or check a file that 'evidence export' wrote."`
	Export evidenceExportCmd `cmd:"" help:"Write the samples of one tag and one day with the proof that they were sealed."`
}

type evidenceVerifyCmd struct {
	place `embed:""`
	File  string `arg:"" optional:"" help:"A tag-day with its proof, as 'evidence export' wrote it; no node is needed." type:"existingfile"`
	From  string `help:"First recorded day, 2026-11-28; the first there is when left out." placeholder:"DAY"`
	To    string `help:"Last recorded day." placeholder:"DAY"`
	Seal  string `help:"A seal that was noted elsewhere, as JSON: it must be one of the node's, or of the file." type:"existingfile" placeholder:"FILE"`
	JSON  bool   `help:"Print the report as JSON." name:"json"`
}

// evidenceQuestion is what a running node is asked.
type evidenceQuestion struct {
	From evidence.Day   `json:"from"`
	To   evidence.Day   `json:"to"`
	Seal *evidence.Seal `json:"seal,omitempty"`
}

// Run prints how much was checked and the first things that do not fit.
func (c evidenceVerifyCmd) Run(ctx context.Context) error { return c.do(ctx, os.Stdout) }

func (c evidenceVerifyCmd) do(ctx context.Context, out io.Writer) error {
	q := evidenceQuestion{From: 0, To: math.MaxInt32}
	var err error
	if c.From != "" {
		if q.From, err = evidence.ParseDay(c.From); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	if c.To != "" {
		if q.To, err = evidence.ParseDay(c.To); err != nil {
			return fmt.Errorf("--to: %w", err)
		}
	}
	if c.Seal != "" {
		q.Seal = &evidence.Seal{}
		if err := readJSON(c.Seal, q.Seal); err != nil {
			return err
		}
	}
	if c.File != "" {
		return verifyEvidenceFile(c.File, q.Seal, out)
	}
	report, err := onNode(ctx, c.place, "/evidence/verify", q, func(s *stores) (*seals.Report, error) { return s.verifyEvidence(ctx, q) })
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(report); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%d seals with %d leaves; %d tag-days with %d samples compared\n", report.Seals, report.Leaves, report.Digests, report.Samples)
		fmt.Fprintf(out, "%d leaves sealed again later, %d tag-days recorded for since, %d expired\n", report.Older, report.Pending, report.Expired)
		if last := report.Last; last != nil {
			fmt.Fprintf(out, "newest seal: %d of %s, hash %s\n", last.Number, last.Day, last.Hash())
		}
		for _, line := range report.First {
			fmt.Fprintln(out, "differs:", line)
		}
	}
	if report.Mismatches > 0 {
		return fmt.Errorf("%d things are not as they were sealed", report.Mismatches)
	}
	return nil
}

func (s *stores) verifyEvidence(ctx context.Context, q evidenceQuestion) (*seals.Report, error) {
	return s.newBook(slog.Default()).Check(ctx, seals.Question{From: q.From, To: q.To, Noted: q.Seal})
}

// maxEvidenceFile bounds what is read as a tag-day: a kilohertz has 86 million
// samples a day and is exported from the node's files, not like this.
const maxEvidenceFile = 1 << 30

func readJSON(file string, into any) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(f, maxEvidenceFile+1))
	if err == nil && len(raw) > maxEvidenceFile {
		err = fmt.Errorf("more than %d bytes", maxEvidenceFile)
	}
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func verifyEvidenceFile(file string, noted *evidence.Seal, out io.Writer) error {
	var d evidence.Dossier
	if err := readJSON(file, &d); err != nil {
		return err
	}
	if err := d.Check(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	s := d.Proof.Seal
	if noted != nil && (noted.Number != s.Number || noted.Hash() != s.Hash()) {
		return fmt.Errorf("%s: %w: its seal %d has the hash %s; noted was seal %d with %s", file, evidence.ErrMismatch, s.Number, s.Hash(), noted.Number, noted.Hash())
	}
	fmt.Fprintf(out, "%d samples of %s on %s are as they were sealed\nseal %d of %s at node %s, hash %s\n", d.Proof.Leaf.Samples, d.Path, d.Proof.Leaf.Day, s.Number, s.Day, s.Node, s.Hash())
	if noted == nil {
		fmt.Fprintln(out, "whether that seal was made then, only a seal that was noted elsewhere can tell: --seal FILE")
	}
	return nil
}

type evidenceExportCmd struct {
	place `embed:""`
	Tag   string `arg:"" help:"Path of the tag."`
	Day   string `arg:"" help:"Day of the samples, 2026-11-28 (UTC)."`
	Out   string `help:"File to write." default:"-" placeholder:"FILE"`
}

type exportQuestion struct {
	Tag string       `json:"tag"`
	Day evidence.Day `json:"day"`
}

// Run writes JSON.
func (c evidenceExportCmd) Run(ctx context.Context) error {
	day, err := evidence.ParseDay(c.Day)
	if err != nil {
		return err
	}
	q := exportQuestion{c.Tag, day}
	d, err := onNode(ctx, c.place, "/evidence/export", q, func(s *stores) (*evidence.Dossier, error) { return s.exportEvidence(ctx, q) })
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if raw = append(raw, '\n'); c.Out == "-" {
		_, err = os.Stdout.Write(raw)
		return err
	}
	return os.WriteFile(c.Out, raw, 0o600)
}

func (s *stores) exportEvidence(ctx context.Context, q exportQuestion) (*evidence.Dossier, error) {
	tags, err := s.shop.Tags(ctx, access.Scope{Tenant: homeTenant})
	if err != nil {
		return nil, err
	}
	for _, t := range tags {
		if t.Path == q.Tag {
			return s.newBook(slog.Default()).Dossier(ctx, t, q.Day)
		}
	}
	return nil, fmt.Errorf("there is no tag %q", q.Tag)
}
