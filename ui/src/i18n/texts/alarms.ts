export const zh = {
  "title": "报警", "lead": "报警由设备模板的条件从采样计算；失联或信号失效时记为“无法判断”，不会一直挂着。", "show.now": "当前报警", "show.past": "历史报警", "priority": "优先级", "priority.all": "全部优先级", "priority.upto": "{{level}} 级及以上",
  "priority.1": "紧急", "priority.2": "高", "priority.3": "中", "priority.4": "低", "search": "查找报警或设备", "unacked": "只看未确认", "count": "{{count}} 条", "more": "只列前 500 条，请缩小范围",
  "machine": "设备", "text": "报警", "from": "开始", "lasted": "持续", "end": "结束", "end.open": "仍在", "end.normal": "恢复正常", "end.lost": "无法判断（失联）", "earlier": "更早", "ack": "确认", "acked": "{{by}} 于 {{at}} 确认", "ack.done": "已确认：{{text}}",
  "note": "说明（可空）", "none.now": "当前没有报警", "none.past": "本时段没有报警", "trend": "查看趋势", "id": "代码",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Alarms", "lead": "Alarms follow from samples by the conditions of the profile. When contact or a signal is lost they end as “not known” instead of standing on.", "show.now": "Standing now", "show.past": "Past", "priority": "Priority", "priority.all": "All priorities", "priority.upto": "{{level}} and more urgent",
  "priority.1": "Urgent", "priority.2": "High", "priority.3": "Medium", "priority.4": "Low", "search": "Find alarm or machine", "unacked": "Not acknowledged", "count": "{{count}} alarms", "more": "Only the first 500 are listed; narrow it down",
  "machine": "Machine", "text": "Alarm", "from": "From", "lasted": "Lasted", "end": "End", "end.open": "stands", "end.normal": "back to normal", "end.lost": "not known (no contact)", "earlier": "earlier", "ack": "Acknowledge", "acked": "{{by}} acknowledged at {{at}}", "ack.done": "Acknowledged: {{text}}",
  "note": "Note (may be empty)", "none.now": "No alarm stands", "none.past": "No alarm in this stretch", "trend": "Trend", "id": "Code",
};
