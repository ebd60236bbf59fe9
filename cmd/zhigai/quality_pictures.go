package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/production"
	"zhigai/shop/quality"
)

// picturesOf tells inspection of the pictures in products' work instructions.
type picturesOf struct{ n *node }

var _ quality.Pictures = picturesOf{}

// maxRevisions of a product that are looked at for pictures.
const maxRevisions = 200

// Pictures implements quality.Pictures: images of kind picture or drawing, each once, by
// the newest revision that shows it.
func (p picturesOf) Pictures(ctx context.Context, tenant plant.TenantNo, product string) ([]quality.Picture, error) {
	all, err := p.n.newProduction().Definitions(ctx, access.Node(tenant), production.DefinitionFilter{Product: product, Limit: maxRevisions})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b production.Definition) int { return b.Revision - a.Revision })
	files := recshop.NewAttachments(p.n.record)
	out, seen := []quality.Picture{}, map[string]bool{}
	for _, d := range all {
		for _, s := range d.Segments {
			for _, doc := range s.Documents {
				if doc.Kind != "picture" && doc.Kind != "drawing" || seen[doc.SHA256] {
					continue
				}
				seen[doc.SHA256] = true
				f, err := files.File(ctx, tenant, doc.SHA256)
				if errors.Is(err, access.ErrNotFound) || err == nil && !strings.HasPrefix(f.Media, "image/") {
					continue
				}
				if err != nil {
					return nil, err
				}
				out = append(out, quality.Picture{SHA256: doc.SHA256, Title: doc.Title, Product: product, Revision: d.Revision, Operation: s.No})
			}
		}
	}
	return out, nil
}
