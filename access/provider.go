package access

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// Bounds of what is written of a provider.
const (
	maxProviders  = 20  // buttons on the page of signing in
	maxRules      = 200 // a province: 11 cities, 90 counties, and roles besides
	maxClaimBytes = 200
	maxClaimList  = 2000 // values of one claim that are looked at: groups of a large directory
)

// Provider is a service of OpenID Connect at which people sign in, with what its
// claims give here.
type Provider struct {
	ID       string         `json:"id" readOnly:"true"`
	Tenant   plant.TenantNo `json:"-"`
	Name     plant.Name     `json:"name"`
	Issuer   string         `json:"issuer" maxLength:"400" doc:"As the provider writes it itself; its configuration is found below"`
	ClientID string         `json:"client_id" minLength:"1" maxLength:"200"`
	// Secret is sealed where it is stored and empty where it is shown.
	Secret    string `json:"secret,omitempty" maxLength:"400" doc:"Never shown; left out, the stored one stays"`
	HasSecret bool   `json:"has_secret" readOnly:"true"`
	Address   string `json:"address" maxLength:"400" doc:"How browsers reach this node, https://zhigai.example.com; the way back is registered at the provider below it"`
	// Scopes are asked for beside openid.
	Scopes    []string `json:"scopes" nullable:"false" maxItems:"20"`
	NameClaim string   `json:"name_claim,omitempty" maxLength:"200" doc:"Names the user here at the first sign-in; preferred_username when left out"`
	// Factor are values of amr or acr that stand for a second factor.
	Factor []string    `json:"factor" nullable:"false" maxItems:"20" doc:"Values of amr or acr that stand for a second factor: mfa, otp, hwk"`
	Rules  []ClaimRule `json:"rules" nullable:"false" maxItems:"200"`
	Off    bool        `json:"off,omitempty"`
	Rev    int64       `json:"rev"`
}

// ClaimRule gives a grant to everybody whose claim has the value.
type ClaimRule struct {
	Claim string `json:"claim" minLength:"1" maxLength:"200" doc:"Name of the claim; a dot goes into an object: realm_access.roles"`
	Value string `json:"value" minLength:"1" maxLength:"200" doc:"As the claim has it, or one of a list"`
	Grant Grant  `json:"grant"`
}

// Identity is a person as a provider vouches for it. Issuer and Subject alone
// say who it is; names and addresses of mail may change hands.
type Identity struct {
	Issuer, Subject string
	Claims          map[string]any // of the ID token and the provider's user info
	// AMR and ACR say how the person signed in, as the ID token has them.
	AMR []string
	ACR string
}

// RedirectPath is where a provider sends people back to; its id stands in it.
const RedirectPath = "/oidc/{provider}/return"

// Redirect is the address that is registered at the provider.
func (p Provider) Redirect() string {
	return strings.TrimSuffix(p.Address, "/") + strings.ReplaceAll(RedirectPath, "{provider}", p.ID)
}

// sealed names the provider's secret, see [Vault.Seal].
func (p Provider) sealed() string { return "provider/" + p.ID }

func (p Provider) tidy() Provider {
	p.Name.ZH, p.Name.EN = strings.TrimSpace(p.Name.ZH), strings.TrimSpace(p.Name.EN)
	p.Issuer, p.Address = strings.TrimSpace(p.Issuer), strings.TrimSuffix(strings.TrimSpace(p.Address), "/")
	p.ClientID, p.NameClaim = strings.TrimSpace(p.ClientID), strings.TrimSpace(p.NameClaim)
	p.Scopes, p.Factor, p.Rules = append([]string{}, p.Scopes...), append([]string{}, p.Factor...), append([]ClaimRule{}, p.Rules...)
	return p
}

var scopeToken = regexp.MustCompile(`^[!#-\[\]-~]{1,100}$`) // RFC 6749, appendix A.4

