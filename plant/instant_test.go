package plant

import (
	"encoding/json"
	"testing"
	"time"
)

func TestInstant_IsWrittenAsRFC3339(t *testing.T) {
	at := InstantOf(time.Date(2026, 5, 1, 8, 0, 0, 123_456_789, time.FixedZone("", 8*3600)))
	raw, err := json.Marshal(struct {
		At   Instant `json:"at"`
		None Instant `json:"none,omitempty"`
	}{At: at})
	if want := `{"at":"2026-05-01T00:00:00.123456Z"}`; err != nil || string(raw) != want {
		t.Errorf("written as %s, %v; want %s", raw, err, want)
	}
	var back struct {
		At Instant `json:"at"`
	}
	if err := json.Unmarshal([]byte(`{"at":"2026-05-01T08:00:00.123456+08:00"}`), &back); err != nil || back.At != at {
		t.Errorf("read back as %d, %v; want %d", back.At, err, at)
	}
	for _, wrong := range []string{`{"at":"2026-05-01"}`, `{"at":1}`, `{"at":""}`} {
		if err := json.Unmarshal([]byte(wrong), &back); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
}
