package door

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"zhigai/factory/exchange"
)

// post is a partner that is posted to; it posts to this node by itself.
type post struct {
	o Options
	p exchange.Partner
}

// maxAnswer is read of an answer, for the reason in it.
const maxAnswer = 4 << 10

// later are answers of the class of refusals that say to try again.
var later = []int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}

// Send posts a message with its id as Idempotency-Key. A status of 400 and more
// is a refusal for ever, but for those that a changed setting mends.
func (h post) Send(ctx context.Context, w exchange.Written) error {
	ctx, cancel := context.WithTimeout(ctx, h.o.Within)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, h.p.URL, bytes.NewReader(w.Body))
	if err != nil {
		return fmt.Errorf("%w: %w", exchange.ErrRefused, err)
	}
	q.Header.Set("Content-Type", w.ContentType)
	q.Header.Set("Idempotency-Key", w.ID)
	if h.p.Secret != "" {
		q.Header.Set("Authorization", "Bearer "+h.p.Secret)
	}
	a, err := h.o.Client.Do(q)
	if err != nil {
		return fmt.Errorf("post to %s: %w", h.p.URL, err)
	}
	defer a.Body.Close()
	said, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
	if err != nil && a.StatusCode >= 300 {
		said = nil // the status says enough
	}
	answer := fmt.Errorf("%s answers %s: %.300s", h.p.URL, a.Status, strings.ToValidUTF8(strings.TrimSpace(string(said)), "?"))
	switch {
	case a.StatusCode >= 200 && a.StatusCode < 300:
		return nil
	case a.StatusCode >= 400 && a.StatusCode < 500 && !slices.Contains(later, a.StatusCode):
		return fmt.Errorf("%w: %w", exchange.ErrRefused, answer)
	}
	return answer
}

// Fetch has nothing to do: the partner comes by itself.
func (post) Fetch(context.Context, func(context.Context, exchange.Incoming) (exchange.Answer, error)) error {
	return nil
}

// Statements are sent by the partner.
func (post) Statements(context.Context) ([]exchange.Statement, error) { return nil, nil }

// Close implements exchange.Door.
func (post) Close() {}
