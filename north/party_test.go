package north_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/peer"
	"zhigai/history"
	"zhigai/north"
	"zhigai/plant"
)

const (
	tenant   = plant.TenantNo(1)
	patience = 30 * time.Second
	user     = "plant"
	password = "p+w d"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until polls: what is waited for comes from other processes.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// mosquitto is the foreign broker: it wants a password, and keeps what it was
// told on disk, so that it can be killed.
type mosquitto struct {
	t         *testing.T
	dir, port string
	ca        string // of the TLS listener, "" without
	cmd       *exec.Cmd
}

func newMosquitto(t *testing.T, secure bool) *mosquitto {
	t.Helper()
	passwd := peer.Program(t, "mosquitto_passwd", "apt-get install mosquitto")
	m := &mosquitto{t: t, dir: t.TempDir(), port: peer.Port(t)}
	if out, err := exec.Command(passwd, "-b", "-c", filepath.Join(m.dir, "users"), user, password).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v: %s", err, out)
	}
	conf := fmt.Sprintf("user root\nper_listener_settings false\nlistener %s 127.0.0.1\nallow_anonymous false\npassword_file %s/users\npersistence true\npersistence_location %s/\nautosave_interval 1\nautosave_on_changes true\nmax_queued_messages 0\nmax_inflight_messages 0\n", m.port, m.dir, m.dir)
	if secure {
		m.ca = certificates(t, m.dir)
		conf += fmt.Sprintf("certfile %[1]s/broker.crt\nkeyfile %[1]s/broker.key\n", m.dir)
	}
	must(t, os.WriteFile(filepath.Join(m.dir, "mosquitto.conf"), []byte(conf), 0o600))
	m.start()
	t.Cleanup(m.kill)
	return m
}

func (m *mosquitto) start() {
	m.t.Helper()
	m.cmd = exec.Command(peer.Program(m.t, "mosquitto", "apt-get install mosquitto"), "-c", filepath.Join(m.dir, "mosquitto.conf"))
	log, err := os.OpenFile(filepath.Join(m.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(m.t, err)
	m.cmd.Stdout, m.cmd.Stderr = log, log
	must(m.t, m.cmd.Start())
	must(m.t, log.Close())
	until(m.t, "mosquitto listens", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+m.port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func (m *mosquitto) kill() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.cmd = nil
}

// certificates writes a CA and a certificate of 127.0.0.1 signed by it.
func certificates(t *testing.T, dir string) (ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "group CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	must(t, err)
	ca = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "broker"}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	signed, err = x509.CreateCertificate(rand.Reader, leaf, root, own.Public(), key)
	must(t, err)
	raw, err := x509.MarshalECPrivateKey(own)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "broker.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "broker.key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "ca.crt"), []byte(ca), 0o600))
	return ca
}

// listener is mosquitto_sub with a session that the broker keeps.
type listener struct {
	t   *testing.T
	cmd *exec.Cmd

	mu    sync.Mutex
	lines []string // topic, blank, payload
}

func (m *mosquitto) listen(filter string) *listener {
	m.t.Helper()
	// It keeps what it says of itself in a buffer when nobody looks.
	args := []string{"-oL", peer.Program(m.t, "mosquitto_sub", "apt-get install mosquitto-clients"), "-h", "127.0.0.1", "-p", m.port, "-u", user, "-P", password, "-c", "-i", "listener", "-q", "1", "-t", filter, "-F", "%t %p", "-d"}
	if m.ca != "" {
		args = append(args, "--cafile", filepath.Join(m.dir, "ca.crt"))
	}
	l := &listener{t: m.t, cmd: exec.Command(peer.Program(m.t, "stdbuf", "apt-get install coreutils"), args...)}
	out, err := l.cmd.StdoutPipe()
	must(m.t, err)
	must(m.t, l.cmd.Start())
	ended := make(chan struct{})
	ready := make(chan struct{})
	go func() {
		defer close(ended)
		scan := bufio.NewScanner(out)
		once := sync.OnceFunc(func() { close(ready) })
		for scan.Scan() {
			line := scan.Text()
			if strings.HasPrefix(line, "Subscribed ") {
				once()
			}
			if strings.Contains(line, ` {"value":`) {
				l.mu.Lock()
				l.lines = append(l.lines, line)
				l.mu.Unlock()
			}
		}
	}()
	m.t.Cleanup(func() {
		_ = l.cmd.Process.Kill()
		<-ended
		_ = l.cmd.Wait()
	})
	select {
	case <-ready:
	case <-time.After(patience):
		m.t.Fatal("mosquitto_sub did not subscribe")
	}
	return l
}

func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// values are the numbers heard of a topic, in order.
func (l *listener) values(topic string) (out []float64) {
	for _, line := range l.heard() {
		at, raw, _ := strings.Cut(line, " ")
		var m struct{ Value *float64 }
		if at == topic && json.Unmarshal([]byte(raw), &m) == nil && m.Value != nil {
			out = append(out, *m.Value)
		}
	}
	return out
}

