package figure

import (
	"sync/atomic"
	"time"
)

// Stats count since the start.
type Stats struct {
	Marks    uint64        `json:"marks"`     // times that facts marked windows of a machine dirty
	Folds    uint64        `json:"folds"`     // windows folded from facts
	Failed   uint64        `json:"failed"`    // folds that could not be done
	FoldTime time.Duration `json:"fold_time"` // spent on them all together
}

type counters struct {
	marks, folds, failed atomic.Uint64
	took                 atomic.Int64 // nanoseconds
}

func (c *counters) fold(took time.Duration, err error) {
	c.folds.Add(1)
	c.took.Add(int64(max(0, took))) // a clock may be set back
	if err != nil {
		c.failed.Add(1)
	}
}

// Stats tells how much was marked and folded.
func (e *Engine) Stats() Stats {
	return Stats{Marks: e.counts.marks.Load(), Folds: e.counts.folds.Load(), Failed: e.counts.failed.Load(), FoldTime: time.Duration(e.counts.took.Load())}
}
