package connect

import (
	"fmt"
	"reflect"
	"strconv"
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
	Refused string // why it is not read: its owner may not; "" reads it
}

// PointSpec is one tag of a device and how its readings become samples.
type PointSpec struct {
	Tag     plant.TagNo
	Name    string
	Kind    plant.TagKind
	Address string
	WriteTo string // address at which it is written; "" for what is only read
	Unit    string
	Scale   float64 // 0 means 1
	Offset  float64
	Min     *float64
	Max     *float64
	Invalid []float64 // the device's codes for "no value", before scaling
	Period  time.Duration
	Class   plant.Retention // what gives way when the disk is low
	// Deadband: a number is stored when it moved by Abs, or by Rel of the last
	// stored one, or when Silence has passed since.
	Abs, Rel float64
	Silence  time.Duration
}

// same reports whether a device that runs by d need not start anew for other:
// whether it may be written to is asked at every write.
func (d DeviceSpec) same(other DeviceSpec) bool {
	d.Device.Writing = other.Device.Writing
	return reflect.DeepEqual(d, other)
}

// address is where a device is reached, in words for people.
func (d *DeviceSpec) address() string {
	if d.Device.Params["unit"] == "" {
		return d.Device.Address
	}
	return fmt.Sprintf("%s unit %s", d.Device.Address, d.unit())
}

// behind is the device behind the address: its unit, and its object of a server
// that holds several.
func (d *DeviceSpec) behind() string {
	if object := d.Device.Params["object"]; object != "" {
		return d.unit() + " " + object
	}
	return d.unit()
}

// unit is that of a line; where there are units, 1 is the default.
func (d *DeviceSpec) unit() string {
	unit := d.Device.Params["unit"]
	if unit == "" {
		return "1"
	}
	if n, err := strconv.Atoi(unit); err == nil {
		return strconv.Itoa(n) // 01 is 1
	}
	return unit
}

// place is a point of a device, wherever a profile names it.
type place struct{ driver, address, unit, point string }

// places says which device reads what. Machines may share an endpoint, such as
// one controller for a whole line, but no point.
type places map[place]reader

// reader is who reads a point.
type reader struct {
	tenant plant.TenantNo
	path   string
}

func (p places) add(d *DeviceSpec) {
	for _, point := range d.Points {
		p[d.place(point)] = reader{d.Tenant, d.Path}
	}
}

// find names a device that reads a point of d, and the point. One of another
// tenant is not named.
func (p places) find(d *DeviceSpec) (path, point string) {
	for _, one := range d.Points {
		switch r, ok := p[d.place(one)]; {
		case ok && r.tenant == d.Tenant:
			return r.path, one.Address
		case ok:
			return "a machine of another firm on this node", one.Address
		}
	}
	return "", ""
}

func (d *DeviceSpec) place(p PointSpec) place {
	return place{driver: d.Device.Driver, address: strings.TrimSpace(d.Device.Address), unit: d.behind(), point: p.Address}
}
