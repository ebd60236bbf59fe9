package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
	"zhigai/programme/enterprise"
	"zhigai/programme/target"
)

// At a county or a province the firms of the registry are diagnosed, and full
// coverage counts those that the target is about: above the threshold, and small
// and medium ones of block economies. The incentive county comes first.
func TestDiagnosis_Registry(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	all, since := []access.Area{{}}, plant.MicrosOf(time.Now().AddDate(-1, 0, 0))
	ctx := access.With(t.Context(), access.Node(demoTenant))
	ids := map[string]string{}
	for i, f := range []enterprise.Firm{
		{Name: "规上一", Region: otherRegion, Industry: ourSector, AboveScale: true},
		{Name: "规上二", Region: "330624", Industry: ourSector, AboveScale: true},
		{Name: "集群小企业", Region: "330624", Industry: ourSector, Size: enterprise.Small, Cluster: "新昌轴承"},
		{Name: "不在其内", Region: "330624", Industry: ourSector, Size: enterprise.Small},
	} {
		f.Code, f.Since = codeOf(t, 10+i), since
		_, saved, err := r.n.firms.Save(ctx, demoTenant, all, f, 0)
		must(t, err)
		ids[f.Name] = saved.ID
	}
	_, err := r.n.targets.SaveSettings(ctx, demoTenant, target.Settings{Incentive: []string{"330624"}})
	must(t, err)
	var progress struct{ Items []diagnosis.Progress }
	r.call("GET", "/diagnosis-progress?by=county", nil, &progress)
	want := []diagnosis.Progress{{Key: "330624", Due: 2, Incentive: true}, {Key: otherRegion, Due: 1}}
	if fmt.Sprint(progress.Items) != fmt.Sprint(want) {
		t.Errorf("due: %+v; want %+v", progress.Items, want)
	}
	var firms struct{ Items []diagnosis.Firm }
	r.call("GET", "/diagnosis-firms?q=%E8%A7%84%E4%B8%8A", nil, &firms)
	if len(firms.Items) != 2 || firms.Items[0].Region == "" || firms.Items[0].Sector != ourSector {
		t.Errorf("firms of the registry: %+v", firms.Items)
	}
	city := registry{r.gate, r.tokenOf(demoTenant, access.Grant{Role: "expert", Area: access.Area{Region: ourCity}})}
	city.call("GET", "/diagnosis-firms?q=%E8%A7%84%E4%B8%8A", nil, &firms)
	if len(firms.Items) != 1 || firms.Items[0].Name != "规上二" {
		t.Errorf("an expert of a city: %+v", firms.Items)
	}
	r.firmSpeaks(ids["规上二"], ids["规上一"])
}

// firmSpeaks: a person of the firm answers for it and for no other; an officer
// does not.
func (r registry) firmSpeaks(firm, other string) {
	r.t.Helper()
	var v diagnosis.View
	if status, body := r.call("POST", "/diagnoses", map[string]any{"firm": firm, "edition": "gbt-39116-2020-discrete", "plan": planOf(time.Now())}, &v); status != 201 {
		r.t.Fatalf("start: %d %s", status, body)
	}
	match := func(req *http.Request) { req.Header.Set("If-Match", fmt.Sprintf(`"%d"`, v.Rev)) }
	r.call("POST", "/diagnoses/"+v.ID+"/questions", map[string]any{"text": "编码规范在哪里？"}, &v, match)
	if len(v.Questions) != 1 {
		r.t.Fatalf("asked: %+v", v.Questions)
	}
	answer := map[string]any{"question": v.Questions[0].ID, "text": "见附件"}
	as := func(role access.Role, enterprise string) (int, string) {
		one := registry{r.gate, r.tokenOf(demoTenant, access.Grant{Role: role, Area: access.Area{Enterprise: enterprise}})}
		return one.call("PUT", "/diagnoses/"+v.ID+"/questions", answer, &v, match)
	}
	for name, refused := range map[string][2]any{
		"an officer":               {access.Role("officer"), firm},
		"a person of another firm": {access.Role("firm"), other},
	} {
		if status, body := as(refused[0].(access.Role), refused[1].(string)); status != 403 && status != 404 {
			r.t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, body := as("firm", firm); status != 200 || v.Questions[0].Answer != "见附件" {
		r.t.Errorf("the firm: %d %s", status, body)
	}
}
