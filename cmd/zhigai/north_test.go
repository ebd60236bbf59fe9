package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/mqtt/client"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// foreignBroker is a mosquitto that anybody may use.
func foreignBroker(t *testing.T) (address string) {
	t.Helper()
	port, dir := peer.Port(t), t.TempDir()
	conf := filepath.Join(dir, "mosquitto.conf")
	must(t, os.WriteFile(conf, []byte("user root\nlistener "+port+" 127.0.0.1\nallow_anonymous true\n"), 0o600))
	cmd := exec.Command(peer.Program(t, "mosquitto", "apt-get install mosquitto"), "-c", conf)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	address = "127.0.0.1:" + port
	for deadline := time.Now().Add(time.Minute); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
			return address
		}
		if time.Now().After(deadline) {
			t.Fatalf("mosquitto does not listen: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A target that an engineer adds gets the plant's values in names of the plant;
// its password stands in no answer and no audit.
func TestNorth_SetUpOverTheAPI(t *testing.T) {
	address := foreignBroker(t)
	n, api := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "admin", Role: access.RoleAdmin})
	must(t, err)
	api.token = secret
	heard := make(chan string, 1000)
	sub, err := client.Dial(t.Context(), client.Options{Address: address, Client: "mes", Received: func(topic string, payload []byte, _ bool) {
		heard <- topic + " " + string(payload)
	}})
	must(t, err)
	t.Cleanup(sub.Kill)
	must(t, sub.Subscribe(t.Context(), "mes/#", 1))

	const machine = "firm/site/turning/line/lathe-1"
	target := map[string]any{
		"id": "", "rev": 0, "name": "MES", "kind": "mqtt", "url": "mqtt://" + address, "user": "plant", "password": "top secret", "prefix": "mes",
		"paths": []string{machine}, "off": false,
	}
	var test struct {
		OK     bool
		Detail string
	}
	if code, body := api.send(http.MethodPost, "/api/v1/north-targets/test", nil, target, &test); code != http.StatusOK || !test.OK {
		t.Fatalf("test: %d %s", code, body)
	}
	var saved struct {
		ID          string
		Rev         int64
		HasPassword bool `json:"has_password"`
	}
	code, body := api.send(http.MethodPost, "/api/v1/north-targets", nil, target, &saved)
	if code != http.StatusCreated || !saved.HasPassword || strings.Contains(body, "top secret") {
		t.Fatalf("add: %d %s", code, body)
	}
	list := func() (state string, sent int) {
		var out struct {
			Items []struct {
				Status struct {
					State string
					Sent  int
				}
			}
		}
		api.get("/api/v1/north-targets", &out)
		return out.Items[0].Status.State, out.Items[0].Status.Sent
	}
	patience := time.Now().Add(time.Minute)
	for state, _ := list(); state != "up"; state, _ = list() {
		if time.Now().After(patience) {
			t.Fatalf("the target is %s after a minute", state)
		}
		time.Sleep(5 * time.Millisecond)
	}
	tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	var samples []plant.Sample
	for _, tag := range tags { // of both machines; one is shared
		if tag.Name == "count.good" {
			samples = append(samples, plant.Sample{Tag: tag.No, Time: plant.MicrosOf(time.Now()), Value: 41})
		}
	}
	_, err = n.history.Append(t.Context(), demoTenant, plant.Batch{Samples: samples})
	must(t, err)
	for want := "mes/" + machine + "/count.good "; ; {
		select {
		case got := <-heard:
			if !strings.HasPrefix(got, "mes/"+machine+"/") {
				t.Fatalf("heard %s, which is not shared", got)
			}
			if strings.HasPrefix(got, want) && strings.Contains(got, `"value":41,`) {
				want = ""
			}
		case <-time.After(time.Minute):
			t.Fatal("the value does not arrive")
		}
		if want == "" {
			break
		}
	}
	if code, body := api.send(http.MethodGet, "/api/v1/audit", nil, nil, nil); code != http.StatusOK || !strings.Contains(body, "north.target.add") || strings.Contains(body, "top secret") {
		t.Errorf("audit: %d %s", code, body)
	}
	if code, body := api.send(http.MethodDelete, "/api/v1/north-targets/"+saved.ID, http.Header{"If-Match": {`"7"`}}, nil, nil); code != http.StatusConflict {
		t.Errorf("end with another rev: %d %s", code, body)
	}
	if code, body := api.send(http.MethodDelete, "/api/v1/north-targets/"+saved.ID, http.Header{"If-Match": {`"1"`}}, nil, nil); code != http.StatusNoContent {
		t.Errorf("end: %d %s", code, body)
	}
}
