package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// secrets checks the keys and certificates of a folder of the node against
// themselves: they are written in one form only, a key fits its certificate,
// and a certificate the signature on it. Other files are only read.
func (r *verifyReport) secrets(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var certs []*x509.Certificate
	var keys []crypto.PublicKey
	damaged := len(r.Damage)
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") { // hidden: being written
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		where := name + "/" + e.Name()
		switch ext := filepath.Ext(e.Name()); ext {
		case ".pem", ".crt", ".key":
			cert, key, err := onlyForm(raw)
			if err != nil {
				r.Damage = append(r.Damage, fmt.Sprintf("%s: %v", where, err))
			}
			if cert != nil {
				certs = append(certs, cert)
			}
			if key != nil {
				keys = append(keys, key)
			}
		default:
			if ext == ".json" && !json.Valid(raw) {
				r.Damage = append(r.Damage, where+": not JSON")
			} else if len(raw) > 0 {
				r.Formal = append(r.Formal, where)
			}
		}
	}
	r.match(name, certs, keys)
	if len(r.Damage) == damaged && len(certs)+len(keys) > 0 {
		r.Checked = append(r.Checked, fmt.Sprintf("%s: %d certificates and %d keys against one another", name, len(certs), len(keys)))
	}
	return nil
}

// match looks for the key's certificate and the certificate's issuer.
func (r *verifyReport) match(name string, certs []*x509.Certificate, keys []crypto.PublicKey) {
	for _, key := range keys {
		if !slices.ContainsFunc(certs, func(c *x509.Certificate) bool { return samePublic(c.PublicKey, key) }) {
			r.Damage = append(r.Damage, name+": a key fits no certificate there")
		}
	}
	for _, c := range certs {
		if !slices.ContainsFunc(certs, func(by *x509.Certificate) bool {
			return by.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
		}) {
			r.Damage = append(r.Damage, fmt.Sprintf("%s: the signature of certificate %q fits no certificate there", name, c.Subject.CommonName))
		}
	}
}

func samePublic(a, b crypto.PublicKey) bool {
	e, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && e.Equal(b)
}

// onlyForm reads one PEM block that must be as this program writes it: any
// other byte is damage.
func onlyForm(raw []byte) (cert *x509.Certificate, public crypto.PublicKey, err error) {
	block, rest := pem.Decode(raw)
	if block == nil || len(rest) > 0 || !bytes.Equal(pem.EncodeToMemory(block), raw) {
		return nil, nil, errors.New("not as it was written")
	}
	var again []byte
	switch block.Type {
	case "CERTIFICATE":
		if cert, err = x509.ParseCertificate(block.Bytes); err != nil {
			return nil, nil, err
		}
		return cert, nil, nil
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, nil, err
		}
		if again, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
			return nil, nil, err
		}
		if signer, ok := key.(crypto.Signer); ok {
			public = signer.Public()
		}
	case "EC PRIVATE KEY":
		key, err := x509.ParseECPrivateKey(block.Bytes)
		if err != nil {
			return nil, nil, err
		}
		if again, err = x509.MarshalECPrivateKey(key); err != nil {
			return nil, nil, err
		}
		public = key.Public()
	default:
		return nil, nil, fmt.Errorf("a block of type %q", block.Type)
	}
	if !bytes.Equal(again, block.Bytes) {
		return nil, public, errors.New("the key is not as it was written")
	}
	return nil, public, nil
}