func (p Provider) check() error {
	if p.Name.ZH == "" || len(p.Name.ZH) > 4*maxName || len(p.Name.EN) > 4*maxName {
		return fmt.Errorf("%w: a provider has a Chinese name of at most %d bytes: it stands on the button", ErrInvalid, 4*maxName)
	}
	if p.ClientID == "" {
		return fmt.Errorf("%w: write the client id that the provider gave", ErrInvalid)
	}
	for what, address := range map[string]string{"issuer": p.Issuer, "address": p.Address} {
		if err := checkAddress(address); err != nil {
			return fmt.Errorf("%w: %s %.100q: %w", ErrInvalid, what, address, err)
		}
	}
	for _, scope := range p.Scopes {
		if !scopeToken.MatchString(scope) {
			return fmt.Errorf("%w: scope %.60q; write them one by one, without blanks", ErrInvalid, scope)
		}
	}
	if len(p.Rules) > maxRules {
		return fmt.Errorf("%w: %d rules; %d are the most", ErrInvalid, len(p.Rules), maxRules)
	}
	for i, r := range p.Rules {
		switch {
		case r.Claim == "" || r.Value == "" || len(r.Claim) > maxClaimBytes || len(r.Value) > maxClaimBytes:
			return fmt.Errorf("%w: rule %d: write a claim and its value, of at most %d bytes", ErrInvalid, i+1, maxClaimBytes)
		case r.Grant.Via != "":
			return fmt.Errorf("%w: rule %d: which provider gave a grant is noted at the sign-in", ErrInvalid, i+1)
		}
	}
	return nil
}

// checkAddress refuses what is no address of a web server, and what others on
// the way could read: clear text stays on this machine.
func checkAddress(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return err
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("write https://, the host and the path, and nothing more")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, u.Hostname()):
		return nil
	}
	return fmt.Errorf("only https:// keeps what is said between the two; http:// is for this machine alone")
}

// CheckIssuer refuses what cannot be an issuer.
func CheckIssuer(issuer string) error {
	if err := checkAddress(issuer); err != nil {
		return fmt.Errorf("%w: issuer %.100q: %w", ErrInvalid, issuer, err)
	}
	return nil
}

// grantsOf are those that the identity's claims give until the session ends.
func (p Provider) grantsOf(id Identity, until time.Time) []Grant {
	out := []Grant{}
	for _, r := range p.Rules {
		g := r.Grant
		if !slices.Contains(claimValues(id.Claims, r.Claim), r.Value) || len(out) >= maxGrants {
			continue
		}
		g.Via = p.ID
		if g.Until.IsZero() || until.Before(g.Until) {
			g.Until = until
		}
		if !slices.ContainsFunc(out, g.same) {
			out = append(out, g)
		}
	}
	return out
}

// vouched reports whether the provider says that there was a second factor.
func (p Provider) vouched(id Identity) bool {
	return slices.ContainsFunc(p.Factor, func(v string) bool { return v == id.ACR || slices.Contains(id.AMR, v) })
}

// claimValues are the texts of a claim: one, or a list of them. A claim of that
// very name goes before one inside an object: names may hold dots, as those
// that are addresses do.
func claimValues(claims map[string]any, name string) []string {
	v, ok := claims[name]
	for !ok {
		first, rest, more := strings.Cut(name, ".")
		inner, is := claims[first].(map[string]any)
		if !more || !is {
			return nil
		}
		claims, name = inner, rest
		v, ok = claims[name]
	}
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	var out []string
	for _, one := range list[:min(len(list), maxClaimList)] {
		switch one := one.(type) {
		case string:
			out = append(out, one)
		case bool:
			out = append(out, fmt.Sprint(one))
		case json.Number:
			out = append(out, one.String())
		case float64:
			out = append(out, fmt.Sprint(one))
		}
	}
	return out
}

// Door is a provider as the page of signing in shows it.
type Door struct {
	ID   string     `json:"id"`
	Name plant.Name `json:"name"`
}

// Doors are the providers at which people sign in to the node.
func (s *Service) Doors(ctx context.Context) ([]Door, error) {
	all, err := s.store.AllProviders(ctx)
	if err != nil {
		return nil, err
	}
	out := []Door{}
	for _, p := range all {
		if !p.Off {
			out = append(out, Door{p.ID, p.Name})
		}
	}
	return out, nil
}

// Door is the provider with its secret in clear: who signs people in speaks to
// it. ErrNotFound also for one that is switched off.
func (s *Service) Door(ctx context.Context, id string) (Provider, error) {
	p, err := s.store.ProviderByID(ctx, id)
	if err == nil && p.Off {
		err = fmt.Errorf("provider %s is switched off: %w", id, ErrNotFound)
	}
	if err != nil {
		return Provider{}, err
	}
	if p.Secret, err = s.vault.Open(p.sealed(), p.Secret); err != nil {
		return Provider{}, fmt.Errorf("provider %s: %w", p.Name.ZH, err)
	}
	return p, nil
}

