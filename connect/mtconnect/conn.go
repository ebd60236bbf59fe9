package mtconnect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/mtconnect/document"
	"zhigai/plant"
)

// oldValue is the age from which the time of the last change is not passed on
// as the time of the present value.
const oldValue = time.Hour

// conn is one device of an agent.
type conn struct {
	driver   *Driver
	settings settings
	key      string // of the position
	device   *document.Component
	places   []document.Place
	instance uint64
	version  string
}

// Close implements [connect.Conn]: each question had a connection of its own.
func (*conn) Close() error { return nil }

// wanted is one point that the device has.
type wanted struct {
	point int
	part  document.Part
	kind  plant.TagKind
}

// plan is the points by data item.
type plan struct {
	byItem map[string][]wanted
	wrong  []connect.Reading // points that can never be read
}

func (c *conn) resolve(points []connect.Point) plan {
	p := plan{byItem: map[string][]wanted{}}
	for i, point := range points {
		a, err := document.ParseAddress(point.Address)
		var place document.Place
		if err == nil {
			place, err = a.Find(c.places, prefer(point.Kind)...)
		}
		if err == nil {
			err = checkPart(point.Address, a.Part, point.Kind)
		}
		if err != nil {
			p.wrong = append(p.wrong, connect.Reading{Point: i, Err: fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)})
			continue
		}
		p.byItem[place.Item.ID] = append(p.byItem[place.Item.ID], wanted{i, a.Part, point.Kind})
	}
	return p
}

// prefer is what a way means that fits a sample and a condition, as LOAD does.
func prefer(kind plant.TagKind) []document.Category {
	switch kind {
	case plant.KindNumber:
		return []document.Category{document.Sample}
	case plant.KindBoolean:
		return nil
	}
	return []document.Category{document.Event, document.Condition}
}

// present marks a value that holds now although it changed long ago: a program
// name that stands for weeks is no sign of a wrong clock.
func (c *conn) present(at time.Time) time.Time {
	if c.driver.now().Sub(at) > oldValue {
		return time.Time{}
	}
	return at
}

// current asks for what holds now, by item, and the number that follows it.
func (c *conn) current(ctx context.Context) (map[string]*state, *document.Document, error) {
	doc, err := c.ask(ctx, document.Streams, "current", nil)
	if err == nil {
		err = c.ours(doc)
	}
	if err != nil {
		return nil, nil, err
	}
	states := map[string]*state{}
	for _, o := range doc.Observations {
		if states[o.Item] == nil {
			states[o.Item] = &state{}
		}
		states[o.Item].take(o)
	}
	return states, doc, nil
}

// Prepare implements [connect.Conn].
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	return &group{conn: c, plan: c.resolve(points)}, nil
}

type group struct {
	conn *conn
	plan plan
}

// Read implements [connect.Group]: one question for all.
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	states, _, err := g.conn.current(ctx)
	if err != nil {
		return err
	}
	for _, r := range g.plan.wrong {
		dst[r.Point] = r
	}
	for item, all := range g.plan.byItem {
		s := states[item]
		if s == nil {
			s = &state{}
		}
		for _, w := range all {
			r := s.reading(w.part, w.kind)
			r.Point, r.Source = w.point, g.conn.present(s.last.Time)
			dst[w.point] = r
		}
	}
	return nil
}

// assetFolder lists the agent's assets.
const assetFolder = "assets"

// Browse implements [connect.Browser]. A component is given by its id; assets
// stand beside the device's components.
func (c *conn) Browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	if parent == assetFolder {
		return c.assets(ctx)
	}
	at := c.device
	if parent != "" {
		if at = componentOf(c.device, parent); at == nil {
			return nil, fmt.Errorf("mtconnect %s: no component %q", c.settings.base, parent)
		}
	}
	var out []connect.Browsed
	for i := range at.Components {
		inner := &at.Components[i]
		out = append(out, connect.Browsed{Address: inner.ID, Name: strings.TrimSpace(inner.Type + " " + inner.Name), Folder: true})
	}
	if parent == "" {
		out = append(out, connect.Browsed{Address: assetFolder, Name: "Assets", Folder: true})
	}
	for _, it := range at.Items {
		words := []string{it.Name, it.Type, it.SubType, it.Units}
		out = append(out, connect.Browsed{Address: it.ID, Name: strings.Join(strings.Fields(strings.Join(words, " ")), " "), Kind: kindOf(it)})
	}
	return out, nil
}

func componentOf(c *document.Component, id string) *document.Component {
	if c.ID == id {
		return c
	}
	for i := range c.Components {
		if found := componentOf(&c.Components[i], id); found != nil {
			return found
		}
	}
	return nil
}

// kindOf is the kind of tag that suits a data item.
func kindOf(it document.DataItem) plant.TagKind {
	switch {
	case it.Category == document.Condition:
		return plant.KindEnumeration
	case it.Category == document.Sample && (it.Representation == "" || it.Representation == "VALUE"),
		it.Type == "PART_COUNT", strings.HasSuffix(it.Type, "_OVERRIDE") && it.Units != "":
		return plant.KindNumber
	}
	return plant.KindText
}

// maxAssets is how many are listed.
const maxAssets = "1000"

func (c *conn) assets(ctx context.Context) ([]connect.Browsed, error) {
	doc, err := c.ask(ctx, document.Assets, "assets", map[string][]string{"count": {maxAssets}})
	if err != nil {
		return nil, err
	}
	var out []connect.Browsed
	for _, a := range doc.Assets {
		if a.Device != "" && c.device.UUID != "" && a.Device != c.device.UUID && a.Device != c.device.Name {
			continue
		}
		out = append(out, connect.Browsed{Address: a.ID, Name: a.Type + " " + a.ID})
	}
	return out, nil
}
