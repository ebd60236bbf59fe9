package profile

import (
	"bytes"
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

// Library holds profiles: those of a folder, and files that were added while it
// was in use. Its methods may be called concurrently.
type Library struct {
	checkers []PointChecker
	folder   map[string]bool // ids that came with the folder; nothing takes their place

	adding sync.Mutex
	now    atomic.Pointer[shelf]
}

// shelf is what a library holds at a time. Once it stands in the library it is
// never changed.
type shelf struct {
	list  []*Profile // by id, joined with their bases
	byID  map[string]*Profile
	own   map[string]*Profile // as their files have them
	files map[string]string   // the newest file of each id
	texts map[edition][]byte  // of every version
}

// edition is one version of a profile.
type edition struct {
	id      string
	version int
}

// File is a profile as text.
type File struct {
	Name string // for what is said of it
	Text []byte
}

// ErrTaken is a version of a profile that is known with another content, or that
// may not take the place of the one that is known.
var ErrTaken = errors.New("profile: id and version are taken")

// Load reads every *.yaml of dir and the folders below it, joins profiles with
// their bases and checks them. The error lists every problem of every file.
func Load(data fs.FS, dir string, checkers []PointChecker) (*Library, error) {
	names, err := filesOf(data, dir)
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	l := &Library{checkers: checkers, folder: map[string]bool{}}
	s := &shelf{byID: map[string]*Profile{}, own: map[string]*Profile{}, files: map[string]string{}, texts: map[edition][]byte{}}
	var problems []error
	for _, name := range names {
		src, err := fs.ReadFile(data, path.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("profiles: %w", err)
		}
		p, bad := Parse(name, src, checkers)
		for _, b := range bad {
			problems = append(problems, errors.New(b.String()))
		}
		if p == nil {
			continue
		}
		if other, ok := s.files[p.ID]; ok {
			problems = append(problems, fmt.Errorf("%s: id %q stands in %s already", name, p.ID, other))
			continue
		}
		s.put(p, name, src)
		l.folder[p.ID] = true
	}
	problems = append(problems, s.joinAll(slices.Collect(maps.Keys(s.own)), checkers)...)
	if len(problems) > 0 {
		return nil, fmt.Errorf("profiles: %w", errors.Join(problems...))
	}
	l.now.Store(s)
	return l, nil
}

// filesOf names the profiles of a folder and those below, relative to it.
func filesOf(data fs.FS, dir string) ([]string, error) {
	var out []string
	err := fs.WalkDir(data, dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(name, ".yaml") {
			out = append(out, strings.TrimPrefix(name, dir+"/"))
		}
		return err
	})
	return out, err
}

// put lays a file on the shelf; it is not joined yet.
func (s *shelf) put(p *Profile, file string, src []byte) {
	s.own[p.ID], s.byID[p.ID], s.files[p.ID], s.texts[edition{p.ID, p.Version}] = p, p, file, src
}

// joinAll joins the profiles of these ids with their bases, and puts the list in
// order.
func (s *shelf) joinAll(ids []string, checkers []PointChecker) (problems []error) {
	slices.Sort(ids)
	for _, id := range ids {
		if err := s.join(id, checkers); err != nil {
			problems = append(problems, err)
		}
	}
	s.list = slices.SortedFunc(maps.Values(s.byID), func(a, b *Profile) int { return strings.Compare(a.ID, b.ID) })
	return problems
}

// maxBases bounds a chain of bases: maker, family, model, and one to spare.
const maxBases = 4

// join fills in what a profile takes from its base, and checks the whole.
func (s *shelf) join(id string, checkers []PointChecker) error {
	own, file := s.own[id], s.files[id]
	var bases []string
	p, seen := own, []string{id}
	for p.Base != "" {
		base, ok := s.byID[p.Base]
		if !ok {
			return fmt.Errorf("%s: base %q is no profile of this folder", file, p.Base)
		}
		if slices.Contains(seen, base.ID) || len(seen) > maxBases {
			return fmt.Errorf("%s: bases go in a circle or too deep: %s", file, strings.Join(append(seen, base.ID), " → "))
		}
		seen = append(seen, base.ID)
		bases = append(append(bases, base.ID), base.Bases...) // one that is joined itself knows the rest
		joined := Extend(*base, *p)
		p = &joined
	}
	if p != own {
		p.Bases = bases
	}
	s.byID[id] = p
	c := &check{file: file, src: s.texts[edition{id, own.Version}], p: p, own: own}
	c.all(checkers)
	var problems []error
	for _, b := range c.problems {
		problems = append(problems, errors.New(b.String()))
	}
	return errors.Join(problems...)
}

// Check says what stands against adding files, together, and reads each; nothing
// is added. Errors that a file can be mended for list every problem; ErrTaken
// when a version is known with another content, is older than what is known,
// would take the place of a profile of the folder, or changes what a signal is.
func (l *Library) Check(files ...File) ([]*Profile, error) {
	_, read, err := l.grown(files)
	return read, err
}

