export const zh = {
  "title": "工时与计件", "lead": "供工资核算：谁在什么时候做了哪道工序，其间设备计了多少件；每一行都能查到登录与报工记录。",
  "person": "人员", "person.all": "全部人员", "nobody": "（无人登录）", "xlsx": "导出 Excel", "find": "订单、产品或工序",
  "people": "按人", "people.n": "{{n}} 人", "worked": "作业工时", "there": "出勤", "efficiency": "人员效率", "orders": "订单数", "good.share": "合格（按人数分摊）", "good.crew": "合格（全组）",
  "rows": "明细", "rows.n": "{{n}} 段", "date": "日期与起止", "hours": "工时", "order": "订单", "product": "产品", "crew": "人数", "good": "合格", "scrap": "报废", "rework": "返工", "of.crew": "全组", "counted": "设备计数",
  "none": "此时段没有人登录作业，也没有计件。", "behind": "构成这一段的记录", "behind.none": "这一段没有人工记录；数量全部由设备计数。", "machine": "设备计数：{{name}}", "at": "时间", "by": "记录人", "what": "内容",
  "root": "证据摘要 SHA-256", "root.hint": "对上表人员及其出勤与工时计算；任何一项变动都会改变它。", "long": "一次最多查询 62 天；请缩短时间。",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Hours and piece work", "lead": "For the pay office: who worked when on which operation, and what the machines counted meanwhile; behind each row are the sign-ins and entries.",
  "person": "Person", "person.all": "Everybody", "nobody": "(nobody signed in)", "xlsx": "Export Excel", "find": "Order, product or operation",
  "people": "By person", "people.n": "{{n}} people", "worked": "At work", "there": "Attendance", "efficiency": "Worker efficiency", "orders": "Orders", "good.share": "Good (divided by crew)", "good.crew": "Good (whole crew)",
  "rows": "Stretches", "rows.n": "{{n}} stretches", "date": "Date and time", "hours": "Hours", "order": "Order", "product": "Product", "crew": "Crew", "good": "Good", "scrap": "Scrap", "rework": "Rework", "of.crew": "whole crew", "counted": "Counted by machines",
  "none": "Nobody signed in in this time, and nothing was counted.", "behind": "The entries behind this stretch", "behind.none": "Nobody entered anything in this stretch; all of it was counted by machines.", "machine": "Counts of {{name}}", "at": "At", "by": "By", "what": "What",
  "root": "Digest of the evidence, SHA-256", "root.hint": "Of the people above with attendance and work; whatever changes in one of them changes it.", "long": "At most 62 days are asked for at once; choose a shorter time.",
};
