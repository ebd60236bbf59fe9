package certificate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality"
)

const (
	maxReason = 400
	maxNote   = 2000
	// tries is how often a number is looked for when somebody else took it in between.
	tries = 8
)

// Options of a desk. All are required.
type Options struct {
	Store interface {
		quality.Store
		Store
	}
	Quality   *quality.Desk
	Orders    Orders
	Materials Materials
	Now       func() time.Time
}

// Desk is where goods are certified. Its methods may be called concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// Goods are what a certificate is of: an order, or a lot.
type Goods struct {
	Order    string `json:"order,omitempty" maxLength:"40" doc:"Number; of a lot it follows from the lot"`
	Lot      string `json:"lot,omitempty" maxLength:"130" doc:"Id of a lot or serial; the whole order without"`
	Quantity int64  `json:"quantity,omitempty" minimum:"0" maximum:"1000000000" doc:"Delivered; all that was made good when left out"`
}

// Preview is what a certificate would say now, and what stands against it.
type Preview struct {
	Content Content    `json:"content" doc:"Without number, revision and who releases it"`
	Against []Obstacle `json:"against" nullable:"false" doc:"While there is any it is not issued"`
}

// Preview folds what a certificate would say.
func (d *Desk) Preview(ctx context.Context, who access.Principal, of Goods) (Preview, error) {
	f, err := d.gather(ctx, who, of)
	if err != nil {
		return Preview{}, err
	}
	c, against := Of(f)
	return Preview{c, append([]Obstacle{}, against...)}, nil
}

// New asks for a certificate.
type New struct {
	Goods
	Note string `json:"note,omitempty" maxLength:"2000" doc:"Printed on it"`
	Key  string `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same certificate"`
}

// Issue certifies goods. Whoever does it declares that they conform; the right to it is
// an engineer's, so that it is not whoever made them (EN 10204:2004, 3.1: a
// representative who is independent of the manufacturing department).
func (d *Desk) Issue(ctx context.Context, who access.Principal, n New) (Certificate, error) {
	tenant := who.Scope.Tenant
	if n.Key != "" {
		old, err := d.o.Store.KeyedCertificate(ctx, tenant, who.Name, n.Key)
		if !errors.Is(err, access.ErrNotFound) {
			return old, err
		}
	}
	content, err := d.content(ctx, who, n.Goods, n.Note)
	if err != nil {
		return Certificate{}, err
	}
	c := Certificate{Order: content.Order, Lot: content.Lot, Path: content.Place, Issued: content.Issued}
	for range tries {
		if c.Number, err = d.number(ctx, tenant); err != nil {
			return Certificate{}, err
		}
		c.Issues, c.Rev = nil, 0
		if err := c.add(content, who.Name, ""); err != nil {
			return Certificate{}, err
		}
		if err = d.o.Store.SaveCertificate(ctx, tenant, c, 0, who.Name, n.Key); !errors.Is(err, access.ErrConflict) {
			break
		}
	}
	return c, err
}

// content folds what is to be issued, or refuses.
func (d *Desk) content(ctx context.Context, who access.Principal, of Goods, note string) (Content, error) {
	if len(note) > maxNote {
		return Content{}, invalid("a note of %d bytes; %d are allowed", len(note), maxNote)
	}
	f, err := d.gather(ctx, who, of)
	if err != nil {
		return Content{}, err
	}
	if !who.May(access.Engineer, f.Order.Place) {
		return Content{}, fmt.Errorf("%w: certifying at %s", access.ErrForbidden, f.Order.Place)
	}
	c, against := Of(f)
	if len(against) > 0 {
		why := make([]string, len(against))
		for i, o := range against {
			why[i] = o.Text.ZH + " / " + o.Text.EN
		}
		return Content{}, fmt.Errorf("%w: %s", ErrRefused, strings.Join(why, "; "))
	}
	c.Issued, c.ReleasedBy, c.Note = d.now(), who.Name, strings.TrimSpace(note)
	return c, nil
}

// number is the next one of the year: QC2026-000123.
func (d *Desk) number(ctx context.Context, tenant plant.TenantNo) (string, error) {
	beginning := "QC" + strconv.Itoa(d.o.Now().In(zone).Year()) + "-"
	last, err := d.o.Store.LastNumber(ctx, tenant, beginning)
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(cmp.Or(strings.TrimPrefix(last, beginning), "0"))
	if err != nil {
		return "", fmt.Errorf("certificate: number %q does not end in digits: %w", last, err)
	}
	return fmt.Sprintf("%s%06d", beginning, n+1), nil
}

// zone is that of the years that people write: one zone, by law, for all of China.
var zone = time.FixedZone("UTC+8", 8*60*60)

