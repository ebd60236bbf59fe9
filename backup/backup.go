// Package backup keeps copies of a node's data folder: whole snapshots, each
// with a manifest of checksums, that share the files which did not change.
//
// It copies, checks and puts back; what belongs into a snapshot and how it is
// made consistent is the node's business. It knows no database. Start with
// [Write], then [Verify] and [Restore].
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Schema of the manifest this program writes and reads.
const Schema = "zhigai.backup/1"

const (
	manifestName = "manifest.json"
	sealName     = "manifest.sha256"
	partial      = ".partial-"
	nameLayout   = "20060102T150405.000Z"
)

// Errors; test with errors.Is.
var (
	ErrNoSnapshot = errors.New("backup: no snapshot")
	ErrNotEmpty   = errors.New("backup: the target is not empty")
	ErrDamaged    = errors.New("backup: damaged")
)

// Manifest says what a snapshot holds and when it was true.
type Manifest struct {
	Schema  string    `json:"schema"`
	Program string    `json:"program"` // version that made it
	Made    time.Time `json:"made"`
	Node    Node      `json:"node"` // whose it is; empty in snapshots of programs that did not know
	// Positions are the two journals at one instant: every fact up to them is in
	// the snapshot.
	Positions Positions `json:"positions"`
	Files     []File    `json:"files"`
}

// Node is what tells the snapshots of one node from those of another.
type Node struct {
	ID   string `json:"id,omitempty"`
	Host string `json:"host,omitempty"`
}

// Positions of the two journals: batches of samples, and events.
type Positions struct {
	History uint64 `json:"history"`
	Record  uint64 `json:"record"`
}

// Reached says whether everything up to p is in what reaches o.
func (p Positions) Reached(o Positions) bool { return p.History <= o.History && p.Record <= o.Record }

// File is one file of a snapshot; Path is relative and uses slashes.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Snapshot is one whole copy.
type Snapshot struct {
	Manifest
	Dir    string `json:"dir"`
	Bytes  int64  `json:"bytes"`
	Shared int64  `json:"shared"` // of these in files that stand in an earlier snapshot too
}

// Write copies the trees into a new snapshot below root. trees are folders by
// their name inside the snapshot; one that is missing is left out. Files that
// the newest snapshot has with the same content are linked, not copied. A
// snapshot has its name only when it is whole and on the disk.
func Write(ctx context.Context, root string, m Manifest, trees map[string]string) (Snapshot, error) {
	m.Schema, m.Made = Schema, m.Made.UTC()
	if err := os.MkdirAll(root, 0o700); err != nil {
		return Snapshot{}, fmt.Errorf("backup: folder %s cannot be made: %w", root, err)
	}
	before, err := previous(root)
	if err != nil {
		return Snapshot{}, err
	}
	name := m.Made.Format(nameLayout)
	s := Snapshot{Manifest: m, Dir: filepath.Join(root, name)}
	part := filepath.Join(root, partial+name)
	if err := os.Mkdir(part, 0o700); err != nil {
		return s, fmt.Errorf("backup: %w", err)
	}
	err = s.fill(ctx, part, before, trees)
	if err == nil {
		err = seal(part, s.Manifest)
	}
	if err == nil {
		err = os.Rename(part, s.Dir)
	}
	if err != nil {
		return s, fmt.Errorf("backup to %s: %w", root, errors.Join(err, os.RemoveAll(part)))
	}
	return s, syncDir(root)
}

// earlier are the files of a snapshot by content.
type earlier struct {
	dir    string
	byHash map[string]File
}

// previous reads the newest snapshot; without one nothing is shared.
func previous(root string) (earlier, error) {
	all, err := List(root)
	if err != nil || len(all) == 0 {
		return earlier{}, err
	}
	last := all[len(all)-1]
	e := earlier{dir: last.Dir, byHash: map[string]File{}}
	for _, f := range last.Files {
		e.byHash[f.SHA256] = f
	}
	return e, nil
}

