// Package web is the HTTP API: who asks, what may be asked, and how answers and
// errors look. Resources of the rooms live in web/shop and its neighbours, one
// file each; this package holds what they share and what belongs to the node
// itself (session, users, audit, health, figures, the live stream, the pages).
//
// It keeps no state of its own and knows no SQL. Start with [New] and [Handle].
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// CookieName is the session cookie; it cannot be read by scripts.
const CookieName = "zhigai_session"

// HookPath is where machines post; the name of the device stands behind it.
const HookPath = "/hooks/"

// csrfHeader must be on every unsafe request that is authorised by a cookie: a
// foreign page cannot set it.
const csrfHeader = "X-Zhigai"

// maxBody bounds a request body. The largest honest one is a plant file of some
// hundred machines (about 1 MB).
const maxBody = 8 << 20

// Options are the parts the API stands on.
type Options struct {
	Access  *access.Service
	Version string
	Started time.Time
	Now     func() time.Time
	Logger  *slog.Logger
	Health  func(ctx context.Context) []Check
	Links   Links        // nil: the node stands alone
	Demo    []Login      // printed on the sign-in page of a demo, nil elsewhere
	Disk    func() *Disk // nil where it is not watched
	Limits  Limits
	// Pressure is that of the sources; requests are counted here.
	Pressure func() Pressure
	TLS      bool
	Ready    func(ctx context.Context) []Check // what must hold to answer questions and take samples; nil: nothing
	Metrics  *prometheus.Registry              // nil: there are none
	Hook     http.Handler                      // where machines post, below HookPath: it knows who may; nil: they do not
	ReadOnly bool                              // requests that would change something are refused
	// Trace begins the trace of a request and gives what ends it; nil: none.
	Trace   func(r *http.Request) (context.Context, func(route string, status int))
	Errors  []ErrorStatus // of the rooms above figure
	Figures *figure.Engine
	Trail   access.AuditStore // the audit as it is read
	SignOn  SignOn            // at providers; nil: there are none
	// Counted is told of every request of somebody who is known; nil: nobody counts.
	Counted func(tenant plant.TenantNo)
	// Keepers names the nodes below that machines belong to; this node's own are
	// not in it.
	Keepers func(ctx context.Context, tenant plant.TenantNo, machines []plant.NodeID) (map[plant.NodeID]string, error)
}

// API is where resources register themselves.
type API struct {
	huma   huma.API
	mux    *http.ServeMux
	access *access.Service
	now    func() time.Time
	log    *slog.Logger
	o      Options
	ops    []Op
	routes []Route
	busy   *busy

	measure measure
}

// Op describes one operation. Needs is the permission it asks for; "" is for
// operations everybody may call, and only those listed in a test.
type Op struct {
	Method  string
	Path    string // below /api/v1
	ID      string
	Summary string
	Tag     string
	Needs   access.Permission
	Status  int
	Heavy   bool  // takes long: a bounded number is answered at once
	Whole   bool  // concerns no single place: only for those who may see the whole plant
	Home    bool  // concerns the node itself: only for its own tenant
	Public  bool  // tells of no single firm: regions and sectors beyond one's own may be asked about, too
	MaxBody int64 // bytes of a request; 0 for the usual bound
}

// New makes an API with the resources of this package registered.
func New(o Options) *API {
	mux := http.NewServeMux()
	useProblems()
	config := huma.DefaultConfig("zhigai 智改", o.Version)
	config.DocsPath, config.SchemasPath = "", ""
	config.CreateHooks = nil // no $schema links: they only swell every answer
	config.Info.Description = "From the signal on a machine to the figure a government reports. Times are UTC, shares 0..1, durations milliseconds."
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: CookieName},
	}
	a := &API{huma: humago.New(mux, config), mux: mux, access: o.Access, now: o.Now, log: o.Logger, o: o, busy: newBusy(o.Limits, o.Now), measure: newMeasure()}
	a.huma.UseMiddleware(a.welcome, a.authorise, a.unchanged, a.queue)
	a.registerHealth()
	a.registerReady()
	a.registerMetrics()
	a.registerSession()
	a.registerAccount()
	a.registerProviders()
	a.registerUsers()
	a.registerGuests()
	a.registerTokens()
	a.registerRoles()
	a.registerAudit()
	a.registerLinks()
	a.registerLinkSettings()
	a.registerLinkRegions()
	a.registerFigures()
	if o.Hook != nil {
		a.route(http.MethodPost, HookPath+"{name}", "", o.Hook)
	}
	return a
}

// Huma is the underlying API, for the OpenAPI document.
func (a *API) Huma() huma.API { return a.huma }

