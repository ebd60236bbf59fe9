package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/link/nats"
	"zhigai/link/settings"
	"zhigai/plant"
	"zhigai/record/programme"
)

// hubFlags say where nodes below connect.
type hubFlags struct {
	Links      string   `help:"Address on which nodes below connect, HOST:PORT. Empty: there are none." placeholder:"ADDRESS"`
	LinkHosts  []string `help:"Names and addresses under which they know this node, for its certificate." placeholder:"HOST"`
	HubName    string   `help:"Name of this node, shown at the nodes below." default:"hub"`
	Cluster    string   `help:"Address for the other replicas of this hub, HOST:PORT." placeholder:"ADDRESS"`
	Replica    []string `help:"Address of another replica of this hub." placeholder:"ADDRESS"`
	LinkFolder string   `help:"Folder of the hub's authority, shared by its replicas; in the node's folder when left out." type:"path" placeholder:"DIR"`
}

// downlinks is what a hub has for the nodes below.
type downlinks struct {
	parent   *link.Parent
	hub      *nats.Hub
	settings *settings.Hub
	samples  journal.Samples
	name     string // under which nodes below know this one
}

func (n *node) openHub(f hubFlags, dir string) (*downlinks, error) {
	if f.Links == "" {
		return nil, nil
	}
	folder := f.LinkFolder
	if folder == "" {
		folder = filepath.Join(dir, "links")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	authority, err := nats.OpenAuthority(folder, time.Now())
	if err != nil {
		return nil, err
	}
	plants := journal.NewPlants(n.nodes, n.shop, n.reconcile)
	d := &downlinks{samples: journal.Samples{Store: n.history, Maps: plants, Journal: n.record.Journal(), Known: journal.NewKnown()}, name: f.HubName}
	if d.parent, err = link.NewParent(link.ParentOptions{
		Name: f.HubName, Registry: n.nodes, Now: time.Now, Log: n.log, Fingerprint: authority.Fingerprint(),
		Sink: journal.Router{
			link.StreamModel:   plants,
			link.StreamRecord:  journal.Happenings{EventStore: n.nodes, Entered: n.entered, Admits: n.admits},
			link.StreamHistory: d.samples,
			link.StreamFigures: programme.Delivered{Machines: n.machines, Nodes: n.nodes, Stored: n.provedNew},
		},
	}); err != nil {
		return nil, err
	}
	d.settings = &settings.Hub{Store: n.nodes, Ask: d.parent, Now: time.Now, Log: n.log}
	d.hub, err = nats.StartHub(nats.HubOptions{
		Listen: f.Links, Hosts: f.LinkHosts, Authority: authority, Parent: d.parent, Log: n.log, Now: time.Now,
		Cluster: nats.Cluster{Listen: f.Cluster, Routes: f.Replica}, Told: n.told,
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// links is what the API sees of them.
type links struct{ n *node }

// Parent is the view upward.
func (l links) Parent(ctx context.Context) *link.Status {
	up := l.n.to.Load()
	if up == nil {
		return nil
	}
	s := up.child.Status(ctx)
	return &s
}

// Nodes lists the nodes below.
func (l links) Nodes(ctx context.Context) ([]link.NodeStatus, error) {
	if l.n.down == nil {
		return nil, nil
	}
	nodes, err := l.n.down.parent.Status(ctx)
	if nodes == nil {
		nodes = []link.NodeStatus{}
	}
	return nodes, err
}

// MakeCode makes a one-time code.
func (l links) MakeCode(ctx context.Context, name string, tenant plant.TenantNo, ttl time.Duration, by string) (string, error) {
	return l.n.down.parent.MakeCode(ctx, name, tenant, ttl, by)
}

// Revoke ends what a node may do.
func (l links) Revoke(ctx context.Context, id link.NodeID) error {
	return l.n.down.parent.Revoke(ctx, id)
}

// Settings lists what was sent to a node.
func (l links) Settings(ctx context.Context, id link.NodeID, limit int) ([]settings.Version, error) {
	return l.n.nodes.Settings(ctx, id, limit)
}

// SendSettings makes a version of the plant file for the node.
func (l links) SendSettings(ctx context.Context, id link.NodeID, plantFile, by string) (settings.Version, error) {
	return l.n.down.settings.Send(ctx, id, plantFile, by)
}

// PlantFile asks the node for its plant file.
func (l links) PlantFile(ctx context.Context, id link.NodeID) (string, error) {
	return l.n.down.settings.Current(ctx, id)
}

// nodeCmd manages the nodes below a running hub.
type nodeCmd struct {
	Invite inviteCmd   `cmd:"" help:"Make a one-time code with which one node enrols."`
	List   nodeListCmd `cmd:"" help:"List the nodes below and how far each is behind."`
	Revoke revokeCmd   `cmd:"" help:"End a node's right to connect, at once and for ever."`
}

type inviteCmd struct {
	Name string        `arg:"" help:"Name of the node to be."`
	Data string        `help:"Folder of the hub." default:"./data" type:"path"`
	For  time.Duration `help:"How long the code can be used." default:"24h"`
}

type inviteRequest struct {
	Name string        `json:"name"`
	For  time.Duration `json:"for"`
}

type inviteReport struct {
	Code string `json:"code"`
}

func (c inviteCmd) Run(ctx context.Context) error {
	out, err := askNode[inviteReport](ctx, c.Data, "/links/invite", inviteRequest{c.Name, c.For})
	if err != nil {
		return err
	}
	fmt.Println(out.Code)
	return nil
}

type nodeListCmd struct {
	Data string `help:"Folder of the hub." default:"./data" type:"path"`
}

func (c nodeListCmd) Run(ctx context.Context) error {
	out, err := askNode[[]link.NodeStatus](ctx, c.Data, "/links/list", struct{}{})
	if err != nil {
		return err
	}
	for _, s := range out {
		state, behind := "not connected", uint64(0)
		switch {
		case s.Node.Revoked != 0:
			state = "revoked"
		case s.Connected:
			state = "connected"
		}
		for _, one := range s.Streams {
			behind += one.Backlog
		}
		fmt.Printf("%-20s %-14s %s  %d behind\n", s.Node.Name, state, s.Node.ID, behind)
	}
	return nil
}

type revokeCmd struct {
	Node string `arg:"" help:"Key of the node (U…), as 'zhigai node list' shows it."`
	Data string `help:"Folder of the hub." default:"./data" type:"path"`
}

type revokeRequest struct {
	Node link.NodeID `json:"node"`
}

func (c revokeCmd) Run(ctx context.Context) error {
	_, err := askNode[struct{}](ctx, c.Data, "/links/revoke", revokeRequest{link.NodeID(c.Node)})
	return err
}

var errNoHub = errors.New("this node has no nodes below it; start it with --links ADDRESS")

func (n *node) invite(ctx context.Context, in inviteRequest) (inviteReport, error) {
	if n.down == nil {
		return inviteReport{}, errNoHub
	}
	code, err := n.down.parent.MakeCode(ctx, in.Name, homeTenant, in.For, "command line")
	return inviteReport{code}, err
}

func (n *node) listNodes(ctx context.Context, _ struct{}) ([]link.NodeStatus, error) {
	if n.down == nil {
		return nil, errNoHub
	}
	return n.down.parent.Status(ctx)
}

func (n *node) revokeNode(ctx context.Context, in revokeRequest) (struct{}, error) {
	if n.down == nil {
		return struct{}{}, errNoHub
	}
	return struct{}{}, n.down.parent.Revoke(ctx, in.Node)
}

// join connects the node with its parent and lets nodes below connect.
func (n *node) join(ctx context.Context, up parentFlags, down hubFlags, dir string) (err error) {
	if err := programme.NewReports(n.record).ClaimSteps(ctx, n.id.ID); err != nil {
		return err
	}
	// First, because a model that comes from below asks for it.
	if err := n.openAbove(up, dir); err != nil {
		return err
	}
	if err := n.linkUp(ctx, n.tenantWorks); err != nil {
		return err
	}
	if n.down, err = n.openHub(down, dir); err != nil {
		return err
	}
	if n.down != nil {
		n.worker(ctx, "links", func() error { return n.down.parent.Run(ctx) })
		n.dutiful(ctx, "settings of nodes", n.down.settings.Run)
		n.dutiful(ctx, "suspicions of nodes", n.overseeSuspicions)
		n.dutiful(ctx, "reports of nodes", n.exchangeReports)
	}
	if u := n.to.Load(); u != nil {
		n.worker(ctx, "uplink", func() error { return u.child.Run(ctx) })
		n.worker(ctx, "settings", func() error { return u.settings.Run(ctx) })
		n.tenants.tell() // firms on this node may be enrolled there, too
	}
	return nil
}
