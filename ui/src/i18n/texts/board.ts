export const zh = {
  "title": "设备总览", "filter.state": "按状态", "filter.line": "产线", "filter.search": "搜索设备、编号、产品", "look.andon": "安灯配色", "look.hint": "绿=正常 黄=待机 红=停机；默认只有异常才用颜色",
  "count": "{{count}} 台", "oee.today": "今日 OEE", "good": "良品", "scrap": "废品", "link.lost": "失联", "link.lost.since": "失联，最后应答 {{last}}", "excluded": "不计入", "since": "起于 {{since}}",
  "none": "没有符合条件的设备", "empty": "还没有设备。请先在“工厂建模”里建立设备并连接。", "product": "产品", "clear": "清除筛选", "other": "其他",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Machines", "filter.state": "By state", "filter.line": "Line", "filter.search": "Search machine, code, product", "look.andon": "Andon colours", "look.hint": "Green runs, yellow waits, red stands; by default only what is abnormal has colour",
  "count": "{{count}}", "oee.today": "OEE today", "good": "Good", "scrap": "Scrap", "link.lost": "No contact", "link.lost.since": "No contact, last answer {{last}}", "excluded": "not counted", "since": "since {{since}}",
  "none": "No machine fits", "empty": "There are no machines yet. Build the plant and connect machines first.", "product": "Product", "clear": "Clear filters", "other": "Other",
};
