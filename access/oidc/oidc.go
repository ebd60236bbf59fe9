// Package oidc signs people in at providers of OpenID Connect: authorization
// code with PKCE, state, nonce, and the checks of the ID token.
//
// It decides nothing about rights and keeps nothing of a token: what the claims
// give is [access.Service.SignInBy]'s to say. What goes on between the two steps
// is in the browser, sealed. Start with [Desk.Begin].
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"zhigai/access"
)

const (
	// patience bounds one question to a provider: a person waits for it.
	patience = 10 * time.Second
	// flowLife is how long a person may take at the provider: a password is looked
	// up, a telephone fetched.
	flowLife = 10 * time.Minute
	// skew is how far the two clocks may be apart.
	skew = time.Minute
	// discoveryLife is how long a provider's own description is believed when
	// somebody comes back; who goes there asks anew. Keys are fetched as soon as one
	// is not known.
	discoveryLife = time.Hour
	maxAnswer     = 1 << 20 // bytes of an answer: a person in a thousand groups has some 100 kB of claims
	maxSpent      = 50_000  // sign-ins of ten minutes
	maxReturn     = 1000    // bytes of the address to go on to
)

// Errors of a sign-in; the page has words for each.
var (
	ErrAway    = errors.New("oidc: the provider does not answer as it should")
	ErrRefused = errors.New("oidc: the provider did not sign the person in")
	ErrOver    = errors.New("oidc: the sign-in was begun elsewhere, took too long or is over; begin again")
	ErrUntrue  = errors.New("oidc: the provider's answer does not hold")
)

// Options are the parts the desk stands on.
type Options struct {
	Access *access.Service
	Vault  *access.Vault
	Now    func() time.Time
	Log    *slog.Logger
}

// Desk signs people in. Its methods may be called concurrently.
type Desk struct {
	o      Options
	client *http.Client

	mu    sync.Mutex
	known map[string]known
	spent map[string]time.Time // states that came back, until they are over
}

// known is what a provider said of itself.
type known struct {
	provider *oidc.Provider
	more     metadata
	until    time.Time
}

// metadata is what the library does not read of OpenID Connect Discovery 1.0 and
// RFC 9207.
type metadata struct {
	EndSession string   `json:"end_session_endpoint"`
	NamesSelf  bool     `json:"authorization_response_iss_parameter_supported"`
	Methods    []string `json:"code_challenge_methods_supported"`
}

// New makes a desk.
func New(o Options) *Desk {
	return &Desk{
		o: o, known: map[string]known{}, spent: map[string]time.Time{},
		client: &http.Client{
			Timeout:   patience,
			Transport: bounded{http.DefaultTransport},
			// A provider answers itself: who could redirect us could speak for it.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// bounded reads no more of an answer than [maxAnswer].
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

// context lets the libraries ask with our client.
func (d *Desk) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, d.client)
}

// describe is what the provider says of itself; ErrAway when it says nothing.
func (d *Desk) describe(ctx context.Context, issuer string) (known, error) {
	now := d.o.Now()
	d.mu.Lock()
	k, ok := d.known[issuer]
	d.mu.Unlock()
	if ok && now.Before(k.until) {
		return k, nil
	}
	// The library goes on to fetch keys with this context: it outlives the request,
	// and each question has the client's own deadline.
	p, err := oidc.NewProvider(d.context(context.WithoutCancel(ctx)), issuer)
	if err != nil {
		return known{}, away("its configuration", err)
	}
	k = known{provider: p, until: now.Add(discoveryLife)}
	if err := p.Claims(&k.more); err != nil {
		return known{}, away("its configuration", err)
	}
	d.mu.Lock()
	d.known[issuer] = k
	d.mu.Unlock()
	return k, nil
}

func (d *Desk) forget(issuer string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, issuer)
}

// away is a provider that does not answer as it should. What it answered instead
// may be a page of any length.
func away(what string, err error) error {
	return fmt.Errorf("%w: %s: %.300s", ErrAway, what, err.Error())
}

func (d *Desk) config(p access.Provider, k known) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.Secret, RedirectURL: p.Redirect(), Endpoint: k.provider.Endpoint(),
		Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...),
	}
}

// flow is a sign-in under way. It lies in the browser, sealed: whoever comes back
// is who went.
type flow struct {
	Provider string    `json:"p"`
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	To       string    `json:"t,omitempty"`
	Expires  time.Time `json:"x"`
}

// sealedFlow names a flow in the vault.
const sealedFlow = "oidc/flow"

// Begun is a sign-in that goes on at the provider.
type Begun struct {
	URL    string // where the browser goes
	Cookie string // what it brings back
	Name   string // of the cookie: sign-ins of two tabs do not meet
	Life   time.Duration
}

