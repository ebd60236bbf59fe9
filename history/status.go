package history

import (
	"time"
)

// Stats are counters since the start and the present load.
type Stats struct {
	Samples   uint64            `json:"samples"` // appended, texts among them
	Batches   uint64            `json:"batches"`
	Commits   uint64            `json:"commits"`   // fsyncs; several batches share one
	LastSync  time.Duration     `json:"last_sync"` // how long the last one took
	Held      int               `json:"held"`      // samples in memory, not yet in chunks
	HeldBytes int               `json:"held_bytes"`
	Backlog   uint64            `json:"backlog"` // batches in the raw log
	Chunks    uint64            `json:"chunks"`  // written
	Damaged   uint64            `json:"damaged"` // chunks that could not be read when new samples came for them
	Engine    uint64            `json:"engine"`  // errors of the engine's background work
	DiskBytes uint64            `json:"disk_bytes"`
	Spaces    map[string]uint64 `json:"spaces"` // bytes on disk by key space, without what is still in the engine's log
}

// Stats tells how the store fares; of a closed store only the counters.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	st := s.counters
	st.Held, st.HeldBytes, st.Backlog = s.held, s.heldBytes, s.lastSeq+1-s.firstRaw
	s.mu.Unlock()
	st.Engine = s.db.log.errors.Load()
	if s.enter() != nil {
		return st
	}
	defer s.leave()
	st.DiskBytes = s.db.Metrics().DiskSpaceUsage()
	st.Spaces = map[string]uint64{}
	for space, name := range spaces {
		if n, err := s.db.EstimateDiskUsage([]byte{space}, []byte{space + 1}); err == nil {
			st.Spaces[name] = n
		}
	}
	return st
}
