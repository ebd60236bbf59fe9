package recordtest

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// auditFound tests the questions to the audit and its file.
func auditFound(t *testing.T, s access.Store) {
	ctx := t.Context()
	at := func(hour int) time.Time { return day.Add(time.Duration(hour) * time.Hour) }
	for i, e := range []access.Entry{
		{Who: "U1 Wang", Action: "samples.read", Object: "equipment/A equipment/B", After: `{"of":"x"}`},
		{Who: "U2 李", Action: "user.update", Object: "user/100%_a"},
		{Who: "U2 李", Action: "session.open", Object: "user/U2"},
		{Who: "U1 Wang", Action: "evidence.read", Object: "equipment/B"},
		{Who: "=cmd", Action: "user.create", Object: "user/1000a"},
	} {
		e.Tenant, e.At = 1, at(i)
		if _, err := s.AppendAudit(ctx, e, access.Chain); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		q    access.AuditQuery
		want string
	}{
		"all":                        {access.AuditQuery{}, "5 4 3 2 1"},
		"reads":                      {access.AuditQuery{Kind: access.AuditReads}, "4 1"},
		"sessions":                   {access.AuditQuery{Kind: access.AuditSessions}, "3"},
		"changes":                    {access.AuditQuery{Kind: access.AuditChanges}, "5 2"},
		"who, in other letters":      {access.AuditQuery{Who: "wANG"}, "4 1"},
		"who, in Chinese":            {access.AuditQuery{Who: "李"}, "3 2"},
		"a thing among several":      {access.AuditQuery{Object: "equipment/b"}, "4 1"},
		"signs of like, by letter":   {access.AuditQuery{Object: "100%_"}, "2"},
		"action":                     {access.AuditQuery{Action: "user."}, "5 2"},
		"from":                       {access.AuditQuery{From: at(3)}, "5 4"},
		"to, which is not in it":     {access.AuditQuery{To: at(1)}, "1"},
		"the next page":              {access.AuditQuery{Before: 4, Who: "wang"}, "1"},
		"everything at once":         {access.AuditQuery{Who: "wang", Action: "read", Object: "equipment", Kind: access.AuditReads, From: at(0), To: at(2), Before: 5}, "1"},
		"nothing, and no injection ": {access.AuditQuery{Who: "' or 1=1 --"}, ""},
	} {
		got, err := s.FindAudit(ctx, 1, c.q, 10)
		var seqs []string
		for _, e := range got {
			seqs = append(seqs, fmt.Sprint(e.Seq))
		}
		if err != nil || strings.Join(seqs, " ") != c.want {
			t.Errorf("%s: %v, %v; want %s", name, seqs, err, c.want)
		}
		if n, err := s.CountAudit(ctx, 1, c.q, 3); err != nil || n != min(3, len(got)) {
			t.Errorf("%s: counted %d up to 3, %v; found are %d", name, n, err, len(got))
		}
		if foreign, err := s.FindAudit(ctx, 2, c.q, 10); err != nil || len(foreign) != 0 {
			t.Errorf("%s for a foreign tenant: %v, %v", name, foreign, err)
		}
	}
	if got, err := s.FindAudit(ctx, 1, access.AuditQuery{}, 2); err != nil || len(got) != 2 || got[0].Seq != 5 || got[1].Who != "U1 Wang" || got[1].Hash == "" {
		t.Errorf("FindAudit of two: %+v, %v; want the newest two, whole", got, err)
	}
	auditFile(t, s)
}

func auditFile(t *testing.T, s access.Store) {
	t.Helper()
	var file bytes.Buffer
	if err := access.ExportAudit(t.Context(), s, 1, access.AuditQuery{}, &file); err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(file.String(), "\uFEFF")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != 6 || rows[0][2] != "who" || rows[1][0] != "5" || rows[5][6] != `{"of":"x"}` || rows[1][7] != rows[2][8] {
		t.Errorf("the file (marked as UTF-8: %t): %q, %v", marked, rows, err)
	}
	if rows[1][2] != "'=cmd" || rows[4][2] != "U2 李" {
		t.Errorf("who: %q and %q; want no formula and Chinese", rows[1][2], rows[4][2])
	}
	if err := access.ExportAudit(t.Context(), endless{s}, 1, access.AuditQuery{}, &file); !errors.Is(err, access.ErrAuditTooLong) {
		t.Errorf("a file of too many entries: %v", err)
	}
}

// endless holds more entries than a file takes.
type endless struct{ access.Store }

func (endless) CountAudit(_ context.Context, _ plant.TenantNo, _ access.AuditQuery, limit int) (int, error) {
	return limit, nil
}
