package shop

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/web"
)

// Node is one element of the hierarchy with the version an editor must name.
type Node struct {
	plant.Node
	Rev int64 `json:"rev" doc:"Version; send it as If-Match when changing the node"`
}

type scopeIn struct {
	Scope string    `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
	At    time.Time `query:"at" doc:"The plant as it was valid then; now when left out"`
}

type nodeOut struct {
	ETag string `header:"ETag"`
	Body Node
}

type nodeIn struct {
	ID      plant.NodeID `path:"id"`
	IfMatch string       `header:"If-Match" required:"true" doc:"rev of the node you changed"`
	Body    plant.Node
}

func (r *rooms) registerNodes() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/nodes", ID: "nodes", Summary: "The hierarchy, parents first", Tag: "plant", Needs: access.Read},
		func(ctx context.Context, in *scopeIn) (*web.ListOut[Node], error) { return r.nodes(ctx, in) })
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/nodes", ID: "add-node", Summary: "Add a node", Tag: "plant", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body plant.Node }) (*nodeOut, error) {
			if in.Body.ID != "" {
				return nil, web.Invalid("body.id", "a new node gets its id here; leave id out")
			}
			return r.saveNode(ctx, in.Body, 0, "node.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/nodes/{id}", ID: "change-node", Summary: "Change a node from now on", Tag: "plant", Needs: access.Engineer},
		func(ctx context.Context, in *nodeIn) (*nodeOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID = in.ID
			return r.saveNode(ctx, in.Body, rev, "node.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodDelete, Path: "/nodes/{id}", ID: "retire-node", Summary: "End the validity of a node and all below it", Tag: "plant", Needs: access.Engineer, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ID      plant.NodeID `path:"id"`
			IfMatch string       `header:"If-Match" required:"true"`
		},
		) (*struct{}, error,
		) {
			return nil, r.retireNode(ctx, in.ID, in.IfMatch)
		})
}

func (r *rooms) nodes(ctx context.Context, in *scopeIn) (*web.ListOut[Node], error) {
	scope, err := web.ScopeOf(ctx, in.Scope)
	if err != nil {
		return nil, err
	}
	at := r.api.Now()
	if !in.At.IsZero() {
		at = in.At
	}
	m, err := r.Plants.Model(ctx, scope, plant.MicrosOf(at))
	if err != nil {
		return nil, err
	}
	items := make([]Node, len(m.Nodes))
	for i, n := range m.Nodes {
		rev, err := r.Plants.Revision(ctx, web.Who(ctx).Scope, n.ID)
		if err != nil {
			return nil, err
		}
		items[i] = Node{Node: n, Rev: rev}
	}
	return web.NewList(items, ""), nil
}

func (r *rooms) saveNode(ctx context.Context, n plant.Node, rev int64, action string) (*nodeOut, error) {
	if err := plant.CheckPath(n.Path); err != nil {
		return nil, web.Invalid("body.path", "%v", err)
	}
	scope := web.Who(ctx).Scope
	if !scope.Allows(n.Path) {
		return nil, fmt.Errorf("%w: %q lies outside your scope %q", access.ErrForbidden, n.Path, scope.Places())
	}
	if err := r.checkNode(ctx, scope, n); err != nil {
		return nil, err
	}
	was, err := r.writing(ctx, scope, n.ID)
	if err != nil {
		return nil, err
	}
	saved, rev, err := r.Plants.SaveNode(access.With(ctx, web.Who(ctx)), scope, n, rev, plant.MicrosOf(r.api.Now()))
	if err != nil {
		return nil, err
	}
	if err := r.api.Audit(ctx, action, saved.Path, nil, saved); err != nil {
		return nil, err
	}
	if is := saved.Machine != nil && saved.Machine.Device.Writing; is != was {
		if err := r.api.Audit(ctx, "device.writing", saved.Path, was, is); err != nil {
			return nil, err
		}
	}
	if err := r.Changed(ctx); err != nil {
		return nil, err
	}
	return &nodeOut{ETag: web.ETag(rev), Body: Node{Node: saved, Rev: rev}}, nil
}

// writing reports whether a machine may be written to now.
func (r *rooms) writing(ctx context.Context, scope access.Scope, id plant.NodeID) (bool, error) {
	m, err := r.Plants.Model(ctx, scope, plant.MicrosOf(r.api.Now()))
	if err != nil {
		return false, err
	}
	for _, n := range m.Nodes {
		if n.ID == id && n.Machine != nil {
			return n.Machine.Device.Writing, nil
		}
	}
	return false, nil
}

// checkNode refuses what would only fail later, far from the form.
func (r *rooms) checkNode(ctx context.Context, scope access.Scope, n plant.Node) error {
	if n.Level.Depth() < 0 {
		return web.Invalid("body.level", "level %q is none of %v", n.Level, plant.Levels)
	}
	if n.Name.ZH == "" {
		return web.Invalid("body.name.zh", "the Chinese name is missing")
	}
	if n.Level != plant.LevelEquipment {
		if n.Machine != nil {
			return web.Invalid("body.equipment", "only a node of level equipment is a machine")
		}
		return nil
	}
	if n.Machine == nil {
		return nil
	}
	p, ok := r.Profiles.Get(n.Machine.Profile)
	if !ok {
		return web.Invalid("body.equipment.profile", "there is no profile %q; /api/v1/profiles lists them", n.Machine.Profile)
	}
	if !p.Fits(n.Machine.Device.Driver) {
		return web.Invalid("body.equipment.device.driver", "profile %q speaks %s, the device says %q", p.ID, p.Protocol, n.Machine.Device.Driver)
	}
	if err := p.CheckParams(n.Machine.Device.Params); err != nil {
		return web.Invalid("body.equipment.device.params", "%v", err)
	}
	for _, d := range r.Drivers {
		if d.Kind() != n.Machine.Device.Driver {
			continue
		}
		if err := d.CheckDevice(p.Device(n.Machine.Device)); err != nil {
			return web.Invalid("body.equipment.device.address", "%v", err)
		}
	}
	return r.checkReach(ctx, scope, n)
}

// checkReach refuses a second machine on one device.
func (r *rooms) checkReach(ctx context.Context, scope access.Scope, n plant.Node) error {
	m, err := r.Plants.Model(ctx, access.Scope{Tenant: scope.Tenant}, plant.MicrosOf(r.api.Now()))
	if err != nil {
		return err
	}
	for _, other := range m.Nodes {
		if other.Machine == nil || other.ID == n.ID || other.Path == n.Path || other.Machine.Device.Reach() != n.Machine.Device.Reach() {
			continue
		}
		who := other.Path
		if !scope.Allows(other.Path) {
			who = "a machine outside your scope"
		}
		return web.Invalid("body.equipment.device.address", "%s is read by %s too; give each machine its own address, or its own params.unit on a shared line", n.Machine.Device.Address, who)
	}
	return nil
}

func (r *rooms) retireNode(ctx context.Context, id plant.NodeID, ifMatch string) error {
	rev, err := web.RevOf(ifMatch)
	if err != nil {
		return err
	}
	if err := r.Plants.Retire(access.With(ctx, web.Who(ctx)), web.Who(ctx).Scope, id, rev, plant.MicrosOf(r.api.Now())); err != nil {
		return err
	}
	if err := r.api.Audit(ctx, "node.retire", string(id), nil, nil); err != nil {
		return err
	}
	return r.Changed(ctx)
}
