package shop

import (
	"context"
	"net/http"
	"slices"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/plant"
	"zhigai/web"
)

// Profile is what a kind of machine is, in short.
type Profile struct {
	ID       string     `json:"id"`
	Version  int        `json:"version"`
	Title    plant.Name `json:"title"`
	Vendor   string     `json:"vendor"`
	Models   []string   `json:"models" nullable:"false"`
	Class    string     `json:"class"`
	Protocol string     `json:"protocol"`
	Drivers  []string   `json:"drivers" nullable:"false" doc:"Those that read its devices, the usual first"`
	Verified string     `json:"verified"`
	Source   string     `json:"source"`
	Signals  int        `json:"signals"`
	// Thresholds: its state rules compare with parameters, which can be learned.
	Thresholds bool `json:"thresholds,omitempty"`
}

func profileOf(p *profile.Profile, drivers []connect.Driver) Profile {
	fitting := []string{}
	for _, d := range drivers {
		switch {
		case d.Kind() == p.Protocol:
			fitting = append([]string{p.Protocol}, fitting...)
		case p.Fits(d.Kind()):
			fitting = append(fitting, d.Kind())
		}
	}
	return Profile{
		ID: p.ID, Version: p.Version, Title: p.Title, Vendor: p.Vendor, Models: append([]string{}, p.Models...), Class: p.Class,
		Protocol: p.Protocol, Drivers: fitting, Verified: p.Verified, Source: p.Source, Signals: len(p.Signals), Thresholds: p.HasThresholds(),
	}
}

// DriverInfo is a protocol this program speaks.
type DriverInfo struct {
	Kind string `json:"kind"`
	// Discovers: it can look for devices; Listens: they show themselves.
	Discovers bool `json:"discovers"`
	Listens   bool `json:"listens"`
	// Example shows how addresses are written.
	Example DriverExample `json:"example"`
}

// DriverExample is addresses in a driver's own words.
type DriverExample struct {
	Address string            `json:"address" doc:"Of a device"`
	Params  map[string]string `json:"params,omitempty" doc:"Those the device cannot do without"`
	Search  string            `json:"search,omitempty" doc:"Where a search looks; missing where none can"`
	Point   string            `json:"point" doc:"Of a value"`
}

func driverInfo(d connect.Driver) DriverInfo {
	_, discovers := d.(connect.Discoverer)
	l, listens := d.(connect.Listening)
	out := DriverInfo{Kind: d.Kind(), Discovers: discovers, Listens: listens && l.Listens()}
	if e, ok := d.(connect.Exampler); ok {
		one := e.Examples()
		out.Example = DriverExample{Address: one.Device.Address, Params: one.Device.Params, Search: one.Search, Point: one.Point}
	}
	return out
}

type trialIn struct {
	Body struct {
		Driver  string            `json:"driver" maxLength:"40"`
		Address string            `json:"address" maxLength:"300"`
		Params  map[string]string `json:"params,omitempty"`
		Profile string            `json:"profile" maxLength:"100"`
	}
}

type pointsIn struct {
	Body struct {
		Driver  string            `json:"driver" maxLength:"40"`
		Address string            `json:"address" maxLength:"300"`
		Params  map[string]string `json:"params,omitempty"`
		Points  []struct {
			Address string        `json:"address" maxLength:"300" doc:"In the words of the driver: holding 52 float32 CDAB"`
			Kind    plant.TagKind `json:"kind" enum:"number,boolean,enumeration,text"`
		} `json:"points" minItems:"1" maxItems:"64"`
	}
}

func (r *rooms) registerDevices() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/devices", ID: "devices", Summary: "How every device fares", Tag: "devices", Needs: access.Read},
		func(ctx context.Context, in *scopeIn) (*web.ListOut[connect.DeviceStatus], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			return web.NewList(r.devices(scope), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/devices/{id}/values", ID: "device-values", Summary: "The last reading of each point, raw and scaled", Tag: "devices", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID plant.DeviceID `path:"id"`
		},
		) (*web.ListOut[connect.LatestValue], error) {
			if _, err := r.device(ctx, in.ID); err != nil {
				return nil, err
			}
			return web.NewList(r.Collector.Latest(in.ID), ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/devices/test", ID: "test-device", Summary: "Connect once and read; nothing is stored", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *trialIn) (*struct{ Body connect.TrialResult }, error) {
			b := in.Body
			out, err := r.trial(ctx, plant.Device{Driver: b.Driver, Address: b.Address, Params: b.Params}, b.Profile)
			return &struct{ Body connect.TrialResult }{out}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/devices/read", ID: "read-device", Summary: "Read points of a device once, without a profile; nothing is stored", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *pointsIn) (*web.ListOut[connect.LatestValue], error) {
			out, err := r.readOnce(ctx, in)
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/certificates", ID: "certificates", Summary: "Device certificates that wait for approval", Tag: "devices", Needs: access.Engineer, Whole: true, Home: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[connect.PendingCertificate], error) {
			var all []connect.PendingCertificate
			for _, d := range r.Drivers {
				if c, ok := d.(connect.Certified); ok {
					all = append(all, c.Pending()...)
				}
			}
			return web.NewList(all, ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/certificates", ID: "approve-certificate", Summary: "Approve a device's certificate", Tag: "devices", Needs: access.Engineer, Status: http.StatusNoContent, Whole: true, Home: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Address     string `json:"address" maxLength:"300"`
				Fingerprint string `json:"fingerprint" pattern:"^[0-9a-f]{64}$"`
			}
		},
		) (*struct{}, error) {
			for _, d := range r.Drivers {
				if c, ok := d.(connect.Certified); ok {
					if err := c.Trust(in.Body.Address, in.Body.Fingerprint); err != nil {
						return nil, web.Invalid("body.fingerprint", "%v", err)
					}
				}
			}
			return nil, r.api.Audit(ctx, "certificate.approve", in.Body.Address, nil, in.Body.Fingerprint)
		})
}

