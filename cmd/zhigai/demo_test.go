package main

import (
	"testing"

	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/plant/file"
)

// demoPlant is the bearing maker with the kinds of its machines.
func demoPlant(t *testing.T) (plant.Model, *profile.Library) {
	t.Helper()
	profiles, err := profile.Load(data.FS, "profiles", checkersOf(throwawayDrivers().List))
	must(t, err)
	src, err := data.FS.ReadFile("demo/plant.yaml")
	must(t, err)
	m, err := file.Read("demo/plant.yaml", src, file.Options{Profiles: profiles.IDs()})
	must(t, err)
	return m, profiles
}
