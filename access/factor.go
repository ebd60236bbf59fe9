package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/plant"
)

// ErrSecondFactor asks for the code of the second factor; it comes as
// *SecondFactorError.
var ErrSecondFactor = fmt.Errorf("%w: the second factor is to come", ErrUnauthorized)

// SecondFactorError is a sign-in whose first step succeeded.
type SecondFactorError struct {
	Ticket  string // for the second step
	Expires time.Time
}

func (e *SecondFactorError) Error() string {
	return "access: enter the code of the authenticator, or a recovery code"
}

// Unwrap makes errors.Is(err, ErrSecondFactor) true.
func (e *SecondFactorError) Unwrap() error { return ErrSecondFactor }

// ticketLife is how long the second step may take: a telephone is fetched from a
// locker.
const ticketLife = 5 * time.Minute

// Factor is the second factor of a user. It is never shown after it was set up.
type Factor struct {
	Secret    string    `json:"secret"` // base32, sealed by the node's [Vault]
	Since     time.Time `json:"since"`
	Confirmed bool      `json:"confirmed"` // a first code was right
	Step      int64     `json:"step"`      // last step of RFC 6238 that was used
	Recovery  []string  `json:"recovery"`  // hashes of the codes that are left
}

// FactorState is what is told of a user's second factor.
type FactorState struct {
	On       bool      `json:"on"`
	Since    time.Time `json:"since,omitzero"`
	Left     int       `json:"recovery_left" doc:"Recovery codes not used yet"`
	Required bool      `json:"required" doc:"A role of yours asks for it"`
}

// Enrolment is a second factor that is being set up.
type Enrolment struct {
	Secret string `json:"secret" doc:"Base32, to be typed where no picture can be taken"`
	URI    string `json:"uri" doc:"What the QR code says"`
}

const totpIssuer = "zhigai"

// FactorOwner is whose a second factor is.
type FactorOwner struct {
	Tenant plant.TenantNo
	User   string
}

// sealed names the secret, see [Vault.Seal].
func (o FactorOwner) sealed() string { return fmt.Sprintf("factor/%d/%s", o.Tenant, o.User) }

// take uses a code of the authenticator, whose secret is open here, or a recovery
// code, once.
func (f Factor) take(secret []byte, code string, now time.Time) (Factor, bool) {
	code = tidyCode(code)
	if step, ok := matchTOTP(secret, code, now, f.Step); ok {
		f.Step = step
		return f, true
	}
	hash := hashSecret(recoveryPrefix + code)
	if i := slices.Index(f.Recovery, hash); i >= 0 && f.Confirmed {
		f.Recovery = slices.Delete(slices.Clone(f.Recovery), i, i+1)
		return f, true
	}
	return f, false
}

// factorKey is under which failures of the second step are counted: no name has
// a colon.
func factorKey(user string) string { return "2:" + user }

// enter opens a session, or asks for the second factor first.
func (s *Service) enter(ctx context.Context, u User, by means, from Caller) (Signed, error) {
	if err := s.admits(ctx, u.Tenant); err != nil {
		return Signed{}, err
	}
	if by.vouched {
		return s.open(ctx, u, by, from)
	}
	f, err := s.store.Factor(ctx, u.Tenant, u.ID)
	if errors.Is(err, ErrNotFound) || err == nil && !f.Confirmed {
		return s.open(ctx, u, by, from)
	}
	if err != nil {
		return Signed{}, err
	}
	secret, err := newSecret(ticketPrefix)
	if err != nil {
		return Signed{}, err
	}
	expires := s.now().Add(ticketLife).UTC().Truncate(time.Microsecond)
	if err := s.store.SaveLink(ctx, Session{Hash: hashSecret(secret), User: u.ID, Tenant: u.Tenant, Expires: expires, Provider: by.provider}); err != nil {
		return Signed{}, err
	}
	return Signed{}, &SecondFactorError{Ticket: secret, Expires: expires}
}

