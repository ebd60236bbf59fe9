package cip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"zhigai/connect"
	"zhigai/connect/cip/enip"
	"zhigai/connect/tap"
)

func (c *conn) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // select would toss a coin
	}
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", connect.ErrBusy, ctx.Err())
	}
}

func (c *conn) give() { <-c.turn }

// reach opens the connection.
func (c *conn) reach(ctx context.Context) error {
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.give()
	return c.dial(ctx)
}

// dial connects, registers a session and opens a connection to the controller:
// a large one, a small one, or none, whatever the device takes.
func (c *conn) dial(ctx context.Context) error {
	if c.tcp != nil {
		return nil
	}
	var d net.Dialer
	tcp, err := d.DialContext(ctx, "tcp", c.settings.address)
	if err != nil {
		return err
	}
	c.tcp, c.session, c.opening = tap.NewFramed(ctx, tcp), 0, nil
	f, err := c.exchange(ctx, enip.Frame{Command: enip.RegisterSession, Data: []byte{1, 0, 0, 0}})
	if err == nil && f.Session == 0 {
		err = fmt.Errorf("%w: a session without a number", enip.ErrFrame)
	}
	if err != nil {
		c.drop()
		return err
	}
	c.session = f.Session
	if !c.settings.connected {
		return nil
	}
	for _, large := range []bool{true, false} {
		err := c.openConnection(ctx, large)
		var refused enip.Status
		if err == nil || !errors.As(err, &refused) {
			return err
		}
	}
	return nil // it answers without one
}

func (c *conn) openConnection(ctx context.Context, large bool) error {
	number := c.driver.numbers.Add(1)
	o := enip.Opening{
		Large: large, ToAsker: uint32(number), Serial: uint16(number), Vendor: ourVendor, Asker: c.driver.asker, Size: enip.SmallSize,
		Path: append(append([]byte(nil), c.settings.route...), enip.Object(enip.RouterClass, 1)...),
	}
	if large {
		o.Size = enip.LargeSize
	}
	data, err := c.unconnected(ctx, o.Request())
	if err == nil {
		if err = o.Accept(data); err != nil {
			c.drop()
			return err
		}
		c.opening, c.number = &o, uint16(number>>16)
	}
	return err
}

// ourVendor is the number of askers without one of their own: it only tells our
// connections from others together with the serial numbers.
const ourVendor = 0xFFFF

// drop closes the TCP connection. The next question opens a new one.
func (c *conn) drop() {
	if c.tcp != nil {
		_ = c.tcp.Close() // it is of no use any more, whatever Close says
		c.tcp = nil
	}
}

// room is how long a message and its answer may be.
func (c *conn) room() int {
	if c.opening != nil {
		return c.opening.Size - 2 // its number
	}
	return enip.SmallSize - 2*len(c.settings.route) - 16 // the wrapping
}

// ask sends one request and waits for its answer's data. After an error other
// than a [enip.Status] the TCP connection is closed: what may still come on it
// is nobody's answer.
func (c *conn) ask(ctx context.Context, r enip.Request) ([]byte, error) {
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	defer c.give()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < c.settings.timeout/2 {
		return nil, connect.ErrBusy // what is left would make a good device look dead
	}
	used := c.tcp != nil
	data, err := c.once(ctx, r)
	if used && connect.HungUp(err) && r.Service != enip.WriteTag && r.Service != enip.ModifyTag {
		// The device hung up when nothing was asked for a while. That is no loss of
		// contact. A write is not sent twice.
		data, err = c.once(ctx, r)
	}
	if err != nil {
		err = fmt.Errorf("ethernet/ip %s: %w", c.settings.address, err)
	}
	return data, err
}

func (c *conn) once(ctx context.Context, r enip.Request) ([]byte, error) {
	if err := c.dial(ctx); err != nil {
		return nil, err
	}
	if c.opening == nil {
		return c.behind(ctx, r)
	}
	return c.overConnection(ctx, r)
}

// unconnected asks the module that is connected.
func (c *conn) unconnected(ctx context.Context, r enip.Request) ([]byte, error) {
	return c.pass(ctx, r.Append(nil), r.Service)
}

// behind asks the controller behind the module without a connection. It is the
// controller's service that answers, or, when nobody is there, the module's.
func (c *conn) behind(ctx context.Context, r enip.Request) ([]byte, error) {
	return c.pass(ctx, enip.Through(c.settings.route, r.Append(nil)), r.Service)
}

func (c *conn) pass(ctx context.Context, message []byte, service enip.Service) ([]byte, error) {
	f, err := c.exchange(ctx, enip.Frame{Command: enip.SendRRData, Data: enip.Unconnected(message)})
	if err != nil {
		c.drop()
		return nil, err
	}
	answer, err := enip.ParseUnconnected(f.Data)
	if err != nil {
		c.drop()
		return nil, err
	}
	if len(answer) > 2 && answer[0] == byte(enip.UnconnectedSend)|0x80 && answer[2] != 0 {
		service = enip.UnconnectedSend
	}
	return c.judge(answer, service)
}

