package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"os"
	"slices"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/plant"
)

const (
	ourLine  = "firm/site/turning/line"
	ourCity  = "3306"
	stranger = plant.TenantNo(7) // a tenant without a plant
)

// walk asks every operation of the contract and counts.
type walk struct {
	*gate
	asked int
	by    map[int]int // answers by hundreds of their status
}

// unruled names operations that nobody wrote a rule for, and rules without one.
func unruled(ops []operation) (complaints []string) {
	there := map[string]bool{}
	for _, o := range ops {
		there[o.ID] = true
		if _, ok := lowest[o.ID]; !ok {
			complaints = append(complaints, fmt.Sprintf("%s %s: the new operation %q is not in this test: write into lowest who may call it", o.Method, o.Path, o.ID))
		}
	}
	for _, id := range slices.Concat(slices.Sorted(maps.Keys(lowest)), wholePlant) {
		if !there[id] {
			complaints = append(complaints, fmt.Sprintf("there is no operation %q any more: take its rule out", id))
		}
	}
	return complaints
}

// TestNewOperationNeedsARule: an operation that somebody adds to the contract
// fails the build until it is said who may call it.
func TestNewOperationNeedsARule(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../web/openapi.json")
	must(t, err)
	if complaints := unruled(operationsOf(t, raw)); len(complaints) > 0 {
		t.Errorf("the contract as it is: %v", complaints)
	}
	var doc map[string]any
	must(t, json.Unmarshal(raw, &doc))
	paths, ok := doc["paths"].(map[string]any)
	if !ok {
		t.Fatal("the contract has no paths")
	}
	paths["/api/v1/secrets"] = map[string]any{"get": map[string]any{"operationId": "secrets"}}
	delete(paths, "/api/v1/audit")
	grown, err := json.Marshal(doc)
	must(t, err)
	complaints := unruled(operationsOf(t, grown))
	if len(complaints) != 3 || !strings.Contains(complaints[0], `"secrets"`) || !strings.Contains(complaints[1], `"audit"`) {
		t.Errorf("a contract with one operation more and one less: %q", complaints)
	}
}

func (w *walk) ask(o operation, machine plant.Node, dress func(*http.Request)) (int, string) {
	w.t.Helper()
	status, body := w.gate.ask(o, machine, dress)
	w.asked++
	w.by[status/100]++
	return status, body
}

func refused(status int) bool {
	return status == http.StatusForbidden || status == http.StatusUnauthorized
}

// builtIn are the roles that come with the product and what each may.
func (w *walk) builtIn() []access.RoleDef {
	roles, err := w.n.access.Roles(w.t.Context(), access.Node(demoTenant))
	must(w.t, err)
	if len(roles) != len(ladders[anybody]) {
		w.t.Errorf("%d roles come with the product, this test knows %d: write into ladders where the new one stands", len(roles), len(ladders[anybody]))
	}
	return roles
}

// ours are the grants of a role for one line of the plant and one city.
func ours(role access.RoleDef) (out []access.Grant) {
	firms := func(p access.Permission) bool { return p == access.Diagnose || strings.HasPrefix(string(p), "firms") }
	if slices.ContainsFunc(role.Permissions, func(p access.Permission) bool { return !firms(p) }) {
		out = append(out, access.Grant{Role: role.ID, Path: ourLine})
	}
	if slices.ContainsFunc(role.Permissions, firms) {
		out = append(out, access.Grant{Role: role.ID, Area: access.Area{Region: ourCity}})
	}
	return out
}

// TestPermissions walks every operation of the contract with every role that
// comes with the product, given for the whole, for a part, and in a foreign
// tenant, about a place and a firm of ours and of others; and with nobody.
func TestPermissions(t *testing.T) {
	t.Parallel()
	w := &walk{gate: newGate(t), by: map[int]int{}}
	w.firms[0], w.firms[1] = seedFirms(t, w.n)
	roles := w.builtIn()
	for _, complaint := range unruled(w.ops) {
		t.Error(complaint)
	}
	for _, o := range w.ops {
		least := lowest[o.ID]
		for _, about := range []plant.Node{w.own, w.out} {
			status, body := w.ask(o, about, func(*http.Request) {})
			if public := status != http.StatusUnauthorized || slices.Contains([]string{"sign-in", "sign-in-by-link", "sign-in-code"}, o.ID); public != (least == "") {
				t.Errorf("%s by nobody: %d %s", o.ID, status, body)
			}
		}
	}
	for _, role := range roles {
		w.whole(role)
		w.part(role)
		w.foreign(role)
	}
	entries, err := access.Verify(t.Context(), w.n.record.Access(), demoTenant)
	if err != nil || entries < 10 {
		t.Errorf("audit after all this: %d entries, %v", entries, err)
	}
	t.Logf("%d requests: %d operations, %d roles × the whole, a line and a city, a foreign tenant × own and foreign place, firm, region and sector; and nobody. Answers by status: %v", w.asked, len(w.ops), len(roles), w.by)
}

