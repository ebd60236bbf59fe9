package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"zhigai/connect"
	"zhigai/connect/mqtt"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/space"
	"zhigai/web"
)

// diskMarks are where the node warns, gives up what matters least, and stops.
type diskMarks struct {
	DiskWarn space.Mark `help:"Free room below which the node warns: a share of the disk, an amount, or both (the larger counts)." default:"15%,2GiB"`
	DiskLow  space.Mark `help:"Free room below which tags with short retention are not kept; half way to --disk-stop those with standard retention, too." default:"3%,768MiB"`
	DiskStop space.Mark `help:"Free room below which no samples are accepted; reading goes on." default:"256MiB"`
}

func (d diskMarks) marks() space.Marks {
	if d == (diskMarks{}) { // not from the command line
		return space.Defaults()
	}
	return space.Marks{Warn: d.DiskWarn, Low: d.DiskLow, Stop: d.DiskStop}
}

// givesUp is what is not kept at a level, for events and pages.
var givesUp = map[space.Level]string{
	space.Low: "tags with short retention", space.Scarce: "tags with short and standard retention", space.Stop: "all samples",
}

// keeps reports whether readings of a class are kept at a level. What is meant
// to be kept longest gives way last: states, counts and energy are long.
func keeps(level space.Level, class plant.Retention) bool {
	switch {
	case level < space.Low:
		return true
	case level == space.Low:
		return class != plant.RetainShort
	}
	return class != plant.RetainShort && class != plant.RetainStandard
}

// keepsUnsent reports whether what foreign targets have not taken yet is kept at
// a level. A warning is for people: nothing is given up for it.
func keepsUnsent(level space.Level) bool { return level < space.Low }

// watchDisk looks at the disk of the node's folder before anything writes.
func (n *node) watchDisk(at *place) (err error) {
	if err := checkFolder(at.Data); err != nil {
		return err
	}
	n.disk, err = space.New(space.Options{Dir: at.Data, Marks: at.disk.marks(), Now: time.Now, Changed: n.diskChanged})
	if err != nil { // such a disk is written to until it refuses
		n.log.Warn("disk is not watched", "err", err)
	}
	at.free = n.disk.Status().Accepts
	return nil
}

// followDisk looks at the disk until ctx ends.
func (n *node) followDisk(ctx context.Context) error {
	if s := n.disk.Status(); s.Level != space.OK { // it was so before there was a journal
		n.diskEvent(s)
	}
	n.disk.Run(ctx)
	return nil
}

func (n *node) keeps(class plant.Retention) bool { return keeps(n.disk.Level(), class) }

// diskChanged says in the log and in the journal that a mark was passed.
func (n *node) diskChanged(before space.Level, s space.Status) {
	level := slog.LevelWarn
	if s.Level < before {
		level = slog.LevelInfo
	}
	n.log.Log(context.Background(), level, "disk", "level", s.Level.String(), "was", before.String(), "free_mb", s.Free>>20, "gives_up", givesUp[s.Level])
	if n.stores != nil {
		n.dropLogsFor(s)
		n.diskEvent(s)
	}
}

// diskEvent is not waited for: the record may be what the disk has no room for.
func (n *node) diskEvent(s space.Status) {
	n.workers.Go(func() {
		n.event(fact.KindDisk, s.At, fact.Disk{Level: s.Level.String(), Free: s.Free, Total: s.Total, Gives: givesUp[s.Level]})
	})
}

// intake is history as sources see it: what it refuses for now is told apart
// from what is wrong with a batch.
type intake struct {
	history samples
	disk    *space.Watch
	traces  *traces
	stored  func(plant.Batch) // told of what is durable; nil: nobody asks
	meter   *meter            // what each tenant may store
}

func (i intake) Append(ctx context.Context, tenant plant.TenantNo, b plant.Batch) (uint64, error) {
	if i.disk.Level() == space.Stop {
		s := i.disk.Status()
		return 0, fmt.Errorf("%w: the disk is full: %d MB free, %d MB are kept free; delete files or give the disk more room",
			connect.ErrNotAccepted, s.Free>>20, s.Accepts>>20)
	}
	if err := i.meter.take(ctx, tenant, b); err != nil {
		return 0, err
	}
	ctx, end := i.traces.span(ctx, "history.append", attribute.Int("samples", b.Len()))
	seq, err := i.history.Append(ctx, tenant, b)
	end(err)
	switch {
	case errors.Is(err, history.ErrNoSpace):
		i.disk.Check() // it knows at once, and not at its next look
		return 0, fmt.Errorf("%w: %w", connect.ErrNotAccepted, err)
	case errors.Is(err, history.ErrFailed), errors.Is(err, history.ErrUnavailable):
		return 0, fmt.Errorf("%w: %w", connect.ErrNotAccepted, err)
	}
	if err == nil && i.stored != nil {
		i.stored(b)
	}
	return seq, err
}

// diskCheck is how the disk fares, for the health page. It names no folder:
// who is not signed in may read it.
func (n *node) diskCheck() web.Check {
	s := n.disk.Status()
	if s.Err != nil {
		return web.Check{Name: "disk", Detail: "the file system does not tell how much room is left"}
	}
	c := web.Check{Name: "disk", OK: s.Level == space.OK, Detail: fmt.Sprintf("%s: %d MB of %d MB free", s.Level, s.Free>>20, s.Total>>20)}
	if what := givesUp[s.Level]; what != "" {
		c.Detail += "; not kept: " + what
	}
	return c
}

// diskState is the disk for the banner of every page.
func (n *node) diskState() *web.Disk {
	s := n.disk.Status()
	if s.Total == 0 {
		return nil
	}
	d := &web.Disk{Level: s.Level.String(), Free: s.Free, Total: s.Total, GrowthPerDay: int64(s.Growth)}
	if s.Left > 0 {
		days := s.Left.Hours() / 24
		d.DaysLeft = &days
	}
	return d
}

// pressure is how overload is answered to the sources, for the health page and
// the metrics.
func (n *node) pressure() web.Pressure {
	c, m := n.collector.Pressure(), n.broker.Pressure()
	return web.Pressure{
		Stretched: c.Stretched, Stretches: c.Stretches, Refusing: c.Refusing, Refused: c.Refused, NotKept: c.NotKept,
		Pending: m.Pending, Held: m.Held, Withheld: m.Withheld, Dropped: m.Dropped, Flooding: m.Flooding,
	}
}

// flooded writes down that messages of a client were dropped.
func (n *node) flooded(f mqtt.Flood) {
	said := fact.Overload{Client: f.Client, What: fact.OverloadDropped, Reason: "messages without acknowledgement came faster than they were stored", From: plant.MicrosOf(f.From), Dropped: f.Dropped}
	at := f.From
	if !f.To.IsZero() {
		at, said.To = f.To, plant.MicrosOf(f.To)
	}
	n.event(fact.KindOverload, at, said)
}

func (n *node) event(kind fact.Kind, at time.Time, payload any) {
	if n.readOnly {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), eventWithin)
	defer cancel()
	if _, err := n.record.Journal().Append(ctx, homeTenant, fact.New(kind, "", at, "node", payload)); err != nil {
		n.log.Error("event not kept", "kind", kind, "err", err)
	}
}

// eventWithin bounds how long an event waits for the record, and with it how
// long one holds the end of the node up.
const eventWithin = 3 * time.Second
