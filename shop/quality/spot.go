package quality

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// Spot is where a flaw is in a picture of the part. A place is of the picture it was
// made on alone: another revision of the drawing is another picture.
type Spot struct {
	Picture string  `json:"picture" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the picture or drawing, one of the product's definition"`
	X       float64 `json:"x" minimum:"0" maximum:"1" doc:"Share of its width, from the left"`
	Y       float64 `json:"y" minimum:"0" maximum:"1" doc:"Share of its height, from the top"`
}

// Picture is a picture or drawing of a product, as a revision of its definition shows
// it.
type Picture struct {
	SHA256    string `json:"sha256"`
	Title     string `json:"title"`
	Product   string `json:"product"`
	Revision  int    `json:"revision" doc:"Newest of the definition's revisions that show it"`
	Operation int    `json:"operation" doc:"Segment whose document it is"`
	Marks     int64  `json:"marks" doc:"Flaws that were marked on it"`
}

// Pictures are pictures and drawings of products. A nil one has none.
type Pictures interface {
	// Pictures of a product that a browser can draw, those of the newest revision first.
	Pictures(ctx context.Context, tenant plant.TenantNo, product string) ([]Picture, error)
}

// Mark is a flaw on a picture, with where it was entered.
type Mark struct {
	ID string `json:"id"`
	Spot
	Code           string        `json:"code" doc:"Kind of the flaw"`
	Count          int64         `json:"count"`
	At             plant.Instant `json:"at"`
	By             string        `json:"by"`
	Product        string        `json:"product"`
	Operation      int           `json:"operation,omitempty"`
	Place          plant.NodeID  `json:"place"`
	Path           string        `json:"path"`
	PlaceName      plant.Name    `json:"place_name,omitzero"`
	Characteristic string        `json:"characteristic,omitempty"`
	Subgroup       string        `json:"subgroup,omitempty" doc:"Inspection that found it"`
	Case           string        `json:"case,omitempty" doc:"Nonconformance that describes it"`
	Order          string        `json:"order,omitempty"`
	Lot            string        `json:"lot,omitempty"`
}

// After is the place of the row in a list, for the page behind it.
func (m Mark) After() string { return strconv.FormatInt(int64(m.At), 10) + "." + m.ID }

// MarkAt reads the place of a row in a list of marks.
func MarkAt(place string) (at plant.Instant, id string, err error) {
	text, id, _ := strings.Cut(place, ".")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, "", invalid("%q is no place in a list of marks; take the one of the answer before", place)
	}
	return plant.Instant(n), id, nil
}

// MarkFilter chooses marks. Zero fields do not filter, but the scope and the picture do.
type MarkFilter struct {
	Scope     access.Scope
	Picture   string
	From, To  plant.Instant // no filter when To is 0
	Code      string
	Operation int
	Place     plant.NodeID
	BeforeAt  plant.Instant // those before this one, in the order in which they are listed
	BeforeID  string
	Limit     int
}

// Cell is how many flaws were marked in a part of a picture.
type Cell struct {
	X     int   `json:"x" doc:"Column, from 0 at the left"`
	Y     int   `json:"y" doc:"Row, from 0 at the top"`
	Count int64 `json:"count"`
}

// CodeCount is how many flaws of a kind were marked.
type CodeCount struct {
	Code  string `json:"code"`
	Count int64  `json:"count"`
}

// PlaceCount is how many flaws were marked of parts of a place.
type PlaceCount struct {
	Place plant.NodeID `json:"place"`
	Name  plant.Name   `json:"name,omitzero"`
	Count int64        `json:"count"`
}

// OperationCount is how many flaws were marked at an operation.
type OperationCount struct {
	Operation int   `json:"operation"`
	Count     int64 `json:"count"`
}

// Density is where on a picture flaws gather.
type Density struct {
	Side   int          `json:"side" doc:"Columns, and rows, into which the picture is cut"`
	Count  int64        `json:"count"`
	Cells  []Cell       `json:"cells" nullable:"false" doc:"Those with a flaw, the fullest first"`
	Codes  []CodeCount  `json:"codes" nullable:"false" doc:"By kind, the most frequent first"`
	Places []PlaceCount `json:"places" nullable:"false" doc:"By machine or place, the most frequent first"`
	// Operations are those at which flaws were found; cases name none.
	Operations []OperationCount `json:"operations" nullable:"false" doc:"By operation"`
}

