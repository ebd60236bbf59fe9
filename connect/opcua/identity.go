package opcua

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	certificateFile = "application.crt"
	keyFile         = "application.key"
	// keyBits is what Basic256Sha256 and Aes256_Sha256_RsaPss ask for at least
	// (OPC UA Part 7); every server takes it.
	keyBits = 2048
	// validFor spares a plant the day on which every server must approve a new
	// certificate at once; trust rests on approval, not on the date.
	validFor = 20 * 365 * 24 * time.Hour
)

// identity is this application as servers see it.
type identity struct {
	uri string
	der []byte
	pem []byte
	key *rsa.PrivateKey
}

// loadIdentity reads the certificate and key, or makes them the first time.
func loadIdentity(dir, uri string, now time.Time) (identity, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" {
		return identity{}, fmt.Errorf("application uri %q; write for example urn:plant.example:zhigai", uri)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return identity{}, fmt.Errorf("certificate folder: %w", err)
	}
	certPath, keyPath := filepath.Join(dir, certificateFile), filepath.Join(dir, keyFile)
	certPEM, err := os.ReadFile(certPath)
	if errors.Is(err, os.ErrNotExist) {
		return makeIdentity(certPath, keyPath, uri, u, now)
	}
	if err != nil {
		return identity{}, fmt.Errorf("certificate: %w", err)
	}
	keyPEM, err := os.ReadFile(keyPath)
	if err != nil {
		return identity{}, fmt.Errorf("key: %w", err)
	}
	id, err := readIdentity(certPEM, keyPEM, uri, now)
	if err != nil {
		return identity{}, fmt.Errorf("%s: %w; move %s and %s away to make new ones, which every server has to approve again",
			certPath, err, certificateFile, keyFile)
	}
	return id, nil
}

func readIdentity(certPEM, keyPEM []byte, uri string, now time.Time) (identity, error) {
	block, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if block == nil || keyBlock == nil {
		return identity{}, errors.New("no PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return identity{}, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return identity{}, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	switch {
	case !ok || !key.PublicKey.Equal(cert.PublicKey):
		return identity{}, errors.New("key and certificate do not belong together")
	case len(cert.URIs) != 1 || cert.URIs[0].String() != uri:
		return identity{}, fmt.Errorf("made for %v, not for application uri %q", cert.URIs, uri)
	case now.After(cert.NotAfter):
		return identity{}, fmt.Errorf("expired on %s", cert.NotAfter.Format(time.DateOnly))
	}
	return identity{uri: uri, der: cert.Raw, pem: certPEM, key: key}, nil
}

func makeIdentity(certPath, keyPath, uri string, u *url.URL, now time.Time) (identity, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return identity{}, fmt.Errorf("key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return identity{}, fmt.Errorf("serial number: %w", err)
	}
	subject := pkix.Name{CommonName: "zhigai", Organization: []string{"zhigai"}}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: subject, Issuer: subject,
		// A day back: the server's clock may be behind ours.
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(validFor),
		// What OPC UA Part 6, 6.2.2 demands of an application certificate.
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment |
			x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		URIs:                  []*url.URL{u},
	}
	if host, err := os.Hostname(); err == nil && host != "" {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return identity{}, fmt.Errorf("certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return identity{}, fmt.Errorf("key: %w", err)
	}
	id := identity{uri: uri, der: der, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	// The key first: a certificate without a key would be an error at the next
	// start, a key without a certificate is made anew.
	if err := writeFile(keyPath, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})); err != nil {
		return identity{}, err
	}
	return id, writeFile(certPath, id.pem)
}

func fingerprintOf(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// writeFile puts a file in place whole and durable, for this user's eyes only.
func writeFile(path string, body []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already when all went well
	_, err = tmp.Write(body)
	if err == nil {
		err = tmp.Sync()
	}
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
