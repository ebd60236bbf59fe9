package bench

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Profile is where the processor time of a process went, to explain a limit
// that was not met.
type Profile struct {
	Of     string  `json:"of"` // the file's name without its ending
	CPU    float64 `json:"cpu_s"`
	Shares []Share `json:"shares"` // largest first
}

// Share is one room's part of the time, with its functions that took most.
type Share struct {
	Room      string   `json:"room"`
	Share     float64  `json:"share"` // 0..1
	Functions []string `json:"functions,omitempty"`
}

const (
	profileEnding = ".cpu.pprof"
	shownShares   = 12
	shownShare    = 0.01
	shownOf       = 4 // functions of a room
)

// profilesOf reads the profiles of a part: its own, and those of processes that
// it started.
func profilesOf(dir, part string) (out []Profile, err error) {
	files, err := filepath.Glob(filepath.Join(dir, part+"*"+profileEnding))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), profileEnding)
		if name != part && !strings.HasPrefix(name, part+"-") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p, err := readProfile(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if p.Of = name; p.CPU > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// readProfile sorts the samples of a CPU profile by room.
func readProfile(raw []byte) (Profile, error) {
	zip, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return Profile{}, err
	}
	if raw, err = io.ReadAll(zip); err != nil {
		return Profile{}, err
	}
	var f profileFile
	if err := f.read(raw); err != nil {
		return Profile{}, err
	}
	var p Profile
	rooms, functions := map[string]float64{}, map[string]map[string]float64{}
	for _, s := range f.samples {
		seconds := float64(s.nanos) / 1e9
		room, function := roomOf(f.stack(s))
		p.CPU += seconds
		rooms[room] += seconds
		if function != "" {
			if functions[room] == nil {
				functions[room] = map[string]float64{}
			}
			functions[room][function] += seconds
		}
	}
	for _, room := range largest(rooms, shownShares) {
		s := Share{Room: room, Share: rooms[room] / p.CPU}
		if s.Share < shownShare {
			break
		}
		for _, function := range largest(functions[room], shownOf) {
			if part := functions[room][function] / p.CPU; part >= shownShare {
				s.Functions = append(s.Functions, fmt.Sprintf("%s %.0f %%", function, 100*part))
			}
		}
		p.Shares = append(p.Shares, s)
	}
	return p, nil
}

func largest(of map[string]float64, n int) []string {
	keys := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), strings.Compare(a, b)) })
	return keys[:min(n, len(keys))]
}

// others are rooms of stacks without a function of this program, by what their
// functions begin with, the first that fits.
var others = []struct{ begin, room string }{
	{"runtime.gcBgMarkWorker", "garbage collection"},
	{"runtime.bgsweep", "garbage collection"},
	{"runtime.bgscavenge", "garbage collection"},
	{"github.com/cockroachdb/pebble/", "storage engine: log, flush, compaction"},
	{"github.com/mochi-mqtt/", "MQTT broker"},
	{"github.com/nats-io/", "NATS"},
	{"github.com/ncruces/", "SQLite"},
	{"database/sql", "SQLite"},
}

// roomOf names the room of a stack, leaf first, and the innermost function of
// this program.
func roomOf(stack []string) (room, function string) {
	for _, name := range stack {
		if rest, ok := strings.CutPrefix(name, "zhigai/"); ok {
			if i := strings.IndexByte(rest[strings.LastIndexByte(rest, '/')+1:], '.'); i >= 0 {
				i += strings.LastIndexByte(rest, '/') + 1
				function, _, _ = strings.Cut(rest[i+1:], "[") // without type parameters
				return rest[:i], function
			}
		}
	}
	for _, o := range others {
		if slices.ContainsFunc(stack, func(name string) bool { return strings.HasPrefix(name, o.begin) }) {
			return o.room, ""
		}
	}
	return "runtime: scheduling, network, timers", ""
}

// profileFile is what is read of a profile in the format of pprof: protobuf
// messages whose fields are numbered as below.
type profileFile struct {
	samples   []profileSample
	lines     map[uint64][]uint64 // by location: functions, innermost first
	functions map[uint64]uint64   // to a text
	texts     []string
}

type profileSample struct {
	locations []uint64
	nanos     int64 // the last of its values
}

var errProfile = errors.New("not a profile")

func (f *profileFile) read(raw []byte) error {
	f.lines, f.functions = map[uint64][]uint64{}, map[uint64]uint64{}
	return fields(raw, func(n int, value uint64, body []byte) error {
		switch n {
		case 2:
			return f.sample(body)
		case 4:
			return f.location(body)
		case 5:
			var id, name uint64
			err := fields(body, func(n int, value uint64, _ []byte) error {
				switch n {
				case 1:
					id = value
				case 2:
					name = value
				}
				return nil
			})
			f.functions[id] = name
			return err
		case 6:
			f.texts = append(f.texts, string(body))
		}
		return nil
	})
}

func (f *profileFile) sample(raw []byte) error {
	var s profileSample
	err := fields(raw, func(n int, value uint64, body []byte) error {
		all := []uint64{value}
		if body != nil {
			all = numbers(body)
		}
		switch n {
		case 1:
			s.locations = append(s.locations, all...)
		case 2:
			if len(all) > 0 {
				s.nanos = int64(all[len(all)-1])
			}
		}
		return nil
	})
	f.samples = append(f.samples, s)
	return err
}

func (f *profileFile) location(raw []byte) error {
	var id uint64
	var of []uint64
	err := fields(raw, func(n int, value uint64, body []byte) error {
		switch n {
		case 1:
			id = value
		case 4:
			return fields(body, func(n int, value uint64, _ []byte) error {
				if n == 1 {
					of = append(of, value)
				}
				return nil
			})
		}
		return nil
	})
	f.lines[id] = of
	return err
}

// stack is the names of a sample's functions, leaf first.
func (f *profileFile) stack(s profileSample) (out []string) {
	for _, l := range s.locations {
		for _, function := range f.lines[l] {
			if at := f.functions[function]; at < uint64(len(f.texts)) {
				out = append(out, f.texts[at])
			}
		}
	}
	return out
}

// fields goes through a protobuf message; body is nil for a number.
func fields(raw []byte, f func(n int, value uint64, body []byte) error) error {
	for len(raw) > 0 {
		key, n := binary.Uvarint(raw)
		if n <= 0 {
			return errProfile
		}
		raw = raw[n:]
		value, n := binary.Uvarint(raw)
		if n <= 0 {
			return errProfile
		}
		raw = raw[n:]
		var body []byte
		switch key & 7 {
		case 0:
		case 2:
			if value > uint64(len(raw)) {
				return errProfile
			}
			body, raw = raw[:value:value], raw[value:]
		default: // the format has no others
			return errProfile
		}
		if err := f(int(key>>3), value, body); err != nil {
			return err
		}
	}
	return nil
}

// numbers reads a packed list.
func numbers(raw []byte) (out []uint64) {
	for len(raw) > 0 {
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			return out
		}
		out, raw = append(out, v), raw[n:]
	}
	return out
}

// line is the profile as one sentence of a report.
func (p Profile) line() string {
	var parts []string
	for _, s := range p.Shares {
		one := fmt.Sprintf("%s %.0f %%", s.Room, 100*s.Share)
		if len(s.Functions) > 0 {
			one += " (" + strings.Join(s.Functions, ", ") + ")"
		}
		parts = append(parts, one)
	}
	return fmt.Sprintf("%s: %s s of processor time: %s", p.Of, digits(p.CPU), strings.Join(parts, "; "))
}
