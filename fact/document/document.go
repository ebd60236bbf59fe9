// Package document is what rooms keep whole and by revision: each revision is a fact,
// and the newest one a row by which it is found. What a body means is the room's.
//
// It stores nothing. Start with [Document] and [Store].
package document

import (
	"context"
	"encoding/json"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
)

// Kind of a document.
type Kind string

// Document is anything that a room keeps by revision. Body is the thing itself.
type Document struct {
	Kind  Kind
	ID    string
	Rev   int64
	Place plant.NodeID
	Path  string // of the place when it was saved, by which it is seen
	Of    string // what it belongs to, as the room has it
	Open  bool   // it still waits for somebody, or something
	At    plant.Instant
	By    string
	Key   string // the sender's own: the same again is the same document
	Body  json.RawMessage
}

// Filter chooses documents. Zero fields do not filter, but kind and scope do.
type Filter struct {
	Scope  access.Scope
	Kind   Kind
	Of     string
	Open   bool
	Before string // id: those made before it
	Limit  int
}

// Store keeps the documents of a room. Its methods may be called concurrently. What is
// not there is access.ErrNotFound.
type Store interface {
	// Save stores a document as a fact, and as the newest row, in one commit; one of
	// another revision than seen is access.ErrConflict.
	Save(ctx context.Context, tenant plant.TenantNo, d Document, seen int64) error
	Document(ctx context.Context, tenant plant.TenantNo, kind Kind, id string) (Document, error)
	// Keyed is the document that its author made with a key, which is that of its first
	// revision.
	Keyed(ctx context.Context, tenant plant.TenantNo, kind Kind, author, key string) (Document, error)
	// Documents are the newest first.
	Documents(ctx context.Context, f Filter) ([]Document, error)
}

// Read makes a thing of its document, unless there was an error before.
func Read[T any](doc Document, err error) (T, error) {
	var out T
	if err == nil {
		if err = json.Unmarshal(doc.Body, &out); err != nil {
			err = fmt.Errorf("read %s %s: %w", doc.Kind, doc.ID, err)
		}
	}
	return out, err
}

// Seen reads a document that the asker sees and has a right at: access.ErrNotFound for
// one elsewhere, access.ErrForbidden without the right.
func Seen[T any](ctx context.Context, store Store, who access.Principal, kind Kind, id string, right access.Permission) (T, error) {
	var none T
	doc, err := store.Document(ctx, who.Scope.Tenant, kind, id)
	if err != nil {
		return none, err
	}
	if err := who.Reach(right, doc.Path, fmt.Errorf("%w: %s %s", access.ErrNotFound, kind, id)); err != nil {
		return none, err
	}
	return Read[T](doc, nil)
}

// ReadAll makes things of their documents, unless there was an error before.
func ReadAll[T any](docs []Document, err error) ([]T, error) {
	out := make([]T, 0, len(docs))
	for _, doc := range docs {
		if err != nil {
			break
		}
		var one T
		one, err = Read[T](doc, nil)
		out = append(out, one)
	}
	return out, err
}

// Save writes a thing as the next revision of a document.
func Save(ctx context.Context, store Store, tenant plant.TenantNo, doc Document, thing any, seen int64, at plant.Instant) error {
	raw, err := json.Marshal(thing)
	if err != nil {
		return fmt.Errorf("write %s %s: %w", doc.Kind, doc.ID, err)
	}
	doc.Body, doc.Rev, doc.At = raw, seen+1, at
	return store.Save(ctx, tenant, doc, seen)
}
