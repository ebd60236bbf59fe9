package sim

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/mtconnect/document"
)

// boundary of streamed answers.
const boundary = "zhigai-part"

// agentError is a refusal with its HTTP status.
type agentError struct {
	status     int
	code, text string
}

// ServeHTTP implements [http.Handler]: /[device/]probe, current, sample, and
// /assets, as ANSI/MTC1.4 Part 1 defines them.
func (a *agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e := a.answer(w, r); e != nil {
		a.refuse(w, e)
	}
}

func (a *agent) answer(w http.ResponseWriter, r *http.Request) *agentError {
	if r.Method != http.MethodGet {
		return &agentError{http.StatusMethodNotAllowed, "UNSUPPORTED", "only GET is supported"}
	}
	words := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	models := a.models
	if len(words) > 0 && !strings.Contains(" probe current sample asset assets ", " "+words[0]+" ") && words[0] != "" {
		if models = a.named(words[0]); models == nil {
			return &agentError{http.StatusNotFound, "NO_DEVICE", "could not find the device '" + words[0] + "'"}
		}
		words = words[1:]
	}
	what := "probe"
	if len(words) > 0 && words[0] != "" {
		what = words[0]
	}
	switch {
	case what == "probe" && len(words) <= 1:
		a.write(w, http.StatusOK, a.probe(models))
	case what == "current" && len(words) == 1:
		return a.serveCurrent(w, r, models)
	case what == "sample" && len(words) == 1:
		return a.serveSample(w, r, models)
	case what == "assets" && len(words) == 1:
		a.mu.Lock()
		d := &document.Document{Kind: document.Assets, Header: a.header()}
		a.mu.Unlock()
		a.write(w, http.StatusOK, d)
	case what == "asset" && len(words) == 2:
		return &agentError{http.StatusNotFound, "ASSET_NOT_FOUND", "no asset '" + words[1] + "'"}
	default:
		return &agentError{http.StatusNotFound, "INVALID_URI", "nothing at '" + r.URL.Path + "'"}
	}
	return nil
}

func (a *agent) named(name string) []*machineModel {
	for _, x := range a.models {
		if x.device.Name == name || x.device.UUID == name {
			return []*machineModel{x}
		}
	}
	return nil
}

func (a *agent) probe(models []*machineModel) *document.Document {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := &document.Document{Kind: document.Devices, Header: a.header()}
	for _, x := range models {
		d.Devices = append(d.Devices, x.device)
	}
	return d
}

func (a *agent) write(w http.ResponseWriter, status int, d *document.Document) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(document.Encode(d)) // a client that went away is nobody to tell
}

func (a *agent) refuse(w http.ResponseWriter, e *agentError) { a.write(w, e.status, a.failure(e)) }

func (a *agent) failure(e *agentError) *document.Document {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &document.Document{Kind: document.Error, Header: a.header(), Errors: []document.Failure{{Code: e.code, Text: e.text}}}
}

// whole reads a number of a query.
func whole(q url.Values, name string, least, most, otherwise uint64) (uint64, *agentError) {
	text := q.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	switch {
	case err != nil:
		return 0, &agentError{http.StatusBadRequest, "INVALID_REQUEST", fmt.Sprintf("'%s' is '%s', not a whole number", name, text)}
	case n < least || n > most:
		return 0, &agentError{http.StatusNotFound, document.OutOfRange, fmt.Sprintf("'%s' must be %d to %d", name, least, most)}
	}
	return n, nil
}

// longest is the longest interval and heartbeat, ms.
const longest = 3_600_000

func (a *agent) serveCurrent(w http.ResponseWriter, r *http.Request, models []*machineModel) *agentError {
	a.gather()
	q := r.URL.Query()
	items, failed := filter(models, q.Get("path"))
	if failed != nil {
		return failed
	}
	if q.Get("at") != "" {
		return &agentError{http.StatusBadRequest, "UNSUPPORTED", "'at' is not supported"}
	}
	interval, failed := whole(q, "interval", 0, longest, math.MaxUint64)
	if failed != nil {
		return failed
	}
	if interval == math.MaxUint64 {
		a.write(w, http.StatusOK, a.current(items))
		return nil
	}
	every := max(time.Duration(interval)*time.Millisecond, gatherEvery)
	a.stream(w, r, func() (*document.Document, bool) {
		d := a.current(items)
		return d, a.pause(r, every, nil)
	})
	return nil
}

// stream writes parts until next says that there are no more.
func (a *agent) stream(w http.ResponseWriter, _ *http.Request, next func() (*document.Document, bool)) {
	w.Header().Set("Content-Type", "multipart/x-mixed-replace;boundary="+boundary)
	flush := http.NewResponseController(w)
	for more := true; more; {
		var d *document.Document
		if d, more = next(); d == nil {
			return
		}
		if _, err := w.Write(document.AppendPart(nil, boundary, document.Encode(d))); err != nil || flush.Flush() != nil {
			return // the client went away
		}
	}
}

