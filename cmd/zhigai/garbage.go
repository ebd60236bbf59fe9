package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How much memory a node takes beyond what is in use. A small one has it to
// spare, and half the collections are saved; of a large one the same share would
// be hundreds of MiB. An edge has none.
const (
	garbage     = 200 // percent of what is in use
	spareShare  = 4   // one part of so many of what is in use
	spareBytes  = 32 << 20
	garbageLook = 2 * time.Second
)

// inUse is what the last collection left.
const inUse = "/gc/heap/live:bytes"

// keepGarbage keeps the bounds until ctx ends. The limit follows what is in use,
// so that a node that needs more is not held up. Who sets GOGC or GOMEMLIMIT
// knows better.
func keepGarbage(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(garbage)
	look := time.NewTicker(garbageLook)
	defer look.Stop()
	for {
		live := []metrics.Sample{{Name: inUse}}
		metrics.Read(live)
		used := int64(live[0].Value.Uint64())
		debug.SetMemoryLimit(used + used/spareShare + spareBytes)
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}
