package shop

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/material"
	"zhigai/shop/material/label"
	"zhigai/shop/production"
	"zhigai/web"
)

func (r *rooms) registerMaterial() {
	r.registerItems()
	r.registerStock()
	r.registerLots()
	r.registerArrivals()
	r.registerKanban()
	r.registerLabels()
}

func (r *rooms) registerItems() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/items", ID: "items", Summary: "What is kept: products and what is bought, by code", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Q string `query:"q" maxLength:"100" doc:"Part of code or name"`
		},
		) (*web.ListOut[material.Item], error) {
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Material.Items(ctx, web.Who(ctx), in.Q, after, in.Limit+1)
			return cut(all, in.Limit, func(i material.Item) string { return i.Code }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/levels", ID: "stock-levels", Summary: "Items with a reorder point beside what is free of them, those that are low first", Tag: "material", Needs: access.Read, Heavy: true},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[material.Level], error) {
			all, err := r.Material.Levels(ctx, web.Who(ctx))
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/material/items/{code}", ID: "save-item", Summary: "Enter an item or change one; rev 0 for a new one", Tag: "material", Needs: access.Material, Whole: true},
		func(ctx context.Context, in *struct {
			Code string `path:"code" maxLength:"63"`
			Body material.Item
		},
		) (*struct{ Body material.Item }, error) {
			in.Body.Code = in.Code
			i, err := r.Material.SaveItem(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "item.save", i.Code, nil, i)
			}
			return &struct{ Body material.Item }{i}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/locations", ID: "locations", Summary: "Where material lies, by code", Tag: "material", Needs: access.Read},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[material.Location], error) {
			all, err := r.Material.Locations(ctx, web.Who(ctx))
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/locations", ID: "save-location", Summary: "Enter a location or change one; rev 0 for a new one", Tag: "material", Needs: access.Material},
		func(ctx context.Context, in *struct{ Body material.Location }) (*struct{ Body material.Location }, error) {
			l, err := r.Material.SaveLocation(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "location.save", l.Code, nil, l)
			}
			return &struct{ Body material.Location }{l}, err
		})
}

func (r *rooms) registerStock() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/stock", ID: "stock", Summary: "What lies where, by lot and location", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope    string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Item     string `query:"item" maxLength:"63"`
			Location string `query:"location" maxLength:"400" doc:"With all below it"`
			Q        string `query:"q" maxLength:"100" doc:"Part of an item's code or name, or of a lot's number"`
			Doubt    bool   `query:"doubt" doc:"Only where more was taken than was there"`
		},
		) (*web.ListOut[material.Stock], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			after, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Material.Stock(ctx, web.Who(ctx), material.StockFilter{Scope: scope, Item: in.Item, Location: in.Location, Text: in.Q, Doubt: in.Doubt, After: after, Limit: in.Limit + 1})
			return cut(all, in.Limit, material.Stock.After), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/entries", ID: "material-entries", Summary: "What happened to material, the newest first", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Scope    string `query:"scope" maxLength:"400" doc:"Path of the hierarchy; empty for all you may see"`
			Item     string `query:"item" maxLength:"63"`
			Location string `query:"location" maxLength:"400"`
			Order    string `query:"order" maxLength:"40" doc:"Number of an order"`
		},
		) (*web.ListOut[material.Entry], error) {
			scope, err := web.ScopeOf(ctx, in.Scope)
			if err != nil {
				return nil, err
			}
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Material.Entries(ctx, web.Who(ctx), material.EntryFilter{Scope: scope, Item: in.Item, Location: in.Location, Order: in.Order, Before: before, Limit: in.Limit + 1})
			return cut(all, in.Limit, func(e material.Entry) string { return e.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/entries", ID: "book-material", Summary: "Say what happened: received, made, moved, used up, counted, blocked …", Tag: "material", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body material.Entry }) (*struct{ Body material.Booked }, error) {
			b, err := r.Material.Book(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "material."+string(b.Entry.What), b.Entry.LotID(), nil, b.Entry)
			}
			return &struct{ Body material.Booked }{b}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/backflush", ID: "backflush", Summary: "Book what a job used up by its machines' counts and the bill of materials; again at any time for what was made since", Tag: "material", Needs: access.Report},
		func(ctx context.Context, in *struct {
			Body struct {
				Order string `json:"order" minLength:"1" maxLength:"40" doc:"Number"`
				Job   int    `json:"job" minimum:"1" maximum:"9999"`
			}
		},
		) (*web.ListOut[material.Flushed], error) {
			all, err := r.Material.Backflush(ctx, web.Who(ctx), in.Body.Order, in.Body.Job)
			if err == nil {
				err = r.api.Audit(ctx, "material.backflush", production.JobKey(in.Body.Order, in.Body.Job), nil, all)
			}
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/field", ID: "stock-field", Summary: "What counts found beside what was booked, by item, the most apart first", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			From time.Time `query:"from" required:"true"`
			To   time.Time `query:"to" required:"true"`
		},
		) (*web.ListOut[material.Field], error) {
			all, err := r.Material.Field(ctx, web.Who(ctx), plant.InstantOf(in.From), plant.InstantOf(in.To))
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/proposal", ID: "pick-proposal", Summary: "Which lots to take of an item: what expires first, then what came first", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Item     string `query:"item" required:"true" maxLength:"63"`
			Quantity string `query:"quantity" required:"true" maxLength:"25" doc:"Decimal number in the item's unit"`
			Location string `query:"location" maxLength:"400" doc:"From here and all below it; from anywhere when left out"`
			Order    string `query:"order" maxLength:"40" doc:"Number of the order that it is for"`
		},
		) (*struct{ Body material.Proposal }, error) {
			q, err := plant.ParseQuantity(in.Quantity)
			if err != nil {
				return nil, web.Invalid("query.quantity", "%v", err)
			}
			p, err := r.Material.Propose(ctx, web.Who(ctx), in.Item, in.Location, in.Order, q)
			return &struct{ Body material.Proposal }{p}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/reservations", ID: "reservations", Summary: "What is kept for orders", Tag: "material", Needs: access.Read, Whole: true},
		func(ctx context.Context, in *struct {
			Order string `query:"order" maxLength:"40" doc:"Number"`
			Item  string `query:"item" maxLength:"63"`
		},
		) (*web.ListOut[material.Reservation], error) {
			all, err := r.Material.Reservations(ctx, web.Who(ctx), in.Order, in.Item)
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/reservations", ID: "reserve-material", Summary: "Keep for an order what its bill of materials asks for; says which lots to take and what is short", Tag: "material", Needs: access.Report, Whole: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Order string `json:"order" minLength:"1" maxLength:"40" doc:"Number"`
			}
		},
		) (*web.ListOut[material.Proposal], error) {
			all, err := r.Material.Reserve(ctx, web.Who(ctx), in.Body.Order)
			if err == nil {
				err = r.api.Audit(ctx, "material.reserve", in.Body.Order, nil, all)
			}
			return web.NewList(all, ""), err
		})
}

