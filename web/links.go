package web

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/link"
	"zhigai/link/settings"
	"zhigai/plant"
)

// Links is what the API asks of the links between nodes.
type Links interface {
	// Parent is the view upward; nil on a node without a parent.
	Parent(ctx context.Context) *link.Status
	// Nodes lists the nodes below; nil on a node that takes none.
	Nodes(ctx context.Context) ([]link.NodeStatus, error)
	MakeCode(ctx context.Context, name string, tenant plant.TenantNo, ttl time.Duration, by string) (string, error)
	Revoke(ctx context.Context, id link.NodeID) error
	Settings(ctx context.Context, id link.NodeID, limit int) ([]settings.Version, error)
	SendSettings(ctx context.Context, id link.NodeID, plantFile, by string) (settings.Version, error)
	PlantFile(ctx context.Context, id link.NodeID) (string, error)
	// Regions are the divisions for which nodes speak, this one's own without a node.
	Regions(ctx context.Context) ([]NodeRegion, error)
	SetRegion(ctx context.Context, id link.NodeID, region, by string) (NodeRegion, error)
}

// NodeRegion is a division for which a node speaks: it hands in what is reported of
// it, and hands on what is within.
type NodeRegion struct {
	Node   link.NodeID `json:"node" doc:"Key of the node; empty: this one, as the node above said"`
	Region string      `json:"region" doc:"Code of the division; empty: none any more"`
	Name   string      `json:"name" doc:"Of the division"`
}

// LinkState is how the node hangs together with others.
type LinkState struct {
	Parent *link.Status      `json:"parent,omitempty"`
	Hub    bool              `json:"hub"` // takes nodes below it
	Nodes  []link.NodeStatus `json:"nodes" nullable:"false"`
	// Regions are the divisions for which nodes speak.
	Regions []NodeRegion `json:"regions" nullable:"false"`
}

// Invitation is a permit to enrol one node.
type Invitation struct {
	Code    string    `json:"code" doc:"shown once"`
	Name    string    `json:"name"`
	Expires time.Time `json:"expires"`
}

