export const zh = {
  "title": "停机原因", "unassigned": "只看未填原因", "micro": "包括短停", "count": "{{n}} 次停机", "none": "这段时间没有停机",
  "machine": "设备", "from": "开始", "duration": "时长", "lost": "计划内损失", "state": "状态", "reason": "原因", "by": "来源",
  "open": "进行中", "parts": "{{count}} 段", "assign": "填写原因", "reassign": "更改", "said": "已记录：{{reason}}", "note": "备注（可空）", "by.machine": "设备", "by.rule": "规则",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Stop reasons", "unassigned": "Only without reason", "micro": "Minor stops too", "count": "{{n}} stops", "none": "Nothing stood in this time",
  "machine": "Machine", "from": "From", "duration": "Lasted", "lost": "Lost of plan", "state": "State", "reason": "Reason", "by": "Said by",
  "open": "still standing", "parts": "{{count}} parts", "assign": "Give reason", "reassign": "Change", "said": "Noted: {{reason}}", "note": "Note (optional)", "by.machine": "the machine", "by.rule": "a rule",
};
