package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/mqtt/client"
	"zhigai/connect/sparkplug/payload"
	"zhigai/history/clickhouse/chtest"
	"zhigai/link"
	"zhigai/link/linktest"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/record/pgtest"
)

// works is a plant of its own name with two lathes, whose facts a test writes,
// and a robot that publishes.
func works(name string) string {
	text := strings.ReplaceAll(twoLathes, "firm", name)
	text = strings.ReplaceAll(text, "code: day", "code: day-"+name)
	text = strings.ReplaceAll(text, "calendar: day", "calendar: day-"+name)
	text = strings.ReplaceAll(text, "ring", "ring-"+name)
	text = strings.ReplaceAll(text, "sleeve", "sleeve-"+name)
	return text + fmt.Sprintf(`  - path: %[1]s/site/turning/line/robot
    level: equipment
    name: {zh: 机器人}
    equipment: {class: robot, profile: demo-assembly, device: {driver: sparkplug, address: "%[1]s/robot"}}
`, name)
}

// edgeFolder makes the folder of a node whose machines have stood for long.
func edgeFolder(t *testing.T, name string, since time.Time) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	n, err := openNode(t.Context(), place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	m, err := file.Read("plant.yaml", []byte(works(name)), file.Options{Profiles: n.profiles.IDs()})
	must(t, err)
	must(t, n.plants.Import(access.With(t.Context(), access.Node(demoTenant)), access.Scope{Tenant: demoTenant}, m, plant.MicrosOf(since)))
	must(t, n.reconcile(t.Context()))
	must(t, n.close())
	return dir
}

