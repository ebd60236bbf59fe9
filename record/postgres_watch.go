package record

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"zhigai/plant"
)

const (
	// silence bounds how long word of another process may be missed: a
	// connection that died unnoticed tells nothing.
	silence = 30 * time.Second
	// Between two tries to reach a server that is away.
	firstPause, longestPause = 100 * time.Millisecond, 5 * time.Second
)

// channel carries how far journals reach.
func (p *postgres) channel() string { return fmt.Sprint("zhigai_", p.schema) }

// watch listens to other processes until ctx ends, over a connection of its
// own that it makes again when it is lost.
func (p *postgres) watch(ctx context.Context, h *heads) {
	pause := firstPause
	for ctx.Err() == nil {
		heard, err := p.listen(ctx, h)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if heard {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// listen returns whether it was in touch, and the error that ended it.
func (p *postgres) listen(ctx context.Context, h *heads) (heard bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, p.config.Copy())
	if err != nil {
		return false, err
	}
	// Closing says goodbye to a server that may be away: not for long.
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ending) // nothing is lost with it
	}()
	if _, err := conn.Exec(ctx, `listen `+p.channel()); err != nil {
		return false, err
	}
	for {
		// Whatever was told before, or while nobody listened, is read here.
		if err := p.readHeads(ctx, conn, h); err != nil {
			return heard, err
		}
		heard = true
		if err := hear(ctx, conn, h); err != nil {
			return heard, err
		}
	}
}

func (p *postgres) readHeads(ctx context.Context, conn *pgx.Conn, h *heads) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	rows, err := conn.Query(ctx, `select tenant, seq from journal_head`)
	if err != nil {
		return err
	}
	var tenant, seq int64
	_, err = pgx.ForEachRow(rows, []any{&tenant, &seq}, func() error {
		h.advance(plant.TenantNo(tenant), uint64(seq))
		return nil
	})
	return err
}

// hear follows what is told for a while and returns nil when it was silent.
func hear(ctx context.Context, conn *pgx.Conn, h *heads) error {
	for {
		some, cancel := context.WithTimeout(ctx, silence)
		n, err := conn.WaitForNotification(some)
		cancel()
		switch {
		case err != nil && ctx.Err() == nil && pgconn.Timeout(err) && !conn.IsClosed():
			return nil
		case err != nil:
			return err
		}
		if tenant, seq, err := parseHead(n.Payload); err == nil { // else a stranger's
			h.advance(tenant, seq)
		}
	}
}

func parseHead(s string) (plant.TenantNo, uint64, error) {
	a, b, ok := strings.Cut(s, " ")
	tenant, err := strconv.ParseUint(a, 10, 32)
	seq, err2 := strconv.ParseUint(b, 10, 63)
	if err = errors.Join(err, err2); !ok || err != nil {
		return 0, 0, fmt.Errorf("no head: %q: %w", s, err)
	}
	return plant.TenantNo(tenant), seq, nil
}
