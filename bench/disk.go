package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// disk measures what an fsync costs: the floor of every acknowledgement.
func disk(ctx context.Context, e *Env) ([]Row, error) {
	var rows []Row
	for _, kib := range []int{4, 64} {
		l, err := fsyncs(ctx, filepath.Join(e.Dir, "sync"), kib<<10, e.span(5*time.Second, time.Second))
		if err != nil {
			return rows, fmt.Errorf("fsync of %d KiB: %w", kib, err)
		}
		rows = append(rows, l.Row(fmt.Sprintf("append %d KiB to a file and fsync", kib), 0))
	}
	return rows, nil
}

// fsyncs appends blocks to a file, each made durable, for as long as d.
func fsyncs(ctx context.Context, name string, size int, d time.Duration) (Latencies, error) {
	var l Latencies
	f, err := os.Create(name)
	if err != nil {
		return l, err
	}
	defer os.Remove(name)
	defer f.Close()
	block := make([]byte, size)
	for i := range block {
		block[i] = byte(i * 31) // not zeros, which a file system may leave out
	}
	for start := time.Now(); time.Since(start) < d && ctx.Err() == nil; {
		at := time.Now()
		if _, err := f.Write(block); err != nil {
			return l, err
		}
		if err := f.Sync(); err != nil {
			return l, err
		}
		l.Add(time.Since(at))
	}
	return l, ctx.Err()
}
