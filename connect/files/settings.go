package files

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/files/table"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// settings is a device's address and params, understood.
type settings struct {
	folder string
	match  string
	format string // "": by the name of the file
	layout table.Options
	comma  bool // decimal comma
	zone   *time.Location
	// time is where a row's or report's time stands: columns joined by +, a
	// pattern of a report, or a pattern of the file's name.
	time       string
	timeInName bool
	pattern    *regexp.Regexp // of time, where it is one
	// names and values are the columns of a list with one value a line.
	names, values string
	record        *regexp.Regexp // with which each record of a report begins
	rate          float64        // of waveforms in columns, Hz
	move          bool
	settle        time.Duration
}

// Formats of files.
const (
	formatCSV   = "csv"
	formatExcel = "excel"
	formatText  = "text"
	formatWAV   = "wav"
)

var formats = []string{formatCSV, formatExcel, formatText, formatWAV}

const (
	// defaultSettle is how long a file must not have changed: programs write
	// reports in one go, and a copy over a network may pause for a second.
	defaultSettle = 2 * time.Second
	maxSettle     = time.Hour
	maxPattern    = 1000
)

// defaultZone is where the plant is: a file without a zone means its wall clock.
// China has one zone and no summer time.
var defaultZone = time.FixedZone("UTC+8", 8*60*60)

const knownParams = "match, format, encoding, delimiter, decimal, header, sheet, zone, time, names, values, record, rate, after, settle"

func parseSettings(dev plant.Device) (settings, error) {
	s := settings{folder: path.Clean(dev.Address), match: "*", zone: defaultZone, settle: defaultSettle, layout: table.Options{Header: 1}}
	if dev.Address == "" || !filepath.IsLocal(filepath.FromSlash(dev.Address)) || strings.Contains(dev.Address, `\`) {
		return s, fmt.Errorf("files address %q: write a folder below the node's folder for files, for example cmm/room1; / divides, and .. leads nowhere", dev.Address)
	}
	for key, v := range dev.Params {
		if err := s.set(key, v); err != nil {
			return s, fmt.Errorf("files param %s: %w", key, err)
		}
	}
	return s, s.check()
}

func (s *settings) set(key, v string) (err error) {
	switch key {
	case "match":
		s.match = v
		if _, err := path.Match(v, "x"); err != nil || strings.Contains(v, "/") {
			return fmt.Errorf("%q; write a pattern of file names, for example *.csv", v)
		}
	case "format":
		if s.format = v; !slices.Contains(formats, v) {
			return fmt.Errorf("%q; write one of %s", v, strings.Join(formats, ", "))
		}
	case "time":
		return s.setTime(v)
	case "names":
		s.names = v
	case "values":
		s.values = v
	case "record":
		s.record, err = pattern(v, 0)
		return err
	case "rate":
		if s.rate, err = strconv.ParseFloat(v, 64); err != nil || !(s.rate > 0 && s.rate <= waveform.MaxRate) {
			return fmt.Errorf("%q; write the values a second, for example 25600", v)
		}
	case "after":
		if s.move = v == "move"; !s.move && v != "leave" {
			return fmt.Errorf("%q; write move, to done and failed, or leave", v)
		}
	case "settle":
		if s.settle, err = time.ParseDuration(v); err != nil || s.settle < 0 || s.settle > maxSettle {
			return fmt.Errorf("%q; write a duration up to %v, for example 2s", v, maxSettle)
		}
	default:
		return s.setLayout(key, v)
	}
	return nil
}

func (s *settings) setLayout(key, v string) (err error) {
	switch key {
	case "encoding":
		if s.layout.Encoding = v; !slices.Contains([]string{table.UTF8, table.GB18030, table.UTF16}, v) {
			return fmt.Errorf("%q; write %s, %s or %s, or leave it out", v, table.UTF8, table.GB18030, table.UTF16)
		}
	case "delimiter":
		if v == "tab" {
			v = "\t"
		}
		if one := []rune(v); len(one) == 1 && one[0] != '"' && one[0] != '\n' && one[0] != '\r' {
			s.layout.Delimiter = one[0]
			return nil
		}
		return fmt.Errorf("%q; write one character, or tab", v)
	case "decimal":
		if s.comma = v == ","; !s.comma && v != "." {
			return fmt.Errorf("%q; write . or ,", v)
		}
	case "header":
		if s.layout.Header, err = strconv.Atoi(v); err != nil || s.layout.Header < 0 || s.layout.Header > 1000 {
			return fmt.Errorf("%q; write the line of the column names, or 0 for none", v)
		}
	case "sheet":
		s.layout.Sheet = v
	case "zone":
		if s.zone, err = time.LoadLocation(v); err != nil {
			return fmt.Errorf("%q; write a name of the time zone database, for example Asia/Shanghai", v)
		}
	default:
		return fmt.Errorf("not known; write one of %s", knownParams)
	}
	return nil
}

// setTime understands "name PATTERN" itself; what else it means depends on the
// format.
func (s *settings) setTime(v string) (err error) {
	s.time = v
	if of, ok := strings.CutPrefix(v, "name "); ok {
		s.timeInName = true
		s.pattern, err = pattern(of, 1)
	}
	return err
}

// pattern is a regular expression with so many groups at the least.
func pattern(text string, groups int) (*regexp.Regexp, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("a pattern of %d characters; write at most %d", len(text), maxPattern)
	}
	p, err := regexp.Compile("(?m)" + text)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w; write a regular expression (RE2)", text, err)
	}
	if p.NumSubexp() < groups {
		return nil, fmt.Errorf("pattern %q has no group; write the value in ( ), for example Diameter\\s+(\\S+)", text)
	}
	return p, nil
}

func (s *settings) check() (err error) {
	if (s.names == "") != (s.values == "") {
		return errors.New("files params names and values: write both, the columns of the name and of the value")
	}
	if s.format == formatText && s.time != "" && !s.timeInName {
		if s.pattern, err = pattern(s.time, 1); err != nil {
			return fmt.Errorf("files param time: %w", err)
		}
	}
	if s.record != nil && s.format != formatText {
		return errors.New("files param record is for printed reports; write format: text as well")
	}
	return nil
}

// matches reports whether a file is one of the device's: not hidden, and none
// that a program is still at.
func (s *settings) matches(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, "~") {
		return false
	}
	for _, suffix := range []string{".tmp", ".part", ".partial", ".crdownload", ".filepart", problemSuffix} {
		if strings.HasSuffix(lower, suffix) {
			return false
		}
	}
	ok, _ := path.Match(strings.ToLower(s.match), lower) // the pattern was tried
	return ok
}

// formatOf is the format of a file.
func (s *settings) formatOf(name string) string {
	if s.format != "" {
		return s.format
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".xlsx", ".xlsm", ".xls":
		return formatExcel
	case ".wav":
		return formatWAV
	}
	return formatCSV
}
