export const zh = {
  "title": "租户企业", "search": "编号、名称或信用代码", "state": "状态", "state.all": "全部状态", "state.active": "正常", "state.suspended": "已暂停", "state.leaving": "退出中", "state.deleted": "已删除",
  "add": "接入企业", "none": "本节点上还没有其他企业。", "none.found": "没有符合条件的企业。", "more": "更多", "failed": "企业列表读取失败",
  "id": "编号", "id.hint": "2–20 个小写字母和数字，以字母开头；用户名写作 姓名@编号，主题和文件夹以它区分", "name": "名称", "name.en": "英文名称", "code": "统一社会信用代码", "template": "模板（YAML；留空为空工厂）", "set": "模板参数（每行 名称=值）",
  "created": "接入日期", "ends": "{{at}} 删除", "check": "检查", "checked": "检查通过，可以接入。", "made": "已接入。管理员 {{user}} 首次登录链接（仅显示一次，一天内有效）：", "problems": "未接入任何企业：",
  "now": "当前用量", "devices": "设备", "tags": "标签", "users": "用户", "bytes": "样本占用", "events": "事件", "files": "附件", "of": "{{n}} / {{most}}", "days": "近 30 天用量（UTC 日）", "day": "日期", "samples": "样本", "raw": "原始字节", "requests": "接口请求", "refused": "超限被拒样本", "days.none": "这些天没有用量。",
  "limits": "限额", "limit.samples": "每秒样本", "limit.bytes": "样本占用上限（MB）", "reach": "可经平台网络轮询设备", "reach.hint": "关闭时只接收主动上送的设备（MQTT、Sparkplug、Webhook、文件）", "save": "保存限额", "saved": "已保存。",
  "suspend": "暂停", "suspend.confirm": "暂停后该企业无人能登录，设备停止采集，数据全部保留。确定？", "resume": "恢复", "leave": "退出", "leave.confirm": "期限届满后该企业的全部数据将被删除，届满前可撤回。确定？",
  "export": "企业全部数据", "delete": "立即删除", "delete.title": "立即删除全部数据", "delete.hint": "不可撤回。请输入编号 {{id}} 以确认。", "deleted": "已删除；仅保留编号和审计记录。",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Firms on this node", "search": "Id, name or credit code", "state": "State", "state.all": "All states", "state.active": "active", "state.suspended": "suspended", "state.leaving": "leaving", "state.deleted": "deleted",
  "add": "Take a firm in", "none": "There is no other firm on this node yet.", "none.found": "No firm fits.", "more": "More", "failed": "The firms could not be read",
  "id": "Id", "id.hint": "2-20 small letters and digits, beginning with a letter; users sign in as name@id, and topics and folders are told apart by it", "name": "Name", "name.en": "English name", "code": "Credit code", "template": "Template (YAML; empty: an empty plant)", "set": "Parameters of the template (name=value, one a line)",
  "created": "Taken in", "ends": "deleted on {{at}}", "check": "Check", "checked": "Nothing stands against it.", "made": "Taken in. First sign-in of {{user}} (shown this once, good for a day):", "problems": "Nobody was taken in:",
  "now": "In use now", "devices": "Devices", "tags": "Tags", "users": "Users", "bytes": "Samples on disk", "events": "Events", "files": "Files", "of": "{{n}} of {{most}}", "days": "Last 30 days (UTC)", "day": "Day", "samples": "Samples", "raw": "Raw bytes", "requests": "API requests", "refused": "Samples refused", "days.none": "Nothing was used on these days.",
  "limits": "Limits", "limit.samples": "Samples a second", "limit.bytes": "Samples on disk, at most (MB)", "reach": "May ask devices over the operator's network", "reach.hint": "When off, only devices are read that send by themselves (MQTT, Sparkplug, webhooks, files)", "save": "Save limits", "saved": "Saved.",
  "suspend": "Suspend", "suspend.confirm": "Nobody of the firm can sign in and no device is read; all data are kept. Suspend it?", "resume": "Resume", "leave": "Let it leave", "leave.confirm": "When its term is over everything of the firm is deleted; until then this can be taken back. Let it leave?",
  "export": "Everything the firm owns", "delete": "Delete now", "delete.title": "Delete everything now", "delete.hint": "This cannot be taken back. Write the id {{id}} to confirm.", "deleted": "Deleted; its number and the audit are left.",
};
