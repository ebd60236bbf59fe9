package access

import (
	"testing"
	"time"
)

// CodeOf is what an authenticator shows.
func CodeOf(t *testing.T, secret string, now time.Time) string {
	t.Helper()
	raw, err := base32Plain.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return hotp(raw, uint64(stepAt(now)), totpDigits)
}
