// Package delivery is alarms on their way to people who do not look at the list: by
// e-mail, by the robots of group chats and by webhook, by priority and place, not at
// night unless it matters, to who is on call, and to the next when nobody took them
// up. What was sent to whom, with every attempt and its result, is a log.
//
// It decides neither when an alarm stands nor what is to be done. An alarm goes out
// once by each route, whatever restarts; what could not be sent is tried again, and
// what came to nothing says so.
//
// Start with [Route] and [Rota], then [Desk].
package delivery

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
	"zhigai/shop/alarm"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("alarm delivery: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Way says how a route reaches people.
type Way string

// Ways. The last three are robots of group chats: what a person adds to a chat and
// gets an address and a key for.
const (
	Email    Way = "email"
	Webhook  Way = "webhook"
	DingTalk Way = "dingtalk"
	WeCom    Way = "wecom"
	Feishu   Way = "feishu"
)

// robot reports whether a group chat takes the message.
func (w Way) robot() bool { return w == DingTalk || w == WeCom || w == Feishu }

// Route is who is told of which alarms, and how.
type Route struct {
	ID       string   `json:"id"`
	Rev      int64    `json:"rev"`
	Name     string   `json:"name" minLength:"1" maxLength:"80"`
	Way      Way      `json:"way" enum:"email,webhook,dingtalk,wecom,feishu" doc:"The last three are robots of group chats"`
	URL      string   `json:"url" maxLength:"400" doc:"Of a webhook or robot https://… or http://…; of e-mail the server: smtp://host:587, smtps://host:465"`
	User     string   `json:"user,omitempty" maxLength:"200" doc:"At the mail server"`
	Secret   string   `json:"secret,omitempty" maxLength:"200" doc:"Password at the mail server, what signs webhooks and messages of robots, or the key of a wecom robot; never shown, kept when left out"`
	CA       string   `json:"ca,omitempty" maxLength:"20000" doc:"Certificate, PEM, of who vouches for the server; the system's when left out"`
	Sender   string   `json:"sender,omitempty" maxLength:"200" doc:"Address that e-mail comes from"`
	To       []string `json:"to" maxItems:"50" doc:"Addresses that e-mail goes to"`
	Rota     string   `json:"rota,omitempty" maxLength:"60" doc:"id: who is on call is told too, by e-mail, or called by name in the chat"`
	Priority int      `json:"priority" minimum:"1" maximum:"4" doc:"This urgent or more"`
	Places   []string `json:"places" maxItems:"100" doc:"Paths; none for all of the plant"`
	AfterMin int      `json:"after_min,omitempty" minimum:"0" maximum:"1440" doc:"Escalation: told only when nobody took the alarm up for so many minutes, and it stands"`
	AgainMin int      `json:"again_min,omitempty" minimum:"0" maximum:"1440" doc:"The same alarm, when it comes back, is told again after so many minutes at the earliest"`
	Quiet    *Quiet   `json:"quiet,omitempty"`
	Off      bool     `json:"off,omitempty"`
	// Sealed says why the secret cannot be read.
	Sealed error `json:"-"`
}

// Quiet is time of day in which only what is urgent goes out; the rest waits until
// it is over, and comes to nothing if the alarm does.
type Quiet struct {
	From     string `json:"from" doc:"hh:mm"`
	To       string `json:"to" doc:"hh:mm, of the next day where it is before from"`
	Zone     string `json:"zone" doc:"As in the tz database: Asia/Shanghai"`
	Priority int    `json:"priority" minimum:"0" maximum:"4" doc:"This urgent or more goes out all the same; 0 for none"`
}

// MaxRoutes bounds what a tenant has: each alarm is held against each.
const MaxRoutes = 100

// Check says what is wrong with a route and how to mend it.
func (r Route) Check() error {
	u, err := url.Parse(r.URL)
	switch {
	case strings.TrimSpace(r.Name) == "":
		return invalid("give the route a name")
	case err != nil || u.Host == "" || u.User != nil:
		return invalid("url %.80q; write smtp://host:587, smtps://host:465 or https://host/path, without user and password", r.URL)
	case r.Way == Email && u.Scheme != "smtp" && u.Scheme != "smtps":
		return invalid("a mail server is smtp://host:587, encrypted from STARTTLS on where it can, or smtps://host:465")
	case (r.Way == Webhook || r.Way.robot()) && u.Scheme != "http" && u.Scheme != "https":
		return invalid("a webhook, or a robot's address, is https://… or http://…")
	case r.Way != Email && r.Way != Webhook && !r.Way.robot():
		return invalid("%q is no way to tell people; write email, webhook, dingtalk, wecom or feishu", r.Way)
	case r.Way == WeCom && u.Query().Has("key"):
		return invalid("leave ?key=… out of the address of a wecom robot; the key is the secret")
	case r.Way == DingTalk && u.Query().Get("access_token") == "":
		return invalid("the address of a dingtalk robot ends with ?access_token=…; copy all of it from the robot's settings")
	case r.AfterMin < 0 || r.AfterMin > 1440 || r.AgainMin < 0 || r.AgainMin > 1440:
		return invalid("after %d and again after %d minutes; write 0 to 1440", r.AfterMin, r.AgainMin)
	case r.Priority < 1 || r.Priority > 4:
		return invalid("priority %d; write 1 (only the most urgent) to 4 (all)", r.Priority)
	case r.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(r.CA)):
		return invalid("ca is no certificate; paste it as PEM, with its BEGIN and END lines")
	case r.Way == Email && len(r.To) == 0 && r.Rota == "":
		return invalid("say whom the e-mail goes to: addresses, or a rota")
	}
	if r.Way == Email {
		for _, one := range append([]string{r.Sender}, r.To...) {
			if _, err := mail.ParseAddress(one); err != nil {
				return invalid("%.80q is no address of e-mail", one)
			}
		}
	}
	if r.Quiet != nil {
		if _, err := r.Quiet.over(time.Unix(0, 0)); err != nil {
			return err
		}
	}
	return nil
}

