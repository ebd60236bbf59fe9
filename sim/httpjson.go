package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"zhigai/plant"
)

// statusPath is where a machine tells its document.
const statusPath = "/status"

// maxIndex bounds the lists of a document: a larger index in an address is a
// mistake, and would be sent as so many holes.
const maxIndex = 1000

// serveJSON serves the machine of an address as one JSON document over HTTP.
func (p *Plant) serveJSON(host, port string, machines []*machine) (string, error) {
	if len(machines) != 1 {
		return "", fmt.Errorf("%s and %s: a document is of one machine; give each an address of its own", machines[0].path, machines[1].path)
	}
	d, err := newDocument(machines[0])
	if err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+statusPath, d)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: headWithin}
	var done sync.WaitGroup
	done.Go(func() { _ = srv.Serve(l) }) // ends when closed below
	p.closing(func() {
		_ = srv.Close()
		done.Wait()
	})
	return "http://" + l.Addr().String() + statusPath, nil
}

// jsonDocument is a machine as a document: its signals stand where their
// addresses say.
type jsonDocument struct {
	m     *machine
	root  branch
	slots []int // its signals
}

// branch is an object or a list of a document, or a signal.
type branch struct {
	signal int // slot, -1 for none
	keys   []string
	below  map[string]*branch
}

func newBranch() *branch { return &branch{signal: -1, below: map[string]*branch{}} }

func newDocument(m *machine) (*jsonDocument, error) {
	d := &jsonDocument{m: m, root: *newBranch()}
	for slot, s := range m.kind.Signals {
		if err := d.add(slot, s.At); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// add lets a signal stand at a JSON pointer.
func (d *jsonDocument) add(slot int, at string) error {
	name := d.m.kind.Signals[slot].Name
	path, ok := strings.CutPrefix(at, "/")
	if !ok {
		return fmt.Errorf("%s: %s: address %q; write a pointer such as /machine/power", d.m.path, name, at)
	}
	b := &d.root
	for key := range strings.SplitSeq(path, "/") {
		if b.signal >= 0 {
			return fmt.Errorf("%s: %s: a signal stands above %q; write another address", d.m.path, name, at)
		}
		if n, err := strconv.Atoi(key); err == nil && n > maxIndex {
			return fmt.Errorf("%s: %s: index %d; write at most %d", d.m.path, name, n, maxIndex)
		}
		if b.below[key] == nil {
			b.below[key] = newBranch()
			b.keys = append(b.keys, key)
		}
		b = b.below[key]
	}
	if b.signal >= 0 || len(b.keys) > 0 {
		return fmt.Errorf("%s: %s: something else stands at %q already; write another address", d.m.path, name, at)
	}
	b.signal = slot
	d.slots = append(d.slots, slot)
	return nil
}

// bytes is the document now.
func (d *jsonDocument) bytes() []byte {
	if d.m.is(Garbage) {
		return []byte(`{"machine": {"power": 1`)
	}
	d.m.mu.Lock()
	doc := d.value(&d.root)
	d.m.mu.Unlock()
	raw, err := json.Marshal(doc)
	if err != nil {
		panic("BUG: a document without NaN and without loops cannot be told: " + err.Error())
	}
	return raw
}

// version changes whenever what the document says does.
func (d *jsonDocument) version() (v uint64) {
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	for _, slot := range d.slots {
		v += uint64(d.m.values[slot].version)
	}
	return v
}

// ServeHTTP tells the document as it is.
func (d *jsonDocument) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case d.m.is(Unplug):
		panic(http.ErrAbortHandler) // the connection breaks
	case d.m.is(Silent):
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(d.bytes()) // who asked has left
}

// value is what stands at a branch. The caller holds the machine's lock.
func (d *jsonDocument) value(b *branch) any {
	if b.signal >= 0 {
		return d.shown(b.signal)
	}
	if len(b.keys) == 0 || !b.isList() {
		out := map[string]any{}
		for _, key := range b.keys {
			out[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)] = d.value(b.below[key])
		}
		return out
	}
	var list []any
	for _, key := range b.keys {
		if n, err := strconv.Atoi(key); err == nil {
			for len(list) <= n {
				list = append(list, nil)
			}
			list[n] = d.value(b.below[key])
		}
	}
	for _, key := range b.keys {
		name, text, ok := chosenBy(key)
		if !ok {
			continue
		}
		one, isObject := d.value(b.below[key]).(map[string]any)
		if isObject {
			one[name] = text
			list = append(list, one)
		}
	}
	return list
}

// isList reports whether a branch is reached by numbers and choices.
func (b *branch) isList() bool {
	for _, key := range b.keys {
		_, err := strconv.ParseUint(key, 10, 16)
		if _, _, chosen := chosenBy(key); err != nil && !chosen {
			return false
		}
	}
	return true
}

// chosenBy takes [name=bed] apart: the object of a list whose name is bed.
func chosenBy(key string) (name, text string, ok bool) {
	inner, ok := strings.CutPrefix(key, "[")
	if !ok {
		return "", "", false
	}
	if inner, ok = strings.CutSuffix(inner, "]"); !ok {
		return "", "", false
	}
	return strings.Cut(inner, "=")
}

// shown is a signal in JSON's words, in which there is no NaN. The caller holds
// the machine's lock.
func (d *jsonDocument) shown(slot int) any {
	s, v := &d.m.kind.Signals[slot], d.m.values[slot]
	raw := s.onWire(v.num)
	switch {
	case s.Kind == plant.KindText:
		return v.text
	case s.Kind == plant.KindBoolean:
		return v.num != 0
	case d.m.faults[NaN] || math.IsNaN(raw) || math.IsInf(raw, 0):
		return nil
	case d.m.faults[Sentinel]:
		return 1e38
	}
	return raw
}
