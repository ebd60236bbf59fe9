package main

import (
	"io/fs"
	"time"

	"zhigai/plant"
	"zhigai/programme/enterprise"
	recprogramme "zhigai/record/programme"
)

// codesOf reads the lists of divisions and industries.
func codesOf(files fs.FS) (codes enterprise.Codes, err error) {
	raw, err := fs.ReadFile(files, "regions/divisions.csv")
	if err != nil {
		return codes, err
	}
	if codes.Regions, err = plant.ReadRegions(raw); err != nil {
		return codes, err
	}
	if raw, err = fs.ReadFile(files, "industries/gbt4754-2017.csv"); err != nil {
		return codes, err
	}
	codes.Industries, err = plant.ReadIndustries("2017", raw)
	return codes, err
}

// newFirms makes the registry of firms.
func (n *node) newFirms() {
	store := recprogramme.NewFirms(n.record, n.codes)
	n.firms = &enterprise.Desk{Store: store, Finder: &enterprise.Finder{Store: store}, Codes: n.codes, Now: time.Now}
	n.firmSheets = enterprise.NewSheets(n.firms, n.record.NewID)
}
