// Package door has the ways to partners of the exchange: HTTP, folders, tables
// of PostgreSQL.
//
// A door moves messages and never reads them. What it takes it leaves where it
// was until the desk has it durably, and says so then; what it gives is there
// once, however often it is given. Start with [Open]; each way has its file.
package door

import (
	"fmt"
	"net/http"
	"time"

	"zhigai/factory/exchange"
	"zhigai/plant"
)

// Options of doors.
type Options struct {
	// Folders is where the folders of a tenant's partners are; "" when folders are
	// not read at all.
	Folders func(tenant plant.TenantNo) string
	Now     func() time.Time
	// Client posts to partners; it follows no redirect to another host.
	Client *http.Client
	// Within bounds one statement of a database, and one post.
	Within time.Duration
}

// defaultWithin is how long a partner may take for one message.
const defaultWithin = 20 * time.Second

// Doors opens doors; it remembers between two looks what it saw in folders.
type Doors struct {
	o    Options
	seen folderMemory
}

// New makes doors.
func New(o Options) *Doors {
	if o.Within == 0 {
		o.Within = defaultWithin
	}
	if o.Client == nil {
		o.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Doors{o: o, seen: folderMemory{files: map[string]sighting{}}}
}

// Open makes the door to a partner; nil for one that comes by itself and fetches
// what was made.
func (d *Doors) Open(tenant plant.TenantNo, p exchange.Partner) (exchange.Door, error) {
	if p.Sealed != nil {
		return nil, fmt.Errorf("the stored secret cannot be read; write it again: %w", p.Sealed)
	}
	switch p.Way {
	case exchange.WayHTTP:
		if p.URL == "" {
			return nil, nil //nolint:nilnil // nobody is called
		}
		return post{d.o, p}, nil
	case exchange.WayFolder:
		root := d.o.Folders(tenant)
		if root == "" {
			return nil, fmt.Errorf("this node reads no folders; start it with --files DIR")
		}
		return newFolder(root, p, &d.seen, d.o.Now)
	case exchange.WayDatabase:
		return connect(p, d.o.Within)
	}
	return nil, fmt.Errorf("way %q is not known", p.Way)
}
