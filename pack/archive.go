package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"path"
	"time"
)

// entry is a file or folder of an archive.
type entry struct {
	name     string // without a slash at its beginning; a folder ends in one
	mode     int64
	content  []byte
	uid, gid int
}

// tarball packs entries in the given order, every folder above them first.
// Nothing of the machine that packs is in it.
func tarball(prefix string, made time.Time, entries ...entry) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	have := map[string]bool{}
	var put func(e entry) error
	put = func(e entry) error {
		if have[e.name] {
			return nil
		}
		have[e.name] = true
		if up := path.Dir(path.Clean(e.name)); up != "." {
			if err := put(entry{name: up + "/", mode: 0o755}); err != nil {
				return err
			}
		}
		h := &tar.Header{Name: prefix + e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: made, Uid: e.uid, Gid: e.gid, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if e.name[len(e.name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		_, err := w.Write(e.content)
		return err
	}
	// Of folders that are given the own line counts, not the one made for a file.
	for _, e := range entries {
		if err := put(e); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// zipped leaves name and time out of the header.
func zipped(plain []byte) ([]byte, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.DefaultCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(plain)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// ar is the archive of a Debian package (deb(5)): each member behind a line of
// its own, at an even offset.
func ar(made time.Time, members ...entry) []byte {
	var buf bytes.Buffer
	buf.WriteString("!<arch>\n")
	for _, m := range members {
		fmt.Fprintf(&buf, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", m.name, made.Unix(), 0, 0, 0o100644, len(m.content))
		buf.Write(m.content)
		if len(m.content)%2 == 1 {
			buf.WriteByte('\n')
		}
	}
	return buf.Bytes()
}
