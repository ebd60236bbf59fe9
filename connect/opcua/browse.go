package opcua

import (
	"context"
	"fmt"
	"strings"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
	"zhigai/plant"
)

// maxBrowsed bounds one answer to a person's click.
const maxBrowsed = 5000

// Browse implements [connect.Browser]: objects are folders, so are variables
// with components.
func (c *conn) Browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	out, err := c.browse(ctx, parent)
	if err != nil {
		return nil, fmt.Errorf("opcua %s: browse %q: %w", c.address, parent, err)
	}
	return out, nil
}

func (c *conn) browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	node := ua.NewNumericNodeID(0, id.ObjectsFolder)
	if parent != "" {
		n, err := parseNode(parent)
		if err != nil {
			return nil, err
		}
		if node, err = n.resolve(c.session.namespaces); err != nil {
			return nil, err
		}
	}
	refs, err := c.children(ctx, node)
	if err != nil {
		return nil, err
	}
	var out []connect.Browsed
	var variables []*ua.NodeID
	var index []int
	for _, r := range refs {
		if r == nil || r.NodeID == nil || r.NodeID.NodeID == nil || r.NodeID.ServerIndex != 0 {
			continue // lives on another server
		}
		child := ua.NewNodeIDFromExpandedNodeID(r.NodeID)
		b := connect.Browsed{Address: addressOf(child, c.session.namespaces), Name: nameOf(r)}
		if r.NodeClass == ua.NodeClassVariable {
			variables, index = append(variables, child), append(index, len(out))
		} else {
			b.Folder = true
		}
		out = append(out, b)
	}
	types, err := c.session.read(ctx, variables, ua.AttributeIDDataType)
	if err != nil {
		return nil, err
	}
	for i, v := range types {
		if t, ok := valueOf(v).(*ua.NodeID); ok {
			out[index[i]].Kind = kindOf(t)
		}
	}
	return out, nil
}

func nameOf(r *ua.ReferenceDescription) string {
	if r.DisplayName != nil && r.DisplayName.Text != "" {
		return r.DisplayName.Text
	}
	if r.BrowseName != nil {
		return r.BrowseName.Name
	}
	return ""
}

// kindOf is the tag kind of a data type of namespace 0; others have none that
// could be said without reading the type's own ancestors.
func kindOf(t *ua.NodeID) plant.TagKind {
	if t.Namespace() != 0 {
		return ""
	}
	switch n := ua.TypeID(min(t.IntID(), 255)); {
	case n == ua.TypeIDBoolean:
		return plant.KindBoolean
	case n >= ua.TypeIDSByte && n <= ua.TypeIDDouble:
		return plant.KindNumber
	case n == ua.TypeIDString || n == ua.TypeIDLocalizedText || n == ua.TypeIDDateTime || n == ua.TypeIDByteString || n == ua.TypeIDGUID:
		return plant.KindText
	case t.IntID() == id.Enumeration:
		return plant.KindEnumeration
	case t.IntID() == id.Duration:
		return plant.KindNumber
	case t.IntID() == id.UtcTime:
		return plant.KindText
	}
	return ""
}

