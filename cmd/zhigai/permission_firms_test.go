package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
	"zhigai/programme/enterprise"
	"zhigai/programme/target"
	"zhigai/record/programme"
)

// known is a firm of the registry with what is kept of it.
type known struct {
	id, name, region, sector, diagnosis, entry string
}

const (
	ourRegion   = "330602" // within ourCity
	otherRegion = "330106"
	ourSector   = "C3451"
	otherSector = "C1713"
)

// seedFirms enters in each tenant a firm of our city and trade and one of
// others, with a diagnosis and an entry of a register each.
func seedFirms(t *testing.T, n *node) (own, out known) {
	t.Helper()
	number := 0
	seed := func(tenant plant.TenantNo, name, region, sector string) known {
		t.Helper()
		number++
		return n.seedFirm(t, tenant, enterprise.Firm{Code: codeOf(t, number), Name: name, Region: region, Industry: sector})
	}
	own, out = seed(demoTenant, "绍兴本地轴承有限公司", ourRegion, ourSector), seed(demoTenant, "杭州外地纺织有限公司", otherRegion, otherSector)
	seed(stranger, "绍兴他网轴承有限公司", ourRegion, ourSector)
	seed(stranger, "杭州他网纺织有限公司", otherRegion, otherSector)
	return own, out
}

// codeOf is a credit code whose check character fits.
func codeOf(t *testing.T, number int) plant.CreditCode {
	t.Helper()
	for _, last := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if c, err := plant.ParseCreditCode(fmt.Sprintf("91330600MA%07d%c", number, last)); err == nil {
			return c
		}
	}
	t.Fatal("no check character fits")
	return ""
}

func (n *node) seedFirm(t *testing.T, tenant plant.TenantNo, f enterprise.Firm) known {
	t.Helper()
	who := access.Node(tenant)
	ctx := access.With(t.Context(), who)
	all := []access.Area{{}}
	_, saved, err := n.firms.Save(ctx, tenant, all, f, 0)
	must(t, err)
	now := time.Now()
	entry, err := n.targets.SaveEntry(ctx, tenant, all, target.Entry{Kind: "excellent_case", Firm: saved.ID, Title: "案例 " + f.Name, From: plant.MicrosOf(now.Add(-time.Hour)), Basis: target.Audited})
	must(t, err)
	_, err = n.targets.SaveReturn(ctx, tenant, all, target.Return{Firm: saved.ID, Year: now.Year() - 1, Name: "machines", Value: 7, Basis: target.Audited})
	must(t, err)
	desk := diagnosis.NewDesk(diagnosis.Options{
		Store: programme.NewDiagnoses(n.record), Firms: seated{diagnosis.Firm{ID: saved.ID, Name: saved.Name, Region: saved.Region, Sector: saved.Industry}},
		Figures: seated{}, Editions: n.editions, NewID: n.record.NewID, Now: time.Now,
	})
	day := now.Format(time.DateOnly)
	view, err := desk.Start(ctx, who, saved.ID, "gbt-39116-2020-discrete", diagnosis.Plan{Title: "诊断", Begin: day, End: day, From: now.AddDate(0, 0, -30), To: now, Target: 2, Cut: []string{}})
	must(t, err)
	return known{id: saved.ID, name: saved.Name, region: saved.Region, sector: saved.Industry, diagnosis: view.ID, entry: entry.ID}
}

// seated is the one firm that there is to diagnose; its machines prove nothing.
type seated struct{ one diagnosis.Firm }

func (s seated) Firm(context.Context, plant.TenantNo, string) (diagnosis.Firm, error) {
	return s.one, nil
}

func (s seated) Firms(context.Context, plant.TenantNo, []access.Area, string, int) ([]diagnosis.Firm, error) {
	return []diagnosis.Firm{s.one}, nil
}

func (seated) Figures(context.Context, plant.TenantNo, string, []string, time.Time, time.Time) (map[string]figure.Figure, error) {
	return nil, diagnosis.ErrNoFigures
}
