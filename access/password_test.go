package access

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPassword_Hash(t *testing.T) {
	one, err := hashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	two, err := hashPassword("correct horse")
	if err != nil || one == two {
		t.Errorf("two hashes of one password are the same: %s, %v", one, err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsE": false, "": false} {
		if got, err := checkHash(one, password); err != nil || got != want {
			t.Errorf("checkHash(%q) = %v, %v; want %v", password, got, err, want)
		}
	}
	// Made with the reference implementation's parameters of another program.
	other := "$argon2id$v=19$m=64,t=1,p=1$" + "c29tZXNhbHQ" + "$" + strings.Repeat("A", 43)
	if ok, err := checkHash(other, "x"); ok || err != nil {
		t.Errorf("checkHash of other parameters = %v, %v; want false", ok, err)
	}
}

func TestPassword_DamagedHash(t *testing.T) {
	good, err := hashPassword("x")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "plain", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=19456", "m=4000000000", 1), strings.Replace(good, "m=19456", "m=0", 1), strings.Replace(good, "t=2", "t=99999", 1),
		strings.Replace(good, "p=1", "p=0", 1), good[:len(good)-30], good + "$", strings.Replace(good, "$m=", "$m=x", 1), good[:30] + "!" + good[31:],
	} {
		if ok, err := checkHash(bad, "x"); ok || !errors.Is(err, errHash) {
			t.Errorf("checkHash(%s) = %v, %v; want errHash", bad, ok, err)
		}
	}
}

func TestLockout_IsBounded(t *testing.T) {
	l := lockout{keys: map[string]*failures{}}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for range freeFailures {
		_, _ = l.begin("target", "o", now) // the last one closes the door
	}
	for i := range maxFailureKeys {
		now = now.Add(time.Millisecond)
		if _, err := l.begin(strings.Repeat("x", i%50)+string(rune(0x4e00+i%20000)), strings.Repeat("y", 5000), now); err != nil && !errors.Is(err, ErrLocked) {
			t.Fatal(err)
		}
	}
	if len(l.keys) > maxFailureKeys {
		t.Errorf("%d names are remembered; want at most %d", len(l.keys), maxFailureKeys)
	}
	if f := l.keys["target\x00o"]; f == nil || f.until.IsZero() {
		t.Error("a flood of names opened a locked door")
	}
	for k := range l.keys {
		if len(k) > 300 {
			t.Fatalf("a key of %d bytes is remembered", len(k))
		}
	}
	if delay := longestWait(&l, now); delay != longestDelay {
		t.Errorf("longest wait = %v; want %v", delay, longestDelay)
	}
}

func longestWait(l *lockout, now time.Time) time.Duration {
	var until time.Time
	for range 40 {
		if _, err := l.begin("wang", "o", now); err != nil {
			var locked *LockedError
			if errors.As(err, &locked) {
				until = locked.Until
				now = until
			}
		}
	}
	f := l.keys["wang\x00o"]
	return f.until.Sub(f.last)
}
