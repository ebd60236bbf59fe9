package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

// metered is a meter of one firm with limits.
func metered(t *testing.T, l tenant.Limits, bytes uint64) (*meter, map[plant.TenantNo]tenant.Usage) {
	saved := map[plant.TenantNo]tenant.Usage{}
	return &meter{
		now: time.Now, each: map[plant.TenantNo]*gauged{},
		limits: func(_ context.Context, no plant.TenantNo) (tenant.Limits, bool) { return l, no == 2 },
		bytes:  func(plant.TenantNo) (uint64, error) { return bytes, nil },
		save: func(_ context.Context, no plant.TenantNo, u tenant.Usage) error {
			was := saved[no]
			saved[no] = tenant.Usage{Samples: was.Samples + u.Samples, Bytes: was.Bytes + u.Bytes, Requests: was.Requests + u.Requests, Refused: was.Refused + u.Refused}
			return nil
		},
		failed: func(err error) { t.Error(err) },
	}, saved
}

func batchOf(n int) plant.Batch { return plant.Batch{Samples: make([]plant.Sample, n)} }

// A firm beyond its rate is slowed, and refused with the reason when it floods;
// the operator and other firms are neither.
func TestMeter_Rate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, saved := metered(t, tenant.Limits{Samples: 100}, 0)
		start := time.Now()
		must(t, m.take(t.Context(), 2, batchOf(1200))) // what a gateway kept, and 200 owed
		if took := time.Since(start); took != 0 {
			t.Errorf("a burst waited for %s", took)
		}
		must(t, m.take(t.Context(), 2, batchOf(100)))
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("the next waited for %s; want 2s, until nothing is owed", took)
		}
		must(t, m.take(t.Context(), 2, batchOf(1000)))
		err := m.take(t.Context(), 2, batchOf(7))
		if !errors.Is(err, connect.ErrNotAccepted) || !strings.Contains(err.Error(), "100 samples a second") {
			t.Errorf("a flood: %v", err)
		}
		before := time.Now()
		must(t, m.take(t.Context(), homeTenant, batchOf(1_000_000)))
		if took := time.Since(before); took != 0 {
			t.Errorf("the operator waited for %s", took)
		}
		if err := m.take(t.Context(), 3, batchOf(1)); !errors.Is(err, connect.ErrNotAccepted) {
			t.Errorf("a firm that is not served: %v", err)
		}
		m.request(2)
		m.flush(t.Context())
		if u := saved[2]; u != (tenant.Usage{Samples: 2300, Bytes: 2300 * sampleSize, Requests: 1, Refused: 7}) {
			t.Errorf("counted %+v", u)
		}
	})
}

func TestMeter_Storage(t *testing.T) {
	m, _ := metered(t, tenant.Limits{Samples: 100, Bytes: 5 << 20}, 6<<20)
	must(t, m.take(t.Context(), 2, batchOf(1)))
	m.look(t.Context())
	if err := m.take(t.Context(), 2, batchOf(1)); !errors.Is(err, connect.ErrNotAccepted) || !strings.Contains(err.Error(), "take 6 MB") {
		t.Errorf("a full firm: %v", err)
	}
	must(t, m.take(t.Context(), homeTenant, batchOf(1)))
}

// TestFirmsOf reads the list of firms that the command takes.
func TestFirmsOf(t *testing.T) {
	got, err := firmsOf("firms.csv", strings.NewReader("\uFEFFid,name,code,line\nxinda,信达,91350200776049653A,two\nhongfa,宏发,,\n"), map[string]string{"site": "west", "line": "one"})
	must(t, err)
	if len(got) != 2 || got[0].ID != "xinda" || got[0].Name.ZH != "信达" || got[0].Code != "91350200776049653A" || got[0].Set["line"] != "two" || got[0].Set["site"] != "west" || got[1].Set["line"] != "" {
		t.Errorf("firms %+v", got)
	}
	for text, want := range map[string]string{"id,code\nx,y\n": "there must be id and name", "id,name,id\n": "each once", "id,name\nx\n": "wrong number of fields", "": "EOF"} {
		if _, err := firmsOf("firms.csv", strings.NewReader(text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}
