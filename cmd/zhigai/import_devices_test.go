package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/bulk"
)

// A sheet is looked at, refused while a row is wrong, imported once, and
// nothing the second time; what is said is the golden file's, and the audit
// counts what was done.
func TestImportDevices(t *testing.T) {
	at := place{Data: t.TempDir()}
	admin := access.With(t.Context(), access.Node(demoTenant))
	scope := access.Scope{Tenant: demoTenant}
	s, err := openStores(t.Context(), at)
	must(t, err)
	for _, n := range []plant.Node{{Path: "firm", Level: plant.LevelEnterprise}, {Path: "firm/hall", Level: plant.LevelArea}} {
		n.Name.ZH = n.Code()
		_, _, err := s.plants.SaveNode(admin, scope, n, 0, plant.MicrosOf(time.Now()))
		must(t, err)
	}
	must(t, s.Close())
	dir := t.TempDir()
	file := func(text string) string {
		t.Helper()
		name := filepath.Join(dir, "list.csv")
		must(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	var said strings.Builder
	run := func(title string, c devicesCmd) error {
		t.Helper()
		c.place = at
		out, err := os.Create(filepath.Join(dir, "out"))
		must(t, err)
		stdout := os.Stdout
		os.Stdout = out
		failed := c.Run(t.Context())
		os.Stdout = stdout
		must(t, out.Close())
		text, err := os.ReadFile(out.Name())
		must(t, err)
		said.WriteString("# " + title + "\n" + string(text))
		return failed
	}
	const head, a = "路径,名称,设备类型,地址,param.unit\n", "firm/hall/line/a,甲,demo-lathe,127.0.0.1:1,1\n"
	const b, mended = "firm/hall/line/b,乙,demo-lath,127.0.0.1:1,2\n", "firm/hall/line/b,乙,demo-lathe,127.0.0.1:1,2\n"
	var code exitCode
	if err := run("wrong rows", devicesCmd{File: file(head + a + b)}); !errors.As(err, &code) || code != 1 {
		t.Errorf("wrong rows: %v; want exit 1", err)
	}
	sheet := file(head + a + mended)
	must(t, run("dry run", devicesCmd{File: sheet, CreatePlaces: true, DryRun: true}))
	must(t, run("import", devicesCmd{File: sheet, CreatePlaces: true}))
	must(t, run("again", devicesCmd{File: sheet}))
	must(t, run("a name changes", devicesCmd{File: file(head + strings.Replace(a, "甲", "丙", 1))}))
	golden(t, "testdata/import-devices.golden", said.String())
	if err := run("", devicesCmd{File: file("路径,颜色\nfirm/hall/a,红\n")}); !errors.Is(err, bulk.ErrSheet) {
		t.Errorf("unknown column: %v", err)
	}

	s, err = openStores(t.Context(), at)
	must(t, err)
	defer s.Close()
	entries, err := s.record.Access().Audit(t.Context(), demoTenant, 0, 100)
	must(t, err)
	var done []bulk.Applied
	for _, e := range entries {
		if e.Action == bulk.ActionImport {
			var one bulk.Applied
			must(t, json.Unmarshal([]byte(e.After), &one))
			done = append(done, one)
		}
	}
	if len(done) != 2 || done[0].Made != 2 || done[0].Places != 1 || done[1].Changed != 1 {
		t.Fatalf("audit %+v", done)
	}
}

// golden compares with a file, which -update writes anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(name, []byte(got), 0o644))
	}
	want, err := os.ReadFile(name)
	must(t, err)
	if got != string(want) {
		t.Errorf("differs from %s:\n%s", name, got)
	}
}
