package component

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Publisher is somebody whose signature under a module is believed.
type Publisher struct {
	ID      string   `json:"id,omitempty" readOnly:"true"`
	Rev     int64    `json:"rev,omitempty" readOnly:"true"`
	Name    string   `json:"name" minLength:"1" maxLength:"100"`
	Key     string   `json:"key" minLength:"1" maxLength:"400" doc:"Ed25519 public key: PEM, or its 32 bytes in base64; shown in base64"`
	Allowed Allowed  `json:"allowed,omitzero" readOnly:"true"`
	Revoked *Allowed `json:"revoked,omitempty" readOnly:"true"`
}

// Allowed is who allowed or revoked a key.
type Allowed struct {
	By   string        `json:"by"`
	At   plant.Instant `json:"at"`
	Note string        `json:"note,omitempty"`
}

// maxPublishers bounds the keys of a tenant, revoked ones included.
const maxPublishers = 500

// ParseKey reads an Ed25519 public key: PEM as openssl writes it, or 32 bytes in base64.
func ParseKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		if strings.Contains(block.Type, "PRIVATE") {
			return nil, invalid("key: this is a private key; it stays with the publisher, and counts as lost now. Write the public one (openssl pkey -in KEY -pubout)")
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if own, ok := key.(ed25519.PublicKey); err == nil && ok {
			return own, nil
		}
		return nil, invalid("key: a PEM block %s that holds no Ed25519 public key; make one with openssl genpkey -algorithm ed25519", block.Type)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, invalid("key: neither PEM nor %d bytes in base64", ed25519.PublicKeySize)
	}
	return raw, nil
}

// Publishers lists them, the newest first.
func (d *Desk) Publishers(ctx context.Context, tenant plant.TenantNo) ([]Publisher, error) {
	return document.ReadAll[Publisher](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindPublisher, Limit: maxPublishers}))
}

// Allow believes a publisher's signatures from now on; an administrator's.
func (d *Desk) Allow(ctx context.Context, who access.Principal, p Publisher) (Publisher, error) {
	if !who.May(access.Administer, "") {
		return Publisher{}, fmt.Errorf("%w: keys of publishers", access.ErrForbidden)
	}
	key, err := ParseKey(p.Key)
	if err != nil {
		return Publisher{}, err
	}
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" {
		return Publisher{}, invalid("name: say whose key it is")
	}
	p.Key = base64.StdEncoding.EncodeToString(key)
	all, err := d.Publishers(ctx, who.Scope.Tenant)
	if err != nil {
		return Publisher{}, err
	}
	if i := slices.IndexFunc(all, func(o Publisher) bool { return o.Key == p.Key }); i >= 0 {
		if all[i].Revoked != nil {
			return Publisher{}, conflict("this key was revoked (%s); a key that was revoked is never believed again: let %s make a new one", all[i].Revoked.Note, p.Name)
		}
		return Publisher{}, conflict("this key is that of %s already", all[i].Name)
	}
	if len(all) >= maxPublishers {
		return Publisher{}, invalid("%d keys are kept at most", maxPublishers)
	}
	p.ID, p.Revoked, p.Allowed = d.o.NewID(), nil, Allowed{By: who.Name, At: d.now()}
	return d.keepPublisher(ctx, who.Scope.Tenant, p, 0)
}

// Revoke believes a key no more, and stops what bears its signature.
func (d *Desk) Revoke(ctx context.Context, who access.Principal, id, why string) (Publisher, error) {
	if !who.May(access.Administer, "") {
		return Publisher{}, fmt.Errorf("%w: keys of publishers", access.ErrForbidden)
	}
	if why = strings.TrimSpace(why); why == "" || len(why) > maxNote {
		return Publisher{}, invalid("note: say in 1 to %d bytes why the key is revoked", maxNote)
	}
	tenant := who.Scope.Tenant
	p, err := d.publisher(ctx, tenant, id)
	if err != nil {
		return Publisher{}, err
	}
	if p.Revoked != nil {
		return Publisher{}, conflict("the key of %s was revoked already", p.Name)
	}
	p.Revoked = &Allowed{By: who.Name, At: d.now(), Note: why}
	if p, err = d.keepPublisher(ctx, tenant, p, p.Rev); err != nil {
		return Publisher{}, err
	}
	all, err := d.inUse(ctx, tenant)
	for _, c := range all {
		if c.State == Active && c.Publisher == id {
			err = errors.Join(err, d.suspend(ctx, tenant, c.ID, because("the key of its publisher %s was revoked: %s", p.Name, why)))
		}
	}
	return p, err
}

func (d *Desk) keepPublisher(ctx context.Context, tenant plant.TenantNo, p Publisher, seen int64) (Publisher, error) {
	p.Rev = seen + 1
	return p, document.Save(ctx, d.o.Store, tenant, Document{Kind: KindPublisher, ID: p.ID, Open: p.Revoked == nil, By: p.Allowed.By}, p, seen, d.now())
}

func (d *Desk) publisher(ctx context.Context, tenant plant.TenantNo, id string) (Publisher, error) {
	return document.Read[Publisher](d.o.Store.Document(ctx, tenant, KindPublisher, id))
}

// signed refuses a module that bears no signature of somebody who is believed, and gives
// the publisher's name.
func (d *Desk) signed(ctx context.Context, tenant plant.TenantNo, def Definition, raw []byte) (string, error) {
	if def.Publisher == "" {
		return "", invalid("publisher: say whose signature the module bears; an administrator allows their key first")
	}
	p, err := d.publisher(ctx, tenant, def.Publisher)
	if errors.Is(err, access.ErrNotFound) {
		return "", invalid("publisher: there is no %s here; choose one of the list", def.Publisher)
	}
	if err != nil {
		return "", err
	}
	if p.Revoked != nil {
		return "", invalid("publisher: the key of %s was revoked: %s", p.Name, p.Revoked.Note)
	}
	key, err := ParseKey(p.Key)
	if err != nil {
		return "", err
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(def.Signature))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return "", invalid("signature: %d bytes of Ed25519 in base64 are needed: zhigai component sign, or openssl pkeyutl -sign -rawin", ed25519.SignatureSize)
	}
	if !ed25519.Verify(key, raw, signature) {
		return "", invalid("signature: it is not that of %s under these bytes: the module is another one than was signed, or the key is", p.Name)
	}
	return p.Name, nil
}
