package recordtest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
)

// Stores is a whole record.
type Stores struct {
	Journal JournalStore
	Plants  PlantStore
	Figures figure.Store
	Access  access.Store

	Diagnoses diagnosis.Store
}

// awkward are texts that a careless database changes.
var awkward = []string{"'", `"`, `\`, "?", "$1", "轴承", "\U0001F600", "\x01", "a\nb", "A", "a", "_", "é"}

// Fill puts something into every table of an empty record, for two tenants
// where a tenant may come second.
func Fill(t *testing.T, s Stores) {
	t.Helper()
	for tenant := range plant.TenantNo(2) {
		fillJournal(t, s.Journal, tenant+1)
		fillAccess(t, s.Access, tenant+1)
		kept(t, s.Diagnoses, tenant+1, headOf("d'1", "é", "33", "C", diagnosis.Closed))
		if err := s.Diagnoses.SaveFile(t.Context(), tenant+1, "5", []byte{0, 1, 0xff}); err != nil {
			t.Fatal(err)
		}
	}
	imported(t, s.Plants, small(), month(1))
	m := model(t, s.Plants, whole, month(1))
	line := find(t, m, "e/s/l_1")
	line.Name.ZH = "改名"
	if _, _, err := s.Plants.SaveNode(t.Context(), whole, line, rev(t, s.Plants, line.ID), month(4)); err != nil {
		t.Fatal(err)
	}
	if m1 := find(t, m, "e/s/l_1/m1"); s.Plants.Retire(t.Context(), whole, m1.ID, rev(t, s.Plants, m1.ID), month(6)) != nil {
		t.Fatal("Retire failed")
	}
	ensured(t, s.Plants, 1, tag("n1", "e/s/l_1/m1", "spindle.speed"), tag("n2", "e/s/l_1/m2", "count.good"))
	for i, path := range []string{"e/s/l_1/m1", "e/s/l-1/m3", "e/s/l_1/m2"} {
		w := window(plant.NodeID(fmt.Sprint("m", i)), i)
		w.Dirty = i == 1
		putWindow(t, s.Figures, 1, w, row(w, path, "", -5), row(w, path, "P", 7), row(w, path, "p", 1<<62))
	}
}

func fillJournal(t *testing.T, j JournalStore, tenant plant.TenantNo) {
	t.Helper()
	var all []fact.Event
	for i, s := range awkward {
		e := fact.New(fact.KindStopReason, plant.NodeID("n"+s), day, "person:"+s, fact.StopReason{Note: s})
		e.SourceSeq = uint64(i) // the first has none
		all = append(all, e)
	}
	for i := range 1000 { // more than one page, more than one statement
		all = append(all, gap("m", i, "device:d", uint64(i+1)))
	}
	stored := appended(t, j, tenant, all...)
	undo := gap("m", 0, "person:p", 0)
	undo.Supersedes, undo.Withdrawn = stored[len(stored)-1].ID, true
	appended(t, j, tenant, undo)
	if err := j.SaveCursor(t.Context(), tenant, "figure", 17); err != nil {
		t.Fatal(err)
	}
}

func fillAccess(t *testing.T, s access.Store, tenant plant.TenantNo) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range awkward {
		name := fmt.Sprint(name, tenant)
		_, err := s.SaveUser(ctx, access.User{Tenant: tenant, ID: "u" + name, Name: name, Display: name, Role: access.RoleViewer, Off: i%2 == 0})
		must(err)
		_, err = s.AppendAudit(ctx, access.Entry{Tenant: tenant, At: day, Who: name, Action: "a", Object: name, Before: name}, access.Chain)
		must(err)
	}
	hash := fmt.Sprint("h", tenant)
	must(s.SaveToken(ctx, access.Token{ID: "t1", Tenant: tenant, Name: "x", Role: access.RoleViewer, Hash: hash, Created: day}))
	must(s.SaveToken(ctx, access.Token{ID: "t2", Tenant: tenant, Name: "y", Hash: hash + "b", Created: day, Expires: day.Add(time.Hour), Revoked: true}))
	must(s.SaveSession(ctx, access.Session{Hash: hash, User: "u", Tenant: tenant, Expires: day}))
	must(s.SaveLink(ctx, access.Session{Hash: hash, User: "u", Tenant: tenant, Expires: day}))
}

// Reads asks everything that Fill filled; links, which reading takes away,
// are left out.
func Reads(t *testing.T, s Stores) map[string]any {
	t.Helper()
	ctx, out := t.Context(), map[string]any{}
	keep := func(name string, value any, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		out[name] = value
	}
	for tenant := range plant.TenantNo(3) {
		of := func(name string) string { return fmt.Sprint(name, " of tenant ", tenant) }
		keep(of("events"), events(t, s.Journal, tenant, fact.Filter{}), nil)
		keep(of("newest events"), events(t, s.Journal, tenant, fact.Filter{Newest: true, Kinds: []fact.Kind{fact.KindStopReason}}), nil)
		keep(of("head"), s.Journal.Head(tenant), nil)
		cursor, err := s.Journal.Cursor(ctx, tenant, "figure")
		keep(of("cursor"), cursor, err)
		users, err := s.Access.Users(ctx, tenant)
		keep(of("users"), users, err)
		tokens, err := s.Access.Tokens(ctx, tenant)
		keep(of("tokens"), tokens, err)
		audit, err := s.Access.Audit(ctx, tenant, 0, 0)
		keep(of("audit"), audit, err)
		n, err := access.Verify(ctx, s.Access, tenant)
		keep(of("audit verified"), n, err)
		for m := time.January; m <= time.December; m++ {
			model, err := s.Plants.Model(ctx, access.Scope{Tenant: tenant}, month(m))
			keep(of(fmt.Sprint("plant in month ", m)), model, err)
		}
		for _, path := range []string{"", "e/s/l_1", "e/s/l-1"} {
			scope := access.Scope{Tenant: tenant, Path: path}
			tags, err := s.Plants.Tags(ctx, scope)
			keep(of("tags below "+path), tags, err)
			keep(of("figures below "+path), rowsOf(t, s.Figures, scope, 0, hour*9), nil)
			keep(of("windows below "+path), windowsOf(t, s.Figures, scope, 0, hour*9), nil)
		}
		dirty, err := s.Figures.DirtyWindows(ctx, tenant, 0)
		keep(of("dirty windows"), dirty, err)
		heads, err := s.Diagnoses.Heads(ctx, tenant, diagnosis.Filter{Areas: everyFirm, Limit: 9})
		keep(of("diagnoses"), heads, err)
		if tenant > 0 {
			file, err := s.Diagnoses.File(ctx, tenant, "5")
			keep(of("file"), file, err)
		}
	}
	session, err := s.Access.SessionByHash(ctx, "h1")
	keep("session", session, err)
	return out
}

// Same compares what two records said.
func Same(t *testing.T, got, want map[string]any) {
	t.Helper()
	for name, w := range want {
		if g := got[name]; !reflect.DeepEqual(g, w) {
			t.Errorf("%s = %.2000v; want %.2000v", name, fmt.Sprint(g), fmt.Sprint(w))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d answers; want %d", len(got), len(want))
	}
}

// GoesOn tests that a copied record numbers on where the other stopped.
func GoesOn(t *testing.T, s Stores) {
	t.Helper()
	ctx := t.Context()
	before := s.Journal.Head(1)
	if e := appended(t, s.Journal, 1, gap("m", 1, "device:d", 5000))[0]; e.Seq != before+1 {
		t.Errorf("the next event has place %d; want %d", e.Seq, before+1)
	}
	if e := appended(t, s.Journal, 1, gap("m", 9, "device:d", 7))[0]; e.Seq > before {
		t.Errorf("an event that was there is stored again, at %d", e.Seq)
	}
	tags := ensured(t, s.Plants, 1, tag("n1", "e/s/l_1/m1", "spindle.speed"), tag("n9", "e/s/l_1/m2", "x"))
	if tags[0].No != 1 || tags[1].No != 3 {
		t.Errorf("tags have the numbers %d and %d; want 1 as before and 3 as new", tags[0].No, tags[1].No)
	}
	if _, err := s.Access.AppendAudit(ctx, access.Entry{Tenant: 1, At: day}, access.Chain); err != nil {
		t.Error(err)
	}
	if n, err := access.Verify(ctx, s.Access, 1); err != nil || n != len(awkward)+1 {
		t.Errorf("Verify = %d, %v; want the chain to go on to %d", n, err, len(awkward)+1)
	}
	if link, err := s.Access.TakeLink(ctx, "h1"); err != nil || link.User != "u" {
		t.Errorf("TakeLink = %+v, %v", link, err)
	}
}
