package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"zhigai/access"
	"zhigai/bench"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/quality"
)

// qualityBench measures a control chart of years: how soon the node answers when
// somebody looks at all of it, at a part, and at its signals.
type qualityBench struct{}

const (
	// chartYears of a subgroup each minute are 2.6 million.
	chartYears      = 5
	quickSubgroups  = 130_000 // three months
	trialSubgroups  = 5000
	subgroupsInYear = 365 * 24 * 60
	subgroupOf      = 5
	// phaseOne is how many subgroups make the limits of the chart.
	phaseOne = 1000
	// chartLimit is within which a chart is answered.
	chartLimit = 150 * time.Millisecond
	// chartsAsked is how often each question is asked.
	chartsAsked = 200
	// storedAtOnce is how many subgroups are judged and stored together.
	storedAtOnce = 5000
	// saidEach is how often it is said how far filling came.
	saidEach = 100 * storedAtOnce
)

func (b qualityBench) part() bench.Part {
	return bench.Part{Name: "quality", Title: "Control charts of years", Run: b.run, Asked: true}
}

func (b qualityBench) run(ctx context.Context, e *bench.Env) (rows []bench.Row, err error) {
	n, often := chartYears*subgroupsInYear, chartsAsked
	switch e.Length {
	case bench.Quick:
		n, often = quickSubgroups, 50
	case bench.Trial:
		n, often = trialSubgroups, 3
	}
	node, err := openNode(ctx, place{Data: e.Dir}, "127.0.0.1:0", benchLog())
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		cancel()
		err = errors.Join(err, node.close())
	}()
	node.requests = 1 << 20 // one person asks as fast as the node answers
	m := plant.Model{Nodes: []plant.Node{{Path: "bench", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "厂"}}, {Path: "bench/site", Level: plant.LevelSite, Name: plant.Name{ZH: "场"}}}}
	if err := node.plants.Import(access.With(ctx, access.Node(homeTenant)), access.Scope{Tenant: homeTenant}, m, plant.MicrosOf(time.Now().AddDate(-chartYears-1, 0, 0))); err != nil {
		return nil, err
	}
	c := charted{node: node, log: e.Log, to: time.Now().Truncate(time.Minute)}
	began := time.Now()
	if err := c.fill(ctx, "bench/site", n); err != nil {
		return nil, err
	}
	rows = append(rows, seconds(fmt.Sprintf("%d subgroups of %d, judged by three rules and stored", n, subgroupOf), time.Since(began), 0))
	if c.base, c.token, err = node.servePages(running); err != nil {
		return nil, err
	}
	asked, err := c.ask(ctx, n, often)
	if err != nil {
		return nil, err
	}
	rows = append(rows, asked...)
	began = time.Now()
	again, err := recshop.NewQuality(node.record).Rebuild(ctx, homeTenant)
	if err == nil && again != int64(n) {
		err = fmt.Errorf("%d subgroups summed up again, %d were stored", again, n)
	}
	return append(rows, seconds("what charts of years are drawn from, deleted and made again", time.Since(began), 0)), err
}

// charted is a characteristic with a subgroup each minute.
type charted struct {
	node        *node
	log         io.Writer
	to          time.Time // of the last one
	id          string
	base, token string
}

