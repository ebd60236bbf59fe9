package mqtt

import (
	"log/slog"
	"time"

	"zhigai/plant"
)

const (
	// quietFor ends a flood.
	quietFor = 10 * time.Second
	// maxFloods is how many floods wait to be told: two for some hundred clients.
	maxFloods = 256
)

// Flood is a time in which messages of a client were dropped: QoS 0 promises
// nothing, but who looks must see it. To is zero when it begins.
type Flood struct {
	Client, User, Remote string
	Tenant               plant.TenantNo
	From, To             time.Time
	Dropped              int64
}

// drop counts and, when it begins, tells.
func (in *inbox) drop(n int64) {
	p := in.post
	p.counts.Dropped += n
	in.dropped = p.b.now()
	if in.flood != nil {
		in.flood.Dropped += n
		return
	}
	in.flood = &Flood{Client: in.cl.ID, User: in.who.user, Remote: in.who.remote, Tenant: in.who.rights.Tenant, From: in.dropped, Dropped: n}
	p.counts.Flooding++
	p.tell(*in.flood)
	time.AfterFunc(p.b.quiet, in.calm)
}

// calm ends a flood when nothing was dropped for some time.
func (in *inbox) calm() {
	p := in.post
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.b.now(); now.Sub(in.dropped) < p.b.quiet && p.b.ctx.Err() == nil {
		time.AfterFunc(p.b.quiet, in.calm)
		return
	}
	in.flood.To = in.dropped
	p.counts.Flooding--
	p.tell(*in.flood)
	in.flood = nil
}

// tell must not hold the lock up: what nobody takes in time stands in the log.
func (p *post) tell(f Flood) {
	p.b.log.Warn("mqtt messages dropped", slog.String("client", f.Client), slog.String("remote", f.Remote),
		slog.Int64("dropped", f.Dropped), slog.Bool("ended", !f.To.IsZero()))
	if p.b.flooded == nil {
		return
	}
	select {
	case p.floods <- f:
	default:
		p.b.log.Error("mqtt flood not told", slog.String("client", f.Client))
	}
}

// tellAll tells of floods until the broker ends.
func (p *post) tellAll() {
	for {
		select {
		case f := <-p.floods:
			p.b.flooded(f)
		case <-p.b.ctx.Done():
			return
		}
	}
}
