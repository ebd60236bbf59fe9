export const zh = {
  "at": "时间", "who": "谁", "action": "动作", "object": "对象", "before": "变更前", "after": "内容", "hash": "哈希", "prev": "上一条哈希", "kind": "类别",
  "kind.all": "全部", "kind.reads": "查阅", "kind.changes": "变更", "kind.sessions": "登录", "who.part": "谁：姓名或编号", "action.part": "动作，如 user.", "object.part": "对象，如 equipment/…", "who.only": "只看 {{name}}",
  "from": "起", "to": "止", "span": "时间段", "shown": "已显示 {{n}} 条，还有更多", "shown.all": "共 {{n}} 条", "more": "显示更多", "none": "没有符合条件的记录", "export": "导出 CSV",
  "verify": "校验审计链", "ok": "{{n}} 条记录，链条完整", "broken": "审计链断裂：{{detail}}",
  "x.report.refused": "未接收下级上报", "x.node.region": "节点代报区划", "x.guest.admit": "外部人员准入", "x.guest.extend": "外部人员改期", "x.guest.end": "外部人员终止", "x.values.read": "查阅当前值", "x.user.create": "新增用户", "x.user.update": "修改用户", "x.user.password": "改密码", "x.user.rehash": "加强密码存储", "x.session.open": "登录", "x.session.close": "退出", "x.session.locked": "登录被锁", "x.session.end": "结束会话", "x.factor.on": "启用双因素", "x.factor.off": "停用双因素", "x.factor.reset": "重置双因素", "x.factor.recovery": "使用恢复码",
  "x.token.create": "新增令牌", "x.token.revoke": "吊销令牌", "x.role.create": "新建角色", "x.role.update": "修改角色", "x.role.remove": "删除角色", "x.link.create": "生成登录链接",
  "x.samples.read": "查阅原始数据", "x.evidence.read": "查阅证据", "x.audit.read": "导出审计", "x.diagnosis.file.read": "下载诊断附件", "x.evidence.ask": "申请查阅", "x.evidence.decide": "答复查阅申请", "x.firms.export": "导出企业名录",
  "x.plant.import": "导入工厂文件", "x.device.writing": "写入开关", "x.node.invite": "邀请节点", "x.node.revoke": "吊销节点", "x.node.settings": "下发设置", "x.firm.merge": "合并企业", "x.firms.import": "导入企业名录", "x.devices.import": "批量导入设备",
};
export const en: Record<keyof typeof zh, string> = {
  "at": "Time", "who": "Who", "action": "Action", "object": "Object", "before": "Before", "after": "Content", "hash": "Hash", "prev": "Hash before it", "kind": "Kind",
  "kind.all": "All", "kind.reads": "Reads", "kind.changes": "Changes", "kind.sessions": "Sign-ins", "who.part": "Who: name or id", "action.part": "Action: user.", "object.part": "Object: equipment/…", "who.only": "Only {{name}}",
  "from": "From", "to": "To", "span": "Stretch of time", "shown": "{{n}} shown, there are more", "shown.all": "{{n}} entries", "more": "Show more", "none": "No entry is like that", "export": "Export CSV",
  "verify": "Verify the chain", "ok": "{{n}} entries, chain unbroken", "broken": "Chain broken: {{detail}}",
  "x.report.refused": "Report step not taken", "x.node.region": "Division of a node", "x.guest.admit": "Guest let in", "x.guest.extend": "Guest let in until another date", "x.guest.end": "Guest ended", "x.values.read": "Values read", "x.user.create": "User added", "x.user.update": "User changed", "x.user.password": "Password changed", "x.user.rehash": "Password stored stronger", "x.session.open": "Signed in", "x.session.close": "Signed out", "x.session.locked": "Sign-in locked", "x.session.end": "Session ended", "x.factor.on": "Second factor on", "x.factor.off": "Second factor off", "x.factor.reset": "Second factor reset", "x.factor.recovery": "Recovery code used",
  "x.token.create": "Token made", "x.token.revoke": "Token revoked", "x.role.create": "Role made", "x.role.update": "Role changed", "x.role.remove": "Role removed", "x.link.create": "Sign-in link made",
  "x.samples.read": "Samples read", "x.evidence.read": "Evidence read", "x.audit.read": "Audit exported", "x.diagnosis.file.read": "Proof read", "x.evidence.ask": "Asked for samples", "x.evidence.decide": "Request decided", "x.firms.export": "Registry exported",
  "x.plant.import": "Plant file imported", "x.device.writing": "Writing switched", "x.node.invite": "Node invited", "x.node.revoke": "Node revoked", "x.node.settings": "Settings sent", "x.firm.merge": "Firms merged", "x.firms.import": "Registry imported", "x.devices.import": "Machines imported",
};
