package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"zhigai/access"
	"zhigai/access/oidc"
	"zhigai/data"
	"zhigai/record"
)

// newAccess keeps users, tokens and roles in the record, with the roles that
// come with the product.
func newAccess(db *record.DB, vault *access.Vault) (*access.Service, error) {
	raw, err := data.FS.ReadFile("roles.yaml")
	if err != nil {
		return nil, err
	}
	roles, err := access.ParseRoles(raw)
	if err != nil {
		return nil, err
	}
	return access.New(db.Access(), roles, vault, time.Now)
}

// secretsKey seals what the record keeps secret: of second factors, providers of
// sign-ins, devices and foreign brokers.
type secretsKey struct {
	Key  []byte    `json:"key"`
	Made time.Time `json:"made"`
}

// secretsName is the file of the key, in the node's folder or in the folder that
// replicas share.
const secretsName = "secrets.sealed"

func (p place) secretsFile() string {
	if p.secrets != "" {
		return filepath.Join(p.secrets, secretsName)
	}
	return filepath.Join(p.Data, "node", secretsName)
}

// vaultOf opens the node's vault and makes its key where there is none, unless
// the folder is only to be read.
func vaultOf(p place) (*access.Vault, error) {
	var key secretsKey
	name := p.secretsFile()
	err := readSealed(name, &key)
	switch {
	case err == nil:
		return access.NewVault(key.Key)
	case errors.Is(err, errSpoiled):
		return nil, fmt.Errorf("%w; mend it with zhigai repair", err)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case p.readOnly:
		return nil, nil
	}
	key = secretsKey{Key: make([]byte, access.VaultKeyBytes), Made: time.Now().UTC().Truncate(time.Second)}
	if _, err := rand.Read(key.Key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	if err := writeSealed(name, key); err != nil {
		return nil, err
	}
	return access.NewVault(key.Key)
}

// openAccess makes the parts that let people in. Secrets that an older program
// left in clear are sealed; those of another key keep their owners out until it
// is back, and the node runs.
func (n *node) openAccess(ctx context.Context, at place, log *slog.Logger) error {
	vault, err := vaultOf(at)
	if err != nil {
		return err
	}
	if n.access, err = newAccess(n.record, vault); err != nil {
		return err
	}
	n.secrets = n.rules.secrets(vault)
	n.plants, n.nodes = n.plants.Sealed(n.secrets), n.nodes.Sealed(vault)
	n.signOn = oidc.New(oidc.Options{Access: n.access, Vault: vault, Now: time.Now, Log: log})
	if at.readOnly {
		return nil
	}
	if err := n.sealStored(ctx); err != nil {
		return err
	}
	sealed, err := n.access.SealFactors(ctx)
	if sealed > 0 {
		log.Info("secrets of second factors are sealed from now on", "n", sealed)
	}
	if errors.Is(err, access.ErrOtherKey) {
		log.Error("second factors cannot be checked", "file", at.secretsFile(), "err", err)
		return nil
	}
	return err
}
