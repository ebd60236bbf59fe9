// Package journal joins link to the journals of a node: a child reads what it
// sends from its history, its record and its plant model ([History], [Events],
// [Announcements]), and a parent stores what arrives in its own ([Samples],
// [Happenings], [Plants]).
//
// What arrives counts exactly as it counted at the child, whatever order the
// lanes bring it in: ids of machines and events are kept, tags get the
// parent's numbers, and of two values of one time the one that the child wrote
// later wins. The package never decides what is shared and never changes a
// value.
package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"zhigai/link"
	"zhigai/plant"
)

// Model is a child's master data with all their history, as it announces them.
type Model struct {
	Format int         `json:"format"` // 1
	Rows   []Row       `json:"rows"`   // by kind, id and time
	Tags   []plant.Tag `json:"tags"`   // by number
}

// Row is one version of a node of the plant, a calendar or a product, as the
// record stores it.
type Row struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Rev  int64  `json:"rev"`
	Path string `json:"path"`
	Body string `json:"body"`
}

const (
	modelFormat = 1
	// maxModel bounds an announcement: 2,000 machines of 150 tags with some
	// hundred bytes each, before compression.
	maxModel = 128 << 20
	maxRows  = 300_000
)

// Encode writes the model; the same model gives the same bytes.
func (m Model) Encode() ([]byte, error) {
	m.Format = modelFormat
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("link: write the plant model: %w", err)
	}
	return raw, nil
}

// DecodeModel reads what Encode wrote and checks it. The error says what is
// wrong; it wraps link.ErrDamaged.
func DecodeModel(raw []byte) (Model, error) {
	var m Model
	if len(raw) > maxModel {
		return m, fmt.Errorf("%w: plant model of %d bytes; %d are taken", link.ErrDamaged, len(raw), maxModel)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return Model{}, fmt.Errorf("%w: plant model: %w", link.ErrDamaged, err)
	}
	if m.Format != modelFormat {
		return Model{}, fmt.Errorf("%w: plant model of format %d, this program reads %d", link.ErrVersion, m.Format, modelFormat)
	}
	if len(m.Rows) > maxRows || len(m.Tags) > maxRows {
		return Model{}, fmt.Errorf("%w: plant model with %d rows and %d tags; %d are taken", link.ErrDamaged, len(m.Rows), len(m.Tags), maxRows)
	}
	for _, r := range m.Rows {
		if r.Kind == "" || r.ID == "" || r.Path == "" || !json.Valid([]byte(r.Body)) {
			return Model{}, fmt.Errorf("%w: plant model: row %q %q at %q is not whole", link.ErrDamaged, r.Kind, r.ID, r.Path)
		}
	}
	for _, t := range m.Tags {
		if t.No == 0 || t.Node == "" || t.Name == "" {
			return Model{}, fmt.Errorf("%w: plant model: tag %d %q of node %q is not whole", link.ErrDamaged, t.No, t.Name, t.Node)
		}
	}
	return m, nil
}

// TagMap says which of the parent's tags a child's tag is.
type TagMap struct {
	Tags     map[plant.TagNo]plant.TagNo // child's number → parent's
	Machines []plant.NodeID
}

// Maps gives the tag map of a child as far as it announced its tags; an empty
// map when it announced nothing.
type Maps interface {
	TagMap(ctx context.Context, node link.Node) (*TagMap, error)
	// Forget makes the next TagMap read anew: a tag was not in it.
	Forget(node link.NodeID)
}

var errNoMap = errors.New("the child has not announced this tag yet")
