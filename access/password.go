package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id for new passwords: the second recommendation of the
// OWASP password storage cheat sheet (19 MiB, 2 passes, 1 lane). RFC 9106's
// 64 MiB on 4 lanes is for servers that do little else; a plant node has two
// cores and collects from machines while people sign in.
const (
	argonMemoryKiB = 19 * 1024
	argonPasses    = 2
	argonLanes     = 1
	argonKeyBytes  = 32
	argonSaltBytes = 16
)

// Bounds of a stored hash: a row that somebody changed must not make a
// sign-in take the machine's memory.
const (
	maxArgonMemoryKiB = 256 * 1024
	maxArgonPasses    = 16
)

const (
	// minPassword is above the 8 that NIST SP 800-63B 5.1.1.2 asks for: guesses
	// go on for as long as the account is there, and nobody is made to change it.
	minPassword = 10
	maxPassword = 256 // bytes; longer ones cost work and add nothing
)

var errHash = errors.New("access: stored password hash cannot be read")

// hashPassword gives a PHC string: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func hashPassword(password string) (string, error) {
	salt := make([]byte, argonSaltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("access: random salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonPasses, argonMemoryKiB, argonLanes, argonKeyBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemoryKiB, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// weaker reports whether a stored hash was made with less work than new ones
// are.
func weaker(phc string) bool {
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=%d$", &version, &memory, &passes, &lanes); err != nil {
		return false // not readable: nobody gets in by it
	}
	return memory < argonMemoryKiB || passes < argonPasses
}

// checkHash reports whether the password belongs to the PHC string.
func checkHash(phc, password string) (bool, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return false, errHash
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return false, errHash
	}
	if memory == 0 || memory > maxArgonMemoryKiB || passes == 0 || passes > maxArgonPasses || lanes == 0 {
		return false, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || len(salt) < 8 || len(salt) > 64 {
		return false, errHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 64 {
		return false, errHash
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// checkNewPassword says what a password must be.
func checkNewPassword(name, password string) error {
	switch {
	case len([]rune(password)) < minPassword:
		return fmt.Errorf("%w: a password has at least %d characters", ErrInvalid, minPassword)
	case len(password) > maxPassword:
		return fmt.Errorf("%w: a password has at most %d bytes", ErrInvalid, maxPassword)
	case strings.EqualFold(password, name):
		return fmt.Errorf("%w: the password must not be the name", ErrInvalid)
	case plain(password):
		return fmt.Errorf("%w: the password is one letter or a row of neighbours, which is guessed first; choose another", ErrInvalid)
	case common(password):
		return fmt.Errorf("%w: the password is among the commonest, which are guessed first; choose another", ErrInvalid)
	}
	return nil
}
