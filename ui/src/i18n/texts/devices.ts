export const zh = {
  "title": "设备连接", "tab.devices": "设备", "tab.discovery": "发现设备", "tab.rules": "发现规则", "tab.order": "字节序", "tab.profiles": "设备类型", "tab.certificates": "待批准证书 ({{n}})",
  "state.up": "在线", "state.down": "断开", "state.connecting": "连接中", "state.off": "停用", "state.untrusted": "待信任", "state.misconfigured": "配置错误", "state.not_accepted": "未接收", "stretched": "降频 ×{{n}}",
  "col.device": "设备", "col.state": "状态", "col.since": "自", "col.driver": "协议与地址", "col.response": "响应 P50 / P99", "col.errors": "错误", "col.samples": "已存样本", "col.missed": "漏采周期",
  "summary": "{{up}} 台在线，{{down}} 台不在线", "only": "只看不在线", "values": "实时原始值", "test": "测试连接", "testing": "正在测试…",
  "test.ok": "连接成功，用时 {{ms}} 毫秒", "test.bad": "连接失败：{{error}}", "remedy": "怎么办：{{remedy}}",
  "v.name": "信号", "v.address": "地址", "v.raw": "原始字节", "v.rawvalue": "原始值", "v.value": "工程值", "v.quality": "质量", "v.time": "时间",
  "cert.address": "设备地址", "cert.subject": "证书主体", "cert.fingerprint": "SHA-256 指纹", "cert.approve": "批准", "cert.confirm": "与设备面板显示的指纹核对一致后再批准。确定批准？", "cert.none": "没有等待批准的证书",
  "p.vendor": "厂商", "p.class": "类别", "p.protocol": "协议", "p.source": "出处", "p.verified": "核实", "p.signals": "信号数", "p.file": "文件内容",
  "verified.read": "已读原文", "verified.derived": "推导", "verified.unverified": "未核实",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Devices", "tab.devices": "Devices", "tab.discovery": "Discovery", "tab.rules": "Discovery rules", "tab.order": "Byte order", "tab.profiles": "Profiles", "tab.certificates": "Certificates waiting ({{n}})",
  "state.up": "Up", "state.down": "Down", "state.connecting": "Connecting", "state.off": "Off", "state.untrusted": "Not trusted", "state.misconfigured": "Misconfigured", "state.not_accepted": "Not accepted", "stretched": "Polled ×{{n}} slower",
  "col.device": "Device", "col.state": "State", "col.since": "Since", "col.driver": "Protocol and address", "col.response": "Response P50 / P99", "col.errors": "Errors", "col.samples": "Samples kept", "col.missed": "Missed periods",
  "summary": "{{up}} up, {{down}} not", "only": "Only those not up", "values": "Live raw values", "test": "Test connection", "testing": "Testing…",
  "test.ok": "Connected in {{ms}} ms", "test.bad": "No connection: {{error}}", "remedy": "What to do: {{remedy}}",
  "v.name": "Signal", "v.address": "Address", "v.raw": "Raw bytes", "v.rawvalue": "Raw value", "v.value": "Scaled value", "v.quality": "Quality", "v.time": "Time",
  "cert.address": "Device address", "cert.subject": "Subject", "cert.fingerprint": "SHA-256 fingerprint", "cert.approve": "Approve", "cert.confirm": "Compare the fingerprint with the one shown at the device first. Approve it?", "cert.none": "No certificate waits for approval",
  "p.vendor": "Vendor", "p.class": "Class", "p.protocol": "Protocol", "p.source": "Source", "p.verified": "Verified", "p.signals": "Signals", "p.file": "File",
  "verified.read": "read", "verified.derived": "derived", "verified.unverified": "unverified",
};
