package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/quality/certificate"
)

// Certificates keeps certificates of conformity: each step as a fact, and a row each.
// It implements certificate.Store, beside quality.Store.
type Certificates struct{ Quality }

var _ certificate.Store = Certificates{}

// NewCertificates keeps certificates in the record.
func NewCertificates(db *record.DB) Certificates { return Certificates{NewQuality(db)} }

// SaveCertificate implements certificate.Store.
func (r Certificates) SaveCertificate(ctx context.Context, tenant plant.TenantNo, c certificate.Certificate, seen int64, author, key string) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("record: write certificate %s: %w", c.Number, err)
	}
	last := c.Issues[len(c.Issues)-1]
	at := last.At
	if last.Ended != nil {
		at = last.Ended.At
	}
	// A fact says what the step said: the revision that was issued, or how one ended.
	e := fact.New(fact.KindQualityCertificate, "", at.Time(), c.Source(), struct {
		Number string `json:"number"`
		Path   string `json:"path"`
		certificate.Issue
	}{c.Number, c.Path, last})
	e.SourceSeq = uint64(c.Rev)
	words := strings.ToLower(strings.Join([]string{c.Number, c.Order, c.Lot, c.Product, c.Customer}, "\n"))
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from quality_certificate where tenant = ? and number = ?`, tenant, c.Number).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read certificate %s: %w", c.Number, err)
		}
		if rev != seen || c.Rev != seen+1 {
			return fmt.Errorf("certificate %s has rev %d, not %d: %w", c.Number, rev, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into quality_certificate (tenant, number, rev, state, ord, product, path, issued, words, author, author_key, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, number) do update set rev = excluded.rev, state = excluded.state, product = excluded.product, path = excluded.path, words = excluded.words, body = excluded.body`,
			tenant, c.Number, c.Rev, string(c.State), c.Order, c.Product, c.Path, int64(c.Issued), words, author, key, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save certificate %s: %w", c.Number, err)
		}
		return nil
	}, e)
}

// Certificate implements certificate.Store.
func (r Certificates) Certificate(ctx context.Context, tenant plant.TenantNo, number string) (certificate.Certificate, error) {
	return one[certificate.Certificate](ctx, r.db.Reader(), "certificate "+number, `select body from quality_certificate where tenant = ? and number = ?`, tenant, number)
}

// KeyedCertificate implements certificate.Store.
func (r Certificates) KeyedCertificate(ctx context.Context, tenant plant.TenantNo, author, key string) (certificate.Certificate, error) {
	return one[certificate.Certificate](ctx, r.db.Reader(), "certificate "+key, `select body from quality_certificate where tenant = ? and author = ? and author_key = ? and author_key <> ''`, tenant, author, key)
}

// Certificates implements certificate.Store.
func (r Certificates) Certificates(ctx context.Context, f certificate.Filter) ([]certificate.Certificate, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("c", f.Scope)}}
	if f.State != "" {
		c.add(`c.state = ?`, string(f.State))
	}
	if f.Order != "" {
		c.add(`c.ord = ?`, f.Order)
	}
	if f.Product != "" {
		c.add(`c.product = ?`, f.Product)
	}
	if f.Text != "" {
		c.add(`c.words like ? escape '!'`, contains(f.Text))
	}
	if f.To != 0 {
		c.add(`c.issued >= ?`, int64(f.From))
		c.add(`c.issued < ?`, int64(f.To))
	}
	if f.Before != "" {
		c.add(`c.number < ?`, f.Before)
	}
	return bodies[certificate.Certificate](r.db.Reader().QueryContext(ctx, `select c.body from quality_certificate c where `+c.String()+` order by c.number desc limit ?`, append(c.args, f.Limit)...))
}

// LastNumber implements certificate.Store.
func (r Certificates) LastNumber(ctx context.Context, tenant plant.TenantNo, beginning string) (string, error) {
	var last string
	// A number is below its beginning with the greatest letter behind it.
	err := r.db.Reader().NewRaw(`select number from quality_certificate where tenant = ? and number >= ? and number < ? order by number desc limit 1`, tenant, beginning, beginning+"~").Scan(ctx, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("record: read the last certificate of %s: %w", beginning, err)
	}
	return last, nil
}
