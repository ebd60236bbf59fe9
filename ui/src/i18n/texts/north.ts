export const zh = {
  "add": "新增目标", "change": "修改目标", "hint": "只有选定的位置才会外发；默认不发送任何数据。", "none": "没有北向目标。数据留在本节点。",
  "name": "名称", "kind": "方式", "kind.sparkplug": "Sparkplug B 边缘节点", "kind.mqtt": "MQTT JSON", "url": "代理地址", "client": "客户端标识（留空自动）", "user": "用户名", "password": "密码", "password.kept": "已保存；留空则不变", "ca": "CA 证书（PEM；留空用系统的）",
  "prefix": "主题前缀", "retain": "代理保留每个主题的最新值", "group": "组标识（group）", "edge": "边缘节点标识", "host": "主应用标识（离线时全部留存，可空）", "paths": "共享的位置（含其下全部）", "on": "启用",
  "state": "状态", "state.off": "已停用", "state.connecting": "正在连接", "state.waiting": "等待主应用上线", "state.behind": "正在补发", "state.up": "正常",
  "behind": "未发送", "behind.none": "实时，无积压", "behind.n": "{{n}} 批，自 {{since}}", "sent": "启动以来已发送", "sent.n": "{{n}} 个值", "sent.at": "最近 {{at}}", "tags": "{{n}} 个标签", "tags.none": "未共享任何位置",
  "error": "最近的错误", "gap": "{{at}}：{{n}} 批未发送即被放弃（{{reason}}）；本地数据不受影响。",
  "test": "测试连接", "test.ok": "已连接到代理并收到应答。", "end": "删除", "end.confirm": "该目标尚未收到的数据将不再发送。确定？", "off": "停用", "off.confirm": "停用后，停用期间的数据不会补发。确定？",
};
export const en: Record<keyof typeof zh, string> = {
  "add": "Add target", "change": "Change target", "hint": "Only places that are chosen are sent; by default nothing is.", "none": "There are no targets. The data stay on this node.",
  "name": "Name", "kind": "Form", "kind.sparkplug": "Sparkplug B edge node", "kind.mqtt": "MQTT JSON", "url": "Broker", "client": "Client id (empty: made here)", "user": "User", "password": "Password", "password.kept": "stored; empty leaves it", "ca": "CA certificate (PEM; empty: the system's)",
  "prefix": "Topic prefix", "retain": "The broker keeps the last value of each topic", "group": "Group id", "edge": "Edge node id", "host": "Primary host id (all is kept while it is offline; may be empty)", "paths": "Shared places (with all below)", "on": "On",
  "state": "State", "state.off": "off", "state.connecting": "connecting", "state.waiting": "waits for the primary host", "state.behind": "sends what was missed", "state.up": "well",
  "behind": "Not sent", "behind.none": "live, nothing waits", "behind.n": "{{n}} batches, since {{since}}", "sent": "Sent since start", "sent.n": "{{n}} values", "sent.at": "last {{at}}", "tags": "{{n}} tags", "tags.none": "no place is shared",
  "error": "Last error", "gap": "{{at}}: {{n}} batches were given up before they were sent ({{reason}}); what is kept on this node is not touched.",
  "test": "Test the connection", "test.ok": "The broker was reached and answered.", "end": "Delete", "end.confirm": "The target never gets what it has not got yet. Delete it?", "off": "Switch off", "off.confirm": "What is measured while it is off is not sent later. Switch it off?",
};
