package record_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/record/pgtest"
	"zhigai/record/shop"
)

// Two records on one database are two processes: places have no holes and
// rise in the order of commits, so that a reader that goes on behind the last
// place it saw misses nothing.
func TestPostgreSQL_TwoWriteOneJournal(t *testing.T) {
	where := pgtest.Address(t)
	both := []*record.DB{openIn(t, where), openIn(t, where)}
	const writers, each = 4, 100
	const all = 2 * writers * each
	var writing sync.WaitGroup
	for i, db := range both {
		for w := range writers {
			writing.Go(func() {
				for n := range each {
					e := event(n)
					e.Source = fmt.Sprint("device:", i, "-", w)
					if _, err := db.Journal().Append(t.Context(), 1, e); err != nil {
						t.Errorf("Append: %v", err)
						return
					}
				}
			})
		}
	}
	var reading sync.WaitGroup
	enough := errors.New("enough")
	for _, db := range both {
		reading.Go(func() {
			last := uint64(0)
			err := db.Journal().Follow(t.Context(), 1, 0, func(_ context.Context, page []fact.Event) error {
				for _, e := range page {
					if e.Seq != last+1 {
						return fmt.Errorf("place %d follows place %d", e.Seq, last)
					}
					last = e.Seq
				}
				if last == all {
					return enough
				}
				return nil
			})
			if !errors.Is(err, enough) {
				t.Errorf("Follow: %v", err)
			}
		})
	}
	writing.Wait()
	reading.Wait()
}

