package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

// pressProfile is a kind of machine that no product brings; it stands on one that
// does. shareDefinition is a figure of its own.
const (
	pressProfile = `schema: zhigai.profile/1
id: works.press
version: 1
base: demo-lathe
vendor: works
title: {zh: 压装机, en: press}
source: this test
verified: derived
derived:
  - {name: press.loaded, kind: boolean, expr: "true"}
`
	shareDefinition = `schema: zhigai.figure/1
id: works-good-share
version: 1
name: {zh: 良品占比, en: good share}
description: {zh: 良品占全部产出, en: good of all}
unit: "1"
source: this test
verified: derived
better: high
digits: 3
terms: [gq, pq]
formula: gq / pq
undefined:
  - {when: pq <= 0.0, name: no_output}
coverage: {known: known_ms, planned: pbt_ms}
`
)

// brought is a template of presses that brings its profiles and definitions.
func brought(profile, definition string) string {
	indent := func(text string) string {
		return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ") + "\n"
	}
	return strings.Replace(lathes(), "profile: demo-lathe", "profile: works.press", 1) +
		"profiles:\n  - |\n" + indent(profile) + "definitions:\n  - |\n" + indent(definition)
}

// TestLibrary: profile and definition of a template are known to the node from
// the first firm on, to its machines, folds and pages, after a restart as well,
// and go with the firm; another content under the same version is refused, and
// nothing is half done.
func TestLibrary(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	ctx := t.Context()
	add := func(text, id string, check bool) ([]tenant.Made, error) {
		t.Helper()
		template, err := tenant.ReadTemplate("works.yaml", []byte(text))
		must(t, err)
		firms := []tenant.New{{ID: id, Name: plant.Name{ZH: id}, Set: map[string]string{"first": "一号"}}}
		if check {
			return nil, g.n.sector.Check(ctx, &template, firms)
		}
		return g.n.sector.Add(ctx, operator(), &template, firms)
	}
	good := brought(pressProfile, shareDefinition)
	if _, err := add(good, "xinda", true); err != nil {
		t.Fatal(err)
	}
	if _, ok := g.n.profiles.Get("works.press"); ok {
		t.Error("known after it was only looked at")
	}
	refused := func(is error, text, want string) {
		t.Helper()
		for _, check := range []bool{true, false} {
			if _, err := add(text, "hongfa", check); !errors.Is(err, is) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want %q", err, want)
			}
		}
	}
	broken := strings.Replace(pressProfile, `expr: "true"`, `expr: "spindel.speed > 1.0"`, 1)
	refused(tenant.ErrInvalid, brought(broken, shareDefinition), "template lathes, profile 1:10:")
	refused(tenant.ErrInvalid, brought(pressProfile, strings.Replace(shareDefinition, "terms: [gq, pq]", "terms: [gq, luck]", 1)), `template lathes, definition 1: unknown term "luck"`)
	refused(tenant.ErrInvalid, brought(strings.Replace(pressProfile, "works.press", "works.other", 1), shareDefinition), "works.press")
	if g.n.profiles.Source("works.other") != nil {
		t.Error("a profile of a template that was refused is known")
	}
	made, err := add(good, "xinda", false)
	must(t, err)
	x := made[0].Tenant
	snapshot, err := g.n.fleet.At(ctx, x.No, plant.MicrosOf(time.Now()))
	must(t, err)
	kinds := map[string]int{}
	for _, m := range snapshot.Machines {
		kinds[m.Kind.Profile]++
		if m.Kind.Rules == nil {
			t.Errorf("%s has no state", m.Path)
		}
	}
	if kinds["works.press"] != 1 || kinds["demo-lathe"] != 1 {
		t.Errorf("kinds %v", kinds)
	}
	token := g.tokenOf(x.No, access.Grant{Role: access.RoleAdmin})
	for path, want := range map[string]string{"/api/v1/profiles": `"works.press"`, "/api/v1/definitions": `"works-good-share"`} {
		if status, body := g.fetch(path, bearer(token)); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, without %s", path, status, want)
		}
	}
	from, to := time.Now().Add(-2*time.Hour).UTC().Format(time.RFC3339), time.Now().UTC().Format(time.RFC3339)
	if status, body := g.fetch(fmt.Sprintf("/api/v1/figures/works-good-share?scope=firm&window=hour&from=%s&to=%s", from, to), bearer(token)); status != http.StatusOK {
		t.Errorf("its figure: %d %.300s", status, body)
	}
	if _, err := add(good, "hongfa", false); err != nil {
		t.Errorf("a second firm of the same template: %v", err)
	}
	refused(access.ErrConflict, strings.Replace(good, "zh: 压装机", "zh: 冲压机", 1), "works.press version 1 is known with another content")
	refused(access.ErrConflict, strings.Replace(good, "zh: 良品占比", "zh: 另一个", 1), "works-good-share version 1 is known with another content")
	// A node that begins anew, and a command without one, know the same.
	for name, open := range map[string]func() (*rules, error){
		"node":    func() (*rules, error) { return loadRulesOf(ctx, g.n.record, g.n.drivers.List) },
		"command": func() (*rules, error) { return loadRulesOf(ctx, g.n.record, nil) },
	} {
		r, err := open()
		must(t, err)
		if p, ok := r.profiles.Get("works.press"); !ok || p.Title.ZH != "压装机" {
			t.Errorf("%s: %+v", name, p)
		}
		if _, err := r.definitions.Definition("works-good-share"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if kind, ok := r.kinds.Kind("works.press"); !ok || kind.Rules == nil {
			t.Errorf("%s: kind %+v", name, kind)
		}
	}
	// What no template brings is added by itself, as a node above one does.
	added, err := g.n.addToLibrary(ctx, []libraryText{{"press.yaml", strings.Replace(pressProfile, "works.press", "works.other", 1)}, {"share.yaml", shareDefinition}})
	if err != nil || len(added) != 2 || added[0].ID != "works.other" {
		t.Errorf("added %+v, %v", added, err)
	}
	if _, err := g.n.addToLibrary(ctx, []libraryText{{"plant.yaml", twoLathes}}); err == nil || !strings.Contains(err.Error(), `plant.yaml: schema "zhigai.plant/1"; write zhigai.profile/1`) {
		t.Errorf("a plant file: %v", err)
	}
	if kept, err := g.n.shelf.Files(ctx); err != nil || len(kept) != 3 {
		t.Errorf("kept %+v, %v", kept, err)
	}
	var own bytes.Buffer
	must(t, g.n.exportTenant(ctx, x.No, x.ID, &own, func(tenant.Progress) {}))
	files := unpacked(t, own.Bytes())
	if got := strings.TrimSpace(string(files["profiles/works.press.yaml"])); got != strings.TrimSpace(pressProfile) {
		t.Errorf("the firm takes along %q", got)
	}
	if _, ok := files["profiles/demo-lathe.yaml"]; ok {
		t.Error("a delivered profile goes along")
	}
}

// exportOf starts an export over the API and waits until it ended.
func exportOf(t *testing.T, g *gate, at, token string) tenant.Export {
	t.Helper()
	var now tenant.Export
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.api.base+"/api/v1"+at, http.NoBody)
	must(t, err)
	bearer(token)(req)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, errors.Join(json.NewDecoder(res.Body).Decode(&now), res.Body.Close()))
	if res.StatusCode != http.StatusAccepted {
		t.Fatalf("start of %s: %d", at, res.StatusCode)
	}
	soon(t, "the export has ended", func() bool {
		_, body := g.fetch("/api/v1"+at, bearer(token))
		must(t, json.Unmarshal([]byte(body), &now))
		return now.State != tenant.ExportWaiting && now.State != tenant.ExportRunning
	})
	return now
}
