package iec104

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/iec104/asdu"
	"zhigai/plant"
)

// place is an object of a station.
type place struct {
	common uint16
	object uint32
}

// entry is what a station said last of an object.
type entry struct {
	kind    asdu.Type
	cause   asdu.Cause
	element []byte
}

// maxObjects bounds what is remembered of one connection; stations have some
// thousand objects.
const maxObjects = 1 << 17

// book knows what the stations of a connection said, and who wants to hear it.
type book struct {
	mu        sync.Mutex
	entries   map[place]entry
	listeners map[*listener]bool
	waiting   *question
}

func (b *book) init() {
	b.entries, b.listeners = map[place]entry{}, map[*listener]bool{}
}

// listener is a subscription.
type listener struct {
	settings *settings
	points   map[uint32][]int // by object
	kinds    []plant.TagKind
	want     []asdu.Address
	sink     connect.Sink
	alive    func()
	ctx      context.Context
	restart  chan struct{} // the station began anew: everything is to be asked for again

	mu    sync.Mutex // held while sink or alive run
	gone  bool
	heard map[int]time.Time // points with a value, and the station's time of it
	said  time.Time         // when sink or alive ran last
}

// question is what somebody waits for an answer to.
type question struct {
	kind    asdu.Type
	common  uint16
	object  uint32
	element []byte // nil for any
	answers chan answer
}

type answer struct {
	cause    asdu.Cause
	negative bool
}

// answersKept is how many answers to one question are looked at: a
// confirmation and a termination, and one to spare for a station that says
// something twice.
const answersKept = 3

// take passes one ASDU on, or a sign of life. An error ends the connection.
func (b *book) take(raw []byte) error {
	if raw == nil {
		return b.tell(nil)
	}
	a, err := asdu.Parse(raw)
	switch {
	case errors.Is(err, asdu.ErrUnknownType):
		return b.tell(nil) // a file, a parameter: nothing that is wanted here
	case err != nil:
		return err
	case a.Test:
		return b.tell(nil)
	case a.Type.Monitors():
		b.note(&a)
		return b.tell(&a)
	case a.Type == asdu.Initialized:
		b.begunAnew(a.Common)
		return b.tell(nil)
	}
	b.answer(&a)
	return b.tell(nil)
}

func (b *book) note(a *asdu.ASDU) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range a.Objects {
		at := place{a.Common, o.Address}
		if _, known := b.entries[at]; known || len(b.entries) < maxObjects {
			b.entries[at] = entry{kind: a.Type, cause: a.Cause, element: o.Element}
		}
	}
}

func (b *book) look(common uint16, object uint32) (entry, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[place{common, object}]
	return e, ok
}

// known is how many objects of a station are.
func (s *session) known(common uint16) (n int) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	for at := range s.book.entries {
		if at.common == common {
			n++
		}
	}
	return n
}

func (b *book) begunAnew(common uint16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for l := range b.listeners {
		if l.settings.common == common {
			select {
			case l.restart <- struct{}{}:
			default: // told already
			}
		}
	}
}

// answer gives a confirmation to who asked, if it is of that question.
func (b *book) answer(a *asdu.ASDU) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.waiting
	if q == nil || a.Type != q.kind || a.Common != q.common || len(a.Objects) != 1 || a.Objects[0].Address != q.object {
		return
	}
	if q.element != nil && string(a.Objects[0].Element) != string(q.element) {
		return // of another command to the same object
	}
	select {
	case q.answers <- answer{a.Cause, a.Negative}:
	default: // a station that repeats itself
	}
}

// tell gives every listener its readings of an ASDU, or a sign of life.
func (b *book) tell(a *asdu.ASDU) error {
	b.mu.Lock()
	all := make([]*listener, 0, len(b.listeners))
	for l := range b.listeners {
		all = append(all, l)
	}
	b.mu.Unlock()
	for _, l := range all {
		if err := l.hear(a); err != nil {
			return err
		}
	}
	return nil
}

// lifeEvery is how often a sign of life is passed on at most.
const lifeEvery = time.Second

func (l *listener) hear(a *asdu.ASDU) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return nil
	}
	var readings []connect.Reading
	if a != nil && a.Common == l.settings.common {
		for _, o := range a.Objects {
			for _, i := range l.points[o.Address] {
				readings = append(readings, l.reading(i, a.Type, a.Cause, o.Element))
			}
		}
	}
	if len(readings) == 0 {
		if time.Since(l.said) >= lifeEvery {
			l.said = time.Now()
			l.alive()
		}
		return nil
	}
	return l.give(readings)
}

// give stores readings. The listener's lock is held. That a subscription has
// ended is no reason to end the connection.
func (l *listener) give(readings []connect.Reading) error {
	l.said = time.Now()
	err := l.sink(l.ctx, readings)
	if err != nil && l.ctx.Err() != nil {
		l.gone = true
		return nil
	}
	return err
}

// reading makes one of a point's object.
func (l *listener) reading(i int, kind asdu.Type, cause asdu.Cause, element []byte) connect.Reading {
	r := read(l.want[i], l.kinds[i], kind, cause, element, l.settings.zone)
	r.Point = i
	last := l.heard[i]
	if !r.Source.IsZero() && r.Source.Before(last) {
		r.Historical = true // it was kept while nobody listened
	} else if !r.Source.IsZero() {
		last = r.Source
	}
	l.heard[i] = last
	return r
}

// read makes a reading of an element.
func read(want asdu.Address, kind plant.TagKind, is asdu.Type, cause asdu.Cause, element []byte, zone *time.Location) connect.Reading {
	r := connect.Reading{Raw: element}
	if want.Type != 0 && is.Base() != want.Type {
		r.Err = fmt.Errorf("%w: object %d came as type %d; type %d was expected", connect.ErrMalformed, want.Object, is, want.Type)
		return r
	}
	v, err := asdu.Object{Address: want.Object, Element: element}.Value(is, zone)
	if err != nil {
		r.Err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
		return r
	}
	r.Number = v.Number
	if !v.BadTime && !asked(cause) {
		// What was asked for holds now, however long ago it began to.
		r.Source = v.Time
	}
	r.Uncertain = v.Quality&(asdu.Blocked|asdu.Substituted) != 0 || v.Moving
	switch {
	case v.Quality&asdu.Invalid != 0:
		r.Err = fmt.Errorf("%w: the station marks the value invalid", connect.ErrRefused)
	case v.Quality&asdu.Overflow != 0:
		r.Err = fmt.Errorf("%w: the station marks the value as beyond its range", connect.ErrRefused)
	case v.Quality&asdu.NotTopical != 0:
		r.Err = fmt.Errorf("%w: the station marks the value not topical", connect.ErrStale)
	case is.Base() == asdu.DoublePoint && kind == plant.KindBoolean && (v.Number == 0 || v.Number == 3):
		r.Err = fmt.Errorf("%w: the double point is in no determined state", connect.ErrRefused)
	case is.Base() == asdu.DoublePoint && kind == plant.KindBoolean:
		r.Number = v.Number - 1 // 1 off, 2 on
	}
	return r
}

// asked reports whether a value was sent because of an interrogation or a read.
func asked(c asdu.Cause) bool {
	return c == asdu.Requested || c >= asdu.Interrogated && c <= asdu.CounterRequested+4
}
