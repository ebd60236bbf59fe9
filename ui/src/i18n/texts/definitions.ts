export const zh = {
  "title": "指标定义", "lead": "每个指标都是对事实的计算：公式、分项与出处在此公开。", "name": "指标", "formula": "公式", "source": "出处", "verified": "核实", "terms": "分项", "unit": "单位",
  "undefined": "何时没有数值", "version": "版本 {{n}}", "verified.read": "已读原文", "verified.derived": "推导", "verified.unverified": "未核实",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Definitions", "lead": "Every figure is a calculation over facts: its formula, terms and source are public here.", "name": "Figure", "formula": "Formula", "source": "Source", "verified": "Verified", "terms": "Terms", "unit": "Unit",
  "undefined": "When there is no value", "version": "version {{n}}", "verified.read": "read", "verified.derived": "derived", "verified.unverified": "unverified",
};
