package shop

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/web"
)

// Sample is one raw value. Of a bad sample Raw holds the device's bytes and
// there is no value.
type Sample struct {
	Time    time.Time `json:"time"`
	Value   *float64  `json:"value,omitempty"`
	Text    *string   `json:"text,omitempty"`
	Quality string    `json:"quality" doc:"good, uncertain:REASON or bad:REASON"`
	Raw     string    `json:"raw,omitempty" doc:"Up to 8 bytes as the device sent them, hex"`
}

// SamplePage is a stretch of one tag's raw samples.
type SamplePage struct {
	Tag   plant.Tag `json:"tag"`
	Items []Sample  `json:"items" nullable:"false"`
	Next  string    `json:"next,omitempty"`
}

type samplesIn struct {
	Tag    string    `query:"tag" required:"true" maxLength:"500" doc:"Number or path of the tag"`
	From   time.Time `query:"from" required:"true"`
	To     time.Time `query:"to" required:"true"`
	Carry  bool      `query:"carry" doc:"Begin with the last sample before from: the value that holds there"`
	Limit  int       `query:"limit" minimum:"1" maximum:"100000" default:"10000"`
	Cursor string    `query:"cursor" maxLength:"100"`
}

type tagsIn struct {
	Scope string `query:"scope" maxLength:"400"`
	Q     string `query:"q" maxLength:"100" doc:"Part of the path or title"`
	web.Paging
}

func (r *rooms) registerSamples() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/tags", ID: "tags", Summary: "Tags, by path", Tag: "samples", Needs: access.Read},
		func(ctx context.Context, in *tagsIn) (*web.ListOut[plant.Tag], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			tags, err := r.Tags.Tags(ctx, scope)
			if err != nil {
				return nil, err
			}
			q := strings.ToLower(in.Q)
			var found []plant.Tag
			for _, t := range tags {
				if q == "" || strings.Contains(strings.ToLower(t.Path+" "+t.Title.ZH+" "+t.Title.EN), q) {
					found = append(found, t)
				}
			}
			// A page begins after a path, and tags come by their numbers: one that was added
			// later would be missing from every page.
			slices.SortFunc(found, func(a, b plant.Tag) int { return strings.Compare(a.Path, b.Path) })
			return web.Page(found, func(t plant.Tag) string { return t.Path }, in.Paging)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/tags/{no}", ID: "tag", Summary: "One tag", Tag: "samples", Needs: access.Read},
		func(ctx context.Context, in *struct {
			No uint32 `path:"no"`
		},
		) (*struct{ Body plant.Tag }, error,
		) {
			tag, err := r.Tags.TagByNo(ctx, web.Who(ctx).Scope, plant.TagNo(in.No))
			return &struct{ Body plant.Tag }{tag}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/samples", ID: "samples", Summary: "Raw samples of one tag, as recorded", Tag: "samples", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *samplesIn) (*struct{ Body SamplePage }, error) {
			page, err := r.samples(ctx, in)
			return &struct{ Body SamplePage }{page}, err
		})
}

// tag finds a tag by number or path within the asker's scope.
func (r *rooms) tag(ctx context.Context, name string) (plant.Tag, error) {
	scope := web.Who(ctx).Scope
	if no, err := strconv.ParseUint(name, 10, 32); err == nil {
		return r.Tags.TagByNo(ctx, scope, plant.TagNo(no))
	}
	tags, err := r.Tags.Tags(ctx, scope)
	if err != nil {
		return plant.Tag{}, err
	}
	for _, t := range tags {
		if t.Path == name {
			return t, nil
		}
	}
	return plant.Tag{}, web.NotFound("there is no tag %q within your scope", name)
}

