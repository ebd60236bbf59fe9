package opcua

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"

	"zhigai/plant"
)

// frame is an OPC UA connection protocol message.
func frame(kind string, body []byte) []byte {
	b := append([]byte(kind), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[4:], uint32(8+len(body)))
	return append(b, body...)
}

func ack(receive, send uint32) []byte {
	var b []byte
	for _, n := range []uint32{0, receive, send, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return frame("ACKF", b)
}

// Peers that are no OPC UA servers, or broken ones: an error, in time, and
// nothing worse.
func TestOpen_GarbagePeers(t *testing.T) {
	good := ack(65535, 65535)
	f := func(name string, answers ...[]byte) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			go serve(l, answers)
			d, err := open(t.TempDir(), "urn:test:zhigai")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			dev := plant.Device{Address: "opc.tcp://" + l.Addr().String(), Params: map[string]string{"policy": "None", "timeout": "300ms"}}
			c, err := d.Open(ctx, dev)
			if err == nil {
				_ = c.Close()
				t.Fatal("it opens")
			}
			if ctx.Err() != nil || !strings.Contains(err.Error(), l.Addr().String()) {
				t.Errorf("error %v; want one in time that names the device", err)
			}
		})
	}
	f("closes at once")
	f("says nothing", []byte{})
	f("HTTP", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f("zeros", make([]byte, 4096))
	f("ones", []byte(strings.Repeat("\xff", 4096)))
	f("length below the header", append([]byte("ACKF"), 4, 0, 0, 0))
	f("length of 4 GiB", append([]byte("ACKF"), 0xff, 0xff, 0xff, 0xff))
	f("error message", frame("ERRF", append([]byte{0, 0, 0x7d, 0x80}, 0xff, 0xff, 0xff, 0xff)))
	f("cut error message", frame("ERRF", []byte{1}))
	f("empty ACK", frame("ACKF", nil))
	f("no buffers", ack(0, 0))
	f("small buffers", ack(100, 100))
	f("silent after ACK", good, []byte{})
	f("garbage after ACK", good, []byte(strings.Repeat("\xab", 1000)))
	f("ACK twice", good, good)
	f("empty OPN", good, frame("OPNF", nil))
	f("short OPN", good, frame("OPNF", []byte{1, 0, 0, 0}))
	f("OPN of zeros", good, frame("OPNF", make([]byte, 200)))
	f("OPN with endless strings", good, frame("OPNF", append([]byte{1, 0, 0, 0}, []byte(strings.Repeat("\xff\xff\xff\x7f", 50))...)))
	f("MSG before OPN", good, frame("MSGF", make([]byte, 100)))
	f("short MSG", good, frame("MSGF", []byte{1}))
	f("abort", good, frame("MSGA", make([]byte, 16)))
	f("close", good, frame("CLOF", make([]byte, 16)))
}

// serve sends one answer after each thing it hears; an empty answer waits.
func serve(l net.Listener, answers [][]byte) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			buf := make([]byte, 65536)
			for _, a := range answers {
				if _, err := c.Read(buf); err != nil {
					return
				}
				if len(a) == 0 { // until the other side gives up
					_, _ = c.Read(buf)
					return
				}
				if _, err := c.Write(a); err != nil {
					return
				}
			}
			_, _ = c.Read(buf)
		}()
	}
}
