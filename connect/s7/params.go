package s7

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// params reads a device's parameters and keeps the first that is wrong.
type params struct {
	device plant.Device
	err    error
}

func (p *params) get(name string) (string, bool) {
	text, ok := p.device.Params[name]
	return text, ok && p.err == nil
}

func (p *params) wrong(name, text, write string) {
	p.err = fmt.Errorf("s7 device %s: %s is %q; write %s", p.device.Address, name, text, write)
}

func (p *params) number(name string, otherwise, least, most int) int {
	text, ok := p.get(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.wrong(name, text, fmt.Sprintf("%d to %d", least, most))
		return otherwise
	}
	return n
}

func (p *params) span(name string, least, most time.Duration) time.Duration {
	text, ok := p.get(name)
	if !ok {
		return 0
	}
	v, err := time.ParseDuration(text)
	if err != nil || v < least || v > most {
		p.wrong(name, text, fmt.Sprintf("%s to %s", least, most))
	}
	return v
}

// tsap reads four hexadecimal digits, with or without a point as STEP 7 writes
// them.
func (p *params) tsap(name string, otherwise pdu.TSAP) pdu.TSAP {
	text, ok := p.get(name)
	if !ok {
		return otherwise
	}
	digits := strings.Replace(text, ".", "", 1)
	n, err := strconv.ParseUint(digits, 16, 16)
	if err != nil || len(digits) != 4 {
		p.wrong(name, text, `four hexadecimal digits, for example "03.01"`)
	}
	return pdu.TSAP(n)
}

func choice[T any](p *params, name, otherwise string, of map[string]T) string {
	text, ok := p.get(name)
	if !ok {
		return otherwise
	}
	if _, known := of[strings.ToLower(text)]; !known {
		p.wrong(name, text, strings.Join(slices.Sorted(maps.Keys(of)), ", "))
		return otherwise
	}
	return strings.ToLower(text)
}
