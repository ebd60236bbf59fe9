package programme

import (
	"context"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/advice"
	"zhigai/record"
)

// Questions keeps questions for advice; it implements advice.Store.
type Questions struct{ rows revised[advice.Advice] }

var _ advice.Store = Questions{}

// NewQuestions keeps them in the record.
func NewQuestions(db *record.DB) Questions {
	return Questions{revised[advice.Advice]{db, "advice", ", topic, asked, due", func(a advice.Advice) (string, int64, filed) {
		return a.ID, a.Rev, filed{a.Expert, a.Firm, a.Region, a.Sector, string(a.State), a.Title + "\n" + a.Called + "\n" + a.To + "\n" + a.Organisation, []any{a.Topic, a.User, a.Due}}
	}, func(a *advice.Advice, id string, rev int64) { a.ID, a.Rev = id, rev }}}
}

// Questions implements advice.Store.
func (r Questions) Questions(ctx context.Context, tenant plant.TenantNo, f advice.Filter) ([]advice.Advice, error) {
	where, args := ` and (?`, []any{record.InAreas("region", "sector", "firm", f.Areas)}
	if f.User != "" {
		where, args = where+` or asked = ?`, append(args, f.User)
	}
	if len(f.Experts) > 0 {
		where, args = where+` or parent in (?)`, append(args, bun.List(f.Experts))
	}
	where += `)`
	and := func(cond string, arg any) { where, args = where+cond, append(args, arg) }
	if len(f.States) > 0 {
		and(` and state in (?)`, bun.List(f.States))
	}
	if f.Topic != "" {
		and(` and topic = ?`, f.Topic)
	}
	if f.Firm != "" {
		and(` and firm = ?`, f.Firm)
	}
	if f.Region != "" {
		and(` and ?`, record.InAreas("region", "", "", []access.Area{{Region: f.Region}}))
	}
	if f.Overdue != "" {
		and(` and state = 'directed' and due < ?`, f.Overdue)
	}
	if f.Text != "" {
		and(saying(f.Text))
	}
	if f.Before != "" {
		and(` and id < ?`, f.Before)
	}
	return r.rows.list(ctx, tenant, where, args, `id desc`, f.Limit)
}

// Question implements advice.Store.
func (r Questions) Question(ctx context.Context, tenant plant.TenantNo, id string) (advice.Advice, error) {
	return r.rows.one(ctx, tenant, id)
}

// SaveQuestion implements advice.Store.
func (r Questions) SaveQuestion(ctx context.Context, tenant plant.TenantNo, a advice.Advice) (advice.Advice, error) {
	return r.rows.save(ctx, tenant, a)
}

// QuestionHistory implements advice.Store.
func (r Questions) QuestionHistory(ctx context.Context, tenant plant.TenantNo, id string) (out []advice.Change, err error) {
	err = r.rows.past(ctx, tenant, id, func(is advice.Advice, at plant.Micros, who string) {
		out = append(out, advice.Change{Is: is, At: at, Who: who})
	})
	return out, err
}
