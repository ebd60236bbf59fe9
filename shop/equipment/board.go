package equipment

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// Live is a machine now.
type Live struct {
	Node      plant.NodeID `json:"node"`
	Path      string       `json:"path"`
	Name      plant.Name   `json:"name"`
	State     State        `json:"state"`
	Source    Source       `json:"source"`
	Class     Class        `json:"class"`
	Plan      Plan         `json:"plan"`
	Shift     string       `json:"shift,omitempty"`
	Since     plant.Micros `json:"since"`
	SinceMore bool         `json:"since_more,omitempty"` // since longer than was looked back
	Reason    string       `json:"reason,omitempty"`
	SaidBy    string       `json:"said_by,omitempty"`
	Stop      plant.Micros `json:"stop,omitempty"` // when the standstill began
	Product   string       `json:"product,omitempty"`
	Order     string       `json:"order,omitempty"`
	Link      bool         `json:"link"` // contact now
	Excluded  bool         `json:"excluded,omitempty"`
	// Figures are the headlines of the running shift and day, by definition.
	Shifted map[string]Headline `json:"shift_figures,omitempty"`
	Daily   map[string]Headline `json:"day_figures,omitempty"`
	Alarms  []LiveAlarm         `json:"alarms,omitempty"` // standing, most urgent first
	Values  []LiveValue         `json:"values"`
	Seq     uint64              `json:"seq"` // of the board when this last changed
}

// Headline is a figure without its inputs.
type Headline struct {
	Value  *float64 `json:"value"`
	Reason string   `json:"reason,omitempty"`
	Unit   string   `json:"unit"`
}

// LiveValue is the last value of one tag.
type LiveValue struct {
	Tag     plant.TagNo  `json:"tag"`
	Name    string       `json:"name"`
	Title   plant.Name   `json:"title"`
	Unit    string       `json:"unit,omitempty"`
	Time    plant.Micros `json:"time"`
	Quality string       `json:"quality"`
	Number  *float64     `json:"number,omitempty"`
	Text    *string      `json:"text,omitempty"`
}

// LiveAlarm is an alarm that stands.
type LiveAlarm struct {
	ID       string       `json:"id"`
	Text     plant.Name   `json:"text"`
	Priority int          `json:"priority"`
	Since    plant.Micros `json:"since"`
	Earlier  bool         `json:"earlier,omitempty"` // it stood already where the board looks back to
}

// Headlines answers for figures; *figure.Engine does.
type Headlines interface {
	QueryMany(ctx context.Context, scope access.Scope, ids []string, kind figure.Kind, from, to plant.Micros, by figure.By) (map[string][]figure.Figure, error)
}

// HeadlineFigures are those the board shows.
var HeadlineFigures = []string{"oee", "availability", "effectiveness", "quality-ratio", "good", "produced", "scrap", "energy-kwh", "coverage"}

// Pace of the board.
const (
	boardPace     = 250 * time.Millisecond // shorter changes are not seen by eyes
	boardTick     = time.Second            // contact runs out, plans change
	headlineEvery = 15 * time.Second
	refreshEvery  = time.Minute // plant edits that nobody announced
	// boardBack is how far back a state's beginning is looked for.
	boardBack    = 24 * time.Hour
	boardBatches = 512
	// boardAgain bounds how often late values make a machine's day be read
	// again.
	boardAgain = 5 * time.Second
	// boardBehind is how long batches are kept for a board that does not come
	// along; then it reads facts again.
	boardBehind = time.Minute
	boardSave   = 2 * time.Second
)

// BoardCursor is the board's name at the feed: what it has not seen is kept.
const BoardCursor = "board"

// Board follows history and keeps what every machine does now. It is a view:
// at start it reads the facts of the last day, and a late fact makes it read
// them again.
type Board struct {
	fleet     *Fleet
	reader    Reader
	headlines Headlines
	tenants   func(context.Context) ([]plant.TenantNo, error)
	now       func() time.Time
	log       *slog.Logger
	touched   chan struct{} // wakes the loop
	edited    atomic.Bool   // the plant changed: look at its machines again

	mu      sync.Mutex
	seq     uint64
	changed chan struct{} // closed and replaced at every change
	cells   map[boardKey]*cell
	byTag   map[seenKey]*follow
}

type boardKey struct {
	tenant plant.TenantNo
	node   plant.NodeID
}

// BoardOptions are what a Board needs; Headlines may be nil.
type BoardOptions struct {
	Fleet     *Fleet
	Reader    Reader
	Headlines Headlines
	Tenants   func(context.Context) ([]plant.TenantNo, error)
	Now       func() time.Time
	Log       *slog.Logger
}

// NewBoard makes a board that is empty until Run.
func NewBoard(o BoardOptions) *Board {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tenants == nil {
		o.Tenants = func(context.Context) ([]plant.TenantNo, error) { return []plant.TenantNo{1}, nil }
	}
	return &Board{
		fleet: o.Fleet, reader: o.Reader, headlines: o.Headlines, tenants: o.Tenants, now: o.Now, log: o.Log,
		touched: make(chan struct{}, 1), changed: make(chan struct{}), cells: map[boardKey]*cell{},
	}
}

