package service

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/shop/component"
)

const root = "../../.."

// asked is a window as the room sends it.
const asked = `{"version":1,"from":0,"to":3000000,"inputs":[{"name":"temp","unit":"Cel","values":[20,null,30],"times":[1000000,2000000,3000000],"quality":["good","bad","good"]}],"outputs":[{"name":"core","unit":"Cel"}]}`

func started(t *testing.T) *Server {
	t.Helper()
	s, err := Start(Options{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// text is a field of an event.
func text(e peer.Event, field string) string {
	v, _ := e[field].(string)
	return v
}

// foreign is a client of other people's making with a key of its own.
func foreign(t *testing.T) (p *peer.Process, seed, public string) {
	t.Helper()
	p = peer.Node(t, root, "nats/component.mjs")
	p.Send(map[string]string{"seed": ""})
	e := p.Wait("key")
	return p, text(e, "seed"), text(e, "public")
}

func ask(t *testing.T, s *Server, tenant plant.TenantNo, series string, within time.Duration) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	raw, err := s.Ask(ctx, tenant, series, []byte(asked))
	return string(raw), err
}

// A foreign client answers for its component alone, while its key is admitted.
func TestServer_ForeignService(t *testing.T) {
	s := started(t)
	p, seed, public := foreign(t)
	const patient = time.Minute
	if _, err := ask(t, s, 1, "S1", patient); !errors.Is(err, component.ErrNoService) {
		t.Fatalf("nobody is there: %v", err)
	}
	at := map[string]string{"server": "nats://" + s.Address(), "seed": seed, "series": "S1"}
	p.Send(at)
	p.Wait("refused")
	s.Admit([]component.Admitted{{Tenant: 1, Series: "S1", Key: public}})
	p.Send(at)
	p.Wait("ready")
	answer, err := ask(t, s, 1, "S1", patient)
	var got struct {
		Outputs map[string]struct {
			Value   float64
			Quality string
		}
	}
	if err != nil || json.Unmarshal([]byte(answer), &got) != nil || got.Outputs["core"].Value != 25 || got.Outputs["core"].Quality != "uncertain" {
		t.Errorf("answer: %s %v", answer, err)
	}
	if _, err := ask(t, s, 2, "S1", patient); !errors.Is(err, component.ErrNoService) {
		t.Errorf("of another tenant: %v", err)
	}
	p.Send(map[string]string{"do": "hang"})
	p.Wait("behaves")
	if _, err := ask(t, s, 1, "S1", 50*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that hangs: %v", err)
	}
	s.Admit(nil)
	p.Wait("closed")
	if _, err := ask(t, s, 1, "S1", patient); !errors.Is(err, component.ErrNoService) {
		t.Errorf("after its key is admitted no more: %v", err)
	}
}

// A service hears nothing but its own subject.
func TestServer_NoOtherSubject(t *testing.T) {
	s := started(t)
	p, seed, public := foreign(t)
	s.Admit([]component.Admitted{{Tenant: 1, Series: "S1", Key: public}})
	for _, listen := range []string{">", "component.*", "component.S2"} {
		p.Send(map[string]string{"server": "nats://" + s.Address(), "seed": seed, "listen": listen})
		if why := text(p.Wait("denied"), "why"); !strings.Contains(strings.ToLower(why), "permission") {
			t.Errorf("listening on %s: %s", listen, why)
		}
	}
	if _, err := ask(t, s, 1, "S2", time.Minute); !errors.Is(err, component.ErrNoService) {
		t.Errorf("somebody listens for another: %v", err)
	}
}

func TestStart_Refused(t *testing.T) {
	for listen, says := range map[string]string{"0.0.0.0:0": "need --tls", "nonsense": "HOST:PORT", "127.0.0.1:x": "no port"} {
		if _, err := Start(Options{Listen: listen, Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want %q", listen, err, says)
		}
	}
}
