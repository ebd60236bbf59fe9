package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// VaultKeyBytes is the length of a node's key of secrets: AES-256.
const VaultKeyBytes = 32

// Vault keeps secrets from who reads the record without the node's key: a dump
// of the database, a disk that was sold. It keeps them from nobody who has the
// node's folder, too.
type Vault struct {
	id   string // tells keys apart and does not help to guess one
	aead cipher.AEAD
}

// ErrOtherKey is a secret that was sealed with another key than the node's.
var ErrOtherKey = errors.New("access: the secret was sealed with another key; put the file of the key back, from a snapshot or from another replica")

// NewVault makes a vault of a key of [VaultKeyBytes].
func NewVault(key []byte) (*Vault, error) {
	if len(key) != VaultKeyBytes {
		return nil, fmt.Errorf("access: key of secrets: %d bytes; want %d", len(key), VaultKeyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("access: key of secrets: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("access: key of secrets: %w", err)
	}
	sum := sha256.Sum256(append([]byte("zhigai key of secrets\n"), key...))
	return &Vault{id: hex.EncodeToString(sum[:4]), aead: aead}, nil
}

// SealedPrefix begins every sealed secret.
const SealedPrefix = "zgk1."

// IsSealed tells a sealed secret from one of an older program, in clear.
func IsSealed(secret string) bool { return strings.HasPrefix(secret, SealedPrefix) }

// Seal is the secret as it may be stored. of names what it is a secret of: it
// opens under that name alone, so that no row can be put in another's place.
func (v *Vault) Seal(of, secret string) (string, error) {
	if v == nil {
		return "", errors.New("access: there is no key to seal secrets with")
	}
	nonce := make([]byte, v.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("access: seal: %w", err)
	}
	raw := v.aead.Seal(nonce, nonce, []byte(secret), []byte(of))
	return SealedPrefix + v.id + "." + base64.RawURLEncoding.EncodeToString(raw), nil
}

// Open gives back what [Vault.Seal] sealed for of, and what is stored in clear
// as it is.
func (v *Vault) Open(of, stored string) (string, error) {
	if !IsSealed(stored) {
		return stored, nil
	}
	id, text, _ := strings.Cut(strings.TrimPrefix(stored, SealedPrefix), ".")
	if v == nil || id != v.id {
		return "", ErrOtherKey
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < v.aead.NonceSize() {
		return "", errors.New("access: open: not a sealed secret")
	}
	n := v.aead.NonceSize()
	plain, err := v.aead.Open(nil, raw[:n], raw[n:], []byte(of))
	if err != nil {
		return "", errors.New("access: open: the secret was changed, or is another's")
	}
	return string(plain), nil
}
