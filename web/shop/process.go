package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/process"
	"zhigai/web"
)

// RecipeAt names a revision of a recipe.
type RecipeAt struct {
	ID string `path:"id" maxLength:"60" doc:"Revision of a recipe"`
}

func (r *rooms) registerProcess() {
	r.registerRecipes()
	r.registerDownloads()
	r.registerRan()
	r.registerTools()
}

func (r *rooms) registerRecipes() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/recipes", ID: "recipes", Summary: "Recipes: parameters with their windows by product, operation and machine, each revision by itself, the newest first", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Item string `query:"item" maxLength:"63" doc:"Product"`
			All  bool   `query:"all" doc:"Retired revisions as well"`
		},
		) (*web.ListOut[process.Recipe], error) {
			return listed(ctx, in.DocumentList, process.Filter{Of: in.Item, Open: !in.All}, r.Process.Recipes, func(o process.Recipe) string { return o.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/recipes/{id}", ID: "recipe", Summary: "One revision of a recipe with what differs from another one, or from that before it", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			RecipeAt
			Other string `query:"other" maxLength:"60" doc:"Revision to compare with"`
		},
		) (*struct{ Body process.Compared }, error) {
			c, err := r.Process.Compare(ctx, web.Who(ctx), in.ID, in.Other)
			return &struct{ Body process.Compared }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/recipes", ID: "save-recipe", Summary: "Draft a recipe, its next revision (series without id), or change a draft whose rev was seen", Tag: "process", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body process.Recipe }) (*struct{ Body process.Recipe }, error) {
			o, err := r.Process.SaveRecipe(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "recipe.save", o.ID, nil, o)
			}
			return &struct{ Body process.Recipe }{o}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/recipes/{id}/state", ID: "move-recipe", Summary: "Check or approve a revision that somebody else wrote, give it back, retire it", Tag: "process", Needs: access.Engineer},
		func(ctx context.Context, in *struct {
			RecipeAt
			Body process.Move
		},
		) (*struct{ Body process.Recipe }, error) {
			o, err := r.Process.Move(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "recipe."+string(o.State), o.ID, nil, in.Body)
			}
			return &struct{ Body process.Recipe }{o}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/recipe-trial", ID: "try-recipe", Summary: "What the windows of a recipe would have found in the jobs of a window", Tag: "process", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			web.Range
			Body process.Recipe
		},
		) (*struct{ Body process.Tried }, error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			t, err := r.Process.Try(ctx, web.Who(ctx), in.Body, plant.InstantOf(in.From), plant.InstantOf(in.To))
			return &struct{ Body process.Tried }{t}, err
		})
}

func (r *rooms) registerDownloads() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/recipe", ID: "machine-recipe", Summary: "The machine's values of now beside the recipe of the job that runs there, or beside another one", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID     plant.NodeID `path:"id" maxLength:"60"`
			Recipe string       `query:"recipe" maxLength:"60" doc:"Revision to compare with; that in effect for the job at the machine when left out"`
		},
		) (*struct{ Body process.AtMachine }, error) {
			v, err := r.Process.Now(ctx, web.Who(ctx), in.ID, in.Recipe)
			return &struct{ Body process.AtMachine }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/recipe-downloads", ID: "download-recipe", Summary: "Set the values of an approved recipe at a machine, one command after the other, until the first that is not read back", Tag: "process", Needs: access.Control, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"100" doc:"The same key again is the same download"`
			Body process.New
		},
		) (*struct{ Body process.Download }, error) {
			in.Body.Key = in.Key
			l, err := r.Process.Download(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "recipe.download", l.ID, nil, l)
			}
			return &struct{ Body process.Download }{l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/recipe-downloads", ID: "recipe-downloads", Summary: "Downloads of recipes to machines, the newest first", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Machine string `query:"equipment" maxLength:"60"`
		},
		) (*web.ListOut[process.Download], error) {
			return listed(ctx, in.DocumentList, process.Filter{Of: in.Machine}, r.Process.Downloads, func(l process.Download) string { return l.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/recipe-downloads/{id}", ID: "recipe-download", Summary: "One download with each value as it was read back", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
			Waiting
		},
		) (*struct{ Body process.Download }, error) {
			wait, cancel := context.WithTimeout(ctx, time.Duration(in.Wait)*time.Millisecond)
			defer cancel()
			l, err := r.Process.Await(wait, web.Who(ctx), in.ID)
			return &struct{ Body process.Download }{l}, err
		})
}

