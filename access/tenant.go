package access

import (
	"context"
	"fmt"
	"strings"

	"zhigai/plant"
)

// ManageTenants is to take firms in, to see what they use, to suspend them and to
// let them go. It holds in the node's own tenant alone.
const ManageTenants Permission = "tenants"

// nodePermissions concern the node that tenants share: in a tenant other than its
// own no role has them, whatever its definition says.
var nodePermissions = []Permission{ManageTenants}

// TenantRule is what holds for the users of a tenant.
type TenantRule struct {
	// Domain stands behind the @ of its users' names; "" in the node's own tenant.
	Domain string
	// Closed is why nobody of it is let in; "" lets in.
	Closed string
	// MaxUsers bounds its users; 0 does not.
	MaxUsers int64
}

// Rules say what holds for a tenant. They are asked at every sign-in and request
// that is not remembered, and may be called concurrently.
type Rules func(ctx context.Context, tenant plant.TenantNo) (TenantRule, error)

// UseRules has the rules asked from now on; call it before anything else.
func (s *Service) UseRules(rules Rules) { s.rules = rules }

func (s *Service) rule(ctx context.Context, tenant plant.TenantNo) (TenantRule, error) {
	if s.rules == nil || tenant == HomeTenant {
		return TenantRule{}, nil
	}
	return s.rules(ctx, tenant)
}

// admits refuses whoever belongs to a tenant that is closed.
func (s *Service) admits(ctx context.Context, tenant plant.TenantNo) error {
	r, err := s.rule(ctx, tenant)
	if err == nil && r.Closed != "" {
		err = fmt.Errorf("%w: %s", ErrForbidden, r.Closed)
	}
	return err
}

// named gives a new user the name under which the whole node knows it, and
// refuses one more than the tenant may have.
func (s *Service) named(ctx context.Context, tenant plant.TenantNo, name string) (string, error) {
	r, err := s.rule(ctx, tenant)
	if err != nil {
		return "", err
	}
	if r.Domain != "" {
		local, domain, has := strings.Cut(name, "@")
		if has && domain != r.Domain {
			return "", fmt.Errorf("%w: name %.80q; names of this firm end with @%s, write %s or %s@%s", ErrInvalid, name, r.Domain, local, local, r.Domain)
		}
		name = local + "@" + r.Domain
	}
	if r.MaxUsers == 0 {
		return name, nil
	}
	all, err := s.store.Users(ctx, tenant)
	if err != nil {
		return "", err
	}
	if int64(len(all)) >= r.MaxUsers {
		return "", fmt.Errorf("%w: the firm has %d users, the most it may have; ask the operator of the platform for more", ErrInvalid, len(all))
	}
	return name, nil
}

// Forget has every right looked up again: a tenant was closed or opened.
func (s *Service) Forget() { s.forget() }
