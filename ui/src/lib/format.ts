// The one file that turns numbers and units into text.

import type { Name } from "../api/types";

export type Lang = "zh" | "en";

export function nameOf(name: Name | undefined | null, lang: Lang): string {
  if (!name) return "";
  return (lang === "en" ? name.en || name.zh : name.zh || name.en) ?? "";
}

/** UCUM codes as people read them. */
const units: Record<string, { zh: string; en: string }> = {
  "1": { zh: "", en: "" },
  "%": { zh: "%", en: "%" },
  h: { zh: "小时", en: "h" },
  "a-1": { zh: "次/年", en: "turns/a" },
  min: { zh: "分钟", en: "min" },
  s: { zh: "秒", en: "s" },
  ms: { zh: "毫秒", en: "ms" },
  "kW.h": { zh: "kWh", en: "kWh" },
  Cel: { zh: "°C", en: "°C" },
  "/min": { zh: "r/min", en: "r/min" },
  "{rpm}": { zh: "r/min", en: "r/min" },
  "{part}": { zh: "件", en: "pcs" },
  "{piece}": { zh: "件", en: "pcs" },
  "{part}/h": { zh: "件/小时", en: "pcs/h" },
  "kW.h/{part}": { zh: "kWh/件", en: "kWh/pc" },
  "10^4.[CNY]/[mu]": { zh: "万元/亩", en: "10⁴ CNY/mu" },
  "10^4.[CNY]/[tce]": { zh: "万元/吨标煤", en: "10⁴ CNY/tce" },
  "10^4.[CNY]/t": { zh: "万元/吨", en: "10⁴ CNY/t" },
  "10^4.[CNY]/{person}": { zh: "万元/人", en: "10⁴ CNY/person" },
  "[CNY]/kW.h": { zh: "元/千瓦时", en: "CNY/kWh" },
  um: { zh: "µm", en: "µm" },
  "mm/s": { zh: "mm/s", en: "mm/s" },
};

export function unitText(unit: string | undefined, lang: Lang): string {
  if (!unit) return "";
  return units[unit]?.[lang] ?? unit.replaceAll(/[{}]/g, "").replaceAll(".", "·");
}

const grouped = new Map<string, Intl.NumberFormat>();

function formatter(digits: number, least: number): Intl.NumberFormat {
  const key = `${digits}/${least}`;
  let f = grouped.get(key);
  if (!f) {
    f = new Intl.NumberFormat("en-US", { maximumFractionDigits: digits, minimumFractionDigits: least });
    grouped.set(key, f);
  }
  return f;
}

/** A number with fixed decimals and thousands separators. */
export function fixed(value: number, digits: number): string {
  const text = formatter(digits, digits).format(value);
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text; // a rounded −0 says nothing
}

/** A measured number with as many digits as it deserves. */
export function measured(value: number): string {
  if (!Number.isFinite(value)) return "—";
  const abs = Math.abs(value);
  if (abs !== 0 && (abs >= 1e9 || abs < 1e-3)) return value.toExponential(3);
  const digits = abs >= 1000 ? 1 : abs >= 100 ? 2 : abs >= 1 ? 3 : 4;
  return formatter(digits, 0).format(value);
}

export function percent(share: number, digits = 1): string {
  return `${fixed(share * 100, digits)} %`;
}

/** Definitions of shares have unit 1 and at least two decimals; counts have none. */
export function isShare(unit: string, digits: number): boolean {
  return unit === "1" && digits >= 2;
}

/** A figure's value: shares in percent, the rest with its unit. */
export function figureText(value: number, unit: string, digits: number, lang: Lang): string {
  if (isShare(unit, digits)) return percent(value, Math.max(1, digits - 3));
  const u = unitText(unit, lang);
  return u ? `${fixed(value, digits)} ${u}` : fixed(value, digits);
}

/** Integer terms: milliseconds, counts, milliwatt hours, millionths of a unit or thousandths of a part, told by the name. */
export function termText(name: string, value: number, lang: Lang): string {
  if (name.endsWith("_ms") || name.startsWith("stop_ms")) return duration(value, lang);
  if (name.endsWith("_mwh")) return `${fixed(value / 1e6, 3)} kWh`;
  if (name.startsWith("stock_")) return fixed(value / 1e6, 3);
  if (name.endsWith("_milli")) return fixed(value / 1000, 1);
  return fixed(value, 0);
}

/** 3 天 4:05:09, 4:05:09, 5:09 — one clock-like form, so that columns align. */
export function duration(ms: number, lang: Lang = "zh"): string {
  const sign = ms < 0 ? "−" : "";
  let s = Math.floor(Math.abs(ms) / 1000);
  const d = Math.floor(s / 86400);
  s -= d * 86400;
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, "0");
  const clock = h > 0 || d > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
  return d > 0 ? `${sign}${d} ${lang === "zh" ? "天" : "d"} ${clock}` : sign + clock;
}

/** Rough span in words for sentences: 3 小时, 5 分钟. */
export function span(ms: number, lang: Lang): string {
  const pick: [number, string, string][] = [[86400_000, "天", "d"], [3600_000, "小时", "h"], [60_000, "分钟", "min"], [1000, "秒", "s"]];
  for (const [unit, zh, en] of pick) {
    if (ms >= unit) return `${measured(Math.round((ms / unit) * 10) / 10)} ${lang === "zh" ? zh : en}`;
  }
  return `${Math.max(0, Math.round(ms))} ${lang === "zh" ? "毫秒" : "ms"}`;
}

/** An amount of storage. */
export function bytes(n: number): string {
  const pick: [number, string][] = [[2 ** 40, "TB"], [2 ** 30, "GB"], [2 ** 20, "MB"], [2 ** 10, "KB"]];
  for (const [unit, name] of pick) {
    if (n >= unit) return `${fixed(n / unit, n < 10 * unit ? 1 : 0)} ${name}`;
  }
  return `${fixed(n, 0)} B`;
}

/** One cell of a CSV file, quoted where needed and never a formula. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  let s = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(s)) s = `'${s}`;
  return /[",\n\r]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
}

export function csv(rows: (string | number | null | undefined)[][]): string {
  // The mark at the start makes spreadsheets read it as UTF-8.
  return `\uFEFF${rows.map((r) => r.map(csvCell).join(",")).join("\r\n")}\r\n`;
}
