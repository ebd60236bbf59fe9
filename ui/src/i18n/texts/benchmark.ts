export const zh = {
  "title": "行业对标", "lead": "按地区和行业公布的分位数；看得到自己的位置，看不到别家的数值", "measure": "指标", "year": "年度", "year.n": "{{year}}年", "sector": "行业", "sector.all": "全部行业", "by": "细分", "by.region": "按地区", "by.sector": "按行业",
  "all": "全部", "group": "分组", "n": "企业数", "q": "P{{n}}", "spread": "分布", "publish": "公布本年度", "published": "已公布第 {{n}} 期", "publish.hint": "公布 {{measure}} {{year}} 年的分组数值。每年的分组固定；再次公布时，变化的企业少于 {{least}} 家的分组保持原数。",
  "none": "{{year}}年的这一指标尚未公布。", "empty": "该分组没有有数值的企业。", "parts.none": "没有更细的分组。",
  "issue": "第 {{n}} 期，{{at}} 由 {{by}} 公布；{{firms}} 家企业，公布 {{published}} 个分组，隐去 {{hidden}} 个", "issue.of": "第 {{n}} 期的数值", "rule": "少于 {{least}} 家、或一家占优（p% 规则，p={{percent}}）的分组隐去；为防止相减推算，另有分组一并隐去。数值取三位有效数字。只公布固定分组，不提供任意筛选。",
  "why.few": "企业少于规定家数", "why.dominated": "一家企业占优", "why.complementary": "为保护其他分组而隐去", "why.held": "与上一期相差的企业过少", "why.confidential": "不公开", "unverified": "未核实",
  "own": "企业位置", "own.pick": "选择企业", "own.value": "本企业 {{value}}", "own.suppressed": "该分组已隐去，不显示位置。", "own.elsewhere": "该企业不在此分组。", "own.novalue": "没有数值：{{why}}", "own.between": "在 P{{above}} 与 P{{below}} 之间", "own.under": "低于 P{{below}}", "own.over": "达到或高于 P{{above}}", "better.low": "越低越好", "better.high": "越高越好",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Benchmarks", "lead": "Quantiles by region and sector: one's own place, nobody else's figures", "measure": "Measure", "year": "Year", "year.n": "{{year}}", "sector": "Sector", "sector.all": "Every sector", "by": "Divided", "by.region": "by region", "by.sector": "by sector",
  "all": "All", "group": "Group", "n": "Firms", "q": "P{{n}}", "spread": "Spread", "publish": "Publish this year", "published": "Issue {{n}} is published", "publish.hint": "Publish the groups of {{measure}} for {{year}}. Groups are fixed for the year; published again, those in which fewer than {{least}} firms differ keep their figures.",
  "none": "Nothing is published of this measure for {{year}}.", "empty": "No firm of this group has a value.", "parts.none": "There are no smaller groups.",
  "issue": "Issue {{n}}, published {{at}} by {{by}}; {{firms}} firms, {{published}} groups published, {{hidden}} suppressed", "issue.of": "figures of issue {{n}}", "rule": "Groups of fewer than {{least}} firms, or dominated by one (p% rule, p={{percent}}), are suppressed, and others with them against subtraction. Three significant digits. Only fixed groups, no free filters.",
  "why.few": "too few firms", "why.dominated": "one firm dominates", "why.complementary": "suppressed to protect another group", "why.held": "too few firms differ from the issue before", "why.confidential": "confidential", "unverified": "unverified",
  "own": "A firm's place", "own.pick": "Choose a firm", "own.value": "This firm {{value}}", "own.suppressed": "The group is suppressed; no place is shown.", "own.elsewhere": "The firm is not in this group.", "own.novalue": "No value: {{why}}", "own.between": "between P{{above}} and P{{below}}", "own.under": "below P{{below}}", "own.over": "at or above P{{above}}", "better.low": "less is better", "better.high": "more is better",
};
