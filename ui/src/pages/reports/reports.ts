// What the pages of reports calculate; no React here.

import type { Period, ReportLine } from "../../api/reporting";
import { fixed } from "../../lib/format";

/** +1.50, −0.30, 0.00 */
export function signed(value: number, digits: number): string {
  const text = fixed(Math.abs(value), digits);
  if (!/[1-9]/.test(text)) return value === 0 ? text : `${value > 0 ? "+" : "−"}<${fixed(10 ** -digits, digits)}`;
  return `${value > 0 ? "+" : "−"}${text}`;
}

export const levels = ["province", "city", "county"] as const;

/** Periods of a select, by their kind. */
export function grouped(periods: Period[]): { kind: Period["kind"]; ids: string[] }[] {
  return (["month", "quarter", "year"] as const).map((kind) => ({ kind, ids: periods.filter((p) => p.kind === kind).map((p) => p.id) })).filter((g) => g.ids.length > 0);
}

/** The lines that fit what is looked for. */
export function found(lines: ReportLine[], f: { level?: string | undefined; state?: string | undefined; q?: string | undefined }): ReportLine[] {
  const q = f.q?.trim() ?? "";
  return lines.filter((l) => (!f.level || l.level === f.level) && (!f.state || l.state === f.state) && (q === "" || l.name.includes(q) || l.region.startsWith(q)));
}