// Ops lists what is registered, for the permission test.
func (a *API) Ops() []Op { return a.ops }

// Now is the clock of the node.
func (a *API) Now() time.Time { return a.now() }

// Handle registers one operation.
func Handle[I, O any](a *API, op Op, f func(ctx context.Context, in *I) (*O, error)) {
	operation := a.operation(op)
	seen(op.ID, reflect.TypeFor[I]())
	huma.Register(a.huma, operation, func(ctx context.Context, in *I) (*O, error) {
		if err := home(ctx); op.Home && err != nil {
			return nil, a.later(a.problem(ctx, op, err))
		}
		if op.Whole {
			if err := Whole(ctx); err != nil {
				return nil, a.later(a.problem(ctx, op, err))
			}
		}
		out, err := f(ctx, in)
		if err != nil {
			return nil, a.later(a.problem(ctx, op, err))
		}
		return out, nil
	})
}

// seen refuses parameters that the framework would silently leave out: those of
// an embedded struct whose type is not exported.
func seen(op string, in reflect.Type) {
	for embedded := range in.Fields() {
		if !embedded.Anonymous || embedded.IsExported() || embedded.Type.Kind() != reflect.Struct {
			continue
		}
		for f := range embedded.Type.Fields() {
			for _, place := range []string{"path", "query", "header", "cookie"} {
				if f.Tag.Get(place) != "" {
					panic(fmt.Sprintf("web: operation %s: %s of the embedded %s is not read; export the type", op, f.Name, embedded.Type.Name()))
				}
			}
		}
	}
}

func (a *API) operation(op Op) huma.Operation {
	a.ops = append(a.ops, op)
	operation := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: "/api/v1" + op.Path, Summary: op.Summary,
		Tags: []string{op.Tag}, DefaultStatus: op.Status, MaxBodyBytes: cmp.Or(op.MaxBody, maxBody),
		Metadata: map[string]any{"needs": op.Needs, "heavy": op.Heavy, "public": op.Public},
	}
	if op.Needs != "" {
		operation.Security = []map[string][]string{{"token": {}}, {"session": {}}}
		operation.Extensions = map[string]any{"x-permission": string(op.Needs)}
	}
	return operation
}

type principalKey struct{}

// authorise finds out who asks and refuses what no grant allows. The request
// ends with the first grant that it rests on: a stream that goes on must not
// outlive the right to see it.
func (a *API) authorise(ctx huma.Context, next func(huma.Context)) {
	needs, _ := ctx.Operation().Metadata["needs"].(access.Permission)
	p, err := a.authenticate(ctx)
	if needs == "" {
		if err == nil {
			ctx = huma.WithValue(ctx, principalKey{}, p)
		}
		next(ctx)
		return
	}
	if err == nil && a.o.Counted != nil {
		a.o.Counted(p.Scope.Tenant)
	}
	if err == nil && !p.Has(needs) {
		err = fmt.Errorf("%w: this needs the permission %q, which none of your roles gives you", access.ErrForbidden, needs)
	}
	if public, _ := ctx.Operation().Metadata["public"].(bool); err == nil && !public {
		err = withinAreas(ctx, p, needs)
	}
	if err != nil {
		problem := a.problem(ctx.Context(), Op{ID: ctx.Operation().OperationID}, err)
		a.writeProblem(ctx, problem)
		return
	}
	if ends, ok := p.Ends(); ok {
		until, cancel := context.WithTimeout(ctx.Context(), ends.Sub(a.now()))
		defer cancel()
		ctx = huma.WithContext(ctx, until)
	}
	next(huma.WithValue(huma.WithValue(ctx, principalKey{}, p.For(needs)), stillKey{}, func() bool { return a.still(ctx, p, needs) }))
}

// stillKey finds what a stream asks at each beat.
type stillKey struct{}

// still reports whether the asker has what a stream began with: a right that was
// taken back, and a session that was ended, end the stream.
func (a *API) still(ctx huma.Context, was access.Principal, needs access.Permission) bool {
	now, err := a.authenticate(ctx)
	if err != nil { // a record that cannot be read takes no right away
		return !errors.Is(err, access.ErrUnauthorized) && !errors.Is(err, access.ErrForbidden)
	}
	return now.Has(needs) && now.For(needs).Scope == was.For(needs).Scope
}

