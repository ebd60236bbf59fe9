package alarm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Mode is that an alarm is put aside, with who did it and why.
type Mode struct {
	Place  plant.NodeID  `json:"equipment"`
	Alarm  string        `json:"alarm" doc:"id of the alarm at the place"`
	Path   string        `json:"path"`
	State  State         `json:"state" enum:"normal,shelved,suppressed,out_of_service" doc:"normal: it is back"`
	Until  plant.Instant `json:"until,omitempty" doc:"Of what is shelved: when it comes back by itself"`
	Reason string        `json:"reason"`
	By     string        `json:"by"`
	At     plant.Instant `json:"at"`
	Rev    int64         `json:"rev" doc:"How often the alarm was put aside or taken back"`
}

// Source is where the facts of a mode come from.
func (m Mode) Source() string { return "alarm-mode:" + string(m.Place) + ":" + m.Alarm }

// holds says whether the alarm is put aside at the instant.
func (m Mode) holds(at plant.Instant) bool {
	return m.State != Normal && at >= m.At && (m.State != Shelved || at < m.Until)
}

// maxShelf is the longest that an alarm is shelved: longer is a matter of its
// design (ISA-18.2-2016 clause 11.5 wants a limit and leaves it to the site).
const maxShelf = 7 * 24 * time.Hour

// Change is what somebody says of an alarm.
type Change struct {
	Place  plant.NodeID  `json:"equipment" minLength:"1" maxLength:"60"`
	Alarm  string        `json:"alarm" minLength:"1" maxLength:"300"`
	State  State         `json:"state" enum:"normal,shelved,suppressed,out_of_service"`
	Until  plant.Instant `json:"until,omitempty" doc:"Of what is shelved: when it comes back; seven days from now at most"`
	Reason string        `json:"reason" minLength:"1" maxLength:"500"`
}

// Set puts an alarm aside or takes it back. Whoever reports at the place shelves;
// suppressing by design and taking out of service are the engineer's.
func (d *Desk) Set(ctx context.Context, who access.Principal, c Change) (Mode, error) {
	tenant, now := who.Scope.Tenant, plant.InstantOf(d.o.Now())
	path, _, err := d.o.Plant.Place(ctx, tenant, c.Place)
	if err != nil {
		return Mode{}, err
	}
	if !who.Scope.Allows(path) {
		return Mode{}, fmt.Errorf("%w: node %s", access.ErrNotFound, c.Place)
	}
	was, err := d.o.Store.Mode(ctx, tenant, c.Place, c.Alarm)
	if err != nil {
		return Mode{}, err
	}
	engineers := c.State == Suppressed || c.State == OutOfService || was.holds(now) && was.State != Shelved
	m := Mode{Place: c.Place, Alarm: c.Alarm, Path: path, State: c.State, Reason: strings.TrimSpace(c.Reason), By: who.Name, At: now, Rev: was.Rev + 1}
	switch {
	case engineers && !who.May(access.Engineer, path):
		return Mode{}, fmt.Errorf("%w: alarms at %s are suppressed, taken out of service and put back by engineers; shelve it instead", access.ErrForbidden, path)
	case !engineers && !who.May(access.Report, path):
		return Mode{}, fmt.Errorf("%w: alarms at %s", access.ErrForbidden, path)
	case m.Reason == "":
		return Mode{}, invalid("say why: whoever comes next must know")
	case c.State == Normal && !was.holds(now):
		return Mode{}, invalid("alarm %q of %s is not put aside", c.Alarm, path)
	case c.State == Shelved && (c.Until <= now || c.Until > plant.InstantOf(d.o.Now().Add(maxShelf))):
		return Mode{}, invalid("an alarm is shelved until an instant of the next %d days", int(maxShelf.Hours()/24))
	case c.State != Normal && c.State != Shelved && c.State != Suppressed && c.State != OutOfService:
		return Mode{}, invalid("%q is no state to put an alarm in; write shelved, suppressed, out_of_service or normal", c.State)
	case len(m.Reason) > 4*500:
		return Mode{}, invalid("a reason of %d bytes; %d are kept", len(m.Reason), 4*500)
	}
	if c.State == Shelved {
		m.Until = c.Until
	}
	if err := d.o.Store.SaveMode(ctx, tenant, m, was.Rev); err != nil {
		return Mode{}, err
	}
	d.news.tell()
	return m, nil
}
