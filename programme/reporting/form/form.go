// Package form writes a report as it is handed on: an Excel workbook and a PDF in
// the layout of official statistical forms. Both say the same.
//
// It says what the report says and decides nothing. Start with [Excel] and [PDF].
package form

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
	"zhigai/programme/reporting"
)

const heading = "制造业智能化技术改造指标报表"

var states = map[reporting.State]string{
	reporting.Open: "未冻结", reporting.Draft: "草稿", reporting.Submitted: "已上报", reporting.Returned: "已退回", reporting.Explained: "已说明",
	reporting.Approved: "已审核", reporting.Revised: "已修订",
}

var steps = map[reporting.What]string{
	reporting.Freeze: "冻结", reporting.Submit: "上报", reporting.Return: "退回", reporting.Explain: "说明", reporting.Approve: "审核通过",
	reporting.Revise: "修订", reporting.Decline: "维持原报", reporting.Remind: "催报", reporting.Answer: "答复催报",
}

var reasons = map[string]string{
	"no_equipment": "无设备", "no_firms": "无企业", "no_base_year": "未设基年", "no_base_value": "基年无数值", "no_employees": "无从业人员", "no_investment": "无投资",
	"no_output": "无产值",
}

func reason(v *reporting.Value) string {
	if v == nil || v.Value != nil {
		return ""
	}
	if text, ok := reasons[v.Reason]; ok {
		return text
	}
	return v.Reason
}

// of is what an indicator's row is about: the reported value, or while nothing is
// frozen the computed one.
func of(r reporting.Row) *reporting.Value {
	if r.Reported != nil {
		return r.Reported
	}
	return r.Recomputed
}

func unitOf(v *reporting.Value) string {
	if v.Unit == "1" {
		return "%"
	}
	return strings.NewReplacer("{", "", "}", "").Replace(v.Unit)
}

// note tells what a reader must not overlook.
func note(r reporting.Row) string {
	var out []string
	v := of(r)
	if text := reason(v); text != "" {
		out = append(out, text)
	}
	if v.Verified == "unverified" {
		out = append(out, "口径未核实")
	}
	for _, m := range r.Moved {
		out = append(out, fmt.Sprintf("%s %d→%d", m.Term, m.Was, m.Is))
	}
	if r.Reported != nil && r.Recomputed != nil && r.Reported.Definition.Version != r.Recomputed.Definition.Version {
		out = append(out, fmt.Sprintf("定义现为 v%d", r.Recomputed.Definition.Version))
	}
	return strings.Join(out, "；")
}

// facts stand above the table.
func facts(v reporting.View, printed time.Time) [][2]string {
	last := v.Versions
	revision := "—"
	if len(last) > 0 {
		newest := last[len(last)-1]
		revision = strconv.Itoa(newest.Revision)
		if newest.Reason != "" {
			revision += "（" + newest.Reason + "）"
		}
	}
	return [][2]string{
		{"填报单位", v.Name + "（" + v.Region + "）"},
		{"报告期", v.PeriodName},
		{"数据截止", v.LastDay},
		{"状态", states[v.State]},
		{"修订号", revision},
		{"制表人", or(v.MadeBy)},
		{"审核人", or(v.CheckedBy)},
		{"打印时间", local(printed)},
		{"上报摘要", or(v.Root)},
	}
}

func or(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

func local(t time.Time) string {
	return t.In(time.FixedZone("UTC+8", 8*60*60)).Format("2006-01-02 15:04")
}

const remark = "说明：上报值为冻结时的数值，此后不变；重算值按现有资料和同一期末计算，二者不同时由填报单位修订或说明。月、季报中的年度申报值按全年口径列入。比率均由分子、分母合计后计算，不取平均。"

// levelBelow names the reports that a report holds.
func levelBelow(v reporting.View) string {
	if v.Level == plant.Province {
		return "各市"
	}
	return "各县（市、区）"
}

// unlike names the terms in which the own report and the sum below differ.
func unlike(s *reporting.Said) string {
	var out []string
	for _, m := range s.Moved {
		out = append(out, fmt.Sprintf("%s 本级 %d，合计 %d", m.Term, m.Was, m.Is))
	}
	return strings.Join(out, "；")
}
