package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"zhigai/fact"
	"zhigai/web"
)

// replica is what a process has that serves one hub together with others.
type replica struct {
	changed chan struct{} // the plant was edited by another one

	mu   sync.Mutex
	work []job // begun with the duty
}

// job is work that one replica does at a time.
type job struct {
	name string
	run  func(ctx context.Context) error
}

// lookAgain is how soon an edit of the plant is seen that no replica told of.
const lookAgain = time.Minute

// checkReplica says what a replica needs.
func (c runCmd) checkReplica() error {
	switch {
	case c.Cluster == "" && len(c.Replica) == 0:
		return nil
	case c.Cluster == "":
		return errors.New("--replica needs --cluster HOST:PORT, the address at which other replicas find this one")
	case c.Links == "":
		return errors.New("--cluster is of hubs: give the address for nodes below with --links HOST:PORT")
	case c.History == "":
		return errors.New("replicas of a hub share their stores: start each with the same --record postgres://… and --history clickhouse://…")
	case c.Demo:
		return errors.New("--demo runs machines, and replicas collect from none: let a node below run it")
	}
	return nil
}

// dutiful runs work in the one replica that has the duty; in a node alone, here.
// It is called before share.
func (n *node) dutiful(ctx context.Context, name string, run func(ctx context.Context) error) {
	if n.replica == nil {
		n.worker(ctx, name, func() error { return run(ctx) })
		return
	}
	n.replica.mu.Lock()
	defer n.replica.mu.Unlock()
	n.replica.work = append(n.replica.work, job{name, run})
}

// share lets a replica work with the others until ctx ends.
func (n *node) share(ctx context.Context) {
	if n.replica == nil {
		return
	}
	n.worker(ctx, "duty", func() error { return n.duty.Run(ctx, n.onDuty, n.dutyChanged) })
	n.worker(ctx, "plant of other replicas", func() error { return n.lookForEdits(ctx) })
	n.worker(ctx, "entries of other replicas", func() error { return n.followEntries(ctx) })
}

// onDuty does what only one replica does, until ctx ends.
func (n *node) onDuty(ctx context.Context) error {
	n.replica.mu.Lock()
	work := n.replica.work
	n.replica.mu.Unlock()
	var all sync.WaitGroup
	for _, one := range work {
		all.Go(func() { n.work(ctx, one.name, func() error { return one.run(ctx) }) })
	}
	all.Wait()
	return nil
}

func (n *node) dutyChanged(held bool) {
	if held {
		n.log.Info("replica: keeps figures, retention and settings from now on")
		return
	}
	n.log.Info("replica: another one keeps figures, retention and settings from now on")
}

// keepsFigures says whether this process keeps and closes figures.
func (n *node) keepsFigures() bool { return !n.readOnly && n.duty.Held() }

// told is called when another replica has edited the plant.
func (n *node) told() {
	if n.replica == nil {
		return
	}
	select {
	case n.replica.changed <- struct{}{}:
	default: // it will look anyway
	}
}

// lookForEdits follows the plant as other replicas change it.
func (n *node) lookForEdits(ctx context.Context) error {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.replica.changed:
		case <-ticker.C:
		}
		if err := n.refresh(ctx); err != nil && ctx.Err() == nil {
			n.log.Warn("replica: the plant as others see it", "err", err)
		}
	}
}

// followEntries shows on this replica's board what people enter at others.
func (n *node) followEntries(ctx context.Context) error {
	journal := n.record.Journal()
	at := journal.Head(homeTenant)
	for ctx.Err() == nil {
		err := journal.Follow(ctx, homeTenant, at, func(ctx context.Context, events []fact.Event) error {
			n.board.Touch(ctx, homeTenant, events)
			at = events[len(events)-1].Seq
			return nil
		})
		if ctx.Err() == nil {
			n.log.Warn("replica: entries of others are shown late", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
	return nil
}

// replicaChecks are what health says of the others.
func (n *node) replicaChecks(ctx context.Context) []web.Check {
	if n.replica == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c := web.Check{Name: "replicas"}
	switch h, err := n.duty.Holder(ctx); {
	case err != nil:
		c.Detail = "who keeps the figures is not known: the database cannot be reached"
	case h.Term == 0:
		c.Detail = "no replica keeps the figures now; one takes over within seconds"
	case h.Here:
		c.OK, c.Detail = true, "this one keeps the figures"
	default:
		c.OK, c.Detail = true, "another one keeps the figures"
	}
	return []web.Check{c}
}

// shareWork makes a node one of several on one database.
func (n *node) shareWork() {
	n.replica = &replica{changed: make(chan struct{}, 1)}
	n.duty = n.record.Duty("figures")
	n.figures = n.figures.Under(n.duty)
}