// pause waits for the time, or for news after it began; false when somebody
// went away.
func (a *agent) pause(r *http.Request, d time.Duration, news <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-news:
		return true
	case <-r.Context().Done():
	case <-a.ctx.Done():
	}
	return false
}

func (a *agent) serveSample(w http.ResponseWriter, r *http.Request, models []*machineModel) *agentError {
	q := r.URL.Query()
	items, failed := filter(models, q.Get("path"))
	if failed != nil {
		return failed
	}
	ids := map[string]bool{}
	for _, it := range items {
		ids[it.ID] = true
	}
	var n [4]uint64
	for i, p := range []struct {
		name             string
		least, most, def uint64
	}{{"count", 1, uint64(a.size), 100}, {"interval", 0, longest, math.MaxUint64}, {"heartbeat", 1, longest, 10_000}, {"from", 0, math.MaxUint64, 0}} {
		if n[i], failed = whole(q, p.name, p.least, p.most, p.def); failed != nil {
			return failed
		}
	}
	count, interval, heartbeat, from := int(n[0]), n[1], time.Duration(n[2])*time.Millisecond, n[3]
	a.mu.Lock()
	first, next := a.header().First, a.next
	a.mu.Unlock()
	if q.Get("from") == "" || from == 0 {
		from = first
	}
	if from < first || from > next {
		return &agentError{http.StatusNotFound, document.OutOfRange, fmt.Sprintf("'from' must be %d to %d", first, next)}
	}
	if interval == math.MaxUint64 {
		d, _, ok := a.sample(ids, from, count)
		if !ok {
			return &agentError{http.StatusNotFound, document.OutOfRange, "'from' has left the buffer"}
		}
		a.write(w, http.StatusOK, d)
		return nil
	}
	every := time.Duration(interval) * time.Millisecond
	a.stream(w, r, func() (*document.Document, bool) {
		for quiet := time.Now(); ; {
			d, news, ok := a.sample(ids, from, count)
			if !ok {
				return a.failure(&agentError{0, document.OutOfRange, "the client fell behind"}), false
			}
			from = d.Header.Next
			if len(d.Observations) > 0 || time.Since(quiet) >= heartbeat {
				return d, a.pause(r, every, nil)
			}
			if !a.pause(r, heartbeat-time.Since(quiet), news) {
				return nil, false
			}
		}
	})
	return nil
}

var xpathStep = regexp.MustCompile(`^([A-Za-z*]+)(?:\[@([A-Za-z]+)=(?:"([^"]*)"|'([^']*)')\])?$`)

// filter is the items that a path names: steps by name and one attribute, joined
// by | (a part of XPath 1.0, as most clients write it).
func filter(models []*machineModel, path string) ([]*dataItem, *agentError) {
	var out []*dataItem
	wrong := &agentError{http.StatusBadRequest, "INVALID_PATH", "'" + path + "' is no path that this agent knows"}
	var ways [][][]string
	if path != "" {
		for way := range strings.SplitSeq(path, "|") {
			var steps [][]string
			for step := range strings.SplitSeq(strings.ReplaceAll(strings.TrimLeft(strings.TrimSpace(way), "/"), "//", "/"), "/") {
				if step == "Components" || step == "DataItems" || step == "Devices" {
					continue
				}
				m := xpathStep.FindStringSubmatch(step)
				if m == nil {
					return nil, wrong
				}
				steps = append(steps, m)
			}
			ways = append(ways, steps)
		}
	}
	for _, x := range models {
		places := document.Places(&x.device)
		byID := map[string]*dataItem{}
		for _, it := range x.items {
			byID[it.ID] = it
		}
		for _, p := range places {
			it := byID[p.Item.ID]
			for _, steps := range ways {
				if chosen(p, steps) {
					out = append(out, it)
					break
				}
			}
			if path == "" {
				out = append(out, it)
			}
		}
	}
	if path != "" && len(out) == 0 {
		return nil, wrong
	}
	return out, nil
}

// chosen: the steps stand in this order on the way to the item.
func chosen(p document.Place, steps [][]string) bool {
	at := 0
	for _, s := range steps {
		value := s[3] + s[4]
		if s[1] == "DataItem" {
			attributes := map[string]string{
				"": "", "id": p.Item.ID, "name": p.Item.Name, "type": p.Item.Type, "subType": p.Item.SubType, "category": string(p.Item.Category),
			}
			has, ok := attributes[s[2]]
			return ok && has == value
		}
		for ; ; at++ {
			if at == len(p.Way) {
				return false
			}
			if c := p.Way[at]; (s[1] == "*" || c.Type == s[1]) && (s[2] == "" || s[2] == "name" && c.Name == value) {
				at++
				break
			}
		}
	}
	return true
}
