package mqtt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// conn is a device that was heard.
type conn struct {
	driver   *Driver
	device   *device
	settings settings
}

var (
	_ connect.Conn             = (*conn)(nil)
	_ connect.PromptSubscriber = (*conn)(nil)
	_ connect.Writer           = (*conn)(nil)
	_ connect.Interleaver      = (*conn)(nil)
	_ connect.Rememberer       = (*conn)(nil)
	_ connect.Browser          = (*conn)(nil)
)

// Close implements [connect.Conn]; the device keeps its own connection.
func (c *conn) Close() error { return nil }

// Interleaves implements [connect.Interleaver]: nobody waits for an answer.
func (*conn) Interleaves() {}

// Heard implements [connect.Rememberer].
func (c *conn) Heard(p connect.Point) (time.Time, bool) {
	parsed, err := parsePoint(p.Address)
	if err != nil {
		return time.Time{}, false
	}
	c.device.mu.Lock()
	defer c.device.mu.Unlock()
	m, ok := c.device.last[c.settings.prefix+"/"+parsed.suffix]
	return m.At, ok
}

// readings of one message for the points that stand in its topic.
func (l *listener) readings(m Message) []connect.Reading {
	suffix := strings.TrimPrefix(m.Topic, l.conn.settings.prefix+"/")
	p := l.byTopic[suffix]
	if p == nil {
		return nil
	}
	out := make([]connect.Reading, len(p.points))
	source := l.conn.source(m, p)
	for i, n := range p.points {
		kind := l.wanted[n].Kind
		if v, raw, ok := source.doc.number(p.at[i]); ok && kind != plant.KindText {
			out[i] = connect.Reading{Point: n, Number: v, Raw: raw[:min(len(raw), 8)], Source: source.at, Uncertain: source.ours}
			continue
		}
		out[i] = source.reading(n, l.points[n], kind)
	}
	return out
}

// plan notes what the i-th point wants of the messages of its topic.
func (l *listener) plan(i int, p point) {
	of := l.byTopic[p.suffix]
	if of == nil {
		of = newPlan()
		l.byTopic[p.suffix] = of
		if l.conn.settings.hasTime {
			of.want(l.conn.settings.time) // first, as it mostly stands in documents
		}
	}
	of.points = append(of.points, i)
	if !p.json {
		of.at = append(of.at, -1)
		return
	}
	of.at = append(of.at, of.want(p.at))
}

// source is a message that points are read from.
type source struct {
	doc  document
	at   time.Time
	ours bool // the time is ours, not the device's
}

func (c *conn) source(m Message, p *plan) *source {
	s := &source{doc: newDocument(m.Payload, p), at: m.At.UTC()}
	if c.settings.hasTime {
		t, ok := sourceTime(c.settings.time, &s.doc)
		if ok {
			s.at = t
		}
		s.ours = !ok
	}
	return s
}

func (s *source) reading(i int, p point, kind plant.TagKind) connect.Reading {
	r := p.reading(i, kind, &s.doc)
	if r.Source.IsZero() { // a waveform brings its own
		r.Source, r.Uncertain = s.at, r.Err == nil && s.ours
	}
	return r
}

// parse takes the points apart; what cannot be read comes back as readings.
func parse(points []connect.Point) ([]point, []connect.Reading) {
	out := make([]point, len(points))
	var wrong []connect.Reading
	for i, p := range points {
		var err error
		if out[i], err = parsePoint(p.Address); err != nil {
			wrong = append(wrong, connect.Reading{Point: i, Err: fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)})
		}
	}
	return out, wrong
}

// Subscribe implements [connect.Subscriber]. It begins with the last message
// of every topic.
func (c *conn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	return c.SubscribePrompt(ctx, points, sink, nil, alive)
}

// SubscribePrompt implements [connect.PromptSubscriber].
func (c *conn) SubscribePrompt(ctx context.Context, points []connect.Point, sink connect.Sink, prompt connect.Prompt, alive func()) error {
	parsed, first := parse(points)
	l := &listener{relay: NewRelay(), points: parsed, wanted: points, byTopic: map[string]*plan{}, conn: c, ring: tap.Of(ctx)}
	l.relay.prompt = prompt
	for i, p := range parsed {
		l.plan(i, p)
	}
	for _, m := range c.device.attach(l) {
		for _, r := range l.readings(m) {
			if c.driver.now().Sub(r.Source) > oldValue {
				r.Source = time.Time{} // it holds now; its old time would look like a wrong clock
			}
			first = append(first, r)
		}
	}
	defer c.device.detach(l)
	if len(first) > 0 {
		if err := sink(ctx, first); err != nil {
			l.relay.End(err)
			return err
		}
	}
	watch, stop := context.WithCancel(ctx)
	defer stop()
	go c.watch(watch, l.relay)
	return l.relay.Run(ctx, sink, alive)
}

// watch shows life as long as the device may be silent, and ends the
// subscription after that: behind a gateway an open connection says little
// about the machine.
func (c *conn) watch(ctx context.Context, relay *Relay) {
	tick := time.NewTicker(min(plant.LinkRenewal/2, c.settings.silence/2))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c.device.mu.Lock()
		heard := c.device.heard(c.driver.now(), c.settings.silence)
		c.device.mu.Unlock()
		if !heard && !relay.Holding() {
			relay.End(fmt.Errorf("mqtt %s: %w: nothing published within %v", c.settings.prefix, connect.ErrStale, c.settings.silence))
			return
		}
		relay.Alive()
	}
}

