package main

import (
	"strings"
	"testing"

	"zhigai/link"
	"zhigai/web"
)

func TestLinkHealth_SaysWhatIsWrongAndNamesNobody(t *testing.T) {
	conflict := &link.Conflict{Holder: link.Party{Host: "mill", Address: "10.0.0.1"}, Refused: link.Party{Host: "laptop"}}
	f := func(got web.Check, ok bool, words ...string) {
		t.Helper()
		if got.OK != ok {
			t.Errorf("%+v; want OK %v", got, ok)
		}
		for _, w := range words {
			if !strings.Contains(got.Detail, w) {
				t.Errorf("detail %q; want %q in it", got.Detail, w)
			}
		}
		if strings.Contains(got.Detail, "mill") || strings.Contains(got.Detail, "laptop") || strings.Contains(got.Detail, "10.0") {
			t.Errorf("detail %q names a machine", got.Detail)
		}
	}
	f(parentCheck(link.Status{State: link.StateUp}), true, "up")
	f(parentCheck(link.Status{State: link.StateConnecting, LastError: "dial 10.0.0.1"}), false, "connecting")
	f(parentCheck(link.Status{State: link.StateRefused, Refused: "revoked"}), false, "refused: revoked")
	f(parentCheck(link.Status{State: link.StateRefused, Refused: "version"}), false, "refused: version")
	f(parentCheck(link.Status{State: link.StateUp, Conflict: conflict}), false, "two machines")
	f(parentCheck(link.Status{State: link.StateUp, Outbox: link.OutboxStatus{Used: 0.81, Alarm: true}}), false, "81 %")
	f(parentCheck(link.Status{State: link.StateUp, Outbox: link.OutboxStatus{Used: 1, Alarm: true, Losing: true}}), false, "gap")
	f(nodesCheck([]link.NodeStatus{{Connected: true}, {Node: link.Node{Revoked: 1}, Conflict: conflict}}), true, "1 connected, 0 away")
	f(nodesCheck([]link.NodeStatus{{Connected: true, Conflict: conflict}, {Outbox: link.OutboxStatus{Alarm: true}}}), false, "1 connected, 1 away", "two machines: 1", "nearly full: 1")
}