// storeOutage writes what the collector of a node would have stored in the
// hours of an outage, through the node's own store while the node is down.
func storeOutage(t *testing.T, dir, name string, seed uint64, from, to time.Time) {
	t.Helper()
	n, err := openNode(t.Context(), place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	r := rand.New(rand.NewPCG(seed, 6))
	for _, lathe := range []string{"/site/turning/line/lathe-1", "/site/turning/line/lathe-2"} {
		byName := map[string]plant.TagNo{}
		for _, tag := range tags {
			if plant.ParentPath(tag.Path) == name+lathe {
				byName[tag.Name] = tag.No
			}
		}
		randomShift(t, n, demoTenant, r, byName, from, to)
	}
	must(t, n.close())
}

// robot is a machine that publishes a count and knows of which counts it was
// told that they are kept.
type robot struct {
	t       *testing.T
	name    string
	address string // of the broker
	c       *client.Client
	seq     uint64
	births  uint64
	next    float64
	acked   map[float64]plant.Micros // count to its time
}

const robotPatience = 5 * time.Second

func (r *robot) publish(kind string, metrics ...payload.Metric) error {
	ctx, cancel := context.WithTimeout(r.t.Context(), robotPatience)
	defer cancel()
	p := payload.Payload{Timestamp: uint64(time.Now().UnixMilli()), HasTimestamp: true, Seq: r.seq, HasSeq: true, Metrics: metrics}
	r.seq = (r.seq + 1) % 256
	return r.c.Publish(ctx, "spBv1.0/"+r.name+"/"+kind+"/robot", p.Append(nil), 1, false)
}

func (r *robot) bd() payload.Metric {
	return payload.Metric{Name: "bdSeq", Type: payload.TypeUInt64, Value: payload.OfInt(payload.TypeUInt64, int64(r.births%256))}
}

func (r *robot) metrics(count float64, at time.Time) []payload.Metric {
	stamp := uint64(at.UnixMilli())
	return []payload.Metric{
		{Name: "Machine/Running", Type: payload.TypeBoolean, Value: payload.OfBool(int(count)%7 != 0), Timestamp: stamp, HasTimestamp: true},
		{Name: "Count/Good", Type: payload.TypeDouble, Value: payload.OfFloat(payload.TypeDouble, count), Timestamp: stamp, HasTimestamp: true},
	}
}

// step publishes the next count until the node has said that it is kept.
func (r *robot) step() {
	r.t.Helper()
	r.next++
	at := time.Now().Truncate(time.Millisecond)
	deadline := time.Now().Add(90 * time.Second)
	for {
		err := r.connect()
		if err == nil {
			if err = r.publish("NDATA", r.metrics(r.next, at)...); err == nil {
				r.acked[r.next] = plant.MicrosOf(at)
				return
			}
			r.c.Kill()
			r.c = nil
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%s: count %v is not taken: %v", r.name, r.next, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (r *robot) connect() error {
	if r.c != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), robotPatience)
	defer cancel()
	r.births, r.seq = r.births+1, 0
	death := payload.Payload{Metrics: []payload.Metric{r.bd()}}
	var err error
	if r.c, err = client.Dial(ctx, client.Options{
		Address: r.address, Client: "robot-" + r.name,
		Will: &client.Will{Topic: "spBv1.0/" + r.name + "/NDEATH/robot", Payload: death.Append(nil), QoS: 1},
	}); err != nil {
		r.c = nil
		return err
	}
	if err := r.publish("NBIRTH", append(r.metrics(r.next-1, time.Now()), r.bd())...); err != nil {
		r.c.Kill()
		r.c = nil
		return err
	}
	return nil
}

// plantNode is a node with its robot.
type plantNode struct {
	*process
	name  string
	args  []string
	robot *robot
}

// outage is a line that is cut for so long, in the time of those who wait.
func outage(robots []*robot, steps int, length time.Duration) {
	for end := time.Now().Add(length); ; {
		for _, r := range robots {
			for range steps {
				r.step()
			}
		}
		if time.Now().After(end) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// TestReplicas runs two plants below two replicas of one hub, on PostgreSQL and
// ClickHouse. The line is cut for a second, for a minute and for six hours,
// which the plants' stores are given at once; a plant is killed inside the
// outage; each replica is killed while the plants hang on it. In the end every
// count that a robot was told is kept is at the hub, once and unaltered, and
// so is everything else; and the figures of both replicas are those of the plants.
func TestReplicas(t *testing.T) {
	bin := os.Getenv("ZHIGAI_BIN")
	if bin == "" {
		t.Skip("set ZHIGAI_BIN, or run make fault")
	}
	short := !thorough()
	minute := time.Minute
	if short {
		minute = 5 * time.Second
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	today := time.Now().In(zone)
	morning := time.Date(today.Year(), today.Month(), today.Day()-1, 6, 0, 0, 0, zone)

	h := newHubs(t, bin)
	plants := []*plantNode{}
	robots := []*robot{}
	for i, name := range []string{"east", "west"} {
		dir := edgeFolder(t, name, morning.AddDate(0, 0, -1))
		key := enrolled(t, bin, h.replicas[0].dir, name, h.parents[0])
		port, err := freePort()
		must(t, err)
		broker := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		p := &plantNode{name: name, args: []string{"--node-key", key, "--mqtt", broker}, robot: &robot{t: t, name: name, address: broker, acked: map[float64]plant.Micros{}}}
		// One plant comes to the first replica first, the other to the second.
		for k := range h.parents {
			p.args = append(p.args, "--parent", h.parents[(i+k)%len(h.parents)])
		}
		p.process = startNode(t, bin, dir, p.args...)
		plants, robots = append(plants, p), append(robots, p.robot)
	}
	h.awaitSame(plants, "at first")
	outage(robots, 5, 0)

	h.cut()
	outage(robots, 1, time.Second)
	h.restore()
	h.awaitSame(plants, "after a second")

	h.cut()
	outage(robots, 1, minute)
	h.restore()
	h.awaitSame(plants, "after a minute")

	h.cut()
	outage(robots, 1, time.Second)
	for i, p := range plants {
		p.kill()
		storeOutage(t, p.dir, p.name, uint64(i+1), morning, morning.Add(6*time.Hour))
		p.process = startNode(t, bin, p.dir, p.args...)
	}
	outage(robots, 5, 0)
	plants[0].kill() // again inside the outage
	plants[0].process = startNode(t, bin, plants[0].dir, plants[0].args...)
	outage(robots, 5, 0)
	h.restore()
	h.awaitSame(plants, "after six hours")
	h.compareFigures(plants, morning)

	for i := range h.replicas {
		h.kill(i)
		outage(robots, 5, time.Second) // the plants move to the other replica
		h.awaitSame(plants, fmt.Sprintf("without replica %d", i+1))
		h.start(i)
	}
	h.compareFigures(plants, morning)

	for _, p := range plants {
		p.robot.c.Kill()
	}
	h.silence(plants)
	h.compare(plants, morning)
}

// hubs are the replicas of one hub and the lines to them.
type hubs struct {
	t        *testing.T
	bin      string
	at       place // stores that they share
	args     [][]string
	dirs     []string
	replicas []*process
	lines    []*linktest.Proxy
	parents  []string // addresses of lines
}

func newHubs(t *testing.T, bin string) *hubs {
	t.Helper()
	h := &hubs{t: t, bin: bin, at: place{Data: filepath.Join(t.TempDir(), "look"), Record: pgtest.Address(t), History: chtest.New(t).Database(t)}}
	folder := t.TempDir()
	var links, clusters []string
	for range 2 {
		for _, list := range []*[]string{&links, &clusters} {
			port, err := freePort()
			must(t, err)
			*list = append(*list, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		}
	}
	for i := range links {
		h.dirs = append(h.dirs, filepath.Join(t.TempDir(), fmt.Sprint("replica", i+1)))
		h.args = append(h.args, []string{
			"--record", h.at.Record, "--history", h.at.History, "--links", links[i], "--cluster", clusters[i],
			"--replica", clusters[1-i], "--link-folder", folder,
		})
		line, err := linktest.NewProxy(links[i])
		must(t, err)
		t.Cleanup(line.Close)
		h.lines, h.parents, h.replicas = append(h.lines, line), append(h.parents, "nats://"+line.Address()), append(h.replicas, nil)
		h.start(i)
	}
	return h
}

func (h *hubs) start(i int) {
	h.t.Helper()
	h.replicas[i] = startNode(h.t, h.bin, h.dirs[i], h.args[i]...)
}

func (h *hubs) kill(i int) {
	h.replicas[i].kill()
	h.replicas[i] = nil
}

func (h *hubs) cut() {
	for _, l := range h.lines {
		l.Cut(true)
	}
}

func (h *hubs) restore() {
	for _, l := range h.lines {
		l.Restore()
	}
}

// alive lists the replicas that run.
func (h *hubs) alive() (out []*process) {
	for _, p := range h.replicas {
		if p != nil {
			out = append(out, p)
		}
	}
	return out
}

// awaitSame waits until every replica says that it has all of the plants.
func (h *hubs) awaitSame(plants []*plantNode, when string) {
	h.t.Helper()
	began := time.Now()
	var last []link.NodeStatus
	defer func() {
		if h.t.Failed() {
			h.t.Logf("%s: %+v", when, last)
		}
	}()
	for i, p := range h.alive() {
		p.await(fmt.Sprintf("replica %d has everything %s", i+1, when), func() bool {
			all, err := askNode[[]link.NodeStatus](context.Background(), p.dir, "/links/list", struct{}{})
			last = all
			if err != nil || len(all) != len(plants) {
				return false
			}
			for _, one := range all {
				if !one.Connected || len(one.Streams) == 0 {
					return false
				}
				for _, s := range one.Streams {
					if s.Backlog > 0 {
						return false
					}
				}
			}
			return true
		})
	}
	h.t.Logf("%s: everything is at the hub %s after the line came back", when, time.Since(began).Round(time.Second))
}

// silence stops the plants when the hub has all that they have: what a plant had
// not delivered when it was stopped it delivers when it runs again.
func (h *hubs) silence(plants []*plantNode) {
	h.t.Helper()
	for range 10 {
		h.awaitSame(plants, "in the end")
		delivered := map[string]map[link.Stream]uint64{}
		all, err := askNode[[]link.NodeStatus](context.Background(), h.replicas[0].dir, "/links/list", struct{}{})
		must(h.t, err)
		for _, one := range all {
			delivered[one.Node.Name] = deliveredOf(one)
		}
		silent := true
		for _, p := range plants {
			p.kill()
			silent = silent && reflect.DeepEqual(delivered[p.name], heads(h.t, p.dir))
		}
		if silent {
			return
		}
		for _, p := range plants {
			p.process = startNode(h.t, h.bin, p.dir, p.args...)
		}
	}
	h.t.Error("the plants never fall silent")
}

// compareFigures asks plants and replicas over the API.
func (h *hubs) compareFigures(plants []*plantNode, morning time.Time) {
	h.t.Helper()
	compared := 0
	for _, p := range plants {
		for _, id := range []string{"oee", "availability", "quality-ratio", "produced", "coverage", "energy-kwh", "stops"} {
			q := url.Values{"scope": {p.name}, "window": {"hour"}, "by": {"equipment"}, "from": {morning.Format(time.RFC3339)}, "to": {morning.Add(7 * time.Hour).Format(time.RFC3339)}}
			at := "/api/v1/figures/" + id + "?" + q.Encode()
			var want []shownFigure
			for i, replica := range h.alive() {
				replica.await(fmt.Sprintf("%s of %s at replica %d as at the plant", id, p.name, i+1), func() bool {
					want = p.shown(at)
					return len(want) > 0 && reflect.DeepEqual(want, replica.shown(at))
				})
			}
			for _, f := range want {
				if f.Value != nil {
					compared++
				}
			}
		}
	}
	if compared < 100 {
		h.t.Errorf("%d figures with a value were compared; want at least 100", compared)
	}
	h.t.Logf("%d figures have the same values and terms at the plants and at every replica", compared)
}

// shownFigure is what must be the same wherever a figure is shown. Revisions are
// of each node: it depends on when facts came.
type shownFigure struct {
	Value    *float64
	Reason   string
	Terms    map[string]int64
	Coverage *float64
	Scope    struct{ Path string }
	Window   struct{ From time.Time }
}

func (p *process) shown(path string) []shownFigure {
	p.t.Helper()
	var list struct{ Items []shownFigure }
	if err := p.get(path, &list); err != nil {
		return nil
	}
	return list.Items
}

// compare stops everything and compares every fact.
func (h *hubs) compare(plants []*plantNode, morning time.Time) {
	h.t.Helper()
	for i := range h.replicas {
		h.kill(i)
	}
	for _, p := range plants {
		compareNodes(h.t, place{Data: p.dir}, h.at, morning)
		h.t.Logf("%s: %d counts that the robot was told are kept: lost %d", p.name, len(p.robot.acked), h.lost(p))
	}
}

// lost counts what a robot was told is kept and what is not at the hub.
func (h *hubs) lost(p *plantNode) int {
	h.t.Helper()
	hub, err := openStores(h.t.Context(), h.at)
	must(h.t, err)
	defer func() { must(h.t, hub.Close()) }()
	tags, err := hub.tags(h.t.Context(), []string{p.name + "/site/turning/line/robot/count.good"})
	must(h.t, err)
	there := map[plant.Micros]float64{}
	must(h.t, hub.history.Samples(h.t.Context(), demoTenant, tags[0].No, 0, plant.MicrosOf(time.Now().Add(time.Hour)), func(s plant.Sample) bool {
		there[s.Time] = s.Value
		return true
	}))
	lost := 0
	for count, at := range p.robot.acked {
		if got, ok := there[at]; !ok || got != count {
			lost++
			h.t.Errorf("%s: count %v of %s is %v at the hub, there: %v", p.name, count, at.Time(), got, ok)
		}
	}
	return lost
}
