package web

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
)

// NewUser is what an administrator writes of a new user. Without a password
// the user gets in by a one-time link only.
type NewUser struct {
	Name    string `json:"name" minLength:"1" maxLength:"100"`
	Display string `json:"display,omitempty" maxLength:"100"`
	// Organisation is whom the person works for.
	Organisation string         `json:"organisation,omitempty" maxLength:"100" doc:"Whom the person works for, as reports print it"`
	Role         access.Role    `json:"role,omitempty" maxLength:"40" doc:"Instead of grants: one role at path"`
	Path         string         `json:"path,omitempty" maxLength:"400"`
	Grants       []access.Grant `json:"grants,omitempty" maxItems:"50"`
	Password     string         `json:"password,omitempty" maxLength:"200"`
}

// UserChange is what changes of a user; what is left out stays.
type UserChange struct {
	Display *string `json:"display,omitempty" maxLength:"100"`
	// Organisation is whom the person works for.
	Organisation *string         `json:"organisation,omitempty" maxLength:"100"`
	Role         *access.Role    `json:"role,omitempty" maxLength:"40" doc:"Of the first grant"`
	Path         *string         `json:"path,omitempty" maxLength:"400" doc:"Of the first grant"`
	Grants       *[]access.Grant `json:"grants,omitempty" maxItems:"50" doc:"All of them"`
	Off          *bool           `json:"off,omitempty"`
	Password     string          `json:"password,omitempty" maxLength:"200"`
	Rev          int64           `json:"rev" doc:"Version you changed"`
}

func (a *API) registerUsers() {
	Handle(a, Op{Method: http.MethodGet, Path: "/users", ID: "users", Summary: "Users of the plant", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, _ *struct{}) (*ListOut[access.User], error) {
			users, err := a.access.Users(ctx, Who(ctx))
			return NewList(users, ""), err
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/users", ID: "add-user", Summary: "Add a user", Tag: "admin", Needs: access.Administer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body NewUser }) (*struct{ Body access.User }, error) {
			b := in.Body
			u, err := a.access.CreateUser(ctx, Who(ctx), access.NewUser{Name: b.Name, Display: b.Display, Organisation: b.Organisation, Role: b.Role, Path: b.Path, Grants: b.Grants, Password: b.Password})
			return &struct{ Body access.User }{u}, err
		})
	Handle(a, Op{Method: http.MethodPut, Path: "/users/{id}", ID: "change-user", Summary: "Change a user, his role, scope or password", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body UserChange
		},
		) (*struct{ Body access.User }, error) {
			b := in.Body
			u, err := a.access.UpdateUser(ctx, Who(ctx), in.ID, b.Rev, access.Change{Display: b.Display, Organisation: b.Organisation, Role: b.Role, Path: b.Path, Grants: b.Grants, Off: b.Off})
			if err == nil && b.Password != "" {
				err = a.access.SetPassword(ctx, Who(ctx), in.ID, b.Password)
			}
			return &struct{ Body access.User }{u}, err
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/users/{id}/link", ID: "add-link", Summary: "Make a one-time sign-in link; its secret is shown once", Tag: "admin", Needs: access.Administer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		},
		) (*struct{ Body Link }, error) {
			secret, expires, err := a.access.CreateLink(ctx, Who(ctx), in.ID)
			return &struct{ Body Link }{Link{Secret: secret, Expires: expires}}, err
		})
}

// Link lets one person in, once.
type Link struct {
	Secret  string    `json:"secret"`
	Expires time.Time `json:"expires"`
}

// NewToken is a token just made: the secret is shown this once.
type NewToken struct {
	access.Token
	Secret string `json:"secret"`
}

func (a *API) registerTokens() {
	Handle(a, Op{Method: http.MethodGet, Path: "/tokens", ID: "tokens", Summary: "API tokens", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, _ *struct{}) (*ListOut[access.Token], error) {
			tokens, err := a.access.Tokens(ctx, Who(ctx))
			return NewList(tokens, ""), err
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/tokens", ID: "add-token", Summary: "Make an API token; its secret is shown once", Tag: "admin", Needs: access.Administer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Body struct {
				Name    string         `json:"name" minLength:"1" maxLength:"100"`
				Role    access.Role    `json:"role,omitempty" maxLength:"40" doc:"Instead of grants: one role at path"`
				Path    string         `json:"path,omitempty" maxLength:"400"`
				Grants  []access.Grant `json:"grants,omitempty" maxItems:"50"`
				Expires time.Time      `json:"expires,omitzero"`
			}
		},
		) (*struct{ Body NewToken }, error) {
			t, secret, err := a.access.CreateToken(ctx, Who(ctx), access.NewToken{Name: in.Body.Name, Role: in.Body.Role, Path: in.Body.Path, Grants: in.Body.Grants, Expires: in.Body.Expires})
			return &struct{ Body NewToken }{NewToken{Token: t, Secret: secret}}, err
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/tokens/{id}", ID: "revoke-token", Summary: "Revoke an API token", Tag: "admin", Needs: access.Administer, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		},
		) (*struct{}, error) {
			return nil, a.access.RevokeToken(ctx, Who(ctx), in.ID)
		})
}
