package link

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
)

// StateStore keeps the child's notes: a few hundred bytes. Save is durable and
// atomic on return.
type StateStore interface {
	Load() ([]byte, error) // nil when nothing was saved
	Save(raw []byte) error
}

// FileState keeps the notes in a file.
type FileState string

// Load reads the file.
func (f FileState) Load() ([]byte, error) {
	raw, err := os.ReadFile(string(f))
	if os.IsNotExist(err) {
		return nil, nil
	}
	return raw, err
}

// Save writes a new file and puts it in the place of the old one.
func (f FileState) Save(raw []byte) (err error) {
	dir := filepath.Dir(string(f))
	tmp, err := os.CreateTemp(dir, ".link-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(raw); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), string(f)); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// note is what a child remembers of one stream. Epoch and gaps must survive;
// Committed only spares work.
type note struct {
	Epoch     uint64 `json:"epoch"`
	Start     uint64 `json:"start"`
	Committed Ranges `json:"committed,omitempty"`
	Gaps      []Gap  `json:"gaps,omitempty"` // given up, not yet acknowledged
	GapCount  int64  `json:"gap_count,omitempty"`
	GapItems  uint64 `json:"gap_items,omitempty"`
}

// notes is the file.
type notes struct {
	Schema  string          `json:"schema"`
	Streams map[Stream]note `json:"streams"`
}

const notesSchema = "zhigai.link/1"

// keeper saves the notes of all streams together.
type keeper struct {
	store StateStore
	mu    sync.Mutex
	last  string
	notes notes
}

func openKeeper(store StateStore) (*keeper, error) {
	raw, err := store.Load()
	if err != nil {
		return nil, fmt.Errorf("link: read state: %w", err)
	}
	k := &keeper{store: store, notes: notes{Schema: notesSchema, Streams: map[Stream]note{}}}
	if raw == nil {
		return k, nil
	}
	if err := json.Unmarshal(raw, &k.notes); err != nil {
		return nil, fmt.Errorf("link: state is damaged: %w; take it away and the node asks its parent what is there", err)
	}
	if k.notes.Schema != notesSchema {
		return nil, fmt.Errorf("link: state of schema %q, this program reads %q", k.notes.Schema, notesSchema)
	}
	for name, n := range k.notes.Streams {
		if !n.Committed.valid() {
			return nil, fmt.Errorf("link: state of %s is damaged; take it away and the node asks its parent what is there", name)
		}
	}
	k.last = string(raw)
	return k, nil
}

func (k *keeper) stream(name Stream) note { return k.notes.Streams[name] }

// save writes the notes if they changed.
func (k *keeper) save(streams []*outflow) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := notes{Schema: notesSchema, Streams: map[Stream]note{}}
	maps.Copy(now.Streams, k.notes.Streams) // of feeds that are not shared any more too
	for _, f := range streams {
		now.Streams[f.name] = f.note()
	}
	raw, err := json.Marshal(now)
	if err != nil {
		return err
	}
	if string(raw) == k.last {
		return nil
	}
	if err := k.store.Save(raw); err != nil {
		return fmt.Errorf("link: save state: %w", err)
	}
	k.last = string(raw)
	return nil
}
