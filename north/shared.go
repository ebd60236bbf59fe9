package north

import (
	"maps"
	"slices"

	"zhigai/history"
	"zhigai/north/sparkplug"
	"zhigai/plant"
)

// shared is which tags a target gets.
type shared struct {
	tags     map[plant.TagNo]plant.Tag
	machines map[string][]plant.Tag // by path of the machine; tags by number
}

func sharedOf(t Target, tags []plant.Tag) shared {
	s := shared{tags: map[plant.TagNo]plant.Tag{}, machines: map[string][]plant.Tag{}}
	for _, tag := range tags {
		if t.shares(tag) {
			s.tags[tag.No] = tag
		}
	}
	for _, no := range slices.Sorted(maps.Keys(s.tags)) {
		tag := s.tags[no]
		machine := plant.ParentPath(tag.Path)
		s.machines[machine] = append(s.machines[machine], tag)
	}
	return s
}

func (s shared) count() int { return len(s.tags) }

func (s shared) tag(no plant.TagNo) plant.Tag { return s.tags[no] }

// paths are the machines in their order.
func (s shared) paths() []string { return slices.Sorted(maps.Keys(s.machines)) }

// same compares what goes out of a tag beside its values.
func (s shared) same(other shared) bool {
	return maps.EqualFunc(s.tags, other.tags, func(a, b plant.Tag) bool {
		return a.Path == b.Path && a.Kind == b.Kind && a.Unit == b.Unit && a.Name == b.Name
	})
}

// value is one to be sent.
type value struct {
	tag plant.Tag
	sparkplug.Value
}

func (v value) machine() string { return plant.ParentPath(v.tag.Path) }

// link reports whether the value says if the machine is in contact, and what.
func (v value) link() (up, ok bool) {
	return v.Sample.Value != 0, v.tag.Name == plant.LinkTag && !v.Sample.Quality.IsBad()
}

// values appends what is shared of a batch.
func (s shared) values(dst []value, b history.Sequenced, historical bool) []value {
	for _, one := range b.Batch.Samples {
		if tag, ok := s.tags[one.Tag]; ok {
			dst = append(dst, value{tag, sparkplug.Value{Sample: one, Historical: historical}})
		}
	}
	for _, one := range b.Batch.Texts {
		if tag, ok := s.tags[one.Tag]; ok {
			dst = append(dst, value{tag, sparkplug.Value{
				Sample: plant.Sample{Tag: one.Tag, Quality: one.Quality, Time: one.Time}, Text: one.Value, Historical: historical,
			}})
		}
	}
	return dst
}

// contact remembers which machines were in contact: that a machine still is gets
// noted every few seconds and is no news.
type contact map[string]bool

// news reports whether the value says anything new.
func (c contact) news(v value) bool {
	up, ok := v.link()
	if !ok {
		return true
	}
	was, known := c[v.machine()]
	c[v.machine()] = up
	return !known || was != up
}
