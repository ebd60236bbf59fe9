package learn

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"zhigai/access"
	"zhigai/calc/model"
	"zhigai/fact/document"
	"zhigai/plant"
)

// packed is what of a version is too large for one fact: the model, the held-out
// windows and the failures. It lies in documents of its own, written before the version that names how
// many there are, so that a version is there whole or not at all.
type packed struct {
	Points   []Told         `json:"points"`
	Failures []Breakdown    `json:"failures"`
	Learnt   *model.Learnt  `json:"model,omitempty"`
	Monitor  *model.Monitor `json:"monitor,omitempty"`
}

// part is a stretch of what is packed, in base64.
type part struct {
	Version string `json:"version"`
	No      int    `json:"no"`
	Data    string `json:"data"`
}

const (
	// partBytes leave room for the document around a part: a fact takes 64 KB.
	partBytes = 48 << 10
	// maxParts is far beyond what trees of the usual depth come to, unpacked or not.
	maxParts, maxUnpacked = 200, 64 << 20
)

func partID(version string, no int) string { return fmt.Sprintf("%s-%03d", version, no) }

// keepVersion stores a version with its parts.
func (d *Desk) keepVersion(ctx context.Context, tenant plant.TenantNo, v Version) error {
	doc := document.Document{Place: v.Asked.Machines[0], Path: v.Asked.Path, By: v.By}
	all, err := v.pack()
	if err != nil {
		return err
	}
	for no, data := range all {
		doc.Kind, doc.ID, doc.Of = KindPart, partID(v.ID, no), v.ID
		if err := document.Save(ctx, d.o.Store, tenant, doc, part{v.ID, no, data}, 0, v.At); err != nil {
			return err
		}
	}
	v.Parts = len(all)
	v.Points, v.Failures, v.Learnt, v.Monitor = []Told{}, []Breakdown{}, nil, nil
	doc.Kind, doc.ID, doc.Of = KindVersion, v.ID, v.Study
	return document.Save(ctx, d.o.Store, tenant, doc, v, 0, v.At)
}

// pack makes the stretches of what is packed.
func (v *Version) pack() ([]string, error) {
	raw, err := json.Marshal(packed{v.Points, v.Failures, v.Learnt, v.Monitor})
	if err != nil {
		return nil, fmt.Errorf("write version %s: %w", v.ID, err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(raw); err != nil {
		return nil, fmt.Errorf("write version %s: %w", v.ID, err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("write version %s: %w", v.ID, err)
	}
	text := base64.StdEncoding.EncodeToString(b.Bytes())
	var out []string
	for len(text) > 0 {
		n := min(len(text), partBytes)
		out, text = append(out, text[:n]), text[n:]
	}
	if len(out) > maxParts {
		return nil, invalid("the model takes %d MB; take fewer inputs, or another kind", len(raw)>>20)
	}
	return out, nil
}

// version reads one with its parts.
func (d *Desk) version(ctx context.Context, tenant plant.TenantNo, id string) (Version, error) {
	v, err := document.Read[Version](d.o.Store.Document(ctx, tenant, KindVersion, id))
	if err != nil {
		return Version{}, err
	}
	var text strings.Builder
	for no := range v.Parts {
		p, err := document.Read[part](d.o.Store.Document(ctx, tenant, KindPart, partID(id, no)))
		if err != nil {
			return Version{}, err
		}
		text.WriteString(p.Data)
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text.String())))
	if err != nil {
		return Version{}, fmt.Errorf("read version %s: %w", id, err)
	}
	var all packed
	if err := json.NewDecoder(io.LimitReader(z, maxUnpacked)).Decode(&all); err != nil {
		return Version{}, fmt.Errorf("read version %s: %w", id, err)
	}
	v.Points, v.Failures, v.Learnt, v.Monitor = all.Points, all.Failures, all.Learnt, all.Monitor
	return v, v.checkModel()
}

// Version that the asker sees.
func (d *Desk) Version(ctx context.Context, who access.Principal, id string) (Version, error) {
	v, err := d.version(ctx, who.Scope.Tenant, id)
	if err == nil && !who.Scope.Allows(v.Asked.Path) {
		return Version{}, fmt.Errorf("%w: version %s", access.ErrNotFound, id)
	}
	return v, err
}
