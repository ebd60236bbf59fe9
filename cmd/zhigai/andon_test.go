package main

import (
	"net/url"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/shop/andon"
)

// TestAndon_FromCallToDone: an operator calls, twice by mistake, once without the
// network; who answers sees it, accepts and ends it, and each step says who and
// when.
func TestAndon_FromCallToDone(t *testing.T) {
	t.Parallel()
	n, api := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	as := func(role access.Role, name string) storeClient {
		_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: name, Role: role})
		must(t, err)
		return storeClient{t, api.base, secret}
	}
	operator, keeper, viewer := as(access.RoleOperator, "op"), as("storekeeper", "keeper"), as(access.RoleViewer, "viewer")
	lathe := nodeAt(t, n, "firm/site/turning/line/lathe-1")
	call := map[string]any{"what": "material", "equipment": lathe, "order": "MO-7", "job": 10, "at": time.Now().Add(-10 * time.Minute).UTC().Format(time.RFC3339Nano), "key": "k1"}
	var made, again, second andon.Call
	operator.must("POST", "/calls", call, &made)
	operator.must("POST", "/calls", call, &again)
	operator.must("POST", "/calls", map[string]any{"what": "material", "equipment": lathe}, &second)
	if made.ID != again.ID || made.ID != second.ID || len(second.Steps) != 1 || time.Duration(made.Steps[0].Entered-made.Steps[0].At)*time.Microsecond < 9*time.Minute {
		t.Errorf("called as %+v, again %+v, once more %+v; want one call of ten minutes ago", made, again, second)
	}
	for status, body := range map[int]map[string]any{
		422: {"what": "material", "equipment": lathe, "at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "key": "k2"},
		404: {"what": "material", "equipment": "nobody"},
	} {
		if got, raw := operator.call("POST", "/calls", body); got != status {
			t.Errorf("%v: %d %s; want %d", body, got, raw, status)
		}
	}
	if got, _ := viewer.call("POST", "/calls", call); got != 403 {
		t.Errorf("a viewer called: %d", got)
	}
	var list struct{ Items []andon.Call }
	viewer.must("GET", "/calls?open=true&what=material&scope="+url.QueryEscape("firm/site/turning"), nil, &list)
	if len(list.Items) != 1 || list.Items[0].State != andon.Called || list.Items[0].Path == "" {
		t.Errorf("calls that wait: %+v", list.Items)
	}
	for _, s := range []andon.State{andon.Accepted, andon.Done} {
		keeper.must("POST", "/calls/"+made.ID+"/state", andon.Move{State: s}, &made)
	}
	if made.State != andon.Done || made.Answerer != "keeper" || len(made.Steps) != 3 || made.Waits() {
		t.Errorf("at the end: %+v", made)
	}
	if got, raw := keeper.call("POST", "/calls/"+made.ID+"/state", andon.Move{State: andon.Accepted}); got != 422 {
		t.Errorf("a call that ended was accepted: %d %s", got, raw)
	}
	operator.must("POST", "/calls", map[string]any{"what": "material", "equipment": lathe}, &second)
	if second.ID == made.ID {
		t.Error("a call that ended was not called anew")
	}
}