func (r *rooms) samples(ctx context.Context, in *samplesIn) (SamplePage, error) {
	from, to, err := web.Range{From: in.From, To: in.To}.Micros()
	if err != nil {
		return SamplePage{}, err
	}
	tag, err := r.tag(ctx, in.Tag)
	if err != nil {
		return SamplePage{}, err
	}
	if tag.Kind == plant.KindWaveform {
		return SamplePage{}, web.Invalid("query.tag", "%s has waveforms; ask /waveforms for them", tag.Path)
	}
	if err := r.shown(ctx, in, tag); err != nil {
		return SamplePage{}, err
	}
	page := SamplePage{Tag: tag, Items: []Sample{}}
	start := from
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || plant.Micros(n) < from {
			return SamplePage{}, web.Invalid("query.cursor", "the cursor is not one that this question gave")
		}
		start = plant.Micros(n)
	} else if in.Carry {
		if err := r.carry(ctx, &page, from); err != nil {
			return SamplePage{}, err
		}
	}
	take := func(at plant.Micros, s Sample) bool {
		if len(page.Items) >= in.Limit {
			page.Next = strconv.FormatInt(int64(at), 10)
			return false
		}
		page.Items = append(page.Items, s)
		return true
	}
	tenant := web.Who(ctx).Scope.Tenant
	if tag.Kind == plant.KindText {
		err = r.History.Texts(ctx, tenant, tag.No, start, to, func(t plant.Text) bool { return take(t.Time, textRow(t)) })
	} else {
		err = r.History.Samples(ctx, tenant, tag.No, start, to, func(s plant.Sample) bool { return take(s.Time, sampleRow(s)) })
	}
	return page, err
}

// shown records that samples of the tags are about to be shown, where they are
// another's.
func (r *rooms) shown(ctx context.Context, of any, tags ...plant.Tag) error {
	machines := make([]web.Seen, len(tags))
	for i, t := range tags {
		machines[i] = web.Seen{ID: t.Node, Path: strings.TrimSuffix(t.Path, "/"+t.Name)}
	}
	return r.api.AuditRead(ctx, "samples", of, machines...)
}

func (r *rooms) carry(ctx context.Context, page *SamplePage, from plant.Micros) error {
	tenant := web.Who(ctx).Scope.Tenant
	if page.Tag.Kind == plant.KindText {
		t, ok, err := r.History.TextBefore(ctx, tenant, page.Tag.No, from)
		if ok {
			page.Items = append(page.Items, textRow(t))
		}
		return err
	}
	s, ok, err := r.History.Before(ctx, tenant, page.Tag.No, from)
	if ok {
		page.Items = append(page.Items, sampleRow(s))
	}
	return err
}

func sampleRow(s plant.Sample) Sample {
	row := Sample{Time: s.Time.Time(), Quality: s.Quality.String()}
	if s.Quality.IsBad() {
		var raw [8]byte
		binary.BigEndian.PutUint64(raw[:], s.Raw())
		row.Raw = hex.EncodeToString(raw[:])
		return row
	}
	row.Value = &s.Value
	return row
}

func textRow(t plant.Text) Sample {
	row := Sample{Time: t.Time.Time(), Quality: t.Quality.String()}
	if t.Quality.IsBad() {
		row.Raw = hex.EncodeToString([]byte(t.Value))
		return row
	}
	row.Text = &t.Value
	return row
}

const (
	maxPens      = 16        // tags in one trend answer
	maxRawPoints = 2_000_000 // 24 MB on the wire
)

// Series is one tag's trend in equal steps. Where a step holds no good sample
// its values are null: a gap stays a gap.
type Series struct {
	Tag   plant.TagNo `json:"tag"`
	Step  float64     `json:"step_ms"`
	T     []float64   `json:"t" nullable:"false" doc:"Start of each step, ms since 1970"`
	Min   []*float64  `json:"min" nullable:"false"`
	Max   []*float64  `json:"max" nullable:"false"`
	Avg   []*float64  `json:"avg" nullable:"false" doc:"Weighted by the time each value held"`
	First []*float64  `json:"first" nullable:"false"`
	Last  []*float64  `json:"last" nullable:"false"`
	Count []int64     `json:"count" nullable:"false"`
	Bad   []int64     `json:"bad" nullable:"false"`
}

// SeriesPage is the answer of a trend question.
type SeriesPage struct {
	Series []Series `json:"series" nullable:"false"`
}

