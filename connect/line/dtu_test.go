package line_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"zhigai/connect/line"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

var mode = line.Mode{Baud: 9600, Data: 8, Parity: line.NoParity, Stop: 1}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func parse(t *testing.T, address string, params map[string]string) line.Address {
	t.Helper()
	a, err := line.Parse(address, params, mode)
	must(t, err)
	return a
}

// modem dials in, registers and answers every "?" with its name.
func modem(t *testing.T, pool *line.Pool, listen, registration, name string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", pool.Listening(listen))
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	_, err = c.Write([]byte(registration))
	must(t, err)
	go func() {
		b := make([]byte, 100)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			if bytes.Contains(b[:n], []byte("?")) {
				// Heartbeats come whenever they like.
				_, _ = c.Write([]byte("HB!"))
				_, _ = c.Write([]byte(name + "\n"))
			}
		}
	}()
	return c
}

// opened waits for the line of a DTU while it dials in.
func opened(t *testing.T, pool *line.Pool, a line.Address) <-chan *line.Line {
	t.Helper()
	out := make(chan *line.Line, 1)
	go func() {
		l, err := pool.Open(within(t), a)
		if err != nil {
			t.Error(err)
		}
		out <- l
	}()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for pool.Listening(a.Listen) == "" {
		<-again.C
	}
	return out
}

func ask(t *testing.T, l *line.Line, want string) {
	t.Helper()
	s := l.Station("one")
	s.Urge()
	must(t, s.Ask(within(t), 10*time.Second, func(talk *line.Talk) error {
		if err := talk.Send([]byte("?")); err != nil {
			return err
		}
		var got []byte
		for !bytes.Contains(got, []byte("\n")) {
			b, err := talk.Receive(talk.Deadline(10))
			if err != nil {
				return err
			}
			got = append(got, b...)
		}
		if string(got) != want+"\n" {
			t.Errorf("%q answers; want %q", got, want)
		}
		return nil
	}))
}

// Modems dial in, say who they are, and each line is spoken on its own: one whose
// name begins with another's is not taken for it, heartbeats are left out, and one
// that dials in again takes the line over.
func TestDTU(t *testing.T) {
	pool := line.NewPool(line.Options{})
	params := map[string]string{"listen": "127.0.0.1:0", "heartbeat": "HB!"}
	one, twelve := parse(t, "dtu:SN1", params), parse(t, "dtu:SN12", params)
	first := opened(t, pool, one)
	second := opened(t, pool, twelve)
	modem(t, pool, one.Listen, "REG:SN99\r\n", "another")
	modem(t, pool, one.Listen, "REG:SN12\r\n", "twelve")
	l12 := <-second
	select {
	case l := <-first:
		t.Fatalf("%v has no modem and is open", l.Address())
	default:
	}
	old := modem(t, pool, one.Listen, "REG:SN1\r\n", "one")
	l1 := <-first
	ask(t, l1, "one")
	ask(t, l12, "twelve")
	until(t, func() bool { return strings.Join(pool.DTUs(one.Listen), " ") == "REG:SN99" })

	// The modem lost its network and dials in again; its old connection is dead, and
	// nobody told us.
	modem(t, pool, one.Listen, "REG:SN1\r\n", "one again")
	if n, err := old.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) && err == nil {
		t.Errorf("the old connection lives: %d, %v", n, err)
	}
	until(t, func() bool { return len(pool.DTUs(one.Listen)) == 2 })
	ask(t, l1, "one again")
	ask(t, l12, "twelve")
	l1.Release()
	l12.Release()
	if at := pool.Listening(one.Listen); at != "" {
		t.Errorf("nobody waits for a DTU, and %s is open", at)
	}
}

// A DTU that has not dialled in is an error that names those that have.
func TestDTU_NotThere(t *testing.T) {
	pool := line.NewPool(line.Options{})
	a := parse(t, "dtu:0x0102ff", map[string]string{"listen": "127.0.0.1:0"})
	there := opened(t, pool, a)
	modem(t, pool, a.Listen, "\x01\x02\xff", "binary")
	l := <-there
	ask(t, l, "HB!binary") // without a heartbeat to leave out
	modem(t, pool, a.Listen, "IMEI 8675309\r\n", "stranger")
	until(t, func() bool { return len(pool.DTUs(a.Listen)) == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := pool.Open(ctx, parse(t, "dtu:SN7", map[string]string{"listen": a.Listen}))
	if err == nil || !strings.Contains(err.Error(), "IMEI 8675309") || !strings.Contains(err.Error(), "dtu:SN7") {
		t.Errorf("Open = %v; want who is there", err)
	}
	l.Release()
}

// until asks again and again.
func until(t *testing.T, done func() bool) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); !done(); <-again.C {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
	}
}

func TestParse(t *testing.T) {
	f := func(address string, params map[string]string, want string) {
		t.Helper()
		a, err := line.Parse(address, params, mode)
		got := a.String()
		if err != nil {
			got = err.Error()
			if !strings.Contains(got, "write") {
				t.Errorf("%s: %v; want what to write", address, err)
			}
		}
		if !strings.Contains(got, want) {
			t.Errorf("Parse(%q, %v) = %s; want %s", address, params, got, want)
		}
	}
	f("/dev/ttyUSB0", nil, "/dev/ttyUSB0 9600 8N1")
	f(" COM3 ", map[string]string{"baud": "19200", "parity": "even", "stop": "2", "data": "7"}, "COM3 19200 7E2")
	f("192.168.1.20:4001", nil, "192.168.1.20:4001")
	f("dtu:SN12345", nil, "dtu:SN12345")
	f("ttyUSB0", nil, `line address "ttyUSB0"`)
	f("192.168.1.20", nil, "line address")
	f("192.168.1.20:70000", nil, "line address")
	f("dtu:", nil, "the registration")
	f("/dev/ttyUSB0", map[string]string{"baud": "1"}, `baud is "1"`)
	f("/dev/ttyUSB0", map[string]string{"gap": "1h"}, `gap is "1h"`)
}

func FuzzParse(f *testing.F) {
	f.Add("192.168.1.20:4001", "9600", "even")
	f.Add("dtu:SN1", "", "")
	f.Fuzz(func(t *testing.T, address, baud, parity string) {
		a, err := line.Parse(address, map[string]string{"baud": baud, "parity": parity}, mode)
		if err == nil && (a.Place == "" || a.Mode.Character() <= 0) {
			t.Errorf("%q is taken for %+v", address, a)
		}
	})
}
