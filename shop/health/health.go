// Package health is the condition of machines as their vibration shows it: which
// bearing turns where at what speed, what each window that arrives says of it,
// how that changes, and when somebody should look.
//
// It never names a bad element that it is not sure of, never calls a machine
// healthy whose sensor is dead, and stores nothing itself. Start with
// [LoadCatalogue] for bearings and [LoadZones] for limits.
package health

import (
	"fmt"
	"io/fs"

	"github.com/goccy/go-yaml"
)

func readYAML(data fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(data, name)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(raw, into, yaml.Strict()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
