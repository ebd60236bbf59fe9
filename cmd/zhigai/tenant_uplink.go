package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

type tenantEnrolCmd struct {
	onFolder `embed:""`
	ID       string `arg:"" help:"Id of the firm."`
	Code     string `arg:"" help:"One-time code that the administrator of the node above made for the firm."`
}

type tenantEnrolment struct {
	ID   string `json:"id"`
	Code string `json:"code"`
}

// enrolment is under which name a firm is known above, and at whom.
type enrolment struct {
	Name string `json:"name"`
	Hub  string `json:"hub"`
}

// Run has the running node show the code above.
func (c tenantEnrolCmd) Run(ctx context.Context) error {
	done, err := askNode[enrolment](ctx, c.Data, "/tenants/enrol", tenantEnrolment{c.ID, c.Code})
	if err != nil || c.JSON {
		return errors.Join(err, json.NewEncoder(os.Stdout).Encode(done))
	}
	fmt.Printf("%s is enrolled as %s at %s; what its sharing policy says goes there\n", c.ID, done.Name, done.Hub)
	return nil
}

// tenantCursor names the reader of history that sends what a firm on this node
// shares.
func tenantCursor(tenant plant.TenantNo) string { return fmt.Sprintf("%s %d", linkCursor, tenant) }

// enrolTenant makes a firm on this node known to the node above, by a code of
// that node.
func (n *node) enrolTenant(ctx context.Context, q tenantEnrolment) (out enrolment, err error) {
	t, err := n.sector.Get(ctx, q.ID)
	if err != nil {
		return out, err
	}
	at := n.above.Load()
	switch {
	case at == nil:
		return out, errors.New("this node has no node above it; start it with --parent URL --node-key FILE")
	case !working(t):
		return out, fmt.Errorf("%w: %s is %s", tenant.ErrState, t.ID, t.State)
	}
	key := at.keyOf(t.No)
	if _, err := os.Stat(membershipFile(key)); err == nil {
		return out, fmt.Errorf("%w: %s is enrolled already", access.ErrConflict, t.ID)
	}
	if err := os.MkdirAll(filepath.Dir(key), 0o700); err != nil {
		return out, err
	}
	var said strings.Builder
	if err := (enrolCmd{Code: q.Code, Parent: at.Parent, NodeKey: key}).do(ctx, &said); err != nil {
		return out, err
	}
	if err := n.access.Record(ctx, operator(), "tenant.enrol", "tenant/"+t.ID, nil, nil); err != nil {
		return out, err
	}
	m, _, err := readMembership(key)
	n.tenants.again(t.No)
	return enrolment{m.Name, m.Hub}, err
}