// closed are operations that are asked of nobody in particular, or of people
// alone: the programs that walk have no password and no second factor.
func closed(o operation) bool {
	return lowest[o.ID] == "" || slices.Contains([]string{"sign-out", "change-password", "enrol-second-factor", "confirm-second-factor", "drop-second-factor", "renew-recovery-codes"}, o.ID)
}

// whole: given for everything, a role may what is written in the table.
func (w *walk) whole(role access.RoleDef) {
	token := w.tokenOf(demoTenant, access.Grant{Role: role.ID})
	for _, o := range w.ops {
		if closed(o) {
			continue
		}
		status, body := w.ask(o, w.own, bearer(token))
		if role.ID == access.RoleAdmin {
			w.mustShow(o)
		}
		if may := slices.Contains(ladders[lowest[o.ID]], role.ID); refused(status) == may || status >= 500 {
			w.t.Errorf("%s by %s of the whole: %d %.300s", o.ID, role.ID, status, body)
		}
	}
}

// mustShow wants the firm of another city in lists that the whole is given: what
// nobody is shown cannot leak.
func (w *walk) mustShow(o operation) {
	w.t.Helper()
	if !slices.Contains([]string{"firms", "diagnoses", "register-entries"}, o.ID) {
		return
	}
	if status, body := w.ask(o, w.out, bearer(w.token(access.RoleAdmin, ""))); status != http.StatusOK || !strings.Contains(body, w.firms[1].name) {
		w.t.Errorf("%s shows the administrator of the whole no firm elsewhere: %d %.300s", o.ID, status, body)
	}
}

// part: given for one line and one city, a role gets nothing of the others,
// and of its own no more than the table says.
func (w *walk) part(role access.RoleDef) {
	token := w.tokenOf(demoTenant, ours(role)...)
	for _, o := range w.ops {
		if closed(o) {
			continue
		}
		may := slices.Contains(ladders[lowest[o.ID]], role.ID)
		if status, body := w.ask(o, w.own, bearer(token)); !may && !refused(status) || status >= 500 {
			w.t.Errorf("%s by %s of a part, about its own: %d %.300s", o.ID, role.ID, status, body)
		}
		status, body := w.ask(o, w.out, bearer(token))
		w.mustHide(o, role.ID, status, body)
		if (w.names(o) || slices.Contains(wholePlant, o.ID) || !may) && !refused(status) && status != http.StatusNotFound {
			w.t.Errorf("%s by %s of a part, about others: %d %.300s; want 403 or 404", o.ID, role.ID, status, body)
		}
	}
}

// foreign: whatever a role may at home, of another tenant it gets nothing and
// changes nothing.
func (w *walk) foreign(role access.RoleDef) {
	if slices.Equal(role.Permissions, []access.Permission{access.ManageTenants}) {
		_, _, err := w.n.access.CreateToken(w.t.Context(), access.Node(stranger), access.NewToken{Name: "test", Role: role.ID})
		if !errors.Is(err, access.ErrInvalid) {
			w.t.Errorf("a role over the node's tenants was given in one of them: %v", err)
		}
		return
	}
	before := w.plant()
	token := w.tokenOf(stranger, access.Grant{Role: role.ID})
	for _, o := range w.ops {
		if closed(o) {
			continue
		}
		for _, about := range []plant.Node{w.own, w.out} {
			status, body := w.ask(o, about, bearer(token))
			w.mustHide(o, role.ID, status, body)
			for _, leak := range []string{w.own.Name.ZH, w.firms[0].name} {
				if strings.Contains(body, leak) {
					w.t.Errorf("%s shows %s to a foreign %s: %d %.300s", o.ID, leak, role.ID, status, body)
				}
			}
			// A report of every region is every tenant's own: it is empty there.
			named := o.Method == http.MethodGet && !strings.HasPrefix(o.ID, "report") && w.value(o, "id", w.own) != w.value(o, "id", w.out) && strings.Contains(o.Path, "{id}")
			if named && !refused(status) && status != http.StatusNotFound {
				w.t.Errorf("%s by a foreign %s: %d %.300s; want 403 or 404", o.ID, role.ID, status, body)
			}
			if may := slices.Contains(ladders[lowest[o.ID]], role.ID); !may && !refused(status) || status >= 500 {
				w.t.Errorf("%s by a foreign %s: %d %.300s", o.ID, role.ID, status, body)
			}
		}
	}
	if after := w.plant(); after != before {
		w.t.Errorf("a foreign %s changed the plant", role.ID)
	}
}

