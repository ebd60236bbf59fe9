package modbus_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"zhigai/connect/line"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// linked makes a driver whose line ends at the party: a function that gets what
// the master writes and writes what the stations say.
func linked(t *testing.T, party func(rw io.ReadWriter)) *modbus.SerialDriver {
	t.Helper()
	var parties sync.WaitGroup
	t.Cleanup(parties.Wait)
	return modbus.NewSerial(line.NewPool(line.Options{Open: func(context.Context, line.Address) (io.ReadWriteCloser, error) {
		ours, theirs := net.Pipe()
		parties.Go(func() {
			party(theirs)
			_ = theirs.Close()
		})
		return ours, nil
	}}))
}

// unit is a station of the line behind linked.
func unit(n, timeout string) plant.Device {
	return plant.Device{Driver: modbus.KindSerial, Address: "/dev/line", Params: map[string]string{"unit": n, "timeout": timeout, "baud": "19200"}}
}

// questions cuts what the master writes into frames until it hangs up.
func questions(r io.Reader, each func(f pdu.Frame)) {
	var heard []byte
	b := make([]byte, 512)
	for {
		n, err := r.Read(b)
		if err != nil {
			return
		}
		for heard = append(heard, b[:n]...); ; {
			f, size, err := pdu.CutQuestionRTU(heard)
			if errors.Is(err, pdu.ErrShort) {
				break
			}
			if err != nil {
				heard = heard[1:]
				continue
			}
			f.Body = append([]byte(nil), f.Body...)
			heard = heard[size:]
			each(f)
		}
	}
}

// proving is a bank in which every register proves itself.
type proving struct{}

func proof(address uint16) uint16 { return address*31 + 7 }

func (proving) Registers(_ pdu.Table, a, n uint16) ([]uint16, error) {
	if int(a)+int(n) > 1<<16 {
		return nil, pdu.IllegalDataAddress
	}
	out := make([]uint16, n)
	for i := range out {
		out[i] = proof(a + uint16(i))
	}
	return out, nil
}
func (proving) Bits(pdu.Table, uint16, uint16) ([]byte, error) { return nil, pdu.IllegalFunction }
func (proving) SetRegisters(uint16, []uint16) error            { return nil }
func (proving) SetBits(uint16, []byte) error                   { return nil }

// slow is a station that often answers later than anybody waits.
type slow struct {
	late   func(r *rand.Rand) time.Duration // of one answer
	deaf   bool                             // does not hear questions while it thinks
	no     func(body []byte) bool           // stays silent to these
	after  func(w io.Writer, frame []byte)  // what it says behind an answer
	jitter func(r *rand.Rand) []byte        // noise before an answer

	answers int
}

func (s *slow) run(rw io.ReadWriter) {
	r := rand.New(rand.NewPCG(1, 2))
	asked := make(chan pdu.Frame, 1000)
	var thinking sync.WaitGroup
	var mu sync.Mutex
	busy := false
	thinking.Go(func() {
		for f := range asked {
			mu.Lock()
			busy = true
			mu.Unlock()
			time.Sleep(s.late(r))
			mu.Lock()
			busy = false
			mu.Unlock()
			var frame []byte
			if s.jitter != nil {
				frame = s.jitter(r)
			}
			frame = pdu.AppendRTU(frame, f.Unit, pdu.Answer(nil, f.Body, proving{}))
			if _, err := rw.Write(frame); err != nil {
				continue
			}
			s.answers++
			if s.after != nil {
				s.after(rw, frame)
			}
		}
	})
	questions(rw, func(f pdu.Frame) {
		mu.Lock()
		skip := busy && s.deaf || s.no != nil && s.no(f.Body)
		mu.Unlock()
		if !skip {
			asked <- f
		}
	})
	close(asked)
	thinking.Wait()
}
