package access

import (
	"strings"
	"testing"
	"time"
)

// TestTOTP_VectorsOfTheRFC: RFC 6238, appendix B (SHA-1), and RFC 4226, appendix D.
func TestTOTP_VectorsOfTheRFC(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := hotp(secret, uint64(stepAt(time.Unix(at, 0))), 8); got != want {
			t.Errorf("code at %d: %s; want %s", at, got, want)
		}
	}
	for counter, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := hotp(secret, uint64(counter), 6); got != want {
			t.Errorf("code of counter %d: %s; want %s", counter, got, want)
		}
	}
}

// TestTOTP_OneStepOffAndNeverTwice: a code of the step before and after counts,
// of two steps off it does not, and none counts at or before the last used.
func TestTOTP_OneStepOffAndNeverTwice(t *testing.T) {
	secret := []byte("12345678901234567890")
	now := time.Unix(1_700_000_010, 0)
	for off, want := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		code := hotp(secret, uint64(stepAt(now)+off), totpDigits)
		step, ok := matchTOTP(secret, code, now, 0)
		if ok != want || ok && step != stepAt(now)+off {
			t.Errorf("a code %d steps off: step %d, %t; want %t", off, step-stepAt(now), ok, want)
		}
		if _, again := matchTOTP(secret, code, now, stepAt(now)+off); again {
			t.Errorf("a code %d steps off counts twice", off)
		}
	}
	for _, bad := range []string{"", "12345", "1234567", strings.Repeat("9", 200), "abcdef"} {
		if _, ok := matchTOTP(secret, bad, now, 0); ok {
			t.Errorf("%q is taken for a code", bad)
		}
	}
}

func TestTOTP_URI(t *testing.T) {
	want := "otpauth://totp/zhigai:%E7%8E%8B%20wang?issuer=zhigai&secret=GEZDGNBV"
	if got := totpURI("zhigai", "王 wang", "GEZDGNBV"); got != want {
		t.Errorf("URI %s; want %s", got, want)
	}
}
