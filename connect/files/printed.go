package files

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/document"
	"zhigai/connect/files/table"
)

// maxReports bounds the reports of one file.
const maxReports = 100_000

// reports reads printed reports: each begins where the pattern record fits, and
// what stands above the first – the heading of the page – holds for all.
func (s *source) reports(raw []byte) error {
	text, err := table.Text(raw, s.settings.layout.Encoding)
	if err != nil {
		return err
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("%w: it is empty", table.ErrMalformed)
	}
	heading, parts := "", []span{{0, len(text)}}
	if s.settings.record != nil {
		begins := s.settings.record.FindAllStringIndex(text, maxReports+1)
		if len(begins) == 0 || len(begins) > maxReports {
			return fmt.Errorf("%w: %d reports in it by the pattern %q; write a param record that fits the first line of each", table.ErrMalformed, len(begins), s.settings.record)
		}
		heading, parts = text[:begins[0][0]], nil
		for i, b := range begins {
			end := len(text)
			if i+1 < len(begins) {
				end = begins[i+1][0]
			}
			parts = append(parts, span{b[0], end})
		}
	}
	if err := s.hand(s.refused(func(p *point) error {
		if p.how == byPattern || p.how == byFile {
			return nil
		}
		return fmt.Errorf("%w: %s is a printed report; a %s stands in tables", connect.ErrUnconfigured, s.file.name, p.how)
	})); err != nil {
		return err
	}
	for n, part := range parts {
		if err := s.printed(n, 1+strings.Count(text[:part.from], "\n"), text[part.from:part.to], heading); err != nil {
			return err
		}
	}
	return nil
}

type span struct{ from, to int }

// printed hands one report on.
func (s *source) printed(n, line int, text, heading string) error {
	at := s.base.Add(time.Duration(n) * time.Microsecond)
	if s.settings.pattern != nil && !s.settings.timeInName {
		var ok bool
		if at, ok = s.find(s.settings.pattern, text); !ok {
			at, ok = s.find(s.settings.pattern, heading)
		}
		if !ok {
			s.problem(table.Problem{Line: line, What: "a report without a time", Fix: "write a param time whose pattern fits it"})
			return nil
		}
	}
	var out []connect.Reading
	for _, i := range s.patterns() {
		p := &s.points[i]
		if p.how == byFile {
			out = append(out, connect.Reading{Point: i, Source: at, Text: s.file.name})
			continue
		}
		m := p.pattern.FindStringSubmatchIndex(text)
		from, where := text, line
		if m == nil || m[2] < 0 {
			m, from, where = p.pattern.FindStringSubmatchIndex(heading), heading, 1
		}
		if m == nil || m[2] < 0 {
			out = append(out, connect.Reading{Point: i, Source: at, Err: fmt.Errorf("%w: nothing in %s line %d fits %q", connect.ErrUnconfigured, s.file.name, line, p.arg)})
			continue
		}
		out = s.cell(out, i, where+strings.Count(from[:m[2]], "\n"), p.arg, strings.TrimSpace(from[m[2]:m[3]]), at)
	}
	return s.hand(out)
}

// find reads the time that a pattern's groups, joined by spaces, give.
func (s *source) find(p *regexp.Regexp, text string) (time.Time, bool) {
	m := p.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false
	}
	return document.ParseTime(strings.Join(m[1:], " "), s.settings.zone)
}
