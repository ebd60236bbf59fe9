package web

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
)

// LetIn lets somebody from outside in until a date.
type LetIn struct {
	Name    string         `json:"name,omitempty" maxLength:"100" doc:"Of a user who is there; left out with invite"`
	Invite  *Invited       `json:"invite,omitempty" doc:"A person who has no user yet"`
	Grants  []access.Grant `json:"grants" minItems:"1" maxItems:"10" doc:"Role and place, or area of firms, of each; other fields do not count"`
	Until   time.Time      `json:"until" doc:"A year ahead at most"`
	Purpose string         `json:"purpose" minLength:"1" maxLength:"400"`
}

// Invited is a person for whom a user is made.
type Invited struct {
	Name         string `json:"name" minLength:"1" maxLength:"100" doc:"To sign in with"`
	Display      string `json:"display" minLength:"1" maxLength:"100" doc:"Name of the person"`
	Organisation string `json:"organisation" minLength:"1" maxLength:"100" doc:"Whom the person works for"`
}

// GuestID names one thing that somebody was let in to.
type GuestID struct {
	User string `path:"user" maxLength:"60"`
	ID   string `path:"id" maxLength:"60"`
}

type guestOut struct{ Body access.Guest }

// registerGuests adds who is let in from outside until a date.
func (a *API) registerGuests() {
	Handle(a, Op{Method: http.MethodGet, Path: "/guests", ID: "guests", Summary: "Who was let in until a date: for what, by whom, when seen last", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, _ *struct{}) (*ListOut[access.Guest], error) {
			all, err := a.access.Guests(ctx, Who(ctx))
			return NewList(all, ""), err
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/guests", ID: "let-in", Summary: "Let a user, or somebody who is invited by it, in to named things until a date", Tag: "admin", Needs: access.Administer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body LetIn }) (*struct{ Body access.Admitted }, error) {
			b := in.Body
			if (b.Name == "") == (b.Invite == nil) {
				return nil, Invalid("body", "name a user who is there, or invite a person: one of the two")
			}
			admission := access.Admission{Name: b.Name, Grants: b.Grants, Until: b.Until, Purpose: b.Purpose}
			if b.Invite != nil {
				admission.Invited = &access.NewUser{Name: b.Invite.Name, Display: b.Invite.Display, Organisation: b.Invite.Organisation}
			}
			out, err := a.access.LetIn(ctx, Who(ctx), admission)
			return &struct{ Body access.Admitted }{out}, err
		})
	Handle(a, Op{Method: http.MethodPut, Path: "/guests/{user}/{id}", ID: "extend-guest", Summary: "Let a guest in until another date", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, in *struct {
			GuestID
			Body struct {
				Until time.Time `json:"until" doc:"A year ahead at most"`
			}
		},
		) (*guestOut, error) {
			g, err := a.access.Extend(ctx, Who(ctx), in.User, in.ID, in.Body.Until)
			return &guestOut{g}, err
		})
	Handle(a, Op{Method: http.MethodDelete, Path: "/guests/{user}/{id}", ID: "end-guest", Summary: "End what a guest was let in to, at once", Tag: "admin", Needs: access.Administer},
		func(ctx context.Context, in *GuestID) (*guestOut, error) {
			g, err := a.access.EndStay(ctx, Who(ctx), in.User, in.ID)
			return &guestOut{g}, err
		})
}
