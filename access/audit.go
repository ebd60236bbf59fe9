package access

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
)

const (
	// maxAuditBody bounds what is kept of a value before and after a change; of
	// a larger one (a whole plant imported) its size and digest are kept.
	maxAuditBody = 64 << 10
	maxAuditWord = 400 // bytes of who, action and object
	auditPage    = 1000
)

// Audit writes what was done, by whom.
type Audit struct {
	store AuditStore
	now   func() time.Time
}

// NewAudit writes to the store by the clock.
func NewAudit(store AuditStore, now func() time.Time) *Audit { return &Audit{store, now} }

// Record appends one entry: by did action to object. before and after are
// written as JSON, nil is nothing. It returns when the entry is durable.
func (a *Audit) Record(ctx context.Context, by Principal, action, object string, before, after any) error {
	was, err := auditBody(before)
	if err != nil {
		return fmt.Errorf("access: audit %s: %w", action, err)
	}
	became, err := auditBody(after)
	if err != nil {
		return fmt.Errorf("access: audit %s: %w", action, err)
	}
	who := by.User
	if by.Name != "" && by.Name != by.User {
		who += " " + by.Name // a name may be given to somebody else later, the id may not
	}
	_, err = a.store.AppendAudit(ctx, Entry{
		Tenant: by.Scope.Tenant, At: a.now().UTC().Truncate(time.Microsecond),
		Who: auditWord(who), Action: auditWord(action), Object: auditWord(object), Before: was, After: became,
	}, Chain)
	if err != nil {
		return fmt.Errorf("access: audit %s: %w", action, err)
	}
	return nil
}

// auditWord makes a text that every database gives back as it was.
func auditWord(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) > maxAuditWord {
		s = strings.ToValidUTF8(s[:maxAuditWord], "")
	}
	return s
}

func auditBody(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	if len(b) > maxAuditBody {
		sum := sha256.Sum256(b)
		return fmt.Sprintf(`{"bytes":%d,"sha256":"%s"}`, len(b), hex.EncodeToString(sum[:])), nil
	}
	return strings.ToValidUTF8(string(b), "\uFFFD"), nil
}

// Chain puts e behind prev: the next number, prev's hash and its own.
func Chain(prev, e Entry) Entry {
	e.Seq, e.Prev = prev.Seq+1, prev.Hash
	e.Hash = e.digest()
	return e
}

// digest is SHA-256 over every field but the hash itself, each with its
// length before it, so that no text can slide from one field into the next.
func (e Entry) digest() string {
	h := sha256.New()
	for _, n := range []uint64{uint64(e.Tenant), e.Seq, uint64(e.At.UnixMicro())} {
		_ = binary.Write(h, binary.BigEndian, n) // a hash never fails
	}
	for _, s := range []string{e.Who, e.Action, e.Object, e.Before, e.After, e.Prev} {
		_ = binary.Write(h, binary.BigEndian, uint64(len(s)))
		_, _ = h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// BrokenError names the first entry of the audit that does not hold.
type BrokenError struct {
	Seq uint64
	Why string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("access: audit is broken at entry %d: %s", e.Seq, e.Why)
}

// Verify reads the tenant's whole audit and counts the entries that hold; the
// error is a *BrokenError for the first that does not.
//
// The chain shows every change before its last entry. Entries cut off the end
// show only against a number and hash noted elsewhere: see Head.
func Verify(ctx context.Context, store AuditStore, tenant plant.TenantNo) (int, error) {
	prev, n := Entry{}, 0
	for {
		page, err := store.Audit(ctx, tenant, prev.Seq, auditPage)
		if err != nil {
			return n, err
		}
		for _, e := range page {
			switch {
			case e.Seq != prev.Seq+1:
				return n, &BrokenError{prev.Seq + 1, fmt.Sprintf("it is missing, entry %d follows", e.Seq)}
			case e.Prev != prev.Hash:
				return n, &BrokenError{e.Seq, "it does not name the hash of the entry before it"}
			case e.Hash != e.digest():
				return n, &BrokenError{e.Seq, "its hash does not fit what it says: it was changed"}
			}
			prev, n = e, n+1
		}
		if len(page) == 0 {
			return n, nil
		}
	}
}

// Head is the last entry of the audit, zero when there is none. Its number
// and hash, noted outside the node, show later whether entries were cut off.
func Head(ctx context.Context, store AuditStore, tenant plant.TenantNo) (Entry, error) {
	var last Entry
	for {
		page, err := store.Audit(ctx, tenant, last.Seq, auditPage)
		if err != nil || len(page) == 0 {
			return last, err
		}
		last = page[len(page)-1]
	}
}

// CheckHead compares the audit with a head noted earlier as SEQ:HASH: a chain
// that lost its end, or was made anew, holds in itself but not against that. The
// error is a *BrokenError, or ErrInvalid for what is no head.
func CheckHead(ctx context.Context, store AuditStore, tenant plant.TenantNo, noted string) error {
	number, hash, ok := strings.Cut(noted, ":")
	seq, err := strconv.ParseUint(number, 10, 64)
	if !ok || err != nil || seq == 0 || len(hash) != 2*sha256.Size {
		return fmt.Errorf("%w: head %.80q; write the number and the hash as they were printed: 42:9f86…", ErrInvalid, noted)
	}
	page, err := store.Audit(ctx, tenant, seq-1, 1)
	switch {
	case err != nil:
		return err
	case len(page) == 0 || page[0].Seq != seq:
		return &BrokenError{seq, "it was noted and is not there any more: the end was cut off"}
	case page[0].Hash != hash:
		return &BrokenError{seq, "its hash is not the one noted: the audit was written anew"}
	}
	return nil
}
