export const zh = {
  "title": "工厂建模", "tab.nodes": "层级与设备", "tab.calendars": "日历", "tab.products": "产品", "tab.file": "导入导出",
  "select": "在左侧选择一个节点，或新增", "add.child": "新增下级", "add.root": "新增企业", "retire": "停用", "retire.confirm": "停用后它和下级不再计入今后的指标；历史不变。确定？",
  "path": "路径", "level": "层级", "name.zh": "中文名", "name.en": "英文名", "calendar": "日历", "inherit": "继承上级",
  "machine": "设备", "class": "类别", "profile": "设备类型", "driver": "协议", "address": "地址", "params": "参数（每行 名=值）", "nc": "数控", "excluded": "不计入 OEE 与联网率", "device.off": "停止采集", "device.writing": "允许写入（设定值）",
  "cycles": "单件计划时间（每行 产品=毫秒，* 表示其他产品）", "conflict": "此节点已被他人修改，已重新读取，请核对后再保存。", "path.hint": "小写字母、数字、连字符，用 / 分级",
  "cal.zone": "时区", "cal.shift": "班次", "cal.time": "时间", "cal.days": "星期", "cal.breaks": "休息", "cal.holidays": "节假日", "cal.workdays": "调休上班日", "cal.edit": "编辑日历", "cal.add": "新增日历", "cal.need": "请填写", "cal.clock": "写成 08:00", "cal.code": "小写字母、数字、连字符", "cal.start": "开始", "cal.end": "结束", "cal.end.hint": "早于开始即为次日", "cal.remove": "删除", "cal.shift.add": "新增班次", "cal.perline": "（每行一个日期和名称）", "cal.week": "一周计划预览",
  "weekday": "一二三四五六日", "prod.code": "编码", "prod.add": "新增产品",
  "file.export": "导出 YAML", "file.import": "选择 YAML 文件…", "file.ok": "文件可以导入：{{nodes}} 个节点，{{products}} 个产品，{{calendars}} 个日历", "file.do": "导入", "file.done": "已导入", "file.problems": "{{n}} 处问题，未导入", "file.line": "行", "file.what": "问题",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Plant model", "tab.nodes": "Hierarchy and machines", "tab.calendars": "Calendars", "tab.products": "Products", "tab.file": "Import and export",
  "select": "Choose a node on the left, or add one", "add.child": "Add below", "add.root": "Add enterprise", "retire": "Retire", "retire.confirm": "From now on it and all below no longer count; the past stays as it is. Retire?",
  "path": "Path", "level": "Level", "name.zh": "Chinese name", "name.en": "English name", "calendar": "Calendar", "inherit": "as above",
  "machine": "Machine", "class": "Class", "profile": "Profile", "driver": "Protocol", "address": "Address", "params": "Parameters (name=value per line)", "nc": "Numerically controlled", "excluded": "Counts neither for OEE nor for networking", "device.off": "Not collected", "device.writing": "May be written to (set points)",
  "cycles": "Planned run time per unit (product=ms per line, * for other products)", "conflict": "Somebody else changed this node; it was read again. Look at it and save again.", "path.hint": "lower case letters, digits and hyphens; levels joined by /",
  "cal.zone": "Time zone", "cal.shift": "Shift", "cal.time": "Time", "cal.days": "Weekdays", "cal.breaks": "Breaks", "cal.holidays": "Holidays", "cal.workdays": "Working days against the rule", "cal.edit": "Edit calendar", "cal.add": "Add calendar", "cal.need": "Fill in", "cal.clock": "Write 08:00", "cal.code": "lower case letters, digits, hyphens", "cal.start": "Start", "cal.end": "End", "cal.end.hint": "Before the start means the next day", "cal.remove": "Remove", "cal.shift.add": "Add shift", "cal.perline": "(a date and its name per line)", "cal.week": "The planned week",
  "weekday": "MTWTFSS", "prod.code": "Code", "prod.add": "Add product",
  "file.export": "Export YAML", "file.import": "Choose a YAML file…", "file.ok": "The file can be imported: {{nodes}} nodes, {{products}} products, {{calendars}} calendars", "file.do": "Import", "file.done": "Imported", "file.problems": "{{n}} problems, nothing imported", "file.line": "Line", "file.what": "Problem",
};
