package modbus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

const scanExample = `write for example "/dev/ttyUSB0 9600,19200 1-32", "COM3 9600 even 1-10" or "192.168.1.20:4001 1-32 ascii"`

// scanTime bounds the search of one line: 247 units at two speeds.
const scanTime = 4 * time.Minute

// scan is what a line is searched for.
type scan struct {
	address     string
	speeds      []string
	params      map[string]string
	first, last int
}

// Discover implements [connect.Discoverer]: it asks every unit of a range, at one
// speed after the other until somebody answers. It only reads.
func (d *SerialDriver) Discover(ctx context.Context, where string) ([]connect.Found, error) {
	s, err := parseScan(where)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	units := s.last - s.first + 1
	for i, speed := range s.speeds {
		found, err := d.look(ctx, s, speed, func(looked int, found []connect.Found) {
			connect.Looked(ctx, i*units+looked, len(s.speeds)*units, found)
		})
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, ctx.Err()
}

func (d *SerialDriver) look(ctx context.Context, s scan, speed string, looked func(int, []connect.Found)) ([]connect.Found, error) {
	device := func(unit int) plant.Device {
		params := maps.Clone(s.params)
		params["unit"] = strconv.Itoa(unit)
		if speed != "" {
			params["baud"] = speed
		}
		return plant.Device{Driver: KindSerial, Address: s.address, Params: params}
	}
	holding, err := d.Open(ctx, device(s.first)) // keeps the line open for all units
	if err != nil {
		return nil, err
	}
	defer holding.Close()
	var found []connect.Found
	for unit := s.first; unit <= s.last && ctx.Err() == nil; unit++ {
		opened, err := d.Open(ctx, device(unit))
		if err != nil {
			return found, err
		}
		c := opened.(*conn)
		c.link.urge()
		var here []connect.Found
		if title, ok := c.title(ctx); ok {
			here = append(here, connect.Found{Device: device(unit), Title: title})
		}
		c.Close()
		found = append(found, here...)
		looked(unit-s.first+1, here)
	}
	return found, nil
}

func parseScan(where string) (scan, error) {
	s := scan{params: map[string]string{}, first: pdu.MinUnit, last: 32}
	wrong := func(what string) (scan, error) {
		return s, fmt.Errorf("modbus search %q: %s; %s", where, what, scanExample)
	}
	fields := strings.Fields(where)
	if len(fields) == 0 {
		return wrong("which line?")
	}
	s.address = fields[0]
	for _, f := range fields[1:] {
		if err := s.word(f); err != nil {
			return wrong(err.Error())
		}
	}
	if s.speeds == nil {
		s.speeds = []string{""}
	}
	for _, speed := range s.speeds {
		params := maps.Clone(s.params)
		if speed != "" {
			params["baud"] = speed
		}
		if _, err := serialSettings(plant.Device{Address: s.address, Params: params}); err != nil {
			return wrong(err.Error())
		}
	}
	return s, nil
}

func (s *scan) word(f string) error {
	if slices.Contains([]string{"even", "odd", "none"}, f) {
		s.params["parity"] = f
		return nil
	}
	if _, ok := framings[f]; ok {
		s.params["framing"] = f
		return nil
	}
	if n, err := strconv.Atoi(f); strings.Contains(f, ",") || err == nil && n > pdu.MaxUnit {
		s.speeds = strings.Split(f, ",")
		return nil
	}
	var err error
	if s.first, s.last, err = span(f); err != nil || s.first < pdu.MinUnit || s.last > pdu.MaxUnit {
		return errors.New("units " + strconv.Quote(f))
	}
	return nil
}
