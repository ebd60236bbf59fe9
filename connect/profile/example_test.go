package profile_test

import (
	"regexp"
	"testing"

	"zhigai/connect/profile"
)

// What stands in for a device says what its rules look for.
func TestIdentify_Example(t *testing.T) {
	f := func(match, as, serial, want string) {
		t.Helper()
		got := profile.Identify{Match: match, As: as}.Example(serial)
		if got != want || !regexp.MustCompile(match).MatchString(got) {
			t.Errorf("%s: %q; want %q", match, got, want)
		}
	}
	f("^SDM630", "", "", "SDM630")
	f(`^(DTSU|DTS)666[- ]?H?$`, "product", "", "DTSU666")
	f(`^\d{8}$`, "serial", "20260001", "20260001")
	f(`^\d{8}$`, "serial", "A1", "00000000")
	f(`^[3-9]\.[0-9]+$`, "version", "", "3.0")
	f(`^.{2}x+$`, "", "", "00x")
	f(`^2$`, "", "", "2")
	f(`a*`, "", "", "")
}
