package delivery_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/record"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/alarm/delivery"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// standing are the alarms that need somebody.
type standing struct{ alarms []alarm.Alarm }

func (s *standing) Now(context.Context, access.Scope, alarm.Filter) (alarm.Page, error) {
	return alarm.Page{Alarms: s.alarms}, nil
}

// world is a desk on a real record, with a clock of its own.
type world struct {
	*testing.T
	now    time.Time
	alarms standing
	store  recshop.Deliveries
	desk   *delivery.Desk
}

func newWorld(t *testing.T) *world {
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	vault, err := access.NewVault(make([]byte, access.VaultKeyBytes))
	must(t, err)
	w := &world{T: t, now: time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC), store: recshop.NewDeliveries(db, recshop.Secrets{Vault: vault})}
	w.desk = delivery.NewDesk(delivery.Options{
		Store: w.store, Alarms: &w.alarms, Send: delivery.Wire{}, Link: "https://plant.example/", NewID: db.NewID, Now: func() time.Time { return w.now },
		MayReach: func(context.Context, plant.TenantNo) error { return nil },
	})
	return w
}

// raise has an alarm stand since now.
func (w *world) raise(id string, priority int) {
	w.alarms.alarms = append(w.alarms.alarms, alarm.Alarm{
		Place: "M1", Path: "xc/w1/m1", Name: plant.Name{ZH: "1号磨床", EN: "Grinder 1"}, ID: id, Source: alarm.FromLimit, Text: plant.Name{ZH: "轴承温度高", EN: "Bearing hot"},
		Priority: priority, From: plant.InstantOf(w.now), To: plant.InstantOf(w.now), Open: true, State: alarm.Unacknowledged, Evidence: "/machines/M1",
		Limit: &alarm.Broken{Signal: "bearing.temperature", Value: 80, Peak: 83.5, Unit: "Cel", Response: plant.Name{ZH: "停机检查润滑"}},
	})
}

func (w *world) save(r delivery.Route) delivery.Route {
	w.Helper()
	saved, err := w.desk.Save(access.With(w.Context(), access.Node(1)), 1, r, r.Rev)
	must(w.T, err)
	return saved
}

func (w *world) pass() {
	w.Helper()
	must(w.T, w.desk.Pass(w.Context(), 1))
}

func (w *world) log() []delivery.Delivery {
	w.Helper()
	all, err := w.desk.Log(w.Context(), delivery.Filter{Scope: access.Scope{Tenant: 1}, Limit: 100})
	must(w.T, err)
	return all
}

