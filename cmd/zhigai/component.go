package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	calcrule "zhigai/calc/rule"
	"zhigai/connect/profile"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/component"
	wasm "zhigai/shop/component/sandbox"
	"zhigai/shop/component/service"
	"zhigai/shop/control/rule"
)

// newComponents makes the desk of functions that somebody brought along.
func (n *node) newComponents(at place) (*component.Desk, error) {
	n.sandbox = wasm.New()
	o := component.Options{
		Store: recshop.NewComponents(n.record), Files: n.attachments(), Plant: componentPlant{placesOf{n.fleet}, n.profiles}, History: n.history,
		Recorder: componentValues{n.shop, intake{n.history, n.disk, n.traces, nil, n.meter}, n.fleet.Changed}, Alarms: componentAlarms{alarmsFrom{n.alarms, fromComponents}}, Engine: n.sandbox,
		Tenants: n.tenants.list, NewID: n.record.NewID, Now: time.Now, Logger: n.log,
	}
	if at.services != "" && !at.readOnly {
		var err error
		if n.services, err = service.Start(service.Options{Listen: at.services, TLS: at.crypted, Log: n.log}); err != nil {
			return nil, err
		}
		o.Services = n.services
		n.log.Info("services connect", "address", n.services.Address())
	}
	return component.NewDesk(o), nil
}

// componentAlarms puts what components do wrong into the list of alarms.
type componentAlarms struct{ alarmsFrom }

const fromComponents alarm.Source = "component"

// Raise implements component.Alarms. What stands at a machine that is gone is nobody's.
func (a componentAlarms) Raise(ctx context.Context, tenant plant.TenantNo, s component.Alarm) error {
	return a.raiseWhere(ctx, tenant, alarm.Signal{Key: s.Key, Place: s.Place, At: s.At, Priority: s.Priority, Text: s.Text, Evidence: s.Evidence})
}

// componentPlant tells components of machines and of the numbers that they tell, those of
// other components among them.
type componentPlant struct {
	placesOf
	profiles *profile.Library
}

var _ component.Plant = componentPlant{}

// Machine implements component.Plant.
func (p componentPlant) Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (component.Machine, error) {
	at, err := p.Place(ctx, tenant, node)
	if err != nil {
		return component.Machine{}, err
	}
	out := component.Machine{ID: at.ID, Path: at.Path, Name: at.Name}
	s, err := p.now(ctx, tenant)
	if err != nil {
		return component.Machine{}, err
	}
	i := slices.IndexFunc(s.Model.Nodes, func(nd plant.Node) bool { return nd.ID == node })
	if i < 0 || s.Model.Nodes[i].Machine == nil {
		return component.Machine{}, access.ErrNotFound
	}
	known := s.Machines[node]
	if of, ok := p.profiles.Get(s.Model.Nodes[i].Machine.Profile); ok {
		for _, sig := range of.Signals {
			if sig.Kind != plant.KindNumber && sig.Kind != plant.KindBoolean && sig.Kind != plant.KindEnumeration {
				continue
			}
			one := component.Signal{Name: sig.Name, Title: sig.Title, Unit: sig.Unit}
			if known != nil && known.Tags[sig.Name] != nil {
				one.Tag = known.Tags[sig.Name].No
			}
			out.Signals = append(out.Signals, one)
		}
	}
	if known != nil {
		for _, tag := range saidByComponents(known.Tags) {
			out.Signals = append(out.Signals, component.Signal{Name: tag.Name, Title: tag.Title, Unit: tag.Unit, Tag: tag.No})
		}
	}
	return out, nil
}

// saidByComponents are the tags of a machine that components say, by name.
func saidByComponents(tags map[string]*plant.Tag) []*plant.Tag {
	var out []*plant.Tag
	for name, tag := range tags {
		if strings.HasPrefix(name, component.SignalPrefix) {
			out = append(out, tag)
		}
	}
	slices.SortFunc(out, func(a, b *plant.Tag) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// componentWords are what components say of a machine, for rules to speak of.
func componentWords(tags map[string]*plant.Tag) []rule.Signal {
	var out []rule.Signal
	for _, tag := range saidByComponents(tags) {
		out = append(out, rule.Signal{Name: tag.Name, Title: tag.Title, Unit: tag.Unit, Kind: calcrule.Number, Tag: tag.No})
	}
	return out
}

// componentValues keeps what components say as samples.
type componentValues struct {
	tags    recshop.Tags
	intake  intake
	changed func() // there may be new tags
}

var _ component.Recorder = componentValues{}

// EnsureTags implements component.Recorder.
func (v componentValues) EnsureTags(ctx context.Context, tenant plant.TenantNo, tags []plant.Tag) ([]plant.Tag, error) {
	defer v.changed()
	return v.tags.EnsureTags(ctx, tenant, tags)
}

// Record implements component.Recorder.
func (v componentValues) Record(ctx context.Context, tenant plant.TenantNo, samples []plant.Sample) error {
	if len(samples) == 0 {
		return nil
	}
	_, err := v.intake.Append(ctx, tenant, plant.Batch{Samples: samples})
	return err
}
