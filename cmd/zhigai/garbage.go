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
// be hundreds of MiB. A limit of memory in place of it would count what is not
// heap, and a node of a few MiB would do nothing but collect: half a million
// samples a second instead of a million.
const (
	garbageMost  = 100 // percent of what is in use
	garbageLeast = 25
	spareBytes   = 32 << 20 // beyond garbageLeast
	garbageLook  = 2 * time.Second
)

// inUse is what the last collection left.
const inUse = "/gc/heap/live:bytes"

// keepGarbage keeps the bounds until ctx ends. Who sets GOGC or GOMEMLIMIT knows
// better.
func keepGarbage(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	look := time.NewTicker(garbageLook)
	defer look.Stop()
	for set := garbageMost; ; {
		live := []metrics.Sample{{Name: inUse}}
		metrics.Read(live)
		if percent := garbageOf(live[0].Value.Uint64()); percent != set {
			set = percent
			debug.SetGCPercent(set)
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// garbageOf is the percentage for so many bytes in use. It moves in steps:
// setting it stops the program for a moment.
func garbageOf(used uint64) int {
	percent := garbageLeast + int(100*spareBytes/max(used, 1))
	return min(garbageMost, (percent+4)/5*5)
}
