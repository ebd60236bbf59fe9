package web

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Limits keep one asker from slowing the others down. Zero fields take the
// default; negative ones set no limit.
type Limits struct {
	PerUser    int           // requests a second of one user or token; bursts of four seconds pass
	PerAddress int           // requests a second from one address, where many users may be behind
	Heavy      int           // heavy questions answered at once
	Patience   time.Duration // how long a heavy question waits for its turn
}

func (l Limits) withDefaults() Limits {
	return Limits{
		// A page asks some twenty at once and a wall of kiosks some ten a second;
		// five hundred a second is a loop that somebody forgot.
		PerUser:    cmp.Or(l.PerUser, 500),
		PerAddress: cmp.Or(l.PerAddress, 2000),
		// Each folds and reads on one core for long; collecting needs some, too.
		Heavy: cmp.Or(l.Heavy, max(4, 2*runtime.GOMAXPROCS(0))),
		// A page that asks for twenty on a slow machine gets them in the order of
		// asking; to be sent away and come again would put the last behind others.
		Patience: cmp.Or(l.Patience, 15*time.Second),
	}
}

const (
	// burstSeconds of the rate may come at once.
	burstSeconds = 4
	// maxAskers bounds how many users and addresses are remembered.
	maxAskers = 10_000
	// maxWaiting bounds heavy questions in line; each holds a goroutine and its
	// request.
	maxWaiting = 256
	// When to come again: a rate is free again within a second; a line is not;
	// a store that takes nothing will not for some time.
	againRate, againHeavy, againStore = time.Second, 3 * time.Second, 10 * time.Second
)

// Busy counts requests that were put off since the start, and heavy questions
// now.
type Busy struct {
	User       int64 `json:"user" doc:"Put off because one user or token asked too often"`
	Address    int64 `json:"address" doc:"Put off because too many came from one address"`
	Heavy      int64 `json:"heavy" doc:"Heavy questions put off because too many were asked at once"`
	Unaccepted int64 `json:"unaccepted" doc:"Refused because a store does not accept now"`
	Running    int   `json:"running" doc:"Heavy questions being answered"`
	Waiting    int   `json:"waiting" doc:"Heavy questions waiting for their turn"`
}

// busy decides who has to come again later. Its methods may be called
// concurrently.
type busy struct {
	limits Limits
	now    func() time.Time

	mu        sync.Mutex
	users     map[string]*bucket
	addresses map[string]*bucket
	running   map[string]int // heavy questions by user
	waiting   []*turn
	total     int
	counts    Busy
}

// bucket fills by the rate and is emptied by requests.
type bucket struct {
	tokens float64
	at     time.Time
}

type turn struct {
	who   string
	ready chan struct{}
}

func newBusy(l Limits, now func() time.Time) *busy {
	return &busy{limits: l.withDefaults(), now: now, users: map[string]*bucket{}, addresses: map[string]*bucket{}, running: map[string]int{}}
}

// Busy counts what was put off, for the metrics.
func (a *API) Busy() Busy { return a.busy.count() }

func (b *busy) count() Busy {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.counts
	out.Running, out.Waiting = b.total, len(b.waiting)
	return out
}

// take lets a request of a key pass, or counts it as put off.
func (b *busy) take(buckets map[string]*bucket, key string, rate int, count *int64) bool {
	if rate < 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now, most := b.now(), float64(burstSeconds*rate)
	one := buckets[key]
	if one == nil {
		b.makeRoom(buckets, now)
		one = &bucket{tokens: most, at: now}
		buckets[key] = one
	}
	if passed := now.Sub(one.at).Seconds(); passed > 0 {
		one.tokens = min(most, one.tokens+passed*float64(rate))
	}
	one.at = now
	if one.tokens < 1 {
		*count++
		return false
	}
	one.tokens--
	return true
}

