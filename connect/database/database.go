// Package database reads rows of a PostgreSQL database – of a measuring station,
// a laboratory or another program – in the order of a column that grows.
//
// It reads and never writes: every question is a read-only transaction with a
// time limit, and of so many rows. How far it has come moves when the values of
// the rows are durable, not before; rows that are read twice after a crash say
// the same twice. Start with [Driver]; the way of a row goes through turn.go,
// how far it has come is in cursor.go.
package database

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"zhigai/connect"
	"zhigai/plant"
)

// Kind is the name of the driver.
const Kind = "database"

const (
	defaultTimeout = 10 * time.Second
	maxTimeout     = 5 * time.Minute
	defaultRows    = 5000
	maxRows        = 100_000
	// maxQuery bounds the text of a query: it is a plant file's, which people read.
	maxQuery = 16 << 10
	// maxBehind is as long as a transaction that writes measurements may last.
	maxBehind = time.Hour
)

// Options of the driver.
type Options struct {
	Dir string // for cursors
	Now func() time.Time
}

// Driver reads databases.
type Driver struct {
	dir string
	now func() time.Time
}

var (
	_ connect.Driver = (*Driver)(nil)
	_ connect.Tester = (*Driver)(nil)
)

// New makes the driver.
func New(o Options) (*Driver, error) {
	if o.Dir == "" || o.Now == nil {
		return nil, errors.New("database driver: Dir and Now are required")
	}
	return &Driver{o.Dir, o.Now}, nil
}

// Kind implements [connect.Driver].
func (d *Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "postgres://reader@192.168.1.20:5432/measurements", Params: map[string]string{"query": "SELECT id, measured_at, diameter FROM result", "cursor": "id", "time": "measured_at"}},
		Point:  "column diameter", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (d *Driver) CheckDevice(dev plant.Device) error {
	_, err := parseSettings(dev)
	return err
}

// CheckPoint implements [connect.Driver].
func (d *Driver) CheckPoint(address string, kind plant.TagKind) error {
	_, err := parsePoint(address, kind)
	return err
}

// settings is a device's address and params, understood.
type settings struct {
	config        *pgx.ConnConfig
	query         string
	cursor        string // column
	since         string // where to begin; "" is with the first row
	time          string // column; "" is the cursor, where that is an instant
	names, values string // columns of a list with one value a row
	zone          *time.Location
	timeout       time.Duration
	rows          int // a turn
	behind        time.Duration
}

// defaultZone is where the plant is: an instant without a zone means its wall
// clock. China has one zone and no summer time.
var defaultZone = time.FixedZone("UTC+8", 8*60*60)

const addressExample = `write for example postgres://reader@192.168.1.20:5432/measurements; the password is a param`

