package opcua

import (
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"zhigai/connect"
)

const (
	trustFile = "approved.json"
	// maxPending bounds what servers can make us remember; the oldest goes.
	maxPending = 200
)

// approval is a person's word for a server's certificate.
type approval struct {
	Address     string    `json:"address"`
	Fingerprint string    `json:"fingerprint"`
	Subject     string    `json:"subject,omitempty"`
	NotAfter    time.Time `json:"not_after,omitzero"`
	Approved    time.Time `json:"approved"`
}

// trustList keeps approvals in one file.
type trustList struct {
	path string
	now  func() time.Time

	mu       sync.Mutex
	approved []approval
	pending  map[string]connect.PendingCertificate // by address and fingerprint
}

func loadTrust(dir string, now func() time.Time) (*trustList, error) {
	t := &trustList{path: filepath.Join(dir, trustFile), now: now, pending: make(map[string]connect.PendingCertificate)}
	b, err := os.ReadFile(t.path)
	if errors.Is(err, os.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, fmt.Errorf("approvals: %w", err)
	}
	if err := json.Unmarshal(b, &t.approved); err != nil {
		return nil, fmt.Errorf("approvals in %s: %w; restore the file or move it away and approve again", t.path, err)
	}
	return t, nil
}

// check reports whether the certificate is approved for the address; if not,
// it is put where a person will see it.
func (t *trustList) check(address string, cert *x509.Certificate) error {
	fp := fingerprintOf(cert.Raw)
	t.mu.Lock()
	defer t.mu.Unlock()
	other := false
	for _, a := range t.approved {
		if a.Address == address {
			if a.Fingerprint == fp {
				return nil
			}
			other = true
		}
	}
	if len(t.pending) >= maxPending {
		t.dropOldest()
	}
	t.pending[address+" "+fp] = connect.PendingCertificate{
		Address: address, Fingerprint: fp,
		Subject: cert.Subject.String(), NotAfter: cert.NotAfter, Seen: t.now(),
	}
	what := "compare the SHA-256 fingerprint %s with the one the machine shows, then approve it"
	if other {
		what = "another certificate was approved before: the server was renewed, or something stands between; " + what
	}
	return fmt.Errorf("%w: server %q: "+what, connect.ErrNotTrusted, cert.Subject.String(), fp)
}

func (t *trustList) dropOldest() {
	oldest := ""
	for key, p := range t.pending {
		if oldest == "" || p.Seen.Before(t.pending[oldest].Seen) {
			oldest = key
		}
	}
	delete(t.pending, oldest)
}

// approve is durable when it returns nil.
func (t *trustList) approve(address, fingerprint string) error {
	fp := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(fingerprint))
	if b, err := hex.DecodeString(fp); err != nil || len(b) != 32 {
		return fmt.Errorf("opcua %s: fingerprint %q is no SHA-256 in hexadecimal (64 digits)", address, fingerprint)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := address + " " + fp
	next := append([]approval(nil), t.approved...)
	for _, a := range next {
		if a.Address == address && a.Fingerprint == fp {
			delete(t.pending, key)
			return nil
		}
	}
	seen := t.pending[key]
	next = append(next, approval{Address: address, Fingerprint: fp, Subject: seen.Subject, NotAfter: seen.NotAfter, Approved: t.now().UTC()})
	b, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return fmt.Errorf("opcua %s: approve: %w", address, err)
	}
	if err := writeFile(t.path, b); err != nil {
		return fmt.Errorf("opcua %s: approve: %w", address, err)
	}
	t.approved = next
	delete(t.pending, key)
	return nil
}

// forget takes back what was approved for an address.
func (t *trustList) forget(address string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := slices.DeleteFunc(slices.Clone(t.approved), func(a approval) bool { return a.Address == address })
	maps.DeleteFunc(t.pending, func(_ string, p connect.PendingCertificate) bool { return p.Address == address })
	if len(next) == len(t.approved) {
		return nil
	}
	b, err := json.MarshalIndent(next, "", "  ")
	if err == nil {
		err = writeFile(t.path, b)
	}
	if err != nil {
		return fmt.Errorf("opcua %s: forget: %w", address, err)
	}
	t.approved = next
	return nil
}

func (t *trustList) waiting() []connect.PendingCertificate {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]connect.PendingCertificate, 0, len(t.pending))
	for _, p := range t.pending {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Seen.Before(out[j].Seen) })
	return out
}
