package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"zhigai/access"
)

// identify changes the code for tokens and says whom they are of. Nothing of a
// token goes into an error or a log.
func (d *Desk) identify(ctx context.Context, p access.Provider, f flow, q url.Values) (access.Identity, error) {
	k, err := d.describe(ctx, p.Issuer)
	if err != nil {
		return access.Identity{}, err
	}
	// RFC 9207: an answer of one provider on the way back of another is a mix-up.
	if iss := q.Get("iss"); iss != "" && iss != p.Issuer || iss == "" && k.more.NamesSelf {
		return access.Identity{}, fmt.Errorf("%w: it is of issuer %.100q; want %.100q", ErrUntrue, iss, p.Issuer)
	}
	if code := q.Get("error"); code != "" {
		return access.Identity{}, fmt.Errorf("%w: %.60q %.200q", ErrRefused, code, q.Get("error_description"))
	}
	if q.Get("code") == "" {
		return access.Identity{}, fmt.Errorf("%w: it holds no code", ErrUntrue)
	}
	asking, cancel := context.WithTimeout(d.context(ctx), patience)
	defer cancel()
	token, err := d.config(p, k).Exchange(asking, q.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return access.Identity{}, exchangeError(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return access.Identity{}, fmt.Errorf("%w: it holds no ID token", ErrUntrue)
	}
	id, err := d.verify(asking, p, k, f, raw, token.AccessToken)
	if err != nil {
		return access.Identity{}, err
	}
	return id, d.userInfo(asking, k, token, id)
}

// exchangeError says what the provider said of a code, and not what was sent.
func exchangeError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode != "" {
		return fmt.Errorf("%w: %.60q %.200q", ErrRefused, refused.ErrorCode, refused.ErrorDescription)
	}
	if errors.As(err, &refused) && refused.Response != nil {
		return fmt.Errorf("%w: it answers the code with status %d", ErrAway, refused.Response.StatusCode)
	}
	return away("its tokens", err)
}

// verify checks the ID token: OpenID Connect Core 1.0, section 3.1.3.7.
func (d *Desk) verify(ctx context.Context, p access.Provider, k known, f flow, raw, accessToken string) (access.Identity, error) {
	// Expiry is looked at below: the two clocks may be a little apart.
	token, err := k.provider.Verifier(&oidc.Config{ClientID: p.ClientID, SkipExpiryCheck: true}).Verify(ctx, raw)
	if err != nil {
		return access.Identity{}, fmt.Errorf("%w: %w", ErrUntrue, err)
	}
	now := d.o.Now()
	var more struct {
		Party     string  `json:"azp"`
		NotBefore float64 `json:"nbf"`
	}
	if err := token.Claims(&more); err != nil {
		return access.Identity{}, fmt.Errorf("%w: its claims: %w", ErrUntrue, err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1:
		err = errors.New("it answers another question (nonce)")
	case !now.Before(token.Expiry.Add(skew)):
		err = fmt.Errorf("it was over at %s, and it is %s: see that both clocks follow a time service", token.Expiry.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case token.IssuedAt.After(now.Add(skew)) || more.NotBefore > float64(now.Add(skew).Unix()):
		err = fmt.Errorf("it begins at %s, and it is %s: see that both clocks follow a time service", token.IssuedAt.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case len(token.Audience) > 1 && more.Party == "", more.Party != "" && more.Party != p.ClientID:
		err = errors.New("it was made for another client (azp)")
	case token.AccessTokenHash != "" && token.VerifyAccessToken(accessToken) != nil:
		err = errors.New("the access token beside it is another's (at_hash)")
	}
	if err != nil {
		return access.Identity{}, fmt.Errorf("%w: %w", ErrUntrue, err)
	}
	id := access.Identity{Issuer: token.Issuer, Subject: token.Subject}
	if err := token.Claims(&id.Claims); err != nil {
		return access.Identity{}, fmt.Errorf("%w: its claims: %w", ErrUntrue, err)
	}
	id.ACR, _ = id.Claims["acr"].(string)
	switch amr := id.Claims["amr"].(type) { // a list by OpenID Connect Core 1.0; some write one text
	case string:
		id.AMR = []string{amr}
	case []any:
		for _, one := range amr {
			if text, ok := one.(string); ok {
				id.AMR = append(id.AMR, text)
			}
		}
	}
	return id, nil
}

// userInfo adds the claims that the provider tells only when asked; those of the
// ID token go before them.
func (d *Desk) userInfo(ctx context.Context, k known, token *oauth2.Token, id access.Identity) error {
	if k.provider.UserInfoEndpoint() == "" || token.AccessToken == "" {
		return nil
	}
	info, err := k.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return away("what it knows of the person", err)
	}
	if info.Subject != id.Subject {
		return fmt.Errorf("%w: its user info is of another person", ErrUntrue)
	}
	var claims map[string]json.RawMessage
	if err := info.Claims(&claims); err != nil {
		return fmt.Errorf("%w: its user info: %w", ErrUntrue, err)
	}
	vouching := []string{"iss", "sub", "aud", "amr", "acr", "azp", "nonce", "exp", "iat"} // an ID token alone says these
	for name, raw := range claims {
		if _, there := id.Claims[name]; there || slices.Contains(vouching, name) {
			continue
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("%w: its user info: %w", ErrUntrue, err)
		}
		id.Claims[name] = v
	}
	return nil
}