// authority is a certificate for this machine, and who vouches for it: itself.
func authority(t *testing.T) (key, cert string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	must(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// mailServer starts a foreign mail server.
func mailServer(t *testing.T, account map[string]string) (*peer.Process, int) {
	t.Helper()
	p := peer.Node(t, "../../..", "smtp/server.mjs")
	p.Send(account)
	return p, int(p.Wait("ready")["port"].(float64))
}

// TestPass_EMail: an alarm reaches people by a real mail server, encrypted and signed
// in, in Chinese, once; a wrong password and an address that is not there are said.
func TestPass_EMail(t *testing.T) {
	w := newWorld(t)
	key, cert := authority(t)
	server, port := mailServer(t, map[string]string{"key": key, "cert": cert, "user": "zhigai", "password": "geheim"})
	route := delivery.Route{
		Name: "值班", Way: delivery.Email, URL: fmt.Sprintf("smtp://127.0.0.1:%d", port), User: "zhigai", Secret: "geheim", CA: cert,
		Sender: "智改 <alarm@plant.example>", To: []string{"zhang@plant.example", "li@plant.example"}, Priority: 2, Places: []string{"xc/w1"},
	}
	saved := w.save(route)
	if saved.Secret != "" {
		t.Error("the secret was shown")
	}
	if stored, err := w.store.Routes(t.Context(), 1); err != nil || stored[0].Secret != "geheim" {
		t.Errorf("the secret is not there for who sends: %v", err)
	}
	w.raise("limit/L1", 2)
	w.raise("limit/L2", 3) // not for this route
	w.pass()
	w.pass()
	got := server.Wait("mail")
	if got["tls"] != true || got["user"] != "zhigai" || fmt.Sprint(got["to"]) != "[zhang@plant.example li@plant.example]" {
		t.Errorf("taken as %v", got)
	}
	letter, err := mail.ReadMessage(strings.NewReader(got["raw"].(string)))
	must(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
	must(t, err)
	body, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
	must(t, err)
	for _, want := range []string{"轴承温度高", "停机检查润滑", "83.5", "2026-11-02 10:00:00", "https://plant.example/machines/M1", "Bearing hot"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the letter does not say %q:\n%s", want, body)
		}
	}
	if subject != "【高】1号磨床：轴承温度高" {
		t.Errorf("subject %q", subject)
	}
	if all := w.log(); len(all) != 1 || all[0].State != delivery.Sent || len(all[0].Attempts) != 1 || !all[0].Attempts[0].OK || !strings.Contains(all[0].Attempts[0].Detail, "taken") {
		t.Errorf("log %+v", all)
	}

	// What goes wrong is said in the words of the other side.
	for want, change := range map[string]func(*delivery.Route){
		"535":         func(r *delivery.Route) { r.Secret = "wrong" },
		"550":         func(r *delivery.Route) { r.To = []string{"nobody@plant.example"} },
		"certificate": func(r *delivery.Route) { r.CA = "" },
	} {
		bad := route
		bad.Name = want
		change(&bad)
		attempt, err := w.desk.Test(t.Context(), 1, w.save(bad).ID)
		if err != nil || attempt.OK || !strings.Contains(attempt.Detail, want) {
			t.Errorf("%s: %+v, %v", want, attempt, err)
		}
	}

	// A server that encrypts nothing and knows no accounts.
	plain, port := mailServer(t, map[string]string{})
	open := route
	open.Name, open.User, open.Secret, open.CA, open.URL = "open", "", "", "", fmt.Sprintf("smtp://127.0.0.1:%d", port)
	if attempt, err := w.desk.Test(t.Context(), 1, w.save(open).ID); err != nil || !attempt.OK {
		t.Errorf("without encryption: %+v, %v", attempt, err)
	}
	if got := plain.Wait("mail"); got["tls"] != false {
		t.Errorf("%v", got)
	}
	open.Name, open.User, open.Secret = "password in clear", "zhigai", "geheim"
	if attempt, err := w.desk.Test(t.Context(), 1, w.save(open).ID); err != nil || attempt.OK {
		t.Errorf("a password went over an open line: %+v, %v", attempt, err)
	}
}

// receiver is a webhook that refuses as often as it is told.
type receiver struct {
	*httptest.Server
	refuse int
	ids    []string
	bodies [][]byte
	bad    []string
}

func newReceiver(t *testing.T, secret string, now func() time.Time) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		timestamp := q.Header.Get(delivery.HeaderTimestamp)
		if q.Header.Get(delivery.HeaderSignature) != delivery.Sign(secret, timestamp, body) || timestamp != fmt.Sprint(now().Unix()) {
			r.bad = append(r.bad, q.Header.Get(delivery.HeaderSignature))
		}
		r.ids = append(r.ids, q.Header.Get(delivery.HeaderID))
		if r.refuse > 0 {
			r.refuse--
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		r.bodies = append(r.bodies, body)
	}))
	t.Cleanup(r.Close)
	return r
}

