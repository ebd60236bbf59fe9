package nats

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/nats-io/nkeys"

	"zhigai/link"
)

// Key is a node's own key: who holds it is the node.
type Key struct {
	pair nkeys.KeyPair
	id   link.NodeID
}

// ID is the public half.
func (k *Key) ID() link.NodeID { return k.id }

// OpenKey reads the key file; without one it makes a key and writes it, for
// the owner's eyes only.
func OpenKey(file string) (*Key, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	if err := private(file); err != nil {
		return nil, err
	}
	pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(string(raw))))
	if err != nil {
		return nil, fmt.Errorf("node key %s: %w; it is one line that begins with SU", file, err)
	}
	return keyOf(file, pair)
}

func makeKey(file string) (*Key, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return nil, err
	}
	seed, err := pair.Seed()
	if err != nil {
		return nil, err
	}
	if err := writeOnce(file, append(seed, '\n')); err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	return keyOf(file, pair)
}

func keyOf(file string, pair nkeys.KeyPair) (*Key, error) {
	id, err := pair.PublicKey()
	if err != nil || !nkeys.IsValidPublicUserKey(id) {
		return nil, fmt.Errorf("node key %s is not of the user kind (SU…)", file)
	}
	return &Key{pair: pair, id: link.NodeID(id)}, nil
}

// private refuses a key that others on the machine can read.
func private(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("node key %s can be read by others (mode %04o); run: chmod 600 %s", file, info.Mode().Perm(), file)
	}
	return nil
}

// writeOnce writes a new file durably; it never overwrites one.
func writeOnce(file string, content []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// instance is the file that tells one copy of a node from another.
type instance struct {
	ID      string `json:"instance"`
	Machine string `json:"machine"` // hash of the machine's id and the folder's path
}

// OpenInstance gives the id of this data folder on this machine, made on first
// use. It lies in the data folder and not in the key's file: a key copied to
// another machine comes without it, and a folder copied there gets a new one,
// because machine (see [Machine]) differs. A folder copied on the same machine
// differs by its path.
func OpenInstance(dir, machine string) (string, error) {
	place, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("link instance: %w", err)
	}
	sum := sha256.Sum256([]byte("zhigai link instance\x00" + machine + "\x00" + place))
	want := instance{ID: rand.Text(), Machine: hex.EncodeToString(sum[:8])}
	file := filepath.Join(dir, "link-instance.json")
	raw, err := os.ReadFile(file)
	if err == nil {
		var have instance
		if json.Unmarshal(raw, &have) == nil && have.ID != "" && have.Machine == want.Machine {
			return have.ID, nil
		}
		// Damaged or from elsewhere: it is another copy now.
		if err := os.Remove(file); err != nil {
			return "", fmt.Errorf("link instance: %w", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("link instance: %w", err)
	}
	if raw, err = json.Marshal(want); err != nil {
		return "", err
	}
	if err := writeOnce(file, raw); err != nil {
		return "", fmt.Errorf("link instance: %w", err)
	}
	return want.ID, nil
}

// Machine is what tells this machine from others, "" when the system has no
// such id: then copies of a whole data folder are not told apart until both
// are live.
func Machine() string {
	for _, file := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if raw, err := os.ReadFile(file); err == nil && len(raw) > 0 {
			return strings.TrimSpace(string(raw))
		}
	}
	return ""
}
