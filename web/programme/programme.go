// Package programme is the HTTP side of the programme that governments run:
// targets, registers, returns, diagnoses. One file per resource, named as its
// room.
//
// It decides nothing: it asks the rooms and shapes their answers. Start with
// [Register].
package programme

import (
	"zhigai/programme/diagnosis"
	"zhigai/programme/machine"
	"zhigai/programme/target"
	"zhigai/web"
)

// Deps are the parts this storey's resources ask.
type Deps struct {
	Targets  *target.Desk  // nil: none
	Machines *machine.Desk // nil: none
	// Diagnosis is where firms are held against maturity models.
	Diagnosis *diagnosis.Desk
}

type rooms struct {
	api *web.API
	Deps
}

// Register adds the resources of the programme to the API.
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
	r.registerEditions()
	r.registerDiagnoses()
	r.registerDiagnosis()
	r.registerDiagnosisFiles()
	r.registerDiagnosisReport()
}
