package line

import (
	"encoding/hex"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Kind is what a line is.
type Kind byte

const (
	// Serial is a port of this machine.
	Serial Kind = iota
	// Stream is a TCP connection to a serial server that passes bytes on.
	Stream
	// DTU is a modem that dials in to us and registers.
	DTU
)

// Parity of a character.
type Parity byte

// Parities, as the parameter writes them.
const (
	NoParity   Parity = 'n'
	OddParity  Parity = 'o'
	EvenParity Parity = 'e'
)

// Mode is how characters are sent.
type Mode struct {
	Baud   int
	Data   int // bits
	Parity Parity
	Stop   int // bits
}

// String is the mode in short, 9600 8N1.
func (m Mode) String() string {
	return fmt.Sprintf("%d %d%s%d", m.Baud, m.Data, strings.ToUpper(string(rune(m.Parity))), m.Stop)
}

// Character is how long one takes on the wire: a start bit, data, parity, stop.
func (m Mode) Character() time.Duration {
	bits := 1 + m.Data + m.Stop
	if m.Parity != NoParity {
		bits++
	}
	return time.Duration(bits) * time.Second / time.Duration(m.Baud)
}

// Address is a line as a device names it.
type Address struct {
	Kind      Kind
	Place     string // /dev/ttyUSB0, COM3, 192.168.1.20:4001 or the registration of a DTU
	Mode      Mode
	Listen    string // where DTUs dial in
	Heartbeat []byte // what a DTU says to keep its connection; nil when that is unknown
	Gap       time.Duration
}

// key is what makes two addresses the same line.
func (a Address) key() string { return string('0'+rune(a.Kind)) + a.Listen + " " + a.Place }

// String is the address for people.
func (a Address) String() string {
	switch a.Kind {
	case Serial:
		return a.Place + " " + a.Mode.String()
	case DTU:
		return "dtu:" + a.Place
	}
	return a.Place
}

// Params are the device parameters that [Parse] reads.
var Params = []string{"baud", "data", "parity", "stop", "gap", "listen", "heartbeat"}

// DefaultListen is where DTUs dial in when the device does not say: near Modbus's
// 502, and open to a user without rights.
const DefaultListen = ":5020"

const example = `write a serial port (/dev/ttyUSB0, COM3), a serial server (192.168.1.20:4001) or the registration of a DTU (dtu:SN12345)`

// serialPort is the name of a port on Linux, Windows and macOS.
var serialPort = regexp.MustCompile(`^(/\S+|(?i:COM)[0-9]{1,3})$`)

// Parse reads a device's address and parameters. Otherwise is what holds for
// characters when the device does not say.
func Parse(address string, params map[string]string, otherwise Mode) (Address, error) {
	a := Address{Mode: otherwise}
	text := strings.TrimSpace(address)
	registration, isDTU := strings.CutPrefix(text, "dtu:")
	switch {
	case isDTU && registration != "" && len(registration) <= maxRegistration:
		a.Kind, a.Place, a.Listen = DTU, registration, DefaultListen
	case isDTU:
		return a, fmt.Errorf("line address %q; write dtu: and the registration that the DTU is set to send, 1 to %d characters, or 0x and its bytes", address, maxRegistration)
	case serialPort.MatchString(text):
		a.Kind, a.Place = Serial, text
	default:
		host, port, err := net.SplitHostPort(text)
		if n, wrong := strconv.Atoi(port); err != nil || host == "" || wrong != nil || n < 1 || n > 65535 {
			return a, fmt.Errorf("line address %q; %s", address, example)
		}
		a.Kind, a.Place = Stream, text
	}
	return a, a.params(params)
}

func (a *Address) params(params map[string]string) error {
	var wrong error
	look := func(name, write string, set func(text string) bool) {
		if text, ok := params[name]; ok && wrong == nil && !set(strings.TrimSpace(text)) {
			wrong = fmt.Errorf("line %s: %s is %q; write %s", a.Place, name, text, write)
		}
	}
	number := func(least, most int, to *int) func(string) bool {
		return func(text string) bool {
			n, err := strconv.Atoi(text)
			*to = n
			return err == nil && n >= least && n <= most
		}
	}
	look("baud", "300 to 4000000, for example 9600", number(300, 4_000_000, &a.Mode.Baud))
	look("data", "7 or 8", number(7, 8, &a.Mode.Data))
	look("stop", "1 or 2", number(1, 2, &a.Mode.Stop))
	look("parity", "none, even or odd", func(text string) bool {
		p, ok := map[string]Parity{"none": NoParity, "even": EvenParity, "odd": OddParity, "n": NoParity, "e": EvenParity, "o": OddParity}[strings.ToLower(text)]
		a.Mode.Parity = p
		return ok
	})
	look("gap", "0s to 1s", func(text string) bool {
		d, err := time.ParseDuration(text)
		a.Gap = d
		return err == nil && d >= 0 && d <= time.Second
	})
	look("listen", "host:port, for example :5020", func(text string) bool {
		_, port, err := net.SplitHostPort(text)
		n, bad := strconv.Atoi(port)
		a.Listen = text
		return err == nil && bad == nil && n >= 0 && n <= 65535 && a.Kind == DTU
	})
	look("heartbeat", "a text, or 0x and its bytes", func(text string) bool {
		b, ok := literal(text)
		a.Heartbeat = b
		return ok && len(b) > 0
	})
	return wrong
}

// literal reads 0x3132 as bytes and everything else as it is.
func literal(text string) ([]byte, bool) {
	digits, isHex := strings.CutPrefix(text, "0x")
	if !isHex {
		return []byte(text), true
	}
	b, err := hex.DecodeString(digits)
	return b, err == nil
}

// silence is how long nobody may have spoken before a question: 3.5 characters
// (MODBUS over Serial Line V1.02, clause 2.5.1.1, which says 1.75 ms above 19,200
// baud). Behind a network the gateway keeps it, and only what it joins counts.
func (a Address) silence() time.Duration {
	least := 1750 * time.Microsecond
	if a.Mode.Baud <= 19_200 {
		least = a.Mode.Character() * 7 / 2
	}
	return max(least, a.Gap)
}