// SecondStep ends a sign-in with a code of the authenticator or a recovery code.
// A wrong code leaves the ticket as it is; wrong ones are counted as failed
// sign-ins are.
func (s *Service) SecondStep(ctx context.Context, ticket, code string, from Caller) (Signed, error) {
	if !isSecret(ticket, ticketPrefix) || len(code) > maxPassword {
		return Signed{}, ErrUnauthorized
	}
	l, err := s.store.TakeLink(ctx, hashSecret(ticket))
	if errors.Is(err, ErrNotFound) || err == nil && !s.now().Before(l.Expires) {
		return Signed{}, fmt.Errorf("%w: the first step is too long ago; begin again", ErrUnauthorized)
	}
	if err != nil {
		return Signed{}, err
	}
	u, err := s.store.UserByID(ctx, l.Tenant, l.User)
	if err != nil || u.Off {
		return Signed{}, ErrUnauthorized
	}
	if err := s.useCode(ctx, u, code, from); err != nil {
		return Signed{}, errors.Join(err, s.store.SaveLink(ctx, l))
	}
	return s.open(ctx, u, means{by: "second factor", provider: l.Provider}, from)
}

// errCode is a code that is wrong, late or used.
var errCode = fmt.Errorf("%w: the code is wrong, too old or used already", ErrUnauthorized)

// useCode counts the try, and uses the code once, also where two come at a time.
func (s *Service) useCode(ctx context.Context, u User, code string, from Caller) error {
	if _, err := s.lock.begin(factorKey(u.ID), from.Address, s.now()); err != nil {
		return err
	}
	left := -1
	err := s.store.ChangeFactor(ctx, u.Tenant, u.ID, func(f *Factor) (*Factor, error) {
		if f == nil {
			return nil, errCode
		}
		used, ok, err := s.take(FactorOwner{u.Tenant, u.ID}, *f, code)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errCode
		}
		if len(used.Recovery) < len(f.Recovery) {
			left = len(used.Recovery)
		}
		return &used, nil
	})
	if err != nil {
		return err
	}
	s.lock.succeed(factorKey(u.ID), from.Address)
	if left >= 0 {
		return s.Record(ctx, nameOf(u), "factor.recovery", "user/"+u.ID, nil, map[string]int{"left": left})
	}
	return nil
}

// take uses a code of the factor; a secret that an older program left in clear is
// sealed with it.
func (s *Service) take(of FactorOwner, f Factor, code string) (Factor, bool, error) {
	plain, err := s.vault.Open(of.sealed(), f.Secret)
	if err != nil {
		return f, false, err
	}
	secret, err := base32Plain.DecodeString(plain)
	if err != nil {
		return f, false, nil
	}
	used, ok := f.take(secret, code, s.now())
	if ok && !IsSealed(used.Secret) {
		used.Secret, err = s.vault.Seal(of.sealed(), plain)
	}
	return used, ok, err
}

// SealFactors seals the secrets that an older program left in clear and says how
// many there were. Those that the key does not open are an error that wraps
// [ErrOtherKey]; the others are sealed all the same.
func (s *Service) SealFactors(ctx context.Context) (sealed int, err error) {
	all, err := s.store.Factors(ctx)
	if err != nil {
		return 0, err
	}
	var foreign error
	for _, of := range all {
		changed := false
		err := s.store.ChangeFactor(ctx, of.Tenant, of.User, func(f *Factor) (*Factor, error) {
			if f == nil {
				return nil, nil
			}
			if IsSealed(f.Secret) {
				_, err := s.vault.Open(of.sealed(), f.Secret)
				return f, err
			}
			next := *f
			text, err := s.vault.Seal(of.sealed(), f.Secret)
			next.Secret, changed = text, err == nil
			return &next, err
		})
		switch {
		case errors.Is(err, ErrOtherKey):
			foreign = fmt.Errorf("second factor of user %s: %w", of.User, err)
		case err != nil:
			return sealed, err
		case changed:
			sealed++
		}
	}
	return sealed, foreign
}

// FactorOf tells of by's second factor.
func (s *Service) FactorOf(ctx context.Context, by Principal) (FactorState, error) {
	state := FactorState{Required: by.strict}
	f, err := s.store.Factor(ctx, by.Scope.Tenant, by.User)
	if errors.Is(err, ErrNotFound) || err == nil && !f.Confirmed {
		return state, nil
	}
	state.On, state.Since, state.Left = err == nil, f.Since, len(f.Recovery)
	return state, err
}

// own is the user that by is; programs have no second factor.
func (s *Service) own(ctx context.Context, by Principal) (User, error) {
	u, err := s.store.UserByID(ctx, by.Scope.Tenant, by.User)
	if errors.Is(err, ErrNotFound) {
		return User{}, ErrForbidden
	}
	return u, err
}

