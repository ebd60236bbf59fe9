package north

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"zhigai/connect/mqtt/client"
	"zhigai/north/unified"
)

const (
	// connectWithin bounds dialling, signing in and subscribing.
	connectWithin = 20 * time.Second
	// sendWithin bounds one read's worth of messages until the broker has taken
	// them: 8 MiB over a slow line.
	sendWithin = 2 * time.Minute
	// keepAlive is how often the broker hears of an idle connection.
	keepAlive = 30 * time.Second
	// window is how many messages wait for their acknowledgement: half of what
	// MQTT can number, and far less than brokers queue for one client.
	window = 500
)

// session is one connection to a target. One goroutine uses it.
type session interface {
	// begin makes everything ready for send.
	begin(ctx context.Context) error
	// send returns when the broker has taken all, in their order. After an error
	// any of them may have arrived.
	send(ctx context.Context, values []value) error
	// caughtUp is called at the end of the journal.
	caughtUp(ctx context.Context) error
	// upkeep does what bell rang for; an error ends the session.
	upkeep(ctx context.Context) error
	bell() <-chan struct{}
	gone() <-chan struct{}
	close()
}

// errLost is a connection that the other side ended.
var errLost = errors.New("the broker ended the connection")

func (r *runner) open(ctx context.Context) (session, error) {
	if r.target.Kind == KindSparkplug {
		return r.openEdge(ctx)
	}
	o, err := options(r.target)
	if err != nil {
		return nil, err
	}
	c, err := dial(ctx, o)
	if err != nil {
		return nil, err
	}
	return &plain{r: r, c: c, contact: contact{}}, nil
}

// options are what the client needs for a target.
func options(t Target) (client.Options, error) {
	if t.Sealed != nil {
		return client.Options{}, fmt.Errorf("the stored password cannot be read; write it again: %w", t.Sealed)
	}
	address, secure, err := t.address()
	if err != nil {
		return client.Options{}, err
	}
	o := client.Options{Address: address, Client: t.client(), User: t.User, Password: t.Password, KeepAlive: keepAlive}
	if !secure {
		return o, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return o, err
	}
	o.TLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		o.TLS.RootCAs = x509.NewCertPool()
		o.TLS.RootCAs.AppendCertsFromPEM([]byte(t.CA)) // checked when it was saved
	}
	return o, nil
}

// dial connects and says of the usual refusals what to look at.
func dial(ctx context.Context, o client.Options) (*client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	c, err := client.Dial(ctx, o)
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.Is(err, client.ErrRefused):
		return nil, fmt.Errorf("broker %s: %w; look at user, password and client id %s (code 0x4 or 0x5: not allowed, 0x2: client id)", o.Address, err, o.Client)
	case errors.As(err, &unknown):
		return nil, fmt.Errorf("broker %s: %w; write the CA that signs its certificate", o.Address, err)
	case errors.As(err, &name):
		return nil, fmt.Errorf("broker %s: %w; write the name that stands in its certificate", o.Address, err)
	case err != nil:
		return nil, fmt.Errorf("broker %s: %w", o.Address, err)
	}
	return c, nil
}

// probe connects, asks for an answer and signs off.
func probe(ctx context.Context, t Target) error {
	o, err := options(t)
	if err != nil {
		return err
	}
	c, err := dial(ctx, o)
	if err != nil {
		return err
	}
	err = c.Ping(ctx)
	return errors.Join(err, c.Close())
}

// plain is a session of KindMQTT.
type plain struct {
	r *runner
	c *client.Client
	contact
}

var _ session = (*plain)(nil)

func (p *plain) begin(context.Context) error    { return nil }
func (p *plain) caughtUp(context.Context) error { return nil }
func (p *plain) bell() <-chan struct{}          { return nil }
func (p *plain) gone() <-chan struct{}          { return p.c.Done() }
func (p *plain) close()                         { _ = p.c.Close() } // what was sent is acknowledged

func (p *plain) upkeep(context.Context) error {
	select {
	case <-p.c.Done():
		return errLost
	default:
		return nil
	}
}

func (p *plain) send(ctx context.Context, values []value) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	messages := make([]client.Message, 0, min(window, len(values)))
	for some := range slices.Chunk(values, window) {
		messages = messages[:0]
		for _, v := range some {
			if !p.news(v) {
				continue
			}
			raw, err := unified.Append(nil, v.tag, v.Sample, v.Text)
			if err != nil {
				return err
			}
			messages = append(messages, client.Message{Topic: unified.Topic(p.r.target.Prefix, v.tag), Payload: raw, Retain: p.r.target.Retain})
		}
		if err := p.c.PublishAll(ctx, messages); err != nil {
			return err
		}
	}
	return nil
}
