package access_test

import (
	"errors"
	"strings"
	"testing"

	"zhigai/access"
)

// vault is one with a key that tests share.
func vault(t *testing.T) *access.Vault { return vaultOf(t, 1) }

func vaultOf(t *testing.T, first byte) *access.Vault {
	t.Helper()
	key := make([]byte, access.VaultKeyBytes)
	key[0] = first
	v, err := access.NewVault(key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVault(t *testing.T) {
	v := vault(t)
	a, err := v.Seal("factor/1/wang", "GEZDGNBV")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := v.Seal("factor/1/wang", "GEZDGNBV")
	if a == b || strings.Contains(a, "GEZDGNBV") {
		t.Errorf("sealed twice: %s and %s; want two texts that show nothing", a, b)
	}
	if got, err := v.Open("factor/1/wang", a); err != nil || got != "GEZDGNBV" {
		t.Errorf("opened: %q, %v", got, err)
	}
	if got, err := v.Open("factor/1/wang", "GEZDGNBV"); err != nil || got != "GEZDGNBV" {
		t.Errorf("what an older program left in clear: %q, %v", got, err)
	}
	if _, err := v.Open("factor/1/li", a); err == nil {
		t.Error("a secret opens in another's place")
	}
	if _, err := v.Open("factor/1/wang", a[:len(a)-2]+"AA"); err == nil {
		t.Error("a secret that was changed opens")
	}
	for _, bad := range []string{"zgk1.", "zgk1", "zgk1." + strings.Split(a, ".")[1], "zgk1." + strings.Split(a, ".")[1] + ".??"} {
		if got, err := v.Open("factor/1/wang", bad); err == nil && got != bad {
			t.Errorf("%q opens as %q", bad, got)
		}
	}
	if _, err := vaultOf(t, 2).Open("factor/1/wang", a); !errors.Is(err, access.ErrOtherKey) {
		t.Errorf("with another key: %v", err)
	}
	var none *access.Vault
	if _, err := none.Seal("x", "y"); err == nil {
		t.Error("sealed without a key")
	}
	if _, err := none.Open("factor/1/wang", a); !errors.Is(err, access.ErrOtherKey) {
		t.Errorf("opened without a key: %v", err)
	}
	if _, err := access.NewVault(make([]byte, 16)); err == nil {
		t.Error("a key of 16 bytes is taken")
	}
}
