package recordtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/factory/exchange"
	"zhigai/plant"
	"zhigai/shop/production"
)

func (x *exchangeTest) incoming() {
	first := orderJSON("A1", "6204-ir", 100, 2, "open")
	x.send("m1", exchange.KindOrder, first, exchange.Done)
	v := x.ordered("A1", 100, production.OrderReleased)
	if a := x.send("m1", exchange.KindOrder, first, exchange.Done); !a.Again || len(a.Parts) != 1 || a.Parts[0].State != exchange.Applied {
		x.Errorf("the same again: %+v", a)
	}
	if again := x.ordered("A1", 100, production.OrderReleased); again.Rev != v.Rev {
		x.Errorf("a message that came twice was applied twice: revision %d, %d before", again.Rev, v.Rev)
	}
	_, err := x.x.Receive(x.Context(), 1, "erp", exchange.Incoming{ID: "m1", Format: exchange.JSON, Kind: exchange.KindOrder, Body: []byte(orderJSON("A1", "6204-ir", 999, 9, "open"))})
	if !errors.Is(err, exchange.ErrOther) {
		x.Errorf("another content under the same id: %v", err)
	}
	x.ordered("A1", 100, production.OrderReleased)
	if all, err := x.keeps.Messages(x.Context(), 1, exchange.Filter{Partner: "erp", States: []exchange.State{exchange.Refused}, Text: "m1#", Limit: 9}); err != nil || len(all) != 1 {
		x.Errorf("what was refused for its id is not listed: %+v %v", all, err)
	}
	// Reordered: 4 before 3; 3 never counts.
	x.send("m4", exchange.KindOrder, orderJSON("A1", "6204-ir", 120, 4, "open"), exchange.Done)
	if a := x.send("m3", exchange.KindOrder, orderJSON("A1", "6204-ir", 110, 3, "stop"), exchange.Done); a.Parts[0].State != exchange.Superseded {
		x.Errorf("an older version: %+v", a)
	}
	x.ordered("A1", 120, production.OrderReleased)
	if a := x.send("m4b", exchange.KindOrder, orderJSON("A1", "6204-ir", 120, 4, "open"), exchange.Done); a.Parts[0].State != exchange.Same {
		x.Errorf("the same version by another message: %+v", a)
	}
	if a := x.send("m4c", exchange.KindOrder, orderJSON("A1", "6204-ir", 121, 4, "open"), exchange.Refused); !strings.Contains(a.Parts[0].Reason, "message m4 brought version 4") {
		x.Errorf("another content under the same version: %+v", a)
	}
	x.send("m5", exchange.KindOrder, orderJSON("A1", "6204-ir", 120, 5, "stop"), exchange.Done)
	x.ordered("A1", 120, production.OrderHeld)
	x.send("m6", exchange.KindOrder, orderJSON("A1", "6204-ir", 120, 6, "open"), exchange.Done)
	x.ordered("A1", 120, production.OrderReleased)
	x.send("m7", exchange.KindOrder, "["+orderJSON("B1", "6204-ir", 5, 1, "plan")+","+orderJSON("B2", "6204-ir", 5, 1, "open")+"]", exchange.Done)
	x.ordered("B1", 5, production.OrderForecast)
	x.send("m8", exchange.KindOrder, orderJSON("B1", "6204-ir", 5, 2, "gone"), exchange.Done)
	x.ordered("B1", 5, production.OrderCancelled)
	x.judged()
}

