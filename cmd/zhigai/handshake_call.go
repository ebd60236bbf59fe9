package main

import (
	"context"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/andon"
	"zhigai/shop/control/handshake"
)

// handshakeCalls has a call-off stand among the calls of machines for as long as it goes
// on: called, accepted by the transport, done when the machine confirmed. One that does not
// come to its end stays open, and a person sees that material is still wanted.
type handshakeCalls struct{ n *node }

var _ handshake.Follower = handshakeCalls{}

// Handed implements handshake.Follower.
func (c handshakeCalls) Handed(ctx context.Context, tenant plant.TenantNo, h handshake.Handshake, o handshake.Handover) error {
	if h.Kind != handshake.CallOff {
		return nil
	}
	desk, by := c.n.newAndon(), access.As("handshake:"+h.Series, "handshake "+h.Name.ZH, access.Scope{Tenant: tenant}, access.Read, access.Report)
	call, err := desk.Call(ctx, by, andon.New{What: andon.Material, Machine: h.Giver.Machine, Note: fmt.Sprintf("%s (%s)", h.Name.ZH, o.ID), Key: o.ID})
	if err != nil {
		return err
	}
	if call.State == andon.Called && len(o.Steps) > 1 {
		if call, err = desk.Move(ctx, by, call.ID, andon.Move{State: andon.Accepted, Note: h.Taker.Name.ZH}); err != nil {
			return err
		}
	}
	if o.End == "done" && call.Waits() {
		_, err = desk.Move(ctx, by, call.ID, andon.Move{State: andon.Done})
	}
	return err
}
