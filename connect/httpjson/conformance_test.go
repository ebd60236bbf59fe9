package httpjson_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/httpjson"
	"zhigai/connect/peer"
	"zhigai/plant"
)

const (
	root  = "../.."
	token = "0123456789abcdef"
	how   = "apt-get install python3"
)

// device is a machine on Python's http.server.
func device(t *testing.T, port string) *peer.Process {
	t.Helper()
	p := peer.Python(t, root, "http/device.py", "http.server", how, port)
	p.Wait("ready")
	return p
}

// values that the party holds.
var values = []conntest.Value{
	{Address: "/machine/power_kw", Kind: plant.KindNumber, Number: 7.25},
	{Address: "/machine/running", Kind: plant.KindBoolean, Number: 1},
	{Address: "/machine/name", Kind: plant.KindText, Text: "磨床 3"},
	{Address: "/sensors/[name=bed]/temperature", Kind: plant.KindNumber, Number: 23.75},
	{Address: "/sensors/0/temperature", Kind: plant.KindNumber, Number: 41.5},
	{Address: "/program", Kind: plant.KindText, Text: "O1234"},
}

// What every driver promises, against Python's http.server.
func TestConformance(t *testing.T) {
	port := peer.Port(t)
	party := device(t, port)
	conntest.Run(t, conntest.Party{
		Driver: httpjson.New(time.Now),
		Device: plant.Device{Driver: httpjson.Kind, Address: "http://127.0.0.1:" + port + "/bearer", Params: map[string]string{"token": token, "timeout": "1s"}},
		Values: values, Missing: connect.Point{Address: "/sensors/[name=tool]/temperature", Kind: plant.KindNumber},
		WrongPoint:  connect.Point{Address: "machine.power", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: httpjson.Kind, Address: "10.0.0.1/status"},
		Stop:        party.Kill, Start: func() { device(t, port) },
	})
}

// What every driver promises, of a Python program that posts.
func TestConformance_Hook(t *testing.T) {
	hook := httpjson.NewHook(time.Now)
	server := httptest.NewServer(hook)
	t.Cleanup(server.Close)
	dev := plant.Device{Driver: httpjson.HookKind, Address: "press-1", Params: map[string]string{"token": token, "silence": "1s"}}
	start := func() *peer.Process {
		p := peer.Python(t, root, "http/device.py", "http.server", how, "post", server.URL+httpjson.HookPath+"press-1", token, "0.1")
		p.Wait("ready")
		return p
	}
	party := start()
	conntest.Run(t, conntest.Party{
		Driver: hook, Device: dev,
		Values: values, Missing: connect.Point{Address: "/sensors/[name=tool]/temperature", Kind: plant.KindNumber},
		WrongPoint:  connect.Point{Address: "machine.power", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: httpjson.HookKind, Address: "Press 1"},
		Stop:        party.Kill, Start: func() { start() },
		Remembers: true, Timeout: 3 * time.Second,
	})
}