// TestPass_WebhookIsTriedAgain: what is refused is sent again later under the same
// id, signed anew, and what is never taken ends as failed.
func TestPass_WebhookIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, "s3cret", func() time.Time { return w.now })
	w.save(delivery.Route{Name: "mes", Way: delivery.Webhook, URL: r.URL, Secret: "s3cret", Priority: 4})
	w.raise("spc/chart-7", 1)
	r.refuse = 2
	for range 3 { // nothing more happens while it is not due
		w.pass()
	}
	if len(r.ids) != 1 {
		t.Fatalf("%d attempts at once; want one", len(r.ids))
	}
	w.now = w.now.Add(15 * time.Second)
	w.pass()
	w.now = w.now.Add(time.Minute)
	w.pass()
	w.pass()
	if len(r.ids) != 3 || r.ids[0] != r.ids[2] || len(r.bodies) != 1 || len(r.bad) != 0 {
		t.Fatalf("ids %v, %d taken, %d with a wrong signature", r.ids, len(r.bodies), len(r.bad))
	}
	var m delivery.Message
	must(t, json.Unmarshal(r.bodies[0], &m))
	if m.Alarm.ID != "spc/chart-7" || m.Link != "https://plant.example/machines/M1" {
		t.Errorf("sent %+v", m)
	}
	one := w.log()[0]
	if one.State != delivery.Sent || len(one.Attempts) != 3 || one.Attempts[0].OK || !strings.Contains(one.Attempts[0].Detail, "503") || !one.Attempts[2].OK {
		t.Errorf("log %+v", one)
	}
	w.alarms.alarms = nil
	w.raise("spc/chart-8", 1)
	r.refuse = 1000
	for range 12 {
		w.pass()
		w.now = w.now.Add(5 * time.Hour)
	}
	if one := w.log()[0]; one.State != delivery.Failed || len(one.Attempts) != 7 {
		t.Errorf("never taken: %s after %d attempts", one.State, len(one.Attempts))
	}
}

// TestPass_QuietHours: at night only what is urgent goes out; the rest waits for the
// morning, and comes to nothing when the alarm does.
func TestPass_QuietHours(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 11, 2, 15, 30, 0, 0, time.UTC) // 23:30 in Shanghai
	r := newReceiver(t, "s", func() time.Time { return w.now })
	w.save(delivery.Route{Name: "mes", Way: delivery.Webhook, URL: r.URL, Secret: "s", Priority: 4, Quiet: &delivery.Quiet{From: "22:00", To: "06:00", Zone: "Asia/Shanghai", Priority: 1}})
	w.raise("a", 1)
	w.raise("b", 3)
	w.raise("c", 3)
	w.pass()
	if len(r.bodies) != 1 {
		t.Errorf("%d went out at night; want the urgent one", len(r.bodies))
	}
	w.alarms.alarms = w.alarms.alarms[:2] // c was taken up
	w.now = time.Date(2026, 11, 2, 21, 59, 59, 0, time.UTC)
	w.pass()
	if len(r.bodies) != 1 {
		t.Errorf("%d went out before the night was over", len(r.bodies))
	}
	w.now = w.now.Add(time.Second)
	w.pass()
	states := map[string]delivery.State{}
	for _, one := range w.log() {
		states[one.Alarm.ID] = one.State
	}
	if len(r.bodies) != 2 || states["b"] != delivery.Sent || states["c"] != delivery.Dropped {
		t.Errorf("in the morning %d had gone out: %v", len(r.bodies), states)
	}
}

// TestNotify: what a rule says goes out by the one route, once however often it is said,
// after the quiet hours where it is not urgent, though it is no alarm of the list.
func TestNotify(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 11, 2, 15, 30, 0, 0, time.UTC) // 23:30 in Shanghai
	r := newReceiver(t, "s", func() time.Time { return w.now })
	mes := w.save(delivery.Route{Name: "mes", Way: delivery.Webhook, URL: r.URL, Secret: "s", Priority: 1, Places: []string{"elsewhere"}, Quiet: &delivery.Quiet{From: "22:00", To: "06:00", Zone: "Asia/Shanghai", Priority: 1}})
	off := w.save(delivery.Route{Name: "off", Way: delivery.Webhook, URL: r.URL, Secret: "s", Priority: 1, Off: true})
	say := func(route, id string, priority int) error {
		_, err := w.desk.Notify(w.Context(), 1, route, alarm.Alarm{Place: "M1", Path: "xc/w1/m1", ID: id, Source: "rule", Text: plant.Name{ZH: "规则触发"}, Priority: priority, From: plant.InstantOf(w.now), Open: true, Evidence: "/control/rules?rule=1"})
		return err
	}
	must(t, say(mes.ID, "rule/1", 1))
	must(t, say(mes.ID, "rule/1", 1))
	must(t, say(mes.ID, "rule/2", 3))
	w.pass()
	if len(r.bodies) != 1 {
		t.Errorf("%d went out at night; want the urgent one, once", len(r.bodies))
	}
	w.now = time.Date(2026, 11, 2, 22, 0, 0, 0, time.UTC)
	w.pass()
	w.pass()
	if len(r.bodies) != 2 || !strings.Contains(string(r.bodies[1]), "rule/2") {
		t.Errorf("in the morning %d had gone out: %s", len(r.bodies), r.bodies)
	}
	if err := say(off.ID, "rule/3", 1); !errors.Is(err, delivery.ErrInvalid) || !strings.Contains(err.Error(), "switch it on") {
		t.Errorf("by a route that is off: %v", err)
	}
	if err := say("nobody", "rule/3", 1); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("by no route: %v", err)
	}
}

