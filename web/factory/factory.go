// Package factory is the HTTP API of the rooms of the smart factory, one file per
// resource. It keeps nothing and decides nothing. Start with [Register].
package factory

import (
	"context"

	"zhigai/access"
	"zhigai/factory/exchange"
	"zhigai/plant"
	"zhigai/web"
)

// Exchange is what the API asks of the exchange with business systems.
type Exchange interface {
	Partners(ctx context.Context, tenant plant.TenantNo) ([]exchange.Contact, error)
	Save(ctx context.Context, tenant plant.TenantNo, p exchange.Partner, rev int64) (exchange.Partner, error)
	Drop(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
	Mappings() []exchange.Mapping
	Try(p exchange.Partner, in exchange.Incoming) (exchange.Preview, error)
	Receive(ctx context.Context, tenant plant.TenantNo, partner string, in exchange.Incoming) (exchange.Answer, error)
	Messages(ctx context.Context, tenant plant.TenantNo, f exchange.Filter) ([]exchange.Message, error)
	Message(ctx context.Context, tenant plant.TenantNo, of exchange.Ref) (exchange.Message, []exchange.Part, error)
	Again(ctx context.Context, who access.Principal, of exchange.Ref) (exchange.Message, []exchange.Part, error)
	Outbox(ctx context.Context, tenant plant.TenantNo, partner string, limit int) ([]exchange.Performance, error)
	Acknowledge(ctx context.Context, tenant plant.TenantNo, partner, id, refusedFor string) (exchange.Message, error)
	Reconcile(ctx context.Context, tenant plant.TenantNo, partner string) (exchange.Reconciliation, error)
}

// Deps are the rooms behind the resources.
type Deps struct {
	Exchange Exchange
	// Changed tells other processes of the node that partners changed.
	Changed func(ctx context.Context) error
}

type rooms struct {
	api *web.API
	Deps
}

// Register adds the resources of the smart factory to the API.
func Register(api *web.API, d Deps) {
	r := &rooms{api: api, Deps: d}
	r.registerPartners()
	r.registerMessages()
	r.registerReconciliation()
}
