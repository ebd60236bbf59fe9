package link

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"zhigai/plant"
)

const (
	// FingerprintBytes of the SHA-256 of a certificate's public key: against a
	// second key with the same fingerprint 128 bits are enough, and the code
	// stays short enough to be typed.
	FingerprintBytes = 16
	secretBytes      = 16
	codeForm         = 1 // first byte
	// MaxCodeTTL bounds how long a code can be used.
	MaxCodeTTL = 30 * 24 * time.Hour
	maxName    = 100
	maxHost    = 255
)

var codeLetters = base32.StdEncoding.WithPadding(base32.NoPadding)

// Invitation is what an enrolment code says.
type Invitation struct {
	Secret      [secretBytes]byte
	Fingerprint [FingerprintBytes]byte // of the hub's certificate
}

// String writes the code as people copy it: groups of letters and digits, with
// a checksum against slips.
func (i Invitation) String() string {
	raw := append([]byte{codeForm}, i.Secret[:]...)
	raw = append(raw, i.Fingerprint[:]...)
	raw = binary.BigEndian.AppendUint16(raw, codeSum(raw))
	letters := codeLetters.EncodeToString(raw)
	var out strings.Builder
	for n := 0; n < len(letters); n += 8 {
		if n > 0 {
			out.WriteByte('-')
		}
		out.WriteString(letters[n:min(n+8, len(letters))])
	}
	return out.String()
}

func codeSum(raw []byte) uint16 { return uint16(crc32.Checksum(raw, castagnoli)) }

// ErrCodeForm means that what was typed is no code: a slip, not a wrong code.
var ErrCodeForm = errors.New("link: not an enrolment code; copy it again")

// ParseCode reads what String writes, in any case and grouping.
func ParseCode(s string) (Invitation, error) {
	s = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, s))
	raw, err := codeLetters.DecodeString(s)
	if err != nil || len(raw) != 1+secretBytes+FingerprintBytes+2 {
		return Invitation{}, fmt.Errorf("%w: %d letters", ErrCodeForm, len(s))
	}
	end := len(raw) - 2
	if binary.BigEndian.Uint16(raw[end:]) != codeSum(raw[:end]) {
		return Invitation{}, fmt.Errorf("%w: its checksum is wrong", ErrCodeForm)
	}
	if raw[0] != codeForm {
		return Invitation{}, fmt.Errorf("%w: form %d; upgrade this program", ErrCodeForm, raw[0])
	}
	return Invitation{Secret: [secretBytes]byte(raw[1:]), Fingerprint: [FingerprintBytes]byte(raw[1+secretBytes:])}, nil
}

// MakeCode makes a one-time code for a node of the name; only its hash is kept.
func (p *Parent) MakeCode(ctx context.Context, name string, tenant plant.TenantNo, ttl time.Duration, by string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName {
		return "", fmt.Errorf("%w: the name of a node has 1 to %d bytes, this one %d", ErrRefused, maxName, len(name))
	}
	if ttl <= 0 || ttl > MaxCodeTTL {
		return "", fmt.Errorf("%w: a code is good for up to %s, not %s", ErrRefused, MaxCodeTTL, ttl)
	}
	i := Invitation{Fingerprint: p.o.Fingerprint}
	if _, err := rand.Read(i.Secret[:]); err != nil {
		return "", err
	}
	now := p.o.Now()
	err := p.o.Registry.AddCode(ctx, Code{
		Hash: sha256.Sum256(i.Secret[:]), Name: name, Tenant: tenant, Made: plant.MicrosOf(now), Expires: plant.MicrosOf(now.Add(ttl)), By: by,
	})
	if err != nil {
		return "", fmt.Errorf("link: store enrolment code: %w", err)
	}
	return i.String(), nil
}

func (p *Parent) enrol(ctx context.Context, from Peer, raw []byte) ([]byte, error) {
	var e enrol
	if err := unsealJSON(raw, kindEnrol, &e); err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(e.Secret)
	if err != nil || len(secret) != secretBytes {
		return nil, fmt.Errorf("%w: secret of %d letters", ErrDamaged, len(e.Secret))
	}
	node, err := p.o.Registry.Node(ctx, from.Node)
	switch {
	case err == nil && node.Revoked != 0:
		return nil, fmt.Errorf("%w: %s; enrol with a new key", ErrRevoked, node.Name)
	case err == nil:
		// The answer to the first attempt was lost: that node is in.
		return sealJSON(kindEnrolled, enrolled{Name: node.Name, Parent: p.o.Name}), nil
	case !errors.Is(err, ErrNotEnrolled):
		return nil, fmt.Errorf("link: look for node: %w", err)
	}
	if node, err = p.o.Registry.Enrol(ctx, sha256.Sum256(secret), from.Node, p.now()); err != nil {
		return nil, err
	}
	p.o.Log.Info("link: node enrolled", "node", node.Name, "key", node.ID, "host", e.Host, "address", from.Address)
	return sealJSON(kindEnrolled, enrolled{Name: node.Name, Parent: p.o.Name}), nil
}

// Enrol presents the code over a connection that has proved the node's key and
// the hub's certificate. It gives the names of the node and of its parent.
// Asking again after a lost answer is harmless.
func Enrol(ctx context.Context, t Transport, i Invitation, host string) (name, parent string, err error) {
	conn, err := t.Dial(ctx)
	if err != nil {
		return "", "", err
	}
	defer conn.Close()
	raw, err := conn.Request(ctx, verbEnrol, sealJSON(kindEnrol, enrol{Secret: hex.EncodeToString(i.Secret[:]), Host: host}))
	if err != nil {
		return "", "", fmt.Errorf("link: enrol: %w", err)
	}
	var e enrolled
	if err := unsealJSON(raw, kindEnrolled, &e); err != nil {
		return "", "", err
	}
	return e.Name, e.Parent, nil
}

// Revoke ends a node's right to connect and cuts it at every replica.
func (p *Parent) Revoke(ctx context.Context, id NodeID) error {
	if err := p.o.Registry.Revoke(ctx, id, p.now()); err != nil {
		return fmt.Errorf("link: revoke %s: %w", id, err)
	}
	p.Drop(id, ErrRevoked)
	if d := p.downlink(); d != nil {
		d.Cut(id, "")
	}
	return nil
}

// Drop forgets the session of a node at this replica; the transport calls it
// when another replica cut the node.
func (p *Parent) Drop(id NodeID, why error) {
	if s := p.seated(id); s != nil {
		p.vacate(s, why.Error())
		s.mu.Lock()
		s.status.LastError, s.status.Refused = why.Error(), RefusalCode(why)
		s.mu.Unlock()
	}
}
