package access

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
)

// AuditKind is what entries of the audit are about.
type AuditKind string

const (
	AuditReads    AuditKind = "reads"    // somebody was shown what is another's
	AuditSessions AuditKind = "sessions" // sign-ins, sign-outs, doors closed
	AuditChanges  AuditKind = "changes"  // all others
)

// ReadSuffix ends the action of every entry that says what was shown to
// somebody: samples.read. Nothing was changed then.
const ReadSuffix = ".read"

// SessionPrefix begins the actions of sign-ins.
const SessionPrefix = "session."

// AuditQuery chooses entries of the audit, the newest first. Texts are parts of
// what stands there, written in capitals or not; zero fields choose everything.
type AuditQuery struct {
	Who, Action, Object string
	Kind                AuditKind
	From, To            time.Time // To is the first instant no longer in it
	Before              uint64    // entries with a lower number
}

// maxAuditExport bounds a file: what a spreadsheet holds is 1,048,576 rows, and
// more than this is asked for month by month.
const maxAuditExport = 200_000

// ErrAuditTooLong is an export with more entries than a file takes.
var ErrAuditTooLong = fmt.Errorf("%w: more than %d entries; choose a shorter stretch of time", ErrInvalid, maxAuditExport)

// bom lets spreadsheet programs know that a file is UTF-8.
const bom = "\uFEFF"

// ExportAudit writes the entries of the tenant that q chooses as CSV, the newest
// first, with the hashes that chain them. Nothing is written when there are too
// many of them.
func ExportAudit(ctx context.Context, store AuditStore, tenant plant.TenantNo, q AuditQuery, w io.Writer) error {
	if n, err := store.CountAudit(ctx, tenant, q, maxAuditExport+1); err != nil || n > maxAuditExport {
		if err == nil {
			err = ErrAuditTooLong
		}
		return err
	}
	if _, err := io.WriteString(w, bom); err != nil {
		return fmt.Errorf("access: export audit: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write([]string{"seq", "at", "who", "action", "object", "before", "after", "prev", "hash"}); err != nil {
		return fmt.Errorf("access: export audit: %w", err)
	}
	for {
		page, err := store.FindAudit(ctx, tenant, q, auditPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := out.Write(e.cells()); err != nil {
				return fmt.Errorf("access: export audit: %w", err)
			}
			q.Before = e.Seq
		}
		if len(page) < auditPage || q.Before <= 1 {
			out.Flush()
			return out.Error()
		}
	}
}

func (e Entry) cells() []string {
	return []string{
		strconv.FormatUint(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano),
		cell(e.Who), cell(e.Action), cell(e.Object), cell(e.Before), cell(e.After), e.Prev, e.Hash,
	}
}

// cell is a text that no spreadsheet takes for a formula: what people wrote
// stands in the audit.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
