package discovery

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/plant"
)

// Limits of searching. What is found is kept in memory: it can be found again.
const (
	maxRunning   = 4     // at once: each may ask 32 hosts
	maxSearches  = 50    // remembered, the newest
	maxSightings = 5_000 // of a tenant
	identifyTime = 10 * time.Second
)

// State of a search.
const (
	Running   = "running"
	Done      = "done"
	Cancelled = "cancelled"
	Failed    = "failed"
)

// Search is one look for devices, as people see it.
type Search struct {
	ID      string    `json:"id"`
	Driver  string    `json:"driver"`
	Where   string    `json:"where"`
	By      string    `json:"by"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	State   string    `json:"state" enum:"running,done,cancelled,failed"`
	// Done of Total places were looked at; Total is 0 while it is not known.
	Done  int    `json:"done"`
	Total int    `json:"total"`
	Found int    `json:"found"`
	Error string `json:"error,omitempty"`
}

type search struct {
	Search
	tenant plant.TenantNo
	cancel context.CancelFunc
}

// Start begins a search for a person or a rule and returns at once.
func (d *Desk) Start(who access.Principal, driver, where string) (Search, error) {
	one, ok := d.drivers[driver]
	if !ok {
		return Search{}, fmt.Errorf("%w: driver %q cannot look for devices; write one of %s", access.ErrInvalid, driver, strings.Join(slices.Sorted(maps.Keys(d.drivers)), ", "))
	}
	if d.o.MaySearch != nil {
		if err := d.o.MaySearch(d.end, who.Scope.Tenant, driver); err != nil {
			return Search{}, err
		}
	}
	ctx, cancel := context.WithCancel(d.end)
	s := &search{Search: Search{ID: ulid.Make().String(), Driver: driver, Where: where, By: who.Name, Started: d.o.Now(), State: Running}, tenant: who.Scope.Tenant, cancel: cancel}
	d.mu.Lock()
	defer d.mu.Unlock()
	running := 0
	for _, other := range d.searches {
		if other.State == Running {
			running++
		}
	}
	if running >= maxRunning || d.end.Err() != nil {
		cancel()
		return Search{}, fmt.Errorf("%w: %d searches are running; wait for one or cancel it", access.ErrConflict, running)
	}
	d.searches = append(d.searches, s)
	for i := 0; len(d.searches) > maxSearches; {
		if d.searches[i].State == Running {
			i++
			continue
		}
		d.searches = slices.Delete(d.searches, i, i+1)
	}
	d.looks.Go(func() {
		defer cancel()
		d.run(ctx, s, one)
	})
	return s.Search, nil
}

func (d *Desk) run(ctx context.Context, s *search, in connect.Discoverer) {
	told := connect.WithProgress(ctx, func(done, total int, found []connect.Found) {
		d.mu.Lock()
		s.Done, s.Total = max(s.Done, done), total
		s.Found += len(found)
		d.mu.Unlock()
		d.saw(s.tenant, found)
	})
	found, err := in.Discover(told, s.Where)
	d.saw(s.tenant, found)
	if err == nil || len(found) > 0 {
		d.identify(ctx, s.tenant, found)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Ended, s.Found = d.o.Now(), max(s.Found, len(found))
	switch {
	case ctx.Err() != nil:
		s.State = Cancelled
	case err != nil:
		s.State, s.Error = Failed, err.Error()
	default:
		s.State = Done
	}
}

// visible are those of which the tenant may be told.
func (d *Desk) visible(tenant plant.TenantNo, found []connect.Found) []connect.Found {
	if d.o.Sees == nil {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(f connect.Found) bool { return !d.o.Sees(d.end, tenant, f.Device) })
}

// saw remembers what was found. A device is told from others by how it is
// reached; what is known of it already stays.
func (d *Desk) saw(tenant plant.TenantNo, found []connect.Found) {
	found = d.visible(tenant, found)
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.known[tenant]
	if all == nil {
		all = map[plant.Reach]*sighting{}
		d.known[tenant] = all
	}
	for _, f := range found {
		key := f.Device.Reach()
		old := all[key]
		if old == nil {
			if len(all) >= maxSightings {
				continue // the search says how many it found
			}
			all[key] = &sighting{found: f, seen: d.o.Now()}
			continue
		}
		if f.Identity == (connect.Identity{}) {
			f.Identity = old.found.Identity
		}
		if f.Profile == "" && f.Title == old.found.Title {
			f.Profile = old.found.Profile
		} else if f.Title != old.found.Title {
			old.asked = false // another one answers there now
		}
		old.found, old.seen = f, d.o.Now()
	}
}

// identify asks those that do not say themselves what they are.
func (d *Desk) identify(ctx context.Context, tenant plant.TenantNo, found []connect.Found) {
	for _, f := range found {
		d.mu.Lock()
		s := d.known[tenant][f.Device.Reach()]
		wanted := s != nil && !s.asked && s.found.Profile == ""
		d.mu.Unlock()
		if !wanted || ctx.Err() != nil {
			continue
		}
		is, err := d.ask(ctx, f.Device)
		d.mu.Lock()
		s.asked, s.err = true, ""
		if err != nil {
			s.asked, s.err = false, err.Error() // another try may reach it
		}
		s.found.Profile = is.Profile
		s.found.Identity = join(s.found.Identity, is.Identity)
		d.mu.Unlock()
	}
}

func join(a, b connect.Identity) connect.Identity {
	pick := func(x, y string) string {
		if y != "" {
			return y
		}
		return x
	}
	return connect.Identity{Vendor: pick(a.Vendor, b.Vendor), Product: pick(a.Product, b.Product), Version: pick(a.Version, b.Version), Serial: pick(a.Serial, b.Serial)}
}

// List is the searches of a tenant, newest first.
func (d *Desk) List(tenant plant.TenantNo) []Search {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []Search{}
	for _, s := range slices.Backward(d.searches) {
		if s.tenant == tenant {
			out = append(out, s.Search)
		}
	}
	return out
}

// Cancel ends a search that runs; what it found stays.
func (d *Desk) Cancel(tenant plant.TenantNo, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.searches {
		if s.tenant == tenant && s.ID == id {
			s.cancel()
			return nil
		}
	}
	return fmt.Errorf("%w: search %s", access.ErrNotFound, id)
}
