package access_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// enrolled is a user with a second factor, its secret and its recovery codes.
func (h house) enrolled(t *testing.T, name string) (by access.Principal, secret string, codes []string) {
	t.Helper()
	s := h.signIn(t, name)
	e, err := h.EnrolFactor(t.Context(), s.Principal)
	if err != nil {
		t.Fatal(err)
	}
	if s2 := h.signIn(t, name); s2.Secret == "" { // not in force before a code was right
		t.Error("a factor that is not confirmed is asked for")
	}
	codes, err = h.ConfirmFactor(t.Context(), s.Principal, access.CodeOf(t, e.Secret, h.clock.now()), access.Caller{})
	if err != nil || len(codes) != 10 {
		t.Fatalf("ConfirmFactor: %d codes, %v; want ten", len(codes), err)
	}
	return s.Principal, e.Secret, codes
}

// ticket is what the first step gives.
func (h house) ticket(t *testing.T, name string) string {
	t.Helper()
	_, err := h.SignIn(t.Context(), name, password, access.Caller{})
	var second *access.SecondFactorError
	if !errors.As(err, &second) {
		t.Fatalf("the first step: %v; want the second to be asked for", err)
	}
	return second.Ticket
}

func TestSecondFactor(t *testing.T) {
	h := newHouse(t)
	u := h.user(t, "wang", access.RoleOperator, "")
	by, secret, codes := h.enrolled(t, "wang")
	step := func(ticket, code string) error {
		_, err := h.SecondStep(t.Context(), ticket, code, access.Caller{Address: "10.0.0.3"})
		return err
	}
	ticket := h.ticket(t, "wang")
	_, err := h.Authenticate(t.Context(), ticket)
	want(t, "a ticket as a session", err, access.ErrUnauthorized)
	_, err = h.SignInByLink(t.Context(), ticket, access.Caller{})
	want(t, "a ticket as a link", err, access.ErrUnauthorized)
	want(t, "the code that confirmed, again", step(ticket, access.CodeOf(t, secret, h.clock.now())), access.ErrUnauthorized)
	want(t, "a wrong code", step(ticket, "000000"), access.ErrUnauthorized)
	h.clock.pass(time.Minute)
	code := access.CodeOf(t, secret, h.clock.now())
	if err := step(ticket, code[:3]+" "+code[3:]); err != nil {
		t.Errorf("a right code, written with a blank, after a wrong one: %v", err)
	}
	want(t, "the ticket again", step(ticket, code), access.ErrUnauthorized)
	want(t, "the code again", step(h.ticket(t, "wang"), code), access.ErrUnauthorized)
	if err := step(h.ticket(t, "wang"), strings.ToUpper(codes[3])); err != nil {
		t.Errorf("a recovery code in capitals: %v", err)
	}
	want(t, "the recovery code again", step(h.ticket(t, "wang"), codes[3]), access.ErrUnauthorized)
	if f, err := h.FactorOf(t.Context(), by); err != nil || !f.On || f.Left != 9 {
		t.Errorf("FactorOf = %+v, %v; want nine recovery codes left", f, err)
	}
	late := h.ticket(t, "wang")
	h.clock.pass(6 * time.Minute)
	want(t, "a ticket that is over", step(late, access.CodeOf(t, secret, h.clock.now())), access.ErrUnauthorized)

	link, _, err := h.CreateLink(t.Context(), h.admin, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.SignInByLink(t.Context(), link, access.Caller{})
	want(t, "a link asks for the second factor, too", err, access.ErrSecondFactor)

	ticket = h.ticket(t, "wang")
	for range 4 {
		_ = step(ticket, "000000")
	}
	h.clock.pass(time.Second)
	_ = step(ticket, "000000")
	want(t, "a right code after five wrong ones", step(ticket, access.CodeOf(t, secret, h.clock.now())), access.ErrLocked)

	_, err = h.EnrolFactor(t.Context(), by)
	want(t, "a second enrolment", err, access.ErrInvalid)
	_, err = h.EnrolFactor(t.Context(), access.Node(1))
	want(t, "a program enrols", err, access.ErrForbidden)
	want(t, "an operator resets another's", h.ResetFactor(t.Context(), by, h.admin.User), access.ErrForbidden)
	if err := h.ResetFactor(t.Context(), h.admin, u.ID); err != nil {
		t.Fatal(err)
	}
	h.signIn(t, "wang")
	entries, err := h.store.FindAudit(t.Context(), 1, access.AuditQuery{Action: "factor."}, 10)
	if err != nil || !slices.EqualFunc(entries, []string{"factor.reset", "factor.recovery", "factor.on"}, func(e access.Entry, action string) bool { return e.Action == action }) {
		t.Errorf("audit: %+v, %v", entries, err)
	}
	for _, e := range entries {
		if strings.Contains(e.Before+e.After, secret) {
			t.Errorf("the audit shows the secret: %+v", e)
		}
	}
}

// TestSecondFactor_CodeOnce: of many at a time with one code one gets in.
func TestSecondFactor_CodeOnce(t *testing.T) {
	h := newHouse(t)
	h.user(t, "wang", access.RoleOperator, "")
	_, secret, _ := h.enrolled(t, "wang")
	h.clock.pass(time.Minute)
	code := access.CodeOf(t, secret, h.clock.now())
	tickets := []string{h.ticket(t, "wang"), h.ticket(t, "wang"), h.ticket(t, "wang"), h.ticket(t, "wang")}
	var mu sync.Mutex
	var all sync.WaitGroup
	in := 0
	for i, ticket := range tickets {
		all.Go(func() {
			_, err := h.SecondStep(t.Context(), ticket, code, access.Caller{Address: string(rune('a' + i))})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				in++
			} else if !errors.Is(err, access.ErrUnauthorized) {
				t.Errorf("SecondStep: %v", err)
			}
		})
	}
	all.Wait()
	if in != 1 {
		t.Errorf("one code let %d in; want one", in)
	}
}

