package sim

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
)

// textLine is a line that a device says: made from the pattern by which it is
// understood.
type textLine struct {
	ask     string // "" for a device that speaks by itself
	pattern *regexp.Regexp
	pieces  []piece
	groups  map[string]int // slots by group
	comma   bool           // decimals stand behind one
}

// piece is text that is always the same, or a signal.
type piece struct {
	text  string
	slot  int // -1 for text
	group int
	takes *regexp.Regexp // what the group takes
}

const (
	maxQuestion = 1024 // what a device keeps of bytes that are no question
	maxWidth    = 12   // characters of a number of fixed width
	maxPattern  = 400  // characters; those of real devices have some ten
)

// textAddress reads `GROUP /PATTERN/ [ask "QUESTION"] [in UNIT] [comma]`.
var textAddress = regexp.MustCompile(`^(\S+) +/(.*)/(?: +ask +("(?:[^"\\]|\\.)*"))?(?: +in +(\S+))?( +comma)?$`)

// lines are those of a machine: signals of one pattern and question share one.
func (m *machine) lines() ([]*textLine, error) {
	var out []*textLine
	groups := map[*textLine]map[string]int{} // slots by group
	inUnit := map[*textLine]string{}
	for slot, s := range m.kind.Signals {
		f := textAddress.FindStringSubmatch(strings.TrimSpace(s.At))
		if f == nil || len(f[2]) > maxPattern {
			return nil, fmt.Errorf(`%s: address %q; write for example weight /^S +(?P<weight>[0-9.]+) kg$/ ask "S\r\n"`, s.Name, s.At)
		}
		pattern, err := regexp.Compile(f[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %w; write a pattern", s.Name, err)
		}
		ask := ""
		if f[3] != "" {
			if ask, err = strconv.Unquote(f[3]); err != nil {
				return nil, fmt.Errorf("%s: question %s: %w; write it in quotation marks", s.Name, f[3], err)
			}
		}
		i := slices.IndexFunc(out, func(l *textLine) bool { return l.ask == ask && l.pattern.String() == f[2] })
		if i < 0 {
			i = len(out)
			out = append(out, &textLine{ask: ask, pattern: pattern})
			groups[out[i]] = map[string]int{}
		}
		l := out[i]
		if _, taken := groups[l][f[1]]; taken {
			return nil, fmt.Errorf("%s: group %s of the pattern is another signal's; write another group", s.Name, f[1])
		}
		groups[l][f[1]], l.comma = slot, l.comma || f[5] != ""
		if f[4] != "" {
			inUnit[l] = f[4]
		}
	}
	for _, l := range out {
		l.groups = groups[l]
		tree, err := syntax.Parse(l.pattern.String(), syntax.Perl)
		if err != nil {
			return nil, err
		}
		l.walk(tree.Simplify(), inUnit[l])
		if _, err := l.say(m, true); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// walk makes the shortest text that the pattern fits, with the signals in it.
func (l *textLine) walk(re *syntax.Regexp, unit string) {
	switch re.Op {
	case syntax.OpLiteral:
		l.add(string(re.Rune))
	case syntax.OpCharClass:
		l.add(string(plainRune(re.Rune)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		l.add(" ")
	case syntax.OpCapture:
		if slot, ok := l.groups[re.Name]; ok {
			l.pieces = append(l.pieces, piece{slot: slot, group: re.Cap, takes: entire(re.Sub[0])})
			return
		}
		if re.Name == "unit" && unit != "" && entire(re.Sub[0]).MatchString(unit) {
			l.add(unit)
			return
		}
		l.walk(re.Sub[0], unit)
	case syntax.OpPlus, syntax.OpAlternate:
		l.walk(re.Sub[0], unit)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			l.walk(sub, unit)
		}
	}
}

// entire takes what the part of a pattern takes, and nothing beside it.
func entire(re *syntax.Regexp) *regexp.Regexp {
	return regexp.MustCompile("^(?:" + re.String() + ")$") // a part of what compiled
}

func (l *textLine) add(text string) { l.pieces = append(l.pieces, piece{text: text, slot: -1}) }

// plainRune is a blank, a digit or else the first of a class, given as pairs.
func plainRune(pairs []rune) rune {
	for _, r := range " 0" {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] <= r && r <= pairs[i+1] {
				return r
			}
		}
	}
	if len(pairs) == 0 {
		return ' '
	}
	return pairs[0]
}

var errNoForm = errors.New("no value of the machine fits it; write a group that takes a number such as 12.5, 12 or 0012")

// say is the line now; trial takes 12.5 for every number.
func (l *textLine) say(m *machine, trial bool) (string, error) {
	var line strings.Builder
	said := map[int]piece{} // by group
	for _, p := range l.pieces {
		if p.slot >= 0 {
			forms := m.printed(p.slot, l.comma, trial)
			i := max(slices.IndexFunc(forms, p.takes.MatchString), 0) // the usual form, and below it is said that it does not fit
			p.text = forms[i]
			said[p.group] = p
		}
		line.WriteString(p.text)
	}
	f := l.pattern.FindStringSubmatch(line.String())
	for name, slot := range l.groups {
		group := l.pattern.SubexpIndex(name)
		if p, ok := said[group]; !ok || f == nil || f[group] != p.text {
			return line.String(), fmt.Errorf("%s: pattern %q: %w", m.kind.Signals[slot].Name, l.pattern, errNoForm)
		}
	}
	return line.String(), nil
}

// printed are the forms in which devices print a value, the usual first.
func (m *machine) printed(slot int, comma, trial bool) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, v := &m.kind.Signals[slot], m.values[slot]
	switch {
	case s.Kind == plant.KindText && trial:
		return []string{"A1", "1", "A", "A12345"}
	case s.Kind == plant.KindText:
		return []string{v.text}
	case s.Kind == plant.KindBoolean && v.num != 0:
		return []string{"1", "ON", "TRUE", "YES", "OK", "on", "true", "yes"}
	case s.Kind == plant.KindBoolean:
		return []string{"0", "OFF", "FALSE", "NO", "NG", "off", "false", "no"}
	}
	number := s.onWire(v.num)
	if trial {
		number = 12.5
	}
	var out []string
	for _, digits := range []int{-1, 4, 3, 2, 1, 0} {
		text := strconv.FormatFloat(round(number, max(digits, 0)), 'f', digits, 64)
		if digits < 0 {
			text = strconv.FormatFloat(round(number, 6), 'f', -1, 64)
		}
		if comma {
			text = strings.Replace(text, ".", ",", 1)
		}
		out = append(out, text)
		for width := len(text) + 1; width <= maxWidth; width++ {
			fill := width - len(text)
			out = append(out, strings.Repeat(" ", fill)+text, strings.Repeat("0", fill)+text)
		}
	}
	return out
}

// serveText serves a machine that is asked for lines.
func (p *Plant) serveText(host, port string, machines []*machine) (string, error) {
	return p.serveLines(host, port, machines, answerLines)
}

// serveTextStream serves one that says them each second.
func (p *Plant) serveTextStream(host, port string, machines []*machine) (string, error) {
	return p.serveLines(host, port, machines, tellLines)
}

func (p *Plant) serveLines(host, port string, machines []*machine, serve func(net.Conn, *machine, []*textLine)) (string, error) {
	m := machines[0]
	if len(machines) != 1 {
		return "", fmt.Errorf("%s and %s: lines carry no address; give each machine one of its own", m.path, machines[1].path)
	}
	lines, err := m.lines()
	if err != nil {
		return "", fmt.Errorf("%s: %w", m.path, err)
	}
	s, err := answerCallers(net.JoinHostPort(host, port), func(c net.Conn) { serve(c, m, lines) })
	if err != nil {
		return "", err
	}
	p.closing(s.close)
	return s.l.Addr().String(), nil
}

func answerLines(c net.Conn, m *machine, lines []*textLine) {
	var heard []byte
	var buf [512]byte
	for {
		n, err := c.Read(buf[:])
		if err != nil {
			return
		}
		heard = append(heard, buf[:n]...)
		for _, l := range lines {
			i := bytes.Index(heard, []byte(l.ask))
			if i < 0 {
				continue
			}
			heard = heard[i+len(l.ask):]
			if l.tell(c, m) != nil {
				return
			}
		}
		if len(heard) > maxQuestion {
			heard = nil
		}
	}
}

func tellLines(c net.Conn, m *machine, lines []*textLine) {
	gone := make(chan struct{})
	go func() { // ends with the connection, which the caller closes
		defer close(gone)
		var buf [64]byte
		for {
			if _, err := c.Read(buf[:]); err != nil {
				return
			}
		}
	}()
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		for _, l := range lines {
			if l.tell(c, m) != nil {
				return
			}
		}
		select {
		case <-gone:
			return
		case <-ticker.C:
		}
	}
}

// tell says the line; a machine that is off says nothing.
func (l *textLine) tell(c net.Conn, m *machine) error {
	if m.is(Unplug) || m.is(Silent) {
		return nil
	}
	line, err := l.say(m, false)
	if err != nil || m.is(Garbage) || m.is(NaN) || m.is(Sentinel) {
		line = "#ERR" // as devices say that they have no value
	}
	_, err = c.Write([]byte(line + "\r\n"))
	return err
}
