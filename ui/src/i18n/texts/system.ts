export const zh = {
  "title": "系统", "tab.health": "运行状况", "tab.users": "用户", "tab.tokens": "接口令牌", "tab.audit": "审计",
  "health.ok": "正常", "health.degraded": "有问题", "version": "版本", "started": "启动于", "check": "检查项", "detail": "说明", "check.history": "历史库", "check.record": "记录库", "check.devices": "设备",
  "u.name": "登录名", "u.display": "显示名", "u.role": "角色", "u.path": "范围", "u.off": "停用", "u.add": "新增用户", "u.password": "密码（至少 8 位；留空则不变）", "u.whole": "全厂", "u.edit": "编辑用户",
  "t.add": "新增令牌", "t.name": "用途", "t.created": "建立时间", "t.revoke": "吊销", "t.revoked": "已吊销", "t.secret": "令牌只显示这一次，请立即保存：", "t.confirm": "吊销后使用它的程序立即失效。确定？",
  "a.at": "时间", "a.who": "谁", "a.action": "动作", "a.object": "对象", "a.change": "内容", "a.verify": "校验审计链", "a.ok": "{{n}} 条记录，链条完整", "a.broken": "审计链断裂：{{detail}}",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "System", "tab.health": "Health", "tab.users": "Users", "tab.tokens": "API tokens", "tab.audit": "Audit",
  "health.ok": "Well", "health.degraded": "Not well", "version": "Version", "started": "Started", "check": "Check", "detail": "Detail", "check.history": "History", "check.record": "Record", "check.devices": "Devices",
  "u.name": "Name", "u.display": "Shown as", "u.role": "Role", "u.path": "Scope", "u.off": "Off", "u.add": "Add user", "u.password": "Password (8 or more; empty leaves it)", "u.whole": "whole plant", "u.edit": "Edit user",
  "t.add": "Add token", "t.name": "For", "t.created": "Created", "t.revoke": "Revoke", "t.revoked": "Revoked", "t.secret": "The token is shown this once; keep it now:", "t.confirm": "Programs that use it stop working at once. Revoke?",
  "a.at": "Time", "a.who": "Who", "a.action": "Action", "a.object": "Object", "a.change": "Content", "a.verify": "Verify the chain", "a.ok": "{{n}} entries, chain unbroken", "a.broken": "Chain broken: {{detail}}",
};
