package acceptance

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Head is what is said of a report beside its content.
type Head struct {
	ID       string    `json:"id"`
	Made     time.Time `json:"made"`
	By       string    `json:"by"`
	Revision int       `json:"revision" doc:"1 for the first; facts that came later make the next"`
	Previous string    `json:"previous,omitempty" doc:"The revision before"`
	Next     string    `json:"next,omitempty" doc:"The revision that took its place"`
	SHA256   string    `json:"sha256" doc:"Of the content as it is kept, hex: sha256sum of the JSON file"`
	Question Question  `json:"question"`
	Names    []Place   `json:"names" nullable:"false"`
	Result   string    `json:"result" enum:"passed,failed,no_data"`
	Machines int       `json:"machines"`
	Passed   int       `json:"passed"`
	Failed   int       `json:"failed"`
	NoData   int       `json:"no_data"`
}

// Report is a report as it is kept.
type Report struct {
	Head
	Content Content
	Raw     []byte // of the content, as hashed
}

// head is the payload of a fact.KindAcceptance event.
type head struct {
	Head
	Size  int `json:"size"`  // bytes of the content
	Parts int `json:"parts"` // events that carry it
}

// part is the payload of a fact.KindAcceptancePart event: a piece of the
// content, compressed.
type part struct {
	Report string `json:"report"`
	Data   []byte `json:"data"`
}

const (
	// partSize keeps a part, in base64, below what an event may carry.
	partSize = 45 << 10
	// maxParts bounds a report: 500 machines of 300 tags need about 60.
	maxParts = 200
	// maxSize bounds what is unpacked in memory.
	maxSize = 256 << 20
	// maxListed bounds a listing; the newest are shown.
	maxListed = 1000
)

func sourceOf(id string) string { return "acceptance:" + id }

// encode writes a content as it is hashed and kept.
func encode(c Content) ([]byte, string, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, "", fmt.Errorf("write the report: %w", err)
	}
	raw = append(raw, '\n')
	sum := sha256.Sum256(raw)
	return raw, hex.EncodeToString(sum[:]), nil
}

// events are the facts that keep a report: its head, then its parts.
func events(h Head, raw []byte) ([]fact.Event, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	parts := slices.Collect(slices.Chunk(packed.Bytes(), partSize))
	if len(parts) > maxParts || len(raw) > maxSize {
		return nil, fmt.Errorf("%w: the report has %d bytes, too many to keep; choose fewer places", ErrInvalid, len(raw))
	}
	first := fact.New(fact.KindAcceptance, "", h.Made, sourceOf(h.ID), head{h, len(raw), len(parts)})
	first.ID, first.SourceSeq, first.Supersedes = h.ID, 1, h.Previous
	out := []fact.Event{first}
	for i, p := range parts {
		e := fact.New(fact.KindAcceptancePart, "", h.Made, sourceOf(h.ID), part{h.ID, p})
		e.SourceSeq = uint64(i) + 2
		out = append(out, e)
	}
	return out, nil
}

// decode puts a content together and checks that it is what was signed.
func decode(h head, parts []fact.Event) ([]byte, error) {
	slices.SortFunc(parts, func(a, b fact.Event) int { return int(a.SourceSeq) - int(b.SourceSeq) })
	if len(parts) != h.Parts {
		return nil, fmt.Errorf("report %s: %d of %d parts are there", h.ID, len(parts), h.Parts)
	}
	var packed bytes.Buffer
	for _, e := range parts {
		var p part
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return nil, fmt.Errorf("report %s: %w", h.ID, err)
		}
		packed.Write(p.Data)
	}
	r, err := gzip.NewReader(&packed)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", h.ID, err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", h.ID, err)
	}
	sum := sha256.Sum256(raw)
	if hex.EncodeToString(sum[:]) != h.SHA256 {
		return nil, fmt.Errorf("report %s: the data are not those that were signed: their SHA-256 is another", h.ID)
	}
	return raw, nil
}

// sees says whether a report is wholly within the scope.
func sees(scope access.Scope, q Question) bool {
	return !slices.ContainsFunc(q.Places, func(p string) bool { return !scope.Allows(p) })
}

// heads are the newest reports of a tenant, each with the one that took its place.
func (d *Desk) heads(ctx context.Context, tenant plant.TenantNo) ([]head, error) {
	events, err := d.o.Journal.Events(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindAcceptance}, Newest: true, Limit: maxListed})
	if err != nil {
		return nil, err
	}
	out := make([]head, 0, len(events))
	next := map[string]string{}
	for _, e := range events {
		h, err := headOf(e)
		if err != nil {
			return nil, err
		}
		next[h.Previous] = h.ID
		out = append(out, h)
	}
	for i := range out {
		out[i].Next = next[out[i].ID]
	}
	slices.SortFunc(out, func(a, b head) int { return strings.Compare(b.ID, a.ID) })
	return out, nil
}

func headOf(e fact.Event) (h head, err error) {
	if err = json.Unmarshal(e.Payload, &h); err != nil {
		err = fmt.Errorf("report %s: %w", e.ID, err)
	}
	return h, err
}

// Reports are those that lie wholly within the scope, the newest first.
func (d *Desk) Reports(ctx context.Context, scope access.Scope) ([]Head, error) {
	all, err := d.heads(ctx, scope.Tenant)
	out := []Head{}
	for _, h := range all {
		if sees(scope, h.Question) {
			out = append(out, h.Head)
		}
	}
	return out, err
}

// Report is one with its data, exactly as it was made.
func (d *Desk) Report(ctx context.Context, scope access.Scope, id string) (Report, error) {
	all, err := d.heads(ctx, scope.Tenant)
	if err != nil {
		return Report{}, err
	}
	i := slices.IndexFunc(all, func(h head) bool { return h.ID == id })
	if i < 0 || !sees(scope, all[i].Question) {
		return Report{}, fmt.Errorf("%w: report %s", access.ErrNotFound, id)
	}
	parts, err := d.o.Journal.Events(ctx, scope.Tenant, fact.Filter{Kinds: []fact.Kind{fact.KindAcceptancePart}, Sources: []string{sourceOf(id)}})
	if err != nil {
		return Report{}, err
	}
	out := Report{Head: all[i].Head}
	if out.Raw, err = decode(all[i], parts); err != nil {
		return Report{}, err
	}
	if err := json.Unmarshal(out.Raw, &out.Content); err != nil {
		return Report{}, errors.Join(fmt.Errorf("report %s cannot be read", id), err)
	}
	return out, nil
}
