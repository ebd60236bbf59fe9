package conntest

import (
	"errors"
	"testing"

	"zhigai/connect"
	"zhigai/plant"
)

// Want is one point and what reading it must give: a number or a text, or an
// error that is Err.
type Want struct {
	Address string
	Kind    plant.TagKind
	Number  float64
	Text    string
	Err     error
}

// Number is a point that holds a number.
func Number(address string, v float64) Want {
	return Want{Address: address, Kind: plant.KindNumber, Number: v}
}

// Text is a point that holds a text.
func Text(address, v string) Want { return Want{Address: address, Kind: plant.KindText, Text: v} }

// Missing is a number that the device does not have.
func Missing(address string) Want {
	return Want{Address: address, Kind: plant.KindNumber, Err: connect.ErrUnconfigured}
}

// Open opens a device until the test ends.
func Open(t *testing.T, driver connect.Driver, d plant.Device) connect.Conn {
	t.Helper()
	c, err := driver.Open(within(t, patience), d)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return c
}

// Expect reads all points in one group, as the collector does; twice, for what
// the first reading learned of the device must not spoil the second.
func Expect(t *testing.T, c connect.Conn, wants ...Want) {
	t.Helper()
	points := make([]connect.Point, len(wants))
	for i, w := range wants {
		points[i] = connect.Point{Address: w.Address, Kind: w.Kind}
	}
	for range 2 {
		for i, r := range read(t, c, points) {
			w := wants[i]
			if r.Point != i || !errors.Is(r.Err, w.Err) || w.Err == nil && (r.Err != nil || r.Number != w.Number || r.Text != w.Text) {
				t.Errorf("%s as %s = %+v; want %v %q %v", w.Address, w.Kind, r, w.Number, w.Text, w.Err)
			}
		}
	}
}