// judged: a part that was judged by a version which is not the newest any more is
// not applied: what differs from it would be booked twice.
func (x *exchangeTest) judged() {
	now := plant.InstantOf(time.Now())
	for n, upon := range []string{"", "d1"} {
		version := int64(n + 1)
		id, digest := fmt.Sprint("lot", version), fmt.Sprint("d", version)
		part := exchange.Part{No: 1, Kind: exchange.KindLot, Object: "gcr15:H1", Version: version, State: exchange.Pending, Digest: digest, Body: json.RawMessage("{}")}
		_, _, err := x.keeps.Take(x.Context(), 1, exchange.Message{
			Partner: "erp", Direction: exchange.In, ID: id, Kind: exchange.KindLot, Format: exchange.JSON, Digest: digest, Object: part.Object, Parts: 1, State: exchange.Received, At: now, Changed: now, Body: []byte("{}"),
		}, []exchange.Part{part})
		must(x.T, err)
		s := exchange.Settled{Ref: exchange.Ref{Partner: "erp", Direction: exchange.In, ID: id}, Part: part, By: "erp:erp"}
		s.Part.State = exchange.Applied
		for _, s.Upon = range []string{"another", "d7"} {
			if err := x.keeps.Settle(x.Context(), 1, s); !errors.Is(err, exchange.ErrOlder) {
				x.Errorf("version %d judged by %q: %v; want ErrOlder", version, s.Upon, err)
			}
		}
		s.Upon = upon
		must(x.T, x.keeps.Settle(x.Context(), 1, s))
	}
}

func (x *exchangeTest) refusals() {
	no := 0
	for body, want := range map[string]string{
		orderJSON("C1", "6204-ir", 5, 1, "soon"):                                   `"soon" has no meaning`,
		strings.Replace(orderJSON("C1", "6204-ir", 5, 1, "open"), "EA", "BOX", 1):  `unit "BOX" is not known`,
		strings.Replace(orderJSON("C1", "6204-ir", 5, 1, "open"), `"qty"`, "x", 1): "not JSON",
		`{"no": "C1"}`: "row 1: item (product): the field is missing",
		`[]`:           "there is no row",
		`{"no": "C1", "item": "6204-ir", "qty": 5.5, "due": "2026-11-06", "st": "open"}`: `"5.5"; write a whole number`,
	} {
		no++
		if a := x.send(fmt.Sprint("r", no), exchange.KindOrder, body, exchange.Refused); !strings.Contains(a.Reason, want) {
			x.Errorf("%s: %q; want %q", body, a.Reason, want)
		}
	}
	// In part; and again when what was missing is there.
	a := x.send("part", exchange.KindOrder, "["+orderJSON("D1", "6204-or", 5, 1, "open")+","+orderJSON("D2", "6204-ir", 5, 1, "open")+"]", exchange.Partly)
	if !strings.Contains(a.Parts[0].Reason, "no released definition of 6204-or") || a.Parts[1].State != exchange.Applied {
		x.Errorf("in part: %+v", a)
	}
	if _, err := x.desk.ByNumber(x.Context(), x.planner, "D1"); !errors.Is(err, access.ErrNotFound) {
		x.Errorf("an order that was refused is there: %v", err)
	}
	d, err := x.definition("6204-or", func(d *production.Definition) { d.Segments = d.Segments[1:] })
	must(x.T, err)
	_, err = x.desk.Release(x.Context(), x.planner, "6204-or", 1, plant.Validity{}, d.Rev)
	must(x.T, err)
	m, parts, err := x.x.Again(x.Context(), x.planner, exchange.Ref{Partner: "erp", Direction: exchange.In, ID: "part"})
	if err != nil || m.State != exchange.Done || parts[0].State != exchange.Applied {
		x.Errorf("again: %+v %+v %v", m, parts, err)
	}
	x.ordered("D1", 5, production.OrderReleased)
	if _, _, err := x.x.Again(x.Context(), x.planner, exchange.Ref{Partner: "erp", Direction: exchange.In, ID: "part"}); !errors.Is(err, exchange.ErrInvalid) {
		x.Errorf("again what is done: %v", err)
	}
	if _, _, err := x.x.Again(x.Context(), x.planner, exchange.Ref{Partner: "erp", Direction: exchange.In, ID: "nobody"}); !errors.Is(err, access.ErrNotFound) {
		x.Errorf("again what never came: %v", err)
	}
}
