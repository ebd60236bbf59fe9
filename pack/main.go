// Command pack makes what is handed to those who install the program: a Debian
// package and a container image in the OCI image layout. What it writes depends
// on its flags and the binary alone: the same commit gives the same bytes.
//
// It builds nothing and reaches no network. Start with [run]; `make dist` calls
// it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// source is what is packed.
type source struct {
	bin     []byte
	version string    // as git describes it
	arch    string    // as Go and OCI name it: amd64, arm64
	made    time.Time // of every file inside
}

func main() {
	bin := flag.String("bin", "bin/zhigai", "the program, linked statically")
	version := flag.String("version", "", "version of the program, as git describe writes it")
	arch := flag.String("arch", "amd64", "architecture of the program: amd64 or arm64")
	made := flag.Int64("time", 0, "time of every file inside, Unix seconds; that of the commit")
	out := flag.String("out", "dist", "folder to write to")
	flag.Parse()
	if err := run(*bin, source{version: *version, arch: *arch, made: time.Unix(*made, 0).UTC()}, *out); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(bin string, s source, out string) (err error) {
	if s.version == "" || s.made.Unix() <= 0 {
		return errors.New("-version and -time are needed: what is packed must not depend on when")
	}
	if s.bin, err = os.ReadFile(bin); err != nil {
		return fmt.Errorf("%w; run make build first", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	deb, err := s.deb()
	if err != nil {
		return err
	}
	image, err := s.image()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		fmt.Sprintf("zhigai_%s_%s.deb", s.debVersion(), s.arch):     deb,
		fmt.Sprintf("zhigai_%s_%s.oci.tar", s.debVersion(), s.arch): image,
	} {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s  %.1f MB\n", filepath.Join(out, name), float64(len(content))/1e6)
	}
	return nil
}

// debVersion is the version in the alphabet of Debian: v1.2.0-5-gabc becomes
// 1.2.0+5.gabc, a bare commit 0+gabc. Both sort as they were made, as far as a
// commit can.
func (s source) debVersion() string {
	v, tagged := strings.CutPrefix(s.version, "v")
	if !tagged && !strings.Contains(v, ".") {
		return "0+g" + strings.ReplaceAll(v, "-", ".")
	}
	release, rest, more := strings.Cut(v, "-")
	if more {
		return release + "+" + strings.ReplaceAll(rest, "-", ".")
	}
	return release
}