func (r *rooms) readOnce(ctx context.Context, in *pointsIn) ([]connect.LatestValue, error) {
	b := in.Body
	d, err := r.driver(b.Driver)
	if err != nil {
		return nil, err
	}
	points := make([]connect.Point, len(b.Points))
	for i, p := range b.Points {
		points[i] = connect.Point{Address: p.Address, Kind: p.Kind}
		if err := d.CheckPoint(p.Address, p.Kind); err != nil {
			return nil, web.Invalid("body.points", "%v", err)
		}
	}
	device, err := r.Opened(ctx, web.Who(ctx).Scope, plant.Device{Driver: b.Driver, Address: b.Address, Params: b.Params})
	if err != nil {
		return nil, err
	}
	out, err := connect.ReadOnce(ctx, d, device, points, r.api.Now)
	if err != nil {
		return nil, web.Invalid("body.address", "%v", err)
	}
	return out, nil
}

func (r *rooms) driver(kind string) (connect.Driver, error) {
	i := slices.IndexFunc(r.Drivers, func(x connect.Driver) bool { return x.Kind() == kind })
	if i < 0 {
		return nil, web.Invalid("body.driver", "there is no driver %q; /api/v1/drivers lists them", kind)
	}
	return r.Drivers[i], nil
}

func (r *rooms) devices(scope access.Scope) []connect.DeviceStatus {
	return slices.DeleteFunc(r.Collector.Status(), func(d connect.DeviceStatus) bool { return d.Tenant != scope.Tenant || !scope.Allows(d.Path) })
}

func (r *rooms) device(ctx context.Context, id plant.DeviceID) (connect.DeviceStatus, error) {
	for _, d := range r.devices(web.Who(ctx).Scope) {
		if d.ID == id {
			return d, nil
		}
	}
	return connect.DeviceStatus{}, web.NotFound("there is no device %s within your scope", id)
}

func (r *rooms) trial(ctx context.Context, d plant.Device, profileID string) (connect.TrialResult, error) {
	if err := r.MayTry(ctx, web.Who(ctx).Scope.Tenant, d); err != nil {
		return connect.TrialResult{}, err
	}
	p, ok := r.Profiles.Get(profileID)
	if !ok {
		return connect.TrialResult{}, web.Invalid("body.profile", "there is no profile %q; /api/v1/profiles lists them", profileID)
	}
	driver, err := r.driver(d.Driver)
	if err != nil {
		return connect.TrialResult{}, err
	}
	if d, err = r.Opened(ctx, web.Who(ctx).Scope, d); err != nil {
		return connect.TrialResult{}, err
	}
	node := plant.Node{Path: "test", Machine: &plant.Equipment{Profile: profileID, Device: d}}
	tags := p.Tags(node)
	for n := range tags {
		tags[n].No = plant.TagNo(n + 1)
	}
	spec, err := p.Spec(web.Who(ctx).Scope.Tenant, node, tags)
	if err != nil {
		return connect.TrialResult{}, web.Invalid("body.params", "%v", err)
	}
	return connect.Trial(ctx, driver, spec, r.api.Now), nil
}

func (r *rooms) registerProfiles() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/profiles", ID: "profiles", Summary: "Kinds of machines", Tag: "devices", Needs: access.Read},
		func(context.Context, *struct{}) (*web.ListOut[Profile], error) {
			var items []Profile
			for _, p := range r.Profiles.List() {
				items = append(items, profileOf(p, r.Drivers))
			}
			return web.NewList(items, ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/profiles/{id}", ID: "profile", Summary: "One kind of machine, with its file", Tag: "devices", Needs: access.Read},
		func(_ context.Context, in *struct {
			ID string `path:"id"`
		},
		) (*struct{ Body ProfileDetail }, error) {
			p, ok := r.Profiles.Get(in.ID)
			if !ok {
				return nil, web.NotFound("there is no profile %q", in.ID)
			}
			return &struct{ Body ProfileDetail }{detailOf(p, r.Profiles.Source(in.ID), r.Drivers)}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/drivers", ID: "drivers", Summary: "Protocols this program speaks", Tag: "devices", Needs: access.Read},
		func(context.Context, *struct{}) (*web.ListOut[DriverInfo], error) {
			var items []DriverInfo
			for _, d := range r.Drivers {
				items = append(items, driverInfo(d))
			}
			return web.NewList(items, ""), nil
		})
}
