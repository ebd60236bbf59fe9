export const zh = {
  "new": "新建验收报告", "places": "范围", "places.all": "整个工厂", "time": "时段", "hours": "最近 {{n}} 小时", "custom": "自定义",
  "coverage": "覆盖率不低于", "gap": "最长中断不超过（秒）", "silent": "无数据测点不多于", "conflicts": "身份冲突不多于", "make": "生成报告",
  "jobs": "进度", "progress": "报告进度", "job.running": "正在读取样本", "job.done": "已生成", "job.unchanged": "复核一致，数据未变", "job.cancelled": "已取消", "job.failed": "失败", "machines": "{{done}} / {{total}} 台",
  "reports": "报告", "none": "还没有报告。选择范围和时段，生成第一份。", "col.result": "结论", "col.places": "范围", "col.time": "时段", "col.machines": "合格设备", "col.made": "编制", "col.revision": "修订",
  "result.passed": "合格", "result.failed": "不合格", "result.no_data": "无数据", "replaced": "已有新修订", "open": "查看报告", "back": "返回报告列表",
  "pdf": "下载 PDF", "csv": "下载 CSV", "json": "下载数据 (JSON)", "check": "复核", "check.hint": "由同一事实重做；有后到数据则生成下一修订", "onlyFailed": "只看未合格", "report": "验收报告 {{id}}", "hash": "数据 SHA-256",
  "col.machine": "设备", "col.profile": "设备类型", "col.coverage": "覆盖率", "col.tags": "有数据 / 应采", "col.samples": "样本", "col.gap": "最长中断", "col.notMet": "未满足",
  "criterion.coverage": "覆盖率", "criterion.gap": "最长中断", "criterion.silent": "无数据测点", "criterion.conflicts": "身份冲突",
  "col.tag": "测点", "col.bad": "不良", "col.replaced": "替换", "col.gaps": "中断次数", "samples": "原始样本", "definitions": "定义", "tag.silent": "无数据", "expand": "展开测点", "collapse": "收起测点",
};
export const en: Record<keyof typeof zh, string> = {
  "new": "New acceptance report", "places": "Places", "places.all": "The whole plant", "time": "Time", "hours": "Last {{n}} h", "custom": "Custom",
  "coverage": "Coverage at least", "gap": "Longest gap at most (s)", "silent": "Silent tags at most", "conflicts": "Identity conflicts at most", "make": "Make the report",
  "jobs": "Progress", "progress": "Progress of the report", "job.running": "Reading samples", "job.done": "Made", "job.unchanged": "Checked: the data are the same", "job.cancelled": "Cancelled", "job.failed": "Failed", "machines": "{{done}} of {{total}} machines",
  "reports": "Reports", "none": "No report yet. Choose places and a time to make the first.", "col.result": "Result", "col.places": "Places", "col.time": "Time", "col.machines": "Machines passed", "col.made": "Made", "col.revision": "Revision",
  "result.passed": "Passed", "result.failed": "Failed", "result.no_data": "No data", "replaced": "there is a newer one", "open": "Open the report", "back": "Back to the reports",
  "pdf": "PDF", "csv": "CSV", "json": "Data (JSON)", "check": "Check", "check.hint": "Makes it again from the facts; those that came later make the next revision", "onlyFailed": "Only those that did not pass", "report": "Acceptance report {{id}}", "hash": "SHA-256 of the data",
  "col.machine": "Machine", "col.profile": "Profile", "col.coverage": "Coverage", "col.tags": "Delivering / wanted", "col.samples": "Samples", "col.gap": "Longest gap", "col.notMet": "Not met",
  "criterion.coverage": "coverage", "criterion.gap": "longest gap", "criterion.silent": "silent tags", "criterion.conflicts": "identity conflicts",
  "col.tag": "Tag", "col.bad": "Bad", "col.replaced": "Replaced", "col.gaps": "Gaps", "samples": "Raw samples", "definitions": "Definitions", "tag.silent": "silent", "expand": "Show tags", "collapse": "Hide tags",
};
