package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"zhigai/access"
	"zhigai/programme/atlas"
	"zhigai/ui"
	"zhigai/web"
)

type runCmd struct {
	place       `embed:""`
	parentFlags `embed:""`
	hubFlags    `embed:""`

	Role       string `help:"all, or edge: collect and forward with little memory; figures are made above." enum:"all,edge" default:"all"`
	diskMarks  `embed:""`
	watchFlags `embed:""`
	traceFlags `embed:""`
	scrubFlags `embed:""`
	demoFlags  `embed:""`
	Listen     string        `help:"Address of pages and API." default:"127.0.0.1:8680"`
	MQTT       string        `name:"mqtt" help:"Address of the broker for machines. With --demo a free port on this machine." default:"127.0.0.1:1883"`
	TLS        string        `name:"tls" help:"auto, or certificate and key as CERT,KEY. Empty serves plain HTTP."`
	Files      string        `help:"Folder below which machines and people leave files to be read; a device names its own below it." type:"path" placeholder:"DIR"`
	Map        string        `help:"Official map of divisions, GeoJSON with the number of its approval (审图号), that the cockpit offers beside its diagram." type:"existingfile" placeholder:"FILE"`
	MDNS       bool          `name:"mdns" help:"Hear devices that announce themselves by multicast DNS; they are listed, and connected by people alone." default:"true" negatable:""`
	Requests   int           `help:"Requests a second that one user or token may send; from one address four times as many." default:"500"`
	Components string        `help:"Address on which services connect that are components, HOST:PORT (NATS). On other machines than this they need --tls. Empty: there are none." placeholder:"ADDRESS"`
	LongStop   time.Duration `help:"A machine that stands so long is a reason to plan anew." default:"10m" placeholder:"TIME"`
	ReadOnly   bool          `help:"Answer questions alone: nothing is collected, and requests that change something are refused. For the folder of a node that is stopped, or a restored backup."`
	AdminToken string        `help:"Write an API token of an administrator into this file (0600)." type:"path"`
}

const (
	roleEdge = "edge"
	// edgeMemory is what the Go runtime of an edge aims at; with the store's
	// caches beside it the process stays below 120 MB.
	edgeMemory = 80 << 20
)

// stopTime is how long requests may take to end when the node stops.
const stopTime = 4 * time.Second

func (c runCmd) Run(ctx context.Context) (err error) {
	begun := time.Now()
	log, err := c.logger(os.Stderr)
	if err != nil {
		return err
	}
	if err := errors.Join(c.checkReadOnly(), c.checkReplica(), checkNoSnapshot(c.Data)); err != nil {
		return err
	}
	l, err := listen(c.Listen) // first: the commonest mistake is a second node
	if err != nil {
		return err
	}
	defer l.Close()
	if err := checkFolder(c.Data); err != nil {
		return err
	}
	config, authority, err := serverTLS(c.TLS, filepath.Join(c.Data, "tls"), time.Now())
	if err != nil {
		return err
	}
	c.place.crypted = config
	ctx, halt := context.WithCancelCause(ctx)
	manager, front, served := newSupervisor(log), &web.Front{}, make(chan error, 1)
	go func() {
		err := serve(ctx, l, front, config, authority)
		halt(err)
		served <- err
	}()
	context.AfterFunc(ctx, func() {
		front.Stopping()
		manager.tell("STOPPING=1")
	})
	defer func() {
		halt(nil)
		err = errors.Join(err, <-served)
	}()
	if err := c.profiles(ctx, log); err != nil {
		return err
	}
	if c.place.traces, err = c.traceFlags.open(func(err error) { log.Warn("traces", "err", err) }); err != nil {
		return err
	}
	defer func() {
		if lost := c.place.traces.close(); lost != nil {
			log.Warn("traces", "err", lost) // the node ends as well without them
		}
	}()
	simulated, err := c.demo(ctx, c.place)
	if err != nil {
		return err
	}
	approved, err := c.officialMap()
	if err != nil {
		return err
	}
	n, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	n.halt, n.atlas = halt, approved
	running, cancel := context.WithCancel(ctx)
	var last *time.Timer
	defer func() {
		err = errors.Join(restart(ctx), err)
		halt(nil)
		served <- <-served // requests end before the stores close
		cancel()
		err = errors.Join(err, n.close())
		if last != nil {
			last.Stop()
		}
	}()
	if err := c.begin(running, n, simulated, front, l.Addr()); err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil { // told to stop before it had begun
			return nil
		}
		return err
	}
	manager.tell("READY=1")
	log.Info("started", "version", version, "address", l.Addr().String(), "data", c.Data, "read_only", c.ReadOnly, "took", time.Since(begun).Round(time.Millisecond))
	manager.signs(ctx, n.alive) // until ctx ends, if they are asked for
	<-ctx.Done()
	log.Info("stopping")
	last = lastResort(log)
	return nil
}

// officialMap reads the map that was installed; none is no error.
func (c runCmd) officialMap() (atlas.Map, error) {
	if c.Map == "" {
		return atlas.Map{}, nil
	}
	raw, err := os.ReadFile(c.Map)
	if err != nil {
		return atlas.Map{}, err
	}
	m, err := atlas.Read(raw)
	if err != nil {
		return atlas.Map{}, fmt.Errorf("--map %s: %w", c.Map, err)
	}
	return m, nil
}

