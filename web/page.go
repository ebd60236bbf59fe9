package web

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
)

// List is one page of a listing. Next is empty on the last page.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Pass as cursor for the next page"`
}

// ListOut is the answer of a listing.
type ListOut[T any] struct {
	Body List[T]
}

// NewList never answers null for an empty page.
func NewList[T any](items []T, next string) *ListOut[T] {
	if items == nil {
		items = []T{}
	}
	return &ListOut[T]{Body: List[T]{Items: items, Next: next}}
}

// Paging is what every listing takes.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"Rows on a page"`
	Cursor string `query:"cursor" maxLength:"600" doc:"next of the page before"`
}

// After is the sort key the cursor stands for; "" at the start.
func (p Paging) After() (string, error) {
	if p.Cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return "", Invalid("query.cursor", "the cursor is not one that this API gave; leave it out to begin at the first page")
	}
	return string(raw), nil
}

// CursorOf hides the sort key of a page's last row.
func CursorOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// Page cuts rows that are already sorted by key: those after the cursor, at
// most limit, and the cursor of the next page.
func Page[T any](rows []T, key func(T) string, p Paging) (*ListOut[T], error) {
	after, err := p.After()
	if err != nil {
		return nil, err
	}
	limit := p.Limit
	if limit <= 0 {
		limit = 200
	}
	out := make([]T, 0, min(limit, len(rows)))
	for _, row := range rows {
		if after != "" && key(row) <= after {
			continue
		}
		if len(out) == limit {
			return NewList(out, CursorOf(key(out[limit-1]))), nil
		}
		out = append(out, row)
	}
	return NewList(out, ""), nil
}

// RevOf reads the header If-Match: the revision that was changed.
func RevOf(ifMatch string) (int64, error) {
	rev, err := strconv.ParseInt(strings.Trim(ifMatch, `"`), 10, 64)
	if err != nil {
		return 0, Invalid("header.If-Match", "If-Match %q is not the rev of what you changed", ifMatch)
	}
	return rev, nil
}

// ETag is the header that carries a revision.
func ETag(rev int64) string { return strconv.Quote(strconv.FormatInt(rev, 10)) }

// Range is a half-open stretch of time a question is about.
type Range struct {
	From time.Time `query:"from" required:"true" doc:"First instant, RFC 3339"`
	To   time.Time `query:"to" required:"true" doc:"First instant no longer in it"`
}

// maxRange bounds a question about a stretch of time.
const maxRange = 20 * 366 * 24 * time.Hour

// Micros checks the range and converts it.
func (r Range) Micros() (from, to plant.Micros, err error) {
	switch {
	case !r.From.Before(r.To):
		return 0, 0, Invalid("query.to", "to (%s) must come after from (%s)", r.To.Format(time.RFC3339), r.From.Format(time.RFC3339))
	case r.To.Sub(r.From) > maxRange:
		return 0, 0, Invalid("query.from", "the stretch of time is longer than twenty years; ask for a shorter one")
	}
	return plant.MicrosOf(r.From), plant.MicrosOf(r.To), nil
}
