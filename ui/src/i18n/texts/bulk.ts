export const zh = {
  "hint": "一行一台设备。先逐行预览，全部正确后一次导入；有错则一台也不导入。", "template": "下载模板", "export": "导出现有设备",
  "drop": "把 .xlsx 或 .csv 文件拖到这里，或点击选择", "drop.hint": "编码自动识别（UTF-8、GB 18030）；列名中英文均可，顺序不限；最多 20,000 行", "file": "文件",
  "status": "结果", "status.new": "新增", "status.changed": "修改", "status.unchanged": "无变化", "status.doubled": "重复", "status.error": "错误",
  "line": "行", "detail": "说明", "link": "连接", "only": "只看有错的行", "places": "创建缺少的位置", "places.list": "将创建 {{n}} 个位置：{{list}}", "more": "等",
  "problem": "{{column}}：{{what}}。怎么办：{{fix}}", "change": "{{column}}：{{was}} → {{is}}", "empty": "（空）", "cell": "第 {{line}} 行 {{column}}", "edited": "已改动，正在重新预览…",
  "test": "测试全部连接", "test.stop": "停止测试", "test.progress": "测试进度", "test.done": "已测 {{done}} / {{all}} 台，{{ok}} 台有应答", "ok": "有应答", "bad": "无应答：{{error}}",
  "apply": "导入 {{n}} 台", "mend": "还有 {{n}} 行需要改正", "nothing": "没有要导入的内容", "done": "已导入：新增 {{made}} 台，修改 {{changed}} 台，新建位置 {{places}} 个", "see": "查看设备",
  "undo": "撤销导入", "undo.confirm": "撤销这次导入？新增的设备停用，修改的恢复原样；已采集的数据保留。", "undone": "已撤销", "another": "导入另一个文件",
};
export const en: Record<keyof typeof zh, string> = {
  "hint": "One machine a row. Look at every row first; then all are added at once, or none while one is wrong.", "template": "Template", "export": "Export machines",
  "drop": "Drop an .xlsx or .csv file here, or click to choose one", "drop.hint": "Encodings are recognised (UTF-8, GB 18030); columns in Chinese or English, in any order; at most 20,000 rows", "file": "File",
  "status": "Result", "status.new": "New", "status.changed": "Changed", "status.unchanged": "Unchanged", "status.doubled": "Doubled", "status.error": "Error",
  "line": "Row", "detail": "Details", "link": "Connection", "only": "Only rows with errors", "places": "Create missing places", "places.list": "{{n}} places will be created: {{list}}", "more": "and more",
  "problem": "{{column}}: {{what}}. Mend: {{fix}}", "change": "{{column}}: {{was}} → {{is}}", "empty": "(empty)", "cell": "row {{line}} {{column}}", "edited": "Edited; previewing again…",
  "test": "Test all connections", "test.stop": "Stop testing", "test.progress": "Progress of the test", "test.done": "{{done}} of {{all}} tested, {{ok}} answer", "ok": "Answers", "bad": "No answer: {{error}}",
  "apply": "Add {{n}} machines", "mend": "{{n}} rows are to be mended", "nothing": "Nothing to add", "done": "Imported: {{made}} added, {{changed}} changed, {{places}} places created", "see": "See the devices",
  "undo": "Undo the import", "undo.confirm": "Undo this import? Machines it added end, those it changed are as before; data that was collected stays.", "undone": "Undone", "another": "Another file",
};
