package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhigai/evidence/requests"
	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/link/nats"
	"zhigai/link/settings"
	"zhigai/link/sharing"
	"zhigai/plant"
)

// parentFlags say to whom a node sends.
type parentFlags struct {
	Parent  []string `help:"Node above this one, nats://HOST:PORT; several are replicas of one hub." placeholder:"URL"`
	NodeKey string   `help:"Key file of this node, made by 'zhigai enrol'." type:"path" placeholder:"FILE"`
	Outbox  string   `help:"What may wait for the parent at most, as SIZE or SIZE,AGE: 20GB,30d." default:"20GB,30d"`
}

// membership is what a node knows of its parent beside its key.
type membership struct {
	Name        string   `json:"name"`
	Hub         string   `json:"hub"`
	Parent      []string `json:"parent"`
	Fingerprint string   `json:"fingerprint"`
}

func membershipFile(key string) string { return key + ".json" }

func readMembership(key string) (m membership, pin [link.FingerprintBytes]byte, err error) {
	raw, err := os.ReadFile(membershipFile(key))
	if errors.Is(err, fs.ErrNotExist) {
		return m, pin, fmt.Errorf("%s is not there: this node is not enrolled; ask the hub's administrator for a code and run: zhigai enrol CODE --parent URL --node-key %s", membershipFile(key), key)
	}
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err == nil {
		var b []byte
		if b, err = hex.DecodeString(m.Fingerprint); err == nil && len(b) != len(pin) {
			err = fmt.Errorf("fingerprint of %d bytes", len(b))
		}
		copy(pin[:], b)
	}
	if err != nil {
		return m, pin, fmt.Errorf("%s: %w; enrol the node again", membershipFile(key), err)
	}
	return m, pin, nil
}

type enrolCmd struct {
	Code    string   `arg:"" help:"One-time code that the hub's administrator made."`
	Parent  []string `help:"The hub, nats://HOST:PORT; several are its replicas." required:"" placeholder:"URL"`
	NodeKey string   `help:"Where the key of this node is, or will be made." default:"./node.key" type:"path"`
}

// enrolTime bounds the whole exchange with the hub.
const enrolTime = time.Minute

// Run makes a key, shows the hub the code and remembers the hub.
func (c enrolCmd) Run(ctx context.Context) error { return c.do(ctx, os.Stdout) }

