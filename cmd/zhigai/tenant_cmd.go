package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

type tenantCmd struct {
	Add     tenantAddCmd     `cmd:"" help:"Take a firm in, or a list of firms, with a plant made of a template."`
	List    tenantListCmd    `cmd:"" help:"List the firms on the node."`
	Usage   tenantUsageCmd   `cmd:"" help:"What a firm has now and used by day."`
	Suspend tenantSuspendCmd `cmd:"" help:"Let nobody of a firm in and collect nothing; all is kept."`
	Resume  tenantResumeCmd  `cmd:"" help:"Serve a firm again that is suspended or leaves."`
	Enrol   tenantEnrolCmd   `cmd:"" help:"Make a firm known to the node above, so that what it shares goes there."`
	Export  tenantExportCmd  `cmd:"" help:"Write everything a firm owns as a zip."`
	Delete  tenantDeleteCmd  `cmd:"" help:"Let a firm leave: everything is deleted after a term, or now."`
}

// onFolder is where the running node is.
type onFolder struct {
	Data string `help:"Folder of the running node." default:"./data" type:"path"`
	JSON bool   `help:"Print JSON." name:"json"`
}

type tenantAddCmd struct {
	onFolder `embed:""`
	ID       string            `arg:"" optional:"" help:"Short name of the firm: 2-20 small letters and digits."`
	Template string            `help:"Template as YAML; an empty plant when left out." type:"existingfile" placeholder:"FILE"`
	Name     string            `help:"Chinese name of the firm."`
	EN       string            `name:"en" help:"English name."`
	Code     string            `help:"Unified social credit code."`
	Set      map[string]string `help:"Parameter of the template: --set key=value."`
	List     string            `help:"CSV of firms with the columns id, name and, if any, en, code and the template's parameters; all are checked before the first is made." type:"existingfile" placeholder:"FILE"`
	Check    bool              `help:"Only look what stands against it."`
}

type tenantsQuestion struct {
	Template string       `json:"template"` // YAML
	File     string       `json:"file"`     // its name, for errors
	Firms    []tenant.New `json:"firms"`
	Check    bool         `json:"check"`
}

// tenantsMade is what was made before something failed.
type tenantsMade struct {
	Made  []tenant.Made `json:"made"`
	Error string        `json:"error,omitempty"`
}

func (c tenantAddCmd) Run(ctx context.Context) error { return c.do(ctx, os.Stdout) }

func (c tenantAddCmd) do(ctx context.Context, out io.Writer) error {
	q := tenantsQuestion{File: c.Template, Check: c.Check}
	switch {
	case c.List != "" && c.ID != "":
		return errors.New("write one firm, or --list FILE")
	case c.List != "":
		raw, err := os.ReadFile(c.List)
		if err != nil {
			return err
		}
		if q.Firms, err = firmsOf(c.List, strings.NewReader(string(raw)), c.Set); err != nil {
			return err
		}
	default:
		q.Firms = []tenant.New{{ID: c.ID, Name: plant.Name{ZH: c.Name, EN: c.EN}, Code: c.Code, Set: c.Set}}
	}
	if c.Template != "" {
		raw, err := os.ReadFile(c.Template)
		if err != nil {
			return err
		}
		q.Template = string(raw)
	}
	made, err := askNode[tenantsMade](ctx, c.Data, "/tenants/add", q)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		err = json.NewEncoder(out).Encode(made.Made)
	case c.Check:
		fmt.Fprintf(out, "%d firms can be taken in\n", len(q.Firms))
	default:
		for _, m := range made.Made {
			fmt.Fprintf(out, "%s  tenant %d  user %s  first sign-in, once, within a day: /signin?link=%s\n", m.Tenant.ID, m.Tenant.No, m.User, m.Link)
		}
	}
	if made.Error != "" {
		err = errors.Join(err, errors.New(made.Error))
	}
	return err
}

