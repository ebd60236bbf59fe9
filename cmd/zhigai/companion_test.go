package main

import (
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/peer"
	"zhigai/shop/discovery"
)

// shownMachine is a machine as the board shows it.
type shownMachine struct {
	ID, Path, Class string
	Link            bool
	State           struct{ Code, Mode string }
	Device          any
}

// A hall of machines behind one OPC UA server, each by a companion specification,
// is adopted by one rule: each is a machine with its state and its parts. A server
// that comes back with other namespace numbers changes nothing.
func TestAdopt_CompanionModels(t *testing.T) {
	port, pki := peer.Port(t), t.TempDir()
	server := peer.Node(t, "../..", "opcua/companion.js", port, pki, "3")
	server.Wait("listening")
	where := "opc.tcp://127.0.0.1:" + port
	n, api := nodeAndAPI(t, emptyHall, time.Now().Add(-time.Hour), func(*node) {})
	admin := access.With(t.Context(), access.Node(demoTenant))
	_, err := n.discovery.SaveRule(admin, demoTenant, discovery.Rule{Name: "hall", Driver: "opcua", Where: where, Every: 1, Place: "firm/hall", Auto: true}, 0)
	must(t, err)

	board := func() map[string]shownMachine {
		var list struct{ Items []shownMachine }
		api.get("/api/v1/equipment", &list)
		out := map[string]shownMachine{}
		for _, one := range list.Items {
			out[one.Path] = one
		}
		return out
	}
	const first, second = "firm/hall/machine-cnc-01-4711", "firm/hall/machine-cnc-02-4711"
	defer func() {
		if t.Failed() {
			all, err := n.discovery.Candidates(admin, demoTenant)
			t.Logf("board %+v\ncandidates %+v, %v", board(), all, err)
		}
	}()
	wanted := func(states map[string]string) func() bool {
		return func() bool {
			now := board()
			for path, code := range states {
				if m := now[path]; code != "" && m.State.Code+" "+m.State.Mode != code || m.Path == "" || !m.Link {
					return false
				}
			}
			return true
		}
	}
	soon(t, "each machine has its state", wanted(map[string]string{
		first: "EXECUTING PROCESSING", second: "NOT_EXECUTING PROCESSING", "firm/hall/machine-packer": "EXECUTING PROCESSING",
		"firm/hall/robot-r-0815": "EXECUTING PROCESSING", "firm/hall/machine-p-99": "",
	}))
	if now := board(); len(now) != 5 {
		t.Errorf("%d machines; want 5: %v", len(now), now)
	}
	value := func(path, signal string) (number float64, text, quality string) {
		var m struct {
			Tags []struct {
				No   int64
				Name string
			}
			Values []struct {
				Tag     int64
				Value   *float64
				Text    *string
				Quality string
			}
		}
		api.get("/api/v1/equipment/"+board()[path].ID, &m)
		for _, tag := range m.Tags {
			for _, v := range m.Values {
				if tag.Name != signal || v.Tag != tag.No {
					continue
				}
				if quality = v.Quality; v.Value != nil {
					number = *v.Value
				}
				if v.Text != nil {
					text = *v.Text
				}
			}
		}
		return number, text, quality
	}
	if parts, _, quality := value(first, "count.total"); parts != 1234 || quality != "good" {
		t.Errorf("parts of the first machine tool %v %s", parts, quality)
	}
	if _, state, _ := value(first, "machine.state"); state != "Executing" {
		t.Errorf("state by OPC 40001-1 %q", state)
	}
	// What the second does not offer is said of that point alone.
	if _, _, quality := value(second, "count.total"); quality == "good" || quality == "" {
		t.Errorf("parts of the second machine tool are %q", quality)
	}
	if _, program, quality := value(second, "machine.program"); program != "O2000" || quality != "good" {
		t.Errorf("program of the second machine tool %q %s", program, quality)
	}
	if angle, _, _ := value("firm/hall/robot-r-0815", "axis.j3.position"); angle != 100 {
		t.Errorf("third axis %v", angle)
	}

	server.Kill()
	peer.Node(t, "../..", "opcua/companion.js", port, pki, "1", "turned").Wait("listening")
	soon(t, "the machine tools have changed their states", wanted(map[string]string{
		first: "NOT_EXECUTING PROCESSING", second: "EXECUTING PROCESSING", "firm/hall/machine-packer": "EXECUTING PROCESSING", "firm/hall/robot-r-0815": "EXECUTING PROCESSING",
	}))
	if parts, _, quality := value(first, "count.total"); parts != 1240 || quality != "good" {
		t.Errorf("parts after the restart %v %s", parts, quality)
	}
	all, err := n.discovery.Candidates(admin, demoTenant)
	must(t, err)
	known := slices.DeleteFunc(all, func(c discovery.Candidate) bool { return c.Standing != discovery.Known })
	if len(known) != 5 {
		t.Errorf("%d known machines; want 5: %+v", len(known), known)
	}
}