func (r *rooms) registerRan() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/recipe-runs", ID: "recipe-runs", Summary: "Jobs at machines in a window, the newest first, with the recipe that held for each and what was downloaded", Tag: "process", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			web.Range
			Scope   string       `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Item    string       `query:"item" maxLength:"63" doc:"Product"`
			Machine plant.NodeID `query:"equipment" maxLength:"60"`
		},
		) (*web.ListOut[process.Proof], error) {
			if _, _, err := in.Micros(); err != nil {
				return nil, err
			}
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			all, err := r.Process.Runs(ctx, web.Who(ctx), process.RunsFilter{Scope: scope, From: plant.InstantOf(in.From), To: plant.InstantOf(in.To), Item: in.Item, Machine: in.Machine})
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/recipe-runs/{order}/{job}", ID: "recipe-run", Summary: "What a job at a machine was really made with: as approved, as downloaded and read back, as run", Tag: "process", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			Order   string       `path:"order" maxLength:"60" doc:"Id of the order"`
			Job     int          `path:"job" minimum:"1" maximum:"9999"`
			Machine plant.NodeID `query:"equipment" maxLength:"60" required:"true"`
			Near    time.Time    `query:"near" doc:"An instant at which it ran, as far as is known; now when left out"`
		},
		) (*struct{ Body process.AsRun }, error) {
			near := r.api.Now()
			if !in.Near.IsZero() {
				near = in.Near
			}
			v, err := r.Process.Ran(ctx, web.Who(ctx), in.Order, in.Job, in.Machine, plant.InstantOf(near))
			return &struct{ Body process.AsRun }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/recipe-deviations", ID: "recipe-deviations", Summary: "Times in which a job was not made as its recipe says, the newest first", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *struct {
			DocumentList
			Machine string `query:"equipment" maxLength:"60"`
			Open    bool   `query:"open" doc:"Only those that stand"`
		},
		) (*web.ListOut[process.Deviation], error) {
			return listed(ctx, in.DocumentList, process.Filter{Of: in.Machine, Open: in.Open}, r.Process.Deviations, func(v process.Deviation) string { return v.ID })
		})
}

func (r *rooms) registerTools() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/tool-types", ID: "tool-types", Summary: "Types of tools with their planned lives and what is known of real ones", Tag: "process", Needs: access.Read},
		func(ctx context.Context, in *DocumentList) (*web.ListOut[process.TypeLife], error) {
			return listed(ctx, *in, process.Filter{}, r.Process.ToolTypes, func(y process.TypeLife) string { return y.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/tool-types", ID: "save-tool-type", Summary: "Keep a type of tool; without an id it is a new one, rev is the revision that was seen", Tag: "process", Needs: access.Engineer, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body process.ToolType }) (*struct{ Body process.ToolType }, error) {
			y, err := r.Process.SaveToolType(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "tool.type", y.ID, nil, y)
			}
			return &struct{ Body process.ToolType }{y}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/tools", ID: "tools", Summary: "Tools with the life they used and, of those that are mounted, how much is left, the newest first", Tag: "process", Needs: access.Read, Heavy: true},
		func(ctx context.Context, in *struct {
			DocumentList
			Machine string `query:"equipment" maxLength:"60"`
			Mounted bool   `query:"mounted" doc:"Only those that are mounted"`
		},
		) (*web.ListOut[process.ToolState], error) {
			return listed(ctx, in.DocumentList, process.Filter{Of: in.Machine, Open: in.Mounted}, r.Process.Tools, func(o process.ToolState) string { return o.ID })
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/tools", ID: "mount-tool", Summary: "Mount a tool; the one in its place is taken off, worn, broken or as planned", Tag: "process", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body process.Mount }) (*struct{ Body process.Tool }, error) {
			o, err := r.Process.MountTool(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "tool.mount", o.ID, nil, o)
			}
			return &struct{ Body process.Tool }{o}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/tools/{id}/removal", ID: "remove-tool", Summary: "Take a tool off", Tag: "process", Needs: access.Report},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body process.Off
		},
		) (*struct{ Body process.Tool }, error) {
			o, err := r.Process.RemoveTool(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "tool.remove", o.ID, nil, o)
			}
			return &struct{ Body process.Tool }{o}, err
		})
}
