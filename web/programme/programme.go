// Package programme is the HTTP side of the programme that governments run:
// targets, registers, returns, firms, diagnoses, reports. One file per resource, named as
// its room.
//
// It decides nothing: it asks the rooms and shapes their answers. Start with
// [Register].
package programme

import (
	"zhigai/programme/advice"
	"zhigai/programme/atlas"
	"zhigai/programme/diagnosis"
	"zhigai/programme/enterprise"
	"zhigai/programme/evaluation"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/programme/expert"
	"zhigai/programme/machine"
	"zhigai/programme/reporting"
	"zhigai/programme/suspicion"
	"zhigai/programme/target"
	"zhigai/programme/target/ledger"
	"zhigai/programme/target/task"
	"zhigai/web"
)

// Deps are the parts this storey's resources ask.
type Deps struct {
	Targets *target.Desk
	// Ledgers are the registers and returns as lists and sheets.
	Ledgers *ledger.Desk
	// Tasks are the targets divided by unit, division and year.
	Tasks    *task.Desk
	Machines *machine.Desk
	Firms    *enterprise.Desk
	Sheets   *enterprise.Sheets
	// Diagnosis is where firms are held against maturity models.
	Diagnosis *diagnosis.Desk
	// Experts are who is sent to diagnoses and stationed in counties.
	Experts *expert.Desk
	// Advice are questions beside diagnoses.
	Advice    *advice.Desk
	Reporting *reporting.Desk
	// Evaluations is where firms are scored by published standards.
	Evaluations *evaluation.Desk
	Benchmarks  *benchmark.Desk
	Map         atlas.Map // none without divisions
	// Suspicions is what those above the firms do about doubtful machine days.
	Suspicions *suspicion.Desk
}

type rooms struct {
	api *web.API
	Deps
}

// Register adds the resources of the programme to the API.
func Register(api *web.API, d Deps) {
	r := &rooms{api: api, Deps: d}
	r.registerTargets()
	r.registerEntries()
	r.registerReturns()
	r.registerFirmYears()
	r.registerLedgers()
	r.registerTasks()
	r.registerMachines()
	r.registerFirms()
	r.registerEditions()
	r.registerDiagnoses()
	r.registerDiagnosis()
	r.registerDiagnosisFiles()
	r.registerDiagnosisReport()
	r.registerExperts()
	r.registerDispatches()
	r.registerStations()
	r.registerAdvice()
	r.registerReports()
	r.registerReportTables()
	r.registerEvaluations()
	r.registerRounds()
	r.registerScores()
	r.registerBenchmarks()
	r.registerAtlas()
	r.registerSuspicions()
}
