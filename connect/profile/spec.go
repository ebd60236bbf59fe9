package profile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// Defaults of what a profile leaves out.
const (
	defaultPeriod  = time.Second
	defaultTimeout = time.Second
	defaultRetries = 1
	// minSilence keeps a single lost answer of a fast tag from being a gap.
	minSilence = 5 * time.Second
)

// Every is how often the signal is read.
func (s *Signal) Every() time.Duration {
	if s.Period == 0 {
		return defaultPeriod
	}
	return time.Duration(s.Period)
}

// writeTo is the address at which a set point is written.
func (s *Signal) writeTo() string {
	if s.Write.At != "" {
		return s.Write.At
	}
	return s.At
}

// Silence is how long after an answer the signal is known.
func (s *Signal) Silence() time.Duration { return max(3*s.Every(), minSilence) }

func (s *Signal) override(all []plant.TagOverride) plant.TagOverride {
	for _, o := range all {
		if o.Name == s.Name {
			return o
		}
	}
	return plant.TagOverride{}
}

// Tags are the tags of one machine of this kind, its link state first. They
// have no numbers yet.
func (p *Profile) Tags(n plant.Node) []plant.Tag {
	out := []plant.Tag{{
		Node: n.ID, Path: n.Path + "/" + plant.LinkTag, Name: plant.LinkTag, Title: plant.Name{ZH: "通信状态", EN: "link state"},
		Kind: plant.KindEnumeration, Retention: plant.RetainLong, Silence: plant.LinkSilence,
		Values: map[int64]plant.Name{0: {ZH: "断开", EN: "down"}, 1: {ZH: "正常", EN: "up"}},
	}}
	for i := range p.Signals {
		s := &p.Signals[i]
		tag := plant.Tag{
			Node: n.ID, Path: n.Path + "/" + s.Name, Name: s.Name, Title: s.Title, Kind: s.Kind, Unit: s.Unit, Min: s.Min, Max: s.Max,
			Values: s.Values, Retention: s.Retention, Silence: s.Silence(),
		}
		o := s.override(n.Machine.Tags)
		if o.Min != nil {
			tag.Min = o.Min
		}
		if o.Max != nil {
			tag.Max = o.Max
		}
		if o.Retention != "" {
			tag.Retention = o.Retention
		}
		if tag.Retention == "" {
			tag.Retention = plant.RetainStandard
		}
		out = append(out, tag)
	}
	return out
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// fill puts the device's parameters in the place of {name}.
func fill(address string, params map[string]string) (string, error) {
	if !strings.Contains(address, "{") {
		return address, nil // most: machines of a kind share the text
	}
	var missing string
	out := placeholder.ReplaceAllStringFunc(address, func(m string) string {
		v, ok := params[m[1:len(m)-1]]
		if !ok {
			missing = m[1 : len(m)-1]
		}
		return v
	})
	if missing != "" {
		return "", fmt.Errorf("address %q needs the device parameter %q", address, missing)
	}
	return out, nil
}

// Spec is how the collector reads a machine of this kind. tags are those of
// Tags with their numbers.
func (p *Profile) Spec(tenant plant.TenantNo, n plant.Node, tags []plant.Tag) (connect.DeviceSpec, error) {
	if err := p.CheckParams(n.Machine.Device.Params); err != nil {
		return connect.DeviceSpec{}, fmt.Errorf("%s: %w", n.Path, err)
	}
	given := p.filled(n.Machine.Device.Params)
	spec := connect.DeviceSpec{
		Tenant: tenant, Node: n.ID, Path: n.Path, Name: n.Name, Profile: p.ID, Device: p.Device(n.Machine.Device),
		Timeout: time.Duration(p.Link.Timeout), Retries: p.Link.Retries,
	}
	if own, err := time.ParseDuration(spec.Device.Params["timeout"]); err == nil {
		spec.Timeout = own // the driver says what is wrong with one that is none
	}
	if spec.Timeout == 0 {
		spec.Timeout = defaultTimeout
	}
	if p.Link == (Link{}) {
		spec.Retries = defaultRetries
	}
	byName := make(map[string]plant.Tag, len(tags))
	for _, t := range tags {
		byName[t.Name] = t
	}
	link, ok := byName[plant.LinkTag]
	if !ok {
		return spec, fmt.Errorf("%s has no tag %s", n.Path, plant.LinkTag)
	}
	spec.Link = link.No
	spec.Points = make([]connect.PointSpec, 0, len(p.Signals))
	for i := range p.Signals {
		s := &p.Signals[i]
		tag, ok := byName[s.Name]
		if !ok {
			return spec, fmt.Errorf("%s has no tag %s", n.Path, s.Name)
		}
		point, err := s.point(tag, n.Machine, given)
		if err != nil {
			return spec, fmt.Errorf("%s %s: %w", n.Path, s.Name, err)
		}
		spec.Points = append(spec.Points, point)
	}
	return spec, nil
}

// Device is d as the driver is to see it: with what the profile says of the
// link under what the device's own parameters say, and without those that only
// fill the placeholders of addresses or adjust rules and counters.
func (p *Profile) Device(d plant.Device) plant.Device {
	params := map[string]string{}
	wire := family(p.Protocol)
	if slices.Contains(asked, wire) {
		params["timeout"] = defaultTimeout.String()
		if p.Link.Timeout > 0 {
			params["timeout"] = time.Duration(p.Link.Timeout).String()
		}
		if p.Link.Gap > 0 {
			params["gap"] = time.Duration(p.Link.Gap).String()
		}
	}
	if wire == "modbus" { // the link's registers mean something to Modbus only
		if p.Link.MaxRegisters > 0 {
			params["max_registers"] = strconv.Itoa(p.Link.MaxRegisters)
		}
		if p.Link.MaxGapFill > 0 {
			params["max_gap_fill"] = strconv.Itoa(p.Link.MaxGapFill)
		}
	}
	for name, v := range p.filled(d.Params) {
		if !p.fills(name) && !p.Adjusts(name) {
			params[name] = v
		}
	}
	d.Params = params
	return d
}

// fills reports whether a parameter stands in some signal's address.
func (p *Profile) fills(name string) bool {
	return slices.ContainsFunc(p.Signals, func(s Signal) bool {
		return strings.Contains(s.At, "{"+name+"}") || s.Write != nil && strings.Contains(s.Write.At, "{"+name+"}")
	})
}

func (s *Signal) point(tag plant.Tag, m *plant.Equipment, params map[string]string) (connect.PointSpec, error) {
	address, err := fill(s.At, params)
	if err != nil {
		return connect.PointSpec{}, err
	}
	out := connect.PointSpec{
		Tag: tag.No, Name: s.Name, Kind: s.Kind, Address: address, Unit: s.Unit, Offset: s.Offset, Min: tag.Min, Max: tag.Max, Invalid: s.Invalid,
		Period: s.Every(), Class: tag.Retention, Abs: s.Deadband.Abs, Rel: s.Deadband.Rel, Silence: time.Duration(s.Deadband.Silence),
	}
	if s.Write != nil {
		if out.WriteTo, err = fill(s.writeTo(), params); err != nil {
			return connect.PointSpec{}, err
		}
	}
	if s.Scale != nil || s.DeviceUnit != "" {
		out.Scale, out.Offset = s.Scaling()
	}
	if o := s.override(m.Tags); o.Deadband != nil {
		out.Abs = *o.Deadband
	}
	return out, nil
}
