// Package access says who may do what, where: sign-in, roles, scopes, tokens
// and the audit that nobody can rewrite unseen.
//
// It never reads HTTP and never stores by itself; record implements [Store].
// Start with [Principal] and [Grant].
package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// Scope is what a question may touch: one tenant, and within it the nodes at
// or below a path ("" is all of it). Every store method takes one.
type Scope struct {
	Tenant plant.TenantNo
	Path   string
	More   Paths // further places beside Path, of somebody who was given several
}

// Paths are paths of places in one word, so that a [Scope] can be compared.
type Paths string

// nowhere is the path of who may see no place: no node can have it.
const nowhere = "-"

const pathSeparator = "\n" // no path holds one

// Split gives the paths one by one.
func (p Paths) Split() []string {
	if p == "" {
		return nil
	}
	return strings.Split(string(p), pathSeparator)
}

// Places are the paths of the scope; [""] is all of the tenant.
func (s Scope) Places() []string { return append([]string{s.Path}, s.More.Split()...) }

// Allows reports whether the node at path may be seen.
func (s Scope) Allows(path string) bool {
	if plant.Within(path, s.Path) {
		return true
	}
	return slices.ContainsFunc(s.More.Split(), func(one string) bool { return plant.Within(path, one) })
}

// HomeTenant is the tenant that runs the node: the only one of a plant's own
// node, the operator's of one that many firms share.
const HomeTenant plant.TenantNo = 1

// Role is the id of a bundle of permissions.
type Role string

// Roles the code itself gives; which permissions they bundle is data.
const (
	RoleAdmin    Role = "admin"
	RoleEngineer Role = "engineer"
	RoleOperator Role = "operator"
	RoleViewer   Role = "viewer"
)

// Permission is one thing a role may do.
type Permission string

const (
	SignedIn   Permission = "signed-in"  // be anybody who is signed in; no role needs to say so
	Read       Permission = "read"       // see equipment, figures, samples
	Report     Permission = "report"     // enter stop reasons, counts
	Control    Permission = "control"    // set values on machines that may be written to
	Plan       Permission = "plan"       // enter, release and schedule orders
	Material   Permission = "material"   // keep items and locations, book material
	Exchange   Permission = "exchange"   // exchange messages with business systems, and keep how
	Engineer   Permission = "engineer"   // edit the plant, devices, definitions
	Administer Permission = "administer" // users, tokens
	ReadAudit  Permission = "audit"      // read and verify the audit
	ReadFirms  Permission = "firms"      // see firms of the registry, their figures and diagnoses
	KeepFirms  Permission = "firms.keep" // enter and change firms of the registry
	Diagnose   Permission = "diagnose"   // plan, carry out and close diagnoses
	// ReportFirms is to freeze, hand in, return and approve what regions report.
	ReportFirms Permission = "firms.report"
	// DispatchExperts is to keep the register of experts, send and station them, and
	// direct questions for advice.
	DispatchExperts Permission = "firms.dispatch"
	// ReplyFirms is to speak for a firm: to answer questions and reply to drafts.
	ReplyFirms Permission = "firms.reply"
)

// User signs in with a name and a password.
type User struct {
	ID      string         `json:"id"`
	Tenant  plant.TenantNo `json:"-"`
	Name    string         `json:"name"`
	Display string         `json:"display"`
	// Organisation is whom the person works for, as reports print it.
	Organisation string  `json:"organisation"`
	Role         Role    `json:"role" doc:"Of the first grant"`
	Path         string  `json:"path" doc:"Of the first grant"`
	Grants       []Grant `json:"grants" nullable:"false"`
	Password     string  `json:"-"` // argon2id, PHC string
	Off          bool    `json:"off"`
	Rev          int64   `json:"rev"`
	// Seen is when a session of the user was last opened or used, to about five
	// minutes.
	Seen time.Time `json:"seen,omitzero"`
}

// Token lets a program in. Only the SHA-256 of its secret is stored.
type Token struct {
	ID      string         `json:"id"`
	Tenant  plant.TenantNo `json:"-"`
	Name    string         `json:"name"`
	Role    Role           `json:"role" doc:"Of the first grant"`
	Path    string         `json:"path" doc:"Of the first grant"`
	Grants  []Grant        `json:"grants" nullable:"false"`
	Hash    string         `json:"-"`
	Created time.Time      `json:"created"`
	Expires time.Time      `json:"expires,omitzero"`
	Revoked bool           `json:"revoked"`
}

// Session is a signed-in browser, or a link that signs one in once. Only the
// SHA-256 of its secret is stored.
type Session struct {
	Hash    string
	User    string
	Tenant  plant.TenantNo
	Expires time.Time
	// Of sessions alone: when it was opened and last used, from where and how.
	Opened, Seen        time.Time
	Address, Device, By string
	Provider            string // at which the person signed in, "" for none
	Vouched             bool   // the provider says that there was a second factor
}

// Entry is one line of the audit. Hash covers the entry and the hash before
// it, so that no line can be changed or taken out unseen.
type Entry struct {
	Seq    uint64         `json:"seq"`
	Tenant plant.TenantNo `json:"-"`
	At     time.Time      `json:"at"`
	Who    string         `json:"who"`
	Action string         `json:"action"` // equipment.update, user.create, session.open ...
	Object string         `json:"object"`
	Before string         `json:"before,omitempty"` // JSON
	After  string         `json:"after,omitempty"`
	Prev   string         `json:"prev"`
	Hash   string         `json:"hash"`
}