// firsts leaves out what was heard before: a broker that was killed gives again
// what its disk does not know to be delivered.
func firsts(values []float64) (out []float64) {
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// targets keeps targets in memory; the record's is tested with the node.
type targets struct {
	mu  sync.Mutex
	all []north.Target
}

func (s *targets) Targets(context.Context, plant.TenantNo) ([]north.Target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all), nil
}

func (s *targets) SaveTarget(_ context.Context, _ plant.TenantNo, t north.Target, rev int64) (north.Target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Rev = rev + 1
	i := slices.IndexFunc(s.all, func(old north.Target) bool { return old.ID == t.ID })
	switch {
	case i >= 0 && s.all[i].Rev != rev:
		return t, access.ErrConflict
	case i >= 0:
		s.all[i] = t
	default:
		t.ID = fmt.Sprintf("T%d", len(s.all)+1)
		s.all = append(s.all, t)
	}
	return t, nil
}

func (s *targets) DropTarget(_ context.Context, _ plant.TenantNo, id string, _ int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = slices.DeleteFunc(s.all, func(t north.Target) bool { return t.ID == id })
	return nil
}

// house is a plant of two machines with a history and a desk.
type house struct {
	t     *testing.T
	dir   string
	store *history.Store
	kept  *targets
	desk  *north.Desk
	low   bool

	mu   sync.Mutex
	gaps []north.Gap
	end  func()
}

const (
	speed, running, program, contact = plant.TagNo(1), plant.TagNo(2), plant.TagNo(3), plant.TagNo(4)
	speed2, contact2                 = plant.TagNo(5), plant.TagNo(6)
	lathe1, lathe2                   = "firm/site/lathe-1", "firm/site/lathe-2"
	speedTopic                       = "group/" + lathe1 + "/spindle.speed"
	device1, device2                 = "firm:site:lathe-1", "firm:site:lathe-2"
)

func tags() []plant.Tag {
	return []plant.Tag{
		{No: speed, Name: "spindle.speed", Path: lathe1 + "/spindle.speed", Kind: plant.KindNumber, Unit: "/min"},
		{No: running, Name: "running", Path: lathe1 + "/running", Kind: plant.KindBoolean},
		{No: program, Name: "program", Path: lathe1 + "/program", Kind: plant.KindText},
		{No: contact, Name: plant.LinkTag, Path: lathe1 + "/" + plant.LinkTag, Kind: plant.KindEnumeration},
		{No: speed2, Name: "spindle.speed", Path: lathe2 + "/spindle.speed", Kind: plant.KindNumber, Unit: "/min"},
		{No: contact2, Name: plant.LinkTag, Path: lathe2 + "/" + plant.LinkTag, Kind: plant.KindEnumeration},
	}
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, dir: t.TempDir(), kept: &targets{}}
	h.open()
	t.Cleanup(func() { h.close() })
	return h
}

func (h *house) open() {
	h.t.Helper()
	var err error
	h.store, err = history.Open(h.dir, history.Options{MarkLate: true})
	must(h.t, err)
	h.desk = north.New(north.Options{
		Tenant: tenant, History: h.store, Targets: h.kept, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Places: func(context.Context) ([]string, error) { return []string{"firm", "firm/site", lathe1, lathe2}, nil },
		Tags:   func(context.Context) ([]plant.Tag, error) { return tags(), nil },
		Low:    func() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.low },
		Gapped: func(_ context.Context, _ north.Target, g north.Gap) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.gaps = append(h.gaps, g)
			return nil
		},
	})
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.desk.Run(ctx)
	}()
	h.end = sync.OnceFunc(func() { cancel(); <-done; _ = h.store.Close() })
}

func (h *house) close() { h.end() }

func (h *house) save(target north.Target, rev int64) north.Target {
	h.t.Helper()
	saved, err := h.desk.Save(h.t.Context(), tenant, target, rev)
	must(h.t, err)
	return saved
}

func (h *house) status() north.Status {
	h.t.Helper()
	rows, err := h.desk.List(h.t.Context(), tenant)
	must(h.t, err)
	return rows[0].Status
}

// up waits until the first target has everything.
func (h *house) up() {
	h.t.Helper()
	defer func() {
		if h.t.Failed() {
			h.t.Logf("status %+v", h.status())
		}
	}()
	until(h.t, "the target is up and has everything", func() bool { s := h.status(); return s.State == north.StateUp && s.Behind == 0 })
}

func (h *house) append(samples ...plant.Sample) {
	h.t.Helper()
	now := plant.MicrosOf(time.Now())
	for i := range samples {
		if samples[i].Time == 0 {
			samples[i].Time = now + plant.Micros(i)
		}
	}
	_, err := h.store.Append(h.t.Context(), tenant, plant.Batch{Samples: samples})
	must(h.t, err)
}

// count appends speeds from..to, each a batch.
func (h *house) count(from, to int) {
	h.t.Helper()
	for v := from; v <= to; v++ {
		h.append(plant.Sample{Tag: speed, Value: float64(v)})
	}
}
