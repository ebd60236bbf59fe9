package access_test

import (
	"strings"
	"testing"
	"time"

	"zhigai/access"
)

// TestSealFactors: what an older program left in clear is sealed once and opens
// as before; new recovery codes void the old; another key keeps nobody's factor
// from being told of.
func TestSealFactors(t *testing.T) {
	h := newHouse(t)
	h.user(t, "wang", access.RoleOperator, "")
	by, secret, codes := h.enrolled(t, "wang")
	stored := func() access.Factor {
		t.Helper()
		f, err := h.store.Factor(t.Context(), 1, by.User)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if strings.Contains(stored().Secret, secret) {
		t.Fatal("the secret lies in clear")
	}
	clear := func(f *access.Factor) (*access.Factor, error) { f.Secret = secret; return f, nil }
	if err := h.store.ChangeFactor(t.Context(), 1, by.User, clear); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if n, err := h.SealFactors(t.Context()); err != nil || n != want {
			t.Errorf("SealFactors = %d, %v; want %d", n, err, want)
		}
	}
	if strings.Contains(stored().Secret, secret) {
		t.Error("the secret of an older program lies in clear")
	}
	h.clock.pass(time.Minute)
	_, err := h.RenewRecovery(t.Context(), by, "000000", access.Caller{})
	want(t, "new recovery codes for a wrong code", err, access.ErrUnauthorized)
	fresh, err := h.RenewRecovery(t.Context(), by, access.CodeOf(t, secret, h.clock.now()), access.Caller{})
	if err != nil || len(fresh) != 10 {
		t.Fatalf("RenewRecovery: %d codes, %v", len(fresh), err)
	}
	step := func(code string) error {
		_, err := h.SecondStep(t.Context(), h.ticket(t, "wang"), code, access.Caller{Address: "10.0.0.3"})
		return err
	}
	want(t, "an old recovery code", step(codes[0]), access.ErrUnauthorized)
	if err := step(fresh[0]); err != nil {
		t.Errorf("a new recovery code: %v", err)
	}
	_, err = h.RenewRecovery(t.Context(), h.admin, "000000", access.Caller{})
	want(t, "recovery codes without a second factor", err, access.ErrInvalid)

	other, err := access.New(h.store, delivered(t), vaultOf(t, 2), h.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.SealFactors(t.Context())
	want(t, "SealFactors with another key", err, access.ErrOtherKey)
	if f, err := other.FactorOf(t.Context(), by); err != nil || !f.On {
		t.Errorf("FactorOf with another key: %+v, %v", f, err)
	}
}
