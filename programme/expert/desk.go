package expert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Desk is where experts are kept and sent. Its methods may be called concurrently.
type Desk struct {
	Store Store
	Firms Firms
	Teams Teams
	// Division reports whether a code is a division at the instant, in words when
	// it is not.
	Division func(code string, at plant.Micros) error
	Now      func() time.Time
}

// Filter narrows the register; zero fields do not filter.
type Filter struct {
	Region string // that the person serves, a prefix
	Field  string
	Sector string // class or its beginning that the person knows
	Text   string // part of the name or the organisation
	Valid  bool   // can be sent today
	Void   bool   // entered in error, too
}

// Experts of the register that the asker sees: who sends experts sees those who
// can be sent there, everybody sees oneself.
func (d *Desk) Experts(ctx context.Context, who access.Principal, f Filter) ([]Expert, error) {
	all, err := d.Store.Experts(ctx, who.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	today, text := d.today(), strings.ToLower(f.Text)
	areas := who.Areas(access.DispatchExperts)
	out := []Expert{}
	for _, e := range all {
		switch {
		case !e.reaches(areas) && !e.is(who):
		case e.Void && !f.Void:
		case f.Valid && (e.From > today || e.To != "" && e.To < today):
		case f.Region != "" && !e.reaches([]access.Area{{Region: f.Region}}):
		case f.Field != "" && !slices.Contains(e.Fields, f.Field):
		case f.Sector != "" && !slices.ContainsFunc(e.Sectors, func(s string) bool { return strings.HasPrefix(f.Sector, s) || strings.HasPrefix(s, f.Sector) }):
		case text != "" && !strings.Contains(strings.ToLower(e.Name+"\n"+e.Organisation), text):
		default:
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b Expert) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// reaches reports whether the person can be sent to a place of the areas, or is
// at home there.
func (e Expert) reaches(areas []access.Area) bool {
	return slices.ContainsFunc(areas, func(a access.Area) bool {
		if len(e.Serves) == 0 || strings.HasPrefix(e.Region, a.Region) {
			return true
		}
		return slices.ContainsFunc(e.Serves, func(s string) bool { return strings.HasPrefix(s, a.Region) || strings.HasPrefix(a.Region, s) })
	})
}

// is reports whether the asker is the person: signed in by the account's name. A
// token is nobody.
func (e Expert) is(who access.Principal) bool {
	return e.Account != "" && e.Account == who.Name && !strings.HasPrefix(who.User, "token:")
}

// Own are the ids of the register that the asker is.
func (d *Desk) Own(ctx context.Context, who access.Principal) ([]string, error) {
	all, err := d.Store.Experts(ctx, who.Scope.Tenant)
	var out []string
	for _, e := range all {
		if e.is(who) && !e.Void {
			out = append(out, e.ID)
		}
	}
	return out, err
}

func (d *Desk) expert(ctx context.Context, tenant plant.TenantNo, id string) (Expert, error) {
	all, err := d.Store.Experts(ctx, tenant)
	if err != nil {
		return Expert{}, err
	}
	if i := slices.IndexFunc(all, func(e Expert) bool { return e.ID == id }); i >= 0 {
		return all[i], nil
	}
	return Expert{}, fmt.Errorf("%w: expert %s", access.ErrNotFound, id)
}

// seen is an expert that the asker sees.
func (d *Desk) seen(ctx context.Context, who access.Principal, id string) (Expert, error) {
	e, err := d.expert(ctx, who.Scope.Tenant, id)
	if err == nil && !e.reaches(who.Areas(access.DispatchExperts)) && !e.is(who) {
		err = fmt.Errorf("%w: expert %s", access.ErrNotFound, id)
	}
	return e, err
}

// ExpertHistory are the revisions of an entry, oldest first.
func (d *Desk) ExpertHistory(ctx context.Context, who access.Principal, id string) ([]Change[Expert], error) {
	if _, err := d.seen(ctx, who, id); err != nil {
		return nil, err
	}
	return d.Store.ExpertHistory(ctx, who.Scope.Tenant, id)
}

// SaveExpert enters somebody or changes an entry. The register of a division is
// kept by who sends experts there.
func (d *Desk) SaveExpert(ctx context.Context, who access.Principal, e Expert) (Expert, error) {
	e.Name, e.Organisation, e.Account = strings.TrimSpace(e.Name), strings.TrimSpace(e.Organisation), strings.TrimSpace(e.Account)
	var was Expert
	if e.ID != "" {
		var err error
		if was, err = d.seen(ctx, who, e.ID); err != nil {
			return Expert{}, err
		}
	}
	areas := who.Areas(access.DispatchExperts)
	if was.ID != "" && !within(areas, was.Region) || !within(areas, e.Region) {
		return Expert{}, fmt.Errorf("%w: the entry is kept where the person is at home; %s lies outside of where you send experts", access.ErrForbidden, e.Region)
	}
	if err := e.check(); err != nil {
		return Expert{}, err
	}
	if err := d.Division(e.Region, plant.MicrosOf(d.Now())); err != nil {
		return Expert{}, invalid("region: %v", err)
	}
	if err := d.checkTwins(ctx, who.Scope.Tenant, e); err != nil {
		return Expert{}, err
	}
	if err := d.nameTies(ctx, who, was, &e); err != nil {
		return Expert{}, err
	}
	return d.Store.SaveExpert(access.With(ctx, who), who.Scope.Tenant, e)
}

// checkTwins: an account is one person's.
func (d *Desk) checkTwins(ctx context.Context, tenant plant.TenantNo, e Expert) error {
	all, err := d.Store.Experts(ctx, tenant)
	if err != nil {
		return err
	}
	if e.ID == "" && len(all) >= MaxExperts {
		return invalid("%d experts; that is as many as the register holds", MaxExperts)
	}
	for _, o := range all {
		if o.ID != e.ID && !o.Void && !e.Void && e.Account != "" && o.Account == e.Account {
			return invalid("account: %q is another expert's", e.Account)
		}
	}
	return nil
}

// nameTies gives firms of the registry the names that they have. A firm that the
// asker does not see is taken where it stood already.
func (d *Desk) nameTies(ctx context.Context, who access.Principal, was Expert, e *Expert) error {
	areas := who.Areas(access.ReadFirms)
	e.Interests = slices.Clone(e.Interests)
	for i, t := range e.Interests {
		if t.Firm == "" {
			continue
		}
		if j := slices.IndexFunc(was.Interests, func(o Interest) bool { return o.Firm == t.Firm }); j >= 0 {
			e.Interests[i].Organisation = was.Interests[j].Organisation
			continue
		}
		f, err := d.Firms.Firm(ctx, who.Scope.Tenant, t.Firm)
		if errors.Is(err, access.ErrNotFound) || err == nil && !f.in(areas) {
			return invalid("interests[%d].firm: %q is not in the registry, or not in your region: write its name", i, t.Firm)
		}
		if err != nil {
			return err
		}
		e.Interests[i].Organisation = f.Name
	}
	return nil
}

func (f Firm) in(areas []access.Area) bool {
	return slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(f.Region, f.Sector, f.ID) })
}

// Adviser is somebody who may be asked about the firm on the day; ErrInterest
// when the person has a conflict of interest with it. Without a firm nobody has.
func (d *Desk) Adviser(ctx context.Context, tenant plant.TenantNo, id string, f Firm) (Expert, error) {
	e, err := d.expert(ctx, tenant, id)
	if errors.Is(err, access.ErrNotFound) {
		return e, invalid("expert: %q is not in the register", id)
	}
	if err != nil {
		return e, err
	}
	today := d.today()
	if e.Void || e.From > today || e.To != "" && e.To < today {
		return e, invalid("expert: %s is %s", e.Name, e.appointed())
	}
	if t, ok := e.tie(f, today, today); ok && f.ID != "" {
		return e, fmt.Errorf("%w: %s – %s (%s, %s)", ErrInterest, e.Name, f.Name, kindZH[t.Kind], t.Kind)
	}
	return e, nil
}
