package recordtest

import (
	"errors"
	"reflect"
	"sync"
	"testing"

	"zhigai/access"
	"zhigai/plant"
)

// accessProviders tests providers and the users that come by them.
func accessProviders(t *testing.T, s access.Store) {
	ctx := t.Context()
	one := access.Provider{
		ID: s.NewID(), Tenant: 1, Name: plant.Name{ZH: "统一认证", EN: "SSO"}, Issuer: "https://id.example.com", ClientID: "zhigai", Secret: "zgk1.x", Address: "https://z.example.com",
		Scopes: []string{"profile"}, Factor: []string{"mfa"}, Rules: []access.ClaimRule{{Claim: "groups", Value: "county-330624", Grant: access.Grant{Role: "officer", Area: access.Area{Region: "330624"}}}},
	}
	saved, err := s.SaveProvider(ctx, one)
	if err != nil || saved.Rev != 1 {
		t.Fatalf("SaveProvider = %+v, %v; want revision 1", saved, err)
	}
	if got, err := s.ProviderByID(ctx, one.ID); err != nil || !reflect.DeepEqual(got, saved) {
		t.Errorf("ProviderByID = %+v, %v; want %+v", got, err, saved)
	}
	if _, err := s.SaveProvider(ctx, one); !errors.Is(err, access.ErrConflict) {
		t.Errorf("SaveProvider at the revision before: %v; want ErrConflict", err)
	}
	foreign := access.Provider{ID: s.NewID(), Tenant: 2, Issuer: one.Issuer}
	if _, err := s.SaveProvider(ctx, foreign); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Providers(ctx, 1); err != nil || len(got) != 1 || got[0].ID != one.ID {
		t.Errorf("Providers = %+v, %v; want those of the tenant", got, err)
	}
	if got, err := s.AllProviders(ctx); err != nil || len(got) != 2 {
		t.Errorf("AllProviders = %+v, %v; want two", got, err)
	}
	if err := s.DropProvider(ctx, 2, one.ID, 1); !errors.Is(err, access.ErrConflict) {
		t.Errorf("DropProvider of a foreign tenant: %v; want ErrConflict", err)
	}
	accessLinkings(t, s, one.ID)
	if err := s.DropProvider(ctx, 1, one.ID, 1); err != nil {
		t.Fatal(err)
	}
	_, err = s.ProviderByID(ctx, one.ID)
	notFound(t, "ProviderByID after it was dropped", err)
}

// accessLinkings tests that a person is one user for ever.
func accessLinkings(t *testing.T, s access.Store, provider string) {
	ctx := t.Context()
	l := access.Linking{Issuer: "https://id.example.com", Subject: "a-1", Provider: provider, Since: day}
	_, err := s.Linked(ctx, 1, l.Issuer, l.Subject)
	notFound(t, "Linked before the first sign-in", err)
	var all sync.WaitGroup
	var mu sync.Mutex
	made, refused := 0, 0
	for _, name := range []string{"zhou", "zhou.2", "zhou.3", "zhou.4"} {
		all.Go(func() {
			_, err := s.Adopt(ctx, access.User{Tenant: 1, Name: name}, l)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case errors.Is(err, access.ErrConflict):
				refused++
			default:
				t.Errorf("Adopt: %v", err)
			}
		})
	}
	all.Wait()
	if made != 1 || refused != 3 {
		t.Errorf("the person adopted four times at once: %d made, %d refused; want one and three", made, refused)
	}
	u, err := s.Linked(ctx, 1, l.Issuer, l.Subject)
	if err != nil || u.Rev != 1 {
		t.Errorf("Linked = %+v, %v", u, err)
	}
	_, err = s.Linked(ctx, 2, l.Issuer, l.Subject)
	notFound(t, "Linked for a foreign tenant", err)
	_, err = s.Linked(ctx, 1, l.Issuer, "A-1")
	notFound(t, "Linked with another subject", err)
	l.Subject = "a-2"
	if _, err := s.Adopt(ctx, access.User{Tenant: 1, Name: u.Name}, l); !errors.Is(err, access.ErrConflict) {
		t.Errorf("Adopt with a name that is taken: %v; want ErrConflict", err)
	}
	_, err = s.Linked(ctx, 1, l.Issuer, l.Subject)
	notFound(t, "Linked after a refused Adopt", err)

	by := access.Session{Hash: "h1", User: u.ID, Tenant: 1, Expires: day, Opened: day, Seen: day, By: "provider", Provider: provider, Vouched: true}
	if err := s.SaveSession(ctx, by); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveLink(ctx, access.Session{Hash: "l1", User: u.ID, Tenant: 1, Expires: day, Provider: provider}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.SessionByHash(ctx, "h1"); err != nil || !reflect.DeepEqual(got, by) {
		t.Errorf("SessionByHash = %+v, %v; want %+v", got, err, by)
	}
	if got, err := s.TakeLink(ctx, "l1"); err != nil || got.Provider != provider {
		t.Errorf("TakeLink = %+v, %v; want the provider in it", got, err)
	}
	if err := s.DropSessionsBy(ctx, 2, provider); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SessionByHash(ctx, "h1"); err != nil {
		t.Errorf("a foreign tenant ended the session: %v", err)
	}
	if err := s.DropSessionsBy(ctx, 1, provider); err != nil {
		t.Fatal(err)
	}
	_, err = s.SessionByHash(ctx, "h1")
	notFound(t, "a session after its provider's were dropped", err)
}
