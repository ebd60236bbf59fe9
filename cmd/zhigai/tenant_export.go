package main

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/sector/tenant"
	"zhigai/space"
)

// exportSchema is the form of an export of all that a firm owns.
const exportSchema = "zhigai.export/1"

// exportManifest says what an export holds. It stands last in the file.
type exportManifest struct {
	Schema  string       `json:"schema"`
	Program string       `json:"program"`
	Node    string       `json:"node"`
	Tenant  string       `json:"tenant"`
	Made    time.Time    `json:"made"`
	Head    string       `json:"audit_head"` // SEQ:HASH of the audit when the export began
	Files   []exportFile `json:"files"`
}

type exportFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// exporter writes a zip and notes what went into it.
type exporter struct {
	tell func(tenant.Progress)
	zip  *zip.Writer
	open *exportFile // being written
	sum  hash.Hash
	into io.Writer
	m    exportManifest
}

func (e *exporter) Write(p []byte) (int, error) {
	n, err := e.into.Write(p)
	e.sum.Write(p[:n])
	e.open.Bytes += int64(n)
	return n, err
}

// next ends the file before and begins another.
func (e *exporter) next(name string) (io.Writer, error) {
	e.end()
	var err error
	e.open, e.sum = &exportFile{Name: name}, sha256.New()
	e.into, err = e.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: e.m.Made})
	return e, err
}

func (e *exporter) end() {
	if e.open != nil {
		e.open.SHA256 = hex.EncodeToString(e.sum.Sum(nil))
		e.m.Files = append(e.m.Files, *e.open)
		e.open = nil
	}
}

// newExports keeps files of everything that firms own beside the stores.
func (n *node) newExports() (err error) {
	n.exports, err = tenant.NewExports(tenant.ExportsOptions{
		Dir: exportsOf(n.dir), Write: n.exportTenant, Now: time.Now, Failed: func(err error) { n.log.Error("export", "err", err) },
		Room: func() error {
			if level := n.disk.Level(); level >= space.Low {
				return fmt.Errorf("%w: the disk of the node is %s; make room and start again", tenant.ErrState, level)
			}
			return nil
		},
	})
	return err
}

// exportsOf is the folder of exports in a node's.
func exportsOf(dir string) string { return filepath.Join(dir, "exports") }

// exportTenant writes everything that a tenant owns as a zip: the plant as a
// file that an import takes, profiles of its machines that are not the product's,
// every row of the record as JSON lines with its history, samples as CSV with
// exact values, the files that machines left and people added, and a manifest of SHA-256.
// Passwords and secrets are not in it.
func (n *node) exportTenant(ctx context.Context, no plant.TenantNo, name string, to io.Writer, tell func(tenant.Progress)) error {
	tell(tenant.Progress{Step: "plant"})
	head, err := access.Head(ctx, n.record.Access(), no)
	if err != nil {
		return err
	}
	e := &exporter{tell: tell, zip: zip.NewWriter(to), m: exportManifest{Schema: exportSchema, Program: version, Node: n.id.ID, Tenant: name, Made: time.Now().UTC(), Head: fmt.Sprintf("%d:%s", head.Seq, head.Hash)}}
	m, err := n.present(ctx, no)
	if err != nil {
		return err
	}
	w, err := e.next("plant.yaml")
	if err != nil {
		return err
	}
	if _, err := w.Write(file.Write(m)); err != nil {
		return err
	}
	if err := n.exportProfiles(e, m); err != nil {
		return err
	}
	tables := int64(0)
	tell(tenant.Progress{Step: "record"})
	if err := n.record.ExportTenant(ctx, no, func(table string) (io.Writer, error) {
		tables++
		tell(tenant.Progress{Step: "record", Done: tables})
		return e.next("record/" + table + ".jsonl")
	}); err != nil {
		return err
	}
	if err := n.exportSamples(ctx, no, e); err != nil {
		return err
	}
	tell(tenant.Progress{Step: "files"})
	if err := n.exportFiles(e, name); err != nil {
		return err
	}
	if err := n.exportAttachments(no, e); err != nil {
		return err
	}
	e.end()
	into, err := e.zip.Create("manifest.json")
	if err != nil {
		return err
	}
	enc := json.NewEncoder(into)
	enc.SetIndent("", "  ")
	return errors.Join(enc.Encode(e.m), e.zip.Close())
}

// exportProfiles writes the profiles of the plant's machines that another node
// does not know by itself, and those that they stand on.
func (n *node) exportProfiles(e *exporter, m plant.Model) error {
	ids := map[string]bool{}
	for _, one := range m.Nodes {
		p, ok := n.profileOf(one)
		if !ok {
			continue
		}
		for _, id := range append([]string{p.ID}, p.Bases...) {
			ids[id] = !n.profiles.Delivered(id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if !ids[id] {
			continue
		}
		w, err := e.next("profiles/" + id + ".yaml")
		if err != nil {
			return err
		}
		if _, err := w.Write(n.profiles.Source(id)); err != nil {
			return err
		}
	}
	return nil
}

// exportSamples writes a CSV for each tag that has samples.
func (n *node) exportSamples(ctx context.Context, no plant.TenantNo, e *exporter) error {
	tags, err := n.shop.Tags(ctx, access.Scope{Tenant: no})
	if err != nil {
		return err
	}
	const from, to = plant.Micros(0), plant.Micros(1<<62 - 1)
	for i, t := range tags {
		e.tell(tenant.Progress{Step: "samples", Done: int64(i), Of: int64(len(tags))})
		begun := lazyFile{begin: func() (io.Writer, error) { return e.next(fmt.Sprintf("samples/%d.csv", t.No)) }}
		w := csv.NewWriter(&begun)
		if err := exportTag(ctx, n.history, no, t, from, to, w); err != nil {
			return fmt.Errorf("samples of %s: %w", t.Path, err)
		}
		if w.Flush(); w.Error() != nil {
			return fmt.Errorf("samples of %s: %w", t.Path, w.Error())
		}
	}
	return nil
}

// lazyFile begins with the columns when the first row comes: most tags of a young
// plant have none.
type lazyFile struct {
	begin func() (io.Writer, error)
	w     io.Writer
}

func (l *lazyFile) Write(p []byte) (int, error) {
	if l.w == nil {
		var err error
		if l.w, err = l.begin(); err != nil {
			return 0, err
		}
		if _, err := io.WriteString(l.w, "tag,time,kind,value,quality\n"); err != nil {
			return 0, err
		}
	}
	return l.w.Write(p)
}

// exportFiles copies what machines left in the folder of a tenant; the node's
// own folder is its operator's already.
func (n *node) exportFiles(e *exporter, name string) error {
	if n.fileRoot == "" || name == "" {
		return nil
	}
	root, err := os.OpenRoot(n.fileRoot)
	if err != nil {
		return err
	}
	defer root.Close()
	dir := path.Join(path.Clean(tenantTopics), name)
	if _, err := root.Stat(filepath.FromSlash(dir)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fs.WalkDir(root.FS(), dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		in, err := root.Open(filepath.FromSlash(at))
		if err != nil {
			return err
		}
		w, err := e.next("files/" + at[len(dir)+1:])
		if err == nil {
			_, err = io.Copy(w, in)
		}
		return errors.Join(err, in.Close())
	})
}
