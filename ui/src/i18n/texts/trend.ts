export const zh = {
  "title": "趋势", "pick": "请选择要看的信号（最多 8 个）", "pens": "曲线", "drop": "去掉 {{name}}", "raw": "原始点", "steps": "每步最小–最大", "toomany": "最多同时看 {{count}} 条曲线，只画前 {{count}} 条",
  "label": "{{names}} 的趋势，{{from}} 至 {{to}}。拖动平移，滚轮缩放，方向键与加减号亦可", "table": "趋势数据表：每段的最小与最大值", "time": "时间", "add": "选择信号", "search": "按设备或信号名搜索",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Trends", "pick": "Choose signals to look at (eight at most)", "pens": "Pens", "drop": "Remove {{name}}", "raw": "raw points", "steps": "min–max per step", "toomany": "Only the first {{count}} pens are drawn ({{count}} at most)",
  "label": "Trend of {{names}}, {{from}} to {{to}}. Drag to pan, wheel to zoom, or arrow keys, + and −", "table": "Trend as a table: minimum and maximum of each stretch", "time": "Time", "add": "Choose signals", "search": "Search machine or signal",
};
