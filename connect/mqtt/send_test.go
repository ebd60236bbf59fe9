package mqtt_test

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"zhigai/connect/mqtt"
	"zhigai/connect/mqtt/client"
)

// A subscriber that acknowledges while messages for it come from several
// machines holds up nobody: neither itself nor the machines.
func TestSubscriber_AcknowledgesWhileMessagesCome(t *testing.T) {
	b := open(t, mqtt.Options{}, nil)
	last := make(chan struct{}, 1)
	sub := dial(t, b, client.Options{Client: "scada", Received: func(topic string, _ []byte, _ bool) {
		if topic == "m/last" {
			last <- struct{}{}
		}
	}})
	must(t, sub.Subscribe(within(t), "m/#", 1))
	var machines sync.WaitGroup
	for i := range 8 {
		m := dial(t, b, client.Options{Client: fmt.Sprint("machine", i)})
		machines.Go(func() {
			for range 1000 {
				if err := m.Publish(within(t), "m/x", []byte("1"), 1, false); err != nil {
					t.Errorf("publish: %v", err)
					return
				}
			}
		})
	}
	machines.Wait()
	must(t, dial(t, b, client.Options{Client: "probe"}).Publish(within(t), "m/last", []byte("1"), 1, false))
	receive(t, last, "the last message")
}

// The hang needs an unlucky instant, so what leads to it is tested: the
// library never looks through its list on the goroutine that reads. It would
// then send what was set aside.
func TestSubscriber_LibraryDoesNotSearchItsList(t *testing.T) {
	b := open(t, mqtt.Options{}, nil)
	for _, version := range []byte{4, 5} {
		name := fmt.Sprint("scada", version)
		sub := dial(t, b, client.Options{Client: name, Version: version, ReceiveMaximum: 10 * uint16(version/5)})
		there := b.SetAside(name)
		must(t, sub.Subscribe(within(t), "m/#", 1)) // a packet the library processes
		must(t, sub.Publish(within(t), "x", nil, 1, false))
		if !there() {
			t.Errorf("version %d: the library took a message from the list of those in flight", version)
		}
	}
}

// Who takes one message at a time gets all of them, one at a time.
func TestSubscriber_ReceiveMaximum(t *testing.T) {
	b := open(t, mqtt.Options{}, nil)
	const n = 200
	got := make(chan string, n)
	sub := dial(t, b, client.Options{Client: "scada", Version: 5, ReceiveMaximum: 1, Received: func(_ string, payload []byte, _ bool) { got <- string(payload) }})
	must(t, sub.Subscribe(within(t), "m/#", 1))
	for i := range n {
		must(t, b.Publish("m/x", fmt.Append(nil, i), 1, false))
	}
	for i := range n {
		if v := receive(t, got, "message"); v != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, v)
		}
	}
}

func TestSubscriber_MosquittoReceiveMaximum(t *testing.T) {
	needs(t, "mosquitto_sub")
	b := open(t, mqtt.Options{}, nil)
	const n = 200
	for i := range n { // retained, so that all of them come at once
		must(t, b.Publish(fmt.Sprint("m/", i), []byte("1"), 1, true))
	}
	host, port, _ := net.SplitHostPort(b.Addr().String())
	for _, qos := range []string{"1", "2"} {
		out, err := exec.CommandContext(within(t), "mosquitto_sub", "-h", host, "-p", port, "-V", "mqttv5", "-q", qos, "-t", "m/#",
			"-D", "connect", "receive-maximum", "1", "-C", fmt.Sprint(n), "-W", "15").CombinedOutput()
		if lines := strings.Count(string(out), "1\n"); err != nil || lines != n {
			t.Errorf("qos %s: %v, %d of %d messages", qos, err, lines, n)
		}
	}
}
