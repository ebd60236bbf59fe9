package fins

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"zhigai/connect"
	"zhigai/connect/fins/frame"
	"zhigai/connect/tap"
)

// link is one TCP connection or UDP socket to a controller, one question at a
// time. It is opened again when needed.
type link struct {
	endpoint
	numbers *atomic.Uint32 // of questions, of the address
	users   int            // guarded by the driver
	turn    connect.Turn

	// Guarded by turn.
	conn          *tap.Conn
	local, remote byte // node numbers
	in            []byte
}

func (l *link) dial(ctx context.Context, s *settings) error {
	if l.conn != nil {
		return nil
	}
	network := "udp"
	if l.tcp {
		network = "tcp"
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, network, l.address)
	if err != nil {
		return err
	}
	l.conn = tap.NewFramed(ctx, c)
	// Node numbers are the last part of the addresses unless somebody set others.
	l.local, l.remote = lastOctet(c.LocalAddr()), lastOctet(c.RemoteAddr())
	if l.tcp {
		if err := l.hello(ctx, s); err != nil {
			l.drop()
			return err
		}
	}
	if l.source != 0 {
		l.local = l.source
	}
	if l.target.Node != 0 {
		l.remote = l.target.Node
	}
	return nil
}

// lastOctet is the node number that an Ethernet Unit takes from an address, 0
// when it is none.
func lastOctet(a net.Addr) byte {
	var ip net.IP
	switch a := a.(type) {
	case *net.UDPAddr:
		ip = a.IP
	case *net.TCPAddr:
		ip = a.IP
	}
	if v4 := ip.To4(); v4 != nil {
		return v4[3]
	}
	return 0
}

// hello agrees on the node numbers of a TCP connection.
func (l *link) hello(ctx context.Context, s *settings) error {
	done, err := connect.Limit(ctx, l.conn, cmp.Or(s.timeout, defaultTimeout))
	if err != nil {
		return err
	}
	defer done()
	if _, err := l.conn.Write(frame.Hello(l.source).Append(nil)); err != nil {
		return err
	}
	p, err := l.packet()
	if err != nil {
		return err
	}
	if l.local, l.remote, err = frame.ParseWelcome(p); err != nil {
		var refused frame.TCPError
		if errors.As(err, &refused) {
			return fmt.Errorf("%w: %w", connect.ErrRefused, err)
		}
		return err
	}
	return nil
}

// drop closes the connection. The next question opens a new one, of UDP with
// another port, so that what comes late comes to nobody.
func (l *link) drop() {
	if l.conn != nil {
		_ = l.conn.Close() // it is of no use any more, whatever Close says
		l.conn = nil
	}
}

// defaultTimeout of one question: a datagram that is lost is missed for no longer.
const defaultTimeout = time.Second

// ask sends one question, waits for its answer and gives it to check, whose
// error it returns. After an error other than an end code the connection is
// closed: what may still come on it is nobody's answer. A question that may be
// asked again is, once, when the controller hung up on it.
func (l *link) ask(ctx context.Context, s *settings, q frame.Frame, again bool, check func(frame.Frame) error) error {
	if err := l.turn.Take(ctx); err != nil {
		return err
	}
	defer l.turn.Give()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < s.timeout/2 {
		return connect.ErrBusy // what is left would make a good device look dead
	}
	used := l.conn != nil
	if err := l.dial(ctx, s); err != nil {
		return err
	}
	l.conn.For(ctx)
	f, err := l.exchange(ctx, s, q)
	if used && again && l.tcp && connect.HungUp(err) {
		// Controllers hang up when nothing was asked for a while, or to make room.
		// That is no loss of contact. A write is not sent twice.
		l.drop()
		if err = l.dial(ctx, s); err == nil {
			f, err = l.exchange(ctx, s, q)
		}
	}
	if err == nil {
		err = check(f)
	}
	var end frame.EndCode
	if err != nil && !errors.As(err, &end) {
		l.drop()
	}
	return err
}

// maxStale is how many foreign frames are thrown away before the connection is
// given up.
const maxStale = 64

// exchange gives a question its number and nodes, sends it and waits for its
// answer, which is good until the next exchange.
func (l *link) exchange(ctx context.Context, s *settings, q frame.Frame) (frame.Frame, error) {
	done, err := connect.Limit(ctx, l.conn, cmp.Or(s.timeout, defaultTimeout))
	if err != nil {
		return frame.Frame{}, err
	}
	defer done()
	q.SID = byte(l.numbers.Add(1))
	q.Destination = frame.Address{Network: l.target.Network, Node: l.remote, Unit: l.target.Unit}
	q.Source = frame.Address{Node: l.local}
	b := q.Append(nil)
	if l.tcp {
		b = frame.Packet{Command: frame.SendFrame, Body: b}.Append(nil)
	}
	if _, err := l.conn.Write(b); err != nil {
		return frame.Frame{}, err
	}
	for range maxStale {
		f, err := l.receive()
		if err != nil {
			return f, err
		}
		if f.Answers(q) {
			return f, nil
		}
	}
	return frame.Frame{}, fmt.Errorf("%w: %d frames and none answers the question", frame.ErrFrame, maxStale)
}

// receive reads one frame.
func (l *link) receive() (frame.Frame, error) {
	if !l.tcp {
		n, err := l.conn.Read(l.room())
		l.conn.End()
		if err != nil {
			return frame.Frame{}, err
		}
		return frame.Parse(l.in[:n])
	}
	for range maxStale {
		p, err := l.packet()
		switch {
		case err != nil:
			return frame.Frame{}, err
		case p.Command == frame.Confirmation:
			continue
		case p.Command != frame.SendFrame:
			return frame.Frame{}, fmt.Errorf("%w: command %d: %w", frame.ErrFrame, p.Command, p.Error)
		}
		return frame.Parse(p.Body)
	}
	return frame.Frame{}, fmt.Errorf("%w: %d confirmations and no frame", frame.ErrFrame, maxStale)
}

// room is where a datagram or packet is read to: one byte more than the longest,
// so that a longer one is seen.
func (l *link) room() []byte {
	if l.in == nil {
		l.in = make([]byte, frame.TCPHeader+frame.MaxFrame+1)
	}
	return l.in
}

// packet reads one packet of a TCP connection.
func (l *link) packet() (frame.Packet, error) {
	b := l.room()
	if _, err := io.ReadFull(l.conn, b[:frame.TCPHeader]); err != nil {
		return frame.Packet{}, err
	}
	p, n, err := frame.ParseTCP(b)
	if err != nil {
		return p, err
	}
	p.Body = b[frame.TCPHeader : frame.TCPHeader+n]
	if _, err := io.ReadFull(l.conn, p.Body); err != nil {
		return p, fmt.Errorf("%w: cut off: %w", frame.ErrFrame, err)
	}
	l.conn.End()
	return p, nil
}
