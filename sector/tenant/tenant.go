// Package tenant keeps the firms that share one node: who they are, what each
// may use, what it used, and how it leaves.
//
// A tenant is taken in with a plant made of a template, and with its own
// administrator; it leaves with everything it owns and after a term nothing of
// it is left but its number and the audit. Profiles and definitions that a
// template brings along are the node's from then on. The package stores nothing
// itself, sees no sample, and never gives the number of a tenant again. Start
// with [Desk.Add] and [Template].
package tenant

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"zhigai/plant"
)

// State says how a tenant stands.
type State string

// States of a tenant. It is served when active or leaving.
const (
	Active    State = "active"
	Suspended State = "suspended" // nobody signs in, nothing is collected; all is kept
	Leaving   State = "leaving"   // served until its term is over, then deleted
	Deleted   State = "deleted"   // only its number and the audit are left
)

// Limits are what a tenant may use; beyond it is refused, or slowed, with the
// reason.
type Limits struct {
	Devices int64 `json:"devices" yaml:"devices" minimum:"0"`
	Tags    int64 `json:"tags" yaml:"tags" minimum:"0"`
	Samples int64 `json:"samples" yaml:"samples" minimum:"0" doc:"A second, over ten seconds; sources are slowed beyond it"`
	Bytes   int64 `json:"bytes" yaml:"bytes" minimum:"0" doc:"Of samples on the disk"`
	Users   int64 `json:"users" yaml:"users" minimum:"0"`
	// Reach lets devices be asked over the operator's network. Without it only
	// those are read that speak to the node: MQTT, Sparkplug, webhooks, files.
	Reach bool `json:"reach" yaml:"reach" doc:"Devices may be asked over the operator's network; without it only those are read that speak to the node by themselves"`
}

// Defaults are the limits of a small firm: some dozens of machines.
func Defaults() Limits {
	return Limits{Devices: 100, Tags: 5_000, Samples: 2_000, Bytes: 20 << 30, Users: 50}
}

// Bounds of what people write.
const (
	maxName     = 100 // characters
	maxTenants  = 1_000
	maxTemplate = 60
	// MaxTerm bounds the time between leaving and deletion.
	MaxTerm = 366 * 24 * time.Hour
	// DefaultTerm is the time in which a firm that leaves may think again.
	DefaultTerm = 30 * 24 * time.Hour
)

// ErrInvalid is wrapped by errors that say what is wrong and what to write.
var ErrInvalid = errors.New("tenant: invalid")

// ErrState is a step that is not possible as the tenant stands.
var ErrState = errors.New("tenant: not possible in its state")

// Tenant is a firm on this node.
type Tenant struct {
	No       plant.TenantNo `json:"no"`
	ID       string         `json:"id" doc:"Stands behind the @ of its users' names and before its topics and folders"`
	Name     plant.Name     `json:"name"`
	Code     string         `json:"code,omitempty" doc:"Unified social credit code"`
	State    State          `json:"state" enum:"active,suspended,leaving,deleted"`
	Template string         `json:"template,omitempty" doc:"That its plant was made of"`
	Limits   Limits         `json:"limits"`
	Created  time.Time      `json:"created"`
	Ends     time.Time      `json:"ends,omitzero" doc:"When everything is deleted, of one that leaves; when it was, of a deleted one"`
	Rev      int64          `json:"rev"`
}

// Served reports whether the node works for the tenant.
func (t Tenant) Served() bool { return t.State == Active || t.State == Leaving }

// idForm has no '-' and no '.': an id stands as a word of its own in topics,
// folders and names of webhooks, and none is the beginning of another's.
var idForm = regexp.MustCompile(`^[a-z][a-z0-9]{1,19}$`)

func (t Tenant) check() error {
	switch {
	case !idForm.MatchString(t.ID):
		return fmt.Errorf("%w: id %.40q; write 2-20 small letters and digits, beginning with a letter, for example xinda", ErrInvalid, t.ID)
	case strings.TrimSpace(t.Name.ZH) == "" || len([]rune(t.Name.ZH)) > maxName || len([]rune(t.Name.EN)) > maxName:
		return fmt.Errorf("%w: tenant %s has a Chinese name of at most %d characters", ErrInvalid, t.ID, maxName)
	case len(t.Template) > maxTemplate:
		return fmt.Errorf("%w: the name of the template has %d bytes, %d are allowed", ErrInvalid, len(t.Template), maxTemplate)
	}
	if t.Code != "" {
		if _, err := plant.ParseCreditCode(t.Code); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	l := t.Limits
	for name, v := range map[string]int64{"devices": l.Devices, "tags": l.Tags, "samples": l.Samples, "bytes": l.Bytes, "users": l.Users} {
		if v < 0 {
			return fmt.Errorf("%w: limit %s is %d; write a number from 0", ErrInvalid, name, v)
		}
	}
	return nil
}

// Usage is what a tenant used on a day (UTC).
type Usage struct {
	Day      string `json:"day" format:"date"`
	Samples  int64  `json:"samples"`
	Bytes    int64  `json:"bytes" doc:"Of these samples as they came, before compression"`
	Requests int64  `json:"requests" doc:"To the API"`
	Refused  int64  `json:"refused" doc:"Samples beyond a limit"`
}

// Standing is what a tenant has now.
type Standing struct {
	Devices int64 `json:"devices"`
	Tags    int64 `json:"tags"`
	Users   int64 `json:"users"`
	Events  int64 `json:"events"`
	Files   int64 `json:"files" doc:"Attached by people"`
	Bytes   int64 `json:"bytes" doc:"Of samples on the disk"`
}

// Filter chooses tenants, by id.
type Filter struct {
	Text  string // part of id, name or code
	State State
	After string // id
}

// Store keeps tenants. Methods may be called concurrently. The node's own
// tenant is not among them.
type Store interface {
	// Tenants lists them by id.
	Tenants(ctx context.Context, f Filter, limit int) ([]Tenant, error)
	Tenant(ctx context.Context, id string) (Tenant, error) // access.ErrNotFound
	// AddTenant stores a new one and gives it the next number; access.ErrConflict
	// when id or code is taken.
	AddTenant(ctx context.Context, t Tenant) (Tenant, error)
	// SaveTenant stores a changed one; access.ErrConflict when Rev is not the
	// stored one.
	SaveTenant(ctx context.Context, t Tenant) (Tenant, error)
	// AddUsage adds to what stands under the day.
	AddUsage(ctx context.Context, no plant.TenantNo, u Usage) error
	// Usage lists days from on, newest first.
	Usage(ctx context.Context, no plant.TenantNo, from string, limit int) ([]Usage, error)
	// Standing counts rows; Devices and Bytes are told by others.
	Standing(ctx context.Context, no plant.TenantNo) (Standing, error)
}
