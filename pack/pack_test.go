package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program stands for the binary where only the packages matter: cmd/zhigai
// tests them with the real one.
var program = source{bin: []byte("#!/bin/sh\necho packed\n"), version: "v1.2.0-5-gabc", arch: "amd64", made: time.Unix(1_700_000_000, 0)}

func TestDebVersion(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.0": "1.2.0", "v1.2.0-5-gabc": "1.2.0+5.gabc", "v1.2.0-dirty": "1.2.0+dirty", "93088fb": "0+g93088fb", "93088fb-dirty": "0+g93088fb.dirty", "dev": "0+gdev",
	} {
		if got := (source{version: version}).debVersion(); got != want {
			t.Errorf("%s: %s; want %s", version, got, want)
		}
	}
}

func TestRun_SameBytesEveryTime(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "zhigai")
	if err := os.WriteFile(bin, program.bin, 0o700); err != nil {
		t.Fatal(err)
	}
	var all [2]map[string][]byte
	for i := range all {
		out := t.TempDir()
		if err := run(bin, source{version: "v1.0.0", arch: "arm64", made: program.made}, out); err != nil {
			t.Fatal(err)
		}
		all[i] = map[string][]byte{}
		for _, name := range []string{"zhigai_1.0.0_arm64.deb", "zhigai_1.0.0_arm64.oci.tar"} {
			raw, err := os.ReadFile(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			all[i][name] = raw
		}
	}
	for name := range all[0] {
		if !bytes.Equal(all[0][name], all[1][name]) {
			t.Errorf("%s differs from one run to the next", name)
		}
	}
	if err := run(bin, source{version: "v1"}, t.TempDir()); err == nil {
		t.Error("packed without a time")
	}
}

// tool skips the test where a program of Debian is not there, unless it must
// be.
func tool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("ZHIGAI_PEERS") == "require" && name == "dpkg-deb" {
			t.Fatal(err)
		}
		t.Skipf("%s is not installed", name)
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// TestDeb_AsDpkgReadsIt: dpkg-deb reads name, version, configuration file and
// content, its scripts are of a shell, and systemd finds nothing wrong with the
// unit and little exposed.
func TestDeb_AsDpkgReadsIt(t *testing.T) {
	tool(t, "dpkg-deb")
	raw, err := program.deb()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	deb, root := filepath.Join(dir, "zhigai.deb"), filepath.Join(dir, "root")
	if err := os.WriteFile(deb, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := output(t, "dpkg-deb", "-f", deb, "Package", "Version", "Architecture", "Depends"); got != "Package: zhigai\nVersion: 1.2.0+5.gabc\nArchitecture: amd64\nDepends: adduser\n" {
		t.Errorf("control:\n%s", got)
	}
	list := output(t, "dpkg-deb", "-c", deb)
	for _, line := range []string{"-rwxr-xr-x 0/0", "./usr/bin/zhigai\n", "./etc/zhigai/zhigai.env\n", "./usr/lib/systemd/system/zhigai.service\n"} {
		if !strings.Contains(list, line) {
			t.Errorf("%q is not in:\n%s", line, list)
		}
	}
	if strings.Contains(list, "var/lib") {
		t.Error("the data folder is in the package: dpkg would delete it")
	}
	output(t, "dpkg-deb", "-x", deb, root)
	output(t, "dpkg-deb", "-e", deb, filepath.Join(dir, "control"))
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		output(t, "sh", "-n", filepath.Join(dir, "control", script))
	}
	if got := output(t, filepath.Join(root, "usr/bin/zhigai")); got != "packed\n" {
		t.Errorf("the program says %q", got)
	}
	tool(t, "systemd-analyze")
	unit := filepath.Join(root, "usr/lib/systemd/system/zhigai.service")
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	// The program is looked for where the package will put it.
	here := filepath.Join(dir, "zhigai.service")
	if err := os.WriteFile(here, bytes.ReplaceAll(text, []byte("/usr/bin/zhigai"), []byte(filepath.Join(root, "usr/bin/zhigai"))), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("systemd-analyze", "verify", "--man=no", here).CombinedOutput()
	if err != nil || strings.Contains(string(said), "zhigai.service:") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, said)
	}
	// 2.0 of 10 is what systemd itself calls OK; a service without any of the
	// lines has 9.6.
	output(t, "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit)
}

// TestImage_DigestsAndConfig reads the archive as a container runtime does:
// from the index by digests down to the files.
func TestImage_DigestsAndConfig(t *testing.T) {
	raw, err := program.image()
	if err != nil {
		t.Fatal(err)
	}
	all := untar(t, raw)
	blob := func(d descriptor) []byte {
		t.Helper()
		content := all[d.path()].content
		if digest(content) != d.Digest || len(content) != d.Size {
			t.Fatalf("blob %+v has %d bytes with digest %s", d, len(content), digest(content))
		}
		return content
	}
	var i index
	var m manifest
	var c config
	decode(t, all["index.json"].content, &i)
	decode(t, blob(i.Manifests[0]), &m)
	decode(t, blob(m.Config), &c)
	var old []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	decode(t, all["manifest.json"].content, &old)
	if string(all["oci-layout"].content) != `{"imageLayoutVersion":"1.0.0"}` || len(m.Layers) != 1 || old[0].Config != m.Config.path() || old[0].Layers[0] != m.Layers[0].path() || old[0].RepoTags[0] != "zhigai:1.2.0-5.gabc" {
		t.Errorf("layout %s, manifest %+v, list %+v", all["oci-layout"].content, m, old)
	}
	zipped, err := gzip.NewReader(bytes.NewReader(blob(m.Layers[0])))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(zipped)
	if err != nil {
		t.Fatal(err)
	}
	if digest(plain) != c.RootFS.Diffs[0] {
		t.Errorf("layer unpacks to %s; the config says %s", digest(plain), c.RootFS.Diffs[0])
	}
	layer := untar(t, plain)
	if bin := layer["usr/bin/zhigai"]; !bytes.Equal(bin.content, program.bin) || bin.mode != 0o755 {
		t.Errorf("program %o, %d bytes", bin.mode, len(bin.content))
	}
	if data := layer["var/lib/zhigai/"]; data.mode != 0o700 || data.uid != imageUser {
		t.Errorf("data folder %+v", data)
	}
	if c.Architecture != "amd64" || c.OS != "linux" || c.Config.Entrypoint[0] != "/usr/bin/zhigai" || c.Config.Cmd[0] != "run" || c.Config.User != "65532:65532" {
		t.Errorf("config %+v", c)
	}
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
}

func untar(t *testing.T, raw []byte) map[string]entry {
	t.Helper()
	out := map[string]entry{}
	for r := tar.NewReader(bytes.NewReader(raw)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !fs.ValidPath(strings.TrimSuffix(h.Name, "/")) {
			t.Errorf("name %q", h.Name)
		}
		out[h.Name] = entry{name: h.Name, mode: h.Mode, content: content, uid: h.Uid, gid: h.Gid}
	}
}
