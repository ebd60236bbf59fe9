package s7

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
	"zhigai/connect/s7/pdu"
	"zhigai/connect/tap"
)

// link is one connection to a controller, one question at a time. It is opened
// again when needed.
type link struct {
	endpoint
	maxPDU  int
	numbers *atomic.Uint32 // of questions, the driver's
	users   int            // guarded by the driver
	turn    connect.Turn

	// Guarded by turn.
	conn    *tap.Conn
	length  int // of a PDU, as negotiated
	in      []byte
	message []byte // pieces of an answer
}

// connect opens the connection unless it is open, and gives the negotiated
// length of a PDU.
func (l *link) connect(ctx context.Context, s *settings) (length int, err error) {
	if err := l.turn.Take(ctx); err != nil {
		return 0, err
	}
	defer l.turn.Give()
	err = l.dial(ctx, s)
	return l.length, err
}

// dial connects in three steps: TCP, the COTP connection to the TSAP, the
// setup of S7 communication.
func (l *link) dial(ctx context.Context, s *settings) error {
	if l.conn != nil {
		return nil
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", l.address)
	if err != nil {
		return err
	}
	l.conn = tap.NewFramed(ctx, c)
	if err := l.agree(ctx, s); err != nil {
		l.drop()
		return err
	}
	return nil
}

func (l *link) agree(ctx context.Context, s *settings) error {
	done, err := connect.Limit(ctx, l.conn, cmp.Or(s.timeout, defaultTimeout))
	if err != nil {
		return err
	}
	defer done()
	if _, err := l.conn.Write(pdu.AppendConnect(nil, l.local, l.remote)); err != nil {
		return err
	}
	tpdu, err := l.receive()
	if err != nil {
		return fmt.Errorf("connection request: %w", err)
	}
	answer, err := pdu.ParseConnect(tpdu)
	if err != nil {
		return err
	}
	if answer.Code != pdu.ConnectConfirm {
		return fmt.Errorf("%w: the controller knows no TSAP %02x.%02x (reason %d); set the parameters plc, rack and slot, or tsap_remote",
			connect.ErrRefused, byte(l.remote>>8), byte(l.remote), answer.Reason)
	}
	m, err := l.exchange(pdu.Setup{Calling: 1, Called: 1, Length: uint16(l.maxPDU)}.Job())
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	setup, err := pdu.ParseSetup(m)
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	l.length = min(int(setup.Length), l.maxPDU)
	return nil
}

// drop closes the connection. The next question opens a new one.
func (l *link) drop() {
	if l.conn != nil {
		_ = l.conn.Close() // it is of no use any more, whatever Close says
		l.conn = nil
	}
}

// defaultTimeout of one question: a controller answers within its cycle and its share for communication.
const defaultTimeout = 3 * time.Second

// ask sends one question, waits for its answer and gives it to check, whose
// error it returns. After an error other than the controller's word the
// connection is closed: what may still come on it is nobody's answer. A question
// that may be asked again is, once, when the controller hung up on it.
func (l *link) ask(ctx context.Context, s *settings, q pdu.Message, again bool, check func(pdu.Message) error) error {
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
	m, err := l.bounded(ctx, s, q)
	if used && again && connect.HungUp(err) {
		// Controllers hang up when nothing was asked for a while, or to make room.
		// That is no loss of contact. A write is not sent twice.
		l.drop()
		if err = l.dial(ctx, s); err == nil {
			m, err = l.bounded(ctx, s, q)
		}
	}
	if err == nil {
		err = check(m)
	}
	if err != nil && !isWord(err) {
		l.drop()
	}
	return err
}

// isWord reports whether the error is what the controller said, so that the
// connection is in order.
func isWord(err error) bool {
	var refused pdu.Refusal
	var code pdu.Code
	return errors.As(err, &refused) || errors.As(err, &code)
}

func (l *link) bounded(ctx context.Context, s *settings, q pdu.Message) (pdu.Message, error) {
	done, err := connect.Limit(ctx, l.conn, cmp.Or(s.timeout, defaultTimeout))
	if err != nil {
		return pdu.Message{}, err
	}
	defer done()
	return l.exchange(q)
}

// maxStale is how many foreign messages are thrown away before the connection is
// given up.
const maxStale = 64

// exchange gives a question its number, sends it and waits for the answer with
// that number. The answer's bytes are good until the next exchange.
func (l *link) exchange(q pdu.Message) (pdu.Message, error) {
	// Never a number that an earlier connection used, for what stands between may
	// send the late answer to its question on the newest one.
	q.Reference = uint16(l.numbers.Add(1))
	if _, err := l.conn.Write(q.Append(nil)); err != nil {
		return pdu.Message{}, err
	}
	for range maxStale {
		m, err := l.whole()
		if err != nil {
			return m, err
		}
		if m.Reference == q.Reference && m.Kind != pdu.Job {
			return m, nil
		}
	}
	return pdu.Message{}, fmt.Errorf("%w: %d messages and none answers the question", pdu.ErrFrame, maxStale)
}

// whole receives one message, from as many TPDUs as it comes in.
func (l *link) whole() (pdu.Message, error) {
	l.message = l.message[:0]
	for {
		tpdu, err := l.receive()
		if err != nil {
			return pdu.Message{}, err
		}
		piece, last, err := pdu.ParseData(tpdu)
		if err != nil {
			return pdu.Message{}, err
		}
		if l.message = append(l.message, piece...); len(l.message) > pdu.MaxFrame {
			return pdu.Message{}, fmt.Errorf("%w: a message of more than %d bytes", pdu.ErrFrame, pdu.MaxFrame)
		}
		if last {
			return pdu.ParseMessage(l.message)
		}
	}
}

// receive reads one TPDU; it is good until the next.
func (l *link) receive() ([]byte, error) {
	if l.in == nil {
		l.in = make([]byte, pdu.MaxFrame)
	}
	if _, err := io.ReadFull(l.conn, l.in[:pdu.FrameHeader]); err != nil {
		return nil, err
	}
	n, err := pdu.ParseFrame(l.in)
	if err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(l.conn, l.in[:n]); err != nil {
		return nil, fmt.Errorf("%w: cut off: %w", pdu.ErrFrame, err)
	}
	l.conn.End()
	return l.in[:n], nil
}
