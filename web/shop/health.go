package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/tap"
	"zhigai/plant"
	"zhigai/web"
)

// Frames is what passed between the node and a device since somebody watches.
type Frames struct {
	Until time.Time   `json:"watched_until,omitzero" doc:"Absent: nobody watches, and nothing is kept"`
	Items []tap.Frame `json:"items" nullable:"false" doc:"The last 64, the oldest first"`
}

type framesOut struct{ Body Frames }

type deviceIn struct {
	ID plant.DeviceID `path:"id"`
}

func (r *rooms) registerHealth() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/devices/{id}/health", ID: "device-health", Summary: "How a device answers: response times, failures by kind, points without a value", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *deviceIn) (*struct{ Body connect.DeviceHealth }, error) {
			if _, err := r.device(ctx, in.ID); err != nil {
				return nil, err
			}
			out, ok := r.Collector.Health(in.ID)
			if !ok {
				return nil, gone(in.ID)
			}
			return &struct{ Body connect.DeviceHealth }{out}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/devices/{id}/frames", ID: "device-frames", Summary: "The last frames both ways, while the device is watched", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *deviceIn) (*framesOut, error) {
			if _, err := r.device(ctx, in.ID); err != nil {
				return nil, err
			}
			return r.frames(in.ID)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/devices/{id}/watch", ID: "watch-device", Summary: "Keep the frames of a device for ten minutes from now", Tag: "devices", Needs: access.Engineer},
		func(ctx context.Context, in *deviceIn) (*framesOut, error) {
			d, err := r.device(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			until, err := r.Collector.Watch(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := r.frames(in.ID)
			if err != nil {
				return nil, err
			}
			return out, r.api.Audit(ctx, "device.watch", d.Path, nil, until)
		})
}

func (r *rooms) frames(id plant.DeviceID) (*framesOut, error) {
	items, until, ok := r.Collector.Frames(id)
	if !ok {
		return nil, gone(id)
	}
	return &framesOut{Frames{Until: until, Items: items}}, nil
}

// gone is a device that was taken away between two looks.
func gone(id plant.DeviceID) error {
	return web.NotFound("the device %s is not read by this node any more", id)
}
