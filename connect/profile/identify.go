package profile

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"zhigai/connect"
	"zhigai/plant"
)

// Recognised is what a device turned out to be.
type Recognised struct {
	Profile  string
	Identity connect.Identity // of what the profile's rules say that it is
}

// Identify asks a device what it is: the profile all of whose identify rules
// fit, and of several the one with the most rules. Profiles without rules are
// never proposed, and neither is one of two that fit equally well. No point is
// asked for twice.
func (l *Library) Identify(ctx context.Context, conn connect.Conn, driver string) (out Recognised, ok bool, err error) {
	q := questions{conn: conn, known: map[connect.Point]answer{}}
	most, tie := 0, false
	for _, p := range l.List() {
		if !p.Fits(driver) || len(p.Identify) < max(most, 1) {
			continue
		}
		identity, fits, err := p.fits(ctx, &q)
		if err != nil {
			return Recognised{}, false, err
		}
		if !fits {
			continue
		}
		if tie = len(p.Identify) == most; !tie {
			out, most = Recognised{Profile: p.ID, Identity: identity}, len(p.Identify)
		}
	}
	if most == 0 || tie {
		return Recognised{}, false, nil
	}
	return out, true, nil
}

// answer is a device's value as text, or that it has none there.
type answer struct {
	text string
	ok   bool
}

// questions remembers what a device has answered: many profiles of one maker
// look at the same point.
type questions struct {
	conn  connect.Conn
	known map[connect.Point]answer
}

func (q *questions) ask(ctx context.Context, p connect.Point) (answer, error) {
	if a, ok := q.known[p]; ok {
		return a, nil
	}
	group, err := q.conn.Prepare([]connect.Point{p})
	if err != nil {
		return answer{}, err
	}
	var r [1]connect.Reading
	if err := group.Read(ctx, r[:]); err != nil {
		return answer{}, err
	}
	a := answer{text: strings.TrimSpace(r[0].Text), ok: r[0].Err == nil}
	if p.Kind != plant.KindText { // a text that is empty is none: "0" would be a serial number
		a.text = strconv.FormatFloat(r[0].Number, 'f', -1, 64)
	}
	q.known[p] = a
	return a, nil
}

// fits reads what the rules look at. A point the device does not have means
// that it is another one; an error that contact is lost.
func (p *Profile) fits(ctx context.Context, q *questions) (identity connect.Identity, ok bool, err error) {
	for _, rule := range p.Identify {
		pattern, err := regexp.Compile(rule.Match)
		if err != nil {
			return identity, false, errors.New("BUG: a profile with a wrong identify rule was loaded: " + rule.Match)
		}
		a, err := q.ask(ctx, connect.Point{Address: rule.At, Kind: rule.Kind})
		if err != nil || !a.ok || !pattern.MatchString(a.text) {
			return identity, false, err
		}
		switch rule.As {
		case "vendor":
			identity.Vendor = a.text
		case "product":
			identity.Product = a.text
		case "version":
			identity.Version = a.text
		case "serial":
			identity.Serial = a.text
		}
	}
	return identity, true, nil
}
