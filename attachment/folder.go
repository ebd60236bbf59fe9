package attachment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"zhigai/plant"
)

// Folder keeps files by tenant and SHA-256: 1/ab/abcdef…. Its methods may be
// called concurrently.
type Folder struct{ dir string }

// NewFolder keeps files below a folder, which is made when the first one comes.
func NewFolder(dir string) Folder { return Folder{dir} }

var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// sumOf is the name of some bytes.
func sumOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func (f Folder) of(tenant plant.TenantNo) string {
	return filepath.Join(f.dir, strconv.FormatInt(int64(tenant), 10))
}

func (f Folder) path(tenant plant.TenantNo, sum string) string {
	return filepath.Join(f.of(tenant), sum[:2], sum)
}

// Put writes a file and gives its SHA-256. It is on the disk when Put returns; one
// that is there is not written again, unless it is damaged.
func (f Folder) Put(tenant plant.TenantNo, raw []byte) (sum string, err error) {
	sum = sumOf(raw)
	if _, err := f.Get(tenant, sum); err == nil {
		return sum, nil
	}
	name := f.path(tenant, sum)
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("attachment: keep %s: %w", sum, err)
	}
	part, err := os.CreateTemp(dir, ".part-*")
	if err != nil {
		return "", fmt.Errorf("attachment: keep %s: %w", sum, err)
	}
	defer os.Remove(part.Name()) // gone when it was renamed
	_, err = part.Write(raw)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), name)
	}
	for at := dir; err == nil; at = filepath.Dir(at) { // the names of new folders, too
		if err = syncDir(at); at == f.dir {
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("attachment: keep %s: %w", sum, err)
	}
	return sum, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get reads a file and holds it against its name: fs.ErrNotExist without,
// ErrDamaged when its bytes are others.
func (f Folder) Get(tenant plant.TenantNo, sum string) ([]byte, error) {
	if !digest.MatchString(sum) {
		return nil, fmt.Errorf("attachment: %q is no SHA-256: %w", sum, fs.ErrNotExist)
	}
	raw, err := os.ReadFile(f.path(tenant, sum))
	if err != nil {
		return nil, fmt.Errorf("attachment: %w", err)
	}
	if sumOf(raw) != sum {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, sum)
	}
	return raw, nil
}

// Check reads every file and gives how many there are and what is damaged, by
// their paths in the folder.
func (f Folder) Check(ctx context.Context) (n int, damage []string, err error) {
	err = filepath.WalkDir(f.dir, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // nothing was ever kept
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil || !d.Type().IsRegular() || !digest.MatchString(d.Name()) {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		n++
		if sumOf(raw) != d.Name() {
			rel, err := filepath.Rel(f.dir, name)
			if err != nil {
				return err
			}
			damage = append(damage, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		return n, damage, fmt.Errorf("attachment: %w", err)
	}
	return n, damage, nil
}

// Each gives every file of a tenant by its name.
func (f Folder) Each(tenant plant.TenantNo, each func(sum string, raw []byte) error) error {
	return filepath.WalkDir(f.of(tenant), func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() || !digest.MatchString(d.Name()) {
			return err
		}
		raw, err := f.Get(tenant, d.Name())
		if err != nil {
			return err
		}
		return each(d.Name(), raw)
	})
}

// Add takes over what another folder has and this one does not.
func (f Folder) Add(other Folder) error {
	tenants, err := os.ReadDir(other.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("attachment: %w", err)
	}
	for _, t := range tenants {
		n, err := strconv.ParseInt(t.Name(), 10, 64)
		if err != nil {
			continue // not ours
		}
		no := plant.TenantNo(n)
		if err := other.Each(no, func(_ string, raw []byte) error { _, err := f.Put(no, raw); return err }); err != nil {
			return err
		}
	}
	return nil
}

// DeleteTenant takes away everything of a tenant.
func (f Folder) DeleteTenant(tenant plant.TenantNo) error {
	if err := os.RemoveAll(f.of(tenant)); err != nil {
		return fmt.Errorf("attachment: %w", err)
	}
	return nil
}
