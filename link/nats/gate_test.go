package nats

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"zhigai/link"
)

// TestGate_OwnSubjectsOnly tries with a right key what only a changed program
// would: other nodes' subjects, the replicas' and the hub's own user.
func TestGate_OwnSubjectsOnly(t *testing.T) {
	r := newHubRig(t)
	hub := r.start(Cluster{})
	n, other := r.node("edge"), r.node("other")
	stranger, err := OpenKey(t.TempDir() + "/node.key")
	if err != nil {
		t.Fatal(err)
	}
	dial := func(k *Key) (*nats.Conn, chan error) {
		errs := make(chan error, 16)
		nc, err := nats.Connect("nats://"+hub.hub.Address(), nats.Secure(pinned(r.authority.Fingerprint())), nats.TLSHandshakeFirst(),
			nats.Nkey(string(k.ID()), k.pair.Sign), nats.NoReconnect(),
			nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		return nc, errs
	}
	refused := func(what string, errs chan error) {
		t.Helper()
		select {
		case err := <-errs:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(patience):
			t.Errorf("%s is allowed", what)
		}
	}
	nc, errs := dial(n.key)
	for _, subject := range []string{">", "up.>", cutSubject, downSubject(other.key.ID(), "*", "*"), inbox(other.key.ID()) + ".>", "_INBOX.>", "$SYS.>"} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		refused("subscribe "+subject, errs)
	}
	replica, id := hub.hub.srv.ID(), nc.Opts.Nkey
	for _, subject := range []string{
		upSubject(replica, other.key.ID(), "1", "live"), upSubject(replica, link.NodeID(id), "999999", "live"),
		downSubject(other.key.ID(), other.instance, "settings"), cutSubject, inbox(other.key.ID()) + ".x", "$SYS.REQ.SERVER.PING",
	} {
		if err := nc.Publish(subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
		refused("publish "+subject, errs)
	}
	sc, errs := dial(stranger)
	if _, err := sc.SubscribeSync(downSubject(stranger.ID(), "I", "*")); err != nil {
		t.Fatal(err)
	}
	refused("a stranger's subscribe", errs)

	for name, option := range map[string]nats.Option{
		"nobody": nats.Name("x"), "the hub's user": nats.UserInfo(hubUser, ""), "a token": nats.Token("x"),
	} {
		nc, err := nats.Connect("nats://"+hub.hub.Address(), nats.Secure(pinned(r.authority.Fingerprint())), nats.TLSHandshakeFirst(), nats.NoReconnect(), option)
		if err == nil {
			nc.Close()
			t.Errorf("%s is let in", name)
		} else if !strings.Contains(strings.ToLower(err.Error()), "authorization") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := nats.Connect("nats://"+hub.hub.Address(), nats.Timeout(time.Second), nats.NoReconnect()); err == nil {
		t.Error("a connection without TLS is let in")
	}
}
