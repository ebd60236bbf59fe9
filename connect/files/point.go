package files

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"zhigai/connect"
	"zhigai/plant"
)

// point is where a value stands in a file.
type point struct {
	how     string
	arg     string         // column or name
	channel int            // of a WAVE file, from 0
	pattern *regexp.Regexp // in a report
	kind    plant.TagKind
	wrong   error
}

// Ways to a value.
const (
	byColumn  = "column"  // column 外径, column #3: of every row
	byName    = "name"    // name 温度1: of the row with that name
	byPattern = "pattern" // pattern Roundness\s+(\S+): of a report
	byWave    = "wave"    // wave 振动: all values of the column are one waveform
	byChannel = "channel" // channel 1: of a WAVE file
	byFile    = "file"    // the name of the file
)

const pointExample = `write for example "column 外径", "column #3", "name 温度1", "pattern Roundness\s+(\S+)", "wave 振动", "channel 1" or "file"`

func parsePoint(address string, kind plant.TagKind) (point, error) {
	how, arg, _ := strings.Cut(address, " ")
	p := point{how: how, arg: strings.TrimSpace(arg), kind: kind}
	wave := how == byWave || how == byChannel
	switch {
	case wave != (kind == plant.KindWaveform):
		return p, fmt.Errorf("files point %q of the kind %s: write kind waveform with wave or channel, and another kind with the others", address, kind)
	case how == byFile && p.arg == "" && kind == plant.KindText:
		return p, nil
	case p.arg == "" || how == byFile:
		return p, fmt.Errorf("files point %q; %s", address, pointExample)
	}
	var err error
	switch how {
	case byColumn, byName, byWave:
	case byPattern:
		if p.pattern, err = pattern(p.arg, 1); err != nil {
			return p, fmt.Errorf("files point %q: %w", address, err)
		}
	case byChannel:
		n, err := strconv.Atoi(p.arg)
		if err != nil || n < 1 || n > 64 {
			return p, fmt.Errorf("files point %q: write the number of the channel, from 1", address)
		}
		p.channel = n - 1
	default:
		return p, fmt.Errorf("files point %q; %s", address, pointExample)
	}
	return p, nil
}

func parsePoints(points []connect.Point) []point {
	out := make([]point, len(points))
	for i, p := range points {
		var err error
		if out[i], err = parsePoint(p.Address, p.Kind); err != nil {
			out[i].wrong = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
		}
	}
	return out
}
