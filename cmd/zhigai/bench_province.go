package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/bench"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/programme/machine"
	"zhigai/programme/target"
	"zhigai/record/programme"
)

// openBenchProvince makes a node with the firms of a province, each with a plant
// whose machines have delivered one day.
func openBenchProvince(ctx context.Context, dir string, size bench.ProvinceSize, log io.Writer) (_ *bench.ProvinceNode, err error) {
	n, err := openNode(ctx, place{Data: dir}, "127.0.0.1:0", benchLog())
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	closeAll := func() error { cancel(); return n.close() }
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	n.requests = 1 << 20 // one person asks as fast as the node answers
	p := &benchProvince{n: n, date: time.Date(time.Now().Year(), 1, 15, 0, 0, 0, 0, time.UTC), rnd: rand.New(rand.NewPCG(6, 6))}
	out := &bench.ProvinceNode{Year: p.date.Year(), Days: size.Machines, Refold: p.refold, Late: p.late, Close: closeAll}
	if err := p.enter(ctx, size.Firms); err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "  %d firms entered\n", size.Firms)
	begun := time.Now()
	if err := p.deliver(ctx, size.Machines); err != nil {
		return nil, err
	}
	out.Took = time.Since(begun)
	if err := p.join(ctx); err != nil {
		return nil, err
	}
	for _, f := range p.firms {
		if !slices.Contains(out.Counties, f.Region) {
			out.Counties = append(out.Counties, f.Region)
		}
		if city := f.Region[:4]; !slices.Contains(out.Cities, city) {
			out.Cities = append(out.Cities, city)
		}
		out.Members = append(out.Members, f.ID)
	}
	if out.Page, out.Token, err = n.servePages(running); err != nil {
		return nil, err
	}
	return out, nil
}

// servePages answers on a socket of this machine until ctx ends.
func (n *node) servePages(ctx context.Context) (api, token string, err error) {
	if err := n.start(ctx); err != nil {
		return "", "", err
	}
	handler, err := n.handler(nil, false)
	if err != nil {
		return "", "", err
	}
	l, err := listen("127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	n.worker(ctx, "pages", func() error { return serve(ctx, l, handler, nil, nil) })
	if _, token, err = n.access.CreateToken(ctx, access.Node(homeTenant), access.NewToken{Name: "bench", Role: access.RoleAdmin}); err != nil {
		return "", "", err
	}
	return "http://" + l.Addr().String() + "/api/v1", token, nil
}

// benchProvince fills a node and changes what is in it.
type benchProvince struct {
	n         *node
	rnd       *rand.Rand
	date      time.Time
	firms     []enterprise.Firm
	days      []machine.Day // one a machine
	networked int64
}

const benchFirmsAtOnce = 5000

// enter gives the registry its firms: all are backbone firms of one industry, in
// every county.
func (p *benchProvince) enter(ctx context.Context, firms int) error {
	store := programme.NewFirms(p.n.record, p.n.codes)
	var counties []string
	for _, r := range p.n.codes.Regions.All("33", p.date) {
		if r.Level == plant.County {
			counties = append(counties, r.Code)
		}
	}
	var edits []enterprise.Edit
	for i := range firms {
		code, err := plant.MakeCreditCode("91", "330624", fmt.Sprintf("BNC%06d", i))
		if err != nil {
			return err
		}
		sales, staff := p.rnd.Int64N(500_000_000_00), p.rnd.Int64N(1500)
		f := enterprise.Firm{
			Code: plant.CreditCode(code), Name: fmt.Sprintf("第%d轴承有限公司", i), Region: counties[p.rnd.IntN(len(counties))], Industry: "C3451", AboveScale: true,
			Backbone: &enterprise.Mark{From: "2018-01-01"}, Systems: []enterprise.System{{Kind: "mes", Since: "2019-01-01"}}, Cloud: "2020-01-01",
			Years: []enterprise.Year{{Year: p.date.Year(), Sales: &sales, Staff: &staff}}, Since: plant.MicrosOf(p.date.AddDate(-3, 0, 0)),
		}
		edits = append(edits, enterprise.Edit{Firm: f})
	}
	for part := range slices.Chunk(edits, benchFirmsAtOnce) {
		saved, err := store.Save(ctx, homeTenant, "import", part, &enterprise.Imported{File: "bench"})
		if err != nil {
			return err
		}
		p.firms = append(p.firms, saved...)
	}
	return nil
}

// deliver stores a day of every machine, plant by plant as nodes deliver them.
func (p *benchProvince) deliver(ctx context.Context, machines int) error {
	for i := range machines {
		owner := i * len(p.firms) / machines
		p.days = append(p.days, machine.Day{
			Owner: plant.NodeID(fmt.Sprintf("plant-%05d", owner)), OwnerName: plant.Name{ZH: p.firms[owner].Name}, Machine: plant.NodeID(fmt.Sprintf("machine-%06d", i)), Name: plant.Name{ZH: fmt.Sprintf("%d号车床", i)},
			Path: fmt.Sprintf("plant-%05d/site/area/line/machine-%d", owner, i), Date: p.date.Format(time.DateOnly), NC: i%3 > 0, PlannedMs: 57_600_000, KnownMs: 57_600_000 * int64(i%10) / 9,
			Revision: 1, AsOf: plant.MicrosOf(p.date.AddDate(0, 0, 1)), Digest: strings.Repeat("0", 64), Fold: dayFold,
		})
	}
	for part := range slices.Chunk(p.days, 1000) {
		if _, err := p.n.machines.SaveDays(ctx, homeTenant, part); err != nil {
			return err
		}
	}
	return nil
}

// join says whose each plant is.
func (p *benchProvince) join(ctx context.Context) error {
	for i, f := range p.firms {
		if _, err := p.n.machines.SaveLink(ctx, homeTenant, machine.Link{Owner: plant.NodeID(fmt.Sprintf("plant-%05d", i)), Firm: f.ID}); err != nil {
			return err
		}
	}
	return nil
}

// refold forgets what is kept and folds every county again.
func (p *benchProvince) refold(ctx context.Context) error {
	kept := p.n.targets.Kept
	if err := kept.Forget(ctx, homeTenant); err != nil {
		return err
	}
	results, err := kept.Fold(ctx, homeTenant, p.n.targetBook.Indicators(), target.Question{Region: "33", Year: p.date.Year(), Areas: []access.Area{{}}}, target.Lists{})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(results, func(r target.Result) bool { return r.Definition.ID == "backbone-networking-rate" })
	var want int64
	for _, d := range p.days {
		if p.n.networked.Counts(d.PlannedMs, d.KnownMs) {
			want++
		}
	}
	if r := results[at]; r.Terms["machines"] != int64(len(p.days)) || r.Terms["machines_networked"] != want {
		return fmt.Errorf("folded %v; want %d networked of %d machines", r.Terms, want, len(p.days))
	}
	p.networked = want
	return nil
}

// late corrects one machine's day so that it counts, or no longer.
func (p *benchProvince) late(ctx context.Context, i int) (int64, error) {
	d := &p.days[(i*7919)%len(p.days)]
	d.Revision++
	if p.n.networked.Counts(d.PlannedMs, d.KnownMs) {
		d.KnownMs, p.networked = 0, p.networked-1
	} else {
		d.KnownMs, p.networked = d.PlannedMs, p.networked+1
	}
	_, err := p.n.machines.SaveDays(ctx, homeTenant, []machine.Day{*d})
	return p.networked, err
}
