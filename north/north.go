// Package north carries what the plant's machines say to brokers of other
// people: a group's, an MES's, a cloud's.
//
// A target is one broker with what is shared; by default nothing is. What is
// sent is read from history's journal in its order, and a cursor of the target
// moves only behind what the broker has taken, so that a broker that is away for
// a night, or a program that is killed, loses nothing; what was in flight then
// is sent again. The package never holds samples in memory beyond one read,
// never waits for one target on behalf of another, and never writes to a
// machine. Start with [Desk], then runner.go, the life of one target.
package north

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/north/sparkplug"
	"zhigai/plant"
)

// Kind is the form in which values go out.
type Kind string

const (
	KindSparkplug Kind = "sparkplug" // an edge node of Sparkplug B 3.0
	KindMQTT      Kind = "mqtt"      // one JSON object per value
)

const (
	// MaxTargets bounds the connections a node keeps; each reads history on its
	// own.
	MaxTargets = 20
	// maxPaths bounds what is compared for every tag.
	maxPaths = 200
	// maxCA holds a chain of some certificates.
	maxCA = 64 << 10
)

// Target is a broker and what it gets. The password is never given out.
type Target struct {
	ID       string `json:"id"`
	Rev      int64  `json:"rev"`
	Name     string `json:"name" minLength:"1" maxLength:"100"`
	Kind     Kind   `json:"kind" enum:"sparkplug,mqtt"`
	URL      string `json:"url" maxLength:"300" doc:"mqtt://HOST:PORT, or mqtts:// with TLS"`
	ClientID string `json:"client_id,omitempty" maxLength:"100" doc:"Empty: zhigai- and the id of the target"`
	User     string `json:"user,omitempty" maxLength:"200"`
	Password string `json:"password,omitempty" maxLength:"1000" doc:"Written and never read; empty keeps the one that is stored"`
	// Sealed says why the stored password cannot be read; nil: it can.
	Sealed error `json:"-"`
	// HasPassword says in answers that there is one.
	HasPassword bool   `json:"has_password,omitempty" readOnly:"true"`
	CA          string `json:"ca,omitempty" maxLength:"65536" doc:"Certificates in PEM that sign the broker's; empty: those of the system"`
	// Of KindMQTT.
	Prefix string `json:"prefix,omitempty" maxLength:"200" doc:"Before every topic"`
	Retain bool   `json:"retain,omitempty" doc:"The broker keeps the last value of every topic"`
	// Of KindSparkplug.
	Group string `json:"group,omitempty" maxLength:"100"`
	Edge  string `json:"edge,omitempty" maxLength:"100" doc:"Id of the edge node"`
	Host  string `json:"host,omitempty" maxLength:"100" doc:"Primary host: while it is offline all is kept for it"`
	// Paths of the plant that are shared with all below them. None: nothing is.
	Paths []string `json:"paths" nullable:"false" maxItems:"200"`
	Off   bool     `json:"off"`
}

// client is the name under which the target signs in.
func (t Target) client() string {
	if t.ClientID != "" {
		return t.ClientID
	}
	return "zhigai-" + strings.ToLower(t.ID)
}

const cursors = "north "

// cursors begins the names of the readers of the tenant's targets in history.
func (o Options) cursors() string {
	if o.Tenant == access.HomeTenant {
		return cursors
	}
	return fmt.Sprintf("%s%d ", cursors, o.Tenant)
}

// hidden is the target as it may be shown.
func (t Target) hidden() Target {
	t.HasPassword, t.Password = t.Password != "" || t.Sealed != nil, ""
	if t.Paths == nil {
		t.Paths = []string{}
	}
	return t
}

// shares reports whether values of the tag go to the target.
func (t Target) shares(tag plant.Tag) bool {
	if _, ok := sparkplug.TypeOf(tag); !ok {
		return false
	}
	machine := plant.ParentPath(tag.Path)
	return slices.ContainsFunc(t.Paths, func(p string) bool { return machine == p || strings.HasPrefix(machine, p+"/") })
}

