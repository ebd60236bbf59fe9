package nats

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/link"
	"zhigai/link/linktest"
)

func TestRevocation_AtAnotherReplica(t *testing.T) {
	r := newHubRig(t)
	r.leaseTTL = time.Hour // no renewal comes to help: the cut itself must be heard
	one := r.start(Cluster{Listen: "127.0.0.1:0"})
	two := r.start(Cluster{Listen: "127.0.0.1:0", Routes: []string{one.hub.ClusterAddress()}})
	await(t, "routes", func() bool { return one.hub.Replicas() > 0 && two.hub.Replicas() > 0 })
	n := r.node("edge")
	c := n.start(one.hub.Address())
	await(t, "up", func() bool { return c.Status(t.Context()).State == link.StateUp })
	all, err := two.parent.Status(t.Context())
	if err != nil || !all[0].Connected || all[0].Party.Host != "edge" {
		t.Errorf("the other replica says %+v, %v", all, err)
	}
	// What the node said to one replica is known at the other.
	await(t, "streams at the other replica", func() bool {
		all, err := two.parent.Status(t.Context())
		return err == nil && len(all[0].Streams) > 0 && all[0].Program != ""
	})
	if err := two.parent.Revoke(t.Context(), n.key.ID()); err != nil {
		t.Fatal(err)
	}
	await(t, "revoked state", func() bool { return c.Status(t.Context()).Refused == "revoked" })
}

// lockedBuffer is a log that a test reads while others write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), s)
}

// TestCluster_ForeignReplicaIsRefused: a server with a certificate of another
// authority does not become a replica.
func TestCluster_ForeignReplicaIsRefused(t *testing.T) {
	r := newHubRig(t)
	one := r.start(Cluster{Listen: "127.0.0.1:0"})
	foreign, err := OpenAuthority(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	p, err := link.NewParent(link.ParentOptions{Name: "foreign", Registry: linktest.NewRegistry(), Sink: linktest.NewSink(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	h, err := StartHub(HubOptions{
		Listen: "127.0.0.1:0", Authority: foreign, Parent: p, Now: time.Now, Log: slog.New(slog.NewTextHandler(log, nil)),
		Cluster: Cluster{Listen: "127.0.0.1:0", Routes: []string{one.hub.ClusterAddress()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	await(t, "refusal of the certificate", func() bool { return log.has("TLS route handshake error") })
	if one.hub.Replicas() > 0 || h.Replicas() > 0 {
		t.Error("a foreign replica joined")
	}
}

// TestTell: what one replica says reaches the others and not itself.
func TestTell(t *testing.T) {
	r := newHubRig(t)
	one := r.start(Cluster{Listen: "127.0.0.1:0"})
	two := r.start(Cluster{Listen: "127.0.0.1:0", Routes: []string{one.hub.ClusterAddress()}})
	await(t, "routes", func() bool { return one.hub.Replicas() > 0 && two.hub.Replicas() > 0 })
	// Nobody is told before the servers know of one another's listeners.
	await(t, "word of the first", func() bool { one.hub.Tell(); return two.told.Load() > 0 })
	if n := one.told.Load(); n != 0 {
		t.Errorf("the first replica heard itself %d times", n)
	}
	await(t, "word of the second", func() bool { two.hub.Tell(); return one.told.Load() > 0 })
}
