export const zh = {
  "title": "存疑设备日", "lead": "各厂设备日经八类核查、并与其他企业的设备比对后的疑点。裁定前不计入联网天数；企业申辩、裁定理由均留痕，裁定结果传至企业和上级。",
  "show": "显示", "show.open": "待裁定", "show.decided": "已裁定", "show.all": "全部", "count": "待处理 {{open}}，已申辩 {{contested}}，认定 {{upheld}}，排除 {{dismissed}}",
  "kind": "疑点类别", "kind.all": "全部类别", "days": "设备日", "export": "导出 CSV", "more": "更多", "none": "该范围没有存疑的设备日", "none.open": "没有待裁定的疑点",
  "date": "日期", "firm": "企业", "machine": "设备", "reason": "疑点", "state": "状态", "region": "地区", "said": "申辩与裁定", "unbound": "未绑定企业", "like": "与 {{who}} 相同", "like.hidden": "另一企业的设备（不在您的管理范围）",
  "uphold": "认定", "dismiss": "排除", "uphold.hint": "认定后该设备日不计入联网天数，企业会看到理由。", "dismiss.hint": "排除后该设备日恢复计入，企业会看到理由。", "text": "理由", "done": "已裁定，结果正传至企业和上级",
  "suspects": "存疑设备日", "suspects.all": "全部疑点",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Suspect days", "lead": "Machine days with one of eight signs, or like those of another firm's machine. Until decided they do not count as connected; what the firm says and why it was decided is on record, at the firm and above.",
  "show": "Show", "show.open": "To decide", "show.decided": "Decided", "show.all": "All", "count": "{{open}} open, {{contested}} contested, {{upheld}} upheld, {{dismissed}} dismissed",
  "kind": "Sign", "kind.all": "Every sign", "days": "Machine days", "export": "Export CSV", "more": "More", "none": "No machine day is suspect here", "none.open": "Nothing waits for a decision",
  "date": "Date", "firm": "Firm", "machine": "Machine", "reason": "Sign", "state": "State", "region": "Region", "said": "Answers and decisions", "unbound": "of no firm yet", "like": "like {{who}}", "like.hidden": "a machine of another firm, outside your area",
  "uphold": "Uphold", "dismiss": "Dismiss", "uphold.hint": "The day does not count as connected; the firm reads why.", "dismiss.hint": "The day counts again; the firm reads why.", "text": "Why", "done": "Decided; the firm and those above are being told",
  "suspects": "Suspect days", "suspects.all": "All of them",
};
