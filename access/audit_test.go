package access_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// forged shows the audit as somebody who can write to the file left it.
type forged struct {
	access.AuditStore
	forge func([]access.Entry) []access.Entry
}

func (f forged) Audit(ctx context.Context, tenant plant.TenantNo, after uint64, limit int) ([]access.Entry, error) {
	all, err := f.AuditStore.Audit(ctx, tenant, 0, 0)
	if err != nil {
		return nil, err
	}
	var out []access.Entry
	for _, e := range f.forge(all) {
		if e.Seq > after && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func TestVerify_EveryFieldCounts(t *testing.T) {
	h := newHouse(t)
	for i := range 6 {
		if err := h.Record(t.Context(), h.admin, "equipment.update", fmt.Sprint("m", i), map[string]int{"n": i}, map[string]int{"n": i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := access.Verify(t.Context(), h.store, 1)
	if err != nil || whole < 7 {
		t.Fatalf("Verify = %d, %v; want the six and what came before", whole, err)
	}
	const third = 2 // index of the entry that is forged
	flip := func(change func(e *access.Entry)) func([]access.Entry) []access.Entry {
		return func(all []access.Entry) []access.Entry { change(&all[third]); return all }
	}
	for name, c := range map[string]struct {
		forge func([]access.Entry) []access.Entry
		seq   uint64
	}{
		"time":       {flip(func(e *access.Entry) { e.At = e.At.Add(time.Microsecond) }), 3},
		"tenant":     {flip(func(e *access.Entry) { e.Tenant = 2 }), 3},
		"who":        {flip(func(e *access.Entry) { e.Who += "x" }), 3},
		"action":     {flip(func(e *access.Entry) { e.Action = strings.ToUpper(e.Action) }), 3},
		"object":     {flip(func(e *access.Entry) { e.Object = "" }), 3},
		"before":     {flip(func(e *access.Entry) { e.Before += " " }), 3},
		"after":      {flip(func(e *access.Entry) { e.After = e.After[:len(e.After)-1] }), 3},
		"slid over":  {flip(func(e *access.Entry) { e.Action, e.Object = e.Action+e.Object[:1], e.Object[1:] }), 3},
		"prev":       {flip(func(e *access.Entry) { e.Prev = strings.Repeat("0", 64) }), 3},
		"hash":       {flip(func(e *access.Entry) { e.Hash = strings.Repeat("0", 64) }), 3},
		"number":     {flip(func(e *access.Entry) { e.Seq = 300 }), 3},
		"taken out":  {func(all []access.Entry) []access.Entry { return append(all[:third:third], all[third+1:]...) }, 3},
		"first gone": {func(all []access.Entry) []access.Entry { return all[1:] }, 1},
		"put in twice": {func(all []access.Entry) []access.Entry {
			return append(all[:third+1:third+1], all[third:]...)
		}, 4},
		"recalculated": {flip(func(e *access.Entry) { // with a hash that fits, the next entry gives it away
			prev := access.Entry{Seq: e.Seq - 1, Hash: e.Prev}
			e.Who = "somebody else"
			*e = access.Chain(prev, *e)
		}), 4},
	} {
		n, err := access.Verify(t.Context(), forged{h.store, c.forge}, 1)
		var broken *access.BrokenError
		if !errors.As(err, &broken) || broken.Seq != c.seq || n != int(c.seq)-1 {
			t.Errorf("%s: Verify = %d, %v; want it broken at entry %d", name, n, err, c.seq)
		}
	}
	head, err := access.Head(t.Context(), h.store, 1)
	if err != nil || head.Seq != uint64(whole) {
		t.Errorf("Head = %+v, %v; want entry %d", head, err, whole)
	}
	noted := fmt.Sprintf("%d:%s", head.Seq, head.Hash)
	if err := access.CheckHead(t.Context(), h.store, 1, noted); err != nil {
		t.Errorf("CheckHead of the whole audit: %v", err)
	}
	for name, store := range map[string]access.AuditStore{
		"cut off": forged{h.store, func(all []access.Entry) []access.Entry { return nil }},
		"written anew": forged{h.store, func(all []access.Entry) []access.Entry {
			for i := range all {
				all[i].Hash = strings.Repeat("0", 64)
			}
			return all
		}},
	} {
		var broken *access.BrokenError
		if err := access.CheckHead(t.Context(), store, 1, noted); !errors.As(err, &broken) || broken.Seq != head.Seq {
			t.Errorf("%s: CheckHead = %v; want it broken at entry %d", name, err, head.Seq)
		}
	}
	for _, bad := range []string{"", "1", "x:" + head.Hash, "0:" + head.Hash, "1:abc"} {
		want(t, "head "+bad, access.CheckHead(t.Context(), h.store, 1, bad), access.ErrInvalid)
	}
	cut := forged{h.store, func(all []access.Entry) []access.Entry { return all[:third] }}
	if short, err := access.Head(t.Context(), cut, 1); err != nil || short.Hash == head.Hash {
		t.Errorf("Head of a cut audit = %+v, %v; want it to differ from the noted one", short, err)
	}
}

func TestRecord_AwkwardValues(t *testing.T) {
	h := newHouse(t)
	by := access.Principal{User: "u\x00\xff", Name: strings.Repeat("长", 500), Scope: access.Scope{Tenant: 1}}
	for _, v := range []any{nil, "a\x00\xffb", []byte{0, 1, 2}, strings.Repeat("x", 1<<20), map[string]any{"'": "?"}} {
		if err := h.Record(t.Context(), by, "a\x00", "o'?\xf0", v, v); err != nil {
			t.Errorf("Record(%.20q): %v", fmt.Sprint(v), err)
		}
	}
	if err := h.Record(t.Context(), by, "a", "o", func() {}, nil); err == nil {
		t.Error("Record of what is no JSON: no error")
	}
	if _, err := access.Verify(t.Context(), h.store, 1); err != nil {
		t.Errorf("Verify: %v", err)
	}
	last, err := access.Head(t.Context(), h.store, 1)
	if err != nil || len(last.Who) > 400 {
		t.Errorf("Head = %+v, %v", last, err)
	}
}

func TestChanges_AreAudited(t *testing.T) {
	h := newHouse(t)
	u := h.user(t, "wang", access.RoleViewer, "")
	s := h.signIn(t, "wang")
	off := true
	_, _, e1 := h.CreateLink(t.Context(), h.admin, u.ID)
	e2 := h.SetPassword(t.Context(), h.admin, u.ID, "new password")
	_, e3 := h.UpdateUser(t.Context(), h.admin, u.ID, 2, access.Change{Off: &off})
	tok, _, e4 := h.CreateToken(t.Context(), h.admin, access.NewToken{Name: "x", Role: access.RoleViewer})
	e5 := h.RevokeToken(t.Context(), h.admin, tok.ID)
	if err := errors.Join(e1, e2, e3, e4, e5); err != nil {
		t.Fatal(err)
	}
	all, err := h.store.Audit(t.Context(), 1, 0, 0)
	var actions []string
	for _, e := range all {
		actions = append(actions, e.Action)
		for _, secret := range []string{password, "argon2", s.Secret} {
			if strings.Contains(e.Before+e.After, secret) {
				t.Errorf("entry %d shows a secret: %+v", e.Seq, e)
			}
		}
	}
	want := "user.create user.create session.open link.create user.password user.update token.create token.revoke"
	if got := strings.Join(actions, " "); err != nil || got != want {
		t.Errorf("actions = %s, %v; want %s", got, err, want)
	}
}
