package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/sim"
	"zhigai/web"
)

// A recorder posts windows of a bearing whose outer ring is bad: each is examined
// when it comes, an alarm stands that leads to the page, and the picture has the
// bearing's lines.
func TestCondition_FromWindowToAlarm(t *testing.T) {
	t.Parallel()
	api, stop := recorderFor(t, t.TempDir(), true, access.RoleEngineer)
	defer stop()
	const rate, n = 20480, 32768
	first := time.Now().UTC().Truncate(time.Microsecond).Add(-time.Minute)
	bad := sim.Bearing{RPM: 1797, Order: 3.58484, Rate: rate, Seed: 1, Begins: first.Add(-160 * time.Hour), Grows: 40 * time.Hour}
	post := func(i int) {
		t.Helper()
		at := first.Add(time.Duration(i) * 5 * time.Second)
		body, err := json.Marshal(map[string]any{"rms": i, "wave": map[string]any{"start": at, "rate": rate, "values": bad.Window(at, n)}})
		must(t, err)
		if res, text := raw(t, http.MethodPost, api.base+web.HookPath+"recorder-1", "0123456789abcdef", body); res.StatusCode != http.StatusNoContent {
			t.Fatalf("%s %s", res.Status, text)
		}
	}
	post(0)
	var tags struct {
		Items []struct {
			No   uint32
			Path string
		}
	}
	api.get("/api/v1/tags?limit=100", &tags)
	no := uint32(0)
	for _, x := range tags.Items {
		if x.Path == vibrationTag {
			no = x.No
		}
	}
	body, err := json.Marshal(map[string]any{"name": map[string]string{"zh": "主轴前轴承", "en": "front bearing"}, "tag": no, "rpm": 1797, "bearing": "6205-2RS", "group": "2-rigid", "rev": 0})
	must(t, err)
	res, text := raw(t, http.MethodPost, api.base+"/api/v1/condition/points", api.token, body)
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("%s %s", res.Status, text)
	}
	var point struct {
		ID  string
		Rev int
	}
	must(t, json.Unmarshal(text, &point))
	for i := 1; i < 5; i++ {
		post(i)
	}
	type state struct {
		ID        string
		Condition struct {
			Level, Why, Element, Zone string
			Last                      *struct{ At time.Time }
		}
	}
	var list struct{ Items []state }
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		api.get("/api/v1/condition/points", &list)
		if len(list.Items) == 1 && list.Items[0].Condition.Last != nil && list.Items[0].Condition.Last.At.Equal(first.Add(20*time.Second)) {
			break
		}
	}
	if c := list.Items[0].Condition; c.Level != "bad" || c.Why != "element" || c.Element != "outer" {
		t.Fatalf("%+v", list)
	}
	var alarms struct {
		Items []struct {
			Source, Evidence string
			Text             struct{ ZH string }
		}
	}
	api.get("/api/v1/alarms?now=true", &alarms)
	if len(alarms.Items) != 1 || alarms.Items[0].Source != "health" || alarms.Items[0].Evidence != "/health?point="+point.ID || !strings.Contains(alarms.Items[0].Text.ZH, "外圈") {
		t.Errorf("%+v", alarms)
	}
	var readings struct{ Items []struct{ Verdict string } }
	api.get("/api/v1/condition/points/"+point.ID+"/readings?from="+first.Add(-time.Hour).Format(time.RFC3339)+"&to="+first.Add(time.Hour).Format(time.RFC3339), &readings)
	if len(readings.Items) != 5 || readings.Items[4].Verdict != "outer" {
		t.Errorf("%+v", readings)
	}
	var picture struct {
		Envelope *struct{ Values []float64 }
		Marks    []struct{ Hz float64 }
	}
	api.get("/api/v1/condition/points/"+point.ID+"/picture", &picture)
	if picture.Envelope == nil || len(picture.Marks) != 16 {
		t.Errorf("%+v", picture)
	}
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, api.base+"/api/v1/condition/points/"+point.ID, strings.NewReader(string(body)))
	must(t, err)
	put.Header.Set("Authorization", "Bearer "+api.token)
	put.Header.Set("If-Match", "7")
	answer, err := http.DefaultClient.Do(put)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusConflict && answer.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("changed from a revision that is not there: %s", answer.Status)
	}
}
