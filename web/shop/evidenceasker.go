package shop

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"zhigai/access"
	"zhigai/evidence/requests"
	"zhigai/plant"
	"zhigai/web"
)

// EvidencePlants says whether a machine is of a firm that an officer may see;
// access.ErrNotFound says that it is not.
type EvidencePlants interface {
	Sees(ctx context.Context, tenant plant.TenantNo, areas []access.Area, machine plant.NodeID) error
}

// mayAsk lets those ask who may see the machine in the plant, or the figures of
// its firm. Whether samples are given is the firm's to say.
func (r *rooms) mayAsk(ctx context.Context, equipment plant.NodeID) error {
	who := web.Who(ctx)
	m, err := r.Plants.Model(ctx, who.Scope, plant.MicrosOf(r.api.Now()))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(m.Nodes, func(n plant.Node) bool { return n.ID == equipment && who.Scope.Allows(n.Path) }) {
		return nil
	}
	err = r.EvidencePlants.Sees(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), equipment)
	if errors.Is(err, access.ErrNotFound) {
		return web.NotFound("there is no machine %q, or it lies outside your scope", string(equipment))
	}
	return err
}

// EvidenceAbout names the machine.
type EvidenceAbout struct {
	Equipment plant.NodeID `query:"equipment" required:"true" maxLength:"60"`
}

func (r *rooms) registerEvidenceAsker() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evidence-source", ID: "evidence-source", Summary: "Whether the node that keeps a machine's samples can be asked, for which tags, and what it sealed last", Tag: "evidence", Needs: access.SignedIn},
		func(ctx context.Context, in *EvidenceAbout) (*struct{ Body EvidenceState }, error) {
			return r.evidenceStands(ctx, in.Equipment, func() (requests.Shown, error) {
				return r.Evidence.Look(ctx, web.Who(ctx).Name, in.Equipment)
			})
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evidence-requests/{id}/state", ID: "evidence-state", Summary: "How your request stands, as the node that decides says", Tag: "evidence", Needs: access.SignedIn},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
			EvidenceAbout
		},
		) (*struct{ Body EvidenceState }, error) {
			return r.evidenceStands(ctx, in.Equipment, func() (requests.Shown, error) {
				return r.Evidence.State(ctx, web.Who(ctx).Name, in.Equipment, in.ID)
			})
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/my-evidence-requests", ID: "my-evidence-requests", Summary: "Your requests to see samples of a machine, newest first, as far as they are known here", Tag: "evidence", Needs: access.SignedIn},
		func(ctx context.Context, in *EvidenceAbout) (*web.ListOut[EvidenceRequest], error) {
			if err := r.mayAsk(ctx, in.Equipment); err != nil {
				return nil, err
			}
			all, err := r.Evidence.Made(ctx)
			out := []EvidenceRequest{}
			for _, one := range all {
				if one.Wish.Person == web.Who(ctx).Name && one.Wish.Equipment == in.Equipment {
					out = append(out, evidenceRequest(one))
				}
			}
			return web.NewList(out, ""), err
		})
}

func (r *rooms) evidenceStands(ctx context.Context, equipment plant.NodeID, ask func() (requests.Shown, error)) (*struct{ Body EvidenceState }, error) {
	if err := r.mayAsk(ctx, equipment); err != nil {
		return nil, err
	}
	out, err := ask()
	return &struct{ Body EvidenceState }{evidenceState(out)}, err
}
