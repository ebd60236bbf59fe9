package database_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/database"
	"zhigai/plant"
	"zhigai/record/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// station is a database of a measuring station on a real PostgreSQL.
type station struct {
	t      *testing.T
	server *pgtest.Server
	driver *database.Driver
	device plant.Device

	mu     sync.Mutex
	kept   []connect.Reading
	refuse bool
	news   chan struct{}
	cancel context.CancelFunc
	ended  chan error
}

var schemas = map[*pgtest.Server]int{} // tests of this package run one after the other

func newStation(t *testing.T, server *pgtest.Server, params map[string]string, sql ...string) *station {
	t.Helper()
	schemas[server]++
	schema := fmt.Sprint("station", schemas[server])
	driver, err := database.New(database.Options{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := &station{t: t, server: server, driver: driver, news: make(chan struct{}, 1)}
	s.device = plant.Device{Driver: database.Kind, Address: server.Address("search_path", schema), Params: params}
	s.sql(append([]string{"create schema " + schema}, sql...)...)
	return s
}

// sql runs statements in the schema of the station.
func (s *station) sql(statements ...string) {
	s.t.Helper()
	_, schema, _ := strings.Cut(s.device.Address, "search_path=")
	for i := range statements {
		statements[i] = "set search_path to " + schema + ", public; " + statements[i]
	}
	if err := s.server.SQL("record", statements...); err != nil {
		s.t.Fatal(err)
	}
}

const results = `create table result (id bigint generated always as identity primary key, at timestamptz not null, part text, diameter double precision, good boolean, note numeric(30, 10));
insert into result (at, part, diameter, good, note) values ('2026-03-02 08:00:00.125+08', '6204-A1', 19.998, true, 1.5), ('2026-03-02 08:00:30+08', '零件 2', 20.002, false, 0.1)`

func onResults() map[string]string {
	return map[string]string{"query": "SELECT id, at, part, diameter, good, note FROM result;", "cursor": "id", "time": "at"}
}

// What every driver promises, against PostgreSQL.
func TestConformance(t *testing.T) {
	server := pgtest.New(t)
	s := newStation(t, server, onResults(), results)
	conntest.Run(t, conntest.Party{
		Driver: s.driver, Device: s.device,
		Values: []conntest.Value{
			{Address: "column diameter", Kind: plant.KindNumber, Number: 20.002},
			{Address: "column part", Kind: plant.KindText, Text: "零件 2"},
			{Address: "column good", Kind: plant.KindBoolean, Number: 0},
			{Address: "column note", Kind: plant.KindNumber, Number: 0.1},
		},
		Missing:     connect.Point{Address: "column weight", Kind: plant.KindNumber},
		WrongPoint:  connect.Point{Address: "diameter", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: database.Kind, Address: "192.168.1.20:5432"},
		Stop: func() {
			if err := server.Kill(); err != nil {
				t.Error(err)
			}
		},
		Start: func() {
			if err := server.Start(); err != nil {
				t.Error(err)
			}
		},
		Timeout: 10 * time.Second,
	})
}

func (s *station) sink(_ context.Context, readings []connect.Reading) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse {
		return errors.New("disk full")
	}
	s.kept = append(s.kept, readings...)
	select {
	case s.news <- struct{}{}:
	default:
	}
	return nil
}

func (s *station) start(points ...connect.Point) {
	s.t.Helper()
	c, err := s.driver.Open(s.t.Context(), s.device)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel, s.ended = cancel, make(chan error, 1)
	go func() {
		err := c.(connect.Subscriber).Subscribe(ctx, points, s.sink, func() {})
		s.ended <- errors.Join(err, c.Close())
	}()
	s.t.Cleanup(cancel)
}

func (s *station) stop() error {
	s.cancel()
	return <-s.ended
}

func (s *station) forget(refuse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.refuse = nil, refuse
}

// comes waits for the good numbers of a point.
func (s *station) comes(point int, want ...float64) {
	s.t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for {
		s.mu.Lock()
		var got []float64
		for _, r := range s.kept {
			if r.Point == point && r.Err == nil {
				got = append(got, r.Number)
			}
		}
		s.mu.Unlock()
		if slices.Equal(got, want) {
			return
		}
		select {
		case <-s.news:
		case err := <-s.ended:
			s.t.Fatalf("ended with %v; got %v, want %v", err, got, want)
		case <-late.C:
			s.t.Fatalf("got %v; want %v", got, want)
		}
	}
}

var diameter = connect.Point{Address: "column diameter", Kind: plant.KindNumber, Period: time.Millisecond}

// Rows are taken once, in order, with their own time; what the sink did not keep
// comes again, and the cursor survives the process.
func TestDatabase_TakenOnce(t *testing.T) {
	s := newStation(t, pgtest.Shared(t), onResults(), results)
	s.start(diameter)
	s.comes(0, 19.998, 20.002)
	s.mu.Lock()
	if r := s.kept[0]; !r.Recorded || !r.Source.Equal(time.Date(2026, 3, 2, 0, 0, 0, 125e6, time.UTC)) {
		t.Errorf("%+v", r)
	}
	s.mu.Unlock()
	s.forget(true)
	s.sql("insert into result (at, diameter) values (now(), 3), (now(), null), (now(), 4)")
	if err := <-s.ended; err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Fatalf("ended with %v", err)
	}
	s.forget(false)
	again, err := database.New(database.Options{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.start(diameter)
	s.comes(0, 4, 3, 4) // what holds now, then what was refused
	if err := s.stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	s.forget(false)
	s.driver = again // without the cursor: from the first row
	s.start(diameter)
	s.comes(0, 19.998, 20.002, 3, 4)
	_ = s.stop()
}

// Cursors of other types, equal ones across turns, lists of names, and where to
// begin.
func TestDatabase_Cursors(t *testing.T) {
	f := func(params map[string]string, point connect.Point, sql string, want ...float64) {
		t.Helper()
		s := newStation(t, pgtest.Shared(t), params, sql)
		point.Kind, point.Period = plant.KindNumber, time.Millisecond
		s.start(point)
		s.comes(0, want...)
		_ = s.stop()
		s.forget(false)
		s.start(point)
		s.comes(0, want[len(want)-1])
		_ = s.stop()
	}
	v := connect.Point{Address: "column v"}
	f(map[string]string{"query": "select at, v from r", "cursor": "at", "rows": "2"}, v,
		"create table r (at timestamp, v int); insert into r values ('2026-03-02 08:00:00.000001', 1), ('2026-03-02 08:00:00.000002', 2), ('2026-03-02 08:00:00.000002', 2), ('2026-03-02 08:00:01', 4), ('2026-03-02 08:00:02', 5)", 1, 2, 2, 4, 5)
	f(map[string]string{"query": "select name, at, v from r -- all", "cursor": "name", "time": "at", "rows": "1"}, v,
		"create table r (name text, at timestamptz, v text); insert into r values ('b', now(), '2.5'), ('a', now(), '1.5')", 1.5, 2.5)
	f(map[string]string{"query": "select n, at, tag, value from r", "cursor": "n", "time": "at", "names": "tag", "values": "value"}, connect.Point{Address: "name T'1"},
		"create table r (n numeric, at timestamptz, tag text, value real); insert into r values (1.5, now(), 'T''1', 1.5), (1.75, now(), 'T2', 9), (2, now(), 'T''1', 2)", 1.5, 2)
	f(map[string]string{"query": "select * from r", "cursor": "id", "time": "at", "since": "2"}, v,
		"create table r (id int, at timestamptz, v int); insert into r values (1, now(), 1), (2, now(), 2), (3, now(), 3), (null, now(), 4)", 3)
	f(map[string]string{"query": "select * from r", "cursor": "Serial No", "time": "at", "behind": "1h"}, v,
		`create table r ("Serial No" int, at timestamptz, v int); insert into r values (1, now() - interval '2 hours', 1), (2, now(), 2)`, 1)
}

// What a query must not do, and what is said of one that is wrong.
func TestDatabase_Refuses(t *testing.T) {
	f := func(params map[string]string, want string) {
		t.Helper()
		s := newStation(t, pgtest.Shared(t), params, results)
		s.device.Params["timeout"] = "2s"
		c, err := s.driver.Open(t.Context(), s.device)
		if err == nil {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			err = c.(connect.Subscriber).Subscribe(ctx, []connect.Point{diameter}, s.sink, func() {})
			_ = c.Close()
		}
		if err == nil || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v; want %q", params, err, want)
		}
		s.sql("select 1 / (count(*) - 1) from result") // both rows are there
	}
	with := func(key, v string) map[string]string {
		p := onResults()
		p[key] = v
		return p
	}
	f(with("query", "select * from missing"), `"missing" does not exist`)
	f(with("query", "select *, nextval('result_id_seq') as n from result"), "read-only")
	f(with("query", "select * from result) as q; drop table result; --"), "")
	f(with("query", "with gone as (delete from result returning *) select * from gone"), "")
	f(with("query", "select *, pg_sleep(60) from result"), "timeout")
	f(with("cursor", "number"), `no column "number"; write one of id, at`)
	f(with("cursor", "good"), "is a boolean; write a column")
	f(with("time", "when"), `no column "when"`)
	f(map[string]string{"query": "select id, part from result", "cursor": "id"}, "write the param time")
	f(map[string]string{"query": "select 1 as id, at, diameter from result", "cursor": "id", "time": "at", "rows": "1"}, "more than 1 rows have the cursor id = 1")
	f(map[string]string{"cursor": "id"}, "write the SELECT")
}

func TestCheckDevice(t *testing.T) {
	d, err := database.New(database.Options{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	f := func(address, want string, params map[string]string) {
		t.Helper()
		err := d.CheckDevice(plant.Device{Driver: database.Kind, Address: address, Params: params})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s %v: %v; want %q", address, params, err, want)
		}
	}
	const good = "postgres://reader@192.168.1.20:5432/lab"
	f(good, "", onResults())
	f("postgres://reader:secret@192.168.1.20/lab", "param password", onResults())
	f("mysql://192.168.1.20/lab", "write", onResults())
	f("postgres://192.168.1.20", "write", onResults())
	f(good, "write", map[string]string{"query": "select 1"})
	for key, v := range map[string]string{"rows": "0", "timeout": "1h", "behind": "2h", "zone": "Nowhere", "colour": "red", "names": "tag"} {
		p := onResults()
		p[key] = v
		f(good, "write", p)
	}
}
