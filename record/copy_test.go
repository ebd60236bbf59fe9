package record_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/record"
	"zhigai/record/pgtest"
	"zhigai/record/programme"
	"zhigai/record/recordtest"
	"zhigai/record/shop"
)

func stores(db *record.DB) recordtest.Stores {
	return recordtest.Stores{
		Journal: db.Journal(), Plants: plantAndTags{shop.NewPlants(db), shop.NewTags(db)},
		Figures: shop.NewFigures(db), Access: db.Access(), Diagnoses: programme.NewDiagnoses(db),
	}
}

// There and back again: SQLite, PostgreSQL, SQLite.
func TestCopy_ThereAndBack(t *testing.T) {
	first, second, third := open(t), openIn(t, pgtest.Address(t)), open(t)
	recordtest.Fill(t, stores(first))
	want := recordtest.Reads(t, stores(first))
	for _, step := range []struct{ from, to *record.DB }{{first, second}, {second, third}} {
		seen := map[string]bool{}
		done, err := record.Copy(t.Context(), step.from, step.to, func(p record.Progress) {
			if p.Done && p.Check {
				seen[p.Table] = true
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if done.Tables != len(seen) || done.Rows < 2000 || done.Audit != 26 {
			t.Errorf("Copy = %+v, tables %v; want every table reported, the rows and 26 entries of audit", done, seen)
		}
		recordtest.Same(t, recordtest.Reads(t, stores(step.to)), want)
	}
	recordtest.GoesOn(t, stores(second))
	recordtest.GoesOn(t, stores(third))
}

func TestCopy_RefusesATargetWithRows(t *testing.T) {
	each(t, func(t *testing.T, openEmpty func(t *testing.T) *record.DB) {
		from, to := open(t), openEmpty(t)
		recordtest.Fill(t, stores(from))
		if err := to.Journal().SaveCursor(t.Context(), 1, "x", 1); err != nil {
			t.Fatal(err)
		}
		_, err := record.Copy(t.Context(), from, to, nil)
		if !errors.Is(err, record.ErrNotEmpty) || !strings.Contains(err.Error(), "reader_cursor") {
			t.Errorf("Copy: %v; want ErrNotEmpty, naming the table", err)
		}
		isEmpty(t, to)
	})
}

func isEmpty(t *testing.T, db *record.DB) {
	t.Helper()
	got, err := db.Journal().Events(t.Context(), 1, fact.Filter{})
	if users, err2 := db.Access().Users(t.Context(), 1); err != nil || err2 != nil || len(got)+len(users) > 0 || db.Journal().Head(1) != 0 {
		t.Errorf("a copy that failed left %d events and %d users: %v, %v", len(got), len(users), err, err2)
	}
}

// A source whose audit was changed, or that holds what the other database
// cannot, is not copied by halves.
func TestCopy_FailsWholly(t *testing.T) {
	for name, c := range map[string]struct {
		harm   string
		broken bool
	}{
		"audit changed": {`update audit set who = 'nobody' where tenant = 2 and seq = 3`, true},
		"NUL in a text": {`update event set subject = cast(x'610062' as text) where seq = 5`, false},
		"no UTF-8":      {`update master set body = cast(x'ff' as text)`, false},
		"a blob":        {`update tag set body = x'00'`, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db, err := record.Open(t.Context(), dir, record.Options{})
			if err != nil {
				t.Fatal(err)
			}
			recordtest.Fill(t, stores(db))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			raw(t, dir, c.harm)
			to := openIn(t, pgtest.Address(t))
			_, err = record.Copy(t.Context(), openIn(t, dir), to, nil)
			if err == nil || c.broken != errors.As(err, new(*access.BrokenError)) {
				t.Errorf("Copy: %v; want it to fail", err)
			}
			t.Log(err)
			isEmpty(t, to)
			if _, err := to.Journal().Append(t.Context(), 1, event(1)); err != nil {
				t.Errorf("the target after it: %v", err)
			}
		})
	}
}

func TestCopy_GivenUp(t *testing.T) {
	each(t, func(t *testing.T, openEmpty func(t *testing.T) *record.DB) {
		from, to := open(t), openEmpty(t)
		recordtest.Fill(t, stores(from))
		ctx, cancel := context.WithCancel(t.Context())
		_, err := record.Copy(ctx, from, to, func(p record.Progress) {
			if p.Table == "event" && p.Done {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Copy, given up: %v; want context.Canceled", err)
		}
		isEmpty(t, to)
	})
}

// A record that is written to while it is copied comes as it was at one
// moment.
func TestCopy_OneMoment(t *testing.T) {
	each(t, func(t *testing.T, openEmpty func(t *testing.T) *record.DB) {
		from := openEmpty(t)
		ctx, cancel := context.WithCancel(t.Context())
		written := make(chan error)
		go func() {
			for n := 0; ; n++ {
				if _, err := from.Journal().Append(ctx, 1, event(n)); err != nil {
					written <- err
					return
				}
			}
		}()
		if err := from.Journal().Wait(ctx, 1, 50); err != nil {
			t.Fatal(err)
		}
		to := open(t)
		_, err := record.Copy(t.Context(), from, to, nil)
		cancel()
		if gone := <-written; !errors.Is(gone, context.Canceled) {
			t.Errorf("writing ended with %v", gone)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := to.Journal().Events(t.Context(), 1, fact.Filter{})
		if err != nil || len(got) < 50 || to.Journal().Head(1) != uint64(len(got)) {
			t.Errorf("%d events with head %d, %v; want the head to be the last event", len(got), to.Journal().Head(1), err)
		}
		for i, e := range got {
			if e.Seq != uint64(i+1) {
				t.Fatalf("place %d = %d; want no holes", i, e.Seq)
			}
		}
	})
}

// The list of tables in copy.go is that of the migrations.
func TestCopy_KnowsEveryTable(t *testing.T) {
	db := open(t)
	rows, err := db.Reader().QueryContext(t.Context(), `select m.name, group_concat(k.name, ', ') from sqlite_master m, pragma_table_info(m.name) k
		where m.type = 'table' and k.pk > 0 and m.name not in ('goose_db_version', 'sqlite_sequence', 'duty') group by m.name order by m.name, k.pk`)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for rows.Next() {
		var name, key string
		if err := rows.Scan(&name, &key); err != nil {
			t.Fatal(err)
		}
		want = append(want, name+": "+key)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	if got := record.Tables(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("copied are\n%s\nthe migrations make\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBackup_OfPostgreSQLOpensAsAFolder(t *testing.T) {
	db := openIn(t, pgtest.Address(t))
	recordtest.Fill(t, stores(db))
	dir := t.TempDir()
	if err := db.Backup(t.Context(), filepath.Join(dir, record.FileName), nil); err != nil {
		t.Fatal(err)
	}
	restored := stores(openIn(t, dir))
	recordtest.Same(t, recordtest.Reads(t, restored), recordtest.Reads(t, stores(db)))
	recordtest.GoesOn(t, restored)
}
