package shop

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/plant/waveform"
	"zhigai/web"
)

// WaveformItem is one window of a fast signal, small.
type WaveformItem struct {
	Start      time.Time `json:"start" doc:"Instant of the first value"`
	Quality    string    `json:"quality" doc:"good, uncertain:REASON or bad:REASON; a bad one has no values"`
	Rate       float64   `json:"rate_hz"`
	Count      int       `json:"count"`
	Duration   float64   `json:"duration_ms"`
	RMS        float64   `json:"rms" doc:"√(Σv²/N), in the tag's unit"`
	PeakToPeak float64   `json:"peak_to_peak"`
	Min        []float64 `json:"min" nullable:"false" doc:"Least value of each of equal stretches"`
	Max        []float64 `json:"max" nullable:"false"`
}

// WaveformPage lists windows of one tag, the newest first.
type WaveformPage struct {
	Tag   plant.Tag      `json:"tag"`
	Items []WaveformItem `json:"items" nullable:"false"`
	Next  string         `json:"next,omitempty"`
}

// Waveform is one window with all its values, exact.
type Waveform struct {
	Tag     plant.Tag `json:"tag"`
	Start   time.Time `json:"start"`
	Quality string    `json:"quality"`
	Rate    float64   `json:"rate_hz"`
	Values  []float64 `json:"values" nullable:"false"`
}

