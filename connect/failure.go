package connect

import (
	"errors"

	"zhigai/plant"
)

// Kinds of failure, in the counters of a device and on the page.
const (
	failedUntrusted     = "untrusted"     // the certificate waits for approval
	failedBusy          = "busy"          // others held the line
	failedTimeout       = "timeout"       // no answer in time
	failedMalformed     = "malformed"     // an answer that cannot be understood
	failedRefused       = "refused"       // the device answers that it does not want to
	failedUnconfigured  = "unconfigured"  // the device knows no such address
	failedImprecise     = "imprecise"     // an integer that is no exact number
	failedStale         = "stale"         // nothing fresh was said
	failedUnavailable   = "not_available" // the device says that it does not know
	failedStore         = "store"         // the samples could not be stored: not the device's fault
	failedConnection    = "connection"    // not reached, or contact was lost otherwise
	failedConfiguration = "configuration" // the device is not asked: its settings are wrong
)

// failures says what an error means, the first that fits: for the counters of a
// device, and for the quality of a point that has no value.
var failures = []struct {
	is     error
	kind   string
	reason plant.Quality // 0: of no single point
}{
	{errStore, failedStore, 0},
	{ErrNotTrusted, failedUntrusted, 0},
	{ErrBusy, failedBusy, 0},
	{timeout{}, failedTimeout, 0},
	{ErrRefused, failedRefused, plant.Refused},
	{ErrMalformed, failedMalformed, plant.Malformed},
	{ErrUnconfigured, failedUnconfigured, plant.Unconfigured},
	{ErrImprecise, failedImprecise, plant.Imprecise},
	{ErrStale, failedStale, plant.Stale},
	{ErrUnavailable, failedUnavailable, plant.NotAvailable},
}

// timeout stands in the table for every error that says of itself that it is one.
type timeout struct{ error }

func isKind(err, kind error) bool {
	if kind == (timeout{}) {
		var t interface{ Timeout() bool }
		return errors.As(err, &t) && t.Timeout()
	}
	return errors.Is(err, kind)
}

// failureOf sorts errors for the counters.
func failureOf(err error) string {
	for _, row := range failures {
		if isKind(err, row.is) {
			return row.kind
		}
	}
	return failedConnection
}

// reasonOf is why a point has no value.
func reasonOf(err error) plant.Quality {
	for _, row := range failures {
		if row.reason != 0 && errors.Is(err, row.is) {
			return row.reason
		}
	}
	return plant.Malformed
}
