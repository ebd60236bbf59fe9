package opcua

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

// maxMachines are named in one title.
const maxMachines = 20

// maker is what a server says of who made it.
func (s *session) maker(ctx context.Context) ([]string, error) {
	values, err := s.read(ctx, []*ua.NodeID{
		ua.NewNumericNodeID(0, id.Server_ServerStatus_BuildInfo_ManufacturerName),
		ua.NewNumericNodeID(0, id.Server_ServerStatus_BuildInfo_ProductName),
		ua.NewNumericNodeID(0, id.Server_ServerStatus_BuildInfo_SoftwareVersion),
	}, ua.AttributeIDValue)
	if err != nil {
		return nil, err
	}
	var words []string
	for _, v := range values {
		if t, ok := valueOf(v).(string); ok && t != "" {
			words = append(words, t)
		}
	}
	return words, nil
}

// introduce is what a server says of itself and of the machines behind it.
func (s *session) introduce(ctx context.Context) (string, error) {
	words, err := s.maker(ctx)
	if err != nil {
		return "", err
	}
	machines, err := s.machines(ctx)
	if err != nil {
		return "", err
	}
	for i, m := range machines {
		if i == maxMachines {
			words = append(words, fmt.Sprintf("and %d more", len(machines)-i))
			break
		}
		words = append(words, m.title())
	}
	return strings.Join(words, "; "), nil
}

func (m *recognised) title() string { return m.shown + " by " + m.model.title }

// foundMachines are the machines behind a server, each with what it says of
// itself. What is said of the server stands in all of them.
func (s *session) foundMachines(ctx context.Context, server connect.Found) ([]connect.Found, error) {
	machines, err := s.machines(ctx)
	if err != nil {
		return nil, err
	}
	machines = machines[:min(len(machines), maxKnownBy)]
	all, err := s.survey(ctx)
	if err != nil {
		return nil, err
	}
	s.tell(all, machines)
	identities, err := s.identities(ctx, all, machines)
	if err != nil {
		return nil, err
	}
	out := make([]connect.Found, len(machines))
	for i := range machines {
		m := &machines[i]
		one := server
		one.Device.Params = map[string]string{"object": wayOf(m.name)[1:]}
		maps.Copy(one.Device.Params, server.Device.Params)
		one.Title, one.Model, one.Identity = m.title()+"; "+server.Title, m.model.number, identities[i]
		out[i] = one
	}
	return out, nil
}

// nameplates are the types of objects that say who made a machine, the most
// telling first (OPC 40001-1, 8.1; OPC 40010-1, 7.3). Their properties are those
// of OPC UA for Devices.
var nameplates = []step{
	{"http://opcfoundation.org/UA/Machinery/", "MachineIdentificationType"},
	{"http://opcfoundation.org/UA/Robotics/", "MotionDeviceType"},
}

// identities reads who made each machine, from its nameplate or else from its
// own properties.
func (s *session) identities(ctx context.Context, all []object, machines []recognised) ([]connect.Identity, error) {
	plates := make([]*ua.NodeID, len(machines))
	for i := range machines {
		plates[i] = s.nameplate(all, machines[i].place)
	}
	below, err := s.references(ctx, plates, downwards(ua.NodeClassVariable, wideBatch))
	if err != nil {
		return nil, err
	}
	out := make([]connect.Identity, len(machines))
	var nodes []*ua.NodeID
	var fields []*string
	for i, f := range below {
		for _, r := range f.refs {
			field := fieldOf(&out[i], r)
			if n := here(r); n != nil && field != nil {
				nodes, fields = append(nodes, n), append(fields, field)
			}
		}
	}
	values, err := s.read(ctx, nodes, ua.AttributeIDValue)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if v != nil && v.Value != nil {
			if said, err := text(v.Value); err == nil {
				*fields[i] = strings.TrimSpace(said)
			}
		}
	}
	return out, nil
}

// fieldOf is what a property of a nameplate tells, nil for one that is not asked.
func fieldOf(out *connect.Identity, r *ua.ReferenceDescription) *string {
	if r == nil || r.BrowseName == nil {
		return nil
	}
	switch r.BrowseName.Name {
	case "Manufacturer":
		return &out.Vendor
	case "Model":
		return &out.Product
	case "SoftwareRevision":
		return &out.Version
	case "SerialNumber":
		return &out.Serial
	}
	return nil
}

// nameplate is the object that says who made a machine.
func (s *session) nameplate(all []object, machine int) *ua.NodeID {
	for _, t := range nameplates {
		var fits []typed
		for i := range all {
			if all[i].is(t) && within(all, i, machine) {
				fits = append(fits, typed{all[i], s.wayTo(all, i)})
			}
		}
		if len(fits) > 0 {
			return slices.MinFunc(fits, byName).node // parts have plates of their own, further down
		}
	}
	return all[machine].node
}

// within reports whether an object is another one or stands below it.
func within(all []object, i, other int) bool {
	for ; i >= 0; i = all[i].parent {
		if i == other {
			return true
		}
	}
	return false
}
