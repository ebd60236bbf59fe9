package sim_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/cip"
	"zhigai/connect/iec104"
	"zhigai/connect/modbus/pdu"
	"zhigai/connect/mtconnect"
	"zhigai/connect/profile"
	"zhigai/connect/slmp"
	"zhigai/connect/snmp"
	"zhigai/data"
	"zhigai/sim"
)

// Every profile whose machines wait to be asked can be stood up alone.
func TestServe_EveryProfile(t *testing.T) {
	t.Parallel()
	profiles, err := profile.Load(data.FS, "profiles", nil)
	must(t, err)
	for _, prof := range profiles.List() {
		ctx, cancel := context.WithCancel(t.Context())
		d, err := sim.Serve(ctx, kindOf(prof), "127.0.0.1:0", 1)
		switch prof.Protocol {
		case "modbus-tcp", "modbus", "modbus-rtu", "dlt645":
			must(t, err)
			if strings.HasPrefix(prof.ID, "demo-") { // the others are read in TestDelivered_EverySignalIsReadAsShown
				modbusRead(t, d, 0, 2)
			}
		case "opcua":
			must(t, err)
			if v := readNode(t, dial(t, d), "M1.power.active"); v.Value == nil {
				t.Errorf("%s: %v", prof.ID, v.Status)
			}
		case slmp.Kind, cip.Kind, iec104.Kind, mtconnect.Kind, snmp.Kind:
			must(t, err)
			asked, cancel := context.WithTimeout(t.Context(), patience)
			_, err := map[string]connect.Tester{
				slmp.Kind: slmp.New(), cip.Kind: cip.New(), iec104.Kind: iec104.New(), mtconnect.Kind: mtconnect.New(mtconnect.Options{}), snmp.Kind: snmp.New(),
			}[prof.Protocol].Test(asked, prof.Device(d))
			must(t, err)
			cancel()
		case mtconnect.AdapterKind:
			must(t, err)
		default:
			if sim.Serves(prof.Protocol) { // read in TestDelivered_EverySignalIsReadAsShown
				must(t, err)
				break
			}
			if err == nil || !strings.Contains(err.Error(), prof.Protocol) {
				t.Errorf("%s: %v; want an error that names %s", prof.ID, err, prof.Protocol)
			}
		}
		cancel()
		if err != nil {
			continue
		}
		gone := time.Now().Add(patience)
		for address := strings.TrimPrefix(strings.TrimPrefix(d.Address, "opc.tcp://"), "http://"); ; {
			c, err := net.Dial("tcp", address)
			if err != nil {
				break
			}
			_ = c.Close()
			if time.Now().After(gone) {
				t.Fatalf("%s: still listens after its context ended", prof.ID)
			}
		}
	}
}

// A profile whose signals the simulation knows nothing of still gives values
// in every table, that move.
func TestServe_UnknownSignals(t *testing.T) {
	t.Parallel()
	low, high := 10.0, 20.0
	k := sim.Kind{ID: "x", Class: "press", Protocol: "modbus-tcp", Signals: []sim.Signal{
		{Name: "x.level", Kind: "number", At: "input 0 float32 CDAB", Min: &low, Max: &high},
		{Name: "x.on", Kind: "boolean", At: "discrete 5 bool"},
		{Name: "x.switch", Kind: "boolean", At: "coil 2 bool", Writable: true},
		{Name: "count.strokes", Kind: "number", At: "input 4 uint32"},
	}}
	d, err := sim.Serve(t.Context(), k, "127.0.0.1:0", 1)
	must(t, err)
	b, err := ask(t, d, pdu.Request{Function: pdu.ReadInput, Address: 0, Count: 2})
	must(t, err)
	if v := float([]byte{b[2], b[3], b[0], b[1]}); v < low || v > high {
		t.Errorf("level %v; want %v to %v", v, low, high)
	}
	_, err = ask(t, d, pdu.Request{Function: pdu.WriteCoil, Address: 2, Data: []byte{0xFF, 0}})
	must(t, err)
	b, err = ask(t, d, pdu.Request{Function: pdu.ReadCoils, Address: 0, Count: 3})
	must(t, err)
	if b[0] != 4 {
		t.Errorf("coils %b; want 100", b[0])
	}
	b, err = ask(t, d, pdu.Request{Function: pdu.ReadDiscreteInputs, Address: 0, Count: 6})
	must(t, err)
	if len(b) != 1 || b[0]&^0x20 != 0 {
		t.Errorf("discrete inputs %b", b)
	}
	if _, err := sim.Serve(t.Context(), k, "nowhere", 1); err == nil {
		t.Error("address without a port: no error")
	}
}