// add makes a revision of a content.
func (c *Certificate) add(content Content, by, reason string) error {
	content.Number, content.Revision = c.Number, len(c.Issues)+1
	raw, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("certificate: write %s: %w", c.Number, err)
	}
	c.Issues = append(slices.Clone(c.Issues), Issue{Revision: content.Revision, State: Issued, Digest: digest(raw), Content: raw, At: content.Issued, By: by, Reason: reason})
	c.State, c.Product, c.Customer, c.Quantity = Issued, content.Product, content.Customer, content.Quantity
	c.Rev++
	return nil
}

// certificate is one that the asker sees.
func (d *Desk) certificate(ctx context.Context, who access.Principal, number string) (Certificate, error) {
	c, err := d.o.Store.Certificate(ctx, who.Scope.Tenant, number)
	if err == nil && !who.Scope.Allows(c.Path) {
		err = fmt.Errorf("%w: certificate %s", access.ErrNotFound, number)
	}
	return c, err
}

// Change is what somebody does to a certificate that was issued.
type Change struct {
	Reason   string `json:"reason" minLength:"1" maxLength:"400"`
	Quantity int64  `json:"quantity,omitempty" minimum:"0" maximum:"1000000000" doc:"Of the new revision; as before when left out"`
	Note     string `json:"note,omitempty" maxLength:"2000" doc:"Printed on the new revision"`
}

// Revise issues another revision by what is known now; the one before does not hold any
// more. seen is the Rev that was seen.
func (d *Desk) Revise(ctx context.Context, who access.Principal, number string, seen int64, ch Change) (Certificate, error) {
	c, err := d.changing(ctx, who, number, seen, &ch)
	if err != nil {
		return Certificate{}, err
	}
	content, err := d.content(ctx, who, Goods{Order: c.Order, Lot: c.Lot, Quantity: cmp.Or(ch.Quantity, c.Quantity)}, ch.Note)
	if err != nil {
		return Certificate{}, err
	}
	c.Issues = slices.Clone(c.Issues)
	if last := c.last(); last.State == Issued {
		last.State, last.Ended = Replaced, &Ending{content.Issued, who.Name, ch.Reason}
	}
	if err := c.add(content, who.Name, ch.Reason); err != nil {
		return Certificate{}, err
	}
	return c, d.o.Store.SaveCertificate(ctx, who.Scope.Tenant, c, seen, "", "")
}

// Withdraw says that a certificate does not hold any more, and nothing stands in its
// place.
func (d *Desk) Withdraw(ctx context.Context, who access.Principal, number string, seen int64, ch Change) (Certificate, error) {
	c, err := d.changing(ctx, who, number, seen, &ch)
	switch {
	case err != nil:
		return Certificate{}, err
	case c.State == Withdrawn:
		return Certificate{}, invalid("certificate %s is withdrawn already", number)
	}
	c.Issues = slices.Clone(c.Issues)
	last := c.last()
	last.State, last.Ended = Withdrawn, &Ending{d.now(), who.Name, ch.Reason}
	c.State = Withdrawn
	c.Rev++
	return c, d.o.Store.SaveCertificate(ctx, who.Scope.Tenant, c, seen, "", "")
}

func (d *Desk) changing(ctx context.Context, who access.Principal, number string, seen int64, ch *Change) (Certificate, error) {
	c, err := d.certificate(ctx, who, number)
	switch {
	case err != nil:
		return Certificate{}, err
	case !who.May(access.Engineer, c.Path):
		return Certificate{}, fmt.Errorf("%w: certifying at %s", access.ErrForbidden, c.Path)
	case c.Rev != seen:
		return Certificate{}, fmt.Errorf("%w: certificate %s has rev %d, not %d", access.ErrConflict, number, c.Rev, seen)
	}
	if ch.Reason = strings.TrimSpace(ch.Reason); ch.Reason == "" || len(ch.Reason) > maxReason {
		return Certificate{}, invalid("a reason of %d bytes; 1 to %d say why", len(ch.Reason), maxReason)
	}
	return c, nil
}

// View is a certificate with what its revisions say, and what is known now.
type View struct {
	Head
	Revisions []Revision   `json:"revisions" nullable:"false" doc:"The last one first"`
	Differs   []Difference `json:"differs" nullable:"false" doc:"What is known now and the last revision says otherwise"`
	Unknown   string       `json:"unknown,omitempty" doc:"Why it cannot be held against what is known now"`
}

// Revision is one as the page shows it.
type Revision struct {
	Revision int           `json:"revision"`
	State    State         `json:"state" enum:"issued,replaced,withdrawn"`
	Digest   string        `json:"digest"`
	Intact   bool          `json:"intact" doc:"The bytes that are kept have this digest"`
	At       plant.Instant `json:"at"`
	By       string        `json:"by"`
	Reason   string        `json:"reason,omitempty"`
	Ended    *Ending       `json:"ended,omitempty"`
	Content  Content       `json:"content"`
}