// fill stores the subgroups as the node stores what machines measured.
func (c *charted) fill(ctx context.Context, path string, n int) error {
	who, desk := access.Node(homeTenant), c.node.newQuality()
	at, err := c.node.fleet.At(ctx, homeTenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	var where plant.NodeID
	for _, nd := range at.Model.Nodes {
		if nd.Path == path {
			where = nd.ID
		}
	}
	lsl, usl := 29.99, 30.01
	of, err := desk.SaveCharacteristic(ctx, who, quality.Characteristic{
		Code: "5Y", Name: plant.Name{ZH: "五年外径", EN: "five years"}, Place: where, Stage: quality.InProcess, Unit: "mm", Decimals: 4, LSL: &lsl, USL: &usl,
		Size: subgroupOf, Chart: "xbar-r", Rules: []string{"n1", "n2", "n3"},
	})
	if err != nil {
		return err
	}
	c.id = of.ID
	// Alarms are another room's: what is measured here is the chart.
	quiet := quality.NewDesk(quality.Options{Store: recshop.NewQuality(c.node.record), Places: nodesOf{placesOf{c.node.fleet}}, NewID: c.node.record.NewID, Now: time.Now})
	rng := rand.New(rand.NewPCG(5, 5))
	first := c.to.Add(-time.Duration(n) * time.Minute)
	batch := make([]quality.Subgroup, 0, storedAtOnce)
	for i := range n {
		s := quality.Subgroup{ID: fmt.Sprintf("%s.%d", of.ID, i), At: plant.InstantOf(first.Add(time.Duration(i+1) * time.Minute)), By: "bench", Values: make([]float64, subgroupOf)}
		for k := range s.Values {
			s.Values[k] = 30 + 0.002*rng.NormFloat64()
		}
		batch = append(batch, s)
		if (i+1)%storedAtOnce != 0 && i != n-1 && i != phaseOne-1 {
			continue
		}
		if err := quiet.Read(ctx, homeTenant, of, batch); err != nil {
			return err
		}
		batch = batch[:0]
		if i == phaseOne-1 {
			if _, err := desk.SetLimits(ctx, who, of.ID, quality.NewLimits{From: plant.InstantOf(first), To: s.At + 1, Reason: "first ones"}); err != nil {
				return err
			}
		}
		if (i+1)%saidEach == 0 {
			fmt.Fprintf(c.log, "  %d subgroups …\n", i+1)
		}
	}
	return nil
}

// ask asks as the page does: for all of the time, and for parts of it anywhere.
func (c *charted) ask(ctx context.Context, n, often int) (rows []bench.Row, err error) {
	rng := rand.New(rand.NewPCG(6, 6))
	whole := time.Duration(n) * time.Minute
	for _, q := range []struct {
		what, path string
		span       time.Duration
	}{
		{"chart of all of it", "chart", whole},
		{"chart of a month of it", "chart", 30 * 24 * time.Hour},
		{"chart of a week of it", "chart", 7 * 24 * time.Hour},
		{"chart of a day of it, each point", "chart", 24 * time.Hour},
		{"a page of its signals", "signals", whole},
	} {
		span := min(q.span, whole)
		var took bench.Latencies
		size := int64(0)
		for range often {
			from := c.to.Add(-whole + time.Minute)
			if span < whole {
				from = from.Add(time.Duration(rng.Int64N(int64(whole - span))))
			}
			ask := url.Values{"from": {from.UTC().Format(time.RFC3339Nano)}, "to": {from.Add(span).UTC().Format(time.RFC3339Nano)}}
			began := time.Now()
			got, err := c.get(ctx, "/characteristics/"+c.id+"/"+q.path+"?"+ask.Encode())
			if err != nil {
				return nil, fmt.Errorf("%s: %w", q.what, err)
			}
			took.Add(time.Since(began))
			size += got
		}
		rows = append(rows, took.Row(fmt.Sprintf("%s, %d KiB as asked over HTTP", q.what, size/int64(often)/1024), chartLimit))
	}
	return rows, nil
}

func (c *charted) get(ctx context.Context, path string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, res.Status)
	}
	return n, err
}

// chartedCmd fills the record of a stopped node with a chart of years, for what a
// browser makes of it (e2e/bench.mjs).
type chartedCmd struct {
	place     `embed:""`
	Path      string `required:"" help:"Node of the plant."`
	Subgroups int    `default:"2628000" help:"One a minute, the last one now."`
}

func (c chartedCmd) Run(ctx context.Context) (err error) {
	n, err := openNode(ctx, c.place, "127.0.0.1:0", benchLog())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	of := charted{node: n, log: io.Discard, to: time.Now().Truncate(time.Minute)}
	if err := of.fill(ctx, c.Path, c.Subgroups); err != nil {
		return err
	}
	fmt.Println(of.id)
	return nil
}
