package attachment

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// known is a store in memory.
type known map[string]File

func (k known) SaveFile(_ context.Context, _ plant.TenantNo, f File) error {
	k[f.SHA256] = f
	return nil
}

func (k known) File(_ context.Context, _ plant.TenantNo, sum string) (File, error) {
	if f, ok := k[sum]; ok {
		return f, nil
	}
	return File{}, access.ErrNotFound
}

var png = append([]byte("\x89PNG\r\n\x1a\n"), 1, 2, 3)

func newDesk(t *testing.T) (*Desk, Folder) {
	f := NewFolder(filepath.Join(t.TempDir(), "files"))
	return NewDesk(Options{Store: known{}, Folder: f, Now: func() time.Time { return time.Unix(1, 0) }}), f
}

var (
	engineer = access.As("e", "engineer", access.Scope{Tenant: 1}, access.Read, access.Report, access.Engineer)
	atLine   = access.As("o", "wang", access.Scope{Tenant: 1, Path: "xc/w/l1"}, access.Read, access.Report)
	atOther  = access.As("p", "li", access.Scope{Tenant: 1, Path: "xc/w/l2"}, access.Read, access.Report)
)

// A file is kept once, is what its bytes say, and is given to who may see it.
func TestDesk_KeepAndRead(t *testing.T) {
	d, _ := newDesk(t)
	ctx := t.Context()
	f, err := d.Keep(ctx, engineer, `C:\drawings\ring.png`, "", png)
	if err != nil || f.Name != "ring.png" || f.Media != "image/png" || f.Bytes != int64(len(png)) || f.SHA256 != sumOf(png) {
		t.Fatalf("kept: %+v %v", f, err)
	}
	if got, raw, err := d.Read(ctx, atLine, f.SHA256); err != nil || got != f || !bytes.Equal(raw, png) {
		t.Errorf("read at a line: %+v %v", got, err)
	}
	photo := append([]byte("\xff\xd8\xff"), 9)
	p, err := d.Keep(ctx, atLine, "defect.jpg", "xc/w/l1", photo)
	if err != nil || p.Place != "xc/w/l1" {
		t.Fatalf("a photo of a line: %+v %v", p, err)
	}
	if _, _, err := d.Read(ctx, atOther, p.SHA256); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("another line reads it: %v", err)
	}
	if p, err = d.Keep(ctx, atOther, "same.jpg", "xc/w/l2", photo); err != nil || p.Place != "xc/w" || p.Name != "defect.jpg" {
		t.Errorf("the same of both: %+v %v", p, err)
	}
	for name, c := range map[string]struct {
		who         access.Principal
		name, place string
		raw         []byte
		want        error
		says        string
	}{
		"an operator for all":  {atLine, "a.png", "", png, access.ErrForbidden, ""},
		"another line's place": {atLine, "a.png", "xc/w/l2", png, access.ErrForbidden, ""},
		"nothing":              {engineer, "a.png", "", nil, ErrInvalid, "is empty"},
		"a program":            {engineer, "a.pdf", "", []byte("MZ\x00\x01"), ErrInvalid, "none of what is taken"},
		"too much":             {engineer, "a.txt", "", bytes.Repeat([]byte("a"), MaxBytes+1), ErrInvalid, "33554432 are taken"},
		"no name":              {engineer, " ", "", png, ErrInvalid, "has no name"},
	} {
		if _, err := d.Keep(ctx, c.who, c.name, c.place, c.raw); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %v with %q", name, err, c.want, c.says)
		}
	}
	// What could run in a browser is text.
	if f, err := d.Keep(ctx, engineer, "x.svg", "", []byte("<svg onload='alert(1)'/>")); err != nil || f.Media != "text/plain" {
		t.Errorf("a drawing that runs: %+v %v", f, err)
	}
}

// A flipped bit and a file that is gone are found on reading and by the check; the
// same file handed in again mends it.
func TestFolder_Damage(t *testing.T) {
	d, folder := newDesk(t)
	f, err := d.Keep(t.Context(), engineer, "ring.png", "", png)
	if err != nil {
		t.Fatal(err)
	}
	name := folder.path(1, f.SHA256)
	if n, damage, err := folder.Check(t.Context()); n != 1 || len(damage) != 0 || err != nil {
		t.Errorf("whole: %d %v %v", n, damage, err)
	}
	spoiled := bytes.Clone(png)
	spoiled[9] ^= 1
	if err := os.WriteFile(name, spoiled, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Read(t.Context(), engineer, f.SHA256); !errors.Is(err, ErrDamaged) {
		t.Errorf("a flipped bit is read: %v", err)
	}
	if _, damage, err := folder.Check(t.Context()); err != nil || len(damage) != 1 || damage[0] != "1/"+f.SHA256[:2]+"/"+f.SHA256 {
		t.Errorf("check: %v %v", damage, err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Read(t.Context(), engineer, f.SHA256); !errors.Is(err, ErrDamaged) {
		t.Errorf("what is gone: %v", err)
	}
	if _, err := d.Keep(t.Context(), engineer, "ring.png", "", png); err != nil {
		t.Fatal(err)
	}
	if _, raw, err := d.Read(t.Context(), engineer, f.SHA256); err != nil || !bytes.Equal(raw, png) {
		t.Errorf("handed in again: %v", err)
	}
}

// A tenant's files are its own, are exported by their names, and go with it.
func TestFolder_Tenants(t *testing.T) {
	_, folder := newDesk(t)
	sum, err := folder.Put(1, png)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Get(2, sum); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another tenant's: %v", err)
	}
	if _, err := folder.Get(1, "../"+sum[3:]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a path for a name: %v", err)
	}
	var names []string
	if err := folder.Each(1, func(s string, _ []byte) error { names = append(names, s); return nil }); err != nil || len(names) != 1 || names[0] != sum {
		t.Errorf("exported: %v %v", names, err)
	}
	later := NewFolder(filepath.Join(t.TempDir(), "later"))
	if err := later.Add(folder); err != nil {
		t.Fatal(err)
	}
	if raw, err := later.Get(1, sum); err != nil || !bytes.Equal(raw, png) {
		t.Errorf("taken over: %v", err)
	}
	if err := folder.DeleteTenant(1); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Get(1, sum); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after deletion: %v", err)
	}
	if n, _, err := folder.Check(t.Context()); n != 0 || err != nil {
		t.Errorf("left: %d %v", n, err)
	}
}
