package profile

import (
	"zhigai/plant"
)

func (c *check) write(at string, s *Signal, checker PointChecker) {
	w := s.Write
	switch {
	case w == nil:
		return
	case s.Kind == plant.KindWaveform:
		c.bad(at, "take write out", "%s: a waveform is not written", s.Name)
	case s.Kind == plant.KindNumber && (w.Min == nil || w.Max == nil):
		c.bad(at, "write min and max: a set point without limits is not accepted", "%s: write without limits", s.Name)
	case w.Min != nil && w.Max != nil && *w.Min >= *w.Max:
		c.bad(at, "min is the smaller one", "%s: write limits %v and %v", s.Name, *w.Min, *w.Max)
	case w.MaxStep < 0 || w.MaxRate < 0 || w.Tolerance < 0:
		c.bad(at, "leave them out when they do not apply", "%s: max_step, max_rate and tolerance are not negative", s.Name)
	case s.Kind != plant.KindNumber && (w.MaxStep != 0 || w.MaxRate != 0 || w.Tolerance != 0):
		c.bad(at, "only numbers have a step, a rate and a tolerance", "%s: a %s with max_step, max_rate or tolerance", s.Name, s.Kind)
	}
	if w.Approve < 0 || w.Approve > 2 {
		c.bad(at+".approve", "write 0, 1 or 2", "%s: approve %d: so many people say yes before a command is sent", s.Name, w.Approve)
	}
	if w.Watchdog {
		c.watchdog(at, s)
	}
	if lock := w.Interlock; lock != nil && lock.Text.ZH == "" {
		c.bad(at+".interlock.text", "write text: {zh: ..., en: ...}, what must hold: a person who is refused reads it", "%s: the interlock's Chinese text is missing", s.Name)
	}
	if checker != nil {
		c.writeTo(at, s, checker)
	}
}

// watchdog: it counts, and no condition stands in its way.
func (c *check) watchdog(at string, s *Signal) {
	switch w := s.Write; {
	case s.Kind != plant.KindNumber || w.Min == nil || w.Max == nil || *w.Max-*w.Min < 1:
		c.bad(at+".watchdog", "make it a number, with min and max at least 1 apart", "%s: a watchdog counts", s.Name)
	case w.Interlock != nil || w.MaxStep != 0 || w.MaxRate != 0 || w.Approve != 0:
		c.bad(at+".watchdog", "take interlock, max_step, max_rate and approve out", "%s: a watchdog that may be refused watches nothing", s.Name)
	}
}

// writeTo: that nothing can be written at an address is to be heard of by who
// writes the profile, not by who stands at the machine.
func (c *check) writeTo(at string, s *Signal, checker PointChecker) {
	if s.Write.At != "" {
		if err := checker.CheckPoint(c.example(s.Write.At), s.Kind); err != nil {
			c.bad(at+".at", "", "%s: %v", s.Name, err)
			return
		}
	}
	w, ok := checker.(WriteChecker)
	if !ok {
		return
	}
	if err := w.CheckWrite(c.example(s.writeTo()), s.Kind, nil); err != nil {
		fix := "take write out, or give it an at of its own that can be written"
		if s.Write.At != "" {
			fix = ""
			at += ".at"
		}
		c.bad(at, fix, "%s: %v", s.Name, err)
	}
}

// interlocks compiles the conditions of set points.
func (c *check) interlocks() {
	for i := range c.p.Signals {
		s := &c.p.Signals[i]
		if s.Write == nil || s.Write.Interlock == nil {
			continue
		}
		env, err := c.p.environment(len(c.p.Derived))
		if err == nil {
			_, _, err = compile(env, s.Write.Interlock.When, boolean)
		}
		if err != nil {
			c.bad(c.atSignal(i)+".write.interlock.when", c.hint(err, len(c.p.Derived)), "%v", err)
		}
	}
}
