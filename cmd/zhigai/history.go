package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"zhigai/figure"
	"zhigai/history"
	"zhigai/history/clickhouse"
	"zhigai/link/journal"
	"zhigai/plant"
	"zhigai/record"
	webshop "zhigai/web/shop"
)

// samples is what a node asks of its history: what each of its rooms asks, and
// what a store that is opened and closed has to offer. Several goroutines may
// call it.
type samples interface {
	webshop.History
	journal.Batches
	journal.MarkedHistory
	Append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) (uint64, error)
	Superseded(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros) ([]history.Superseded, error)
	DeleteBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (int, error)
	Cursor(name string) uint64
	Cursors() map[string]uint64
	DropCursor(name string) error
	LastSeq() uint64
	Stats() history.Stats
	Flush() error
	Checkpoint(dir string) (last uint64, err error)
	Verify(ctx context.Context) error
	Failed() error
	Broken() <-chan struct{}
	Close() error
}

var (
	_ samples = (*history.Store)(nil)
	_ samples = (*clickhouse.Store)(nil)
)

// reachable is what a store on servers can tell besides.
type reachable interface {
	Reachable(ctx context.Context) error
}

var _ reachable = (*clickhouse.Store)(nil)

// ledger is where the ledger of a history in ClickHouse lies: beside the
// record, because what is acknowledged must be durable in a place that all
// replicas share.
func (p place) ledger() (string, error) {
	switch {
	case !record.IsAddress(p.Record):
		return "", errors.New("--history needs --record postgres://USER@HOST/DATABASE: samples are acknowledged there before they are in ClickHouse")
	case p.lean:
		return "", errors.New("--history is for hubs: an edge keeps its samples in its folder until they are sent")
	}
	return p.Record, nil
}

func openHistory(ctx context.Context, p place) (samples, error) {
	if p.History == "" {
		return history.Open(filepath.Join(p.Data, "history"), history.Options{MinFree: p.free, MarkLate: p.forwards, ReadOnly: p.readOnly, Lean: p.lean})
	}
	return openClickHouse(ctx, p)
}

func openClickHouse(ctx context.Context, p place) (*clickhouse.Store, error) {
	ledger, err := p.ledger()
	if err != nil {
		return nil, err
	}
	return clickhouse.Open(ctx, p.History, ledger, clickhouse.Options{MarkLate: p.forwards, Password: os.Getenv(clickhousePassword), Logger: cmp.Or(p.log, slog.Default())})
}

// clickhousePassword is where the password may be in place of the address: an
// argument shows in the list of processes. ClickHouse's own clients read it, too.
const clickhousePassword = "CLICKHOUSE_PASSWORD"

// feed lets folds follow history in their own words.
type feed struct{ samples }

func (f feed) Read(ctx context.Context, after uint64, limit int) ([]figure.Committed, error) {
	batches, err := f.samples.Read(ctx, after, limit)
	if errors.Is(err, history.ErrGone) {
		return nil, fmt.Errorf("%w: %w", figure.ErrGone, err)
	}
	out := make([]figure.Committed, len(batches))
	for i, b := range batches {
		out[i] = figure.Committed{Seq: b.Seq, Tenant: b.Tenant, Batch: b.Batch}
	}
	return out, err
}

type historyCmd struct {
	Refill historyRefillCmd `cmd:"" help:"Store samples in ClickHouse again, from the ledger, after it lost some. Nodes may run meanwhile."`
}

type historyRefillCmd struct {
	place      `embed:""`
	From       uint64 `help:"First batch to store again; the oldest that the ledger has when left out." placeholder:"SEQ"`
	AcceptLoss bool   `help:"Go on although ClickHouse is empty and the ledger no longer has the oldest batches: their samples are lost."`
}

// Run puts the ledger's place back and waits until ClickHouse has caught up.
func (c historyRefillCmd) Run(ctx context.Context) (err error) {
	if c.History == "" {
		return errors.New("--history clickhouse://USER@HOST:8123/DATABASE is missing: samples in a folder are not filled in from elsewhere")
	}
	s, err := openClickHouse(ctx, c.place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	start := time.Now()
	from, err := s.Refill(ctx, c.From, c.AcceptLoss)
	if err != nil {
		return err
	}
	if err := s.Flush(); err != nil {
		return fmt.Errorf("the nodes store batches %d to %d again when they can: %w", from, s.LastSeq(), err)
	}
	fmt.Printf("batches %d to %d are stored in ClickHouse and read back, in %s\n", from, s.LastSeq(), time.Since(start).Round(time.Millisecond))
	return nil
}