// wants reports whether the route tells of an alarm.
func (r Route) wants(a alarm.Alarm) bool {
	return !r.Off && a.Priority <= r.Priority &&
		(len(r.Places) == 0 || slices.ContainsFunc(r.Places, func(p string) bool { return plant.Within(a.Path, p) }))
}

// over is when an alarm of the instant may go out: the instant itself outside of the
// quiet hours, else their end.
func (q Quiet) over(at time.Time) (time.Time, error) {
	zone, err := time.LoadLocation(q.Zone)
	if err != nil || q.Zone == "" || q.Zone == "Local" {
		return at, invalid("zone %.40q; write one of the tz database, as Asia/Shanghai", q.Zone)
	}
	from, err := time.Parse("15:04", q.From)
	if err == nil {
		var to time.Time
		if to, err = time.Parse("15:04", q.To); err == nil {
			return q.end(at.In(zone), from, to), nil
		}
	}
	return at, invalid("quiet hours from %.10q to %.10q; write them as 22:00 and 06:00", q.From, q.To)
}

func (q Quiet) end(at, from, to time.Time) time.Time {
	of := func(clock time.Time, days int) time.Time {
		return time.Date(at.Year(), at.Month(), at.Day()+days, clock.Hour(), clock.Minute(), 0, 0, at.Location())
	}
	for _, days := range []int{-1, 0} {
		begin, end := of(from, days), of(to, days)
		if !end.After(begin) {
			end = of(to, days+1)
		}
		if !at.Before(begin) && at.Before(end) {
			return end
		}
	}
	return at
}

// State says what became of a delivery.
type State string

// States of a delivery.
const (
	Waiting State = "waiting" // to be sent, or to be tried again
	Sent    State = "sent"
	Failed  State = "failed" // tried often enough
	Dropped State = "dropped"
)

// Attempt is one try to send.
type Attempt struct {
	At     plant.Instant `json:"at"`
	TookMs int64         `json:"took_ms"`
	OK     bool          `json:"ok"`
	Detail string        `json:"detail,omitempty" doc:"What the other side said, or what went wrong"`
}

// Delivery is one alarm by one route.
type Delivery struct {
	ID       string        `json:"id"`
	Route    string        `json:"route" doc:"id"`
	Name     string        `json:"name" doc:"Of the route"`
	Way      Way           `json:"way" enum:"email,webhook,dingtalk,wecom,feishu"`
	OnCall   string        `json:"on_call,omitempty" doc:"Who was on call when it was sent"`
	Alarm    alarm.Alarm   `json:"alarm" doc:"As it was when it came"`
	Notice   bool          `json:"notice,omitempty" doc:"It was said by a rule, and is no alarm of the list"`
	State    State         `json:"state" enum:"waiting,sent,failed,dropped"`
	Why      string        `json:"why,omitempty" doc:"Of what was dropped"`
	Made     plant.Instant `json:"made"`
	Due      plant.Instant `json:"due" doc:"When it is tried next"`
	Attempts []Attempt     `json:"attempts" nullable:"false"`
}

// again is how long after each failed attempt the next is made.
var again = []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}

// tried notes an attempt.
func (d *Delivery) tried(a Attempt) {
	d.Attempts = append(d.Attempts, a)
	switch n := len(d.Attempts); {
	case a.OK:
		d.State = Sent
	case n > len(again):
		d.State = Failed
	default:
		d.Due = a.At + plant.Instant(again[n-1].Microseconds())
	}
}