// mustHide wants no id and no name in the answer that the question did not hold.
func (w *walk) mustHide(o operation, role access.Role, status int, body string) {
	w.t.Helper()
	for _, leak := range []string{w.out.Name.ZH, w.firms[1].name, "案例 " + w.firms[1].name} {
		if strings.Contains(body, leak) { // not in what a refusal says, either
			w.t.Errorf("%s shows %s to a strange %s: %d %.300s", o.ID, leak, role, status, body)
		}
	}
	for _, leak := range []string{string(w.out.ID), w.firms[1].id, w.firms[1].diagnosis, w.firms[1].entry} {
		if status < 300 && strings.Contains(body, leak) {
			w.t.Errorf("%s shows %s to a strange %s: %d %.300s", o.ID, leak, role, status, body)
		}
	}
}

// plant is the plant as one text.
func (w *walk) plant() string {
	m, err := w.n.plants.Model(w.t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(w.n.started))
	must(w.t, err)
	raw, err := json.Marshal(m.Nodes)
	must(w.t, err)
	return string(raw)
}

// names reports whether the operation names the machine, so that it can be
// refused.
func (w *walk) names(o operation) bool {
	if o.ID == "look-at-firm" { // checks what was typed, stores nothing and finds firms of one's own alone
		return false
	}
	for _, p := range o.Parameters {
		if slices.Contains([]string{"scope", "equipment", "tag", "no", "firm", "enterprise", "region", "sector", "industry"}, p.Name) || p.Name == "id" && w.value(o, "id", w.own) != w.value(o, "id", w.out) {
			return true
		}
	}
	body := w.body(o, w.out)
	about := w.firms[1]
	return slices.ContainsFunc([]string{string(w.out.ID), w.out.Path, about.id, `"region":"` + about.region}, func(s string) bool { return bytes.Contains(body, []byte(s)) })
}

// TestScopes: a plant file that reaches into another line is not taken.
func TestScopes(t *testing.T) {
	t.Parallel()
	w := &walk{gate: newGate(t), by: map[int]int{}}
	token := w.token(access.RoleAdmin, ourLine)
	named := 0
	for _, o := range w.ops {
		if o.ID == "import-plant" {
			if status, body := w.ask(o, w.out, bearer(token)); !strings.Contains(body, `"done":false`) {
				t.Errorf("import into another line: %d %s", status, body)
			}
		}
		if w.names(o) || slices.Contains(wholePlant, o.ID) {
			named++
		}
	}
	if named < 25 {
		t.Errorf("only %d operations name a place: the test shows little", named)
	}
}

// TestTwoMachinesOnOneDevice: the form refuses what the plant file refuses.
func TestTwoMachinesOnOneDevice(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for unit, want := range map[string]int{"3": 422, "4": 201} {
		raw, err := json.Marshal(map[string]any{
			"path": "firm/site/turning/line/lathe-9", "level": "equipment", "name": map[string]string{"zh": "9号"},
			"equipment": map[string]any{"class": "lathe", "profile": "demo-lathe", "device": map[string]any{"driver": "modbus-tcp", "address": "127.0.0.1:1", "params": map[string]string{"unit": unit}}},
		})
		must(t, err)
		req, err := http.NewRequestWithContext(t.Context(), "POST", g.api.base+"/api/v1/nodes", bytes.NewReader(raw))
		must(t, err)
		req.Header.Set("Content-Type", "application/json")
		bearer(g.token(access.RoleEngineer, ""))(req)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		body, err := io.ReadAll(res.Body)
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != want || want == 422 && !strings.Contains(string(body), g.out.Path) {
			t.Errorf("unit %s: %d %s", unit, res.StatusCode, body)
		}
	}
}

// TestCookieNeedsItsHeader: a foreign page can make a browser send the cookie
// along, but not the header.
func TestCookieNeedsItsHeader(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	_, err := g.n.access.CreateUser(t.Context(), access.Node(demoTenant), access.NewUser{Name: "anna", Role: access.RoleAdmin, Password: "anna-of-the-first-line"})
	must(t, err)
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := &http.Client{Jar: jar}
	send := func(method, path, body, header string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, g.api.base+path, strings.NewReader(body))
		must(t, err)
		req.Header.Set("Content-Type", "application/json")
		if header != "" {
			req.Header.Set("X-Zhigai", header)
		}
		res, err := client.Do(req)
		must(t, err)
		must(t, res.Body.Close())
		return res.StatusCode
	}
	if got := send("POST", "/api/v1/session", `{"name":"anna","password":"anna-of-the-first-line"}`, ""); got >= 300 {
		t.Fatalf("sign in: %d", got)
	}
	for _, c := range []struct {
		method, header string
		want           int
	}{{"GET", "", 200}, {"DELETE", "", 403}, {"DELETE", "1", 204}, {"GET", "", 401}} {
		if got := send(c.method, "/api/v1/session", "", c.header); got != c.want {
			t.Errorf("%s with header %q: %d; want %d", c.method, c.header, got, c.want)
		}
	}
}
