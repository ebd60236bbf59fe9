package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zhigai/link"
	"zhigai/plant"
)

// Store keeps versions at the hub.
type Store interface {
	// AddSettings gives v the node's next number, makes older queued versions
	// superseded and stores it, in one step. link.ErrRefused says that an older
	// version is applied and not confirmed yet.
	AddSettings(ctx context.Context, v Version) (Version, error)
	// Settings lists a node's versions, newest first.
	Settings(ctx context.Context, node link.NodeID, limit int) ([]Version, error)
	// OpenSettings lists the newest version of each node whose end is open.
	OpenSettings(ctx context.Context) ([]Version, error)
	// SetSettings stores what became of a version, if it is still open.
	SetSettings(ctx context.Context, v Version) error
}

// Asker asks a node; *link.Parent does.
type Asker interface {
	Request(ctx context.Context, id link.NodeID, verb string, payload []byte) ([]byte, error)
}

// Hub sends versions. Its methods may be called concurrently.
type Hub struct {
	Store   Store
	Ask     Asker
	Now     func() time.Time
	Log     *slog.Logger
	Confirm time.Duration // within which a node must be confirmed; 0: 2 minutes
}

const (
	askTime  = 30 * time.Second
	askEvery = 3 * time.Second
)

// Send makes a version of the plant file; the node gets it as soon as it is
// connected.
func (h *Hub) Send(ctx context.Context, node link.NodeID, plantFile, by string) (Version, error) {
	if len(plantFile) > MaxPlant {
		return Version{}, fmt.Errorf("%w: plant file of %d bytes; %d are taken", link.ErrRefused, len(plantFile), MaxPlant)
	}
	now := plant.MicrosOf(h.Now())
	return h.Store.AddSettings(ctx, Version{Node: node, Made: now, By: by, Plant: plantFile, State: Queued, Changed: now})
}

// Current asks the node for its plant file.
func (h *Hub) Current(ctx context.Context, node link.NodeID) (string, error) {
	out, err := h.ask(ctx, node, question{Do: "current"})
	return out.Plant, err
}

func (h *Hub) ask(ctx context.Context, node link.NodeID, q question) (report, error) {
	raw, err := json.Marshal(q)
	if err != nil {
		return report{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if raw, err = h.Ask.Request(ctx, node, Verb, raw); err != nil {
		return report{}, err
	}
	return decode[report](raw)
}

// Run sends and confirms what is open, until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		open, err := h.Store.OpenSettings(ctx)
		if err != nil && ctx.Err() == nil {
			h.Log.Error("settings: what is open", "err", err)
		}
		for _, v := range open {
			if err := h.step(ctx, v); err != nil && ctx.Err() == nil && !errors.Is(err, link.ErrNotConnected) {
				h.Log.Warn("settings", "node", v.Node, "version", v.Number, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// step brings one version one step on.
func (h *Hub) step(ctx context.Context, v Version) error {
	q := question{Do: "apply", Number: v.Number, Plant: v.Plant, Seconds: int(h.confirm().Seconds())}
	if v.State == Applied {
		q = question{Do: "confirm", Number: v.Number}
	}
	said, err := h.ask(ctx, v.Node, q)
	if errors.Is(err, link.ErrRefused) {
		said, err = report{Number: v.Number, State: Refused, Detail: err.Error()}, nil
	}
	if err != nil {
		return err
	}
	if said.Number != v.Number {
		// Another hub, or this one from an older copy, has sent others.
		said = report{Number: v.Number, State: Refused, Detail: fmt.Sprintf("the node is at version %d", said.Number)}
	}
	if said.State == v.State && said.Detail == v.Detail {
		return nil
	}
	v.State, v.Detail, v.Changed = said.State, said.Detail, plant.MicrosOf(h.Now())
	return h.Store.SetSettings(ctx, v)
}

func (h *Hub) confirm() time.Duration {
	if h.Confirm > 0 {
		return h.Confirm
	}
	return 2 * time.Minute
}
