package recordtest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/sector/tenant"
)

// Files is what every store of a node's library must do.
func Files(t *testing.T, s tenant.Files) {
	ctx := t.Context()
	at := time.Date(2026, 11, 29, 8, 0, 0, 123_000, time.UTC)
	file := func(number int64, id string, version int, text string) tenant.File {
		return tenant.File{Number: number, Kind: tenant.ProfileFile, ID: id, Version: version, Text: text, Template: "轴承", By: "operator", Recorded: at}
	}
	list := func(after int64, want ...tenant.File) {
		t.Helper()
		got, err := s.Files(ctx, after)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Files(%d) = %+v, %v; want %+v", after, got, err, want)
		}
	}
	add := func(want error, files ...tenant.File) {
		t.Helper()
		if err := s.AddFiles(ctx, files); !errors.Is(err, want) {
			t.Errorf("AddFiles(%+v): %v; want %v", files, err, want)
		}
	}
	list(0)
	a, b, c := file(1, "a", 1, "甲\n"), file(2, "b", 1, "x"), file(3, "a", 2, "乙")
	definition := file(4, "a", 1, "a figure of that name")
	definition.Kind = tenant.DefinitionFile
	add(nil, a, b)
	list(0, a, b)
	add(nil, b, c) // b is there already
	list(1, b, c)
	add(access.ErrConflict, file(0, "d", 1, "new"), file(0, "a", 1, "another"))
	list(2, c) // nothing of it came in
	add(nil, file(0, "a", 1, "甲"), definition)
	list(3, definition)
}
