package opcua

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"
)

// verify makes sure that the session belongs to the approved certificate.
func (s *session) verify(created *ua.CreateSessionResponse, set settings, endpoint *ua.EndpointDescription, nonce []byte) error {
	if set.mode == ua.MessageSecurityModeNone {
		return nil
	}
	want, err := leaf(endpoint.ServerCertificate)
	if err != nil {
		return err
	}
	got, err := leaf(created.ServerCertificate)
	if err != nil {
		return err
	}
	if !bytes.Equal(want.Raw, got.Raw) || created.ServerSignature == nil {
		return errors.New("the session shows another certificate than the endpoint")
	}
	if err := s.channel.keys.VerifySignature(slices.Concat(s.channel.own.der, nonce), created.ServerSignature.Signature); err != nil {
		return fmt.Errorf("server signature: %w", err)
	}
	return nil
}

func (d *Driver) activate(ctx context.Context, s *session, set settings, endpoint *ua.EndpointDescription, created *ua.CreateSessionResponse) error {
	certificate := created.ServerCertificate
	if cert, err := leaf(certificate); err == nil {
		certificate = cert.Raw
	}
	proof := &ua.SignatureData{}
	if keys := s.channel.keys; keys != nil {
		signature, err := keys.Signature(slices.Concat(certificate, created.ServerNonce))
		if err != nil {
			return fmt.Errorf("signature: %w", err)
		}
		proof = &ua.SignatureData{Algorithm: keys.SignatureURI(), Signature: signature}
	}
	token, err := d.userToken(s, set, endpoint, certificate, created.ServerNonce)
	if err != nil {
		return err
	}
	s.token = created.AuthenticationToken
	_, err = call[*ua.ActivateSessionResponse](ctx, s, &ua.ActivateSessionRequest{
		ClientSignature: proof,
		LocaleIDs:       []string{"zh-CN", "en"}, UserIdentityToken: ua.NewExtensionObject(token), UserTokenSignature: &ua.SignatureData{},
	})
	return err
}

// userToken proves who we are. A password leaves this process readable only
// inside an encrypted channel, or when the device says that it may.
func (d *Driver) userToken(s *session, set settings, endpoint *ua.EndpointDescription, certificate, nonce []byte) (any, error) {
	want := ua.UserTokenTypeAnonymous
	if set.user != "" {
		want = ua.UserTokenTypeUserName
	}
	i := slices.IndexFunc(endpoint.UserIdentityTokens, func(t *ua.UserTokenPolicy) bool { return t.TokenType == want })
	if i < 0 && want == ua.UserTokenTypeAnonymous {
		return nil, errors.New("the server asks for a user; set the params user and password")
	}
	if i < 0 {
		return nil, errors.New("the server takes no user name and password on this endpoint")
	}
	policy := endpoint.UserIdentityTokens[i]
	if want == ua.UserTokenTypeAnonymous {
		return &ua.AnonymousIdentityToken{PolicyID: policy.PolicyID}, nil
	}
	uri := policy.SecurityPolicyURI
	if uri == "" {
		uri = set.policyURI()
	}
	if uri == ua.SecurityPolicyURINone && set.mode != ua.MessageSecurityModeSignAndEncrypt && !set.plain {
		return nil, errors.New("the password would go over the network readable by all; choose mode SignAndEncrypt, or set the param plain_password to yes")
	}
	if uri != ua.SecurityPolicyURINone && set.mode == ua.MessageSecurityModeNone {
		cert, err := leaf(certificate)
		if err != nil {
			return nil, fmt.Errorf("no certificate to encrypt the password for: %w", err)
		}
		if err := d.trust.check(set.url, cert); err != nil {
			return nil, err
		}
	}
	secret, algorithm, err := d.conceal(uri, set.password, certificate, nonce)
	if err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	return &ua.UserNameIdentityToken{PolicyID: policy.PolicyID, UserName: set.user, Password: secret, EncryptionAlgorithm: algorithm}, nil
}

// conceal encrypts a password for the owner of the certificate (OPC UA Part 4,
// 7.41.2.2: length, password, server nonce).
func (d *Driver) conceal(uri, password string, certificate, nonce []byte) ([]byte, string, error) {
	if uri == ua.SecurityPolicyURINone {
		return []byte(password), "", nil
	}
	cert, err := leaf(certificate)
	if err != nil {
		return nil, "", err
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, "", errors.New("the server's key is no RSA key")
	}
	keys, err := uapolicy.Asymmetric(uri, d.identity.key, key)
	if err != nil {
		return nil, "", err
	}
	plain := binary.LittleEndian.AppendUint32(nil, uint32(len(password)+len(nonce)))
	secret, err := keys.Encrypt(append(append(plain, password...), nonce...))
	return secret, keys.EncryptionURI(), err
}
