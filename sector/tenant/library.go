package tenant

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/access"
)

// FileKind is what a file of the node's library describes.
type FileKind string

// Kinds of files that a template brings along.
const (
	ProfileFile    FileKind = "profile"    // a kind of machine
	DefinitionFile FileKind = "definition" // a figure
)

// File is a profile or a definition of a figure that a template brought to the
// node. It is kept as it was written and never changed: what is new is another
// version.
type File struct {
	Number   int64 // in the order in which they came, from 1; 0 of one that is not kept
	Kind     FileKind
	ID       string
	Version  int
	Text     string
	Template string // that brought it; "" of one that was added by itself
	By       string // who did so
	Recorded time.Time

	where string // in the template, or on the disk
}

// NewFile is a file that no template brings; where names it in what is said of
// it.
func NewFile(kind FileKind, where, text string) File {
	return File{Kind: kind, Text: text, where: where}
}

// Where names the file in what is said of it.
func (f File) Where() string {
	if f.where != "" {
		return f.where
	}
	if f.Template == "" {
		return fmt.Sprintf("%s %s version %d", f.Kind, f.ID, f.Version)
	}
	return fmt.Sprintf("%s %s version %d of template %s", f.Kind, f.ID, f.Version, f.Template)
}

// Files keeps files for the whole node. Methods may be called concurrently.
type Files interface {
	// Files lists those that came after a number, in their order.
	Files(ctx context.Context, after int64) ([]File, error)
	// AddFiles stores all of them, or none: access.ErrConflict when one is there
	// with another text. One that is there as it is stays.
	AddFiles(ctx context.Context, files []File) error
}

// Library is what the node knows of kinds of machines and of figures.
type Library interface {
	// Check says what stands against taking the files, together, as an ErrInvalid
	// or access.ErrConflict, and gives them with id and version.
	Check(files []File) ([]File, error)
	// Take makes the files known from now on, all of them or none.
	Take(files []File) error
}

// Shelf keeps the library beside what templates brought. Its methods may be
// called concurrently.
type Shelf struct {
	files   Files
	library Library

	learning sync.Mutex
	learnt   int64 // number of the last file that the library knows
}

// NewShelf makes a shelf; the library knows nothing of it until [Shelf.Learn].
func NewShelf(files Files, library Library) *Shelf { return &Shelf{files: files, library: library} }

// Files lists everything that is kept, in the order in which it came.
func (s *Shelf) Files(ctx context.Context) ([]File, error) { return s.files.Files(ctx, 0) }

// Learn makes known what is kept and not known yet: at the start, and what
// another process took. One that cannot be taken any more is named in the error
// and does not keep the others away.
func (s *Shelf) Learn(ctx context.Context) error {
	s.learning.Lock()
	defer s.learning.Unlock()
	left, err := s.files.Files(ctx, s.learnt)
	if err != nil || len(left) == 0 {
		return err
	}
	last := left[len(left)-1].Number
	if s.library.Take(left) == nil {
		s.learnt = last
		return nil
	}
	// One by one, until none is left that waited for another.
	for found := true; found; {
		var failed []File
		err = nil
		for _, f := range left {
			if why := s.library.Take([]File{f}); why != nil {
				failed, err = append(failed, f), errors.Join(err, fmt.Errorf("%s is not used: %w", f.Where(), why))
			}
		}
		found, left = len(failed) > 0 && len(failed) < len(left), failed
	}
	s.learnt = last
	return err
}

// AddFiles makes files known that no template brings: a node above one with such
// a template has machines of the same kinds. What is there already as it is stays.
func (d *Desk) AddFiles(ctx context.Context, by access.Principal, files []File) ([]File, error) {
	d.making.Lock()
	defer d.making.Unlock()
	files, err := d.o.Shelf.library.Check(files)
	if err != nil {
		return nil, err
	}
	if err := d.bring(ctx, by, files); err != nil {
		return nil, err
	}
	return files, d.changed(ctx)
}

// bring keeps the files of a template and makes them known. They stay when no
// firm comes to be made: others may have been.
func (d *Desk) bring(ctx context.Context, by access.Principal, files []File) error {
	if len(files) == 0 {
		return nil
	}
	at := d.o.Now().UTC().Truncate(time.Microsecond)
	brought := make([]string, len(files))
	for i := range files {
		files[i].By, files[i].Recorded = by.Name, at
		brought[i] = fmt.Sprintf("%s %s %d", files[i].Kind, files[i].ID, files[i].Version)
	}
	if err := d.o.Shelf.files.AddFiles(ctx, files); err != nil {
		return err
	}
	object := "library"
	if t := files[0].Template; t != "" {
		object = "template/" + t
	}
	if err := d.o.Audit(ctx, by, "library.add", object, nil, brought); err != nil {
		return err
	}
	return d.o.Shelf.Learn(ctx)
}