// makeRoom forgets who has not asked for so long that the bucket is full
// again; if nobody, then any: a flood of addresses must not grow memory.
func (b *busy) makeRoom(buckets map[string]*bucket, now time.Time) {
	if len(buckets) < maxAskers {
		return
	}
	for key, one := range buckets {
		if now.Sub(one.at) > burstSeconds*time.Second {
			delete(buckets, key)
		}
	}
	for key := range buckets {
		if len(buckets) < maxAskers {
			return
		}
		delete(buckets, key)
	}
}

// each is how many heavy questions of one user are answered at once: others
// get their turn beside somebody who asks for everything.
func (b *busy) each() int { return max(1, b.limits.Heavy*3/4) }

// enter waits for a heavy question's turn. done ends it.
func (b *busy) enter(ctx context.Context, who string) (done func(), ok bool) {
	if b.limits.Heavy < 0 {
		return func() {}, true
	}
	b.mu.Lock()
	if b.total < b.limits.Heavy && b.running[who] < b.each() {
		b.begin(who)
		b.mu.Unlock()
		return func() { b.leave(who) }, true
	}
	if len(b.waiting) >= maxWaiting {
		b.counts.Heavy++
		b.mu.Unlock()
		return nil, false
	}
	t := &turn{who: who, ready: make(chan struct{})}
	b.waiting = append(b.waiting, t)
	b.mu.Unlock()
	timer := time.NewTimer(b.limits.Patience)
	defer timer.Stop()
	select {
	case <-t.ready:
		return func() { b.leave(who) }, true
	case <-timer.C:
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.waiting, t); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
		b.counts.Heavy++
		return nil, false
	}
	return func() { b.leave(who) }, true // its turn came at the last moment
}

func (b *busy) begin(who string) {
	b.total++
	b.running[who]++
}

func (b *busy) leave(who string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total--
	if b.running[who]--; b.running[who] == 0 {
		delete(b.running, who)
	}
	for i, t := range b.waiting {
		if b.running[t.who] < b.each() {
			b.waiting = slices.Delete(b.waiting, i, i+1)
			b.begin(t.who)
			close(t.ready)
			return
		}
	}
}

// welcome is the first thing a request meets: its address.
func (a *API) welcome(ctx huma.Context, next func(huma.Context)) {
	if !a.busy.take(a.busy.addresses, addressOf(ctx.RemoteAddr()), a.busy.limits.PerAddress, &a.busy.counts.Address) {
		a.putOff(ctx, "too many requests come from your address", againRate)
		return
	}
	next(ctx)
}

// queue comes once it is known who asks.
func (a *API) queue(ctx huma.Context, next func(huma.Context)) {
	who := Who(ctx.Context()).User
	if who == "" { // an operation for everybody, who is known by address
		next(ctx)
		return
	}
	if !a.busy.take(a.busy.users, who, a.busy.limits.PerUser, &a.busy.counts.User) {
		a.putOff(ctx, "too many requests of one user or token", againRate)
		return
	}
	if heavy, _ := ctx.Operation().Metadata["heavy"].(bool); heavy {
		done, ok := a.busy.enter(ctx.Context(), who)
		if !ok {
			a.putOff(ctx, "too many long questions are asked at once", againHeavy)
			return
		}
		defer done()
	}
	next(ctx)
}

// putOff tells the asker when to come again.
func (a *API) putOff(ctx huma.Context, why string, again time.Duration) {
	ctx.SetHeader("Retry-After", seconds(again))
	a.writeProblem(ctx, newProblem(http.StatusTooManyRequests, fmt.Sprintf("%s; ask again in %s s", why, seconds(again))))
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// later is a problem with the time to come again, where that may help.
func (a *API) later(p huma.StatusError) error {
	if p.GetStatus() != http.StatusServiceUnavailable {
		return p
	}
	a.busy.mu.Lock()
	a.busy.counts.Unaccepted++
	a.busy.mu.Unlock()
	return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {seconds(againStore)}})
}

// addressOf is who is behind a remote address: an IPv6 subscriber has a /64.
func addressOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