// MarkSide is how many columns and rows a picture is cut into: on a picture of a screen's
// width about a thumb wide.
const MarkSide = 20

// Marked is what a store finds marks by: what was marked of an inspection or a case.
func Marked(defects []Defect, m Mark) (out []Mark) {
	of := m.Subgroup
	if of == "" {
		of = m.Case
	}
	for i, d := range defects {
		if d.Spot == nil {
			continue
		}
		m.ID, m.Spot, m.Code, m.Count = fmt.Sprintf("%s.%d", of, i), *d.Spot, d.Code, d.Count
		out = append(out, m)
	}
	return out
}

// MarksOf are the flaws that a subgroup marks.
func MarksOf(c *Characteristic, s *Subgroup) []Mark {
	return Marked(s.Defects, Mark{
		At: s.At, By: s.By, Product: c.Item, Operation: c.Operation, Place: c.Place, Path: c.Path, PlaceName: c.PlaceName, Characteristic: c.ID, Subgroup: s.ID, Order: s.Order, Lot: s.Lot,
	})
}

// Marks are the flaws that a case marks; one that was none marks nothing.
func (c *Case) Marks() []Mark {
	if c.State == CaseCancelled || len(c.Steps) == 0 {
		return nil
	}
	return Marked(c.Defects, Mark{
		At: c.Steps[0].At, By: c.Steps[0].By, Product: c.Item, Place: c.Place, Path: c.Path, PlaceName: c.PlaceName, Characteristic: c.Characteristic, Case: c.ID, Order: c.Order, Lot: c.Lot,
	})
}

// checkSpots refuses places that are none, or on pictures of something else.
func (d *Desk) checkSpots(ctx context.Context, tenant plant.TenantNo, product string, defects []Defect) error {
	var known map[string]bool
	for i, f := range defects {
		s := f.Spot
		switch {
		case s == nil:
			continue
		case f.Code == "" || f.Count < 1:
			return invalid("flaw %d that is marked has no kind or count; say what it is", i+1)
		case !(s.X >= 0 && s.X <= 1) || !(s.Y >= 0 && s.Y <= 1) || math.IsNaN(s.X+s.Y):
			return invalid("flaw %d is marked at %v, %v; both are shares of the picture from 0 to 1", i+1, s.X, s.Y)
		}
		if known == nil {
			known = map[string]bool{}
			all, err := d.pictures(ctx, tenant, product)
			if err != nil {
				return err
			}
			for _, p := range all {
				known[p.SHA256] = true
			}
		}
		if !known[s.Picture] {
			return invalid("flaw %d is marked on picture %.12s, which is none of product %q; add it to the documents of its definition", i+1, s.Picture, product)
		}
	}
	return nil
}

func (d *Desk) pictures(ctx context.Context, tenant plant.TenantNo, product string) ([]Picture, error) {
	if d.o.Pictures == nil || product == "" {
		return []Picture{}, nil
	}
	return d.o.Pictures.Pictures(ctx, tenant, product)
}

// Pictures lists the pictures of a product with how many flaws were marked on each
// within a scope.
func (d *Desk) Pictures(ctx context.Context, scope access.Scope, product string) ([]Picture, error) {
	all, err := d.pictures(ctx, scope.Tenant, product)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Marks, err = d.o.Store.MarkCount(ctx, MarkFilter{Scope: scope, Picture: all[i].SHA256}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Marks lists flaws that were marked on a picture, the newest first.
func (d *Desk) Marks(ctx context.Context, f MarkFilter) ([]Mark, error) {
	return d.o.Store.Marks(ctx, f)
}

// Density tells where on a picture flaws gather.
func (d *Desk) Density(ctx context.Context, f MarkFilter) (Density, error) {
	out, err := d.o.Store.MarkDensity(ctx, f)
	if err != nil {
		return Density{}, err
	}
	for i := range out.Places {
		_, name, err := d.o.Places.Place(ctx, f.Scope.Tenant, out.Places[i].Place)
		if err != nil && !errors.Is(err, access.ErrNotFound) { // one that is gone has no name now
			return Density{}, err
		}
		out.Places[i].Name = name
	}
	return out, nil
}