func (s *Snapshot) fill(ctx context.Context, part string, before earlier, trees map[string]string) error {
	names := make([]string, 0, len(trees))
	for name := range trees {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		err := filepath.WalkDir(trees[name], func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && path == trees[name]:
				return nil
			case err != nil || ctx.Err() != nil:
				return errors.Join(err, ctx.Err())
			}
			rel, err := filepath.Rel(trees[name], path)
			if err != nil {
				return err
			}
			to := filepath.Join(part, name, rel)
			if d.IsDir() {
				return os.MkdirAll(to, 0o700)
			}
			if !d.Type().IsRegular() {
				return nil // a socket or a link is no data
			}
			return s.add(path, to, filepath.ToSlash(filepath.Join(name, rel)), before)
		})
		if err != nil {
			return err
		}
	}
	return syncTree(part)
}

// add brings one file in. The source is read whole even when it is linked
// then: a name and a size do not prove that the content is the same.
func (s *Snapshot) add(from, to, name string, before earlier) error {
	f := File{Path: name}
	var err error
	if len(before.byHash) > 0 {
		if f.SHA256, f.Size, err = hashOf(from); err != nil {
			return err
		}
		if old, ok := before.byHash[f.SHA256]; ok && os.Link(filepath.Join(before.dir, filepath.FromSlash(old.Path)), to) == nil {
			// The older copy may have rotted since: then it must not be shared.
			if hash, _, err := hashOf(to); err == nil && hash == f.SHA256 {
				s.Files, s.Bytes, s.Shared = append(s.Files, f), s.Bytes+f.Size, s.Shared+f.Size
				return nil
			}
			if err := os.Remove(to); err != nil {
				return err
			}
		}
	}
	if f.SHA256, f.Size, err = copyFile(from, to); err != nil {
		return err
	}
	s.Files, s.Bytes = append(s.Files, f), s.Bytes+f.Size
	return nil
}

func hashOf(name string) (hash string, size int64, err error) {
	in, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer in.Close()
	h := sha256.New()
	size, err = io.Copy(h, in)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// copyFile copies durably and gives the hash of what was read.
func copyFile(from, to string) (hash string, size int64, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", 0, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(out, h), in)
	if err == nil {
		err = out.Sync()
	}
	return hex.EncodeToString(h.Sum(nil)), size, errors.Join(err, out.Close())
}

// seal writes the manifest and a checksum of it.
func seal(part string, m Manifest) error {
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	for name, content := range map[string][]byte{manifestName: raw, sealName: []byte(hex.EncodeToString(sum[:]) + "\n")} {
		f, err := os.OpenFile(filepath.Join(part, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(content)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return syncDir(part)
}

func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncDir(path)
	})
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// List is the snapshots below root, oldest first. Those whose manifest is
// damaged are an error that names them: a backup must not look newer than it
// is.
func List(root string) ([]Snapshot, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	var out []Snapshot
	for _, e := range entries {
		if _, err := time.Parse(nameLayout, e.Name()); err != nil || !e.IsDir() {
			continue
		}
		s, err := Open(filepath.Join(root, e.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Snapshot) int { return a.Made.Compare(b.Made) })
	return out, nil
}

// Open reads the manifest of one snapshot and checks it against its seal.
func Open(dir string) (Snapshot, error) {
	raw, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return Snapshot{}, fmt.Errorf("%w: %s has no %s; name a folder that zhigai backup made", ErrNoSnapshot, dir, manifestName)
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("backup: %w", err)
	}
	want, err := os.ReadFile(filepath.Join(dir, sealName))
	if err != nil {
		return Snapshot{}, fmt.Errorf("%w: %s: its seal cannot be read: %w", ErrDamaged, dir, err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != strings.TrimSuffix(string(want), "\n") {
		return Snapshot{}, fmt.Errorf("%w: %s does not fit its seal", ErrDamaged, filepath.Join(dir, manifestName))
	}
	s := Snapshot{Dir: dir}
	if err := json.Unmarshal(raw, &s.Manifest); err != nil {
		return s, fmt.Errorf("%w: %s: %w", ErrDamaged, filepath.Join(dir, manifestName), err)
	}
	if s.Schema != Schema {
		return s, fmt.Errorf("backup: %s has the schema %q; this program knows %q: use the program that made it (%s)", dir, s.Schema, Schema, s.Program)
	}
	for _, f := range s.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return s, fmt.Errorf("%w: %s names %q outside of itself", ErrDamaged, dir, f.Path)
		}
		s.Bytes += f.Size
	}
	return s, nil
}

// Newest is the newest snapshot not made after the instant; a zero instant
// means the newest of all.
func Newest(root string, at time.Time) (Snapshot, error) {
	all, err := List(root)
	if err != nil {
		return Snapshot{}, err
	}
	for _, s := range slices.Backward(all) {
		if at.IsZero() || !s.Made.After(at) {
			return s, nil
		}
	}
	return Snapshot{}, fmt.Errorf("%w in %s that is as old as %s", ErrNoSnapshot, root, at.Format(time.RFC3339))
}

// Verify reads every file of the snapshot and lists what is damaged, missing or
// not of it.
func Verify(ctx context.Context, s Snapshot) ([]string, error) {
	var damage []string
	known := map[string]bool{manifestName: true, sealName: true}
	for _, f := range s.Files {
		if err := ctx.Err(); err != nil {
			return damage, err
		}
		known[f.Path] = true
		hash, size, err := hashOf(filepath.Join(s.Dir, filepath.FromSlash(f.Path)))
		switch {
		case err != nil:
			damage = append(damage, fmt.Sprintf("%s cannot be read: %v", f.Path, err))
		case size != f.Size:
			damage = append(damage, fmt.Sprintf("%s has %d bytes; %d were written", f.Path, size, f.Size))
		case hash != f.SHA256:
			damage = append(damage, fmt.Sprintf("%s has another content than was written", f.Path))
		}
	}
	err := filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if rel, err := filepath.Rel(s.Dir, path); err != nil {
			return err
		} else if !known[filepath.ToSlash(rel)] {
			damage = append(damage, filepath.ToSlash(rel)+" does not belong to the snapshot")
		}
		return nil
	})
	return damage, err
}