func (r *rooms) registerSeries() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/series", ID: "series", Summary: "Trend of tags in as many steps as the screen shows", Tag: "samples", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Tag    []string  `query:"tag,explode" required:"true" maxItems:"16"`
			From   time.Time `query:"from" required:"true"`
			To     time.Time `query:"to" required:"true"`
			Points int       `query:"points" minimum:"1" maximum:"5000" default:"1200"`
		},
		) (*struct{ Body SeriesPage }, error,
		) {
			from, to, err := web.Range{From: in.From, To: in.To}.Micros()
			if err != nil {
				return nil, err
			}
			page := SeriesPage{Series: make([]Series, 0, min(len(in.Tag), maxPens))}
			tags := make([]plant.Tag, len(in.Tag))
			for i, name := range in.Tag {
				if tags[i], err = r.tag(ctx, name); err != nil {
					return nil, err
				}
			}
			if err := r.shown(ctx, in, tags...); err != nil {
				return nil, err
			}
			for _, tag := range tags {
				s, err := r.series(ctx, tag, from, to, in.Points)
				if err != nil {
					return nil, err
				}
				page.Series = append(page.Series, s)
			}
			return &struct{ Body SeriesPage }{page}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/series/raw", ID: "series-raw", Summary: "Raw points, binary: little-endian float64 epoch ms and float32 value each, NaN for a gap", Tag: "samples", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Tag   string    `query:"tag" required:"true"`
			From  time.Time `query:"from" required:"true"`
			To    time.Time `query:"to" required:"true"`
			Limit int       `query:"limit" minimum:"1" maximum:"2000000" default:"2000000"`
		},
		) (*huma.StreamResponse, error,
		) {
			from, to, err := web.Range{From: in.From, To: in.To}.Micros()
			if err != nil {
				return nil, err
			}
			tag, err := r.tag(ctx, in.Tag)
			if err != nil {
				return nil, err
			}
			if err := r.shown(ctx, in, tag); err != nil {
				return nil, err
			}
			return r.rawSeries(web.Who(ctx).Scope.Tenant, tag.No, from, to, min(in.Limit, maxRawPoints)), nil
		})
}

func (r *rooms) series(ctx context.Context, tag plant.Tag, from, to plant.Micros, points int) (Series, error) {
	if tag.Kind == plant.KindText || tag.Kind == plant.KindWaveform {
		return Series{}, web.Invalid("query.tag", "%s is a %s and has no trend; ask /samples or /waveforms for it", tag.Path, tag.Kind)
	}
	buckets, err := r.History.Buckets(ctx, web.Who(ctx).Scope.Tenant, tag.No, from, to, points)
	if err != nil {
		return Series{}, err
	}
	n := len(buckets)
	s := Series{
		Tag: tag.No, Step: float64(to-from) / 1000 / float64(max(n, 1)), T: make([]float64, n), Min: make([]*float64, n), Max: make([]*float64, n),
		Avg: make([]*float64, n), First: make([]*float64, n), Last: make([]*float64, n), Count: make([]int64, n), Bad: make([]int64, n),
	}
	for i := range buckets {
		b := &buckets[i]
		s.T[i] = float64(b.From) / 1000
		s.Count[i], s.Bad[i] = int64(b.Count), int64(b.BadCount)
		if b.Count > b.BadCount {
			s.Min[i], s.Max[i], s.First[i], s.Last[i] = &b.Min, &b.Max, &b.First, &b.Last
		}
		if b.GoodTime > 0 {
			s.Avg[i] = &b.TimeAvg
		}
	}
	return s, nil
}

func (r *rooms) rawSeries(tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, limit int) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", "application/octet-stream")
		w := hctx.BodyWriter()
		buf := make([]byte, 0, 12*4096)
		n := 0
		err := r.History.Samples(hctx.Context(), tenant, tag, from, to, func(s plant.Sample) bool {
			value := float32(s.Value)
			if s.Quality.IsBad() {
				value = float32(math.NaN())
			}
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(float64(s.Time)/1000))
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(value))
			n++
			if len(buf) == cap(buf) {
				if _, err := w.Write(buf); err != nil {
					return false
				}
				buf = buf[:0]
			}
			return n < limit
		})
		if err == nil {
			_, _ = w.Write(buf) // the client went away: nothing to do
		}
	}}
}