// firmsOf reads a list of firms. Parameters of set hold for all of them, columns
// for one.
func firmsOf(name string, from io.Reader, set map[string]string) ([]tenant.New, error) {
	r := csv.NewReader(from)
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	head[0] = strings.TrimPrefix(head[0], "\uFEFF")
	seen := map[string]bool{}
	for i := range head {
		head[i] = strings.TrimSpace(head[i])
		if head[i] == "" || seen[head[i]] {
			return nil, fmt.Errorf("%s: column %d is %q; name each column, and each once", name, i+1, head[i])
		}
		seen[head[i]] = true
	}
	if !seen["id"] || !seen["name"] {
		return nil, fmt.Errorf("%s: columns %s; there must be id and name", name, strings.Join(head, ", "))
	}
	var out []tenant.New
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(out) == tenant.MaxAdded {
			return nil, fmt.Errorf("%s: more than %d firms; divide the list", name, tenant.MaxAdded)
		}
		one := tenant.New{Set: map[string]string{}}
		maps.Copy(one.Set, set)
		for i, v := range row {
			switch v = strings.TrimSpace(v); head[i] {
			case "id":
				one.ID = v
			case "name":
				one.Name.ZH = v
			case "en":
				one.Name.EN = v
			case "code":
				one.Code = v
			default:
				one.Set[head[i]] = v
			}
		}
		out = append(out, one)
	}
}

type tenantListCmd struct {
	onFolder `embed:""`
	Text     string `help:"Part of id, name or credit code."`
	State    string `help:"active, suspended, leaving or deleted." enum:"active,suspended,leaving,deleted," default:""`
}

// Run prints a line for each.
func (c tenantListCmd) Run(ctx context.Context) error {
	all, err := askNode[[]tenant.Tenant](ctx, c.Data, "/tenants/list", tenant.Filter{Text: c.Text, State: tenant.State(c.State)})
	if err != nil || c.JSON {
		return errors.Join(err, json.NewEncoder(os.Stdout).Encode(all))
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NO\tID\tSTATE\tCODE\tCREATED\tNAME")
	for _, t := range all {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", t.No, t.ID, t.State, t.Code, t.Created.Format(time.DateOnly), t.Name.ZH)
	}
	return w.Flush()
}

type tenantUsageCmd struct {
	onFolder `embed:""`
	ID       string `arg:"" help:"Id of the firm."`
	Days     int    `help:"Last days, today among them." default:"30"`
}

type usageQuestion struct {
	ID   string `json:"id"`
	Days int    `json:"days"`
}

// Run prints a table.
func (c tenantUsageCmd) Run(ctx context.Context) error {
	u, err := askNode[tenant.Use](ctx, c.Data, "/tenants/usage", usageQuestion{c.ID, c.Days})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(u)
	}
	l := u.Tenant.Limits
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "devices\t%d of %d\ntags\t%d of %d\nusers\t%d of %d\nsamples on the disk\t%d MB of %d MB\nevents\t%d\nfiles\t%d\n",
		u.Now.Devices, l.Devices, u.Now.Tags, l.Tags, u.Now.Users, l.Users, u.Now.Bytes>>20, l.Bytes>>20, u.Now.Events, u.Now.Files)
	fmt.Fprintln(w, "\nDAY (UTC)\tSAMPLES\tBYTES\tREQUESTS\tREFUSED")
	for _, d := range u.Days {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\n", d.Day, d.Samples, d.Bytes, d.Requests, d.Refused)
	}
	return w.Flush()
}

type tenantSuspendCmd struct {
	onFolder `embed:""`
	ID       string `arg:"" help:"Id of the firm."`
}

func (c tenantSuspendCmd) Run(ctx context.Context) error {
	return changeState(ctx, c.onFolder, stateQuestion{ID: c.ID, State: tenant.Suspended})
}

type tenantResumeCmd struct {
	onFolder `embed:""`
	ID       string `arg:"" help:"Id of the firm."`
}

func (c tenantResumeCmd) Run(ctx context.Context) error {
	return changeState(ctx, c.onFolder, stateQuestion{ID: c.ID, State: tenant.Active})
}