// Add adds files, all of them or, when there is something against one, none. A
// newer version takes the place of the one before for everybody who asks from
// now on; what is there already as it is stays. Errors are those of Check.
func (l *Library) Add(files ...File) error {
	l.adding.Lock()
	defer l.adding.Unlock()
	next, _, err := l.grown(files)
	if err == nil {
		l.now.Store(next)
	}
	return err
}

// grown is the shelf with files added, and the files as they were read.
func (l *Library) grown(files []File) (*shelf, []*Profile, error) {
	was := l.now.Load()
	s := &shelf{byID: maps.Clone(was.byID), own: maps.Clone(was.own), files: maps.Clone(was.files), texts: maps.Clone(was.texts)}
	var read []*Profile
	var problems []error
	renewed := map[string]bool{}
	for _, f := range files {
		p, bad := Parse(f.Name, f.Text, l.checkers)
		for _, b := range bad {
			problems = append(problems, errors.New(b.String()))
		}
		if p == nil {
			continue
		}
		read = append(read, p)
		switch isNew, err := l.fits(s, p, f); {
		case err != nil:
			problems = append(problems, err)
		case isNew:
			s.put(p, f.Name, f.Text)
			renewed[p.ID] = true
		}
	}
	if len(problems) == 0 {
		problems = s.renew(renewed, l.checkers)
	}
	for _, id := range slices.Sorted(maps.Keys(renewed)) {
		if before := was.byID[id]; before != nil && len(problems) == 0 {
			problems = append(problems, sameSignals(s.files[id], before, s.byID[id])...)
		}
	}
	if len(problems) > 0 {
		return nil, read, fmt.Errorf("profiles: %w", errors.Join(problems...))
	}
	return s, read, nil
}

// renew joins profiles that are new, and those that stand on them.
func (s *shelf) renew(renewed map[string]bool, checkers []PointChecker) []error {
	ids := slices.Collect(maps.Keys(renewed))
	for id, p := range s.byID {
		if !renewed[id] && slices.ContainsFunc(p.Bases, func(base string) bool { return renewed[base] }) {
			ids, s.byID[id] = append(ids, id), s.own[id]
		}
	}
	return s.joinAll(ids, checkers)
}

// fits says whether a file is new on the shelf, or what stands against it.
func (l *Library) fits(s *shelf, p *Profile, f File) (isNew bool, err error) {
	if known, ok := s.texts[edition{p.ID, p.Version}]; ok {
		if bytes.Equal(bytes.TrimSpace(known), bytes.TrimSpace(f.Text)) {
			return false, nil
		}
		return false, fmt.Errorf("%s: %w: %s version %d is known with another content; give what is new a version of its own", f.Name, ErrTaken, p.ID, p.Version)
	}
	before, known := s.own[p.ID]
	switch {
	case !known:
		return true, nil
	case l.folder[p.ID]:
		return false, fmt.Errorf("%s: %w: %s is delivered with the product; write an id of your own, and base: %s", f.Name, ErrTaken, p.ID, p.ID)
	case p.Version < before.Version:
		return false, fmt.Errorf("%s: %w: %s is known in version %d already; version %d would be older", f.Name, ErrTaken, p.ID, before.Version, p.Version)
	}
	return true, nil
}

// sameSignals: what was stored under a signal's name keeps its meaning.
func sameSignals(file string, before, after *Profile) (problems []error) {
	type meaning struct{ kind, unit string }
	now := map[string]meaning{}
	for _, s := range after.Signals {
		now[s.Name] = meaning{string(s.Kind), s.Unit}
	}
	for _, d := range after.Derived {
		now[d.Name] = meaning{string(d.Kind), d.Unit}
	}
	say := func(name string, was meaning) {
		if is, ok := now[name]; !ok || is != was {
			problems = append(problems, fmt.Errorf("%s: %w: version %d has %s as %s %q, version %d has not; a new version keeps every signal as it is", file, ErrTaken, before.Version, name, was.kind, was.unit, after.Version))
		}
	}
	for _, s := range before.Signals {
		say(s.Name, meaning{string(s.Kind), s.Unit})
	}
	for _, d := range before.Derived {
		say(d.Name, meaning{string(d.Kind), d.Unit})
	}
	return problems
}

// Get finds a profile by id.
func (l *Library) Get(id string) (*Profile, bool) { p, ok := l.now.Load().byID[id]; return p, ok }

// List is every profile, by id.
func (l *Library) List() []*Profile { return l.now.Load().list }

// Delivered reports whether the profile came with the folder.
func (l *Library) Delivered(id string) bool { return l.folder[id] }

// Source is the file a profile was read from, as written.
func (l *Library) Source(id string) []byte {
	s := l.now.Load()
	if p, ok := s.byID[id]; ok {
		return s.texts[edition{id, p.Version}]
	}
	return nil
}

// IDs lists the ids, for hints.
func (l *Library) IDs() []string {
	var out []string
	for _, p := range l.List() {
		out = append(out, p.ID)
	}
	return out
}
