package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

const (
	// beatPeriod is how often an idle stream says that it lives; a page that
	// misses two says so.
	beatPeriod = 10 * time.Second
	// writeLimit is how long one event may take to leave: a client that reads
	// slower is dropped and comes back for a full picture.
	writeLimit = 10 * time.Second
)

// Event is one message of a live stream.
type Event struct {
	Name string
	Data any
}

// Feed fills a stream until ctx ends. send returns an error when the client is
// gone.
type Feed func(ctx context.Context, send func(Event) error) error

type beat struct {
	Now time.Time `json:"now"`
}

// Stream answers with server-sent events: a beat when nothing else is to be
// said, so that the other side can tell silence from a broken line.
func (a *API) Stream(feed Feed) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", "text/event-stream")
		hctx.SetHeader("Cache-Control", "no-store")
		hctx.SetHeader("X-Accel-Buffering", "no") // proxies must not hold events back
		w, ok := hctx.BodyWriter().(http.ResponseWriter)
		if !ok {
			a.log.Error("stream: the response writer cannot stream")
			return
		}
		ctx, cancel := context.WithCancel(hctx.Context())
		defer cancel()
		still, _ := ctx.Value(stillKey{}).(func() bool)
		a.pump(ctx, http.NewResponseController(w), w, feed, still)
	}}
}

// pump is the only writer of the stream: events of the feed and beats meet here. At
// each beat still says whether the asker may see it yet; nil: always.
func (a *API) pump(ctx context.Context, control *http.ResponseController, w http.ResponseWriter, feed Feed, still func() bool) {
	events, ended, gone := make(chan Event), make(chan error, 1), make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	defer func() { // what the feed does at its end belongs to the request
		cancel()
		<-gone
	}()
	go func() {
		defer close(gone)
		ended <- feed(ctx, func(e Event) error {
			select {
			case events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	ticker := time.NewTicker(beatPeriod)
	defer ticker.Stop()
	next := Event{Name: "beat", Data: beat{a.now().UTC()}}
	for {
		if err := writeEvent(control, w, next); err != nil {
			return
		}
		select {
		case next = <-events:
		case <-ticker.C:
			if still != nil && !still() {
				return
			}
			next = Event{Name: "beat", Data: beat{a.now().UTC()}}
		case err := <-ended:
			if err != nil && ctx.Err() == nil {
				a.log.Warn("live stream ended", "err", err)
			}
			return
		case <-ctx.Done():
			return
		}
	}
}

func writeEvent(control *http.ResponseController, w http.ResponseWriter, e Event) error {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return err
	}
	_ = control.SetWriteDeadline(time.Now().Add(writeLimit)) // a writer without deadlines has its own limits
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.Name, data); err != nil {
		return err
	}
	return control.Flush()
}
