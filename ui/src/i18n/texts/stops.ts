export const zh = {
  "title": "停机原因", "lead": "点“填原因”，再点一下原因即可。原因只追加不覆盖，谁何时说的都留有记录。", "show.unassigned": "只看未填", "show.all": "全部", "scope": "范围", "scope.all": "全厂", "micro": "含短停",
  "machine": "设备", "from": "开始", "duration": "时长", "lost": "计划内损失", "state": "状态", "reason": "原因", "by": "谁说的", "by.machine": "设备自报", "by.rule": "规则", "open": "进行中", "parts": "{{count}} 段",
  "assign": "填原因", "reassign": "更改", "note": "备注（可空）", "said": "已记录：{{reason}}", "none": "没有停机", "none.unassigned": "都已填写原因", "count": "{{count}} 条", "more": "只列前 500 条，请缩小范围",
  "pareto": "停机原因排列图", "pareto.label": "停机原因按时间排列：{{values}}", "pareto.hours": "小时", "pareto.share": "占比", "pareto.cumulated": "累计占比", "pareto.stops": "次数", "pareto.open": "{{value}}：查看“{{name}}”由哪些时段组成", "pareto.parts": "组成时段", "pareto.sum": "{{count}} 段，合计 {{sum}}",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Stop reasons", "lead": "Press “Give reason”, then one reason. Nothing is overwritten: who said what and when is kept.", "show.unassigned": "Without reason", "show.all": "All", "scope": "Scope", "scope.all": "Whole plant", "micro": "Minor stops too",
  "machine": "Machine", "from": "From", "duration": "Lasted", "lost": "Lost of plan", "state": "State", "reason": "Reason", "by": "Said by", "by.machine": "the machine", "by.rule": "a rule", "open": "now", "parts": "{{count}} parts",
  "assign": "Give reason", "reassign": "Change", "note": "Note (optional)", "said": "Recorded: {{reason}}", "none": "No stops", "none.unassigned": "Every stop has its reason", "count": "{{count}} stops", "more": "Only the first 500 are listed; choose a shorter stretch",
  "pareto": "Pareto of stop reasons", "pareto.label": "Stop reasons by time: {{values}}", "pareto.hours": "Hours", "pareto.share": "Share", "pareto.cumulated": "Cumulated", "pareto.stops": "Stops", "pareto.open": "{{value}}: what “{{name}}” was added up from", "pareto.parts": "Pieces of time", "pareto.sum": "{{count}} pieces, {{sum}} together",
};
