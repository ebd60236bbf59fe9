package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/files"
	"zhigai/connect/httpjson"
	"zhigai/connect/mqtt"
	"zhigai/connect/sparkplug"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

// tenantPlace is where what a tenant's machines say arrives: topics, groups,
// names and folders that are its own, so that two firms may call everything the
// same.
type tenantPlace string

// Beginnings of what belongs to some tenant.
const (
	tenantTopics = "tenants/"         // of MQTT, and of folders
	tenantGroups = "tenants-"         // of Sparkplug and webhooks
	groupTopics  = "spBv1.0/tenants-" // of MQTT clients that speak Sparkplug
)

func placeOf(id string) tenantPlace { return tenantPlace(id) }

// ofSomeTenant reports whether a topic, or a filter, lies where a tenant's do.
func ofSomeTenant(topic string) bool {
	return strings.HasPrefix(topic, tenantTopics) || topic == strings.TrimSuffix(tenantTopics, "/") || strings.HasPrefix(topic, groupTopics)
}

// rights are those of a gateway of the tenant.
func (p tenantPlace) rights(no plant.TenantNo) mqtt.Rights {
	own := []string{tenantTopics + string(p) + "/#", groupTopics + string(p) + "/#"}
	return mqtt.Rights{Tenant: no, Publish: own, Subscribe: own}
}

// speaks are drivers whose devices come to the node by themselves, with what
// their addresses begin with at a tenant.
func (p tenantPlace) speaks(driver string) (begin string, ok bool) {
	switch driver {
	case mqtt.Kind, files.Kind:
		return tenantTopics + string(p) + "/", true
	case sparkplug.Kind:
		return tenantGroups + string(p) + "/", true
	case httpjson.HookKind:
		return tenantGroups + string(p) + "-", true
	}
	return "", false
}

// outside says why a device is not the tenant's to read; "" for one that is. The
// node's own tenant is nil.
func outside(t *tenant.Tenant, d plant.Device) string {
	if t == nil {
		begin, ok := placeOf("").speaks(d.Driver)
		if begin = strings.TrimRight(begin, "/-"); ok && strings.HasPrefix(d.Address, begin+"/") || ok && strings.HasPrefix(d.Address, begin+"-") {
			return fmt.Sprintf("address %q lies where firms on this node have theirs; choose one that does not begin with %s", d.Address, begin)
		}
		return ""
	}
	begin, ok := placeOf(t.ID).speaks(d.Driver)
	switch {
	case ok && (!strings.HasPrefix(d.Address, begin) || slices.Contains(strings.Split(d.Address, "/"), "..")):
		return fmt.Sprintf("address %q lies outside of what is the firm's; write one that begins with %s", d.Address, begin)
	case !ok && !t.Limits.Reach:
		return fmt.Sprintf("devices of driver %s are asked over the operator's network, which this firm may not use; let a gateway send by MQTT, or ask the operator", d.Driver)
	}
	return ""
}

// allowed marks devices that the tenant may not read, or that are beyond its
// limits: those that came last.
func (n *node) allowed(ctx context.Context, no plant.TenantNo, specs []connect.DeviceSpec) ([]connect.DeviceSpec, error) {
	if no == homeTenant {
		for i := range specs {
			specs[i].Refused = cmp.Or(outside(nil, specs[i].Device), specs[i].Refused)
		}
		return specs, nil
	}
	t, ok, err := n.sector.Of(ctx, no)
	if err != nil || !ok {
		return nil, err
	}
	order := make([]int, len(specs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(string(specs[a].Node), string(specs[b].Node)) })
	var devices, tags int64
	for _, i := range order {
		s := &specs[i]
		devices, tags = devices+1, tags+int64(len(s.Points))
		switch why := outside(&t, s.Device); {
		case why != "":
			s.Refused = why
		case devices > t.Limits.Devices:
			s.Refused = fmt.Sprintf("the firm has more than the %d devices it may have on this node; take one out or ask the operator for more", t.Limits.Devices)
		case tags > t.Limits.Tags:
			s.Refused = fmt.Sprintf("the firm has more than the %d tags it may have on this node; take devices out or ask the operator for more", t.Limits.Tags)
		}
	}
	return specs, nil
}

// sees reports whether a device that was heard is one that the tenant may be told
// of.
func (n *node) sees(ctx context.Context, no plant.TenantNo, d plant.Device) bool {
	if no == homeTenant {
		return outside(nil, d) == ""
	}
	t, ok, err := n.sector.Of(ctx, no)
	return err == nil && ok && outside(&t, d) == ""
}

// maySearch says why a tenant may not look for devices with a driver.
func (n *node) maySearch(ctx context.Context, no plant.TenantNo, driver string) error {
	if _, speaks := placeOf("").speaks(driver); speaks || no == homeTenant {
		return nil
	}
	t, ok, err := n.sector.Of(ctx, no)
	if err != nil || ok && t.Limits.Reach {
		return err
	}
	return fmt.Errorf("%w: %s", access.ErrForbidden, outside(&tenant.Tenant{}, plant.Device{Driver: driver}))
}

// mayReach says why the node opens no connection to a broker for a tenant: it
// would be one out of the operator's network.
func (n *node) mayReach(ctx context.Context, no plant.TenantNo) error {
	if no == homeTenant {
		return nil
	}
	t, ok, err := n.sector.Of(ctx, no)
	if err != nil || ok && t.Limits.Reach {
		return err
	}
	return fmt.Errorf("%w: brokers are reached over the operator's network, which this firm may not use; ask the operator", access.ErrForbidden)
}

// mayTry says why a device may not be asked for a person.
func (n *node) mayTry(ctx context.Context, no plant.TenantNo, d plant.Device) error {
	why := ""
	if no == homeTenant {
		why = outside(nil, d)
	} else {
		t, _, err := n.sector.Of(ctx, no)
		if err != nil {
			return err
		}
		why = outside(&t, d)
	}
	if why != "" {
		return fmt.Errorf("%w: %s", access.ErrForbidden, why)
	}
	return nil
}
