package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"zhigai/access"
	"zhigai/plant"
)

// Tags that are numbered later stand among the others by path, on whatever page they
// fall: none is left out and none comes twice.
func TestTags_EveryPage(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	machine := g.own
	_, err := g.n.shop.EnsureTags(t.Context(), demoTenant, []plant.Tag{
		{Node: machine.ID, Name: "a.first", Path: machine.Path + "/a.first", Kind: plant.KindNumber, Retention: plant.RetainShort},
	})
	must(t, err)
	all, err := g.n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	got, cursor := map[plant.TagNo]int{}, ""
	for range all {
		var page struct {
			Items []plant.Tag `json:"items"`
			Next  string      `json:"next"`
		}
		_, body := g.fetch(fmt.Sprintf("/api/v1/tags?limit=3&cursor=%s", url.QueryEscape(cursor)), bearer(g.token(access.RoleViewer, "")))
		must(t, json.Unmarshal([]byte(body), &page))
		for _, tag := range page.Items {
			got[tag.No]++
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for _, tag := range all {
		if got[tag.No] != 1 {
			t.Errorf("%s came %d times on all pages; want once", tag.Path, got[tag.No])
		}
	}
}
