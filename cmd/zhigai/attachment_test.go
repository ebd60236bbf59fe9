package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/attachment"
	"zhigai/backup"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

// TestAttachments: a file that somebody adds is in the backup and comes back with
// it, a flipped bit is found by verify and never served, a firm takes its files
// along in the export, and they go when it is deleted.
func TestAttachments(t *testing.T) {
	t.Parallel()
	n, _ := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	ctx := t.Context()
	desk, who := n.newAttachments(), access.Node(demoTenant)
	drawing := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("x"), 5000)...)
	f, err := desk.Keep(ctx, who, "ring.pdf", "", drawing)
	must(t, err)

	root := filepath.Join(t.TempDir(), "backups")
	_, err = n.stores.backup(ctx, backupRequest{Dir: root}, time.Now)
	must(t, err)
	snap, err := backup.Newest(root, time.Time{})
	must(t, err)
	back := filepath.Join(t.TempDir(), "data")
	must(t, backup.Restore(ctx, snap, back))
	if raw, err := attachment.NewFolder(filepath.Join(back, filesFolder)).Get(demoTenant, f.SHA256); err != nil || !bytes.Equal(raw, drawing) {
		t.Errorf("restored: %d bytes, %v", len(raw), err)
	}

	var out bytes.Buffer
	must(t, n.exportTenant(ctx, demoTenant, "", &out, func(tenant.Progress) {}))
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	must(t, err)
	r, err := z.Open("attachments/" + f.SHA256)
	must(t, err)
	raw, err := io.ReadAll(r)
	must(t, errors.Join(err, r.Close()))
	if !bytes.Equal(raw, drawing) {
		t.Errorf("exported: %d bytes", len(raw))
	}

	name := filepath.Join(n.dir, filesFolder, "1", f.SHA256[:2], f.SHA256)
	must(t, flip(name, 2000))
	report, err := verifyFiles(ctx, place{Data: n.dir})
	if err != nil || len(report.Damage) != 1 {
		t.Errorf("verify: %+v %v", report, err)
	}
	if _, _, err := desk.Read(ctx, who, f.SHA256); !errors.Is(err, attachment.ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	must(t, n.attachments().DeleteTenant(plant.TenantNo(demoTenant)))
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after deletion: %v", err)
	}
}
