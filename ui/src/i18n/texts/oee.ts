export const zh = {
  "title": "OEE 分析", "lead": "点任一数字可逐级查到原始样本", "by": "分组", "by.none": "不分组", "by.line": "按产线", "by.equipment": "按设备", "by.product": "按产品", "by.shift": "按班次", "by.area": "按车间", "by.site": "按厂区",
  "window": "统计窗口", "figure": "走势指标", "table": "时段汇总", "part": "对象", "whole": "全部", "noproduct": "无产品", "sum": "合计先加分子分母再求比，不平均比率。", "covered": "已知时间占计划时间 {{share}}。",
  "trend": "走势", "trend.label": "{{name}} 的走势，{{count}} 个窗口；表格视图内容相同",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "OEE", "lead": "Press any number to follow it down to raw samples", "by": "Split by", "by.none": "No split", "by.line": "By line", "by.equipment": "By machine", "by.product": "By product", "by.shift": "By shift", "by.area": "By area", "by.site": "By site",
  "window": "Window", "figure": "Figure of the trend", "table": "Whole stretch", "part": "Part", "whole": "Whole", "noproduct": "no product", "sum": "Totals sum numerators and denominators; ratios are never averaged.", "covered": "{{share}} of the planned time is known.",
  "trend": "Trend", "trend.label": "Trend of {{name}} over {{count}} windows; the table shows the same",
};
