package attachment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Store keeps what is known of files. Its methods may be called concurrently.
type Store interface {
	// SaveFile stores what is known of a file, as a fact and a row in one commit, in
	// place of what was known.
	SaveFile(ctx context.Context, tenant plant.TenantNo, f File) error
	// File is access.ErrNotFound without.
	File(ctx context.Context, tenant plant.TenantNo, sha256 string) (File, error)
}

// Options of a desk. All are required.
type Options struct {
	Store  Store
	Folder Folder
	Now    func() time.Time
}

// Desk is where files are handed in and asked for. Its methods may be called
// concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// Keep takes a file. One for everybody of the firm (no place) is an engineer's,
// one of a place whoever's reports there. A file that is kept already belongs to
// both places then: to the one around them.
func (d *Desk) Keep(ctx context.Context, who access.Principal, name, place string, raw []byte) (File, error) {
	f := File{Name: path.Base(strings.ReplaceAll(strings.TrimSpace(name), "\\", "/")), Media: mediaOf(raw), Bytes: int64(len(raw)), Place: strings.Trim(place, "/ "), By: who.Name, At: plant.InstantOf(d.o.Now())}
	switch {
	case f.Place == "" && !who.May(access.Engineer, ""), f.Place != "" && !who.May(access.Report, f.Place) && !who.May(access.Engineer, f.Place):
		return File{}, fmt.Errorf("%w: files of %s", access.ErrForbidden, f.Place)
	case f.Name == "." || f.Name == "/" || len(f.Name) > maxName:
		return File{}, invalid("the file has no name, or one of more than %d bytes", maxName)
	case len(raw) == 0:
		return File{}, invalid("%s is empty", f.Name)
	case len(raw) > MaxBytes:
		return File{}, invalid("%s has %d bytes; %d are taken: make it smaller, or divide it", f.Name, len(raw), MaxBytes)
	case f.Media == "":
		return File{}, invalid("%s is none of what is taken: PDF, PNG, JPEG, WebP and plain text; print it as PDF, or export a picture", f.Name)
	}
	sum, err := d.o.Folder.Put(who.Scope.Tenant, raw) // first: a fact names what is there
	if err != nil {
		return File{}, err
	}
	f.SHA256 = sum
	switch old, err := d.o.Store.File(ctx, who.Scope.Tenant, sum); {
	case err == nil:
		if f.Place = common(old.Place, f.Place); f.Place == old.Place {
			return old, nil
		}
		f.Name = old.Name
	case !errors.Is(err, access.ErrNotFound):
		return File{}, err
	}
	return f, d.o.Store.SaveFile(ctx, who.Scope.Tenant, f)
}

// Known is what is known of a file that the asker may see.
func (d *Desk) Known(ctx context.Context, who access.Principal, sha256 string) (File, error) {
	f, err := d.o.Store.File(ctx, who.Scope.Tenant, sha256)
	if err == nil && f.Place != "" && !who.Scope.Allows(f.Place) {
		err = fmt.Errorf("%w: file %s", access.ErrNotFound, sha256)
	}
	if err != nil {
		return File{}, err
	}
	return f, nil
}

// Read gives a file that the asker may see, held against its name.
func (d *Desk) Read(ctx context.Context, who access.Principal, sha256 string) (File, []byte, error) {
	f, err := d.Known(ctx, who, sha256)
	if err != nil {
		return File{}, nil, err
	}
	raw, err := d.o.Folder.Get(who.Scope.Tenant, sha256)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %s is not in the folder any more; put it back from a backup", ErrDamaged, sha256)
	}
	return f, raw, err
}