// What is written depends on what is there: nobody may write in between.
func TestPostgreSQL_TwoEditTheSame(t *testing.T) {
	where := pgtest.Address(t)
	both := []*record.DB{openIn(t, where), openIn(t, where)}
	ctx := t.Context()
	const rounds = 20
	var all sync.WaitGroup
	var mu sync.Mutex
	won, names := map[int]int{}, map[plant.TagNo]string{}
	for _, db := range both {
		all.Go(func() {
			for n := range rounds {
				if _, err := db.Access().AppendAudit(ctx, access.Entry{Tenant: 1, Who: "w"}, access.Chain); err != nil {
					t.Errorf("AppendAudit: %v", err)
				}
				_, err := db.Access().SaveUser(ctx, access.User{Tenant: 1, Name: fmt.Sprint("u", n)})
				if err != nil && !errors.Is(err, access.ErrConflict) {
					t.Errorf("SaveUser: %v; want a user or ErrConflict", err)
				}
				name := fmt.Sprint("x", n)
				tags, err2 := shop.NewTags(db).EnsureTags(ctx, 1, []plant.Tag{{Node: "n", Name: name, Path: "a/" + name}})
				if err2 != nil {
					t.Errorf("EnsureTags: %v", err2)
					return
				}
				mu.Lock()
				if err == nil {
					won[n]++
				}
				if other, ok := names[tags[0].No]; ok && other != name {
					t.Errorf("number %d is given to %s and %s", tags[0].No, other, name)
				}
				names[tags[0].No] = name
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for n := range rounds {
		if won[n] != 1 {
			t.Errorf("user %d was made %d times; want once", n, won[n])
		}
	}
	if n, err := access.Verify(ctx, both[0].Access(), 1); n != 2*rounds || err != nil || len(names) != rounds {
		t.Errorf("audit %d, %v, and %d tags; want %d in one chain and %d tags", n, err, len(names), 2*rounds, rounds)
	}
}

// Several processes may meet an empty database at once.
func TestPostgreSQL_MigratedOnce(t *testing.T) {
	where := pgtest.Address(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			db, err := record.Open(t.Context(), where, record.Options{})
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			if err := db.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	all.Wait()
}

// Every text compares by bytes, in tables of later migrations too.
func TestPostgreSQL_TextsCompareByBytes(t *testing.T) {
	db := openIn(t, pgtest.Address(t))
	var texts, others int
	if err := db.Reader().QueryRowContext(t.Context(), `select count(*), count(*) filter (where collation_name is distinct from 'C')
		from information_schema.columns where table_schema = current_schema() and data_type = 'text'`).Scan(&texts, &others); err != nil {
		t.Fatal(err)
	}
	if texts < 40 || others != 0 {
		t.Errorf("%d of %d text columns compare by language; write a column's type on its own line of the migration", others, texts)
	}
}

func TestPostgreSQL_OpenRefused(t *testing.T) {
	server := pgtest.Shared(t)
	if err := server.SQL("postgres", `drop database if exists bytes`, `create database bytes encoding 'SQL_ASCII' locale_provider libc locale 'C' template template0`); err != nil {
		t.Fatal(err)
	}
	newer := server.Record(t)
	if db, err := record.Open(t.Context(), newer, record.Options{}); err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	run(t, newer, `insert into goose_db_version (version_id, is_applied, tstamp) values (9999, true, '2030-01-01')`)
	for name, c := range map[string]struct {
		where string
		is    error
		says  []string
	}{
		"no address":         {"postgres://u:secret@h:port/x", nil, []string{"postgres://USER@HOST"}},
		"no server":          {"postgres://u:secret@127.0.0.1:1/x", record.ErrUnavailable, []string{"127.0.0.1", "refused"}},
		"no database":        {strings.Replace(server.Address(), "/record", "/nothing", 1), nil, []string{"createdb --owner"}},
		"no schema":          {server.Address("search_path", "nothing"), nil, []string{"search_path"}},
		"no UTF-8":           {strings.Replace(server.Address(), "/record", "/bytes", 1), nil, []string{"SQL_ASCII", "createdb --encoding UTF8"}},
		"not durable":        {server.Address("synchronous_commit", "off"), record.ErrUnsafe, []string{"synchronous_commit is off", "postgresql.conf"}},
		"a newer schema":     {newer, record.ErrNewerSchema, []string{"schema 9999", "newer program"}},
		"password as option": {"postgres://127.0.0.1:1/x?password=secret", record.ErrUnavailable, nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := refused(t, c.where, c.says...)
			if c.is != nil && !errors.Is(err, c.is) || c.is == nil && errors.Is(err, record.ErrUnavailable) {
				t.Errorf("Open: %v; want %v", err, c.is)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("Open: %v; want no password in it", err)
			}
		})
	}
}

// run runs a statement on the record's database, past the record.
func run(t *testing.T, where, query string) {
	t.Helper()
	conn := stranger(t, where)
	if _, err := conn.Exec(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

// stranger is a connection that is not the record's.
func stranger(t *testing.T, where string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestPostgreSQL_Look(t *testing.T) {
	where := pgtest.Address(t)
	if got, err := record.Look(t.Context(), where); err != nil || got.Version == "" || got.Answer <= 0 || got.Warning != "" {
		t.Errorf("Look = %+v, %v", got, err)
	}
	var tables int
	if err := stranger(t, where).QueryRow(t.Context(), `select count(*) from pg_tables where schemaname = current_schema()`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("after Look there are %d tables, %v; want it to change nothing", tables, err)
	}
	if _, err := record.Look(t.Context(), where+"&synchronous_commit=off"); !errors.Is(err, record.ErrUnsafe) {
		t.Errorf("Look: %v; want ErrUnsafe", err)
	}
}

// A transaction that the database gives up runs again, the whole group with
// it, and each write is done once.
func TestPostgreSQL_GivenUpRunsAgain(t *testing.T) {
	for _, code := range []string{"40001", "40P01"} {
		t.Run(code, func(t *testing.T) {
			db := openIn(t, pgtest.Address(t))
			gate, started := make(chan struct{}), make(chan struct{})
			results := make(chan error, 4)
			go func() {
				results <- db.Write(t.Context(), func(context.Context, bun.Tx) error { close(started); <-gate; return nil })
			}()
			<-started
			tries := 0
			go func() {
				results <- db.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
					if tries++; tries > 2 {
						return nil
					}
					_, err := tx.NewRaw(fmt.Sprintf(`do $$ begin raise exception using errcode = '%s'; end $$`, code)).Exec(ctx)
					return err
				})
			}()
			twins := []fact.Event{event(1), event(1), event(2)}
			go func() {
				got, err := db.Journal().Append(t.Context(), 1, twins...)
				if err == nil && (got[0].Seq != 1 || got[1].Seq != 1 || got[2].Seq != 2) {
					err = fmt.Errorf("appended as %+v", got)
				}
				results <- err
			}()
			close(gate)
			for range 3 {
				if err := <-results; err != nil {
					t.Error(err)
				}
			}
			got, err := db.Journal().Events(t.Context(), 1, fact.Filter{})
			if err != nil || len(got) != 2 || tries != 3 {
				t.Errorf("%d events, %v, after %d tries; want 2 after 3", len(got), err, tries)
			}
		})
	}
	t.Run("always", func(t *testing.T) {
		db := openIn(t, pgtest.Address(t))
		err := db.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`do $$ begin raise exception using errcode = '40001'; end $$`).Exec(ctx)
			return err
		})
		if !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("Write: %v; want ErrUnavailable in the end", err)
		}
	})
}

// keepsTheTurn begins a write that does not end before the gate is closed.
func keepsTheTurn(t *testing.T, db *record.DB, gate chan struct{}) <-chan error {
	t.Helper()
	started, result := make(chan struct{}), make(chan error, 1)
	go func() {
		result <- db.Write(t.Context(), func(context.Context, bun.Tx) error { close(started); <-gate; return nil })
	}()
	<-started
	return result
}

// Who waits for another process's write is told so.
func TestPostgreSQL_SomebodyKeepsTheTurn(t *testing.T) {
	where := pgtest.Address(t)
	slow, waiting := openIn(t, where), openIn(t, where+"&lock_timeout=50")
	gate := make(chan struct{})
	result := keepsTheTurn(t, slow, gate)
	_, err := waiting.Journal().Append(t.Context(), 1, event(1))
	if !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), "another process does not end its write") {
		t.Errorf("Append: %v; want ErrUnavailable, with the reason", err)
	}
	close(gate)
	if err := <-result; err != nil {
		t.Errorf("Write of the slow one: %v", err)
	}
	if _, err = waiting.Journal().Append(t.Context(), 1, event(1)); err != nil {
		t.Errorf("Append afterwards: %v", err)
	}
}

// A process that stops inside its write is put out; what it does later says so.
func TestPostgreSQL_WhoStopsIsPutOut(t *testing.T) {
	where := pgtest.Address(t)
	stopped, waiting := openIn(t, where+"&idle_in_transaction_session_timeout=100"), openIn(t, where)
	gate := make(chan struct{})
	result := keepsTheTurn(t, stopped, gate)
	if _, err := waiting.Journal().Append(t.Context(), 1, event(1)); err != nil {
		t.Errorf("Append: %v", err)
	}
	close(gate)
	if err := <-result; !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Write of the one put out: %v; want ErrUnavailable", err)
	}
	if _, err := stopped.Journal().Append(t.Context(), 1, event(2)); err != nil {
		t.Errorf("Append of the one put out, afterwards: %v", err)
	}
}