// Run follows the feed until ctx ends.
func (b *Board) Run(ctx context.Context, feed figure.Feed) error {
	for ctx.Err() == nil {
		if err := b.follow(ctx, feed); err != nil && ctx.Err() == nil {
			b.log.Error("board: will start again", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(boardTick):
		}
	}
	return ctx.Err()
}

func (b *Board) follow(ctx context.Context, feed figure.Feed) error {
	at := feed.LastSeq()
	_ = feed.SaveCursor(BoardCursor, at) // without it batches may be gone before they are read: then it starts again
	b.forget()
	if err := b.load(ctx); err != nil {
		return err
	}
	along, saved := b.now(), b.now()
	wake := make(chan struct{}, 1)
	waits, stop := context.WithCancel(ctx)
	defer stop()
	waiting := false
	tick, refresh := b.now(), b.now()
	var lines time.Time
	for {
		before := at
		var behind bool
		var err error
		if at, behind, err = b.catchUp(ctx, feed, at); err != nil {
			return err
		}
		now := b.now()
		if now.Sub(saved) >= boardSave {
			_ = feed.SaveCursor(BoardCursor, at)
			saved = now
		}
		switch {
		case !behind:
			along = now
		case now.Sub(along) >= boardBehind:
			return fmt.Errorf("%d batches behind for %s", feed.LastSeq()-at, boardBehind)
		}
		all := now.Sub(tick) >= boardTick
		if all {
			tick = now
		}
		if err := b.publish(ctx, all); err != nil {
			return err
		}
		if now.Sub(lines) >= headlineEvery {
			lines = now
			b.headline(ctx)
		}
		if b.edited.Swap(false) || now.Sub(refresh) >= refreshEvery {
			refresh = now
			if err := b.load(ctx); err != nil {
				return err
			}
		}
		if behind && ctx.Err() == nil {
			continue // what is not read soon is no longer kept
		}
		if at == before && !waiting {
			waiting = true
			go func(after uint64) {
				if feed.Wait(waits, after) == nil {
					wake <- struct{}{}
				}
			}(at)
		}
		if waiting = b.rest(ctx, wake, waiting); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// catchUp takes what came after a position, for as long as a pace at most; then
// it is still behind.
func (b *Board) catchUp(ctx context.Context, feed figure.Feed, at uint64) (_ uint64, behind bool, err error) {
	for end := b.now().Add(boardPace); ; {
		batches, err := feed.Read(ctx, at, boardBatches)
		if err != nil {
			return at, false, fmt.Errorf("feed after %d: %w", at, err)
		}
		for _, x := range batches {
			b.take(x.Tenant, x.Batch)
			at = x.Seq
		}
		if len(batches) == 0 || at >= feed.LastSeq() {
			return at, false, nil
		}
		if b.now().After(end) {
			return at, true, nil
		}
	}
}

// forget makes every machine be read from facts: batches may have been missed.
func (b *Board) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.cells {
		c.stale, c.missed, c.reread = true, true, time.Time{}
	}
}

// rest waits for the pace to pass and then for news or the next tick; it
// returns whether the feed is still being waited for.
func (b *Board) rest(ctx context.Context, wake <-chan struct{}, waiting bool) bool {
	select {
	case <-ctx.Done():
		return waiting
	case <-time.After(boardPace):
	}
	if !waiting {
		return false
	}
	select {
	case <-ctx.Done():
	case <-wake:
		return false
	case <-b.touched:
	case <-time.After(boardTick - boardPace):
	}
	return waiting
}

// Changed tells the board that the plant, its tags or profiles were edited.
func (b *Board) Changed() {
	b.edited.Store(true)
	select {
	case b.touched <- struct{}{}:
	default: // it is awake already
	}
}

// Touch tells the board that people said something about machines.
func (b *Board) Touch(_ context.Context, tenant plant.TenantNo, events []fact.Event) {
	b.mu.Lock()
	for _, e := range events {
		if c := b.cells[boardKey{tenant, e.Subject}]; c != nil && slices.Contains(factKinds, e.Kind) {
			c.stale, c.reread = true, time.Time{}
		}
	}
	b.mu.Unlock()
	select {
	case b.touched <- struct{}{}:
	default: // it is awake
	}
}

// Snapshot is every machine in the scope now, in order of path, and the
// board's sequence at that moment.
func (b *Board) Snapshot(scope access.Scope) ([]Live, uint64) { return b.Since(scope, 0) }

// Since is the machines in the scope that changed after seq.
func (b *Board) Since(scope access.Scope, seq uint64) ([]Live, uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Live
	for k, c := range b.cells {
		if k.tenant == scope.Tenant && scope.Allows(c.m.Path) && c.live.Seq > seq {
			out = append(out, c.live)
		}
	}
	slices.SortFunc(out, func(a, b Live) int { return strings.Compare(a.Path, b.Path) })
	return out, b.seq
}

// Alarms lists what stands in the scope now.
func (b *Board) Alarms(scope access.Scope) []Alarm {
	now := floorMs(plant.MicrosOf(b.now()))
	var out []Alarm
	machines, _ := b.Snapshot(scope)
	for _, l := range machines {
		for _, a := range l.Alarms {
			out = append(out, Alarm{Node: l.Node, Path: l.Path, Name: l.Name, ID: a.ID, Text: a.Text, Priority: a.Priority, From: a.Since, To: now, Open: true, Earlier: a.Earlier})
		}
	}
	return out
}

// Wait returns the board's sequence as soon as it is beyond seq.
func (b *Board) Wait(ctx context.Context, seq uint64) (uint64, error) {
	for {
		b.mu.Lock()
		now, changed := b.seq, b.changed
		b.mu.Unlock()
		if now > seq {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}