// address is host:port of the broker and whether it is spoken to with TLS.
func (t Target) address() (hostPort string, secure bool, err error) {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", false, fmt.Errorf("broker %q; write mqtt://HOST:PORT or mqtts://HOST:PORT, user and password stand beside it", t.URL)
	}
	port := u.Port()
	switch u.Scheme {
	case "mqtt":
		port = orElse(port, "1883")
	case "mqtts":
		port, secure = orElse(port, "8883"), true
	default:
		return "", false, fmt.Errorf("broker %q begins with %s://; write mqtt:// or mqtts://", t.URL, u.Scheme)
	}
	return net.JoinHostPort(u.Hostname(), port), secure, nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// check says what is wrong with a target a person wrote; places are the paths
// of the plant.
func (t Target) check(places map[string]bool) error {
	wrong := func(err error) error { return fmt.Errorf("%w: %w", access.ErrInvalid, err) }
	if t.Name == "" {
		return wrong(errors.New("name is missing; write for whom the data are"))
	}
	_, secure, err := t.address()
	if err != nil {
		return wrong(err)
	}
	if t.CA != "" && (!secure || len(t.CA) > maxCA || !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CA))) {
		return wrong(errors.New("the CA is for mqtts:// and is one or more certificates in PEM; write what begins with -----BEGIN CERTIFICATE-----"))
	}
	switch t.Kind {
	case KindMQTT:
		if strings.ContainsAny(t.Prefix, "+#\x00") {
			return wrong(fmt.Errorf("prefix %q; write a topic without + and #, for example group/plant1", t.Prefix))
		}
	case KindSparkplug:
		if err := sparkplug.CheckID("group", t.Group); err != nil {
			return wrong(err)
		}
		if err := sparkplug.CheckID("edge node", t.Edge); err != nil {
			return wrong(err)
		}
		if t.Host != "" {
			if err := sparkplug.CheckID("primary host", t.Host); err != nil {
				return wrong(err)
			}
		}
	default:
		return wrong(fmt.Errorf("kind %q; write sparkplug or mqtt", t.Kind))
	}
	if len(t.Paths) > maxPaths {
		return wrong(fmt.Errorf("%d paths; %d are taken, share a place above them", len(t.Paths), maxPaths))
	}
	for _, p := range t.Paths {
		if !places[p] {
			return wrong(fmt.Errorf("%q is no place or machine of the plant; /api/v1/nodes lists them", p))
		}
	}
	return nil
}

// Gap is what a target will never get.
type Gap struct {
	Batches uint64    `json:"batches"`
	From    time.Time `json:"from,omitzero" doc:"When the target last took something; left out when it has not since the start"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"`
}

// State is what a target is doing.
type State string

const (
	StateOff        State = "off"
	StateConnecting State = "connecting" // or waiting to try again
	StateWaiting    State = "waiting"    // for the primary host
	StateBehind     State = "behind"     // sends what was missed
	StateUp         State = "up"
)

// Status is how a target fares. Counts are since the program started.
type Status struct {
	State       State     `json:"state" enum:"off,connecting,waiting,behind,up"`
	Behind      uint64    `json:"behind" doc:"Batches of the journal that are not sent; one batch is what the collector stored at once"`
	BehindSince time.Time `json:"behind_since,omitzero" doc:"When the first of them was recorded"`
	Sent        uint64    `json:"sent" doc:"Values the broker has taken"`
	SentAt      time.Time `json:"sent_at,omitzero"`
	Error       string    `json:"error,omitempty"`
	ErrorAt     time.Time `json:"error_at,omitzero"`
	Tags        int       `json:"tags" doc:"How many are shared"`
	Gaps        []Gap     `json:"gaps,omitempty" doc:"The last of them; the audit has all"`
}
