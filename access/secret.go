package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Prefixes tell what a secret opens, so that one that leaks is recognised and
// one of the wrong kind is refused without a look into the store.
const (
	sessionPrefix = "zgs_"
	tokenPrefix   = "zgt_"
	linkPrefix    = "zgl_"
	ticketPrefix  = "zgp_" // between the two steps of a sign-in
)

const secretBytes = 32 // 256 bits: beyond guessing, so that a plain SHA-256 is enough to store

func newSecret(prefix string) (string, error) {
	raw := make([]byte, secretBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("access: random secret: %w", err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(raw), nil
}

// hashSecret is what is stored of a secret.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func isSecret(secret, prefix string) bool {
	return strings.HasPrefix(secret, prefix) && len(secret) == len(prefix)+base64.RawURLEncoding.EncodedLen(secretBytes)
}
