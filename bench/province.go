package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Province measures what an officer waits for: figures of a province whose
// machines have delivered a day each.
type Province struct {
	Open func(ctx context.Context, dir string, size ProvinceSize, log io.Writer) (*ProvinceNode, error)
}

// ProvinceSize says how many firms and machines there are; each firm has a plant.
type ProvinceSize struct{ Firms, Machines int }

// ProvinceNode is a node that has them, with its pages on a socket.
type ProvinceNode struct {
	Page  string // address of the API
	Token string
	Year  int
	Cities,
	Counties, Members []string // codes and ids to ask for
	// Days is how many machine days were stored, and how long that took.
	Days int
	Took time.Duration
	// Refold forgets all that is kept of the figures and folds the day again.
	Refold func(ctx context.Context) error
	// Late is a later revision of one machine's day; it says what is counted then.
	Late  func(ctx context.Context, n int) (networked int64, err error)
	Close func() error
}

const (
	refoldLimit = 5 * time.Second
	askLimit    = 150 * time.Millisecond
	lateLimit   = 5 * time.Second
)

// Parts are the measurements.
func (p Province) Parts() []Part {
	return []Part{{Name: "province", Title: "A province: figures of machine days", Run: p.run}}
}

func (p Province) run(ctx context.Context, e *Env) (rows []Row, err error) {
	dir := filepath.Join(e.Dir, "node")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	size := ProvinceSize{pick(e, 20_000, 4_000, 60), pick(e, 300_000, 40_000, 240)}
	fmt.Fprintf(e.Log, "  %d machines of %d firms deliver a day …\n", size.Machines, size.Firms)
	n, err := p.Open(ctx, dir, size, e.Log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	of := fmt.Sprintf("%d machines of %d firms", size.Machines, size.Firms)
	rows = append(rows, rate(of+": machine days taken in from nodes below, durable", float64(n.Days)/n.Took.Seconds(), "days/s", 0))
	var folds Latencies
	for range pick(e, 3, 3, 2) {
		begun := time.Now()
		if err := n.Refold(ctx); err != nil {
			return nil, err
		}
		folds.Add(time.Since(begun))
	}
	rows = append(rows, within("the same: the day folded again from its rows to all 29 indicators of every county, longest of "+fmt.Sprint(folds.Len()), folds.Quantile(1), refoldLimit))
	fmt.Fprintf(e.Log, "  asking …\n")
	asked, err := n.ask(ctx, pick(e, 2000, 600, 40))
	if err != nil {
		return nil, err
	}
	for _, what := range provinceQuestions {
		l := asked[what.name]
		r := within(what.name+", p99 of "+fmt.Sprint(l.Len()), l.Quantile(0.99), askLimit)
		r.Shown = fmt.Sprintf("p50 %.1f ms, p99 %.1f ms", float64(l.Quantile(0.5).Microseconds())/1e3, float64(l.Quantile(0.99).Microseconds())/1e3)
		rows = append(rows, r)
	}
	var late Latencies
	for i := range pick(e, 50, 20, 3) {
		took, err := n.late(ctx, i)
		if err != nil {
			return nil, err
		}
		late.Add(took)
	}
	return append(rows, within("a machine's day is corrected: until the province's figure shows it, longest of "+fmt.Sprint(late.Len()), late.Quantile(1), lateLimit)), nil
}

var provinceQuestions = []struct {
	name, path string
	of         func(n *ProvinceNode) []string
}{
	{"API: 28 targets of the province", "/targets?region=%s&year=%d", func(*ProvinceNode) []string { return []string{"33"} }},
	{"API: 28 targets of a county", "/targets?region=%s&year=%d", func(n *ProvinceNode) []string { return n.Counties }},
	{"API: an indicator by city", "/indicators/backbone-networking-rate/breakdown?region=%s&year=%d", func(*ProvinceNode) []string { return []string{"33"} }},
	{"API: an indicator by county of a city", "/indicators/backbone-networking-rate/breakdown?region=%s&year=%d", func(n *ProvinceNode) []string { return n.Cities }},
	{"API: an indicator by firm of a county", "/indicators/backbone-networking-rate/breakdown?region=%s&year=%d", func(n *ProvinceNode) []string { return n.Counties }},
	{"API: an indicator by county of the province", "/indicators/backbone-networking-rate/breakdown?counties=true&region=%s&year=%d", func(*ProvinceNode) []string { return []string{"33"} }},
	{"API: machines of a firm", "/machine-months?firm=%s&year=%d", func(n *ProvinceNode) []string { return n.Members }},
	{"API: indicators that a firm is counted in", "/firms/%s/indicators?year=%d", func(n *ProvinceNode) []string { return n.Members }},
}

// ask puts each question so often, about places by chance, one after the other.
func (n *ProvinceNode) ask(ctx context.Context, times int) (map[string]*Latencies, error) {
	rnd := rand.New(rand.NewPCG(1, 2))
	out := map[string]*Latencies{}
	for i := range times {
		q := provinceQuestions[i%len(provinceQuestions)]
		places := q.of(n)
		begun := time.Now()
		if _, err := n.get(ctx, fmt.Sprintf(q.path, places[rnd.IntN(len(places))], n.Year)); err != nil {
			return nil, err
		}
		if out[q.name] == nil {
			out[q.name] = &Latencies{}
		}
		out[q.name].Add(time.Since(begun))
	}
	return out, nil
}

func (n *ProvinceNode) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.Page+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+n.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", path, res.Status, raw)
	}
	return raw, err
}

// late corrects a machine's day and asks until the figure of the province is the
// one that follows from it.
func (n *ProvinceNode) late(ctx context.Context, i int) (time.Duration, error) {
	begun := time.Now()
	want, err := n.Late(ctx, i)
	if err != nil {
		return 0, err
	}
	for {
		raw, err := n.get(ctx, fmt.Sprintf("/indicators/backbone-networking-rate?region=33&year=%d", n.Year))
		if err != nil {
			return 0, err
		}
		var got struct{ Terms map[string]int64 }
		if err := json.Unmarshal(raw, &got); err != nil {
			return 0, err
		}
		if got.Terms["machines_networked"] == want {
			return time.Since(begun), nil
		}
		if time.Since(begun) > 10*lateLimit {
			return 0, fmt.Errorf("%d machines are networked; %d were to be", got.Terms["machines_networked"], want)
		}
	}
}
