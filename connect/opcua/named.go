package opcua

import (
	"context"

	"github.com/gopcua/opcua/ua"

	"zhigai/plant"
)

// maxNamedNodes are the nodes whose names a session remembers: the states of
// state machines, of which a server has some hundred.
const maxNamedNodes = 10_000

// name puts in the place of values that are node ids the browse names of those
// nodes. So a state machine says in which state it is (OPC UA Part 16, 4.4.5:
// CurrentState/Id) in a word that is the same in every language, whatever number
// a maker's own state machine gives the state. One without a name stays as it is.
func (s *session) name(ctx context.Context, values []*ua.DataValue) error {
	wanted := map[string]*ua.NodeID{}
	s.mu.Lock()
	for _, v := range values {
		if n, ok := valueOf(v).(*ua.NodeID); ok && n != nil && s.nodeNames[n.String()] == nil {
			wanted[n.String()] = n
		}
	}
	s.mu.Unlock()
	found := map[string]*ua.QualifiedName{}
	if len(wanted) > 0 {
		var nodes []*ua.NodeID
		for _, n := range wanted {
			nodes = append(nodes, n)
		}
		said, err := s.read(ctx, nodes, ua.AttributeIDBrowseName)
		if err != nil {
			return err
		}
		for i, v := range said {
			if q, ok := valueOf(v).(*ua.QualifiedName); ok && q != nil {
				found[nodes[i].String()] = q
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, q := range found {
		if len(s.nodeNames) < maxNamedNodes {
			s.nodeNames[key] = q
		}
	}
	for _, v := range values {
		n, ok := valueOf(v).(*ua.NodeID)
		if !ok || n == nil {
			continue
		}
		q := s.nodeNames[n.String()]
		if q == nil {
			q = found[n.String()]
		}
		if q != nil {
			v.Value = ua.MustVariant(q)
		}
	}
	return nil
}

// nameNews is name for the values of a notification.
func (s *subscription) nameNews(ctx context.Context, m *ua.NotificationMessage) error {
	var values []*ua.DataValue
	for _, data := range m.NotificationData {
		if data == nil {
			continue
		}
		if n, ok := data.Value.(*ua.DataChangeNotification); ok {
			for _, item := range n.MonitoredItems {
				if item != nil && int64(item.ClientHandle) < int64(len(s.points)) && s.points[item.ClientHandle].Kind == plant.KindText {
					values = append(values, item.Value)
				}
			}
		}
	}
	return s.conn.session.name(ctx, values)
}