// Restore puts a snapshot into a folder that does not exist or is empty, after
// checking it. Nothing is left there when it fails.
func Restore(ctx context.Context, s Snapshot, data string) error {
	damage, err := Verify(ctx, s)
	if err != nil {
		return err
	}
	if len(damage) > 0 {
		return fmt.Errorf("%w: %s: %s; nothing was restored: take another snapshot", ErrDamaged, s.Dir, strings.Join(damage, "; "))
	}
	if entries, err := os.ReadDir(data); err == nil && len(entries) > 0 {
		return fmt.Errorf("%w: %s holds %d files or folders; stop its node, move it away, and restore into an empty folder", ErrNotEmpty, data, len(entries))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("restore: %w", err)
	}
	part := filepath.Join(filepath.Dir(filepath.Clean(data)), partial+filepath.Base(data))
	if err := os.RemoveAll(part); err != nil { // of a restore that was cut off
		return fmt.Errorf("restore: %w", err)
	}
	if err := s.unpack(ctx, part); err != nil {
		return fmt.Errorf("restore to %s: %w", data, errors.Join(err, os.RemoveAll(part)))
	}
	if err := os.Remove(data); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.Rename(part, data); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return syncDir(filepath.Dir(filepath.Clean(data)))
}

func (s Snapshot) unpack(ctx context.Context, part string) error {
	for _, f := range s.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := filepath.Join(part, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		hash, _, err := copyFile(filepath.Join(s.Dir, filepath.FromSlash(f.Path)), to)
		if err != nil {
			return err
		}
		if hash != f.SHA256 {
			return fmt.Errorf("%w: %s changed while it was read", ErrDamaged, f.Path)
		}
	}
	return syncTree(part)
}

// Prune deletes the oldest snapshots until keep are left.
func Prune(root string, keep int) ([]string, error) {
	all, err := List(root)
	if err != nil {
		return nil, err
	}
	var gone []string
	for len(all) > max(keep, 1) {
		// Under its partial name first: one that is half deleted must not look whole.
		away := filepath.Join(root, partial+filepath.Base(all[0].Dir))
		if err := os.Rename(all[0].Dir, away); err != nil {
			return gone, fmt.Errorf("backup: %w", err)
		}
		if err := os.RemoveAll(away); err != nil {
			return gone, fmt.Errorf("backup: %w", err)
		}
		gone, all = append(gone, filepath.Base(all[0].Dir)), all[1:]
	}
	return gone, nil
}
