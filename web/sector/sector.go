// Package sector is the HTTP API of the rooms of the sector platform, one file
// per resource. It keeps nothing and decides nothing. Start with [Register].
package sector

import (
	"zhigai/sector/tenant"
	"zhigai/web"
)

// Deps are the rooms behind the resources.
type Deps struct {
	Tenants *tenant.Desk
	Exports *tenant.Exports
}

type rooms struct {
	api *web.API
	Deps
}

// Register adds the resources of the sector platform to the API.
func Register(api *web.API, d Deps) {
	r := &rooms{api: api, Deps: d}
	r.registerTenants()
	r.registerExport()
}
