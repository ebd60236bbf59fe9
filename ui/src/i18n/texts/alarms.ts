export const zh = {
  "title": "报警", "lead": "设备模板、人设的限值和其他功能发现的问题，都在这一张表里。", "show.now": "当前报警", "show.past": "历史报警", "priority": "优先级", "priority.all": "全部优先级", "priority.upto": "{{level}} 级及以上",
  "priority.1": "紧急", "priority.2": "高", "priority.3": "中", "priority.4": "低", "search": "查找报警或设备", "unacked": "只看未确认", "count": "{{count}} 条", "more": "只列前 500 条，请缩小范围",
  "machine": "设备", "text": "报警", "from": "开始", "lasted": "持续", "end.lost": "失联后无法判断",
  "state": "状态", "state.normal": "已恢复", "state.unacknowledged": "未确认", "state.acknowledged": "已确认", "state.returned": "已恢复，未确认", "state.shelved": "搁置", "state.suppressed": "设计抑制", "state.out_of_service": "停用", "earlier": "更早", "ack": "确认", "acked": "{{by}} 于 {{at}} 确认", "ack.done": "已确认：{{text}}",
  "note": "说明（可空）", "none.now": "当前没有报警", "none.past": "本时段没有报警", "trend": "查看趋势", "id": "代码",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Alarms", "lead": "Alarms of machines, of limits that people set and of what other rooms found, in one list.", "show.now": "Standing now", "show.past": "Past", "priority": "Priority", "priority.all": "All priorities", "priority.upto": "{{level}} and more urgent",
  "priority.1": "Urgent", "priority.2": "High", "priority.3": "Medium", "priority.4": "Low", "search": "Find alarm or machine", "unacked": "Not acknowledged", "count": "{{count}} alarms", "more": "Only the first 500 are listed; narrow it down",
  "machine": "Machine", "text": "Alarm", "from": "From", "lasted": "Lasted", "end.lost": "not known after contact was lost",
  "state": "State", "state.normal": "normal", "state.unacknowledged": "unacknowledged", "state.acknowledged": "acknowledged", "state.returned": "returned, unacknowledged", "state.shelved": "shelved", "state.suppressed": "suppressed by design", "state.out_of_service": "out of service", "earlier": "earlier", "ack": "Acknowledge", "acked": "{{by}} acknowledged at {{at}}", "ack.done": "Acknowledged: {{text}}",
  "note": "Note (may be empty)", "none.now": "No alarm stands", "none.past": "No alarm in this stretch", "trend": "Trend", "id": "Code",
};