func (c enrolCmd) do(ctx context.Context, out io.Writer) error {
	invitation, err := link.ParseCode(c.Code)
	if err != nil {
		return err
	}
	key, err := nats.OpenKey(c.NodeKey)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	transport, err := nats.NewTransport(nats.DialOptions{Addresses: c.Parent, Key: key, Pin: invitation.Fingerprint, Host: host})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, enrolTime)
	defer cancel()
	name, hub, err := link.Enrol(ctx, transport, invitation, host)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(membership{Name: name, Hub: hub, Parent: c.Parent, Fingerprint: hex.EncodeToString(invitation.Fingerprint[:])}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(membershipFile(c.NodeKey), append(raw, '\n'), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(out, "enrolled as %s at %s\n  key   %s\n  start zhigai run --parent %s --node-key %s\n", name, hub, key.ID(), strings.Join(c.Parent, " --parent "), c.NodeKey)
	return nil
}

// uplink is the way of a node to its parent.
type uplink struct {
	child    *link.Child
	models   *journal.Announcements
	days     *journal.Rows
	settings *settings.Child
}

// linkCursor is the name under which the journals keep what the parent lacks of
// the node's own tenant.
const linkCursor = "parent"

// above is the node above, as the flags name it.
type above struct {
	parentFlags
	bound link.Bound
	host  string
	dir   string
}

// openAbove looks at the flags; without a parent nothing is above.
func (n *node) openAbove(f parentFlags, dir string) error {
	if len(f.Parent) == 0 {
		return nil
	}
	if f.NodeKey == "" {
		return errors.New("--parent needs --node-key FILE")
	}
	bound, err := parseBound(f.Outbox)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	n.above.Store(&above{parentFlags: f, bound: bound, host: host, dir: dir})
	return err
}

// keyOf is the file of the key by which a tenant is known above: of the node's
// own the flag's, of a firm on this node one that 'zhigai tenant enrol' made.
func (a *above) keyOf(tenant plant.TenantNo) string {
	if tenant == homeTenant {
		return a.NodeKey
	}
	return filepath.Join(a.dir, "node", "uplinks", fmt.Sprintf("%d.key", tenant))
}

// linkUp opens the way of a tenant to the node above. A firm on this node has one
// of its own, as if the node were its own; without an enrolment it has none, and
// nothing of it goes up.
func (n *node) linkUp(ctx context.Context, w *tenantWorks) error {
	at := n.above.Load()
	if at == nil || w.to.Load() != nil {
		return nil
	}
	if _, err := os.Stat(membershipFile(at.keyOf(w.tenant))); errors.Is(err, fs.ErrNotExist) && w.tenant != homeTenant {
		return nil
	}
	u, err := n.openUplink(ctx, at, w)
	if err != nil {
		return err
	}
	w.to.Store(u)
	return nil
}

func (n *node) openUplink(ctx context.Context, at *above, w *tenantWorks) (*uplink, error) {
	_, pin, err := readMembership(at.keyOf(w.tenant))
	if err != nil {
		return nil, err
	}
	key, err := nats.OpenKey(at.keyOf(w.tenant))
	if err != nil {
		return nil, err
	}
	instance, err := nats.OpenInstance(at.dir, nats.Machine())
	if err != nil {
		return nil, err
	}
	transport, err := nats.NewTransport(nats.DialOptions{Addresses: at.Parent, Key: key, Pin: pin, Host: at.host})
	if err != nil {
		return nil, err
	}
	u := &uplink{}
	if u.models, err = journal.NewAnnouncements(ctx, n.nodes, w.tenant); err != nil {
		return nil, err
	}
	u.days = journal.NewRows(n.machines, w.tenant)
	cursor, file := linkCursor, "link-%s.json"
	if w.tenant != homeTenant {
		cursor, file = tenantCursor(w.tenant), "link-%s-"+fmt.Sprintf("%d.json", w.tenant)
	}
	// A new reader first says where it begins, so that nothing behind it goes.
	if _, ok := n.history.Cursors()[cursor]; !ok {
		first, _ := n.history.Bounds()
		if err := n.history.SaveCursor(cursor, first-1); err != nil {
			return nil, err
		}
	}
	state := func(of string) link.StateStore { return link.FileState(filepath.Join(at.dir, fmt.Sprintf(file, of))) }
	log := n.logOf(w.tenant)
	if u.settings, err = settings.NewChild(settled{n, w.tenant}, state("settings"), time.Now, log); err != nil {
		return nil, err
	}
	handlers := map[string]link.Handler{
		settings.Verb: u.settings.Handle, requests.Verb: w.asked.Handle,
		suspicionVerb: func(ctx context.Context, payload []byte) ([]byte, error) {
			return n.takeSuspicions(ctx, w.tenant, payload)
		},
	}
	if w.tenant == homeTenant { // a firm on a platform speaks for no region
		handlers[reportVerb] = n.takeReports
	}
	u.child, err = link.NewChild(link.ChildOptions{
		Parent: strings.Join(at.Parent, ","), Transport: transport, State: state("state"),
		Feeds: map[link.Stream]link.Feed{
			link.StreamModel:   {Source: w.sharedWhole(u.models, func(p link.Policy) bool { return p.Shares(link.StreamModel) })},
			link.StreamFigures: {Source: n.sharedDays(w, u.days)},
			link.StreamRecord:  {Source: sharing.Events{Events: journal.Events{Log: n.record.Journal(), Cursor: linkCursor, Tenant: w.tenant}, Desk: w.sharing}},
			link.StreamHistory: {Source: n.sharedHistory(w, cursor), Bounded: true},
		},
		Instance: instance, Host: at.host, Program: version, Now: time.Now, Log: log, Bound: at.bound, Gapped: n.gapped,
		Handlers: handlers,
	})
	return u, err
}

// gapped records that the parent will never get some items.
func (n *node) gapped(_ context.Context, g link.Gap) error {
	n.log.Error("outbox: given up before the parent had it", "stream", g.Stream, "from", g.From, "to", g.To,
		"from_time", g.FromTime.Time(), "to_time", g.ToTime.Time(), "reason", g.Reason)
	return nil
}

// parseBound reads SIZE or SIZE,AGE.
func parseBound(s string) (link.Bound, error) {
	size, age, two := strings.Cut(s, ",")
	var b link.Bound
	var err error
	if b.Bytes, err = parseSize(size); err != nil {
		return b, err
	}
	if !two {
		return b, nil
	}
	days, ok := strings.CutSuffix(age, "d")
	if !ok {
		if b.Age, err = time.ParseDuration(age); err != nil {
			return b, fmt.Errorf("--outbox %s: age %q; write 30d or 12h", s, age)
		}
		return b, nil
	}
	hours, err := time.ParseDuration(days + "h")
	if err != nil || hours <= 0 {
		return b, fmt.Errorf("--outbox %s: age %q; write 30d or 12h", s, age)
	}
	b.Age = 24 * hours
	return b, nil
}

var sizes = map[string]int64{"TB": 1e12, "GB": 1e9, "MB": 1e6, "KB": 1e3}

func parseSize(s string) (int64, error) {
	for unit, bytes := range sizes {
		if number, ok := strings.CutSuffix(s, unit); ok {
			var n int64
			if _, err := fmt.Sscanf(number, "%d", &n); err != nil || n <= 0 || fmt.Sprint(n) != number {
				break
			}
			return n * bytes, nil
		}
	}
	return 0, fmt.Errorf("size %q; write a whole number with KB, MB, GB or TB", s)
}

// announce tells the parent that the plant model may have changed.
func (n *node) announceModel(ctx context.Context, w *tenantWorks) {
	u := w.to.Load()
	if u == nil {
		return
	}
	if err := u.models.Changed(ctx); err != nil {
		n.logOf(w.tenant).Error("parent not told of the plant model", "err", err) // the next change or start does
	}
}