// shown is a provider without its secret.
func (p Provider) shown() Provider {
	p.HasSecret, p.Secret = p.Secret != "", ""
	return p
}

// Providers lists the tenant's, for who administers all of it.
func (s *Service) Providers(ctx context.Context, by Principal) ([]Provider, error) {
	if !by.May(Administer, "") {
		return nil, ErrForbidden
	}
	all, err := s.store.Providers(ctx, by.Scope.Tenant)
	for i := range all {
		all[i] = all[i].shown()
	}
	return all, err
}

// providerFor is one of the tenant's, with its secret sealed.
func (s *Service) providerFor(ctx context.Context, by Principal, id string) (Provider, error) {
	if !by.May(Administer, "") {
		return Provider{}, ErrForbidden
	}
	p, err := s.store.ProviderByID(ctx, id)
	if err == nil && p.Tenant != by.Scope.Tenant {
		err = fmt.Errorf("provider %s: %w", id, ErrNotFound)
	}
	return p, err
}

// SaveProvider makes a provider (no id) or changes one. Its rules give no more
// than by has; who came by it before keeps the session, and gets what the rules
// say at the next sign-in.
func (s *Service) SaveProvider(ctx context.Context, by Principal, p Provider) (Provider, error) {
	p = p.tidy()
	p.Tenant = by.Scope.Tenant
	if err := p.check(); err != nil {
		return Provider{}, err
	}
	was, err := s.oldProvider(ctx, by, p.ID)
	if err != nil {
		return Provider{}, err
	}
	for i, r := range p.Rules {
		if _, err := s.checkGrants(ctx, by, []Grant{r.Grant}, was.ruled()); err != nil {
			return Provider{}, fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	switch {
	case p.ID == "":
		p.ID = s.store.NewID()
		p.Secret, err = s.seal(p.sealed(), p.Secret)
	case p.Secret == "" && p.Issuer == was.Issuer && p.ClientID == was.ClientID:
		p.Secret = was.Secret
	case p.Secret == "" && was.Secret != "": // the secret goes to nobody else than whom it was entered for
		err = fmt.Errorf("%w: issuer or client id changed; write the secret that belongs to it", ErrInvalid)
	default:
		p.Secret, err = s.seal(p.sealed(), p.Secret)
	}
	if err != nil {
		return Provider{}, err
	}
	saved, err := s.store.SaveProvider(ctx, p)
	if err != nil {
		return Provider{}, err
	}
	action, before := "provider.update", any(was.shown())
	if was.ID == "" {
		action, before = "provider.create", nil
	}
	if p.Off && !was.Off {
		if err := s.store.DropSessionsBy(ctx, p.Tenant, p.ID); err != nil {
			return Provider{}, err
		}
	}
	s.forget()
	return saved.shown(), s.Record(ctx, by, action, "provider/"+p.ID, before, saved.shown())
}

// oldProvider is what is there of the id; the zero Provider for a new one.
func (s *Service) oldProvider(ctx context.Context, by Principal, id string) (Provider, error) {
	if id != "" {
		return s.providerFor(ctx, by, id)
	}
	all, err := s.Providers(ctx, by)
	if err == nil && len(all) >= maxProviders {
		err = fmt.Errorf("%w: there are %d providers already, the most there can be; remove one first", ErrInvalid, maxProviders)
	}
	return Provider{}, err
}

func (p Provider) ruled() []Grant {
	var out []Grant
	for _, r := range p.Rules {
		out = append(out, r.Grant)
	}
	return out
}

// seal keeps an empty secret empty: public clients have none.
func (s *Service) seal(of, secret string) (string, error) {
	if secret == "" {
		return "", nil
	}
	return s.vault.Seal(of, secret)
}

// DropProvider removes a provider and ends the sessions that it opened. Its
// people stay, without what it gave them.
func (s *Service) DropProvider(ctx context.Context, by Principal, id string, rev int64) error {
	was, err := s.providerFor(ctx, by, id)
	if err != nil {
		return err
	}
	if err := s.store.DropProvider(ctx, was.Tenant, id, rev); err != nil {
		return err
	}
	if err := s.store.DropSessionsBy(ctx, was.Tenant, id); err != nil {
		return err
	}
	s.forget()
	return s.Record(ctx, by, "provider.remove", "provider/"+id, was.shown(), nil)
}
