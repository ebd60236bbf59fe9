package sparkplug

import (
	"fmt"
	"strings"
)

// namespace is the first topic level of Sparkplug B, version 3.0 included.
const namespace = "spBv1.0"

// address is a node or, with a device, one device below it.
type address struct{ group, node, device string }

func (a address) String() string {
	if a.device == "" {
		return a.group + "/" + a.node
	}
	return a.group + "/" + a.node + "/" + a.device
}

func parseAddress(s string) (address, error) {
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return address{}, fmt.Errorf("sparkplug address %q: write group/edge-node or group/edge-node/device", s)
	}
	for i, p := range parts {
		if err := checkPart([]string{"group", "edge node", "device"}[i], p); err != nil {
			return address{}, fmt.Errorf("sparkplug address %q: %w", s, err)
		}
	}
	a := address{group: parts[0], node: parts[1]}
	if len(parts) == 3 {
		a.device = parts[2]
	}
	return a, nil
}

func checkPart(what, s string) error {
	if s == "" || len(s) > 256 || strings.ContainsAny(s, "/+#\x00") {
		return fmt.Errorf("%s %q; 1 to 256 bytes without / + #", what, s)
	}
	return nil
}

// topic is what a message is about.
type topic struct {
	kind string // NBIRTH, NDEATH, NDATA, NCMD, DBIRTH ... STATE
	address
}

// parseTopic takes spBv1.0/group/kind/node[/device] and spBv1.0/STATE/host.
func parseTopic(s string) (topic, bool) {
	parts := strings.Split(s, "/")
	if len(parts) < 3 || len(parts) > 5 || parts[0] != namespace {
		return topic{}, false
	}
	if parts[1] == "STATE" {
		return topic{kind: "STATE"}, len(parts) == 3
	}
	if len(parts) < 4 || parts[1] == "" || parts[3] == "" {
		return topic{}, false
	}
	t := topic{kind: parts[2], address: address{group: parts[1], node: parts[3]}}
	switch t.kind {
	case "NBIRTH", "NDEATH", "NDATA", "NCMD":
		return t, len(parts) == 4
	case "DBIRTH", "DDEATH", "DDATA", "DCMD":
		if len(parts) != 5 || parts[4] == "" {
			return topic{}, false
		}
		t.device = parts[4]
		return t, true
	}
	return topic{}, false
}
