package nats

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "node.key")
	k, err := OpenKey(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	again, err := OpenKey(file)
	if err != nil || again.ID() != k.ID() {
		t.Errorf("opened again: %v, %v; want %v", again, err, k.ID())
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(file); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read gives %v", err)
	}
	for _, content := range []string{"", "SUxyz", "SAAJPR5JZV4VJNRLPUXNCZPHXAHDUBRQ4JYYZWIWZMZ2SPWWFBLK5CM4DI"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := OpenKey(file); err == nil {
			t.Errorf("%q is taken for the key of %s", content, k.ID())
		}
	}
}

func TestInstance_IsOfFolderAndMachine(t *testing.T) {
	dir := t.TempDir()
	one, err := OpenInstance(dir, "machine a")
	if err != nil || !token(one) {
		t.Fatal(one, err)
	}
	if again, err := OpenInstance(dir, "machine a"); err != nil || again != one {
		t.Errorf("again %q, %v; want %q", again, err, one)
	}
	if copied, err := OpenInstance(dir, "machine b"); err != nil || copied == one {
		t.Errorf("the folder on another machine has the same instance %q, %v", copied, err)
	}
	moved := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if copied, err := OpenInstance(moved, "machine b"); err != nil || copied == one {
		t.Errorf("a copy of the folder has the same instance %q, %v", copied, err)
	}
	if other, err := OpenInstance(t.TempDir(), "machine a"); err != nil || other == one {
		t.Errorf("another folder has the same instance %q, %v", other, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "link-instance.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if mended, err := OpenInstance(dir, "machine a"); err != nil || mended == "" {
		t.Errorf("a damaged file gives %q, %v", mended, err)
	}
}

func TestAuthority_IsKept(t *testing.T) {
	dir := t.TempDir()
	one, err := OpenAuthority(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	two, err := OpenAuthority(dir, time.Now())
	if err != nil || two.Fingerprint() != one.Fingerprint() {
		t.Errorf("opened again: %v", err)
	}
	// An edge whose clock stands at 1970 trusts the hub all the same: verify
	// does not ask the clock. A certificate of another authority is refused.
	conf, err := one.Server([]string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	chain := chainOf(t, conf.Certificates[0].Certificate)
	if err := verify(chain, one.Fingerprint()); err != nil {
		t.Error(err)
	}
	other, err := OpenAuthority(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(chain, other.Fingerprint()); err == nil {
		t.Error("a chain of another authority is trusted")
	}
	forged, err := other.Server(nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	// A leaf of another authority, with the pinned certificate laid beside it.
	if err := verify(chainOf(t, [][]byte{forged.Certificates[0].Certificate[0], one.cert.Raw}), one.Fingerprint()); err == nil {
		t.Error("a forged leaf beside the pinned certificate is trusted")
	}
}

func chainOf(t *testing.T, raw [][]byte) []*x509.Certificate {
	t.Helper()
	var out []*x509.Certificate
	for _, der := range raw {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}
