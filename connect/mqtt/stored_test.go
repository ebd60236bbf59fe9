package mqtt_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"zhigai/connect/mqtt"
	"zhigai/connect/mqtt/client"
)

// shelf keeps what handlers were given, as a store would.
type shelf struct {
	mu   sync.Mutex
	kept map[string]int
}

func (s *shelf) take(_ context.Context, m mqtt.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[string(m.Payload)]++
	return nil
}

func (s *shelf) has(payload string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[payload] > 0
}

func onShelf(t *testing.T, limits mqtt.Limits) (*mqtt.Broker, *shelf) {
	t.Helper()
	s := &shelf{kept: map[string]int{}}
	return open(t, mqtt.Options{Limits: limits}, func(b *mqtt.Broker) { must(t, b.Handle("in/#", s.take)) }), s
}

// Two machines were given one client identifier and throw one another out for
// as long as they run: what either was told is kept, is kept.
func TestStored_TakeoversOfOneIdentifier(t *testing.T) {
	b, s := onShelf(t, mqtt.Limits{})
	var machines sync.WaitGroup
	var mu sync.Mutex
	var acked []string
	for m := range 4 {
		machines.Go(func() {
			for session := range 15 {
				c, err := client.Dial(within(t), client.Options{Address: b.Addr().String(), Client: "press", Version: 4 + byte(m%2)})
				if err != nil {
					continue // thrown out before it was in
				}
				for i := range 20 {
					payload := fmt.Sprintf("%d.%d.%d", m, session, i)
					if c.Publish(within(t), "in/count", []byte(payload), 1, i%5 == 0) != nil {
						break
					}
					mu.Lock()
					acked = append(acked, payload)
					mu.Unlock()
				}
				c.Kill()
			}
		})
	}
	machines.Wait()
	if len(acked) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	for _, one := range acked {
		if !s.has(one) {
			t.Errorf("%s was acknowledged and is not kept", one)
		}
	}
}

// More machines come at one instant than the broker takes: those who are in
// are served, the others are refused, and it goes on.
func TestStored_MoreClientsThanFit(t *testing.T) {
	const fit, come = 50, 400
	b, s := onShelf(t, mqtt.Limits{Clients: fit})
	var machines sync.WaitGroup
	var mu sync.Mutex
	var acked []string
	refused := 0
	for m := range come {
		machines.Go(func() {
			payload := fmt.Sprint("storm ", m)
			c, err := client.Dial(within(t), client.Options{Address: b.Addr().String(), Client: fmt.Sprint("m", m)})
			if err == nil {
				t.Cleanup(c.Kill)
				err = c.Publish(within(t), "in/count", []byte(payload), 1, false)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				refused++
				return
			}
			acked = append(acked, payload)
		})
	}
	machines.Wait()
	if len(acked) != fit || refused != come-fit {
		t.Errorf("%d served and %d refused; want %d and %d", len(acked), refused, fit, come-fit)
	}
	for _, one := range acked {
		if !s.has(one) {
			t.Errorf("%s was acknowledged and is not kept", one)
		}
	}
}

// A foreign client with a session that outlives its connection, retained
// messages and QoS 2.
func TestStored_MosquittoSessionsRetainedAndQoS2(t *testing.T) {
	needs(t, "mosquitto_pub")
	b, s := onShelf(t, mqtt.Limits{})
	host, port, _ := net.SplitHostPort(b.Addr().String())
	for _, version := range []string{"mqttv311", "mqttv5"} {
		for _, more := range [][]string{{"-c"}, {"-r"}, {"-c", "-r"}} {
			for _, qos := range []string{"1", "2"} {
				kind := strings.Join(append([]string{version, qos}, more...), " ")
				var lines []string
				for i := range 50 {
					lines = append(lines, fmt.Sprint(kind, " ", i))
				}
				args := append([]string{"-h", host, "-p", port, "-V", version, "-q", qos, "-i", "press", "-t", "in/count", "-l"}, more...)
				if version == "mqttv5" && more[0] == "-c" {
					args = append(args, "-x", "3600")
				}
				pub := exec.CommandContext(within(t), "mosquitto_pub", args...)
				pub.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
				if out, err := pub.CombinedOutput(); err != nil {
					t.Errorf("%s: %v: %s", kind, err, out)
					continue
				}
				for _, one := range lines {
					if !s.has(one) {
						t.Errorf("%q was acknowledged and is not kept", one)
					}
				}
			}
		}
	}
}
