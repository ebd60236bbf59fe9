package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"zhigai/history/clickhouse"
	"zhigai/record"
)

type doctorCmd struct {
	place  `embed:""`
	Listen string `help:"Address the node is to serve on." default:"127.0.0.1:8680"`
}

// finding is what one check says; fatal ones keep a node from starting.
type finding struct {
	name, detail string
	ok, fatal    bool
}

func (c doctorCmd) Run(ctx context.Context) error {
	findings := []finding{c.folder(), c.space(), c.fsync()}
	if c.Record != "" {
		findings = append(findings, c.database(ctx))
	}
	if c.History != "" {
		findings = append(findings, c.samples(ctx))
	}
	findings = append(findings, c.address(), clock(ctx))
	bad := 0
	for _, f := range findings {
		mark := "ok  "
		switch {
		case !f.ok && f.fatal:
			mark, bad = "FAIL", bad+1
		case !f.ok:
			mark = "warn"
		}
		fmt.Printf("%s  %-8s %s\n", mark, f.name, f.detail)
	}
	if bad > 0 {
		return exitCode(1)
	}
	return nil
}

func (c doctorCmd) folder() finding {
	f := finding{name: "folder", fatal: true}
	if err := checkFolder(c.Data); err != nil {
		f.detail = err.Error()
		return f
	}
	f.ok, f.detail = true, c.Data+" is writable"
	return f
}

// checkFolder makes the data folder and writes a byte into it, because only a
// write shows that one may.
func checkFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data folder %s cannot be made: %w; choose another with --data DIR", dir, err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("data folder %s is not writable: %w; give the user that runs zhigai the right to write there, or choose another with --data DIR", dir, errors.Unwrap(err))
	}
	defer os.Remove(probe.Name())
	return probe.Close()
}

// minFree is where a node stops being safe: room for a day of a large plant.
const minFree = 2 << 30

func (c doctorCmd) space() finding {
	f := finding{name: "disk"}
	var st syscall.Statfs_t
	if err := syscall.Statfs(c.Data, &st); err != nil {
		f.detail = err.Error()
		return f
	}
	free := st.Bavail * uint64(st.Bsize)
	f.ok = free >= minFree
	f.detail = fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30))
	if !f.ok {
		f.detail += "; at least 2 GiB are wanted"
	}
	return f
}

// fsync measures what every acknowledgement waits for.
func (c doctorCmd) fsync() finding {
	f := finding{name: "fsync"}
	file, err := os.CreateTemp(c.Data, ".fsync-*")
	if err != nil {
		f.detail = err.Error()
		return f
	}
	defer os.Remove(file.Name())
	defer file.Close()
	const rounds = 50
	took := make([]time.Duration, 0, rounds)
	block := make([]byte, 4096)
	for range rounds {
		start := time.Now()
		if _, err := file.Write(block); err != nil {
			f.detail = err.Error()
			return f
		}
		if err := file.Sync(); err != nil {
			f.detail = err.Error()
			return f
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	median, worst := took[rounds/2], took[rounds-1]
	f.ok = median < 50*time.Millisecond
	f.detail = fmt.Sprintf("4 KiB durable in %s (median), %s (worst of %d)", median.Round(10*time.Microsecond), worst.Round(10*time.Microsecond), rounds)
	if !f.ok {
		f.detail += "; this disk is too slow for many devices"
	}
	return f
}

func (c doctorCmd) address() finding {
	f := finding{name: "address", fatal: true}
	l, err := listen(c.Listen)
	if err != nil {
		f.detail = err.Error()
		return f
	}
	defer l.Close()
	f.ok, f.detail = true, l.Addr().(*net.TCPAddr).String()+" is free"
	return f
}

// database asks the server of the record and changes nothing there.
func (c doctorCmd) database(ctx context.Context) finding {
	f := finding{name: "record", fatal: true}
	if !record.IsAddress(c.Record) {
		f.detail = c.Record + " is no address; write postgres://USER@HOST/DATABASE"
		return f
	}
	server, err := record.Look(ctx, c.Record)
	if err != nil {
		f.detail = err.Error()
		return f
	}
	f.fatal, f.ok = false, server.Warning == ""
	f.detail = fmt.Sprintf("PostgreSQL %s answers in %s, synchronous_commit and fsync are on", server.Version, server.Answer.Round(10*time.Microsecond))
	if !f.ok {
		f.detail += "; " + server.Warning
	}
	return f
}

// samples asks ClickHouse and changes nothing there.
func (c doctorCmd) samples(ctx context.Context) finding {
	f := finding{name: "history", fatal: true}
	if _, err := c.ledger(); err != nil {
		f.detail = err.Error()
		return f
	}
	server, err := clickhouse.Look(ctx, c.History, os.Getenv(clickhousePassword))
	if err != nil {
		f.detail = err.Error()
		return f
	}
	f.ok, f.detail = true, fmt.Sprintf("ClickHouse %s answers in %s", server.Version, server.Answer.Round(10*time.Microsecond))
	return f
}

// clock looks whether the system's time is kept by a time service.
func clock(context.Context) finding {
	f := finding{name: "clock"}
	_, err := os.Stat(filepath.Join("/run", "systemd", "timesync", "synchronized"))
	f.ok = err == nil
	f.detail = time.Now().UTC().Format(time.RFC3339) + " UTC"
	if !f.ok {
		f.detail += "; no sign of a time service: figures of nodes with wrong clocks cannot be compared"
	}
	return f
}
