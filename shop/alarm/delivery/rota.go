package delivery

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// Rota says who is on call when: people take turns, handing over at a time of day, and
// swap when they agree on it.
type Rota struct {
	ID       string   `json:"id"`
	Rev      int64    `json:"rev"`
	Name     string   `json:"name" minLength:"1" maxLength:"80"`
	Zone     string   `json:"zone" maxLength:"60" doc:"As in the tz database: Asia/Shanghai"`
	Begin    string   `json:"begin" format:"date" doc:"Day on which the first person's first turn begins"`
	HandOver string   `json:"hand_over" doc:"hh:mm"`
	Days     int      `json:"days" minimum:"1" maximum:"28" doc:"Length of a turn"`
	People   []Person `json:"people" minItems:"1" maxItems:"30" doc:"In the order of their turns"`
	Swaps    []Swap   `json:"swaps" maxItems:"200" doc:"Times in which somebody else of the people is on call; the last that fits holds"`
	Turns    []Turn   `json:"turns" readOnly:"true" doc:"The four weeks to come"`
}

// Person is somebody who can be called.
type Person struct {
	Name   string `json:"name" minLength:"1" maxLength:"60"`
	Email  string `json:"email,omitempty" maxLength:"200"`
	Mobile string `json:"mobile,omitempty" maxLength:"20" doc:"By which dingtalk and wecom call a member of a chat"`
	Feishu string `json:"feishu,omitempty" maxLength:"60" doc:"open_id, by which feishu calls a member of a chat"`
}

// Swap is a time in which somebody takes over.
type Swap struct {
	From   plant.Instant `json:"from"`
	To     plant.Instant `json:"to"`
	Person string        `json:"person" maxLength:"60" doc:"Name"`
}

// Turn is a time in which one person is on call.
type Turn struct {
	From   plant.Instant `json:"from"`
	To     plant.Instant `json:"to"`
	Person string        `json:"person"`
}

const (
	// MaxRotas bounds what a tenant has.
	MaxRotas = 50
	ahead    = 28 * 24 * time.Hour
)

// Check says what is wrong with a rota and how to mend it.
func (r Rota) Check() error {
	if strings.TrimSpace(r.Name) == "" {
		return invalid("give the rota a name")
	}
	if _, err := r.first(); err != nil {
		return err
	}
	if r.Days < 1 || r.Days > 28 {
		return invalid("turns of %d days; write 1 to 28", r.Days)
	}
	if len(r.People) == 0 {
		return invalid("say who takes turns")
	}
	names := map[string]bool{}
	for _, p := range r.People {
		switch {
		case strings.TrimSpace(p.Name) == "" || names[p.Name]:
			return invalid("each person has a name of its own; %q is missing or there twice", p.Name)
		case p.Email == "" && p.Mobile == "" && p.Feishu == "":
			return invalid("say how %s is reached: e-mail, mobile or feishu", p.Name)
		case strings.Trim(p.Mobile, "+0123456789") != "":
			return invalid("mobile %.20q of %s; write digits alone", p.Mobile, p.Name)
		}
		if _, err := mail.ParseAddress(p.Email); err != nil && p.Email != "" {
			return invalid("%.80q of %s is no address of e-mail", p.Email, p.Name)
		}
		names[p.Name] = true
	}
	for _, s := range r.Swaps {
		if !names[s.Person] {
			return invalid("%.60q takes over, but is none of the people", s.Person)
		}
		if s.To <= s.From {
			return invalid("%s takes over until before it begins", s.Person)
		}
	}
	return nil
}

