package control

import (
	"context"
	"fmt"
	"math"
	"slices"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// Beat writes the next number to a watchdog of a machine: a signal that its profile
// declares as one, by which it sees that whoever holds it is alive. A beat decides
// nothing and is no command: it is no fact, it is not read back, and one that is lost is
// followed by the next. Whoever begins and ends beating keeps that as a fact. Errors are
// those of [Desk.Order], connect.ErrNotConnected and connect.ErrWritingOff.
func (d *Desk) Beat(ctx context.Context, by access.Principal, node plant.NodeID, signal string, count uint64) error {
	t, err := d.machine(ctx, by.Scope, node)
	if err != nil {
		return err
	}
	if !by.May(access.Control, t.node.Path) {
		return fmt.Errorf("%w: %q may not set values on %s", access.ErrForbidden, by.Name, t.node.Path)
	}
	i := slices.IndexFunc(t.profile.Signals, func(s profile.Signal) bool {
		return s.Name == signal && s.Write != nil && s.Write.Watchdog
	})
	if i < 0 {
		return fmt.Errorf("%w: the profile %s declares no watchdog %q", ErrInvalid, t.profile.ID, signal)
	}
	switch here, contact, enabled := d.o.Devices.Writing(t.device); {
	case !here:
		return fmt.Errorf("%w: %s", ErrElsewhere, t.node.Path)
	case !enabled:
		return fmt.Errorf("%s: %w", t.node.Path, connect.ErrWritingOff)
	case !contact:
		return fmt.Errorf("%s: %w", t.node.Path, connect.ErrNotConnected)
	}
	_, err = d.o.Devices.Write(ctx, t.device, signal, beatOf(t.profile.Signals[i].Write, count))
	return err
}

// beatOf is a whole number within the limits, another one for the next count.
func beatOf(w *profile.Write, count uint64) float64 {
	low := math.Ceil(*w.Min)
	span := uint64(min(math.Floor(*w.Max)-low, math.MaxInt32)) + 1
	return low + float64(count%span)
}
