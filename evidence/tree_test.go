package evidence

import (
	"encoding/hex"
	"fmt"
	"testing"
)

// TestTree_CertificateTransparency has the leaves and roots that logs of RFC
// 6962 are tested with.
func TestTree_CertificateTransparency(t *testing.T) {
	var leaves []Hash
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	entries := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	for i, want := range roots {
		if got := root(leaves).String(); got != want {
			t.Errorf("root of %d leaves: %s, want %s", i, got, want)
		}
		if i < len(entries) {
			raw, err := hex.DecodeString(entries[i])
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leaf(raw))
		}
	}
}

func TestTree_EveryPathOfEverySize(t *testing.T) {
	var leaves []Hash
	checked := 0
	for n := 1; n <= 70; n++ {
		leaves = append(leaves, leaf(fmt.Append(nil, n)))
		top := root(leaves)
		for i := range leaves {
			up := path(leaves, i)
			if got, ok := climb(leaves[i], int64(i), int64(n), up); !ok || got != top {
				t.Fatalf("leaf %d of %d: %s, want %s", i, n, got, top)
			}
			for j := range n + 1 { // the same path at another place or in another tree
				if got, ok := climb(leaves[i], int64(j), int64(n), up); j != i && ok && got == top {
					t.Fatalf("leaf %d of %d passes as leaf %d", i, n, j)
				}
			}
			if _, ok := climb(leaves[i], int64(i), int64(n), append(up, top)); ok {
				t.Fatalf("leaf %d of %d: a longer path is taken", i, n)
			}
			if len(up) > 0 {
				if got, ok := climb(leaves[i], int64(i), int64(n), up[1:]); ok && got == top {
					t.Fatalf("leaf %d of %d: a shorter path is taken", i, n)
				}
			}
			checked++
		}
	}
	if checked != 70*71/2 {
		t.Errorf("%d paths", checked)
	}
}
