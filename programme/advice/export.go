package advice

import (
	"context"
	"fmt"
	"io"
	"time"

	"zhigai/access"
	"zhigai/connect/files/table"
)

const (
	exportPart = 500
	// maxExport is some years of a province; more is narrowed by region or state.
	maxExport = 50_000
)

var (
	stateZH = map[State]string{Asked: "待分办", Directed: "办理中", Answered: "已答复", Closed: "已办结", Withdrawn: "已撤回"}
	topicZH = map[string]string{"technology": "技术路线", "equipment": "装备选型", "software": "软件系统", "investment": "投资效益", "provider": "服务商", "policy": "政策", "other": "其他"}
	columns = []string{"编号", "提问单位", "地区", "行业", "类别", "问题", "内容", "状态", "提问人", "提问日期", "办理人", "办理单位", "答复期限", "是否逾期", "答复", "依据", "附件", "答复人", "答复日期"}
)

// Export writes the questions of a filter that the asker sees, newest first.
func (d *Desk) Export(ctx context.Context, who access.Principal, f Filter, overdue, excel bool, w io.Writer) error {
	if f.Firm != "" { // one that is not there is not found, and not in the audit
		one, err := d.Firms.Firm(ctx, who.Scope.Tenant, f.Firm)
		if err == nil && !(Advice{Region: one.Region, Sector: one.Sector, Firm: one.ID}).in(who.Areas(access.ReadFirms)) {
			err = fmt.Errorf("%w: firm %s", access.ErrNotFound, f.Firm)
		}
		if err != nil {
			return err
		}
	}
	rows := func(row func([]string) error) error {
		f.Limit = exportPart
		for n := 0; ; {
			page, next, err := d.List(ctx, who, f, overdue)
			if err != nil {
				return err
			}
			for _, a := range page {
				if err := row(d.cells(a)); err != nil {
					return err
				}
			}
			if next == "" {
				return nil
			}
			if n += len(page); n >= maxExport {
				return invalid("more than %d questions; narrow the list by region or state", maxExport)
			}
			f.Before = next
		}
	}
	if excel {
		return table.WriteExcel(w, "决策咨询", columns, rows)
	}
	return table.WriteCSV(w, columns, rows)
}

func (d *Desk) cells(a Advice) []string {
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(china).Format(time.DateOnly)
	}
	asker, late, files := a.Called, "", ""
	if a.Firm == "" {
		asker = a.Region
	}
	if a.Overdue(d.today()) {
		late = "是"
	}
	for i, f := range a.Files {
		if i > 0 {
			files += "；"
		}
		files += fmt.Sprintf("%s（SHA-256 %s）", f.Name, f.SHA256)
	}
	return []string{a.ID, asker, a.Region, a.Sector, topicZH[a.Topic], a.Title, a.Text, stateZH[a.State], a.AskedBy, day(a.AskedAt), a.To, a.Organisation, a.Due, late, a.Answer, a.Reference, files, a.AnsweredBy, day(a.AnsweredAt)}
}