func parseSettings(dev plant.Device) (settings, error) {
	s := settings{zone: defaultZone, timeout: defaultTimeout, rows: defaultRows}
	u, err := url.Parse(dev.Address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || strings.Trim(u.Path, "/") == "" {
		return s, fmt.Errorf("database address %q: %s", dev.Address, addressExample)
	}
	if _, open := u.User.Password(); open {
		return s, errors.New("database address with a password in it; write it as the param password")
	}
	if s.config, err = pgx.ParseConfig(dev.Address); err != nil {
		return s, fmt.Errorf("database address: %w; %s", err, addressExample)
	}
	for key, v := range dev.Params {
		if err := s.set(key, v); err != nil {
			return s, fmt.Errorf("database param %s: %w", key, err)
		}
	}
	return s, s.check()
}

func (s *settings) set(key, v string) (err error) {
	switch key {
	case "password":
		s.config.Password = v
	case "query":
		s.query = strings.TrimSuffix(strings.TrimSpace(v), ";")
	case "cursor":
		s.cursor = v
	case "since":
		s.since = v
	case "time":
		s.time = v
	case "names":
		s.names = v
	case "values":
		s.values = v
	case "zone":
		if s.zone, err = time.LoadLocation(v); err != nil {
			return fmt.Errorf("%q; write a name of the time zone database, for example Asia/Shanghai", v)
		}
	case "timeout":
		if s.timeout, err = time.ParseDuration(v); err != nil || s.timeout < 100*time.Millisecond || s.timeout > maxTimeout {
			return fmt.Errorf("%q; write a duration from 100ms to %v", v, maxTimeout)
		}
	case "rows":
		if s.rows, err = strconv.Atoi(v); err != nil || s.rows < 1 || s.rows > maxRows {
			return fmt.Errorf("%q; write 1 to %d", v, maxRows)
		}
	case "behind":
		if s.behind, err = time.ParseDuration(v); err != nil || s.behind < 0 || s.behind > maxBehind {
			return fmt.Errorf("%q; write a duration up to %v", v, maxBehind)
		}
	default:
		return errors.New("not known; write one of password, query, cursor, since, time, names, values, zone, timeout, rows, behind")
	}
	return nil
}

func (s *settings) check() error {
	switch {
	case s.query == "" || len(s.query) > maxQuery:
		return errors.New("database param query: write the SELECT that gives the rows, without an order and without the cursor, for example SELECT id, measured_at, diameter FROM result")
	case s.cursor == "":
		return errors.New("database param cursor: write the name of a column of the query that grows with every row, for example id")
	case (s.names == "") != (s.values == ""):
		return errors.New("database params names and values: write both, the columns of the name and of the value")
	case s.behind > 0 && s.time == "":
		return errors.New("database param behind: write time as well, the column of the instant")
	}
	return nil
}

// point is where a value stands in a row.
type point struct {
	byName bool
	arg    string // column, or name
	kind   plant.TagKind
	wrong  error
}

func parsePoint(address string, kind plant.TagKind) (point, error) {
	how, arg, _ := strings.Cut(address, " ")
	p := point{byName: how == "name", arg: strings.TrimSpace(arg), kind: kind}
	switch {
	case kind == plant.KindWaveform:
		return p, fmt.Errorf("database point %q: waveforms are not read from rows; write them as files or by MQTT", address)
	case how != "name" && how != "column" || p.arg == "":
		return p, fmt.Errorf(`database point %q; write "column diameter", or "name temperature" of a row with that name`, address)
	}
	return p, nil
}

func parsePoints(points []connect.Point) []point {
	out := make([]point, len(points))
	for i, p := range points {
		var err error
		if out[i], err = parsePoint(p.Address, p.Kind); err != nil {
			out[i].wrong = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
		}
	}
	return out
}

// Open implements [connect.Driver]: it signs in and looks what the query gives.
func (d *Driver) Open(ctx context.Context, dev plant.Device) (connect.Conn, error) {
	s, err := parseSettings(dev)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	c := &conn{driver: d, settings: s, name: d.cursorName(dev.Address, &s)}
	if c.db, err = pgx.ConnectConfig(ctx, session(s.config, s.timeout)); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if err := c.describe(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// session is a configuration in which instants are written one way, and in which
// the server itself ends what takes too long and refuses to write.
func session(of *pgx.ConnConfig, timeout time.Duration) *pgx.ConnConfig {
	config := of.Copy()
	maps.Copy(config.RuntimeParams, map[string]string{
		"application_name": "zhigai", "datestyle": "ISO, YMD", "timezone": "UTC", "extra_float_digits": "3",
		"default_transaction_read_only": "on", "statement_timeout": strconv.FormatInt(timeout.Milliseconds(), 10),
	})
	config.ConnectTimeout = timeout
	return config
}

// Test implements [connect.Tester]: what the query gives.
func (d *Driver) Test(ctx context.Context, dev plant.Device) (string, error) {
	c, err := d.Open(ctx, dev)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return "columns " + strings.Join(c.(*conn).columns, ", "), nil
}

// cursorName is the file of a cursor: another query is read from its beginning.
func (d *Driver) cursorName(address string, s *settings) string {
	sum := sha256.Sum256([]byte(address + "\x00" + s.query + "\x00" + s.cursor))
	return filepath.Join(d.dir, "database-"+hex.EncodeToString(sum[:8])+".json")
}

// Forget implements [connect.Forgetter]: how far the rows were taken is no longer
// known.
func (d *Driver) Forget(dev plant.Device) error {
	s, err := parseSettings(dev)
	if err != nil {
		return nil // such a device never was read
	}
	if err := os.Remove(d.cursorName(dev.Address, &s)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("database: forget %s: %w", dev.Address, err)
	}
	return nil
}