// first is when the first turn begins.
func (r Rota) first() (time.Time, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.Zone == "" || r.Zone == "Local" {
		return time.Time{}, invalid("zone %.40q; write one of the tz database, as Asia/Shanghai", r.Zone)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", r.Begin+" "+r.HandOver, zone)
	if err != nil {
		return time.Time{}, invalid("first turn on %.20q at %.10q; write them as 2026-11-02 and 08:00", r.Begin, r.HandOver)
	}
	return at, nil
}

// regular is the turn by the order at an instant, swaps apart. Before the first turn
// the order is taken for older than it is: somebody is always on call.
func (r Rota) regular(first, at time.Time) (p Person, from, to time.Time) {
	// Turns are days of the calendar: one with a change of the clock is shorter or longer.
	turn := int(at.Sub(first).Hours()) / (24 * r.Days)
	start := func(n int) time.Time { return first.AddDate(0, 0, n*r.Days) }
	for start(turn).After(at) {
		turn--
	}
	for !start(turn + 1).After(at) {
		turn++
	}
	n := len(r.People)
	return r.People[(turn%n+n)%n], start(turn), start(turn + 1)
}

// On is who is on call at an instant, and until when that is so.
func (r Rota) On(at time.Time) (Person, time.Time, error) {
	first, err := r.first()
	if err != nil {
		return Person{}, time.Time{}, err
	}
	who, _, until := r.regular(first, at)
	now := plant.InstantOf(at)
	last := -1 // of the swaps that hold
	for i, s := range r.Swaps {
		if s.From <= now && now < s.To {
			last = i
		}
	}
	if last >= 0 {
		i := slices.IndexFunc(r.People, func(p Person) bool { return p.Name == r.Swaps[last].Person })
		who, until = r.People[i], r.Swaps[last].To.Time()
	}
	for i, s := range r.Swaps { // what holds later holds over it
		if from := s.From.Time(); i > last && from.After(at) && from.Before(until) {
			until = from
		}
	}
	return who, until, nil
}

// turns are those from an instant on.
func (r Rota) turns(from, to time.Time) (out []Turn) {
	out = []Turn{}
	for at := from; at.Before(to); {
		who, until, err := r.On(at)
		if err != nil || !until.After(at) {
			return out
		}
		if n := len(out); n > 0 && out[n-1].Person == who.Name {
			out[n-1].To = plant.InstantOf(until)
		} else {
			out = append(out, Turn{plant.InstantOf(at), plant.InstantOf(until), who.Name})
		}
		at = until
	}
	return out
}

// withDuty is the route to who is on call, and who that is.
func (r Route) withDuty(rotas []Rota, at time.Time) (Route, Person) {
	i := slices.IndexFunc(rotas, func(o Rota) bool { return o.ID == r.Rota })
	if r.Rota == "" || i < 0 {
		return r, Person{}
	}
	who, _, err := rotas[i].On(at)
	if err != nil {
		return r, Person{} // a zone that this machine's database has no more
	}
	if who.Email != "" && !slices.Contains(r.To, who.Email) {
		r.To = append(slices.Clone(r.To), who.Email)
	}
	return r, who
}

// Rotas lists the rotas by name, each with its turns to come.
func (d *Desk) Rotas(ctx context.Context, tenant plant.TenantNo) ([]Rota, error) {
	all, err := d.o.Store.Rotas(ctx, tenant)
	for i := range all {
		all[i].Turns = all[i].turns(d.o.Now(), d.o.Now().Add(ahead))
	}
	return all, err
}

// SaveRota stores a rota.
func (d *Desk) SaveRota(ctx context.Context, tenant plant.TenantNo, r Rota, rev int64) (Rota, error) {
	r.Name, r.Turns = strings.TrimSpace(r.Name), []Turn{}
	if r.Swaps == nil {
		r.Swaps = []Swap{}
	}
	if err := r.Check(); err != nil {
		return Rota{}, err
	}
	saved, err := d.o.Store.SaveRota(ctx, tenant, r, rev)
	if err == nil {
		saved.Turns = saved.turns(d.o.Now(), d.o.Now().Add(ahead))
	}
	return saved, err
}

// DropRota ends a rota that no route asks.
func (d *Desk) DropRota(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	routes, err := d.o.Store.Routes(ctx, tenant)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(routes, func(r Route) bool { return r.Rota == id }); i >= 0 {
		return invalid("route %q tells who is on call by this rota; change the route first", routes[i].Name)
	}
	return d.o.Store.DropRota(ctx, tenant, id, rev)
}