// View looks at a certificate and holds it against what is known now.
func (d *Desk) View(ctx context.Context, who access.Principal, number string) (View, error) {
	c, err := d.certificate(ctx, who, number)
	if err != nil {
		return View{}, err
	}
	v := View{Head: c.head(), Revisions: []Revision{}, Differs: []Difference{}}
	for _, i := range slices.Backward(c.Issues) {
		r := Revision{Revision: i.Revision, State: i.State, Digest: i.Digest, At: i.At, By: i.By, Reason: i.Reason, Ended: i.Ended}
		if r.Content, r.Intact, err = i.Read(); err != nil {
			return View{}, err
		}
		v.Revisions = append(v.Revisions, r)
	}
	if c.State != Issued {
		return v, nil
	}
	f, err := d.gather(ctx, access.Node(who.Scope.Tenant), Goods{Order: c.Order, Lot: c.Lot, Quantity: c.Quantity})
	if errors.Is(err, access.ErrNotFound) || errors.Is(err, ErrInvalid) {
		v.Unknown = err.Error()
		return v, nil
	}
	if err != nil {
		return View{}, err
	}
	is, against := Of(f)
	v.Differs = Differences(v.Revisions[0].Content, is, against)
	return v, nil
}

// Head is what a list shows of a certificate.
type Head struct {
	Number   string        `json:"number"`
	Rev      int64         `json:"rev"`
	State    State         `json:"state" enum:"issued,withdrawn"`
	Revision int           `json:"revision" doc:"The last one"`
	Digest   string        `json:"digest" doc:"SHA-256 of the last revision"`
	Order    string        `json:"order"`
	Lot      string        `json:"lot,omitempty"`
	Product  string        `json:"product"`
	Customer string        `json:"customer,omitempty"`
	Quantity int64         `json:"quantity"`
	Path     string        `json:"path"`
	Issued   plant.Instant `json:"issued"`
	At       plant.Instant `json:"at" doc:"Of the last revision"`
	By       string        `json:"by" doc:"Who released the last revision"`
}

// After is the place of the row in a list, for the page behind it.
func (h Head) After() string { return h.Number }

func (c *Certificate) head() Head {
	l := c.last()
	return Head{c.Number, c.Rev, c.State, l.Revision, l.Digest, c.Order, c.Lot, c.Product, c.Customer, c.Quantity, c.Path, c.Issued, l.At, l.By}
}

// List finds certificates within a scope, the newest number first.
func (d *Desk) List(ctx context.Context, f Filter) ([]Head, error) {
	all, err := d.o.Store.Certificates(ctx, f)
	out := make([]Head, 0, len(all))
	for _, c := range all {
		out = append(out, c.head())
	}
	return out, err
}

// Revision is one revision that the asker sees, with its bytes.
func (d *Desk) Revision(ctx context.Context, who access.Principal, number string, revision int) (Issue, error) {
	c, err := d.certificate(ctx, who, number)
	if err != nil {
		return Issue{}, err
	}
	i, ok := c.Issue(revision)
	if !ok {
		return Issue{}, fmt.Errorf("%w: revision %d of certificate %s", access.ErrNotFound, revision, number)
	}
	return *i, nil
}

// Check says whether a number and a digest, as they stand on a paper, are those of a
// certificate of ours.
type Check struct {
	Number   string        `json:"number"`
	Digest   string        `json:"digest"`
	Verdict  string        `json:"verdict" enum:"valid,replaced,withdrawn,other_digest,unknown" doc:"other_digest: the number is ours, what the paper says is not"`
	Revision int           `json:"revision,omitempty"`
	At       plant.Instant `json:"at,omitempty" doc:"When that revision was issued"`
	Ended    *Ending       `json:"ended,omitempty"`
	Current  int           `json:"current,omitempty" doc:"Revision that holds now"`
}

// Check holds a number and a digest, or the beginning of one of 12 digits at least,
// against what was issued.
func (d *Desk) Check(ctx context.Context, who access.Principal, number, sum string) (Check, error) {
	out := Check{Number: strings.TrimSpace(number), Digest: strings.ToLower(strings.ReplaceAll(sum, " ", "")), Verdict: "unknown"}
	c, err := d.certificate(ctx, who, out.Number)
	if errors.Is(err, access.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return Check{}, err
	}
	out.Verdict = "other_digest"
	for _, i := range c.Issues {
		if i.State == Issued {
			out.Current = i.Revision
		}
		if strings.HasPrefix(i.Digest, out.Digest) {
			out.Revision, out.At, out.Ended = i.Revision, i.At, i.Ended
			out.Verdict = map[State]string{Issued: "valid", Replaced: "replaced", Withdrawn: "withdrawn"}[i.State]
		}
	}
	return out, nil
}