func (c *conn) children(ctx context.Context, node *ua.NodeID) ([]*ua.ReferenceDescription, error) {
	res, err := call[*ua.BrowseResponse](ctx, c.session, &ua.BrowseRequest{
		View: &ua.ViewDescription{ViewID: ua.NewTwoByteNodeID(0)}, RequestedMaxReferencesPerNode: 1000,
		NodesToBrowse: []*ua.BrowseDescription{{
			NodeID: node, BrowseDirection: ua.BrowseDirectionForward,
			ReferenceTypeID: ua.NewNumericNodeID(0, id.HierarchicalReferences), IncludeSubtypes: true,
			NodeClassMask: uint32(ua.NodeClassObject | ua.NodeClassVariable), ResultMask: uint32(ua.BrowseResultMaskAll),
		}},
	})
	if err != nil {
		return nil, err
	}
	var out []*ua.ReferenceDescription
	results := res.Results
	for {
		if len(results) != 1 || results[0] == nil {
			return nil, fmt.Errorf("%d answers for one node", len(results))
		}
		r := results[0]
		if r.StatusCode != ua.StatusOK {
			return nil, statusError(r.StatusCode)
		}
		out = append(out, r.References...)
		more := len(r.ContinuationPoint) > 0
		if !more {
			return out, nil
		}
		// Beyond the bound the point is released, so the server can forget it.
		stop := len(out) >= maxBrowsed
		next, err := call[*ua.BrowseNextResponse](ctx, c.session, &ua.BrowseNextRequest{
			ReleaseContinuationPoints: stop, ContinuationPoints: [][]byte{r.ContinuationPoint},
		})
		if err != nil {
			return nil, err
		}
		if stop {
			return out[:maxBrowsed], nil
		}
		results = next.Results
	}
}

// Discover implements [connect.Discoverer]: the servers that a server or
// discovery server at the endpoint knows.
func (d *Driver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	if !strings.Contains(where, "://") {
		where = "opc.tcp://" + where
	}
	set, err := parseSettings(plant.Device{Address: where})
	if err != nil {
		return nil, err
	}
	s, err := d.channel(ctx, set, nil)
	if err != nil {
		return nil, fmt.Errorf("opcua %s: discover: %w", where, err)
	}
	defer s.close()
	res, err := call[*ua.FindServersResponse](ctx, s, &ua.FindServersRequest{EndpointURL: where})
	if err != nil {
		return nil, fmt.Errorf("opcua %s: discover: %w", where, err)
	}
	var out []connect.Found
	for _, app := range res.Servers {
		if app == nil || app.ApplicationType == ua.ApplicationTypeClient || app.ApplicationType == ua.ApplicationTypeDiscoveryServer {
			continue
		}
		for _, u := range app.DiscoveryURLs {
			if strings.HasPrefix(u, "opc.tcp://") {
				name := ""
				if app.ApplicationName != nil {
					name = app.ApplicationName.Text
				}
				out = append(out, connect.Found{Device: plant.Device{Driver: Kind, Address: u}, Title: strings.TrimSpace(name + " " + app.ApplicationURI)})
				break
			}
		}
	}
	return out, nil
}

// Test implements [connect.Tester].
func (d *Driver) Test(ctx context.Context, dev plant.Device) (string, error) {
	set, err := parseSettings(dev)
	if err != nil {
		return "", err
	}
	endpoints, err := d.endpoints(ctx, set)
	if err != nil {
		return "", fmt.Errorf("opcua %s: %w", set.url, err)
	}
	report := "offers " + strings.Join(offers(endpoints), ", ")
	for _, e := range endpoints {
		if cert, err := leaf(e.ServerCertificate); err == nil {
			report += fmt.Sprintf("; certificate %s, SHA-256 %s, valid until %s", cert.Subject, fingerprintOf(cert.Raw), cert.NotAfter.Format("2006-01-02"))
			break
		}
	}
	s, err := d.open(ctx, dev)
	if err != nil {
		return report, err
	}
	defer s.close()
	values, err := s.read(ctx, []*ua.NodeID{
		ua.NewNumericNodeID(0, id.Server_ServerStatus_BuildInfo_ManufacturerName),
		ua.NewNumericNodeID(0, id.Server_ServerStatus_BuildInfo_ProductName),
		ua.NewNumericNodeID(0, id.Server_ServerStatus_BuildInfo_SoftwareVersion),
	}, ua.AttributeIDValue)
	if err != nil {
		return report, fmt.Errorf("opcua %s: %w", set.url, err)
	}
	for _, v := range values {
		if t, ok := valueOf(v).(string); ok && t != "" {
			report += "; " + t
		}
	}
	return report + "; namespaces " + strings.Join(s.namespaces, ", "), nil
}
