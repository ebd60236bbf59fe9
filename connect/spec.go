package connect

import (
	"strings"
	"time"

	"zhigai/plant"
)

// DeviceSpec is all the collector needs to know of one device.
type DeviceSpec struct {
	Tenant  plant.TenantNo
	Node    plant.NodeID
	Path    string
	Name    plant.Name
	Profile string
	Device  plant.Device
	Link    plant.TagNo
	Points  []PointSpec
	Timeout time.Duration // of one request
	Retries int
}

// PointSpec is one tag of a device and how its readings become samples.
type PointSpec struct {
	Tag     plant.TagNo
	Name    string
	Kind    plant.TagKind
	Address string
	Unit    string
	Scale   float64 // 0 means 1
	Offset  float64
	Min     *float64
	Max     *float64
	Invalid []float64 // the device's codes for "no value", before scaling
	Period  time.Duration
	// Deadband: a number is stored when it moved by Abs, or by Rel of the last
	// stored one, or when Silence has passed since.
	Abs, Rel float64
	Silence  time.Duration
}

// key is what two devices must not share: where they are reached and what is
// read there.
func (d DeviceSpec) key() string {
	first := ""
	if len(d.Points) > 0 {
		first = d.Points[0].Address
	}
	return strings.Join([]string{d.Device.Driver, d.Device.Address, d.Device.Params["unit"], first}, " ")
}