type inviteIn struct {
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"100" doc:"of the node to be"`
		Hours int    `json:"hours,omitempty" minimum:"1" maximum:"720" default:"24" doc:"how long the code can be used"`
	}
}

func (a *API) registerLinks() {
	Handle(a, Op{Method: http.MethodGet, Path: "/links", ID: "links", Summary: "Nodes above and below this one, and how far each is behind", Tag: "node", Needs: access.Engineer, Whole: true, Home: true},
		func(ctx context.Context, _ *struct{}) (*struct{ Body LinkState }, error) {
			out := LinkState{Nodes: []link.NodeStatus{}, Regions: []NodeRegion{}}
			if a.o.Links == nil {
				return &struct{ Body LinkState }{out}, nil
			}
			out.Parent = a.o.Links.Parent(ctx)
			nodes, err := a.o.Links.Nodes(ctx)
			if err != nil {
				return nil, err
			}
			out.Hub = nodes != nil
			out.Nodes = append(out.Nodes, nodes...)
			regions, err := a.o.Links.Regions(ctx)
			if err != nil {
				return nil, err
			}
			out.Regions = append(out.Regions, regions...)
			return &struct{ Body LinkState }{out}, nil
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/links/invitations", ID: "invite-node", Summary: "Make a one-time code with which one node enrols below this one", Tag: "node", Needs: access.Administer, Status: http.StatusCreated, Whole: true, Home: true},
		func(ctx context.Context, in *inviteIn) (*struct{ Body Invitation }, error) {
			if err := a.takesNodes(ctx); err != nil {
				return nil, err
			}
			who := Who(ctx)
			ttl := time.Duration(in.Body.Hours) * time.Hour
			if ttl == 0 {
				ttl = 24 * time.Hour
			}
			code, err := a.o.Links.MakeCode(ctx, in.Body.Name, who.Scope.Tenant, ttl, who.User)
			if err != nil {
				return nil, err
			}
			out := Invitation{Code: code, Name: in.Body.Name, Expires: a.now().Add(ttl).UTC()}
			return &struct{ Body Invitation }{out}, a.Audit(ctx, "node.invite", in.Body.Name, nil, map[string]any{"expires": out.Expires})
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/links/nodes/{node}/revoke", ID: "revoke-node", Summary: "End a node's right to connect, at once and for ever", Tag: "node", Needs: access.Administer, Status: http.StatusNoContent, Whole: true, Home: true},
		func(ctx context.Context, in *linkedNodeIn) (*struct{}, error) {
			if err := a.takesNodes(ctx); err != nil {
				return nil, err
			}
			if err := a.o.Links.Revoke(ctx, link.NodeID(in.Node)); err != nil {
				return nil, err
			}
			return nil, a.Audit(ctx, "node.revoke", in.Node, nil, nil)
		})
}

type linkedNodeIn struct {
	Node string `path:"node" maxLength:"100" doc:"key of the node"`
}

// maxSettings bounds the list: who looks for older ones looks into the audit.
const maxSettings = 100

func (a *API) registerLinkSettings() {
	Handle(a, Op{Method: http.MethodGet, Path: "/links/nodes/{node}/plant", ID: "node-plant", Summary: "The plant file of a node below, asked from it", Tag: "node", Needs: access.Engineer, Whole: true, Home: true},
		func(ctx context.Context, in *linkedNodeIn) (*struct {
			ContentType string `header:"Content-Type"`
			Body        []byte
		}, error,
		) {
			if err := a.takesNodes(ctx); err != nil {
				return nil, err
			}
			text, err := a.o.Links.PlantFile(ctx, link.NodeID(in.Node))
			return &struct {
				ContentType string `header:"Content-Type"`
				Body        []byte
			}{"application/yaml", []byte(text)}, err
		})
	Handle(a, Op{Method: http.MethodGet, Path: "/links/nodes/{node}/settings", ID: "node-settings", Summary: "Plant files sent to a node below and what became of them, newest first", Tag: "node", Needs: access.Engineer, Whole: true, Home: true},
		func(ctx context.Context, in *linkedNodeIn) (*ListOut[settings.Version], error) {
			if err := a.takesNodes(ctx); err != nil {
				return nil, err
			}
			list, err := a.o.Links.Settings(ctx, link.NodeID(in.Node), maxSettings)
			return NewList(list, ""), err
		})
	Handle(a, Op{Method: http.MethodPost, Path: "/links/nodes/{node}/settings", ID: "send-settings", Summary: "Send a plant file to a node below; it goes back to what it had unless it fares well", Tag: "node", Needs: access.Engineer, Status: http.StatusAccepted, Whole: true, Home: true},
		func(ctx context.Context, in *struct {
			Node    string `path:"node" maxLength:"100" doc:"key of the node"`
			RawBody []byte `contentType:"application/yaml"`
		},
		) (*struct{ Body settings.Version }, error) {
			if err := a.takesNodes(ctx); err != nil {
				return nil, err
			}
			v, err := a.o.Links.SendSettings(ctx, link.NodeID(in.Node), string(in.RawBody), Who(ctx).User)
			if err != nil {
				return nil, err
			}
			return &struct{ Body settings.Version }{v}, a.Audit(ctx, "node.settings", in.Node, nil, v)
		})
}

// registerLinkRegions adds for which division a node below speaks.
func (a *API) registerLinkRegions() {
	Handle(a, Op{Method: http.MethodPut, Path: "/links/nodes/{node}/region", ID: "save-node-region", Summary: "Say for which division a node below reports; what it hands in of others is refused", Tag: "node", Needs: access.Administer, Whole: true, Home: true},
		func(ctx context.Context, in *struct {
			Node string `path:"node" maxLength:"100" doc:"key of the node"`
			Body struct {
				Code string `json:"code" maxLength:"6" doc:"Of a province, city or county; empty: of none any more"`
			}
		},
		) (*struct{ Body NodeRegion }, error) {
			if err := a.takesNodes(ctx); err != nil {
				return nil, err
			}
			out, err := a.o.Links.SetRegion(ctx, link.NodeID(in.Node), in.Body.Code, Who(ctx).User)
			if err != nil {
				return nil, err
			}
			return &struct{ Body NodeRegion }{out}, a.Audit(ctx, "node.region", in.Node, nil, out)
		})
}

// takesNodes refuses nodes without a hub.
func (a *API) takesNodes(ctx context.Context) error {
	if a.o.Links != nil {
		if nodes, err := a.o.Links.Nodes(ctx); err != nil || nodes != nil {
			return err
		}
	}
	return newProblem(http.StatusConflict, "this node takes no nodes below it; start it with --links ADDRESS")
}