// Errors of this package; test with errors.Is.
var (
	ErrUnauthorized = errors.New("access: not signed in or wrong credentials")
	ErrForbidden    = errors.New("access: not allowed")
	ErrNotFound     = errors.New("access: not found")
	ErrConflict     = errors.New("access: changed by someone else meanwhile")
	ErrInvalid      = errors.New("not acceptable") // wrapped with what, where and what to write instead
	ErrLocked       = errors.New("access: too many failed sign-ins; try again later")
)

// Store keeps users, tokens, sessions and the audit. Methods may be called
// concurrently; those that do not find what they look for return ErrNotFound.
type Store interface {
	UserByName(ctx context.Context, name string) (User, error)
	UserByID(ctx context.Context, tenant plant.TenantNo, id string) (User, error)
	Users(ctx context.Context, tenant plant.TenantNo) ([]User, error)
	SaveUser(ctx context.Context, u User) (User, error) // ErrConflict when Rev is not the stored one
	SaveToken(ctx context.Context, t Token) error
	TokenByHash(ctx context.Context, hash string) (Token, error)
	Tokens(ctx context.Context, tenant plant.TenantNo) ([]Token, error)
	SaveSession(ctx context.Context, s Session) error
	SessionByHash(ctx context.Context, hash string) (Session, error)
	DropSession(ctx context.Context, hash string) error
	// Sessions lists those of a user, the last used first.
	Sessions(ctx context.Context, tenant plant.TenantNo, user string) ([]Session, error)
	TouchSession(ctx context.Context, hash string, seen time.Time) error
	// DropSessions ends every session and sign-in link of the user but the one with
	// the hash keep.
	DropSessions(ctx context.Context, tenant plant.TenantNo, user, keep string) error
	// DropExpired forgets sessions and sign-in links that ended before now.
	DropExpired(ctx context.Context, now time.Time) error
	SaveLink(ctx context.Context, l Session) error
	// TakeLink gives a sign-in link's target once: the second call, also a
	// concurrent one, gets ErrNotFound.
	TakeLink(ctx context.Context, hash string) (Session, error)
	Factor(ctx context.Context, tenant plant.TenantNo, user string) (Factor, error)
	// ChangeFactor stores what change makes of a user's second factor, nil for
	// none, in one step: of two changes at a time one sees what the other did.
	ChangeFactor(ctx context.Context, tenant plant.TenantNo, user string, change func(*Factor) (*Factor, error)) error
	// Factors lists whose second factors there are, of every tenant.
	Factors(ctx context.Context) ([]FactorOwner, error)
	// Roles lists the tenant's own roles by id.
	Roles(ctx context.Context, tenant plant.TenantNo) ([]RoleDef, error)
	SaveRole(ctx context.Context, tenant plant.TenantNo, r RoleDef) (RoleDef, error) // ErrConflict when Rev is not the stored one
	DropRole(ctx context.Context, tenant plant.TenantNo, id Role, rev int64) error   // ErrConflict likewise
	ProviderStore
	AuditStore
}

// ProviderStore keeps providers and who signed in by them.
type ProviderStore interface {
	// NewID is an id that nothing else has.
	NewID() string
	// Providers lists the tenant's in the order in which they were made;
	// AllProviders those of every tenant, for who is not known yet.
	Providers(ctx context.Context, tenant plant.TenantNo) ([]Provider, error)
	AllProviders(ctx context.Context) ([]Provider, error)
	ProviderByID(ctx context.Context, id string) (Provider, error)  // of any tenant
	SaveProvider(ctx context.Context, p Provider) (Provider, error) // ErrConflict when Rev is not the stored one
	DropProvider(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
	// DropSessionsBy ends the sessions that a provider opened.
	DropSessionsBy(ctx context.Context, tenant plant.TenantNo, provider string) error
	// Linked is the user that the provider's person is; Adopt stores a new one and
	// links it, in one step, ErrConflict when the person or the name is there.
	Linked(ctx context.Context, tenant plant.TenantNo, issuer, subject string) (User, error)
	Adopt(ctx context.Context, u User, l Linking) (User, error)
}

// Linking says which person of a provider a user is.
type Linking struct {
	Issuer, Subject string
	Provider        string // by which the person came first
	Since           time.Time
}

// AuditStore appends to the audit and reads it back in order.
type AuditStore interface {
	// AppendAudit commits e durably behind the last entry; build chains it.
	AppendAudit(ctx context.Context, e Entry, chain func(prev Entry, e Entry) Entry) (Entry, error)
	Audit(ctx context.Context, tenant plant.TenantNo, afterSeq uint64, limit int) ([]Entry, error)
	// FindAudit lists entries that q chooses, newest first; CountAudit counts
	// them, up to limit.
	FindAudit(ctx context.Context, tenant plant.TenantNo, q AuditQuery, limit int) ([]Entry, error)
	CountAudit(ctx context.Context, tenant plant.TenantNo, q AuditQuery, limit int) (int, error)
	// AuditOf lists the tenant's entries of the actions, newest first.
	AuditOf(ctx context.Context, tenant plant.TenantNo, actions []string, limit int) ([]Entry, error)
}
