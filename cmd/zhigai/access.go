package main

import (
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/record"
)

// newAccess keeps users, tokens and roles in the record, with the roles that
// come with the product.
func newAccess(db *record.DB) (*access.Service, error) {
	raw, err := data.FS.ReadFile("roles.yaml")
	if err != nil {
		return nil, err
	}
	roles, err := access.ParseRoles(raw)
	if err != nil {
		return nil, err
	}
	return access.New(db.Access(), roles, time.Now)
}
