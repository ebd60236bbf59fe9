package slmp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"zhigai/connect"
	"zhigai/connect/slmp/frame"
	"zhigai/connect/tap"
)

// link is one line to an address, one question at a time. It is opened again
// when needed.
type link struct {
	key, network, address string
	format                frame.Format
	numbers               *atomic.Uint32 // of questions, the driver's
	users                 int            // guarded by the driver
	turn                  connect.Turn

	// Guarded by turn.
	conn  *tap.Conn
	in    *bufio.Reader
	out   []byte
	quiet time.Time // when the last answer came
}

func (l *link) connect(ctx context.Context) error {
	if err := l.turn.Take(ctx); err != nil {
		return err
	}
	defer l.turn.Give()
	return l.dial(ctx)
}

// datagramSize holds the longest datagram that UDP carries.
const datagramSize = 1 << 16

func (l *link) dial(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, l.network, l.address)
	if err != nil {
		return err
	}
	l.conn = tap.NewConn(ctx, c)
	l.in = bufio.NewReaderSize(l.conn, datagramSize)
	return nil
}

// drop closes the connection. The next question opens a new one.
func (l *link) drop() {
	if l.conn != nil {
		_ = l.conn.Close() // it is of no use any more, whatever Close says
		l.conn = nil
	}
}

// ask sends one question and waits for its answer. After an error other than a
// refusal the connection is closed: what may still come on it is nobody's
// answer.
func (l *link) ask(ctx context.Context, s *settings, q *frame.Request) (frame.Data, error) {
	if err := l.turn.Take(ctx); err != nil {
		return frame.Data{}, err
	}
	defer l.turn.Give()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < s.timeout/2 {
		return frame.Data{}, connect.ErrBusy // what is left would make a good device look dead
	}
	if l.conn != nil && l.in.Buffered() > 0 {
		l.drop() // an answer nobody waits for: the next one would be taken for ours
	}
	used := l.conn != nil
	if err := l.dial(ctx); err != nil {
		return frame.Data{}, err
	}
	l.conn.For(ctx)
	if wait := s.gap - time.Since(l.quiet); s.gap > 0 && wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return frame.Data{}, ctx.Err()
		}
	}
	data, err := l.exchange(ctx, s, q)
	if used && connect.HungUp(err) && q.Command != frame.WriteBatch {
		// The station hung up when nothing was asked for a while. That is no loss
		// of contact. A write is not sent twice.
		l.drop()
		if err = l.dial(ctx); err == nil {
			data, err = l.exchange(ctx, s, q)
		}
	}
	l.quiet = time.Now()
	if err != nil && refused(err) == 0 || l.network == "udp" && !l.format.Serial {
		l.drop()
	}
	return data, err
}

// refused is the end code in an error, 0 for none.
func refused(err error) frame.EndCode {
	var end frame.EndCode
	if errors.As(err, &end) {
		return end
	}
	return 0
}

func (l *link) exchange(ctx context.Context, s *settings, q *frame.Request) (frame.Data, error) {
	done, err := connect.Limit(ctx, l.conn, s.timeout)
	if err != nil {
		return frame.Data{}, err
	}
	defer done()
	q.Serial = uint16(l.numbers.Add(1))
	l.out = q.Append(l.out[:0], l.format)
	if _, err := l.conn.Write(l.out); err != nil {
		return frame.Data{}, err
	}
	for range maxStale {
		h, body, err := l.receive()
		if err != nil {
			return frame.Data{}, err
		}
		if l.format.Serial && h.Serial != q.Serial {
			continue // late: the answer to a question given up before
		}
		return q.Check(h, body, l.format)
	}
	return frame.Data{}, fmt.Errorf("%w: %d frames and none answers the question", frame.ErrFrame, maxStale)
}

// maxStale is how many foreign frames are thrown away before the line is
// given up.
const maxStale = 64

// receive reads one frame; over UDP, which keeps frames apart, one datagram.
func (l *link) receive() (frame.Header, []byte, error) {
	header := make([]byte, l.format.HeaderSize())
	if _, err := io.ReadFull(l.in, header); err != nil {
		return frame.Header{}, nil, err
	}
	h, err := l.format.ParseAnswerHeader(header)
	if err != nil {
		return h, nil, err
	}
	if l.network == "udp" && l.in.Buffered() != h.Length {
		return h, nil, fmt.Errorf("%w: a datagram with %d bytes behind its header, which says %d", frame.ErrFrame, l.in.Buffered(), h.Length)
	}
	body := make([]byte, h.Length)
	_, err = io.ReadFull(l.in, body)
	return h, body, err
}