type waveformsIn struct {
	Tag    string    `query:"tag" required:"true" maxLength:"500" doc:"Number or path of the tag"`
	From   time.Time `query:"from" required:"true"`
	To     time.Time `query:"to" required:"true"`
	Points int       `query:"points" minimum:"1" maximum:"2000" default:"80" doc:"Stretches of a thumbnail"`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"20"`
	Cursor string    `query:"cursor" maxLength:"100"`
}

// waveformIn names one window.
type waveformIn struct {
	Tag   string    `query:"tag" required:"true" maxLength:"500" doc:"Number or path of the tag"`
	Start time.Time `query:"start" required:"true" doc:"As the list gives it"`
}

// Forms of a file.
const (
	formCSV     = "csv"
	formWAV     = "wav"
	formFloat32 = "float32"
)

func (r *rooms) registerWaveforms() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/waveforms", ID: "waveforms", Summary: "Windows of a fast signal, the newest first, with thumbnails", Tag: "samples", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *waveformsIn) (*struct{ Body WaveformPage }, error) {
			page, err := r.waveforms(ctx, in)
			return &struct{ Body WaveformPage }{page}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/waveforms/values", ID: "waveform", Summary: "One window with all its values, as recorded", Tag: "samples", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *waveformIn) (*struct{ Body Waveform }, error) {
			tag, text, w, err := r.waveform(ctx, in)
			return &struct{ Body Waveform }{Waveform{Tag: tag, Start: text.Time.Time(), Quality: text.Quality.String(), Rate: w.Rate, Values: w.Values}}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/waveforms/file", ID: "waveform-file", Summary: "One window as a file: CSV, WAVE of float32, or bare little-endian float32", Tag: "samples", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Tag    string    `query:"tag" required:"true" maxLength:"500" doc:"Number or path of the tag"`
			Start  time.Time `query:"start" required:"true" doc:"As the list gives it"`
			Format string    `query:"format" enum:"csv,wav,float32" default:"csv"`
		},
		) (*huma.StreamResponse, error,
		) {
			tag, text, w, err := r.waveform(ctx, &waveformIn{Tag: in.Tag, Start: in.Start})
			if err != nil {
				return nil, err
			}
			return waveformFile(tag, text.Time, w, in.Format), nil
		})
}

// waveTag is a tag of windows, of which something is shown in answer to a
// question.
func (r *rooms) waveTag(ctx context.Context, name string, of any) (plant.Tag, error) {
	tag, err := r.tag(ctx, name)
	if err == nil && tag.Kind != plant.KindWaveform {
		err = web.Invalid("query.tag", "%s is a %s and has no waveforms; ask /samples for it", tag.Path, tag.Kind)
	}
	if err == nil {
		err = r.shown(ctx, of, tag)
	}
	return tag, err
}

func (r *rooms) waveforms(ctx context.Context, in *waveformsIn) (WaveformPage, error) {
	from, to, err := web.Range{From: in.From, To: in.To}.Micros()
	if err != nil {
		return WaveformPage{}, err
	}
	tag, err := r.waveTag(ctx, in.Tag, in)
	if err != nil {
		return WaveformPage{}, err
	}
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || plant.Micros(n) > to || plant.Micros(n) < from {
			return WaveformPage{}, web.Invalid("query.cursor", "the cursor is not one that this question gave")
		}
		to = plant.Micros(n)
	}
	page := WaveformPage{Tag: tag, Items: []WaveformItem{}}
	for {
		text, ok, err := r.History.TextBefore(ctx, web.Who(ctx).Scope.Tenant, tag.No, to)
		if err != nil || !ok || text.Time < from {
			return page, err
		}
		if len(page.Items) >= in.Limit {
			page.Next = strconv.FormatInt(int64(to), 10)
			return page, nil
		}
		item, err := waveformItem(text, in.Points)
		if err != nil {
			return page, fmt.Errorf("%s at %s: %w", tag.Path, text.Time.Time(), err)
		}
		page.Items = append(page.Items, item)
		to = text.Time
	}
}

func waveformItem(text plant.Text, points int) (WaveformItem, error) {
	item := WaveformItem{Start: text.Time.Time(), Quality: text.Quality.String(), Min: []float64{}, Max: []float64{}}
	if text.Quality.IsBad() {
		return item, nil
	}
	w, err := waveform.Parse(text.Value)
	if err != nil {
		return item, err
	}
	e := w.Envelope(points)
	item.Rate, item.Count, item.Duration = w.Rate, len(w.Values), float64(w.Duration().Microseconds())/1000
	item.RMS, item.PeakToPeak, item.Min, item.Max = e.RMS, e.PeakToPeak, e.Min, e.Max
	return item, nil
}

// waveform finds the window that begins at an instant.
func (r *rooms) waveform(ctx context.Context, in *waveformIn) (tag plant.Tag, text plant.Text, w waveform.Window, err error) {
	if tag, err = r.waveTag(ctx, in.Tag, in); err != nil {
		return tag, text, w, err
	}
	at := plant.MicrosOf(in.Start)
	found := false
	err = r.History.Texts(ctx, web.Who(ctx).Scope.Tenant, tag.No, at, at+1, func(t plant.Text) bool {
		text, found = t, true
		return false
	})
	switch {
	case err != nil:
		return tag, text, w, err
	case !found:
		return tag, text, w, web.NotFound("%s has no window that begins at %s", tag.Path, in.Start.UTC().Format(time.RFC3339Nano))
	case text.Quality.IsBad():
		return tag, text, w, web.NotFound("the window of %s at %s is %s: there are no values", tag.Path, in.Start.UTC().Format(time.RFC3339Nano), text.Quality)
	}
	w, err = waveform.Parse(text.Value)
	return tag, text, w, err
}

// waveformFile is a file whose name says what and when.
func waveformFile(tag plant.Tag, at plant.Micros, w waveform.Window, format string) *huma.StreamResponse {
	var raw []byte
	kind, ending := "text/csv; charset=utf-8", formCSV
	switch format {
	case formWAV:
		raw, kind, ending = w.AppendWAV(nil), "audio/wav", formWAV
	case formFloat32:
		raw, kind, ending = w.AppendFloat32(nil), "application/octet-stream", "f32"
	default:
		raw = w.AppendCSV(nil, cmp.Or(tag.Unit, "value"))
	}
	name := fmt.Sprintf("%s-%s.%s", tag.Name, at.Time().Format("20060102T150405.000000Z"), ending)
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", kind)
		hctx.SetHeader("Content-Length", strconv.Itoa(len(raw)))
		hctx.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		hctx.SetHeader("X-Sample-Rate", strconv.FormatFloat(w.Rate, 'g', -1, 64))
		_, _ = hctx.BodyWriter().Write(raw) // the client went away: nothing to do
	}}
}
