package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/plant/waveform"
	"zhigai/web"
)

// recorderProfile is a machine that posts windows and counts.
const recorderProfile = `schema: zhigai.profile/1
id: test-vibration
version: 1
vendor: test
class: grinder
title: {zh: 振动采集, en: vibration recorder}
source: this test
verified: derived
protocol: webhook
signals:
  - {name: vibration.x, title: {zh: 振动}, kind: waveform, at: /wave, unit: m/s2}
  - {name: vibration.rms, title: {zh: 有效值}, kind: number, at: /rms, unit: m/s2}
`

const vibrating = `schema: zhigai.plant/1
calendars:
  - code: always
    name: {zh: 全天}
    zone: Asia/Shanghai
    shifts: [{code: all, name: {zh: 全}, start: "00:00", end: "00:00", weekdays: [1, 2, 3, 4, 5, 6, 7]}]
nodes:
  - {path: firm, level: enterprise, name: {zh: 企业}, calendar: always}
  - {path: firm/site, level: site, name: {zh: 厂}}
  - path: firm/site/recorder
    level: equipment
    name: {zh: 采集器}
    equipment: {class: grinder, profile: test-vibration, device: {driver: webhook, address: recorder-1, params: {token: 0123456789abcdef}}, nc: true}
`

// recorder is a node with the recorder, open in a folder, and a reader's token.
func recorder(t *testing.T, dir string, fresh bool) (api apiClient, stop func()) {
	t.Helper()
	return recorderFor(t, dir, fresh, access.RoleViewer)
}

// recorderFor is one with the token of somebody of another role.
func recorderFor(t *testing.T, dir string, fresh bool, role access.Role) (api apiClient, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	profiles := fstest.MapFS{"profiles/test-vibration.yaml": {Data: []byte(recorderProfile)}}
	n, err := openNodeOf(t.Context(), place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler), profiles)
	must(t, err)
	if fresh {
		m, err := file.Read("plant.yaml", []byte(vibrating), file.Options{Profiles: n.profiles.IDs()})
		must(t, err)
		admin := access.With(t.Context(), access.Node(demoTenant))
		must(t, n.plants.Import(admin, access.Scope{Tenant: demoTenant}, m, plant.MicrosOf(time.Now().Add(-time.Hour))))
	}
	must(t, n.start(ctx))
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: fmt.Sprint("test ", fresh), Role: role})
	must(t, err)
	h, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	return apiClient{t, server.URL, secret}, func() {
		server.Close()
		cancel()
		must(t, n.close())
	}
}

// raw asks and gives the body whatever it is.
func raw(t *testing.T, method, link, token string, body []byte) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, link, bytes.NewReader(body))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	must(t, err)
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	must(t, err)
	return res, out
}

// A window that a machine posts over HTTP is durable when it is answered, listed
// with a thumbnail, and comes back exactly in every form, also after the node
// was opened again.
func TestWaveforms_PostedListedExported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := time.Now().UTC().Truncate(time.Microsecond).Add(-10 * time.Second)
	w := waveform.Window{Rate: 25600, Values: make([]float64, 20_000)}
	for i := range w.Values {
		w.Values[i] = float64(float32(math.Sin(float64(i)/5) * 9.81))
	}
	api, stop := recorder(t, dir, true)
	for i := range 3 {
		body, err := json.Marshal(map[string]any{"rms": i, "wave": map[string]any{"start": first.Add(time.Duration(i) * time.Second), "rate": w.Rate, "values": w.Values}})
		must(t, err)
		if res, text := raw(t, http.MethodPost, api.base+web.HookPath+"recorder-1", "0123456789abcdef", body); res.StatusCode != http.StatusNoContent {
			t.Fatalf("%s %s", res.Status, text)
		}
	}
	if res, text := raw(t, http.MethodPost, api.base+web.HookPath+"recorder-1", "0123456789abcdeF", []byte("{}")); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("with a wrong token: %s %s", res.Status, text)
	}
	looksRight(t, api, first, w)
	stop()
	api, stop = recorder(t, dir, false)
	looksRight(t, api, first, w)
	stop()
}

const vibrationTag = "firm/site/recorder/vibration.x"

func looksRight(t *testing.T, api apiClient, first time.Time, w waveform.Window) {
	t.Helper()
	type item struct {
		Start      time.Time
		Count      int
		Rate       float64 `json:"rate_hz"`
		RMS        float64
		PeakToPeak float64 `json:"peak_to_peak"`
		Min, Max   []float64
	}
	var page struct {
		Items []item
		Next  string
	}
	q := url.Values{"tag": {vibrationTag}, "from": {first.Format(time.RFC3339Nano)}, "to": {first.Add(time.Minute).Format(time.RFC3339Nano)}, "limit": {"2"}, "points": {"50"}}
	api.get("/api/v1/waveforms?"+q.Encode(), &page)
	want := w.Envelope(50)
	if len(page.Items) != 2 || page.Next == "" || !page.Items[0].Start.Equal(first.Add(2*time.Second)) {
		t.Fatalf("%+v", page)
	}
	if got := page.Items[1]; got.Count != 20_000 || got.Rate != 25600 || got.RMS != want.RMS || got.PeakToPeak != want.PeakToPeak || !slices.Equal(got.Min, want.Min) || !slices.Equal(got.Max, want.Max) {
		t.Errorf("thumbnail %+v; want %+v", got, want)
	}
	q.Set("cursor", page.Next)
	page.Next = ""
	api.get("/api/v1/waveforms?"+q.Encode(), &page)
	if len(page.Items) != 1 || page.Next != "" || !page.Items[0].Start.Equal(first) {
		t.Errorf("the second page %+v", page)
	}
	var one struct{ Values []float64 }
	q = url.Values{"tag": {vibrationTag}, "start": {first.Format(time.RFC3339Nano)}}
	api.get("/api/v1/waveforms/values?"+q.Encode(), &one)
	if !slices.Equal(one.Values, w.Values) {
		t.Errorf("%d values are not those that were posted", len(one.Values))
	}
	for format, want := range map[string][]byte{"csv": w.AppendCSV(nil, "m/s2"), "wav": w.AppendWAV(nil), "float32": w.AppendFloat32(nil)} {
		q.Set("format", format)
		res, got := raw(t, http.MethodGet, api.base+"/api/v1/waveforms/file?"+q.Encode(), api.token, nil)
		if res.StatusCode != http.StatusOK || !bytes.Equal(got, want) || !strings.Contains(res.Header.Get("Content-Disposition"), "vibration.x-") {
			t.Errorf("%s: %s, %d bytes; want %d", format, res.Status, len(got), len(want))
		}
	}
	f := func(link string, want int) {
		t.Helper()
		if res, text := raw(t, http.MethodGet, api.base+link, api.token, nil); res.StatusCode != want {
			t.Errorf("%s: %s %s", link, res.Status, text)
		}
	}
	f("/api/v1/waveforms/values?tag="+vibrationTag+"&start=2020-01-01T00:00:00Z", http.StatusNotFound)
	f("/api/v1/waveforms/values?tag=firm/site/recorder/vibration.rms&start=2020-01-01T00:00:00Z", http.StatusUnprocessableEntity)
	f("/api/v1/samples?tag="+vibrationTag+"&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", http.StatusUnprocessableEntity)
	f("/api/v1/series?tag="+vibrationTag+"&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", http.StatusUnprocessableEntity)
}