// LotAt names a lot.
type LotAt struct {
	Lot string `path:"lot" maxLength:"130" doc:"Item and number, parted by ':'"`
}

func (r *rooms) registerLots() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/lots/{lot}", ID: "lot", Summary: "One lot with where it lies and what happened to it", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *LotAt) (*struct{ Body material.LotView }, error) {
			v, err := r.Material.Lot(ctx, web.Who(ctx), in.Lot)
			return &struct{ Body material.LotView }{v}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/lots/{lot}/genealogy", ID: "genealogy", Summary: "What a lot was made of, or what was made of it, with where each is now", Tag: "material", Needs: access.Read, Whole: true},
		func(ctx context.Context, in *struct {
			LotAt
			Direction string `query:"direction" enum:"up,down" default:"down" doc:"down: what was made of it; up: what it was made of"`
		},
		) (*struct{ Body material.Genealogy }, error) {
			g, err := r.Material.Genealogy(ctx, web.Who(ctx), in.Lot, in.Direction == "down")
			return &struct{ Body material.Genealogy }{g}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/lots/{lot}/birth", ID: "lot-birth", Summary: "How a lot was made: job, machine, people, tools, and what the machine measured meanwhile", Tag: "material", Needs: access.Read, Whole: true},
		func(ctx context.Context, in *LotAt) (*struct{ Body material.Birth }, error) {
			b, err := r.Material.Birth(ctx, web.Who(ctx), in.Lot)
			return &struct{ Body material.Birth }{b}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/lots/{lot}/recall", ID: "export-recall", Summary: "Every lot that holds something of a bad one, with where it is now, as a sheet", Tag: "material", Needs: access.Read, Whole: true, Heavy: true},
		func(ctx context.Context, in *struct {
			LotAt
			Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		},
		) (*huma.StreamResponse, error) {
			found, err := r.Material.Recall(ctx, web.Who(ctx), in.Lot)
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			if err := material.WriteRecall(found, in.Format == "xlsx", &b); err != nil {
				return nil, err
			}
			return download("recall."+in.Format, kindOf[in.Format], b.Bytes()), r.api.Audit(ctx, "material.recall", in.Lot, nil, map[string]int{"rows": len(found)})
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/scan", ID: "scan", Summary: "What a scanned code stands for; of one that is not ours what it looks like and why it is not taken", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Text string `query:"text" required:"true" maxLength:"500"`
		},
		) (*struct{ Body material.Scanned }, error) {
			s, err := r.Material.Scan(ctx, web.Who(ctx), in.Text)
			return &struct{ Body material.Scanned }{s}, err
		})
}

