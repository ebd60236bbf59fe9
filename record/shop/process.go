package shop

import (
	"zhigai/fact"
	"zhigai/record"
	"zhigai/shop/process"
)

// Process keeps recipes, downloads, deviations and tools. It implements process.Store.
type Process struct{ documents }

var _ process.Store = Process{}

// NewProcess keeps recipes in the record.
func NewProcess(db *record.DB) Process {
	return Process{documents{db, "process_document", fact.KindProcess, "process"}}
}
