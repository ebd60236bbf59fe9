package text_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/line"
	"zhigai/connect/peer"
	"zhigai/connect/text"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func device(t *testing.T, port string) *peer.Process {
	t.Helper()
	p := peer.Python(t, "../..", "text/device.py", "serial", "apt-get install python3-serial", port)
	p.Wait("listening")
	return p
}

const sics = `weight /^S +[SD] +(?P<weight>-?[0-9.]+) *(?P<unit>g|kg)$/`

// What every driver promises, against scales and a gauge on a cable.
func TestConformance(t *testing.T) {
	t.Parallel()
	cable := peer.NewCable(t)
	there := device(t, cable.A)
	conntest.Run(t, conntest.Party{
		Driver: text.New(line.NewPool(line.Options{})),
		Device: plant.Device{Driver: text.Kind, Address: cable.B, Params: map[string]string{"timeout": "1s"}},
		Values: []conntest.Value{
			{Address: sics + ` ask "S\r\n"`, Kind: plant.KindNumber, Number: 100},
			{Address: sics + ` ask "S\r\n" in kg`, Kind: plant.KindNumber, Number: 0.1},
			{Address: sics + ` ask "SI\r\n" in g`, Kind: plant.KindNumber, Number: -250},
			{Address: `serial /^I4 A "(?P<serial>[^"]*)"$/ ask "I4\r\n"`, Kind: plant.KindText, Text: "B021002593"},
			{Address: `size /^01A(?P<size>[+-][0-9.]+)$/ ask "1\r"`, Kind: plant.KindNumber, Number: 12.34},
			{Address: `net /^N +(?P<net>[+-] *[0-9,]+) *(?P<unit>\w+)/ ask "\x1bP\r\n" in kg comma`, Kind: plant.KindNumber, Number: 12.5},
		},
		Missing:     connect.Point{Address: sics + ` ask "XX\r\n"`, Kind: plant.KindNumber},
		WrongPoint:  connect.Point{Address: "weight", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: text.Kind, Address: "scale"},
		Stop:        func() { there.Kill(); cable.Pull() },
		Start:       func() { cable.Plug(); there = device(t, cable.A) },
	})
}

// A scanner and a scale that prints by itself: every line is delivered once, whole,
// whatever stands between.
func TestStream_Scanner(t *testing.T) {
	t.Parallel()
	cable := peer.NewCable(t)
	there := device(t, cable.A)
	driver := text.NewStream(line.NewPool(line.Options{}))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := driver.Open(ctx, plant.Device{Driver: text.KindStream, Address: cable.B})
	must(t, err)
	points := []connect.Point{
		{Address: `code /^(?P<code>[0-9A-Z-]{8,})$/`, Kind: plant.KindText},
		{Address: sics + " in g", Kind: plant.KindNumber},
	}
	got := make(chan connect.Reading, 100)
	alive := make(chan bool, 1)
	ended := make(chan error, 1)
	listening, stop := context.WithCancel(ctx)
	full := errors.New("disk full")
	go func() {
		ended <- c.(connect.Subscriber).Subscribe(listening, points, func(_ context.Context, readings []connect.Reading) error {
			for _, r := range readings {
				if r.Text == "REFUSED-1" {
					return full
				}
				got <- r
			}
			return nil
		}, func() {
			select {
			case alive <- true:
			default:
			}
		})
	}()
	<-alive // the line is open
	say := func(text string) {
		there.Send(map[string]string{"op": "say", "text": text})
		there.Wait("said")
	}
	want := func(point int, text string, number float64) {
		t.Helper()
		select {
		case r := <-got:
			if r.Point != point || r.Err != nil || r.Text != text || r.Number != number {
				t.Errorf("%+v; want %q %v of point %d", r, text, number, point)
			}
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		case <-ctx.Done():
			t.Fatalf("%q %v did not come", text, number)
		}
	}
	say("6901234567892\r\n")
	want(0, "6901234567892", 0)
	say("690123")
	say("4567908\r\nS S     100.00 g\r\n\r\nhello\r\nLOT-2026-11\r")
	want(0, "6901234567908", 0)
	want(1, "", 100)
	want(0, "LOT-2026-11", 0)
	say("REFUSED-1\r\n")
	if err := <-ended; !errors.Is(err, full) {
		t.Errorf("Subscribe ended with %v; want the sink's error", err)
	}
	stop()
	must(t, c.Close())
}

func TestCheckPoint(t *testing.T) {
	asked, stream := text.New(nil), text.NewStream(nil)
	f := func(d *text.Driver, address string, kind plant.TagKind, says string) {
		t.Helper()
		err := d.CheckPoint(address, kind)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "write")) {
			t.Errorf("%s: %v; want %q", address, err, says)
		}
	}
	f(asked, sics+` ask "S\r\n" in g`, plant.KindNumber, "")
	f(stream, sics, plant.KindNumber, "")
	f(asked, sics, plant.KindNumber, "what is it asked")
	f(stream, sics+` ask "S"`, plant.KindNumber, "speaks by itself")
	f(asked, `weight /(/ ask "S"`, plant.KindNumber, "missing closing")
	f(asked, `mass /^(?P<weight>.*)$/ ask "S"`, plant.KindNumber, "no group (?P<mass>")
	f(asked, `weight /^(?P<weight>.*)$/ ask S`, plant.KindNumber, "quotation marks")
	f(asked, `weight /^(?P<weight>.*)$/ ask "S" in g`, plant.KindNumber, "(?P<unit>")
	f(asked, sics+` ask "S" in furlong`, plant.KindNumber, "unit furlong")
	f(asked, sics+` ask "S" often`, plant.KindNumber, "the word often")
}