// EnrolFactor begins to set up a second factor, in place of one that was begun;
// it holds once [Service.ConfirmFactor] saw a right code.
func (s *Service) EnrolFactor(ctx context.Context, by Principal) (Enrolment, error) {
	u, err := s.own(ctx, by)
	if err != nil {
		return Enrolment{}, err
	}
	secret, err := newTOTPSecret()
	if err != nil {
		return Enrolment{}, err
	}
	stored, err := s.vault.Seal(FactorOwner{u.Tenant, u.ID}.sealed(), secret)
	if err != nil {
		return Enrolment{}, err
	}
	err = s.store.ChangeFactor(ctx, u.Tenant, u.ID, func(f *Factor) (*Factor, error) {
		if f != nil && f.Confirmed {
			return nil, fmt.Errorf("%w: there is a second factor already; take it off first", ErrInvalid)
		}
		return &Factor{Secret: stored, Since: s.now().UTC().Truncate(time.Microsecond)}, nil
	})
	return Enrolment{Secret: secret, URI: totpURI(totpIssuer, u.Name, secret)}, err
}

// ConfirmFactor sets the second factor in force by a first code and gives the
// recovery codes, which are shown this once.
func (s *Service) ConfirmFactor(ctx context.Context, by Principal, code string, from Caller) ([]string, error) {
	u, err := s.own(ctx, by)
	if err != nil {
		return nil, err
	}
	if f, err := s.store.Factor(ctx, u.Tenant, u.ID); err != nil || f.Confirmed {
		return nil, errors.Join(fmt.Errorf("%w: no second factor is being set up", ErrInvalid), ignoreNotFound(err))
	}
	if err := s.useCode(ctx, u, code, from); err != nil {
		return nil, err
	}
	return s.newRecovery(ctx, by, u, "factor.on")
}

// RenewRecovery gives new recovery codes for a code of the second factor; those
// from before open nothing any more.
func (s *Service) RenewRecovery(ctx context.Context, by Principal, code string, from Caller) ([]string, error) {
	u, err := s.own(ctx, by)
	if err != nil {
		return nil, err
	}
	if f, err := s.store.Factor(ctx, u.Tenant, u.ID); err != nil || !f.Confirmed {
		return nil, errors.Join(fmt.Errorf("%w: there is no second factor to have recovery codes for", ErrInvalid), ignoreNotFound(err))
	}
	if err := s.useCode(ctx, u, code, from); err != nil {
		return nil, err
	}
	return s.newRecovery(ctx, by, u, "factor.renew")
}

// newRecovery stores new recovery codes, and with them that the factor holds.
func (s *Service) newRecovery(ctx context.Context, by Principal, u User, action string) ([]string, error) {
	codes, hashes, err := newRecoveryCodes()
	if err != nil {
		return nil, err
	}
	err = s.store.ChangeFactor(ctx, u.Tenant, u.ID, func(f *Factor) (*Factor, error) {
		if f == nil {
			return nil, ErrConflict
		}
		on := *f
		on.Confirmed, on.Recovery = true, hashes
		return &on, nil
	})
	if err != nil {
		return nil, err
	}
	s.forget()
	return codes, s.Record(ctx, by, action, "user/"+u.ID, nil, nil)
}

func ignoreNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// DropFactor takes by's own second factor off, by a code of it.
func (s *Service) DropFactor(ctx context.Context, by Principal, code string, from Caller) error {
	u, err := s.own(ctx, by)
	if err != nil {
		return err
	}
	if err := s.useCode(ctx, u, code, from); err != nil {
		return err
	}
	return s.removeFactor(ctx, by, u.Tenant, u.ID, "factor.off")
}

// ResetFactor takes off the second factor of a user who lost it, and ends the
// user's sessions.
func (s *Service) ResetFactor(ctx context.Context, by Principal, user string) error {
	u, err := s.userFor(ctx, by, user)
	if err != nil {
		return err
	}
	if u.ID == by.User {
		return fmt.Errorf("%w: take your own second factor off by a code of it", ErrInvalid)
	}
	if err := s.store.DropSessions(ctx, u.Tenant, u.ID, ""); err != nil {
		return err
	}
	return s.removeFactor(ctx, by, u.Tenant, u.ID, "factor.reset")
}

func (s *Service) removeFactor(ctx context.Context, by Principal, tenant plant.TenantNo, user, action string) error {
	err := s.store.ChangeFactor(ctx, tenant, user, func(*Factor) (*Factor, error) { return nil, nil })
	if err != nil {
		return err
	}
	s.forget()
	return s.Record(ctx, by, action, "user/"+user, nil, nil)
}