// TestPass_OldAlarmsStay: who opens a route does not get what stands for long.
func TestPass_OldAlarmsStay(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, "s", func() time.Time { return w.now })
	w.raise("a", 1)
	w.now = w.now.Add(time.Hour)
	w.save(delivery.Route{Name: "mes", Way: delivery.Webhook, URL: r.URL, Secret: "s", Priority: 4})
	w.pass()
	if len(r.ids) != 0 || len(w.log()) != 0 {
		t.Errorf("%d of an hour ago were sent", len(r.ids))
	}
}

func TestRoute_Check(t *testing.T) {
	w := newWorld(t)
	good := delivery.Route{Name: "mes", Way: delivery.Webhook, URL: "https://mes.plant/alarm", Secret: "s", Priority: 2}
	for what, change := range map[string]func(*delivery.Route){
		"no name":                 func(r *delivery.Route) { r.Name = " " },
		"no scheme":               func(r *delivery.Route) { r.URL = "mes.plant" },
		"password in the address": func(r *delivery.Route) { r.URL = "https://u:p@mes.plant" },
		"a mail server":           func(r *delivery.Route) { r.URL = "smtp://mes.plant" },
		"no priority":             func(r *delivery.Route) { r.Priority = 0 },
		"no secret":               func(r *delivery.Route) { r.Secret = "" },
		"e-mail to nobody":        func(r *delivery.Route) { r.Way, r.URL, r.Sender = delivery.Email, "smtp://mail", "a@b.c" },
		"e-mail to no address": func(r *delivery.Route) {
			r.Way, r.URL, r.Sender, r.To = delivery.Email, "smtp://mail", "a@b.c", []string{"zhang"}
		},
		"no certificate":       func(r *delivery.Route) { r.CA = "x" },
		"no zone":              func(r *delivery.Route) { r.Quiet = &delivery.Quiet{From: "22:00", To: "06:00"} },
		"quiet at no time":     func(r *delivery.Route) { r.Quiet = &delivery.Quiet{From: "22", To: "06:00", Zone: "Asia/Shanghai"} },
		"a key in the address": func(r *delivery.Route) { r.Way, r.URL = delivery.WeCom, "https://chat/send?key=k" },
		"a robot of no chat":   func(r *delivery.Route) { r.Way = delivery.DingTalk },
		"a robot, no secret":   func(r *delivery.Route) { r.Way, r.Secret = delivery.Feishu, "" },
		"a rota that is not":   func(r *delivery.Route) { r.Rota = "R" },
		"after a week":         func(r *delivery.Route) { r.AfterMin = 10080 },
		"another way to go":    func(r *delivery.Route) { r.Way = "pigeon" },
	} {
		r := good
		change(&r)
		if _, err := w.desk.Save(t.Context(), 1, r, 0); !errors.Is(err, delivery.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	saved := w.save(good)
	saved.Priority = 3 // the secret is not sent again
	if again := w.save(saved); again.Rev != saved.Rev+1 {
		t.Errorf("changed to %+v", again)
	}
	moved := saved
	moved.Rev, moved.URL = saved.Rev+1, "https://elsewhere.example/"
	if _, err := w.desk.Save(t.Context(), 1, moved, moved.Rev); !errors.Is(err, delivery.ErrInvalid) {
		t.Errorf("the secret went along to another server: %v", err)
	}
}