// Begin starts a sign-in at the provider with the id; to is the page of this
// node to go on to.
func (d *Desk) Begin(ctx context.Context, id, to string) (Begun, error) {
	p, err := d.o.Access.Door(ctx, id)
	if err != nil {
		return Begun{}, err
	}
	d.forget(p.Issuer) // nobody is sent to a provider that is away
	k, err := d.describe(ctx, p.Issuer)
	if err != nil {
		return Begun{}, err
	}
	f := flow{Provider: p.ID, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Expires: d.o.Now().Add(flowLife)}
	if len(to) <= maxReturn && ownPage(to) {
		f.To = to
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return Begun{}, err
	}
	cookie, err := d.o.Vault.Seal(sealedFlow, string(raw))
	if err != nil {
		return Begun{}, err
	}
	address := d.config(p, k).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))
	return Begun{URL: address, Cookie: cookie, Name: CookieName(f.State), Life: flowLife}, nil
}

// ownPage reports whether an address is one of this node, and nothing that a
// browser takes for another host's.
func ownPage(to string) bool {
	u, err := url.Parse(to)
	return err == nil && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsAny(to, "\\\r\n\t") && u.Host == "" && u.Scheme == ""
}

// CookieName is the name of the cookie of the flow with the state.
func CookieName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return "zhigai_flow_" + base64.RawURLEncoding.EncodeToString(sum[:6])
}

// Back is what a browser brings from the provider.
type Back struct {
	Provider string // in whose way back it came
	Query    url.Values
	Cookie   string // under [CookieName] of the state
	From     access.Caller
}

// Finish ends a sign-in: everything that came is checked before the person is
// anybody. to is the page to go on to.
func (d *Desk) Finish(ctx context.Context, b Back) (signed access.Signed, to string, err error) {
	f, err := d.flowOf(b)
	if err != nil {
		return access.Signed{}, "", err
	}
	p, err := d.o.Access.Door(ctx, f.Provider)
	if err != nil {
		return access.Signed{}, "", err
	}
	id, err := d.identify(ctx, p, f, b.Query)
	if err != nil {
		return access.Signed{}, f.To, err
	}
	signed, err = d.o.Access.SignInBy(ctx, p, id, b.From)
	return signed, f.To, err
}

// flowOf opens what the browser brings and uses it up.
func (d *Desk) flowOf(b Back) (flow, error) {
	var f flow
	text, err := d.o.Vault.Open(sealedFlow, b.Cookie)
	if err != nil || text == b.Cookie { // nobody seals one in clear
		return f, ErrOver
	}
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return f, ErrOver
	}
	now := d.o.Now()
	if f.State == "" || f.State != b.Query.Get("state") || f.Provider != b.Provider || !now.Before(f.Expires) {
		return f, ErrOver
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for state, until := range d.spent {
		if !now.Before(until) {
			delete(d.spent, state)
		}
	}
	if _, twice := d.spent[f.State]; twice || len(d.spent) >= maxSpent {
		return f, ErrOver
	}
	d.spent[f.State] = f.Expires
	return f, nil
}

// End is where the provider ends its own session, "" where it knows no such
// thing (OpenID Connect RP-Initiated Logout 1.0).
func (d *Desk) End(ctx context.Context, id string) (string, error) {
	p, err := d.o.Access.Door(ctx, id)
	if err != nil {
		return "", err
	}
	k, err := d.describe(ctx, p.Issuer)
	if err != nil || k.more.EndSession == "" {
		return "", err
	}
	u, err := url.Parse(k.more.EndSession)
	if err != nil {
		return "", away("its end of sessions", err)
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", p.Address+"/signin")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Described is what a provider says of itself, for who enters it.
type Described struct {
	Authorization string `json:"authorization" doc:"Where people sign in"`
	EndSession    string `json:"end_session,omitempty" doc:"Where the provider ends its own session"`
	PKCE          bool   `json:"pkce" doc:"The provider says that it checks the proof of RFC 7636"`
	NamesSelf     bool   `json:"names_self" doc:"The provider names itself in its answers (RFC 9207)"`
}

// Describe asks an issuer now, as a sign-in would.
func (d *Desk) Describe(ctx context.Context, issuer string) (Described, error) {
	d.forget(issuer)
	k, err := d.describe(ctx, issuer)
	if err != nil {
		return Described{}, err
	}
	pkce := false
	for _, m := range k.more.Methods {
		pkce = pkce || m == "S256"
	}
	return Described{Authorization: k.provider.Endpoint().AuthURL, EndSession: k.more.EndSession, PKCE: pkce, NamesSelf: k.more.NamesSelf}, nil
}
