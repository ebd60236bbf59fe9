package nats

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"zhigai/link"
)

const (
	authorityYears = 30
	leafYears      = 5
)

// Authority is a hub's own certificate authority: children pin its key, so
// that a hub needs no public name and its replicas may have certificates of
// their own.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// OpenAuthority reads link-ca.pem and link-ca.key of the folder, or makes them.
// Replicas of a hub share both files.
func OpenAuthority(dir string, now time.Time) (*Authority, error) {
	certFile, keyFile := filepath.Join(dir, "link-ca.pem"), filepath.Join(dir, "link-ca.key")
	if _, err := os.Stat(keyFile); errors.Is(err, fs.ErrNotExist) {
		if err := makeAuthority(certFile, keyFile, now); err != nil {
			return nil, fmt.Errorf("link authority: %w", err)
		}
	}
	if err := private(keyFile); err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("link authority: %w", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("link authority %s: not an ECDSA key", keyFile)
	}
	return &Authority{cert: pair.Leaf, key: key}, nil
}

func makeAuthority(certFile, keyFile string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "zhigai hub"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	// The key last: it marks that both are there.
	if err := os.Remove(certFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeOnce(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})); err != nil {
		return err
	}
	return writeOnce(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: rawKey}))
}

// Fingerprint is what enrolment codes carry.
func (a *Authority) Fingerprint() [link.FingerprintBytes]byte { return fingerprint(a.cert) }

func fingerprint(c *x509.Certificate) [link.FingerprintBytes]byte {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return [link.FingerprintBytes]byte(sum[:])
}

// Server makes a certificate for this replica.
func (a *Authority) Server(hosts []string, now time.Time) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "zhigai hub replica"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(leafYears, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, // routes are both
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if h != "" {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}},
		RootCAs:      roots,
		ClientCAs:    roots,
	}, nil
}

// routes is the configuration between replicas: each proves that it is one.
func (a *Authority) routes(server *tls.Config) *tls.Config {
	c := server.Clone()
	c.ClientAuth = tls.RequireAndVerifyClientCert
	pin := a.Fingerprint()
	// By the authority's key and not by name: replicas come and go.
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(s tls.ConnectionState) error { return verify(s.PeerCertificates, pin) }
	return c
}

// ErrPin means that the server at the parent's address is not the hub that
// made the enrolment code.
var ErrPin = errors.New("link: the server's certificate is not the one this node was told to trust")

// pinned is a client's configuration that trusts one key and nothing else.
func pinned(pin [link.FingerprintBytes]byte) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		// The chain is checked below against the pinned key, which no public
		// authority can replace.
		InsecureSkipVerify: true,
		VerifyConnection:   func(s tls.ConnectionState) error { return verify(s.PeerCertificates, pin) },
	}
}

// verify accepts a chain whose leaf is the pinned key or signed by it.
func verify(chain []*x509.Certificate, pin [link.FingerprintBytes]byte) error {
	if len(chain) == 0 {
		return ErrPin
	}
	leaf := chain[0]
	if fingerprint(leaf) == pin {
		return nil
	}
	for _, c := range chain[1:] {
		if fingerprint(c) != pin || !c.IsCA {
			continue
		}
		roots := x509.NewCertPool()
		roots.AddCert(c)
		// At a time when the leaf was good: the clock of an edge that was off
		// for weeks is wrong until it is connected, and who holds the
		// authority's key could make a new leaf anyway.
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: leaf.NotBefore.Add(time.Hour), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
		if err != nil {
			return fmt.Errorf("%w: %w", ErrPin, err)
		}
		return nil
	}
	return fmt.Errorf("%w: it has the fingerprint %x, expected is %x", ErrPin, fingerprint(chain[len(chain)-1]), pin)
}
