package mtconnect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/mtconnect/document"
	"zhigai/connect/tap"
)

// dialWithin: a machine in the same hall answers in far less.
const dialWithin = 3 * time.Second

// newClient asks each question on a connection of its own: an answer that comes
// twice, or late, then has no other question to be taken for. It follows nobody
// to another address and goes through no proxy.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: dialWithin}
	return &http.Client{
		Transport: tap.HTTP(&http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: dialWithin,
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// refusal is an agent's answer that says no.
type refusal struct{ failures []document.Failure }

func (r *refusal) Error() string {
	var words []string
	for _, f := range r.failures {
		words = append(words, strings.TrimSpace(f.Code+" "+f.Text))
	}
	return "the agent refuses: " + strings.Join(words, "; ")
}

func (r *refusal) is(code string) bool {
	for _, f := range r.failures {
		if f.Code == code {
			return true
		}
	}
	return false
}

// outOfRange reports whether the agent's buffer does not hold what was asked for.
func outOfRange(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.is(document.OutOfRange)
}

// open sends a question; the caller closes the answer.
func (c *conn) send(ctx context.Context, what string, query url.Values) (*http.Response, error) {
	at := c.settings.base
	if c.settings.device != "" && what != "assets" {
		at += "/" + url.PathEscape(c.settings.device)
	}
	at += "/" + what
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Accept", "text/xml, application/xml, multipart/x-mixed-replace")
	res, err := c.driver.client.Do(q)
	if err != nil {
		return nil, fmt.Errorf("mtconnect %s: %w", at, err)
	}
	return res, nil
}

// ask sends a question and reads the whole answer, within the device's timeout.
func (c *conn) ask(ctx context.Context, kind document.Kind, what string, query url.Values) (*document.Document, error) {
	ctx, cancel := context.WithTimeout(ctx, c.settings.timeout)
	defer cancel()
	res, err := c.send(ctx, what, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // what was not read is of no use
	text, err := io.ReadAll(io.LimitReader(res.Body, document.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("mtconnect %s %s: %w", c.settings.base, what, err)
	}
	doc, err := c.read(text, kind)
	if err != nil {
		if res.StatusCode != http.StatusOK && errors.Is(err, document.ErrDocument) {
			err = fmt.Errorf("the server answers %s: %w", res.Status, err)
		}
		return nil, fmt.Errorf("mtconnect %s %s: %w", c.settings.base, what, err)
	}
	return doc, nil
}

// read decodes an answer and takes no other kind than was asked for.
func (c *conn) read(text []byte, kind document.Kind) (*document.Document, error) {
	doc, err := document.Decode(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", connect.ErrMalformed, err)
	case doc.Kind == document.Error:
		return nil, &refusal{doc.Errors}
	case doc.Kind != kind:
		return nil, fmt.Errorf("%w: a %s document in place of %s", connect.ErrMalformed, doc.Kind, kind)
	}
	return doc, nil
}

// ours looks whether a streams document is of the device and instance that the
// connection knows.
func (c *conn) ours(doc *document.Document) error {
	if doc.Header.Instance != c.instance {
		return fmt.Errorf("the agent started anew: instance %d in place of %d", doc.Header.Instance, c.instance)
	}
	for i := range doc.Observations {
		if d := doc.Observations[i].Device; c.device.UUID != "" && d != c.device.UUID {
			return fmt.Errorf("%w: values of device %q in place of %q", connect.ErrMalformed, d, c.device.UUID)
		}
	}
	return nil
}
