package exchange

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// Format is how a message is written.
type Format string

// Formats.
const (
	B2MML Format = "b2mml"
	JSON  Format = "json"
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
)

// Way is how messages come and go.
type Way string

// Ways.
const (
	WayHTTP     Way = "http"     // the partner posts to this node, and is posted to
	WayFolder   Way = "folder"   // files in in/ and out/
	WayDatabase Way = "database" // tables of the partner's PostgreSQL
)

// Partner is a business system that orders and hears what was made. The secret
// is never given out.
type Partner struct {
	ID      string `json:"id" minLength:"2" maxLength:"40" pattern:"^[a-z][a-z0-9-]{1,39}$" doc:"Chosen once; part of addresses and folders"`
	Rev     int64  `json:"rev"`
	Name    string `json:"name" minLength:"1" maxLength:"100"`
	Way     Way    `json:"way" enum:"http,folder,database"`
	Format  Format `json:"format" enum:"b2mml,json,csv,xlsx" doc:"Of what goes out"`
	Mapping string `json:"mapping" maxLength:"40" doc:"Id of a mapping that comes with the product; empty for an own one"`
	Own     string `json:"own,omitempty" maxLength:"65536" doc:"Own mapping, YAML"`
	URL     string `json:"url,omitempty" maxLength:"500" doc:"Of way http: where to what was made is posted, empty when the partner fetches it; of way database: postgres://USER@HOST:PORT/DATABASE"`
	Secret  string `json:"secret,omitempty" maxLength:"1000" doc:"Bearer token or password; written and never read, empty keeps the one that is stored"`
	// Sealed says why the stored secret cannot be read; nil: it can.
	Sealed    error  `json:"-"`
	HasSecret bool   `json:"has_secret,omitempty" readOnly:"true"`
	Schema    string `json:"schema,omitempty" maxLength:"63" doc:"Of way database: schema of the tables; public when left out"`
	Place     string `json:"place" maxLength:"400" doc:"Path of orders that name none"`
	Jobs      bool   `json:"jobs" doc:"Jobs are reported beside the order"`
	EveryS    int    `json:"every_s" minimum:"1" maximum:"86400" doc:"Seconds between two looks"`
	SilentS   int    `json:"silent_s" minimum:"60" maximum:"2592000" doc:"Without a message for so long the partner is silent"`
	Off       bool   `json:"off"`
}

var (
	partnerID = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	schemaID  = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
)

// Every is the time between two looks.
func (p Partner) Every() time.Duration { return time.Duration(p.EveryS) * time.Second }

// Hidden is the partner as it may be shown.
func (p Partner) Hidden() Partner {
	p.HasSecret, p.Secret = p.Secret != "" || p.Sealed != nil, ""
	return p
}

// check says what is wrong with a partner that a person wrote, and gives its
// mapping.
func (p *Partner) check(shipped *Library) (Mapping, error) {
	p.Name, p.Place = strings.TrimSpace(p.Name), strings.Trim(p.Place, "/ ")
	switch {
	case !partnerID.MatchString(p.ID):
		return Mapping{}, invalid("id %.60q; write 2 to 40 small letters, digits and '-', beginning with a letter", p.ID)
	case p.Name == "" || len(p.Name) > 100:
		return Mapping{}, invalid("partner %s has a name of 1 to 100 bytes", p.ID)
	case !slices.Contains([]Format{B2MML, JSON, CSV, XLSX}, p.Format):
		return Mapping{}, invalid("partner %s: format %q; write b2mml, json, csv or xlsx", p.ID, p.Format)
	case p.EveryS < 1 || p.EveryS > 86400 || p.SilentS < 60 || p.SilentS > 30*86400:
		return Mapping{}, invalid("partner %s: look every 1 s to a day, and call it silent after a minute to 30 days", p.ID)
	case p.Place != "" && plant.CheckPath(p.Place) != nil:
		return Mapping{}, invalid("partner %s: place: %v", p.ID, plant.CheckPath(p.Place))
	case (p.Mapping == "") == (strings.TrimSpace(p.Own) == ""):
		return Mapping{}, invalid("partner %s: name a mapping that comes with the product, or write an own one", p.ID)
	}
	if err := p.checkWay(); err != nil {
		return Mapping{}, err
	}
	return p.mapping(shipped)
}

func (p *Partner) checkWay() error {
	u, err := url.Parse(p.URL)
	if err != nil {
		return invalid("partner %s: %q is no address", p.ID, p.URL)
	}
	if _, has := u.User.Password(); has {
		return invalid("partner %s: the password stands in the address; write it as the secret", p.ID)
	}
	switch p.Way {
	case WayHTTP:
		if p.URL != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil) {
			return invalid("partner %s: %q; write https://HOST/PATH, or nothing when the partner fetches what was made", p.ID, p.URL)
		}
	case WayFolder:
		if p.URL != "" {
			return invalid("partner %s: a folder is named by the partner's id; leave the address empty", p.ID)
		}
	case WayDatabase:
		if u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Path == "" {
			return invalid("partner %s: %q; write postgres://USER@HOST:PORT/DATABASE", p.ID, p.URL)
		}
		if p.Schema != "" && !schemaID.MatchString(p.Schema) {
			return invalid("partner %s: schema %q; write small letters, digits and '_'", p.ID, p.Schema)
		}
	default:
		return invalid("partner %s: way %q; write http, folder or database", p.ID, p.Way)
	}
	return nil
}

// mapping is the one that holds for the partner.
func (p *Partner) mapping(shipped *Library) (Mapping, error) {
	if p.Mapping == "" {
		return ParseMapping([]byte(p.Own))
	}
	m, ok := shipped.Find(p.Mapping)
	if !ok {
		return Mapping{}, invalid("there is no mapping %q; there are %s", p.Mapping, strings.Join(shipped.IDs(), ", "))
	}
	return m, nil
}
