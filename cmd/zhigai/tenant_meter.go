package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

const (
	// rateOver is over how long a rate of samples is taken: a gateway that was away
	// for a moment sends at once what it kept.
	rateOver = 10 * time.Second
	// holdFor is how long sources of a tenant beyond its rate are held up before
	// they are refused: a poll takes no longer.
	holdFor = 5 * time.Second
	// saveUsage is how often what was counted is kept; a crash loses as much.
	saveUsage = time.Minute
	// sampleSize is what a sample counts in bytes as it comes: tag, time, value and
	// quality.
	sampleSize = 21
)

// meter counts what each tenant stores and asks, and holds it to its limits. The
// node's own tenant has none.
type meter struct {
	now    func() time.Time
	limits func(ctx context.Context, no plant.TenantNo) (tenant.Limits, bool)
	bytes  func(no plant.TenantNo) (uint64, error)
	save   func(ctx context.Context, no plant.TenantNo, u tenant.Usage) error
	failed func(err error)

	mu   sync.Mutex
	each map[plant.TenantNo]*gauged
}

// gauged is what is known of one tenant.
type gauged struct {
	tenant.Usage         // not saved yet
	left         float64 // samples that may come at once; below 0 what is owed
	at           time.Time
	full         string // why nothing more is stored
}

func (m *meter) of(no plant.TenantNo) *gauged {
	g := m.each[no]
	if g == nil {
		g = &gauged{}
		m.each[no] = g
	}
	return g
}

// request counts one to the API.
func (m *meter) request(no plant.TenantNo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(no).Requests++
}

// take lets a batch pass, after a while when samples come faster than they may.
// Its error says why not. A nil meter lets everything pass.
func (m *meter) take(ctx context.Context, no plant.TenantNo, b plant.Batch) error {
	if m == nil {
		return nil
	}
	bytes := int64(len(b.Samples)) * sampleSize
	for _, t := range b.Texts {
		bytes += sampleSize + int64(len(t.Value))
	}
	if no == homeTenant {
		m.mu.Lock()
		defer m.mu.Unlock()
		g := m.of(no)
		g.Samples, g.Bytes = g.Samples+int64(b.Len()), g.Bytes+bytes
		return nil
	}
	limits, ok := m.limits(ctx, no)
	wait, why := time.Duration(0), ""
	if !ok {
		why = "the firm is not served by this node any more"
	} else {
		wait, why = m.claim(no, b.Len(), limits)
	}
	if why == "" && wait > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.of(no)
	if why != "" {
		g.Refused += int64(b.Len())
		return fmt.Errorf("%w: %s", connect.ErrNotAccepted, why)
	}
	g.Samples, g.Bytes = g.Samples+int64(b.Len()), g.Bytes+bytes
	return nil
}

// claim takes n samples from what may come and tells for how long they wait.
func (m *meter) claim(no plant.TenantNo, n int, l tenant.Limits) (wait time.Duration, why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, now := m.of(no), m.now()
	if g.full != "" {
		return 0, g.full
	}
	if l.Samples == 0 {
		return 0, "the firm may store no samples on this node; ask the operator"
	}
	rate := float64(l.Samples)
	if g.at.IsZero() {
		g.left, g.at = rate*rateOver.Seconds(), now
	}
	g.left = min(g.left+rate*max(0, now.Sub(g.at).Seconds()), rate*rateOver.Seconds())
	g.at = now
	if g.left < 0 {
		if wait = time.Duration(-g.left / rate * float64(time.Second)); wait > holdFor {
			return 0, fmt.Sprintf("the firm stores more than the %d samples a second it may; read less often or ask the operator for more", l.Samples)
		}
	}
	g.left -= float64(n)
	return wait, ""
}

// run keeps what was counted and looks at what is stored, until ctx ends.
func (m *meter) run(ctx context.Context) error {
	ticker := time.NewTicker(saveUsage)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
			defer cancel()
			m.flush(last)
			return nil
		case <-ticker.C:
			m.look(ctx)
			m.flush(ctx)
		}
	}
}

// look finds tenants that store as much as they may.
func (m *meter) look(ctx context.Context) {
	m.mu.Lock()
	var all []plant.TenantNo
	for no := range m.each {
		if no != homeTenant {
			all = append(all, no)
		}
	}
	m.mu.Unlock()
	for _, no := range all {
		l, ok := m.limits(ctx, no)
		if !ok {
			continue
		}
		bytes, err := m.bytes(no)
		if err != nil {
			m.failed(err)
			continue
		}
		full := ""
		if bytes >= uint64(l.Bytes) {
			full = fmt.Sprintf("the samples of the firm take %d MB, as much as they may on this node; keep them for less long or ask the operator for more", bytes>>20)
		}
		m.mu.Lock()
		m.of(no).full = full
		m.mu.Unlock()
	}
}

// flush keeps what was counted; what cannot be kept is counted on.
func (m *meter) flush(ctx context.Context) {
	m.mu.Lock()
	counted := map[plant.TenantNo]tenant.Usage{}
	for no, g := range m.each {
		if g.Usage != (tenant.Usage{}) {
			counted[no], g.Usage = g.Usage, tenant.Usage{}
		}
	}
	m.mu.Unlock()
	for no, u := range counted {
		if err := m.save(ctx, no, u); err != nil {
			m.failed(err)
			m.mu.Lock()
			g := m.of(no)
			g.Samples, g.Bytes, g.Requests, g.Refused = g.Samples+u.Samples, g.Bytes+u.Bytes, g.Requests+u.Requests, g.Refused+u.Refused
			m.mu.Unlock()
		}
	}
}

// forget drops what was counted of a tenant that is gone.
func (m *meter) forget(no plant.TenantNo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.each, no)
}
