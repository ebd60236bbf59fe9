package programme

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
	"zhigai/programme/target"
	"zhigai/record"
)

// Diagnoses keeps projects: their steps in the journal, and a row each of what
// lists show. It implements diagnosis.Store.
type Diagnoses struct{ db *record.DB }

var _ diagnosis.Store = Diagnoses{}

// NewDiagnoses keeps diagnoses in the record.
func NewDiagnoses(db *record.DB) Diagnoses { return Diagnoses{db} }

func sourceOf(id string) string { return "diagnosis:" + id }

// Append stores steps, head and the line of the register in one commit. See diagnosis.Store.
func (r Diagnoses) Append(ctx context.Context, tenant plant.TenantNo, h diagnosis.Head, seen int64, steps []diagnosis.Step) error {
	events := make([]fact.Event, len(steps))
	for i, s := range steps {
		events[i] = fact.New(fact.KindDiagnosis, "", s.At, sourceOf(h.ID), s)
		events[i].SourceSeq = uint64(s.Seq)
	}
	body, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("record: write diagnosis %s: %w", h.ID, err)
	}
	words := strings.ToLower(h.Title + "\n" + h.Firm.Name)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var now int64
		err := tx.QueryRowContext(ctx, `select rev from diagnosis where tenant = ? and id = ?`, tenant, h.ID).Scan(&now)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("record: read diagnosis %s: %w", h.ID, err)
		}
		if now != seen {
			return fmt.Errorf("diagnosis %s is at revision %d, not %d: %w", h.ID, now, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into diagnosis (tenant, id, rev, state, firm, region, sector, edition, words, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, id) do update set rev = excluded.rev, state = excluded.state, firm = excluded.firm, region = excluded.region,
			sector = excluded.sector, edition = excluded.edition, words = excluded.words, body = excluded.body`,
			tenant, h.ID, h.Rev, string(h.State), h.Firm.ID, h.Firm.Region, h.Firm.Sector, h.Edition, words, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save diagnosis %s: %w", h.ID, err)
		}
		for _, s := range steps {
			if s.Entry == nil {
				continue
			}
			if err := r.register(ctx, tx, tenant, h, *s.Entry); err != nil {
				return err
			}
		}
		return nil
	}, events...)
}

// register writes the next revision of the diagnosis' own line of the register,
// which has the diagnosis' id: there can be no second.
func (r Diagnoses) register(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, h diagnosis.Head, e diagnosis.Entry) error {
	var has int64
	if err := tx.NewRaw(`select coalesce(max(rev), 0) from register_entry where tenant = ? and id = ?`, tenant, h.ID).Scan(ctx, &has); err != nil {
		return fmt.Errorf("record: read entry of diagnosis %s: %w", h.ID, err)
	}
	_, err := Registers(r).saveEntry(ctx, tx, tenant, target.Entry{
		ID: h.ID, Rev: has, Kind: target.DiagnosisKind, Firm: h.Firm.ID, Region: e.Region, Sector: e.Sector, Title: e.Title, Remark: e.Remark,
		From: plant.MicrosOf(e.From), Basis: target.Audited, Void: e.Void, Diagnosis: h.ID,
	})
	if err != nil {
		return err
	}
	return changedEntry(ctx, tx, tenant, h.Firm.ID)
}

// Steps are all of a project. See diagnosis.Store.
func (r Diagnoses) Steps(ctx context.Context, tenant plant.TenantNo, id string) ([]diagnosis.Step, error) {
	events, err := r.db.Journal().Events(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindDiagnosis}, Sources: []string{sourceOf(id)}})
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("%w: diagnosis %s", access.ErrNotFound, id)
	}
	out := make([]diagnosis.Step, len(events))
	for i, e := range events {
		if err := json.Unmarshal(e.Payload, &out[i]); err != nil {
			return nil, fmt.Errorf("record: diagnosis %s: step %s: %w", id, e.ID, err)
		}
	}
	slices.SortFunc(out, func(a, b diagnosis.Step) int { return int(a.Seq - b.Seq) })
	return out, nil
}

// Heads are those that the filter chooses. See diagnosis.Store.
func (r Diagnoses) Heads(ctx context.Context, tenant plant.TenantNo, f diagnosis.Filter) ([]diagnosis.Head, error) {
	where, args := []string{`tenant = ?`, `?`}, []any{tenant, record.InAreas("region", "sector", "firm", f.Areas)}
	add := func(cond string, arg any) { where, args = append(where, cond), append(args, arg) }
	if len(f.States) > 0 {
		add(`state in (?)`, bun.List(f.States))
	}
	asked := access.Area{Region: f.Region, Sector: f.Sector, Enterprise: f.Firm}
	add(`?`, record.InAreas("region", "sector", "firm", []access.Area{asked}))
	if f.Text != "" {
		part := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(f.Text))
		add(`words like ? escape '!'`, "%"+part+"%")
	}
	if f.Before != "" {
		add(`id < ?`, f.Before)
	}
	rows, err := r.db.Reader().QueryContext(ctx, `select body from diagnosis where `+strings.Join(where, ` and `)+` order by id desc limit ?`, append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("record: read diagnoses: %w", err)
	}
	return heads(rows)
}

func heads(rows *sql.Rows) ([]diagnosis.Head, error) {
	var out []diagnosis.Head
	for rows.Next() {
		var body string
		var h diagnosis.Head
		if err := rows.Scan(&body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if err := json.Unmarshal([]byte(body), &h); err != nil {
			return nil, errors.Join(fmt.Errorf("record: diagnosis: %w", err), rows.Close())
		}
		out = append(out, h)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Totals are those of other firms. See diagnosis.Store.
func (r Diagnoses) Totals(ctx context.Context, tenant plant.TenantNo, edition, sector, otherThan string) ([]float64, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select body from diagnosis d where tenant = ? and edition = ? and ? and firm <> ?
		and state in (?) and not exists (select 1 from diagnosis n where n.tenant = d.tenant and n.firm = d.firm and n.edition = d.edition and n.state in (?) and n.id > d.id)
		order by id desc limit ?`,
		tenant, edition, record.InAreas("", "sector", "", []access.Area{{Sector: sector}}), otherThan, bun.List(closed), bun.List(closed), diagnosis.MaxPeers)
	if err != nil {
		return nil, fmt.Errorf("record: read totals of %s: %w", edition, err)
	}
	all, err := heads(rows)
	out := make([]float64, len(all))
	for i, h := range all {
		out[i] = h.Total
	}
	return out, err
}

