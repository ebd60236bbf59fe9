export const zh = {
  "title": "设定值", "point": "设定点", "present": "当前值", "limits": "允许范围", "step.max": "单次变化 ≤ {{n}}", "rate.max": "每分钟变化 ≤ {{n}}", "interlock": "联锁条件：{{text}}",
  "write": "设定", "write.of": "设定 {{name}}", "off": "此设备未开启写入；由工程师在“工厂建模”中开启", "elsewhere": "此设备由下级节点采集，请在该节点上操作", "contact.none": "设备失联，不能设定", "right.none": "没有设定权限", "busy": "有命令正在执行",
  "new": "新值", "on": "开", "off.value": "关", "note": "说明（可空）", "send": "确认写入", "from.to": "{{from}} → {{to}}", "hint": "先逐项校验，只写一次，再读回核对；每一步都记入审计", "again": "再设一次", "done": "关闭", "need": "请填写新值", "range": "请填写 {{min}} 至 {{max}} 之间的值",
  "history": "命令记录", "history.none": "还没有命令", "when": "时间", "who": "操作人", "value": "值", "state": "结果", "steps": "步骤", "steps.of": "{{name}} 的步骤", "read": "读回 {{value}}", "before": "原值 {{value}}", "raw": "写入设备的值 {{value}}", "more": "更多命令",
  "state.requested": "已提出", "state.checked": "校验通过", "state.sent": "已发出", "state.confirmed": "已确认", "state.mismatched": "读回不符", "state.failed": "失败", "state.expired": "已过期", "state.rejected": "已拒绝", "state.unknown": "未知，请到设备旁核对",
  "result.passed": "通过", "result.failed": "不通过", "result.skipped": "未检查",
  "check.right": "人员权限", "check.enabled": "设备允许写入", "check.contact": "设备在线", "check.alone": "没有其他命令", "check.expiry": "未过期", "check.value": "设备能存此值", "check.limits": "在允许范围内", "check.fresh": "数值新鲜", "check.seen": "与所见一致",
  "check.step": "单次变化", "check.rate": "变化速率", "check.interlock": "联锁条件",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Set points", "point": "Set point", "present": "Present value", "limits": "Allowed", "step.max": "one change ≤ {{n}}", "rate.max": "changes in a minute ≤ {{n}}", "interlock": "Interlock: {{text}}",
  "write": "Set", "write.of": "Set {{name}}", "off": "Writing is off for this device; an engineer switches it on in the plant model", "elsewhere": "A node below reads this machine; give the command there", "contact.none": "No contact, nothing can be set", "right.none": "You may not set values", "busy": "A command is under way",
  "new": "New value", "on": "On", "off.value": "Off", "note": "Note (may be empty)", "send": "Write", "from.to": "{{from}} → {{to}}", "hint": "Checked, written once, then read back; every step is in the audit", "again": "Set again", "done": "Close", "need": "Fill in the new value", "range": "Write a value from {{min}} to {{max}}",
  "history": "Commands", "history.none": "No commands yet", "when": "Time", "who": "Who", "value": "Value", "state": "Outcome", "steps": "Steps", "steps.of": "Steps of {{name}}", "read": "read back {{value}}", "before": "before {{value}}", "raw": "given to the device {{value}}", "more": "More commands",
  "state.requested": "requested", "state.checked": "checked", "state.sent": "sent", "state.confirmed": "confirmed", "state.mismatched": "read back differently", "state.failed": "failed", "state.expired": "expired", "state.rejected": "rejected", "state.unknown": "unknown: look at the machine",
  "result.passed": "passed", "result.failed": "failed", "result.skipped": "not looked at",
  "check.right": "Right of the person", "check.enabled": "Writing enabled", "check.contact": "Device answers", "check.alone": "No other command", "check.expiry": "Not expired", "check.value": "Fits the device", "check.limits": "Within limits", "check.fresh": "Values are fresh", "check.seen": "As it was seen",
  "check.step": "Size of the step", "check.rate": "Rate of change", "check.interlock": "Interlock",
};
