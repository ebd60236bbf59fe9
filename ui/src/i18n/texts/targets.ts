export const zh = {
  "title": "政策目标", "policy": "{{title}}（{{issuer}}，{{signed}}）", "region": "地区", "region.all": "全部地区", "year": "年份", "year.n": "{{year}}年",
  "id": "编号", "name": "目标", "scope": "范围", "written": "原文要求", "value": "数值", "standing": "进度", "confidence": "可信度", "confidence.hint": "A 机器证据为主；B 经审核；C 申报为主；D 已知不足",
  "judged": "由评定得出", "judged.hint": "原文没有给出数值，由专家评定，本页不作计算。", "status.directional": "方向性", "status.judged": "评定", "status.numeric": "数值",
  "due": "到{{year}}年", "every": "每年", "strive": "争取", "wanted": "目标 {{wanted}}", "reached": "已达到 {{wanted}}", "missing": "目标 {{wanted}}", "share": "达到目标的 {{n}}%",
  "clause": "条款", "units": "责任单位", "units.none": "原文未列", "note": "说明", "unverified": "未核实", "meaning": "含义", "formula": "公式", "source": "来源", "version": "版本",
  "known": "已知 {{known}} / 应计 {{due}}", "basis.machine": "机器证据", "basis.audited": "审核记录", "basis.declared": "申报", "grade": "可信度 {{grade}}",
  "county": "县（市、区）", "firms": "已知/应计", "parts.none": "没有可计的企业或记录。", "root": "证据摘要", "root.hint": "由每家企业和每条记录的贡献算出；同样的事实得到同样的摘要。",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Policy targets", "policy": "{{title}} ({{issuer}}, {{signed}})", "region": "Region", "region.all": "Every region", "year": "Year", "year.n": "{{year}}",
  "id": "No.", "name": "Target", "scope": "Scope", "written": "As written", "value": "Value", "standing": "Standing", "confidence": "Confidence", "confidence.hint": "A mostly machine evidence; B audited; C mostly declared; D too little known",
  "judged": "judged by people", "judged.hint": "The text gives no number; experts judge it and nothing is calculated here.", "status.directional": "directional", "status.judged": "judged", "status.numeric": "numeric",
  "due": "by {{year}}", "every": "every year", "strive": "striven for", "wanted": "wanted {{wanted}}", "reached": "reached {{wanted}}", "missing": "wanted {{wanted}}", "share": "{{n}} % of what is wanted",
  "clause": "Clause", "units": "Responsible units", "units.none": "the text names none", "note": "Note", "unverified": "unverified", "meaning": "Meaning", "formula": "Formula", "source": "Source", "version": "Version",
  "known": "known {{known}} of {{due}}", "basis.machine": "machine evidence", "basis.audited": "audited", "basis.declared": "declared", "grade": "confidence {{grade}}",
  "county": "County", "firms": "Known / due", "parts.none": "There are no firms or entries to count.", "root": "Evidence root", "root.hint": "Of every firm's and entry's contribution: the same facts give the same root.",
};