// Prepare implements [connect.Conn]: the group reads the last messages.
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	parsed, wrong := parse(points)
	return &group{conn: c, points: parsed, wanted: append([]connect.Point(nil), points...), wrong: wrong}, nil
}

type group struct {
	conn   *conn
	points []point
	wanted []connect.Point
	wrong  []connect.Reading
}

// Read implements [connect.Group].
func (g *group) Read(_ context.Context, dst []connect.Reading) error {
	c := g.conn
	c.device.mu.Lock()
	defer c.device.mu.Unlock()
	if !c.device.heard(c.driver.now(), c.settings.silence) {
		return fmt.Errorf("mqtt %s: nothing published within %v", c.settings.prefix, c.settings.silence)
	}
	sources := map[string]*source{}
	for i, p := range g.points {
		m, ok := c.device.last[c.settings.prefix+"/"+p.suffix]
		if !ok {
			dst[i] = connect.Reading{Point: i, Err: fmt.Errorf("%w: nothing was published to %s/%s yet", connect.ErrStale, c.settings.prefix, p.suffix)}
			continue
		}
		s, ok := sources[m.Topic]
		if !ok {
			s = c.source(m, nil)
			sources[m.Topic] = s
		}
		dst[i] = s.reading(i, p, g.wanted[i].Kind)
	}
	for _, r := range g.wrong {
		dst[r.Point] = r
	}
	return nil
}

// Write implements [connect.Writer]: the value is published to the topic of
// the point, as bare text, or as a JSON document with the value at the
// pointer. What the device makes of it is for the read-back to see.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	parsed, err := parsePoint(p.Address)
	if err != nil {
		return fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	body, err := encode(parsed, value)
	if err != nil {
		return fmt.Errorf("mqtt %s: write %q: %w: %w", c.settings.prefix, p.Address, connect.ErrNotWritten, err)
	}
	topic := c.settings.prefix + "/" + parsed.suffix
	tap.Of(ctx).Record(tap.Sent, topic, body)
	return c.driver.broker.Publish(topic, body, 1, false)
}

func encode(p point, value any) ([]byte, error) {
	switch value.(type) {
	case float64, bool, string:
	default:
		return nil, fmt.Errorf("a %T cannot be written", value)
	}
	if !p.json {
		switch v := value.(type) {
		case float64:
			return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
		case bool:
			return strconv.AppendBool(nil, v), nil
		default:
			return []byte(v.(string)), nil
		}
	}
	doc := value
	for i := len(p.at.keys) - 1; i >= 0; i-- {
		if _, err := strconv.Atoi(p.at.keys[i]); err == nil {
			return nil, errors.New("one entry of a list cannot be written alone")
		}
		doc = map[string]any{p.at.keys[i]: doc}
	}
	return json.Marshal(doc)
}

// maxBrowsed bounds the places listed in one JSON document.
const maxBrowsed = 1000

// Browse implements [connect.Browser]: the topics that were published, and
// the values in those that carry JSON.
func (c *conn) Browse(_ context.Context, parent string) ([]connect.Browsed, error) {
	c.device.mu.Lock()
	defer c.device.mu.Unlock()
	var out []connect.Browsed
	for topic, m := range c.device.last {
		suffix := strings.TrimPrefix(topic, c.settings.prefix+"/")
		doc, err := decodeJSON(m.Payload)
		_, isObject := doc.(map[string]any)
		_, isList := doc.([]any)
		folder := err == nil && (isObject || isList)
		switch {
		case parent == "" && folder:
			out = append(out, connect.Browsed{Address: suffix, Name: suffix, Folder: true})
		case parent == "":
			out = append(out, connect.Browsed{Address: suffix, Name: suffix, Kind: kindOfText(string(m.Payload))})
		case parent == suffix && folder:
			out = leaves(out, suffix+"#", "", doc)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Address < out[j].Address })
	return out, nil
}

// leaves lists the single values of a document with their pointers.
func leaves(out []connect.Browsed, topic, path string, doc any) []connect.Browsed {
	if len(out) >= maxBrowsed || strings.Count(path, "/") > maxDepth {
		return out
	}
	switch v := doc.(type) {
	case map[string]any:
		for key, child := range v {
			out = leaves(out, topic, path+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), child)
		}
	case []any:
		for i, child := range v {
			out = leaves(out, topic, path+"/"+strconv.Itoa(i), child)
		}
	case bool:
		out = append(out, connect.Browsed{Address: topic + path, Name: path, Kind: plant.KindBoolean})
	case json.Number:
		out = append(out, connect.Browsed{Address: topic + path, Name: path, Kind: plant.KindNumber})
	case string:
		out = append(out, connect.Browsed{Address: topic + path, Name: path, Kind: plant.KindText})
	}
	return out
}

func kindOfText(s string) plant.TagKind {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "false":
		return plant.KindBoolean
	}
	if _, err := parseNumber(strings.TrimSpace(s)); err == nil {
		return plant.KindNumber
	}
	return plant.KindText
}
