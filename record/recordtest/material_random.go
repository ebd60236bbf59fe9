package recordtest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/material"
)

// shuffled books the same entries in another order of arrival for another tenant:
// all bins and counts are the same, and sums are what was booked.
func (m *materialTest) shuffled(newID func() string) {
	ctx := m.Context()
	rnd := rand.New(rand.NewPCG(8, 9))
	var all []material.Entry
	for i := range 60 {
		e := material.Entry{ID: newID(), At: plant.Instant(1_000_000 * (1 + rnd.Int64N(40))), Entered: 1, By: "k", Item: "gcr15", Lot: []string{"X1", "X2"}[i%2], From: "main", To: "side1", Quantity: units(1 + rnd.Int64N(9)), What: material.Moved}
		switch rnd.IntN(5) {
		case 0:
			e.What, e.From, e.To = material.Received, "", "main"
		case 1:
			e.What, e.To = material.Counted, ""
		case 2:
			e.What, e.To, e.Reason = material.Adjusted, "", "found"
		}
		all = append(all, e)
	}
	state := func(tenant plant.TenantNo, order []material.Entry) ([]material.Stock, []material.Field) {
		keeper := access.As("k", "keeper", access.Scope{Tenant: tenant}, access.Read, access.Report, access.Material)
		_, err := m.desk.SaveItem(ctx, keeper, material.Item{Code: "gcr15", Name: plant.Name{ZH: "钢"}, Unit: "kg", Tracking: material.ByLot})
		must(m.T, err)
		for _, code := range []string{"main", "side1"} {
			_, err := m.desk.SaveLocation(ctx, keeper, material.Location{Code: code, Name: plant.Name{ZH: code}, Kind: material.Warehouse, Node: "s"})
			must(m.T, err)
		}
		for n := 0; n < len(order); n += 7 {
			_, err := m.store.Book(ctx, tenant, order[n:min(n+7, len(order))])
			must(m.T, err)
		}
		stocks, err := m.desk.Stock(ctx, keeper, material.StockFilter{Empty: true, Limit: 50})
		must(m.T, err)
		field, err := m.desk.Field(ctx, keeper, 0, 1<<60)
		must(m.T, err)
		return stocks, field
	}
	first, field := state(3, all)
	mixed := slices.Clone(all)
	for i := range mixed { // ids are of the whole record, and tell which of one instant came first
		mixed[i].ID = newID()
	}
	rnd.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	second, again := state(4, mixed)
	for i := range second { // the same but for the ids
		if first[i].Lot != second[i].Lot || first[i].Quantity != second[i].Quantity || len(first[i].Doubts) != len(second[i].Doubts) {
			m.Errorf("in another order %+v; want %+v", second[i].Bin, first[i].Bin)
		}
	}
	if len(first) != len(second) || len(field) != 1 || len(again) != 1 || field[0].Lost != again[0].Lost || field[0].Off != again[0].Off {
		m.Errorf("counts %+v; in another order %+v", field, again)
	}
}

// truth makes a plant at random, knows what is in what, and compares recall lists
// and origins with it.
func (m *materialTest) truth(newID func() string) {
	ctx := m.Context()
	const tenant = plant.TenantNo(5)
	keeper := access.As("k", "keeper", access.Scope{Tenant: tenant}, access.Read, access.Report, access.Material)
	_, err := m.desk.SaveItem(ctx, keeper, material.Item{Code: "part", Name: plant.Name{ZH: "件"}, Unit: "kg", Tracking: material.ByLot})
	must(m.T, err)
	_, err = m.desk.SaveLocation(ctx, keeper, material.Location{Code: "hall", Name: plant.Name{ZH: "车间"}, Kind: material.LineSide, Node: "s"})
	must(m.T, err)
	rnd := rand.New(rand.NewPCG(11, 12))
	holds := map[string]map[string]bool{} // of each lot what is in it
	lots := []string{"heat0", "heat1", "heat2", "heat3"}
	var all []material.Entry
	add := func(e material.Entry) {
		e.ID, e.At, e.Entered, e.By, e.Item = newID(), plant.Instant(len(all)+1), 1, "k", "part"
		all = append(all, e)
	}
	for _, heat := range lots {
		holds[heat] = map[string]bool{heat: true}
		add(material.Entry{What: material.Received, Lot: heat, To: "hall", Quantity: units(1000)})
	}
	for job := range 60 {
		in := map[string]bool{}
		for range 1 + rnd.IntN(3) {
			lot := lots[rnd.IntN(len(lots))]
			for held := range holds[lot] {
				in[held] = true
			}
			add(material.Entry{What: material.Consumed, Lot: lot, From: "hall", Quantity: 1, Order: fmt.Sprint("J", job), Job: 10})
		}
		for n := range 1 + rnd.IntN(4) {
			lot := fmt.Sprintf("lot%d-%d", job, n)
			holds[lot] = map[string]bool{lot: true}
			for held := range in {
				holds[lot][held] = true
			}
			add(material.Entry{What: material.Produced, Lot: lot, To: "hall", Quantity: units(10), Order: fmt.Sprint("J", job), Job: 10})
			lots = append(lots, lot)
		}
	}
	rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] }) // as they come from panels
	_, err = m.store.Book(ctx, tenant, all)
	must(m.T, err)
	for _, lot := range []string{"heat0", "heat1", "heat2", "heat3", lots[20], lots[len(lots)-1]} {
		var want, made []string
		for other, in := range holds {
			if in[lot] {
				want = append(want, material.LotID("part", other))
			}
		}
		for held := range holds[lot] {
			made = append(made, material.LotID("part", held))
		}
		for down, want := range map[bool][]string{true: want, false: made} {
			found, err := m.store.Trace(ctx, tenant, material.LotID("part", lot), down, 10_000)
			must(m.T, err)
			var got []string
			for _, f := range found {
				got = append(got, f.Lot.ID)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				m.Errorf("from %s, down %v: %d lots %v; in truth %d %v", lot, down, len(got), got, len(want), want)
			}
		}
	}
}