// judge takes the answer to a request apart.
func (c *conn) judge(message []byte, service enip.Service) ([]byte, error) {
	answer, err := enip.ParseResponse(message, service)
	if err != nil {
		c.drop()
		return nil, err
	}
	return answer.Data, answer.Status()
}

// overConnection asks over the connection to the controller.
func (c *conn) overConnection(ctx context.Context, r enip.Request) ([]byte, error) {
	c.number++
	number := c.number
	f := enip.Frame{Command: enip.SendUnitData, Session: c.session, Data: enip.Connected(c.opening.ToTarget, number, r.Append(nil))}
	stop, err := c.begin(ctx)
	defer stop()
	if err == nil {
		_, err = c.tcp.Write(f.Append(nil))
	}
	for range maxStale {
		var got enip.Frame
		if err == nil {
			got, err = c.receive()
		}
		if err != nil {
			break
		}
		if got.Command != enip.SendUnitData || got.Session != c.session {
			err = fmt.Errorf("%w: command %02X of session %08X", enip.ErrFrame, uint16(got.Command), got.Session)
			break
		}
		if got.Status != 0 {
			err = fmt.Errorf("%w: encapsulation status %d", enip.ErrFrame, got.Status)
			break
		}
		connection, n, message, wrong := enip.ParseConnected(got.Data)
		switch {
		case wrong != nil:
			err = wrong
		case connection != c.opening.ToAsker:
			err = fmt.Errorf("%w: connection %08X answers %08X", enip.ErrFrame, connection, c.opening.ToAsker)
		case n != number:
			continue // late: the answer to a question given up before
		default:
			return c.judge(message, r.Service)
		}
		break
	}
	if err == nil {
		err = fmt.Errorf("%w: %d frames and none answers the question", enip.ErrFrame, maxStale)
	}
	c.drop()
	return nil, err
}

// maxStale is how many foreign frames are thrown away before the line is
// given up.
const maxStale = 64

// exchange sends a frame and waits for the one with its context.
func (c *conn) exchange(ctx context.Context, f enip.Frame) (enip.Frame, error) {
	stop, err := c.begin(ctx)
	defer stop()
	if err != nil {
		return f, err
	}
	f.Context = c.driver.numbers.Add(1)
	if f.Command != enip.RegisterSession {
		f.Session = c.session
	}
	if _, err := c.tcp.Write(f.Append(nil)); err != nil {
		return f, err
	}
	for range maxStale {
		got, err := c.receive()
		switch {
		case err != nil:
			return got, err
		case got.Context != f.Context || got.Command != f.Command:
			continue // late: the answer to a question given up before
		case got.Status != 0:
			return got, fmt.Errorf("%w: encapsulation status %d", enip.ErrFrame, got.Status)
		case c.session != 0 && got.Session != c.session:
			return got, fmt.Errorf("%w: session %08X answers %08X", enip.ErrFrame, got.Session, c.session)
		}
		return got, nil
	}
	return f, fmt.Errorf("%w: %d frames and none answers the question", enip.ErrFrame, maxStale)
}

// begin sets the deadline of an exchange; stop ends its watch over ctx.
func (c *conn) begin(ctx context.Context) (stop func(), err error) {
	return connect.Limit(ctx, c.tcp, c.settings.timeout)
}

// write sends a frame that wants no answer.
func (c *conn) write(ctx context.Context, f enip.Frame) error {
	stop, err := c.begin(ctx)
	defer stop()
	if err == nil {
		_, err = c.tcp.Write(f.Append(nil))
	}
	return err
}

func (c *conn) receive() (enip.Frame, error) {
	header := make([]byte, enip.HeaderSize)
	if _, err := io.ReadFull(c.tcp, header); err != nil {
		return enip.Frame{}, err
	}
	f, n, err := enip.ParseHeader(header)
	if err != nil {
		return f, err
	}
	f.Data = make([]byte, n)
	_, err = io.ReadFull(c.tcp, f.Data)
	c.tcp.End()
	return f, err
}

// identity asks the module that is connected what it is.
func (c *conn) identity(ctx context.Context) (enip.Identity, error) {
	if err := c.take(ctx); err != nil {
		return enip.Identity{}, err
	}
	defer c.give()
	if err := c.dial(ctx); err != nil {
		return enip.Identity{}, err
	}
	session := c.session
	c.session = 0 // the answer need not carry it
	f, err := c.exchange(ctx, enip.Frame{Command: enip.ListIdentity})
	c.session = session
	if err != nil {
		c.drop()
		return enip.Identity{}, err
	}
	return enip.ParseListed(f.Data)
}
