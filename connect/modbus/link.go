package modbus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/connect/tap"
)

// link is one TCP connection that serves one or more units, one question at a
// time. It is opened again when needed.
type link struct {
	address string
	numbers *atomic.Uint32 // of transactions, the driver's
	users   int            // guarded by the driver
	turn    connect.Turn

	// Guarded by turn.
	conn        *tap.Conn
	transaction uint16
	out         []byte
	in          [pdu.HeaderSize + 253]byte
	quiet       time.Time // when the last answer came
}

// urge implements [asker]: on TCP nobody has to wait for a turn of its own.
func (*link) urge() {}

func (l *link) connect(ctx context.Context) error {
	if err := l.turn.Take(ctx); err != nil {
		return err
	}
	defer l.turn.Give()
	return l.dial(ctx)
}

func (l *link) dial(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", l.address)
	if err != nil {
		return err
	}
	l.conn = tap.NewFramed(ctx, c)
	return nil
}

// drop closes the connection. The next question opens a new one.
func (l *link) drop() {
	if l.conn != nil {
		_ = l.conn.Close() // it is of no use any more, whatever Close says
		l.conn = nil
	}
}

// ask sends one question and waits for its answer. Frames that answer earlier
// questions are thrown away. After an error other than an exception the
// connection is closed: what may still come on it is nobody's answer.
func (l *link) ask(ctx context.Context, s *settings, q pdu.Request) ([]byte, error) {
	if err := l.turn.Take(ctx); err != nil {
		return nil, err
	}
	defer l.turn.Give()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < s.timeout/2 {
		return nil, connect.ErrBusy // what is left would make a good device look dead
	}
	if l.conn != nil && !q.Reads() && l.gone() {
		l.drop() // a write is not sent twice: it is to be known before that nobody is there
	}
	used := l.conn != nil
	if err := l.dial(ctx); err != nil {
		return nil, err
	}
	l.conn.For(ctx)
	if wait := s.gap - time.Since(l.quiet); s.gap > 0 && wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	data, err := l.exchange(ctx, s, q)
	if used && connect.HungUp(err) && q.Reads() {
		// Many devices hang up after an answer or when nothing was asked for a
		// while. That is no loss of contact. A write is not sent twice.
		l.drop()
		if err = l.dial(ctx); err == nil {
			data, err = l.exchange(ctx, s, q)
		}
	}
	l.quiet = time.Now()
	var refused pdu.Exception
	if err != nil && !errors.As(err, &refused) {
		l.drop()
	}
	return data, err
}

// aGlance is how long a connection is listened to before a write.
const aGlance = time.Millisecond

// gone reports whether the device has hung up since its last answer, as some do
// after each. Who says something that nobody asked for is no better.
func (l *link) gone() bool {
	if err := l.conn.SetReadDeadline(time.Now().Add(aGlance)); err != nil {
		return true
	}
	_, err := l.conn.Read(l.in[:1])
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

func (l *link) exchange(ctx context.Context, s *settings, q pdu.Request) ([]byte, error) {
	done, err := connect.Limit(ctx, l.conn, s.timeout)
	if err != nil {
		return nil, err
	}
	defer done()
	// Never a number that an earlier connection used: some gateways send the late
	// answer to its question on the newest one.
	l.transaction = uint16(l.numbers.Add(1))
	var body [256]byte
	l.out = pdu.AppendFrame(l.out[:0], l.transaction, s.unit, q.Append(body[:0]))
	if _, err := l.conn.Write(l.out); err != nil {
		return nil, err
	}
	for range maxStale {
		h, answer, err := l.receive()
		if err != nil {
			return nil, err
		}
		if h.Transaction != l.transaction {
			continue // late: the answer to a question given up before
		}
		if h.Unit != s.unit {
			return nil, fmt.Errorf("%w: unit %d answers for unit %d", pdu.ErrFrame, h.Unit, s.unit)
		}
		data, err := q.Check(answer)
		return append([]byte(nil), data...), err
	}
	return nil, fmt.Errorf("%w: %d frames and none answers the question", pdu.ErrFrame, maxStale)
}

// maxStale is how many foreign frames are thrown away before the line is
// given up.
const maxStale = 64

func (l *link) receive() (pdu.Header, []byte, error) {
	if _, err := io.ReadFull(l.conn, l.in[:pdu.HeaderSize]); err != nil {
		return pdu.Header{}, nil, err
	}
	h, err := pdu.ParseHeader(l.in[:])
	if err != nil {
		return h, nil, err
	}
	answer := l.in[pdu.HeaderSize : pdu.HeaderSize+h.Length]
	_, err = io.ReadFull(l.conn, answer)
	l.conn.End()
	return h, answer, err
}
