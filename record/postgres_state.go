package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// oldestServer is the first version with every setting that a session makes.
const oldestServer = 120_000

// serverState is what a server says about itself.
type serverState struct {
	number                int
	version, encoding     string
	schemaName            string
	schema                uint32
	commit, fsync, shield string
}

func (p *postgres) look(ctx context.Context) (serverState, error) {
	var s serverState
	err := p.reader.QueryRowContext(ctx, `select current_setting('server_version_num')::integer, current_setting('server_version'),
		current_setting('server_encoding'), coalesce(current_schema(), ''),
		coalesce((select oid from pg_namespace where nspname = current_schema()), 0)::bigint,
		current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes')`).
		Scan(&s.number, &s.version, &s.encoding, &s.schemaName, &s.schema, &s.commit, &s.fsync, &s.shield)
	return s, err
}

// fit returns why a record must not be kept here.
func (s serverState) fit() error {
	switch {
	case s.number < oldestServer:
		return fmt.Errorf("the server is PostgreSQL %s; 12 or newer is needed", s.version)
	case s.encoding != "UTF8":
		return fmt.Errorf("the database keeps texts in %s; make one with: createdb --encoding UTF8 --template template0 NAME", s.encoding)
	case s.schema == 0:
		return errors.New("no schema of the search_path exists; create one, or correct search_path in the address")
	}
	return safe(s.commit, s.fsync)
}

// safe returns ErrUnsafe for a server that acknowledges before it has stored.
func safe(commit, fsync string) error {
	switch {
	case commit == "off":
		return fmt.Errorf("%w: synchronous_commit is off for this connection, so a crash takes back the last transactions; "+
			"set it to on in postgresql.conf, or by ALTER DATABASE or ALTER ROLE, and do not change it in the address", ErrUnsafe)
	case fsync == "off":
		return fmt.Errorf("%w: fsync is off, so a power cut may destroy the database; set fsync = on in postgresql.conf and reload", ErrUnsafe)
	}
	return nil
}

// advise adds what to do to the errors of a first connection.
func advise(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.Code {
	case "3D000":
		return fmt.Errorf("%w; make it with: createdb --owner USER NAME", err)
	case "28000", "28P01":
		return fmt.Errorf("%w; check user and password (in the address, PGPASSWORD or ~/.pgpass) and the server's pg_hba.conf", err)
	case "42501":
		return fmt.Errorf("%w; the user needs the right to create tables: make it the owner of the database, or GRANT CREATE ON SCHEMA", err)
	}
	return err
}

// Server is what Look found.
type Server struct {
	Version string
	Answer  time.Duration // to one question, over an open connection
	Warning string        // what does not keep the record from being opened
}

// Look asks a PostgreSQL server whether a record can be kept there, and
// changes nothing. The errors are those of Open.
func Look(ctx context.Context, address string) (_ Server, err error) {
	p, err := newPostgres(address)
	if err != nil {
		return Server{}, err
	}
	p.reader = p.pool(forReading, 1, true)
	defer func() { err = errors.Join(err, p.close()) }()
	state, err := p.look(ctx)
	if err == nil {
		err = state.fit()
	}
	if err != nil {
		return Server{}, fmt.Errorf("record %s: %w", p.address, advise(err))
	}
	start := time.Now()
	if _, err := p.look(ctx); err != nil {
		return Server{}, fmt.Errorf("record %s: %w", p.address, err)
	}
	out := Server{Version: state.version, Answer: time.Since(start)}
	if state.shield == "off" {
		out.Warning = "full_page_writes is off: a power cut may tear pages unless the file system forbids it"
	}
	return out, nil
}