// maxCovered bounds the rows of a country: 3,000 counties of a hundred divisions.
const maxCovered = 300_000

// Covered counts firms, each once. See diagnosis.Store.
func (r Diagnoses) Covered(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]diagnosis.Covered, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select region, division, sum(done), sum(case when done = 0 then running else 0 end) from (
			select firm, max(region) as region, max(substr(sector, 1, 3)) as division,
				max(case when state in (?) then 1 else 0 end) as done,
				max(case when state in (?) then 1 else 0 end) as running
			from diagnosis where tenant = ? and ? group by firm
		) firms group by region, division order by region, division limit ?`,
		bun.List(closed), bun.List(running), tenant, record.InAreas("region", "sector", "firm", areas), maxCovered)
	if err != nil {
		return nil, fmt.Errorf("record: count diagnoses: %w", err)
	}
	var out []diagnosis.Covered
	for rows.Next() {
		var c diagnosis.Covered
		if err := rows.Scan(&c.Region, &c.Division, &c.Diagnosed, &c.Running); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, c)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// running are the states in which a team is at work.
var running = []diagnosis.State{diagnosis.Planned, diagnosis.Visiting, diagnosis.Drafted, diagnosis.Replied}

// closed are the states in which a result stands.
var closed = []diagnosis.State{diagnosis.Closed, diagnosis.Followed}

const (
	// partBytes of a file stand in one row: as text they stay below what both
	// databases keep in one page chain cheaply.
	partBytes = 48 << 10
	// maxFileParts is what the largest file needs.
	maxFileParts = diagnosis.MaxFile/partBytes + 1
)

// SaveFile keeps a file by its digest. See diagnosis.Store.
func (r Diagnoses) SaveFile(ctx context.Context, tenant plant.TenantNo, sha256 string, data []byte) error {
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for i := 0; i*partBytes < len(data); i++ {
			piece := data[i*partBytes : min(len(data), (i+1)*partBytes)]
			if _, err := tx.NewRaw(`insert into diagnosis_file (tenant, sha256, part, data) values (?, ?, ?, ?) on conflict (tenant, sha256, part) do nothing`,
				tenant, sha256, i, base64.StdEncoding.EncodeToString(piece)).Exec(ctx); err != nil {
				return fmt.Errorf("record: save file %s: %w", sha256, err)
			}
		}
		return nil
	})
}

// File gives a file back. See diagnosis.Store.
func (r Diagnoses) File(ctx context.Context, tenant plant.TenantNo, sha256 string) ([]byte, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select data from diagnosis_file where tenant = ? and sha256 = ? order by part limit ?`, tenant, sha256, maxFileParts)
	if err != nil {
		return nil, fmt.Errorf("record: read file %s: %w", sha256, err)
	}
	var out []byte
	for rows.Next() {
		var piece string
		if err := rows.Scan(&piece); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if out, err = base64.StdEncoding.AppendDecode(out, []byte(piece)); err != nil {
			return nil, errors.Join(fmt.Errorf("record: file %s: %w", sha256, err), rows.Close())
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: file %s", access.ErrNotFound, sha256)
	}
	return out, nil
}