// TestSecondFactor_RequiredByRole: who holds a role that asks for a second factor
// may nothing until there is one; programs are not asked.
func TestSecondFactor_RequiredByRole(t *testing.T) {
	h := newHouse(t)
	strict := access.RoleDef{ID: "strict", Name: plant.Name{ZH: "须双因素"}, Permissions: []access.Permission{access.Read, access.Report}, SecondFactor: true}
	if _, err := h.SaveRole(t.Context(), h.admin, strict); err != nil {
		t.Fatal(err)
	}
	h.user(t, "wang", "strict", "")
	s := h.signIn(t, "wang")
	if p := s.Principal; !p.MustEnrol() || p.Has(access.Read) || p.May(access.Report, "") || !p.Has(access.SignedIn) {
		t.Errorf("without a second factor: %+v", p)
	}
	_, secret, _ := h.enrolled(t, "wang")
	p, err := h.Authenticate(t.Context(), s.Secret)
	if err != nil || p.MustEnrol() || !p.May(access.Report, "") {
		t.Errorf("with a second factor: %+v, %v", p, err)
	}
	h.clock.pass(time.Minute)
	if err := h.DropFactor(t.Context(), p, access.CodeOf(t, secret, h.clock.now()), access.Caller{}); err != nil {
		t.Fatal(err)
	}
	if p, err = h.Authenticate(t.Context(), s.Secret); err != nil || !p.MustEnrol() || p.Has(access.Read) {
		t.Errorf("after it was taken off: %+v, %v", p, err)
	}
	_, token, err := h.CreateToken(t.Context(), h.admin, access.NewToken{Name: "grafana", Role: "strict"})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := h.Authenticate(t.Context(), token); err != nil || !p.Has(access.Read) {
		t.Errorf("a program: %+v, %v", p, err)
	}
}
