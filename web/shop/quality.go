package shop

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/quality"
	"zhigai/shop/quality/sheet"
	"zhigai/web"
)

// CharacteristicAt names a characteristic.
type CharacteristicAt struct {
	ID string `path:"id" maxLength:"60" doc:"Characteristic"`
}

func (r *rooms) registerQuality() {
	r.registerCharacteristics()
	r.registerCharts()
	r.registerInspectedLots()
	r.registerGauges()
	r.registerCases()
	r.registerGaugeChecks()
	r.registerWithdrawal()
	r.registerDue()
	r.registerMarks()
}

func (r *rooms) registerCharacteristics() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/characteristics", ID: "characteristics", Summary: "What is measured or judged, how often and how it is charted: the lines of inspection plans", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Item string `query:"item" maxLength:"40" doc:"Product or material"`
		},
		) (*web.ListOut[quality.Characteristic], error) {
			return listed(ctx, in.DocumentList, quality.Filter{Of: in.Item}, r.Quality.Characteristics, func(c quality.Characteristic) string { return c.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/characteristics", ID: "save-characteristic", Summary: "Keep a characteristic; without an id it is a new one, rev is the revision that was seen", Tag: "quality", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body quality.Characteristic }) (*struct{ Body quality.Characteristic }, error) {
			c, err := r.Quality.SaveCharacteristic(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.characteristic", c.ID, nil, c)
			}
			return &struct{ Body quality.Characteristic }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/characteristics/{id}/measurements", ID: "measure", Summary: "Enter what was measured, or found: the answer says at once whether the process is still in control", Tag: "quality", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			Body quality.Measurement
		},
		) (*struct{ Body quality.Measured }, error) {
			m, err := r.Quality.Measure(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.measurement", m.Subgroup.ID, nil, m.Subgroup)
			}
			return &struct{ Body quality.Measured }{m}, err
		})
}

func (r *rooms) registerCharts() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/characteristics/{id}/chart", ID: "control-chart", Summary: "The control chart of a characteristic within a window: points with what each rule says, or an envelope where there are more than 2000", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			web.Range
		},
		) (*struct{ Body quality.View }, error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			v, err := r.Quality.Chart(ctx, web.Who(ctx), in.ID, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return &struct{ Body quality.View }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/characteristics/{id}/signals", ID: "control-chart-signals", Summary: "Subgroups that broke a rule when they came, the newest first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			web.Range
			web.Paging
			Rule string `query:"rule" maxLength:"4" doc:"Only those that broke this rule: r1 to r4, n1 to n8"`
		},
		) (*web.ListOut[quality.Broken], error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			f := quality.SignalFilter{Characteristic: in.ID, From: plant.InstantOf(in.From), To: plant.InstantOf(in.To), Rule: in.Rule, Limit: in.Limit + 1}
			after, err := in.After()
			if err == nil && after != "" {
				f.Before, err = quality.BrokenAt(after)
			}
			if err != nil {
				return nil, err
			}
			all, err := r.Quality.Signals(ctx, web.Who(ctx), f)
			return cut(all, in.Limit, func(b quality.Broken) string { return b.Place() }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/characteristics/{id}/memory-chart", ID: "memory-chart", Summary: "A chart that remembers (EWMA, CUSUM), one of items in turn (short run), or one of several characteristics of a part (T²)", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			web.Range
			Kind quality.MemoryKind `query:"kind" required:"true" enum:"ewma,cusum,short-run,t2"`
			With []string           `query:"with" maxItems:"7" doc:"Of T²: ids of the other characteristics"`
		},
		) (*struct{ Body quality.MemoryView }, error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			v, err := r.Quality.Memory(ctx, web.Who(ctx), in.ID, in.Kind, in.With, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return &struct{ Body quality.MemoryView }{v}, err
		})
	limits := func(ctx context.Context, id string, n quality.NewLimits) (*struct{ Body quality.Tried }, error) {
		l, err := r.Quality.SetLimits(ctx, web.Who(ctx), id, n)
		if err == nil && !n.Try {
			err = r.api.Audit(ctx, "quality.limits", id, nil, l.Limits)
		}
		return &struct{ Body quality.Tried }{l}, err
	}
	type ask struct {
		CharacteristicAt
		Body quality.NewLimits
	}
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/characteristics/{id}/limits", ID: "set-control-limits", Summary: "Make limits of phase I, with the reason; rev is the version in force that was seen", Tag: "quality", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *ask) (*struct{ Body quality.Tried }, error) {
			in.Body.Try = false
			return limits(ctx, in.ID, in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/characteristics/{id}/limits-trial", ID: "try-control-limits", Summary: "What limits of phase I would be, and what they would have flagged since", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *ask) (*struct{ Body quality.Tried }, error) {
			in.Body.Try = true
			return limits(ctx, in.ID, in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/characteristics/{id}/notes", ID: "note-chart", Summary: "Say something of a point of a chart: an annotation, or the cause of a signal", Tag: "quality", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			Body quality.Note
		},
		) (*struct{ Body quality.Note }, error) {
			n, err := r.Quality.Say(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.note", in.ID, nil, n)
			}
			return &struct{ Body quality.Note }{n}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/characteristics/{id}/capability", ID: "capability", Summary: "How well a process keeps within its specification, of what was measured in a window", Tag: "quality", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			web.Range
		},
		) (*struct{ Body Capability }, error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			c, report, points, err := r.Quality.Capability(ctx, web.Who(ctx), in.ID, plant.InstantOf(in.From), plant.InstantOf(in.To))
			if err != nil {
				return nil, err
			}
			out := Capability{Characteristic: c, Capable: *sheet.CapableOf(report), Doubts: []string{}, Bins: bins(points, c)}
			out.Spec, out.Subgroups, out.Warnings, out.Capable.Beyond = [2]*float64{c.LSL, c.USL}, len(points), []string{}, []int{}
			for i, p := range points {
				if p.UCL != nil && (p.Value > *p.UCL || p.Value < *p.LCL) {
					out.Capable.Beyond = append(out.Capable.Beyond, i+1)
				}
			}
			for _, d := range report.Doubts {
				out.Doubts = append(out.Doubts, string(d))
			}
			return &struct{ Body Capability }{out}, nil
		})
}

