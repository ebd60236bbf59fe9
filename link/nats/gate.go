package nats

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"zhigai/link"
)

// gate decides who connects.
type gate struct{ h *Hub }

// Check implements server.Authentication.
func (g gate) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if o.Username == hubUser {
		return subtle.ConstantTimeCompare([]byte(o.Password), []byte(g.h.secret)) == 1
	}
	if c.Kind() != server.CLIENT || !nkeys.IsValidPublicUserKey(o.Nkey) {
		return false
	}
	address := "unknown"
	if a := c.RemoteAddress(); a != nil {
		address = a.String()
	}
	if !proved(o.Nkey, o.Sig, c.GetNonce()) {
		g.h.o.Log.Warn("link: a connection does not hold the key it claims", "node", o.Nkey, "address", address)
		return false
	}
	node := link.NodeID(o.Nkey)
	ctx, cancel := context.WithTimeout(g.h.ctx, lookTime)
	defer cancel()
	stranger := !g.h.o.Parent.Admits(ctx, node)
	if !g.h.enter(c.GetID(), guest{node: node, address: address, since: g.h.o.Now(), stranger: stranger}) {
		g.h.o.Log.Warn("link: too many connections with keys that are not enrolled", "address", address)
		return false
	}
	allow := []string{inbox(node) + ".>"}
	if !stranger {
		allow = append(allow, downSubject(node, "*", "*"))
	}
	c.RegisterUser(&server.User{Username: o.Nkey, Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{upSubject(g.h.srv.ID(), node, strconv.FormatUint(c.GetID(), 10), "*")}},
		Subscribe: &server.SubjectPermission{Allow: allow},
		Response:  &server.ResponsePermission{MaxMsgs: 1, Expires: handlerTime + time.Minute},
	}})
	return true
}

func (h *Hub) enter(number uint64, g guest) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if g.stranger {
		n := 0
		for _, other := range h.conns {
			if other.stranger {
				n++
			}
		}
		if n >= maxPorch {
			return false
		}
	}
	h.conns[number] = g
	return true
}

// proved reports whether the signature of the server's nonce is by the key.
func proved(key, signature string, nonce []byte) bool {
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		if sig, err = base64.StdEncoding.DecodeString(signature); err != nil {
			return false
		}
	}
	pub, err := nkeys.FromPublicKey(key)
	return err == nil && len(nonce) > 0 && pub.Verify(nonce, sig) == nil
}