// kindOf are the content types of what is downloaded.
var kindOf = map[string]string{
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8",
	"pdf": "application/pdf", "zpl": "text/plain; charset=utf-8",
}

// download is a file that a browser saves.
func download(name, kind string, raw []byte) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", kind)
		hctx.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		_, _ = hctx.BodyWriter().Write(raw) // the client went away: nothing to do
	}}
}

func (r *rooms) registerKanban() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/loops", ID: "kanban-loops", Summary: "Kanban loops with their number of cards", Tag: "material", Needs: access.Read},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[material.Loop], error) {
			all, err := r.Material.Loops(ctx, web.Who(ctx))
			return web.NewList(all, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/loops", ID: "save-kanban-loop", Summary: "Make a kanban loop (rev 0) or change one; its cards are calculated", Tag: "material", Needs: access.Material},
		func(ctx context.Context, in *struct{ Body material.Loop }) (*struct{ Body material.Loop }, error) {
			l, err := r.Material.SaveLoop(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "kanban.save", l.ID, nil, l)
			}
			return &struct{ Body material.Loop }{l}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/calls", ID: "material-calls", Summary: "Calls for material, the newest first", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			web.Paging
			Open bool `query:"open" doc:"Only those that wait"`
		},
		) (*web.ListOut[material.Call], error) {
			before, err := in.After()
			if err != nil {
				return nil, err
			}
			all, err := r.Material.Calls(ctx, web.Who(ctx), in.Open, before, in.Limit+1)
			return cut(all, in.Limit, func(c material.Call) string { return c.ID }), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/calls", ID: "call-material", Summary: "Call for material at a place", Tag: "material", Needs: access.Report, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body material.CallOff }) (*struct{ Body material.Call }, error) {
			c, err := r.Material.CallFor(ctx, web.Who(ctx), in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "material.call", c.ID, nil, c)
			}
			return &struct{ Body material.Call }{c}, err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/material/calls/{id}/state", ID: "move-call", Summary: "Accept a call, give it back, confirm that it was delivered (which books the move), or cancel it", Tag: "material", Needs: access.Report},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body material.CallMove
		},
		) (*struct{ Body material.Call }, error) {
			c, err := r.Material.MoveCall(ctx, web.Who(ctx), in.ID, in.Body)
			if err == nil {
				err = r.api.Audit(ctx, "material.call."+string(c.State), c.ID, nil, in.Body)
			}
			return &struct{ Body material.Call }{c}, err
		})
}

func (r *rooms) registerLabels() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/material/labels", ID: "material-labels", Summary: "Labels with QR code and Code 128, as PDF or for a label printer (ZPL)", Tag: "material", Needs: access.Read},
		func(ctx context.Context, in *struct {
			Kind   string   `query:"kind" required:"true" enum:"lot,item,location,card" doc:"card: all cards of a kanban loop"`
			ID     []string `query:"id,explode" required:"true" minItems:"1" maxItems:"200" doc:"Of lots, items, locations or loops"`
			Format string   `query:"format" enum:"pdf,zpl" default:"pdf"`
			Font   string   `query:"font" maxLength:"40" pattern:"^([A-Z]:[A-Za-z0-9_.-]+)?$" doc:"Of the label printer, with Chinese characters: E:SIMSUN.TTF"`
		},
		) (*huma.StreamResponse, error) {
			labels, err := r.labels(ctx, material.CodeKind(in.Kind), in.ID)
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			if in.Format == "zpl" {
				err = label.ZPL(labels, in.Font, &b)
			} else {
				err = label.PDF(labels, r.api.Now(), &b)
			}
			return download("labels."+in.Format, kindOf[in.Format], b.Bytes()), err
		})
}

func (r *rooms) labels(ctx context.Context, kind material.CodeKind, ids []string) (out []label.Label, err error) {
	who := web.Who(ctx)
	for _, id := range ids {
		switch kind {
		case material.LotCode:
			v, err := r.Material.Lot(ctx, who, id)
			if err != nil {
				return nil, err
			}
			out = append(out, label.OfLot(v.Lot, v.Of))
		case material.ItemCode:
			i, err := r.Material.Item(ctx, who, id)
			if err != nil {
				return nil, err
			}
			out = append(out, label.OfItem(i))
		case material.LocationCode:
			l, err := r.Material.Location(ctx, who, id)
			if err != nil {
				return nil, err
			}
			out = append(out, label.OfLocation(l))
		default:
			l, err := r.Material.Loop(ctx, who, id)
			if err != nil {
				return nil, err
			}
			i, err := r.Material.Item(ctx, who, l.Item)
			if err != nil {
				return nil, err
			}
			out = append(out, label.OfLoop(l, i)...)
		}
	}
	return out, nil
}