// Capability is what is said of a process, with its histogram.
type Capability struct {
	sheet.Capable
	Characteristic quality.Characteristic `json:"characteristic"`
	Doubts         []string               `json:"doubts" nullable:"false" doc:"out_of_control, few_subgroups, few_values, not_normal, autocorrelated, target_outside"`
	Bins           []Bin                  `json:"bins" nullable:"false" doc:"Histogram of the values"`
}

// Bin is a bar of a histogram.
type Bin struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	N    int64   `json:"n"`
}

// bars of a histogram.
const bars = 24

// bins are bars of equal width over the values and the specification.
func bins(points []quality.Point, c quality.Characteristic) []Bin {
	var values []float64
	for _, p := range points {
		values = append(values, p.Values...)
	}
	if len(values) == 0 {
		return []Bin{}
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if !(high > low) {
		return []Bin{{From: low, To: high, N: int64(len(values))}}
	}
	out := make([]Bin, bars)
	width := (high - low) / bars
	for i := range out {
		out[i].From, out[i].To = low+float64(i)*width, low+float64(i+1)*width
	}
	for _, v := range values {
		out[min(bars-1, int((v-low)/width))].N++
	}
	return out
}

func (r *rooms) registerInspectedLots() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/characteristics/{id}/lots", ID: "inspected-lots", Summary: "Lots that were inspected by sampling, the newest first, with how the next one is inspected", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			DocumentList
		},
		) (*web.ListOut[quality.Lot], error) {
			if _, err := r.Quality.Characteristic(ctx, web.Who(ctx), in.ID); err != nil {
				return nil, err
			}
			return listed(ctx, in.DocumentList, quality.Filter{Of: in.ID}, r.Quality.Lots, func(l quality.Lot) string { return l.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/characteristics/{id}/plan", ID: "lot-plan", Summary: "How many units of the next lot of a size to look at, after the lots before it (GB/T 2828.1)", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			Size int64 `query:"size" minimum:"2" maximum:"1000000000" required:"true" doc:"Units in the lot"`
		},
		) (*struct{ Body quality.Lot }, error) {
			l, err := r.Quality.Inspect(ctx, web.Who(ctx), in.ID, quality.NewLot{Size: in.Size, Try: true, Steady: true})
			return &struct{ Body quality.Lot }{l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/characteristics/{id}/lots", ID: "inspect-lot", Summary: "Judge a lot by its sample and follow the switching rules", Tag: "quality", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			CharacteristicAt
			Body quality.NewLot
		},
		) (*struct{ Body quality.Lot }, error) {
			in.Body.Try = false
			l, err := r.Quality.Inspect(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.lot", l.ID, nil, l)
			}
			return &struct{ Body quality.Lot }{l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/suppliers", ID: "supplier-quality", Summary: "What inspection by sampling said of each supplier's lots, the worst first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Range
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[quality.Supplier], error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Quality.Suppliers(ctx, scope, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/defects", ID: "defects", Summary: "How often each kind of defect was found by inspection, and entered as scrap by production", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Range
			Scope string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
		},
		) (*web.ListOut[quality.DefectCount], error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Quality.Pareto(ctx, scope, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return web.NewList(all, ""), err
		})
}

// GaugeAt names a gauge.
type GaugeAt struct {
	ID string `path:"id" maxLength:"60" doc:"Gauge"`
}

// GaugeStudy is a study with what it found.
type GaugeStudy struct {
	quality.Study
	Result sheet.Gauge `json:"result"`
}

func studied(s quality.Study) (GaugeStudy, error) {
	of, result, err := s.Result()
	if err != nil {
		return GaugeStudy{}, err
	}
	return GaugeStudy{s, *sheet.GaugeOf(s.Method, of, result)}, nil
}

func (r *rooms) registerGauges() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/gauges", ID: "gauges", Summary: "Gauges in use, with when their calibration is due", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *DocumentList) (*web.ListOut[quality.Gauge], error) {
			return listed(ctx, *in, quality.Filter{}, r.Quality.Gauges, func(g quality.Gauge) string { return g.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/gauges", ID: "save-gauge", Summary: "Keep a gauge; without an id it is a new one, rev is the revision that was seen", Tag: "quality", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body quality.Gauge }) (*struct{ Body quality.Gauge }, error) {
			g, err := r.Quality.SaveGauge(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.gauge", g.ID, nil, g)
			}
			return &struct{ Body quality.Gauge }{g}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/gauge-studies", ID: "gauge-studies", Summary: "Studies of gauges with what they found, the newest first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Gauge string `query:"gauge" maxLength:"60"`
		},
		) (*web.ListOut[GaugeStudy], error) {
			return listed(ctx, in.DocumentList, quality.Filter{Of: in.Gauge}, func(ctx context.Context, f quality.Filter) ([]GaugeStudy, error) {
				all, err := r.Quality.Studies(ctx, f)
				out := make([]GaugeStudy, 0, len(all))
				for _, s := range all {
					if err != nil {
						break
					}
					var one GaugeStudy
					one, err = studied(s)
					out = append(out, one)
				}
				return out, err
			}, func(s GaugeStudy) string { return s.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/gauges/{id}/studies", ID: "add-gauge-study", Summary: "Keep a study of repeatability and reproducibility and say what it found", Tag: "quality", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			GaugeAt
			Body quality.Study
		},
		) (*struct{ Body GaugeStudy }, error) {
			in.Body.Gauge = in.ID
			s, err := r.Quality.SaveStudy(ctx, web.Who(ctx), in.Body)
			if err != nil {
				return nil, err
			}
			if err := r.api.Audit(ctx, "quality.study", s.ID, nil, s); err != nil {
				return nil, err
			}
			out, err := studied(s)
			return &struct{ Body GaugeStudy }{out}, err
		})
}

func (r *rooms) registerCases() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/nonconformances", ID: "nonconformances", Summary: "What does not conform, from how it was found to the proof that its cause is gone, the newest first", Tag: "quality", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Open           bool   `query:"open" doc:"Only those that are not closed"`
			Characteristic string `query:"characteristic" maxLength:"60"`
		},
		) (*web.ListOut[quality.Case], error) {
			return listed(ctx, in.DocumentList, quality.Filter{Open: in.Open, Of: in.Characteristic}, r.Quality.Cases, func(c quality.Case) string { return c.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/nonconformances", ID: "open-nonconformance", Summary: "Say what does not conform", Tag: "quality", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body quality.Case }) (*struct{ Body quality.Case }, error) {
			c, err := r.Quality.Open(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.case", c.ID, nil, c)
			}
			return &struct{ Body quality.Case }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/nonconformances/{id}/state", ID: "move-nonconformance", Summary: "Contain it, name its cause, act, verify by what was measured since, close", Tag: "quality", Needs: access.Report},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body quality.CaseMove
		},
		) (*struct{ Body quality.Case }, error) {
			c, err := r.Quality.Step(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "quality.case."+string(c.State), c.ID, nil, in.Body)
			}
			return &struct{ Body quality.Case }{c}, err
		})
}
