package programme

import (
	"context"
	"net/http"

	"zhigai/access"
	"zhigai/programme/atlas"
	"zhigai/web"
)

func (r *rooms) registerAtlas() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/map", ID: "map", Summary: "The official map of divisions that was installed; without one, no division", Tag: "programme", Needs: access.ReadFirms},
		func(context.Context, *struct{}) (*struct {
			Cache string `header:"Cache-Control"`
			Body  atlas.Map
		}, error,
		) {
			out := &struct {
				Cache string `header:"Cache-Control"`
				Body  atlas.Map
			}{Cache: "private, max-age=600", Body: r.Map}
			if out.Body.Divisions == nil {
				out.Body.Divisions = []atlas.Division{}
			}
			return out, nil
		})
}