// open opens the stores of the node in the way the flags say.
func (c runCmd) open(ctx context.Context, log *slog.Logger) (*node, error) {
	mqttAddress := c.MQTT
	if c.Demo {
		mqttAddress = "127.0.0.1:0"
	}
	c.place.mdns = c.MDNS
	c.forwards, c.readOnly, c.place.replica = len(c.Parent) > 0, c.ReadOnly, c.Cluster != ""
	if c.place.replica { // the record is theirs together, and so is the key
		c.place.secrets = c.LinkFolder
	}
	if c.Role == roleEdge {
		debug.SetMemoryLimit(edgeMemory)
		c.lean = true
	}
	c.place.files, c.place.services = c.Files, c.Components
	c.place.disk, c.place.scrub, c.place.requests, c.place.longStop = c.diskMarks, c.scrubFlags, c.Requests, c.LongStop
	return openNode(ctx, c.place, mqttAddress, log)
}

// begin lets the node work and says where it can be found.
func (c runCmd) begin(ctx context.Context, n *node, simulated *demo, front *web.Front, address net.Addr) error {
	if err := n.start(ctx); err != nil {
		return err
	}
	if err := n.join(ctx, c.parentFlags, c.hubFlags, c.Data); err != nil {
		return err
	}
	n.share(ctx)
	if err := n.serveControl(ctx, c.Data); err != nil {
		return err
	}
	var logins []web.Login
	if simulated != nil {
		var err error
		if logins, err = simulated.join(ctx, n); err != nil {
			return err
		}
	}
	handler, err := n.handler(logins, c.TLS != "")
	if err != nil {
		return err
	}
	if err := c.adminToken(ctx, n); err != nil {
		return err
	}
	if err := c.announce(ctx, n, address, logins); err != nil {
		return err
	}
	front.Serve(handler)
	return nil
}

// handler joins API and pages.
func (n *node) handler(logins []web.Login, secure bool) (http.Handler, error) {
	api := n.api(logins, secure)
	dist, err := fs.Sub(ui.Dist, "dist")
	if err != nil {
		return nil, err
	}
	pages, err := web.Pages(dist)
	if err != nil {
		return nil, err
	}
	mux := api.Mux()
	mux.Handle("/", pages)
	return api.Measured(mux), nil
}

// serve answers until ctx ends, then lets requests finish.
func serve(ctx context.Context, l net.Listener, handler http.Handler, config *tls.Config, authority []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Streams must end with the node, not hold it up.
	base := func(net.Listener) context.Context { return ctx }
	main := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, BaseContext: base}
	servers := map[*http.Server]net.Listener{main: l}
	if config != nil {
		config.NextProtos = []string{"h2", "http/1.1"}
		main.TLSConfig = config
		split := newSplitListener(l, config)
		servers = map[*http.Server]net.Listener{
			main: half{split, split.secure},
			{Handler: installPages(authority), ReadHeaderTimeout: 10 * time.Second, BaseContext: base}: half{split, split.plain},
		}
	}
	failed := make(chan error, len(servers))
	for server, on := range servers {
		go func() { failed <- server.Serve(on) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopping, stop := context.WithTimeout(context.Background(), stopTime)
	defer stop()
	cancel()
	var errs []error
	for server := range servers {
		if err := server.Shutdown(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// announce prints where the page is and how the first person gets in.
func (c runCmd) announce(ctx context.Context, n *node, address net.Addr, logins []web.Login) error {
	scheme := "http"
	if c.TLS != "" {
		scheme = "https"
	}
	base := fmt.Sprintf("%s://%s", scheme, address)
	fmt.Printf("zhigai %s\n  page   %s\n  API    %s/openapi.json\n", version, base, base)
	if c.ReadOnly {
		fmt.Println("  read-only: nothing is collected or changed")
		return nil
	}
	if n.replica == nil {
		fmt.Printf("  MQTT   %s\n", n.broker.Addr())
	}
	for _, l := range logins {
		fmt.Printf("  login  %-10s %-12s (%s)\n", l.Name, l.Password, l.Role)
	}
	if c.Demo {
		return nil
	}
	admin, made, err := n.access.EnsureAdmin(ctx, homeTenant, "admin", "管理员", "")
	if err != nil || !made {
		return err
	}
	secret, expires, err := n.access.CreateLink(ctx, access.Node(homeTenant), admin.ID)
	if err != nil {
		return err
	}
	fmt.Printf("  first sign-in, once, until %s:\n  %s/signin?link=%s\n", expires.Local().Format(time.DateTime), base, secret)
	return nil
}

// adminToken writes a token for programs that set the node up.
func (c runCmd) adminToken(ctx context.Context, n *node) error {
	if c.AdminToken == "" {
		return nil
	}
	_, secret, err := n.access.CreateToken(ctx, access.Node(homeTenant), access.NewToken{Name: "admin token of " + n.started.UTC().Format(time.RFC3339), Role: access.RoleAdmin})
	if err != nil {
		return err
	}
	// Made anew with its mode: a file that was readable for others before must
	// not show the secret.
	if err := os.Remove(c.AdminToken); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(c.AdminToken, []byte(secret+"\n"), 0o600)
}
