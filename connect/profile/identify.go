package profile

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"zhigai/connect"
)

// Identify asks a device what it is: the profile all of whose identify rules
// fit, and of several the one with the most rules. Profiles without rules are
// never proposed, and neither is one of two that fit equally well.
func (l *Library) Identify(ctx context.Context, conn connect.Conn, protocol string) (id string, ok bool, err error) {
	most, tie := 0, false
	for _, p := range l.list {
		if p.Protocol != protocol || len(p.Identify) < max(most, 1) {
			continue
		}
		fits, err := p.fits(ctx, conn)
		if err != nil {
			return "", false, err
		}
		if !fits {
			continue
		}
		if tie = len(p.Identify) == most; !tie {
			id, most = p.ID, len(p.Identify)
		}
	}
	if most == 0 || tie {
		return "", false, nil
	}
	return id, true, nil
}

// fits reads what the rules look at. A point the device does not have means
// that it is another one; an error that contact is lost.
func (p *Profile) fits(ctx context.Context, conn connect.Conn) (bool, error) {
	points := make([]connect.Point, len(p.Identify))
	for i, rule := range p.Identify {
		points[i] = connect.Point{Address: rule.At, Kind: rule.Kind}
	}
	group, err := conn.Prepare(points)
	if err != nil {
		return false, err
	}
	readings := make([]connect.Reading, len(points))
	if err := group.Read(ctx, readings); err != nil {
		return false, err
	}
	for i, rule := range p.Identify {
		pattern, err := regexp.Compile(rule.Match)
		if err != nil {
			return false, errors.New("BUG: a profile with a wrong identify rule was loaded: " + rule.Match)
		}
		r := readings[i]
		text := strings.TrimSpace(r.Text)
		if text == "" {
			text = strconv.FormatFloat(r.Number, 'f', -1, 64)
		}
		if r.Err != nil || !pattern.MatchString(text) {
			return false, nil
		}
	}
	return true, nil
}
