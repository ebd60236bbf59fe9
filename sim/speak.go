package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/mqtt/client"
	"zhigai/plant"
)

// speaker is a machine that speaks by itself.
type speaker interface {
	// run speaks until ctx ends.
	run(ctx context.Context)
}

// way is how machines of a protocol speak by themselves.
type way struct {
	to      string // where, for people
	grouped bool   // their address begins with a group
	speaker func(m *machine, to, host string) (speaker, error)
}

// speakers are those ways by protocol.
var speakers = map[string]way{
	"sparkplug": {"HOST:PORT, the broker they publish to", true, func(m *machine, to, host string) (speaker, error) { return newEdge(m, to, host), nil }},
	"mqtt":      {"HOST:PORT, the broker they publish to", true, newTeller},
	"files":     {"DIR, the node's folder for files", false, newFolder},
	"webhook":   {"http://HOST:PORT, the node they post to", false, newPoster},
}

// sayAtLeast is how often a machine says what has not changed: more often than
// the drivers believe that it is gone.
const sayAtLeast = 10 * time.Second

// teller is a machine that publishes JSON and single values over MQTT.
type teller struct {
	m      *machine
	broker string
	topics []*topic
}

// topic is one below the device's prefix.
type topic struct {
	name  string
	slot  int           // of its only value, where it is no JSON
	doc   *jsonDocument // nil where it is none
	whole bool          // the document is the value
	told  uint64
	at    time.Time
}

func newTeller(m *machine, to, _ string) (speaker, error) {
	if m.hears() >= 0 {
		return newRecorder(m, to)
	}
	t := &teller{m: m, broker: to}
	known := map[string]*topic{}
	for slot, s := range m.kind.Signals {
		suffix, pointer, isJSON := strings.Cut(s.At, "#")
		one := known[suffix]
		switch {
		case one != nil && (!isJSON || one.doc == nil || one.whole || pointer == ""):
			return nil, fmt.Errorf("%s: topic %s has another value already; write another topic", s.Name, suffix)
		case one == nil:
			one = &topic{name: m.device.Address + "/" + suffix, slot: slot, whole: isJSON && pointer == ""}
			if isJSON {
				one.doc = &jsonDocument{m: m, root: *newBranch()}
			}
			known[suffix] = one
			t.topics = append(t.topics, one)
		}
		if one.doc != nil && !one.whole {
			if err := one.doc.add(slot, pointer); err != nil {
				return nil, err
			}
		} else if one.doc != nil {
			one.doc.root.signal, one.doc.slots = slot, []int{slot}
		}
	}
	return t, nil
}

func (t *teller) run(ctx context.Context) {
	t.m.speaks(ctx, t.broker, reportEvery, func() func(context.Context, *client.Client) error {
		for _, one := range t.topics {
			one.at = time.Time{} // to a new connection all is told
		}
		return t.report
	})
}

// speaks keeps a machine on a broker until ctx ends: begin gives what it reports, at
// once and then every so often, for each connection anew.
func (m *machine) speaks(ctx context.Context, broker string, every time.Duration, begin func() func(context.Context, *client.Client) error) {
	for ctx.Err() == nil {
		if !m.is(Unplug) {
			_ = m.live(ctx, broker, every, begin) // whatever it was: try again
		}
		wait(ctx, retryAfter)
	}
}

// live is one connection to the broker.
func (m *machine) live(ctx context.Context, broker string, every time.Duration, begin func() func(context.Context, *client.Client) error) error {
	c, err := client.Dial(ctx, client.Options{Address: broker, Client: "sim-" + strings.ReplaceAll(m.device.Address, "/", "-"), KeepAlive: edgeKeepAlive})
	if err != nil {
		return err
	}
	defer c.Kill()
	report := begin()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if m.is(Unplug) {
			return errUnplugged
		}
		if err := report(ctx, c); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.Done():
			return errBroker
		case <-ticker.C:
		}
	}
}

func (t *teller) report(ctx context.Context, c *client.Client) error {
	if t.m.is(Silent) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	for _, one := range t.topics {
		version := one.version(t.m)
		if version == one.told && time.Since(one.at) < sayAtLeast {
			continue
		}
		if err := c.Publish(ctx, one.name, one.payload(t.m), 1, false); err != nil {
			return err
		}
		one.told, one.at = version, time.Now()
	}
	return nil
}

func (o *topic) version(m *machine) uint64 {
	if o.doc != nil {
		return o.doc.version()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return uint64(m.values[o.slot].version)
}

func (o *topic) payload(m *machine) []byte {
	if o.doc != nil {
		return o.doc.bytes()
	}
	if m.is(Garbage) {
		return []byte("#garbage")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return []byte(m.plain(o.slot))
}

// plain is a value as text, as a controller would print it. The caller holds
// the machine's lock.
func (m *machine) plain(slot int) string {
	s, v := &m.kind.Signals[slot], m.values[slot]
	switch {
	case s.Kind == plant.KindText:
		return v.text
	case s.Kind == plant.KindBoolean:
		return strconv.FormatBool(v.num != 0)
	case m.faults[NaN]:
		return "NaN"
	case m.faults[Sentinel]:
		return "1e38"
	}
	return strconv.FormatFloat(round(s.onWire(v.num), 9), 'f', -1, 64)
}

// hooks is the path of a node below which machines post.
const hooks = "/hooks/"

// poster is a machine that posts its document to a node.
type poster struct {
	m    *machine
	url  string
	doc  *jsonDocument
	told uint64
	at   time.Time
	web  *http.Client
}

func newPoster(m *machine, to, _ string) (speaker, error) {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no node; write for example http://127.0.0.1:8680", to)
	}
	doc, err := newDocument(m)
	if err != nil {
		return nil, err
	}
	return &poster{m: m, url: u.JoinPath(hooks, m.device.Address).String(), doc: doc, web: &http.Client{Timeout: answerWithin}}, nil
}

func (p *poster) run(ctx context.Context) {
	defer p.web.CloseIdleConnections()
	for ctx.Err() == nil {
		pause := reportEvery
		if !p.m.is(Unplug) && !p.m.is(Silent) && p.post(ctx) != nil {
			pause = retryAfter
		}
		wait(ctx, pause)
	}
}

// post sends the document when it is news.
func (p *poster) post(ctx context.Context) error {
	version := p.doc.version()
	if version == p.told && time.Since(p.at) < sayAtLeast {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.doc.bytes()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.m.device.Params["token"])
	res, err := p.web.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4096)) // so that the connection can be used again
	if res.StatusCode/100 != 2 {
		return errors.New(res.Status)
	}
	p.told, p.at = version, time.Now()
	return nil
}

// wait is a pause that ends with ctx.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
