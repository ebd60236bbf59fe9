package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// errSpoiled is a sealed file that is not as it was written.
var errSpoiled = errors.New("not as it was written")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeSealed keeps v as a line of JSON with its checksum in the next: small
// files say by themselves whether they are as they were written. The file is
// there wholly or as it was before.
func writeSealed(name string, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".sealed-*")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\n%08x\n", line, crc32.Checksum(line, castagnoli))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(filepath.Dir(name))
}

// readSealed reads what writeSealed wrote; errSpoiled when it differs in a byte.
func readSealed(name string, v any) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	line, sum, _ := bytes.Cut(raw, []byte("\n"))
	if string(sum) != fmt.Sprintf("%08x\n", crc32.Checksum(line, castagnoli)) {
		return fmt.Errorf("%s: %w", name, errSpoiled)
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("%s: %w: %w", name, errSpoiled, err)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
