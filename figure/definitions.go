package figure

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Definitions are the figures a node knows, the newest version of each first
// to hand: those of a folder, and files that were added later. Its methods may be
// called concurrently.
type Definitions struct {
	terms  []string
	folder map[string]bool // ids that came with the folder; nothing takes their place

	adding sync.Mutex
	now    atomic.Pointer[catalogue]
}

// catalogue is what is known at a time; it is never changed.
type catalogue struct {
	list   []*Definition // by id, the newest version first
	newest map[string]*Definition
	texts  map[*Definition][]byte
}

// File is a definition as text.
type File struct {
	Name string // for what is said of it
	Text []byte
}

// ErrTaken is a version of a definition that is known with another content, or
// an id that is the product's.
var ErrTaken = errors.New("figure: id and version are taken")

// Load reads every *.yaml of dir. terms are the names that rows may carry; a
// definition that reads another one is refused.
func Load(data fs.FS, dir string, terms []string) (*Definitions, error) {
	entries, err := fs.ReadDir(data, dir)
	if err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	d := &Definitions{terms: terms, folder: map[string]bool{}}
	c := &catalogue{newest: map[string]*Definition{}, texts: map[*Definition][]byte{}}
	var problems []error
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".yaml") {
			continue
		}
		raw, err := fs.ReadFile(data, path.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("definitions: %w", err)
		}
		def, err := Parse(raw, terms)
		if err == nil && c.version(def.ID, def.Version) != nil {
			err = fmt.Errorf("%s version %d stands in two files", def.ID, def.Version)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s/%s: %w", dir, e.Name(), err))
			continue
		}
		c.put(def, raw)
		d.folder[def.ID] = true
	}
	c.sort()
	d.now.Store(c)
	return d, errors.Join(problems...)
}

func (c *catalogue) version(id string, version int) *Definition {
	i := slices.IndexFunc(c.list, func(d *Definition) bool { return d.ID == id && d.Version == version })
	if i < 0 {
		return nil
	}
	return c.list[i]
}

func (c *catalogue) put(def *Definition, raw []byte) {
	c.list = append(c.list, def)
	c.texts[def] = raw
	if newest := c.newest[def.ID]; newest == nil || newest.Version < def.Version {
		c.newest[def.ID] = def
	}
}

func (c *catalogue) sort() {
	slices.SortFunc(c.list, func(a, b *Definition) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(b.Version, a.Version))
	})
}

// Check says what stands against adding files, together, and reads each; nothing
// is added. It is ErrTaken when a version is known with another content, or a
// figure is the product's own.
func (d *Definitions) Check(files ...File) ([]*Definition, error) {
	_, read, err := d.grown(files)
	return read, err
}

// Add adds files, all of them or, when there is something against one, none. What
// is there already as it is stays. Errors are those of Check.
func (d *Definitions) Add(files ...File) error {
	d.adding.Lock()
	defer d.adding.Unlock()
	next, _, err := d.grown(files)
	if err == nil {
		d.now.Store(next)
	}
	return err
}

func (d *Definitions) grown(files []File) (*catalogue, []*Definition, error) {
	was := d.now.Load()
	c := &catalogue{list: slices.Clone(was.list), newest: maps.Clone(was.newest), texts: maps.Clone(was.texts)}
	var read []*Definition
	var problems []error
	for _, f := range files {
		def, err := Parse(f.Text, d.terms)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", f.Name, err))
			continue
		}
		read = append(read, def)
		same := c.version(def.ID, def.Version)
		switch {
		case same != nil && bytes.Equal(bytes.TrimSpace(c.texts[same]), bytes.TrimSpace(f.Text)):
		case same != nil:
			problems = append(problems, fmt.Errorf("%s: %w: %s version %d is known with another content; give what is new a version of its own", f.Name, ErrTaken, def.ID, def.Version))
		case d.folder[def.ID]:
			problems = append(problems, fmt.Errorf("%s: %w: %s is delivered with the product; write an id of your own", f.Name, ErrTaken, def.ID))
		default:
			c.put(def, f.Text)
		}
	}
	c.sort()
	if len(problems) > 0 {
		return nil, read, fmt.Errorf("definitions: %w", errors.Join(problems...))
	}
	return c, read, nil
}

// Definition is the newest version of a figure.
func (d *Definitions) Definition(id string) (*Definition, error) {
	if def := d.now.Load().newest[id]; def != nil {
		return def, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrNoDefinition, id)
}

// All lists every version, in order of id and then newest first.
func (d *Definitions) All() []*Definition { return slices.Clone(d.now.Load().list) }

// Newest lists the newest version of every figure in order of id.
func (d *Definitions) Newest() []*Definition {
	c := d.now.Load()
	return slices.DeleteFunc(slices.Clone(c.list), func(def *Definition) bool { return c.newest[def.ID] != def })
}