func (a *API) authenticate(ctx huma.Context) (access.Principal, error) {
	if header := ctx.Header("Authorization"); header != "" {
		secret, ok := strings.CutPrefix(header, "Bearer ")
		if !ok {
			return access.Principal{}, fmt.Errorf("%w: write Authorization: Bearer TOKEN", access.ErrUnauthorized)
		}
		return a.access.Authenticate(ctx.Context(), secret)
	}
	cookie, err := huma.ReadCookie(ctx, CookieName)
	if err != nil {
		return access.Principal{}, access.ErrUnauthorized
	}
	if ctx.Method() != http.MethodGet && ctx.Method() != http.MethodHead && ctx.Header(csrfHeader) == "" {
		return access.Principal{}, fmt.Errorf("%w: requests that change something need the header %s: 1", access.ErrForbidden, csrfHeader)
	}
	return a.access.Authenticate(ctx.Context(), cookie.Value)
}

// Who is the principal of a request. Operations that need a permission always
// have one.
func Who(ctx context.Context) access.Principal {
	p, _ := ctx.Value(principalKey{}).(access.Principal)
	return p
}

// ScopeOf is what the request may touch: the asked path, which must lie within
// the principal's own scope; with no path asked, all of it. This is the one
// place where a request's scope is decided.
func ScopeOf(ctx context.Context, path string) (access.Scope, error) {
	p := Who(ctx)
	if path == "" {
		return p.Scope, nil
	}
	if err := plant.CheckPath(path); err != nil {
		return access.Scope{}, Invalid("scope", "%v", err)
	}
	if !p.Scope.Allows(path) {
		return access.Scope{}, fmt.Errorf("%w: %q lies outside your scope %q", access.ErrForbidden, path, p.Scope.Places())
	}
	return access.Scope{Tenant: p.Scope.Tenant, Path: path}, nil
}

// withinAreas refuses a question about a region or sector in which the asker has
// no firm: a list of nothing would be taken for a finding. A wider one is
// answered for the part that the asker was given. Firms and what is theirs are
// found, or not, by the rooms.
func withinAreas(ctx huma.Context, p access.Principal, needs access.Permission) error {
	areas := p.Areas(needs)
	asked := access.Area{Region: plant.RegionPrefix(ctx.Query("region")), Sector: cmp.Or(ctx.Query("sector"), ctx.Query("industry"))}
	if len(areas) == 0 || asked == (access.Area{}) || slices.ContainsFunc(areas, asked.Meets) {
		return nil
	}
	return fmt.Errorf("%w: region %q, sector %q: no part of it is within what you were given %v", access.ErrForbidden, asked.Region, asked.Sector, areas)
}

// PlaceOf is ScopeOf for questions about one place: without a path asked, the
// first of the principal's places.
func PlaceOf(ctx context.Context, path string) (access.Scope, error) {
	scope, err := ScopeOf(ctx, path)
	scope.More = ""
	return scope, err
}

// Whole refuses who is confined to a part of the plant, or of the firms: what
// is asked for belongs to no single one.
func Whole(ctx context.Context) error {
	p := Who(ctx)
	if p.Everywhere() {
		return nil
	}
	return fmt.Errorf("%w: this concerns the whole, of which you were given a part: %q %v", access.ErrForbidden, p.Scope.Places(), p.Areas(access.ReadFirms))
}

// home refuses who belongs to a tenant other than the node's own.
func home(ctx context.Context) error {
	if Who(ctx).Scope.Tenant == access.HomeTenant {
		return nil
	}
	return fmt.Errorf("%w: this concerns the node itself, which its operator runs", access.ErrForbidden)
}

// Audit records a change of the principal of the request.
func (a *API) Audit(ctx context.Context, action, object string, before, after any) error {
	return a.access.Record(ctx, Who(ctx), action, object, before, after)
}

// Mux is where what is not in the contract is added: the pages.
func (a *API) Mux() *http.ServeMux { return a.mux }

// schemaName keeps a room's type apart from those of the same name elsewhere:
// plant.Node is PlantNode in the contract, a list of them ListPlantNode.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if of := argument.FindStringSubmatch(t.Name()); of != nil {
		whole, isOwn := strings.CutSuffix(name, of[2])
		if isOwn {
			return whole + roomOf(of[1]) + of[2]
		}
	}
	room, inner := strings.CutPrefix(t.PkgPath(), "zhigai/")
	if !inner {
		return name
	}
	return roomOf(room) + name
}

// argument finds what a generic type of the API is of: its room and its name.
var argument = regexp.MustCompile(`\[\*?zhigai/([a-z/]+)\.(\w+)\]$`)

// roomOf is a room as it stands before the names of its types; the API's own have
// nothing before them.
func roomOf(room string) string {
	if room == "web" || strings.HasPrefix(room, "web/") {
		return ""
	}
	room = path.Base(room)
	return strings.ToUpper(room[:1]) + room[1:]
}
