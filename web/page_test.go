package web

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestPage_WalksEveryRowOnce(t *testing.T) {
	var rows []string
	for i := range 23 {
		rows = append(rows, fmt.Sprintf("row %02d/部", i))
	}
	var got []string
	pages := 0
	for p := (Paging{Limit: 5}); ; pages++ {
		out, err := Page(rows, func(s string) string { return s }, p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, out.Body.Items...)
		if p.Cursor = out.Body.Next; p.Cursor == "" {
			break
		}
	}
	if !slices.Equal(got, rows) || pages != 4 {
		t.Errorf("%d pages, rows %v", pages, got)
	}
}

func TestPage_RefusesForeignCursors(t *testing.T) {
	_, err := Page([]string{"a"}, func(s string) string { return s }, Paging{Cursor: "not base64!"})
	var invalid interface{ GetStatus() int }
	if !errors.As(err, &invalid) || invalid.GetStatus() != 422 {
		t.Errorf("%v", err)
	}
	empty, err := Page(nil, func(s string) string { return s }, Paging{})
	if err != nil || empty.Body.Items == nil || len(empty.Body.Items) != 0 {
		t.Errorf("an empty page is %v, %v; want an empty list", empty, err)
	}
}

func TestRange_Bounds(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, r := range map[string]Range{"backwards": {From: now, To: now.Add(-1)}, "empty": {From: now, To: now}, "endless": {From: now, To: now.AddDate(30, 0, 0)}} {
		if _, _, err := r.Micros(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if from, to, err := (Range{From: now, To: now.Add(time.Second)}).Micros(); err != nil || to-from != 1_000_000 {
		t.Errorf("%d %d %v", from, to, err)
	}
}
