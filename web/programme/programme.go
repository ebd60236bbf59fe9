// Package programme is the HTTP side of the programme that governments run:
// targets, registers, returns, firms. One file per resource, named as its room.
//
// It decides nothing: it asks the rooms and shapes their answers. Start with
// [Register].
package programme

import (
	"zhigai/programme/enterprise"
	"zhigai/programme/machine"
	"zhigai/programme/target"
	"zhigai/web"
)

// Deps are the parts this storey's resources ask.
type Deps struct {
	Targets  *target.Desk
	Machines *machine.Desk
	Firms    *enterprise.Desk
	Sheets   *enterprise.Sheets
}

type rooms struct {
	api *web.API
	Deps
}

// Register adds the resources of the programme to the API; those of parts that
// a node does not have are left out.
func Register(api *web.API, d Deps) {
	r := &rooms{api: api, Deps: d}
	if d.Targets != nil {
		r.registerTargets()
		r.registerEntries()
		r.registerReturns()
	}
	if d.Machines != nil {
		r.registerMachines()
	}
	if d.Firms != nil {
		r.registerFirms()
	}
}
