package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	authorityYears = 10
	// Browsers refuse server certificates that hold longer than 398 days.
	serverDays = 397
	renewDays  = 30
)

// serverTLS reads "auto" or "CERT,KEY". With auto the node is its own small
// authority: people install its certificate once, the server's own is renewed
// at start. The second result is the authority's certificate (PEM) to install.
func serverTLS(choice, dir string, now time.Time) (*tls.Config, []byte, error) {
	if choice == "" {
		return nil, nil, nil
	}
	if choice != "auto" {
		certFile, keyFile, ok := strings.Cut(choice, ",")
		if !ok {
			return nil, nil, fmt.Errorf("--tls %q: write auto, or the certificate and key files as CERT,KEY", choice)
		}
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, nil, fmt.Errorf("--tls: %w", err)
		}
		return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	authority, authorityKey, authorityPEM, err := loadOrMakeAuthority(dir, now)
	if err != nil {
		return nil, nil, fmt.Errorf("tls authority in %s: %w", dir, err)
	}
	pair, err := loadOrMakeServer(dir, now, authority, authorityKey)
	if err != nil {
		return nil, nil, fmt.Errorf("tls certificate in %s: %w", dir, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, authorityPEM, nil
}

func loadOrMakeAuthority(dir string, now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, []byte, error) {
	certFile, keyFile := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key")
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil {
		if cert, err := x509.ParseCertificate(pair.Certificate[0]); err == nil && now.Before(cert.NotAfter) {
			key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
			if !ok {
				return nil, nil, nil, fmt.Errorf("%s holds no ECDSA key", keyFile)
			}
			return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), nil
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil, err
	}
	host, _ := os.Hostname()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "zhigai " + host}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.AddDate(authorityYears, 0, 0), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	key, der, err := signCertificate(template, nil, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	certPEM, err := writePair(certFile, keyFile, der, key)
	if err != nil {
		return nil, nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, certPEM, err
}

func loadOrMakeServer(dir string, now time.Time, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey) (tls.Certificate, error) {
	certFile, keyFile := filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	names, addresses := ownNames()
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil {
		cert, err := x509.ParseCertificate(pair.Certificate[0])
		if err == nil && now.AddDate(0, 0, renewDays).Before(cert.NotAfter) && cert.CheckSignatureFrom(authority) == nil && covers(cert, names, addresses) {
			return pair, nil
		}
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, serverDays),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: names, IPAddresses: addresses,
	}
	key, der, err := signCertificate(template, authority, authorityKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	if _, err := writePair(certFile, keyFile, der, key); err != nil {
		return tls.Certificate{}, err
	}
	return tls.LoadX509KeyPair(certFile, keyFile)
}

func covers(cert *x509.Certificate, names []string, addresses []net.IP) bool {
	for _, name := range names {
		if cert.VerifyHostname(name) != nil {
			return false
		}
	}
	for _, a := range addresses {
		if cert.VerifyHostname(a.String()) != nil {
			return false
		}
	}
	return true
}

// ownNames lists under which names and addresses this machine is reached.
func ownNames() ([]string, []net.IP) {
	names := []string{"localhost"}
	if host, err := os.Hostname(); err == nil && host != "localhost" {
		names = append([]string{host}, names...)
	}
	var addresses []net.IP
	if all, err := net.InterfaceAddrs(); err == nil {
		for _, a := range all {
			if ipnet, ok := a.(*net.IPNet); ok && !ipnet.IP.IsLinkLocalUnicast() {
				addresses = append(addresses, ipnet.IP)
			}
		}
	}
	return names, addresses
}

// signCertificate makes a key and a certificate; without an authority it signs itself.
func signCertificate(template, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, nil, err
	}
	parent, signer := authority, authorityKey
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	return key, der, err
}

func writePair(certFile, keyFile string, der []byte, key *ecdsa.PrivateKey) ([]byte, error) {
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}), 0o600); err != nil {
		return nil, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certPEM, os.WriteFile(certFile, certPEM, 0o644)
}