type tenantDeleteCmd struct {
	onFolder `embed:""`
	ID       string `arg:"" help:"Id of the firm."`
	Term     int64  `help:"Days until everything is deleted, counted from now." default:"30"`
	Now      string `help:"Do not wait for the end of the term: write the id again." placeholder:"ID"`
}

func (c tenantDeleteCmd) Run(ctx context.Context) error {
	return changeState(ctx, c.onFolder, stateQuestion{ID: c.ID, State: tenant.Leaving, Term: c.Term, Confirm: c.Now})
}

type stateQuestion struct {
	ID      string       `json:"id"`
	State   tenant.State `json:"state"`
	Term    int64        `json:"term"`    // days, of one that leaves
	Confirm string       `json:"confirm"` // of a deletion now
}

func changeState(ctx context.Context, at onFolder, q stateQuestion) error {
	t, err := askNode[tenant.Tenant](ctx, at.Data, "/tenants/state", q)
	if err != nil || at.JSON {
		return errors.Join(err, json.NewEncoder(os.Stdout).Encode(t))
	}
	switch t.State {
	case tenant.Leaving:
		fmt.Printf("%s leaves; everything of it is deleted after %s\n", t.ID, t.Ends.Local().Format(time.DateTime))
	default:
		fmt.Printf("%s is %s\n", t.ID, t.State)
	}
	return nil
}

// operator is who gives commands on the node's own machine.
func operator() access.Principal {
	p := access.Node(homeTenant)
	p.User, p.Name = "command line", "command line"
	return p
}

// tenantCommands answers commands of this file.
func (n *node) tenantCommands(mux *http.ServeMux) {
	mux.HandleFunc("POST /tenants/add", answer(n.addTenants))
	mux.HandleFunc("POST /tenants/list", answer(func(ctx context.Context, f tenant.Filter) ([]tenant.Tenant, error) {
		return n.sector.List(ctx, f, 1000)
	}))
	mux.HandleFunc("POST /tenants/usage", answer(func(ctx context.Context, q usageQuestion) (tenant.Use, error) {
		n.meter.flush(ctx)
		return n.sector.Usage(ctx, q.ID, q.Days)
	}))
	mux.HandleFunc("POST /tenants/state", answer(n.changeTenant))
	mux.HandleFunc("POST /tenants/enrol", answer(n.enrolTenant))
	mux.HandleFunc("POST /tenants/export/start", answer(n.startExport))
	mux.HandleFunc("POST /tenants/export/state", answer(n.exportState))
}

func (n *node) addTenants(ctx context.Context, q tenantsQuestion) (tenantsMade, error) {
	var template *tenant.Template
	if q.Template != "" {
		t, err := tenant.ReadTemplate(q.File, []byte(q.Template))
		if err != nil {
			return tenantsMade{}, err
		}
		template = &t
	}
	if q.Check {
		return tenantsMade{}, n.sector.Check(ctx, template, q.Firms)
	}
	made, err := n.sector.Add(ctx, operator(), template, q.Firms)
	if err != nil && len(made) > 0 { // their links are shown this once
		return tenantsMade{made, err.Error()}, nil
	}
	return tenantsMade{Made: made}, err
}

func (n *node) changeTenant(ctx context.Context, q stateQuestion) (tenant.Tenant, error) {
	t, err := n.sector.Get(ctx, q.ID)
	if err != nil {
		return t, err
	}
	if t.State != q.State || q.Term != 0 {
		change := tenant.Change{State: &q.State}
		if q.Term != 0 {
			change.Term = &q.Term
		}
		if t, err = n.sector.Change(ctx, operator(), q.ID, t.Rev, change); err != nil {
			return t, err
		}
	}
	if q.Confirm == "" {
		return t, nil
	}
	if err := n.sector.Delete(ctx, operator(), q.ID, q.Confirm); err != nil {
		return t, err
	}
	return n.sector.Get(ctx, q.ID)
}
